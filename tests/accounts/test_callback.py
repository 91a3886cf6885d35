"""/auth/callback/: the e-mailed link. GET shows the address, and POST signs the person in."""

import base64
import contextlib
import re
import string
import time
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing

from accounts import session
from core import errors
from core.appwrite_client import AppwriteClient, create_admin_client
from tests.site import NOTHING
from tests.users import Browser, words

CALLBACK = "/auth/callback/"


@pytest.fixture
def ask(appwrite):
    """Return a function that requests a link by e-mail and returns its URL as a path on this site."""

    def link(browser: Browser, email: str = "ada@example.com", **more: str) -> str:
        browser.post("/auth/login/", {"email": email, **more})
        url = urlsplit(appwrite.inbox.link(email))
        return f"{url.path}?{url.query}"

    return link


def press(browser: Browser, page) -> object:
    """Press the button on the landing page."""
    return browser.post(CALLBACK, page.context["fields"])


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def test_browser_that_requested_the_link_is_signed_in_and_redirected_back(guest, ask):
    page = guest.get(ask(guest, next="/posts/mine/"), follow=True)
    assert page.context["same_browser"] is True
    answer = press(guest, page)
    assert answer["Location"] == "/posts/mine/"
    assert is_signed_in(guest)


def test_link_in_another_browser_shows_its_address_before_signing_in(guest, ask):
    elsewhere = Browser()
    page = elsewhere.get(ask(guest), follow=True)
    assert page.context["same_browser"] is False
    assert "a…@example.com" in words(page)
    assert "ada@example.com" not in page.content.decode()
    assert not is_signed_in(elsewhere)
    press(elsewhere, page)
    assert is_signed_in(elsewhere)
    assert not is_signed_in(guest)


def readable(text: str) -> bytes:
    """Return `text`, followed by its base64-encoded parts, decoded and decompressed."""
    found = [text.encode()]
    for part in re.split(r"[^A-Za-z0-9_-]", text):
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) if len(part) % 4 != 1 else b""
        found.append(data)
        with contextlib.suppress(zlib.error):
            found.append(zlib.decompress(data))
    return b" ".join(found)


def test_link_does_not_reveal_the_address(guest, ask):
    link = ask(guest)
    elsewhere = Browser()
    page = elsewhere.get(link, follow=True)
    cookies = " ".join(cookie.value for cookie in elsewhere.cookies.values())
    for text in (link, cookies, page.content.decode()):
        assert b"ada@" not in readable(text)


@pytest.mark.parametrize("reason", ["used", "expired"])
def test_used_or_expired_link_shows_its_address_only_in_the_browser_that_requested_it(guest, ask, monkeypatch, reason):
    link = ask(guest)
    if reason == "used":
        other = Browser()
        press(other, other.get(link, follow=True))
    else:
        later = time.time() + 10 * 60 + 1
        monkeypatch.setattr(time, "time", lambda: later)

    def failed_in(browser: Browser) -> str:
        page = browser.get(link, follow=True)
        page = press(browser, page) if reason == "used" else page
        assert page.context["reason"] == reason
        return page.content.decode()

    assert "ada@example.com" not in failed_in(Browser())
    assert 'value="ada@example.com"' in failed_in(guest)


@pytest.mark.parametrize("ticket", ["", "forged", "å", "😀", "gAAAAABrDK0e", "Z0FBQUFBQg=="])
def test_link_with_a_forged_token_is_treated_as_incomplete(guest, ticket):
    page = guest.get(CALLBACK, {"userId": "a", "secret": "b", "ticket": ticket}, follow=True)
    assert (page.status_code, page.context["reason"]) == (400, "incomplete")


@pytest.mark.parametrize("method", ["get", "head"])
def test_link_can_be_opened_repeatedly_before_it_is_used(guest, ask, method):
    link = ask(guest)
    for _ in range(3):
        getattr(Browser(), method)(link, follow=True)  # as an e-mail scanner does
    assert not is_signed_in(guest)
    press(guest, guest.get(link, follow=True))
    assert is_signed_in(guest)


def test_secret_is_removed_from_the_url_and_not_sent_as_referrer(guest, ask):
    link = ask(guest)
    answer = guest.get(link)
    assert answer["Location"] == CALLBACK
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]
    assert "no-store" in guest.get(CALLBACK)["Cache-Control"]


def test_link_works_once(guest, ask):
    link = ask(guest)
    press(guest, guest.get(link, follow=True))
    elsewhere = Browser()
    answer = press(elsewhere, elsewhere.get(link, follow=True))
    assert answer.status_code == 410
    assert answer.context["reason"] == "used"
    assert answer.context["email"] == "ada@example.com"
    assert not is_signed_in(elsewhere)


def test_expired_link_shows_a_button_for_a_new_one(guest, ask, monkeypatch):
    link = ask(guest, next="/posts/mine/")
    later = time.time() + 10 * 60 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    answer = guest.get(link, follow=True)
    assert answer.status_code == 410
    assert (answer.context["reason"], answer.context["email"]) == ("expired", "ada@example.com")
    assert answer.context["next"] == "/posts/mine/"
    guest.post("/auth/login/", {"email": answer.context["email"], "next": answer.context["next"]})
    assert guest.get("/auth/login/sent/").status_code == 200


