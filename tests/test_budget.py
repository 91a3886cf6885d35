"""Each page and form makes as many calls to Appwrite as docs/performance.md states."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import session
from accounts.repositories import mail_service
from core.formats import local_input
from core.revalidation import revalidate
from posts import image_ids, topics
from posts.models import Plan
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.count_calls import count_calls
from tests.pages import OLDER, TYPED, mailed
from tests.site import ROOT
from tests.users import Browser


def table(first_column: str) -> list[list[str]]:
    """Return the rows of the table in docs/performance.md whose first column has the heading `first_column`."""
    text = (ROOT / "docs" / "performance.md").read_text()
    (body,) = re.findall(rf"^\| {first_column} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in body.splitlines()]


def steps(first_column: str) -> dict[str, int]:
    return {name: int(calls) for name, calls in table(first_column)}


IN_A_DAY = timezone.now() + timedelta(days=1)
CHOSEN = {"posts": ["alicedraft 2026-01-01T00:00:00+00:00", "alicespost 2026-01-01T00:00:00+00:00"]}
FORMS: dict[str, dict[str, Any]] = {
    "new post": TYPED,
    "new post, with an error": {**TYPED, "title": ""},
    "new post, saved automatically": {**TYPED, "act": "autosave"},
    "preview": TYPED,
    "edit: read the post, then write it": TYPED,
    "edit, saved automatically": {**TYPED, "act": "autosave"},
    "edit and publish; the admin has confirmed this": {**TYPED, "act": "publish", "confirmed": "alice"},
    "publish; the admin has confirmed this": {"confirmed": "alice"},
    "invite a person: the admin, the address, the account, its role, the e-mail": {"email": "new@example.com"},
    "ask whether to delete the chosen posts": {**CHOSEN, "act": "delete"},
    "edit and schedule; the admin has confirmed this": {
        **TYPED,
        "confirmed": "alice",
        "act": "schedule",
        "publish_at": local_input(IN_A_DAY),
    },
    "edit, in conflict": OLDER,
    "edit, merging after a conflict": {**OLDER, "act": "merge"},
}


@pytest.fixture
def featured(ingrid, published):
    ingrid.appwrite.db.create_row("app", "featured", published.id, {"position": 0, "authorId": published.author_id})
    return published


@pytest.fixture
def browsers(alice, ingrid) -> Callable[[str], Browser]:
    """Return a function that returns a user's browser. The user is cached, so no call reads the account."""

    def browser(who: str) -> Browser:
        if who == "Guest":
            return Browser()
        person = {"Author": alice, "Admin": ingrid}[who]
        session.user_of(person.secret)
        mail_service.state()  # the result is cached for ten minutes
        return person.browser()

    return browser


@pytest.fixture
def planned(alice):
    return PostRepository(alice.appwrite).create("plannedpost", alice.user, fields(), plan=Plan(IN_A_DAY))


def calls_of(act: Callable[[], object]) -> int:
    with count_calls() as sent_calls:
        act()
    return len(sent_calls)


def forget_copies() -> None:
    cache.clear()
    revalidate()


@pytest.mark.parametrize("row", table("Page"), ids=lambda row: row[0])
def test_page_makes_the_documented_number_of_calls(row, browsers, draft, featured):
    _, path, *expected = row
    counted = []
    for who in ("Guest", "Author", "Admin"):
        forget_copies()
        browser, other = browsers(who), Browser()
        counted.append(calls_of(lambda: browser.get(path)))  # noqa: B023
        other.get(path)
        counted.append(calls_of(lambda: browser.get(path)))  # noqa: B023
    assert counted == [int(number) for number in expected]


def test_home_without_featured_posts_makes_one_call_fewer(guest, published):
    assert calls_of(lambda: guest.get("/")) == 2


@pytest.mark.parametrize("row", table("Form"), ids=lambda row: row[0])
@pytest.mark.parametrize("who", ["Author", "Admin"])
def test_form_makes_the_documented_number_of_calls(row, who, browsers, draft, published, planned, bob):
    name, path, *expected = row
    browser = browsers(who)
    topics._add("kaffe", 1)
    assert calls_of(lambda: browser.post(path, FORMS.get(name, {}))) == int(expected[who == "Admin"])


def test_covers_need_the_documented_number_of_calls(browsers, covered):
    """Each change to a file takes one call. A page that only links to the file takes none."""
    post, author = covered(publish=False), browsers("Author")
    topics._add("kaffe", 1)
    form = {**TYPED, "post_id": post.id, "state": "draft", "cover_alt": "En rød flate"}
    in_store, page = f"/posts/cover/{post.cover_id}/480/", f"/posts/{post.id}/"
    acts: list[tuple[str, dict[str, object] | None]] = [
        (in_store, None),
        (f"{page}edit/", None),
        (f"{page}edit/", form),
        (f"{page}publish/", {}),
        (in_store, None),
        ("/posts/", None),
        (page, None),
        (f"{page}unpublish/", {}),
        ("/posts/preview/", {**form, "cover": upload()}),
        (f"{page}edit/", {**form, "cover": upload(), "form_key": "k"}),
        (f"{page}delete/", {}),
        (f"{page}undo/", {}),
    ]
    expected = list(steps("With a cover").values())
    counted = [
        calls_of(lambda: author.get(path) if sent is None else author.post(path, sent))  # noqa: B023
        for path, sent in acts
    ]
    assert counted == expected


