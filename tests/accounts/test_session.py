"""The session cookie, the cached user and ended sessions."""

import time

import pytest
from django.core.cache.backends import locmem

from accounts import session
from core.appwrite_client import create_admin_client
from tests import users
from tests.pages import TYPED
from tests.site import NOTHING
from tests.users import Browser, words


def calls_to_account(monkeypatch) -> list[str]:
    """Return a list that records the session secret of each request for an account."""
    secrets: list[str] = []
    real = session.client_of_session
    monkeypatch.setattr(session, "client_of_session", lambda secret: secrets.append(secret) or real(secret))
    return secrets


def test_guest_request_makes_no_call_and_sets_no_cookie(guest, published, monkeypatch):
    secrets = calls_to_account(monkeypatch)
    for url in ("/", "/posts/", "/posts/alicespost/", "/en/posts/"):
        answer = guest.get(url)
        assert answer.status_code == 200
        assert not answer.cookies
    assert secrets == []


def test_user_is_read_once_a_minute(alice, draft, monkeypatch):
    secrets = calls_to_account(monkeypatch)
    browser = alice.browser()
    for _ in range(3):
        browser.get("/posts/mine/")
    assert secrets == [alice.secret]
    later = time.time() + session.USER_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    browser.get("/posts/mine/")
    assert secrets == [alice.secret] * 2


def test_cache_contains_no_secrets(alice):
    alice.browser().get("/posts/mine/")
    entries = [entry for cached in locmem._caches.values() for entry in cached.items()]
    assert any(b"Alice" in value for _, value in entries)
    assert not any(alice.secret.encode() in value or alice.secret in key for key, value in entries)


@pytest.mark.parametrize("value", ["", "forged", "a:b:c", "eyJ9:1:x"])
def test_forged_session_cookie_is_ignored_and_deleted(guest, value):
    guest.cookies[session.cookie_name()] = value
    answer = guest.get("/posts/mine/")
    assert answer["Location"].startswith("/auth/login/")
    if value:
        assert answer.cookies[session.cookie_name()]["max-age"] == 0


def test_ended_session_redirects_to_sign_in(appwrite):
    eve = users.create("Eve")
    browser = eve.browser()
    assert browser.get("/posts/mine/").status_code == 200
    eve.end_session()
    session.forget_user(eve.secret)
    answer = browser.get("/posts/mine/", follow=True)
    assert answer.redirect_chain == [("/auth/login/?next=%2Fposts%2Fmine%2F", 302)]
    assert "Du ble logget ut." in words(answer)
    assert session.cookie_name() not in {name for name, cookie in browser.cookies.items() if cookie.value}


@pytest.mark.parametrize("path", ["/posts/mine/", "/posts/new/", "/auth/account/", "/manage/", "/"])
def test_blocked_user_sees_one_message_on_every_page(mallory, path):
    page = mallory.browser().get(path, follow=True)
    text = words(page)
    assert text.count("Kontoen din er sperret") == 1
    assert "Du ble logget ut" not in text


@pytest.mark.parametrize("path", ["/posts/new/", "/posts/preview/"])
def test_blocked_user_is_not_asked_to_sign_in_again_to_save(mallory, path):
    text = words(mallory.browser().post(path, TYPED))
    assert "Kontoen din er sperret, så ingenting ble lagret." in text
    assert "Du ble logget ut. Teksten" not in text


def test_session_that_appwrite_rejects_ends_before_the_cache_expires(appwrite, draft, alice):
    browser = alice.browser()
    assert browser.get(f"/posts/{draft.id}/").status_code == 200
    alice.end_session()
    assert browser.get(f"/posts/{draft.id}/")["Location"].startswith("/auth/login/")


def test_blocked_user_loses_the_cookie_and_sees_the_reason_as_a_guest(mallory, published):
    browser = mallory.browser()
    answer = browser.get(f"/posts/{published.id}/", follow=True)
    assert answer.status_code == 200
    assert "Alices innlegg" in words(answer)
    assert "sperret" in words(answer)
    assert not browser.cookies[session.cookie_name()].value


def test_user_blocked_while_submitting_a_form_is_not_shown_as_signed_in(bob):
    browser = bob.browser()
    browser.get("/posts/mine/")
    users.block(bob)
    answer = browser.post("/auth/account/name/", {"name": "Bob"})
    assert answer.status_code == 403
    assert "Kontoen din er sperret" in words(answer)
    assert "Du er logget inn" not in words(answer)


