"""The number of calls to Appwrite for each page."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import session
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.count_calls import count_calls
from tests.pages import OLDER, TYPED, mailed
from tests.users import Browser


@pytest.fixture
def known(alice) -> Browser:
    """Return Alice's browser. Her account was read less than a minute ago, so it needs no call here."""
    session.user_of(alice.secret)
    return alice.browser()


@pytest.fixture
def featured(ingrid, published):
    ingrid.appwrite.db.create_row("app", "featured", published.id, {"position": 0, "authorId": published.author_id})
    return published


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/", 3),
        ("/en/", 3),
        ("/posts/", 1),
        ("/posts/?q=kaffe&tag=kaffe&campus=oslo&language=nb", 1),
        ("/posts/?q=" + "x" * 101, 0),
        ("/posts/?campus=atlantis", 0),
        ("/posts/feed/", 1),
        ("/posts/feed/rss/", 1),
        ("/sitemap.xml", 1),
        ("/robots.txt", 0),
        ("/posts/alicespost/", 3),  # the post, and its two neighbours in parallel
        ("/posts/by/alice/", 1),
        ("/auth/login/", 0),
        ("/auth/callback/", 0),
        ("/posts/new/", 0),
        ("/posts/mine/", 0),
        ("/posts/?page=0", 0),
        ("/posts/?page=501", 0),
        ("/posts/-x/", 0),
        ("/nothing/", 0),
        ("/healthz", 0),
        ("/api/auth/check", 0),
        ("/readyz", 1),
    ],
)
def test_calls_for_a_guest(path, calls, guest, featured):
    with count_calls() as sent_calls:
        guest.get(path)
    assert len(sent_calls) == calls, sent_calls


def test_nothing_featured_saves_a_call(guest, published):
    with count_calls() as sent_calls:
        guest.get("/")
    assert len(sent_calls) == 2, sent_calls


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/posts/", 1),
        ("/posts/mine/", 1),
        ("/posts/alicespost/", 3),
        ("/posts/alicedraft/", 1),  # a draft has no neighbours
        ("/posts/new/", 0),
        ("/posts/alicedraft/edit/", 1),
        ("/posts/alicedraft/delete/", 1),
    ],
)
def test_calls_for_a_signed_in_reader(path, calls, known, draft, published):
    with count_calls() as sent_calls:
        known.get(path, follow=True)
    assert len(sent_calls) == calls, sent_calls


def test_calls_for_covers(known, covered, alice):
    """Changing a file is a call; a page that only has its URL makes none."""
    post = covered(publish=False)
    form = {**TYPED, "post_id": post.id, "state": "draft", "cover_alt": "En rød flate"}
    in_store = f"/posts/cover/{post.cover_id}/480/"
    steps: list[tuple[str, str, dict[str, object] | None, int]] = [
        ("a draft's picture: as a guest, then as the person", in_store, None, 2),
        ("the form", f"/posts/{post.id}/edit/", None, 1),
        ("saved as it is", f"/posts/{post.id}/edit/", form, 3),
        ("published", f"/posts/{post.id}/publish/", {}, 3),
        ("a published picture", in_store, None, 1),
        ("the list", "/posts/", None, 1),
        ("the post", f"/posts/{post.id}/", None, 3),
        ("unpublished", f"/posts/{post.id}/unpublish/", {}, 3),
        ("previewed with a new one", "/posts/preview/", {**form, "cover": upload()}, 0),
        ("replaced", f"/posts/{post.id}/edit/", {**form, "cover": upload(), "form_key": "k"}, 4),
        ("deleted", f"/posts/{post.id}/delete/", {}, 4),
        ("brought back", f"/posts/{post.id}/undo/", {}, 2),
    ]
    for what, path, sent, calls in steps:
        with count_calls() as sent_calls:
            known.get(path) if sent is None else known.post(path, sent)
        assert len(sent_calls) == calls, (what, sent_calls)


def upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("cover.webp", picture())


@pytest.mark.parametrize(
    ("path", "form", "calls"),
    [
        ("/posts/new/", TYPED, 1),
        ("/posts/new/", {**TYPED, "title": ""}, 0),
        ("/posts/preview/", TYPED, 0),
        ("/posts/alicedraft/edit/", TYPED, 2),
        ("/posts/alicedraft/edit/", {**TYPED, "act": "publish"}, 2),
        ("/posts/alicedraft/edit/", {**TYPED, "act": "autosave"}, 2),
        ("/posts/alicedraft/edit/", OLDER, 1),  # the stored version, shown beside the typed one
        ("/posts/alicedraft/edit/", {**OLDER, "act": "merge"}, 1),
        ("/posts/new/", {**TYPED, "act": "autosave"}, 1),
        ("/posts/alicedraft/publish/", {}, 2),
        ("/posts/alicespost/unpublish/", {}, 2),
        ("/posts/alicedraft/delete/", {}, 2),
        ("/auth/logout/", {}, 1),
    ],
)
def test_calls_for_an_author(path, form, calls, known, draft, published):
    with count_calls() as sent_calls:
        known.post(path, form)
    assert len(sent_calls) == calls, sent_calls


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/manage/", 3),
        ("/manage/?status=draft&campus=oslo&q=kaffe", 3),
        ("/manage/?status=nothing", 0),
        ("/manage/featured/", 2),
        ("/manage/people/", 3),  # the admin's own account, the people, and their identities
        ("/manage/people/bob/", 4),
    ],
)
def test_calls_for_an_admin(path, calls, ingrid, featured):
    session.user_of(ingrid.secret)
    browser = ingrid.browser()
    with count_calls() as sent_calls:
        browser.get(path)
    assert len(sent_calls) == calls, sent_calls


@pytest.mark.parametrize(
    ("path", "calls"),
    [
        ("/posts/alicespost/unpublish/", 3),  # with the site's key, so the admin's own account is read again first
        ("/manage/people/bob/block/", 3),
        ("/manage/people/bob/end-sessions/", 3),
    ],
)
def test_calls_of_an_admins_act_on_others(path, calls, ingrid, bob, published):
    session.user_of(ingrid.secret)
    with count_calls() as sent_calls:
        ingrid.browser().post(path)
    assert len(sent_calls) == calls, sent_calls


# The first sign-in also removes what a stranger may have attached to the account: tests/accounts/test_prehijacking.py.
def test_calls_of_a_sign_in_by_link(appwrite):
    for number in (9, 2):
        guest = Browser()
        with count_calls() as sent_calls:
            guest.post("/auth/login/", {"email": "olga@example.com"})
        assert len(sent_calls) == 1, sent_calls
        with count_calls() as sent_calls:
            page = guest.get(mailed(appwrite), follow=True)
        assert sent_calls == []
        with count_calls() as sent_calls:
            guest.post("/auth/callback/", page.context["fields"])
            guest.get("/posts/new/")
        assert len(sent_calls) == number, sent_calls  # account and session; the next page needs no call for them


def test_calls_of_a_sign_in_with_a_code(appwrite):
    for calls in (9, 2):
        guest = Browser()
        with count_calls() as sent_calls:
            guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
        assert len(sent_calls) == 1, sent_calls
        code = appwrite.inbox.code("olga@example.com")
        with count_calls() as sent_calls:
            guest.post("/auth/code/", {"code": code})
        assert len(sent_calls) == calls, sent_calls  # the user with this address, and the session


def test_account_is_read_once_a_minute(alice, monkeypatch):
    browser = alice.browser()
    with count_calls() as sent_calls:
        for _ in range(3):
            browser.get("/posts/")
    assert sent_calls.count("GET /v1/account") == 1
    now = session.time.time()
    monkeypatch.setattr(session.time, "time", lambda: now + session.FRESH_TTL + 1)
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
