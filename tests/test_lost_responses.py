"""Writes whose responses are lost: the site checks whether Appwrite carried them out instead of repeating them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts import session
from core import circuit_breaker, errors
from core.appwrite_client import create_admin_client
from core.transport import POOL
from posts.models import Post
from posts.repository import PostRepository
from tests import users
from tests.conftest import picture
from tests.site import NOTHING
from tests.users import words

TEXT = "Det er **kaffe** igjen, helt uten sukker."
NEW = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "post_id": "abcdefgh27", "state": "new"}
LOST = [requests.ReadTimeout(), requests.ConnectionError("reset"), None]  # None: a malformed response


@pytest.fixture
def lose_responses(monkeypatch) -> Iterator[Callable[..., None]]:
    """Return a function that drops the response to each `method` request after Appwrite has handled it.

    If `silent` is true, Appwrite is unreachable afterwards. Call the function with the method "" to end the fault.
    """
    send = POOL.send

    def start(method: str, error: Exception | None = None, *, silent: bool = False) -> None:
        lost = []

        def sent(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            if lost and silent:
                raise requests.ConnectionError("refused")
            answer = send(request, **options)
            if request.method != method:
                return answer
            lost.append(request)
            if error is not None:
                answer.close()
                raise error
            answer.content  # noqa: B018 - reading the body keeps the connection reusable
            answer.status_code, answer._content = 200, b"[]"
            answer.headers["Content-Type"] = "application/json"
            return answer

        monkeypatch.setattr(POOL, "send", sent)

    yield start
    monkeypatch.setattr(POOL, "send", send)


def titles(browser) -> list[str]:
    return [post.title for post in browser.get("/posts/mine/").context["page"].items]


@pytest.mark.parametrize("error", LOST, ids=repr)
@pytest.mark.parametrize("act", ["save", "publish"])
def test_new_post_is_saved_even_if_the_response_is_lost(error, act, alice, lose_responses, stored, caplog):
    browser = alice.browser()
    lose_responses("POST", error)
    answer = browser.post("/posts/new/", {**NEW, "act": act})
    assert answer.status_code == 302
    assert stored("abcdefgh27").data["content"] == TEXT
    lose_responses("")
    assert titles(browser) == [NEW["title"]]
    assert "its response was lost: POST /tablesdb/app/tables/posts/rows" in caplog.text


@pytest.mark.parametrize("error", LOST, ids=repr)
@pytest.mark.parametrize("act", ["save", "publish"])
def test_new_post_that_may_have_been_saved_is_reported_and_saved_once(
    error, act, alice, lose_responses, stored, caplog
):
    browser = alice.browser()
    lose_responses("POST", error, silent=True)
    answer = browser.post("/posts/new/", {**NEW, "act": act})
    assert answer.status_code == 503
    assert "Teksten din kan være lagret" in words(answer)
    assert TEXT in words(answer)
    assert "POST /posts/new/: POST /tablesdb/app/tables/posts/rows: " in caplog.text
    lose_responses("")
    assert browser.post("/posts/new/", {**NEW, "act": act, "content": f"{TEXT} Og te."}).status_code == 302
    assert stored("abcdefgh27").data["content"] == f"{TEXT} Og te."
    assert titles(browser) == [NEW["title"]]


@pytest.mark.parametrize("silent", [False, True])
def test_new_post_with_a_cover_whose_response_was_lost_is_saved_once(
    silent, alice, lose_responses, stored, monkeypatch
):
    browser = alice.browser()
    form = {**NEW, "cover_alt": "En rød flate"}
    add = PostRepository._create

    def create(*arguments):
        lose_responses("POST", requests.ReadTimeout(), silent=silent)
        return add(*arguments)

    monkeypatch.setattr(PostRepository, "_create", create)
    answer = browser.post("/posts/new/", {**form, "cover": SimpleUploadedFile("cover.webp", picture())})
    assert answer.status_code == (503 if silent else 302)
    lose_responses("")
    monkeypatch.setattr(PostRepository, "_create", add)
    if silent:
        assert "Teksten din kan være lagret" in words(answer)
        again = answer.context["form"].data
        assert browser.post("/posts/new/", {**form, "pending_cover": again["pending_cover"]}).status_code == 302
    assert titles(browser) == [NEW["title"]]
    files = [file.id for file in create_admin_client().storage.list_files("covers").files]
    assert files == [stored("abcdefgh27").data["coverId"]]


def test_lost_cover_upload_response_does_not_mean_that_the_text_is_saved(alice, lose_responses):
    browser = alice.browser()
    lose_responses("POST", requests.ReadTimeout(), silent=True)
    form = {**NEW, "cover_alt": "En rød flate", "cover": SimpleUploadedFile("cover.webp", picture())}
    answer = browser.post("/posts/new/", form)
    assert answer.status_code == 503
    assert "kan være lagret" not in words(answer)


@pytest.mark.parametrize("act", ["save", "publish"])
def test_changed_post_is_saved_even_if_the_response_is_lost(act, alice, draft, lose_responses, stored):
    browser = alice.browser()
    lose_responses("PATCH", requests.ReadTimeout())
    form = browser.get(f"/posts/{draft.id}/edit/").context["form"].initial
    answer = browser.post(f"/posts/{draft.id}/edit/", {**form, "content": TEXT, "act": act})
    assert answer.status_code == 302
    assert stored(draft.id).data["content"] == TEXT


@pytest.mark.parametrize("act", ["save", "publish", "autosave"])
def test_post_that_may_have_been_saved_does_not_conflict_with_itself(act, alice, draft, lose_responses, stored):
    browser = alice.browser()
    form = {**browser.get(f"/posts/{draft.id}/edit/").context["form"].initial, "act": act}
    by_script = {"X-Requested-With": "fetch"} if act == "autosave" else {}
    lose_responses("PATCH", requests.ReadTimeout(), silent=True)
    answer = browser.post(f"/posts/{draft.id}/edit/", {**form, "content": TEXT}, headers=by_script)
    assert answer.status_code == 503
    said = answer.json()["said"] if by_script else words(answer)
    assert "Teksten din kan være lagret" in said
    lose_responses("")
    answer = browser.post(f"/posts/{draft.id}/edit/", {**form, "content": f"{TEXT} Og te."}, headers=by_script)
    assert answer.status_code in (200, 302)
    assert stored(draft.id).data["content"] == f"{TEXT} Og te."


def test_failed_save_says_that_nothing_is_saved(alice, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    session_known(alice)
    answer = alice.browser().post("/posts/new/", NEW)
    assert answer.status_code == 503
    assert "ingenting er lagret" in words(answer)
    assert TEXT in words(answer)


def session_known(person) -> None:
    from django.core.cache import cache

    cache.set(session._cache_key(person.secret), (person.user, session.time.time()), 3600)


def test_page_says_if_a_failed_write_changed_nothing(alice, appwrite):
    appwrite.faults.add("tablesDB.createRow", status=500)
    answer = alice.browser().post("/posts/new/", NEW)
    assert answer.status_code == 503
    assert "ingenting er lagret" in words(answer)


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_other_post_actions_succeed_even_if_the_response_is_lost(
    error, alice, lose_responses, covered, stored, appwrite, monkeypatch
):
    browser = alice.browser()
    post = covered(publish=True)
    for act, method in (("unpublish", "PATCH"), ("publish", "PATCH"), ("delete", "DELETE"), ("undo", "POST")):
        monkeypatch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())  # keep it closed
        lose_responses(method, error)
        answer = browser.post(f"/posts/{post.id}/{act}/")
        lose_responses("")
        assert answer.status_code == 302, act
        assert "kan ikke" not in words(browser.get(answer["Location"])), act
    row = stored(post.id)
    assert row.data["status"] == "published"
    assert 'read("any")' in row.permissions


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_front_page_is_reordered_even_if_responses_are_lost(error, alice, ingrid, lose_responses, published):
    browser = ingrid.browser()
    browser.get("/manage/featured/")
    other = PostRepository(alice.appwrite).create("another123", alice.user, fields_of(published), publish=True)
    for act, method, order in (
        (f"{published.id}/", "POST", [published.id]),
        (f"{other.id}/", "POST", [other.id, published.id]),
        (f"{published.id}/move/", "PATCH", [published.id, other.id]),
        (f"{other.id}/remove/", "DELETE", [published.id]),
    ):
        lose_responses(method, error)
        assert browser.post(f"/manage/featured/{act}").status_code == 302
        lose_responses("")
        assert [post_id for post_id, _ in browser.get("/manage/featured/").context["rows"]] == order


def fields_of(post: Post) -> dict[str, Any]:
    return {**vars(post), "cover": None}


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_name_is_saved_even_if_the_response_is_lost(error, alice, lose_responses):
    browser = alice.browser()
    lose_responses("PATCH", error)
    assert browser.post("/auth/account/name/", {"name": "Alice Aas"}).status_code == 302
    assert browser.get("/auth/account/").context["user"].name == "Alice Aas"


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_name_stays_in_the_form_if_it_may_have_been_saved(error, alice, lose_responses, caplog):
    browser = alice.browser()
    lose_responses("PATCH", error, silent=True)
    answer = browser.post("/auth/account/name/", {"name": "Alice Aas", "next": "/posts/mine/"})
    assert answer.status_code == 503
    assert 'value="Alice Aas"' in answer.content.decode()
    assert 'value="/posts/mine/"' in answer.content.decode()
    assert "Navnet kan være lagret" in words(answer)
    assert "PATCH /account/name: " in caplog.text
    lose_responses("")
    assert browser.get("/auth/account/").context["user"].name == "Alice Aas"


def test_name_stays_in_the_form_if_it_cannot_be_saved(alice, settings):
    browser = alice.browser()
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = browser.post("/auth/account/name/", {"name": "Alice Aas"})
    assert answer.status_code == 503
    assert 'value="Alice Aas"' in answer.content.decode()
    assert "ingenting er lagret" in words(answer)


def test_name_stays_in_the_form_if_appwrite_rejects_it(alice, appwrite):
    appwrite.faults.add("account.updateName", status=400)
    answer = alice.browser().post("/auth/account/name/", {"name": "Alice Aas"})
    assert answer.status_code == 400
    assert 'value="Alice Aas"' in answer.content.decode()


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_account_changes_succeed_even_if_responses_are_lost(error, alice, bob, ingrid, lose_responses):
    browser = ingrid.browser()
    for act, form in (("labels", {"labels": "editor"}), ("block", {}), ("unblock", {}), ("end-sessions", {})):
        lose_responses("DELETE" if act in ("end-sessions", "unblock") else "PATCH", error)
        if act == "labels":
            lose_responses("PUT", error)
        assert browser.post(f"/manage/people/{bob.id}/{act}/", form).status_code == 302, act
        lose_responses("")
    user = create_admin_client().users.get(bob.id)
    assert (users.roles(bob.id), user.status) == ({"editor"}, True)
    lose_responses("PATCH", error)
    hers = alice.browser()
    assert hers.post("/auth/account/language/", {"language": "en"}).status_code == 302
    lose_responses("DELETE", error)
    assert hers.post("/auth/account/delete/", {"email": alice.email}).status_code == 503  # the page offers to continue
    lose_responses("")
    assert hers.post("/auth/account/delete/", {"email": alice.email}).status_code == 302
    with pytest.raises(errors.NotFoundError):
        create_admin_client().users.get(alice.id)


def test_lost_response_is_not_reported_as_an_unsent_email_or_an_unused_link(guest, lose_responses, appwrite):
    lose_responses("POST", requests.ReadTimeout())
    answer = guest.post("/auth/login/", {"email": "olga@example.com"})
    assert answer.status_code == 503
    assert "kan være på vei" in words(answer)
    assert len(appwrite.inbox.mails(to="olga@example.com")) == 1


def test_deletion_that_may_have_happened_can_be_repeated(alice, covered, lose_responses):
    """Appwrite becomes unreachable after the row has been deleted, but before its cover has been deleted."""
    browser = alice.browser()
    post = covered(publish=True)
    lose_responses("DELETE", requests.ReadTimeout(), silent=True)
    assert browser.post(f"/posts/{post.id}/delete/").status_code == 503
    lose_responses("")
    answer = browser.post(f"/posts/{post.id}/delete/", follow=True)
    assert f"/posts/{post.id}/undo/" in answer.content.decode()
    assert create_admin_client().storage.list_files("covers").files == []
    assert browser.post(f"/posts/{post.id}/undo/", follow=True).context["post"].cover_id
    assert alice.browser().post("/posts/nosuchpost/delete/").status_code == 404
