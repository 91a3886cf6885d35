"""The session cookie, the cached person, and ended sessions."""

import time

import pytest
from django.core.cache.backends import locmem

from accounts import session
from core.appwrite_client import create_admin_client
from tests import users
from tests.pages import TYPED
from tests.users import Browser, words


def calls_to_account(monkeypatch) -> list[str]:
    """Return a list to which the secret of each call for an account is added."""
    secrets: list[str] = []
    real = session.client_of_session
    monkeypatch.setattr(session, "client_of_session", lambda secret: secrets.append(secret) or real(secret))
    return secrets


def test_guest_needs_no_call_and_gets_no_cookie(guest, published, monkeypatch):
    secrets = calls_to_account(monkeypatch)
    for url in ("/", "/posts/", "/posts/alicespost/", "/en/posts/"):
        answer = guest.get(url)
        assert answer.status_code == 200
        assert not answer.cookies
    assert secrets == []


def test_a_person_is_looked_up_once_a_minute(alice, draft, monkeypatch):
    secrets = calls_to_account(monkeypatch)
    browser = alice.browser()
    for _ in range(3):
        browser.get("/posts/mine/")
    assert secrets == [alice.secret]
    later = time.time() + session.FRESH_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    browser.get("/posts/mine/")
    assert secrets == [alice.secret] * 2


def test_cache_has_no_secrets(alice):
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


def test_ended_session_shows_a_page_with_a_way_to_sign_in(appwrite):
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
def test_blocked_person_sees_one_note_on_every_page(mallory, path):
    page = mallory.browser().get(path, follow=True)
    text = words(page)
    assert text.count("Kontoen din er sperret") == 1
    assert "Du ble logget ut" not in text


@pytest.mark.parametrize("path", ["/posts/new/", "/posts/preview/"])
def test_blocked_person_is_not_asked_to_sign_in_again_to_save(mallory, path):
    text = words(mallory.browser().post(path, TYPED))
    assert "Kontoen din er sperret, så ingenting ble lagret." in text
    assert "Du ble logget ut. Teksten" not in text


def test_a_refusal_by_appwrite_is_noticed_within_the_minute(appwrite, draft, alice):
    browser = alice.browser()
    assert browser.get(f"/posts/{draft.id}/").status_code == 200
    alice.end_session()
    assert browser.get(f"/posts/{draft.id}/")["Location"].startswith("/auth/login/")


def test_blocked_person_loses_the_cookie_and_reads_as_a_guest_with_the_reason(mallory, published):
    browser = mallory.browser()
    answer = browser.get(f"/posts/{published.id}/", follow=True)
    assert answer.status_code == 200
    assert "Alices innlegg" in words(answer)
    assert "sperret" in words(answer)
    assert not browser.cookies[session.cookie_name()].value


def test_person_blocked_while_sending_a_form_is_not_shown_as_signed_in(bob):
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
    later = time.time() + session.FRESH_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert browser.get(f"/posts/{draft.id}/edit/").status_code == 200


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_impossible_error_for_the_own_account_is_an_outage(alice, appwrite, monkeypatch, status):
    appwrite.faults.add("account.get", status=status, type="row_not_found")
    assert alice.browser().get("/posts/mine/").status_code == 503
    monkeypatch.setattr(session, "FRESH_TTL", 0)  # a minute later
    browser = alice.browser()
    appwrite.faults.clear()
    assert browser.get("/posts/mine/").context["user"].name == "Alice"
    appwrite.faults.add("account.get", status=status, type="row_not_found")
    assert browser.get("/").context["user"].name == "Alice"


def test_person_is_known_from_the_cache_during_an_outage(alice, monkeypatch, settings):
    browser = alice.browser()
    browser.get("/posts/mine/")
    settings.APPWRITE_ENDPOINT = "http://127.0.0.1:9/v1"
    later = time.time() + session.FRESH_TTL + 1
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
def test_every_page_explains_once_that_the_session_has_ended(path, alice, draft, published):
    browser = alice.browser()
    alice.end_session()
    assert note_count(browser.get(path, follow=True)) == 1
    assert note_count(browser.get(path, follow=True)) == 0


def test_it_is_explained_after_a_redirect_to_another_language(alice):
    browser = alice.browser(headers={"accept-language": "en"})
    alice.end_session()
    assert "You were signed out." in words(browser.get("/", follow=True))


def test_form_that_was_stopped_explains_it_itself(alice):
    browser = alice.browser()
    alice.end_session()
    answer = browser.post("/posts/new/", TYPED)
    assert answer.status_code == 403
    assert note_count(answer) == 2  # in the note above the form, and shortened in the bar with the buttons
    assert note_count(browser.get("/")) == 0


def test_json_response_leaves_the_explanation_to_the_next_page(alice):
    browser = alice.browser()
    alice.end_session()
    browser.get("/api/auth/check")
    assert note_count(browser.get("/")) == 1


def test_image_that_is_refused_leaves_the_explanation_to_the_next_page(alice, covered):
    cover = covered(publish=False).cover_id
    browser = alice.browser()
    alice.end_session()
    assert browser.get(f"/posts/cover/{cover}/480/", headers={"Sec-Fetch-Dest": "image"}).status_code in (302, 404)
    assert note_count(browser.get("/")) == 1


def test_thirty_days_without_a_visit_are_explained(alice, monkeypatch):
    browser = alice.browser()
    later = time.time() + session.IDLE_TTL + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert note_count(browser.get("/")) == 1
    assert note_count(browser.get("/")) == 0


@pytest.mark.parametrize("path", ["/", "/posts/mine/"])
def test_blocked_person_gets_one_note(path, mallory):
    page = mallory.browser().get(path, follow=True)
    assert "Kontoen din er sperret" in words(page)
    assert note_count(page) == 0


@pytest.mark.parametrize("path", ["/", "/posts/", "/nothing/"])
def test_signed_out_and_guest_get_no_note(path, alice, guest):
    assert note_count(guest.get(path)) == 0
    browser = alice.browser()
    browser.post("/auth/logout/")
    assert note_count(browser.get(path)) == 0