def test_images_in_the_text_need_the_documented_number_of_calls(browsers):
    author, form, page = browsers("Author"), {**TYPED, "post_id": "callsimage"}, "/posts/callsimage/"
    counted = []

    def count(path: str, sent: dict[str, object] | None = None, **options: Any) -> Any:
        with count_calls() as calls:
            answer = author.get(path) if sent is None else author.post(path, sent, **options)
        counted.append(len(calls))
        return answer

    uploading = {"post_id": "callsimage", "image": upload()}
    added = count("/posts/image/", uploading, headers={"X-Requested-With": "fetch"}).json()["markdown"]
    form["content"] = added
    (image,) = image_ids.find(added, "callsimage")
    count("/posts/new/", form)
    count(f"/posts/image/{image}/480/")
    count("/posts/preview/", form)
    count(f"{page}edit/", {**form, "title": "Ny", "act": "autosave"})
    count(f"{page}edit/", {**form, "title": "Nyere"})
    count(f"{page}publish/", {})
    count(f"/posts/image/{image}/480/")
    count(page)
    count(f"{page}unpublish/", {})
    count(f"{page}delete/", {})
    count(f"{page}undo/", {})
    assert counted == list(steps("With an image in the text").values())


def test_drafts_that_need_a_review_need_the_documented_number_of_calls(browsers, settings):
    settings.POSTS_WRITERS = "label:editor"
    author, admin, page, queue = browsers("Author"), browsers("Admin"), "/posts/abcdefgh27/", "/manage/reviews/"
    form = {**TYPED, "form_key": "k"}
    acts: list[tuple[Browser, str, dict[str, object] | None]] = [
        (author, "/posts/new/", form),
        (author, f"{page}edit/", {**form, "title": "Ny"}),
        (author, f"{page}edit/", {**form, "title": "Nyere", "act": "autosave"}),
        (author, f"{page}edit/", {**form, "title": "Nyest", "act": "ask"}),
        (author, f"{page}review/", {"act": "withdraw"}),
        (author, f"{page}review/", {"act": "ask"}),
        (admin, queue, None),
        (admin, f"{queue}abcdefgh27/", None),
        (admin, f"{queue}abcdefgh27/", {"note": "Skriv mer."}),
        (author, f"{page}delete/", {}),
    ]
    counted = [
        calls_of(lambda: browser.get(path) if sent is None else browser.post(path, sent))  # noqa: B023
        for browser, path, sent in acts
    ]
    assert counted == list(steps("With a review").values())


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("cover.webp", picture())


# The first sign-in makes more calls, because it removes what an attacker may have added to the account (see
# tests/accounts/test_prehijacking.py).
def test_sign_in_by_link_makes_the_documented_number_of_calls(appwrite):
    expected = steps("Signing in")
    for name in ("sign in by link for the first time, and open the form of a new post", "sign in by link again"):
        guest = Browser()
        with count_calls() as sent_calls:
            guest.post("/auth/login/", {"email": "olga@example.com"})
        assert len(sent_calls) == expected["ask for a link"], sent_calls
        with count_calls() as sent_calls:
            page = guest.get(mailed(appwrite), follow=True)
        assert len(sent_calls) == expected["open the link"], sent_calls
        with count_calls() as sent_calls:
            guest.post("/auth/callback/", page.context["fields"])
            guest.get("/posts/new/")
        # The calls create the session and read the account; the next page needs none.
        assert len(sent_calls) == expected[name], sent_calls


def test_sign_in_with_a_code_makes_the_documented_number_of_calls(appwrite):
    expected = steps("Signing in")
    for name in ("sign in with a code for the first time", "sign in with a code again"):
        guest = Browser()
        with count_calls() as sent_calls:
            guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
        assert len(sent_calls) == expected["ask for a code"], sent_calls
        code = appwrite.inbox.code("olga@example.com")
        with count_calls() as sent_calls:
            guest.post("/auth/code/", {"code": code})
        assert len(sent_calls) == expected[name], sent_calls  # one call finds the user, and one creates the session


def test_account_is_read_once_a_minute(alice, monkeypatch):
    browser = alice.browser()
    with count_calls() as sent_calls:
        for _ in range(3):
            browser.get("/posts/")
    assert sent_calls.count("GET /v1/account") == 1
    now = session.time.time()
    monkeypatch.setattr(session.time, "time", lambda: now + session.USER_TTL + 1)
    with count_calls() as sent_calls:
        browser.get("/posts/")
    assert sent_calls.count("GET /v1/account") == 1


def test_number_of_calls_does_not_depend_on_the_number_of_posts(alice, guest):
    posts = PostRepository(alice.appwrite)
    for number in range(30):
        posts.create(f"budget{number:04}", alice.user, fields(), publish=True)
    with count_calls() as sent_calls:
        assert len(guest.get("/posts/").context["page"].items) == 10
        guest.get("/posts/?page=3")
    assert len(sent_calls) == 2
