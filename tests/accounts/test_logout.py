"""/auth/logout/: ending the session in this browser and in Appwrite."""

import base64
import json
import threading
import time

import pytest
from django.core.cache import cache
from django.core.cache.backends import locmem
from django.http import HttpResponse

from accounts import session
from accounts.session import cookie_name
from accounts.sign_in import pending_sign_outs
from core import errors
from core.appwrite_client import create_admin_client
from tests.count_calls import count_calls
from tests.site import NOTHING
from tests.users import Browser, Person, words


def test_signing_out_also_ends_the_session_in_appwrite(alice):
    browser = alice.browser()
    answer = browser.post("/auth/logout/", follow=True)
    assert "Du er logget ut." in words(answer)
    assert not browser.cookies[cookie_name()].value
    with pytest.raises(errors.SignInRequiredError):
        alice.appwrite.account.get()
    assert alice.browser().get("/posts/mine/")["Location"].startswith("/auth/login/")


def test_signing_out_requires_a_form_from_the_site(alice):
    strict = alice.browser(enforce_csrf_checks=True)
    assert strict.post("/auth/logout/").status_code == 403
    assert strict.get("/auth/logout/").status_code == 405
    assert strict.get("/posts/mine/").status_code == 200


def test_signing_out_during_an_outage_ends_the_session_in_this_browser(alice, settings):
    browser = alice.browser()
    settings.APPWRITE_ENDPOINT = NOTHING
    assert browser.post("/auth/logout/").status_code == 302
    assert not browser.cookies[cookie_name()].value


def test_guest_can_sign_out_without_an_error(guest: Browser):
    assert guest.post("/auth/logout/")["Location"] == "/"


def test_every_page_has_a_sign_out_button(alice, published):
    browser = alice.browser()
    for url in ("/", "/posts/", f"/posts/{published.id}/", "/posts/mine/", "/auth/account/", "/posts/nosuchpost/"):
        assert 'action="/auth/logout/"' in browser.get(url).content.decode(), url


def test_signing_out_uses_the_api_key_because_appwrite_rate_limits_other_clients(alice):
    browser = alice.browser()
    session.user_of(alice.secret)
    with count_calls() as calls:
        browser.post("/auth/logout/")
    assert calls == [f"DELETE /v1/users/{alice.id}/sessions/{alice.made.id}"]


def test_cookie_without_ids_still_signs_in_and_out(alice):
    """The previous release set session cookies without the ids of the user and the session."""
    browser = Browser()
    old = HttpResponse()
    old.set_signed_cookie(cookie_name(), f"{alice.secret}|{alice.made.expire}", salt=session.SALT)
    browser.cookies.update(old.cookies)
    assert browser.get("/posts/mine/").status_code == 200
    browser.post("/auth/logout/")
    assert is_ended(alice)


def is_ended(person: Person) -> bool:
    return person.made.id not in {each.id for each in create_admin_client().users.list_sessions(person.id).sessions}


@pytest.fixture
def signed_out_while_away(alice, settings, appwrite):
    """Return Alice's browser after she signed out during an outage. Appwrite is reachable again."""
    browser = alice.browser()
    settings.APPWRITE_ENDPOINT = NOTHING
    browser.post("/auth/logout/")
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    assert not is_ended(alice)
    return browser


@pytest.mark.parametrize(("prefix", "sentence"), [("", "Økten din kan fortsatt"), ("/en", "your session may still")])
def test_signing_out_during_an_outage_warns_that_the_session_may_still_be_active(prefix, sentence, alice, settings):
    browser = alice.browser()
    settings.APPWRITE_ENDPOINT = NOTHING
    assert sentence.lower() in words(browser.post(f"{prefix}/auth/logout/", follow=True)).lower()


@pytest.mark.parametrize("path", ["/", "/posts/", "/auth/login/", "/nothing/", "/healthz"])
def test_pending_sign_out_is_completed_on_the_browsers_next_request(path, alice, signed_out_while_away):
    signed_out_while_away.get(path)
    assert is_ended(alice)
    with count_calls() as calls:
        signed_out_while_away.get(path)
    assert not any("sessions" in call for call in calls)
    assert "signed_out" not in {name for name, cookie in signed_out_while_away.cookies.items() if cookie.value}


def test_pending_sign_out_is_completed_on_the_next_request_of_another_session(alice, signed_out_while_away):
    other = Person(alice.id, "Alice", alice.email, (), create_admin_client().users.create_session(alice.id))
    other.browser().get("/posts/")
    assert is_ended(alice)
    assert not is_ended(other)