def test_new_role_takes_effect_after_a_minute(alice, bob, draft, monkeypatch):
    browser = bob.browser()
    assert browser.get(f"/posts/{draft.id}/edit/").status_code == 404
    create_admin_client().users.update_labels(bob.id, ["admin"])
    later = time.time() + session.USER_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert browser.get(f"/posts/{draft.id}/edit/").status_code == 200


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_unexpected_error_while_reading_the_account_is_treated_as_an_outage(alice, appwrite, monkeypatch, status):
    appwrite.faults.add("account.get", status=status, type="row_not_found")
    assert alice.browser().get("/posts/mine/").status_code == 503
    monkeypatch.setattr(session, "USER_TTL", 0)  # as if a minute had passed
    browser = alice.browser()
    appwrite.faults.clear()
    assert browser.get("/posts/mine/").context["user"].name == "Alice"
    appwrite.faults.add("account.get", status=status, type="row_not_found")
    assert browser.get("/").context["user"].name == "Alice"


def test_user_is_read_from_the_cache_during_an_outage(alice, monkeypatch, settings):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = NOTHING
    later = time.time() + session.USER_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert browser.get("/posts/new/", follow=True).status_code == 200
    assert Browser().get("/posts/").status_code == 503


NOTE = "Du ble logget ut."


def note_count(page) -> int:
    return words(page).count(NOTE)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/posts/", "/posts/?q=kaffe", "/posts/alicespost/", "/posts/by/alice/", "/nothing/", "/posts/nosuch/"),
        *(
            "/posts/alicedraft/",
            "/posts/mine/",
            "/auth/account/",
            "/posts/new/",
            "/auth/login/",
            "/manage/",
            "/posts/?page=0",
        ),
        *("/auth/logout/", "/auth/callback/", "/auth/invite/"),
    ],
)
def test_next_page_explains_once_that_the_session_has_ended(path, alice, draft, published):
    browser = alice.browser()
    alice.end_session()
    assert note_count(browser.get(path, follow=True)) == 1
    assert note_count(browser.get(path, follow=True)) == 0


def test_ended_session_is_explained_after_a_redirect_to_another_language(alice):
    browser = alice.browser(headers={"accept-language": "en"})
    alice.end_session()
    assert "You were signed out." in words(browser.get("/", follow=True))


def test_rejected_form_explains_that_the_session_has_ended(alice):
    browser = alice.browser()
    alice.end_session()
    answer = browser.post("/posts/new/", TYPED)
    assert answer.status_code == 403
    assert note_count(answer) == 2  # in full above the form, and shortened in the button bar
    assert note_count(browser.get("/")) == 0


def test_ended_session_is_explained_on_the_page_after_a_json_response(alice):
    browser = alice.browser()
    alice.end_session()
    browser.get("/api/auth/check")
    assert note_count(browser.get("/")) == 1


def test_ended_session_is_explained_on_the_page_after_a_rejected_image(alice, covered):
    cover = covered(publish=False).cover_id
    browser = alice.browser()
    alice.end_session()
    assert browser.get(f"/posts/cover/{cover}/480/", headers={"Sec-Fetch-Dest": "image"}).status_code in (302, 404)
    assert note_count(browser.get("/")) == 1


def test_session_that_expired_after_thirty_days_without_a_visit_is_explained(alice, monkeypatch):
    browser = alice.browser()
    later = time.time() + session.IDLE_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert note_count(browser.get("/")) == 1
    assert note_count(browser.get("/")) == 0


@pytest.mark.parametrize("path", ["/", "/posts/mine/"])
def test_blocked_user_gets_one_message(path, mallory):
    page = mallory.browser().get(path, follow=True)
    assert "Kontoen din er sperret" in words(page)
    assert note_count(page) == 0


@pytest.mark.parametrize("path", ["/", "/posts/", "/nothing/"])
def test_guests_and_signed_out_users_get_no_message(path, alice, guest):
    assert note_count(guest.get(path)) == 0
    browser = alice.browser()
    browser.post("/auth/logout/")
    assert note_count(browser.get(path)) == 0