@pytest.mark.parametrize("query", ["", "?userId=a", "?userId=a&secret=b", "?userId=a&secret=b&ticket=forged"])
def test_incomplete_link_shows_an_error_page(guest, query):
    answer = guest.get(CALLBACK + query, follow=True)
    assert answer.status_code == 400
    assert answer.context["reason"] == "incomplete"


@pytest.mark.parametrize("change", [("userId=", "userId=%20!"), ("secret=", "secret=%00"), ("secret=", "secret=&old=")])
def test_altered_link_is_treated_as_used(guest, ask, change):
    answer = press(guest, guest.get(ask(guest).replace(*change), follow=True))
    assert answer.status_code == 410
    assert answer.context["email"] == "ada@example.com"
    assert not is_signed_in(guest)


def test_another_site_cannot_submit_the_sign_in_form(guest, ask):
    strict = Browser(enforce_csrf_checks=True)
    page = strict.get(ask(guest), follow=True)
    assert strict.post(CALLBACK, page.context["fields"]).status_code == 403
    assert not is_signed_in(strict)


def test_button_does_not_use_a_link_that_was_opened_later(guest, ask):
    page = guest.get(ask(guest), follow=True)
    guest.get(ask(Browser(), "mallory@example.com"))
    answer = press(guest, page)
    assert answer.status_code == 200
    assert not is_signed_in(guest)


def test_cookie_token_is_not_valid_in_a_link(guest, ask, microsoft):
    own = parse_qs(urlsplit(ask(guest, "mallory@example.org")).query)
    guest.cookies.clear()
    guest.post("/auth/login/", {"email": "victim@example.com"})
    cookie = guest.cookies["pending_login"].value
    kept = signing.loads(cookie, salt="accounts.pending_login")["token"]  # the cookie is signed but not encrypted
    (from_microsoft,) = parse_qs(urlsplit(microsoft(guest)).query)["ticket"]  # this ticket contains no address
    for ticket in (kept, from_microsoft):
        query = {"userId": own["userId"][0], "secret": own["secret"][0], "ticket": ticket}
        assert Browser().get(CALLBACK, query, follow=True).context["reason"] == "incomplete"


@pytest.mark.parametrize("length", [10, 500, 1000, 2000])
def test_long_next_url_is_kept(guest, ask, length):
    letters = string.ascii_letters + string.digits
    next = "/posts/?q=" + "".join(letters[number**3 % 59] for number in range(length - 10))
    answer = press(guest, guest.get(ask(guest, next=next), follow=True))
    assert answer["Location"] == next
    assert all(len(cookie.OutputString()) < 4096 for cookie in guest.cookies.values())


def test_signing_in_again_ends_the_previous_session_in_appwrite(alice, ask):
    browser = alice.browser()
    press(browser, browser.get(ask(Browser(), "ada@example.com"), follow=True))
    sessions = create_admin_client().users.list_sessions(alice.id)
    assert alice.made.id not in {each.id for each in sessions.sessions}
    assert browser.get("/posts/mine/").status_code == 200


def test_outage_keeps_the_link_valid(guest, ask, appwrite, settings):
    page = guest.get(ask(guest), follow=True)
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = press(guest, page)
    assert answer.status_code == 503
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    assert press(guest, answer)["Location"] == "/"
    assert is_signed_in(guest)


@pytest.mark.parametrize("status", [403, 404, 409, 429])
def test_other_errors_do_not_use_up_the_link(guest, ask, appwrite, status):
    page = guest.get(ask(guest), follow=True)
    appwrite.faults.add("account.createSession", status=status)
    answer = press(guest, page)
    assert answer.status_code == 503
    appwrite.faults.clear()
    assert press(guest, answer)["Location"] == "/"


def test_outage_page_of_the_link_keeps_appwrites_retry_after(guest, ask, monkeypatch):
    page = guest.get(ask(guest), follow=True)

    def refuse(*_args: object, **_options: object) -> None:
        raise errors.UnavailableError(retry_after=17)

    monkeypatch.setattr(AppwriteClient, "call", refuse)
    answer = press(guest, page)
    assert (answer.status_code, answer["Retry-After"]) == (503, "17")


def test_session_records_the_browser_name(guest, ask):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
    browser = Browser(headers={"user-agent": agent})
    press(browser, browser.get(ask(browser, "olga@example.com"), follow=True))
    users = create_admin_client().users
    (user,) = [user for user in users.list().users if user.email == "olga@example.com"]
    (made,) = users.list_sessions(user.id).sessions
    assert made.clientname == "Firefox"


def test_session_cookie_is_signed_and_httponly_and_expires_with_the_session(guest, ask):
    answer = press(guest, guest.get(ask(guest), follow=True))
    cookie = answer.cookies[session.cookie_name()]
    assert cookie.key == "a_session_biso"
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    expires = datetime.strptime(cookie["expires"], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert timedelta(days=364) < expires - datetime.now(UTC) < timedelta(days=366)


def test_cookies_have_the_host_prefix_over_https(appwrite, settings, ask):
    settings.HTTPS, settings.COOKIE_PREFIX, settings.SITE_URL = True, "__Host-", "https://localhost"
    browser = Browser()
    page = browser.get(ask(browser), follow=True, secure=True)
    answer = browser.post(CALLBACK, page.context["fields"], secure=True)
    cookie = answer.cookies["__Host-a_session_biso"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")
    assert browser.cookies["__Host-pending_login"]["secure"] is True