def test_pending_sign_out_is_completed_on_the_next_sign_in_in_another_browser(
    alice, signed_out_while_away, appwrite, guest
):
    guest.post("/auth/login/", {"email": alice.email})
    page = guest.get(appwrite.inbox.link(alice.email), follow=True)
    guest.post("/auth/callback/", page.context["fields"])
    assert is_ended(alice)
    assert guest.get("/posts/mine/").status_code == 200


def test_pending_sign_out_of_a_cookie_without_ids_is_completed_on_the_next_request(alice, settings, appwrite):
    browser = Browser()
    old = HttpResponse()
    old.set_signed_cookie(cookie_name(), f"{alice.secret}|{alice.made.expire}", salt=session.SALT)
    browser.cookies.update(old.cookies)
    settings.APPWRITE_ENDPOINT = NOTHING
    browser.post("/auth/logout/")
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    browser.get("/posts/")
    assert is_ended(alice)


def test_pending_sign_out_is_kept_while_appwrite_is_unavailable(alice, signed_out_while_away, settings):
    endpoint, settings.APPWRITE_ENDPOINT = settings.APPWRITE_ENDPOINT, NOTHING
    assert signed_out_while_away.get("/auth/login/").status_code == 200
    assert signed_out_while_away.get("/posts/").status_code == 503
    settings.APPWRITE_ENDPOINT = endpoint
    signed_out_while_away.get("/posts/")
    assert is_ended(alice)


def test_pending_sign_out_delays_at_most_one_page_per_minute_while_appwrite_hangs(signed_out_while_away, monkeypatch):
    attempts: list[str] = []
    has_started, answered = threading.Event(), threading.Event()

    def hang(user_id: str, session_id: str) -> None:
        attempts.append(session_id)
        has_started.set()
        answered.wait(60)

    monkeypatch.setattr(pending_sign_outs, "end_session", hang)
    monkeypatch.setattr(pending_sign_outs, "MAX_WAIT", 0.01)
    for _ in range(3):
        assert signed_out_while_away.get("/auth/login/").status_code == 200
    assert has_started.wait(60)
    answered.set()
    assert len(attempts) == 1


def test_pending_sign_out_is_encrypted_and_kept_for_a_day(alice, signed_out_while_away, monkeypatch):
    kept = [bytes(value) for cached in locmem._caches.values() for value in cached.values()]
    raw = json.loads(base64.b64decode(alice.secret))["secret"]
    for plain in (alice.secret, raw):
        assert not any(plain.encode() in value for value in kept)
        assert plain not in signed_out_while_away.cookies["signed_out"].value
    assert cache.get(f"sign-outs:{alice.id}")
    later = time.time() + 24 * 3600 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    with count_calls() as calls:
        signed_out_while_away.get("/auth/login/")
    assert calls == []


def test_forged_pending_sign_out_cookie_ends_no_session(alice, signed_out_while_away, guest):
    guest.cookies["signed_out"] = alice.id
    guest.get("/posts/")
    assert not is_ended(alice)
    assert guest.cookies["signed_out"].value == ""


def test_session_replaced_during_an_outage_is_ended_later(alice, bob, appwrite, guest):
    """Bob signs in with his link in Alice's browser while Appwrite cannot delete her session."""
    browser = alice.browser()
    guest.post("/auth/login/", {"email": bob.email})
    link = appwrite.inbox.link(bob.email)
    page = browser.get(link, follow=True)
    appwrite.faults.add("users.deleteSession", status=503)
    browser.post("/auth/callback/", page.context["fields"])
    assert not is_ended(alice)
    appwrite.faults.clear()
    browser.get("/posts/")
    assert is_ended(alice)
    assert browser.get("/posts/mine/").context["user"].id == bob.id


@pytest.mark.parametrize("path", ["/", "/posts/", "/posts/alicedraft/", "/posts/alicedraft/edit/", "/posts/mine/"])
def test_pages_for_signed_in_users_are_not_stored_by_the_browser(path, alice, draft):
    assert "no-store" in alice.browser().get(path)["Cache-Control"]


def test_signing_out_clears_the_browser_cache(alice):
    assert alice.browser().post("/auth/logout/")["Clear-Site-Data"] == '"cache"'


def test_public_response_does_not_clear_the_browser_cache(alice, covered):
    cover = covered(publish=True).cover_id
    browser = alice.browser()
    browser.cookies[cookie_name()] = "forged"
    answer = browser.get(f"/posts/cover/{cover}/480/")
    assert "public" in answer["Cache-Control"]
    assert "Clear-Site-Data" not in answer


def test_signing_out_works_if_the_disk_is_not_writable(alice, settings, tmp_path):
    browser = alice.browser()
    (tmp_path / "a-file").write_text("")
    settings.LOCAL_DIR = tmp_path / "a-file"
    settings.APPWRITE_ENDPOINT = NOTHING
    assert browser.post("/auth/logout/").status_code == 302
    assert not browser.cookies[cookie_name()].value
