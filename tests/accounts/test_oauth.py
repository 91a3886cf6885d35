"""/auth/oauth/ and /auth/oauth/callback/: signing in with Microsoft, which the emulator replaces."""

import json

import pytest
from django.core.cache import cache
from django.http import HttpResponse

from accounts.sign_in.cookies import read_cookie
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState
from core.appwrite_client import AppwriteClient, create_admin_client
from tests.site import NOTHING
from tests.users import Browser, words

START, CALLBACK = "/auth/oauth/", "/auth/oauth/callback/"


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def test_browser_that_started_the_sign_in_is_signed_in_and_redirected_back(guest, microsoft):
    answer = guest.get(microsoft(guest, next="/posts/mine/"))
    assert answer["Location"] == "/posts/mine/"
    assert is_signed_in(guest)
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer["Cache-Control"]


def test_requesting_an_email_in_another_tab_does_not_stop_microsoft_sign_in(guest, microsoft):
    way_back = microsoft(guest, next="/posts/mine/")
    guest.post("/auth/login/", {"email": "ola@example.com"})
    assert guest.get(way_back)["Location"] == "/posts/mine/"


def test_microsoft_sign_in_leaves_an_earlier_link_valid(guest, appwrite):
    guest.post("/auth/login/", {"email": "ola@example.com"})
    guest.post(START)
    assert guest.get("/auth/login/sent/").context["email"] == "ola@example.com"


def test_oauth_start_page_contains_a_meta_refresh_and_a_link(guest):
    page = guest.post(START)
    url = page.context["url"]
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.content.decode()
    assert page.content.decode().count(url.replace("&", "&amp;")) >= 2
    assert guest.get(START).status_code == 405


def test_site_without_microsoft_sign_in_does_not_offer_it(guest, alice, settings):
    pages = {"/auth/login/": guest, "/en/privacy/": guest, "/auth/account/": alice.browser()}
    for is_offered in (True, False):
        settings.MICROSOFT_SIGN_IN = is_offered
        for path, browser in pages.items():
            cache.clear()
            assert ("Microsoft" in body(browser.get(path))) == is_offered, path
    assert guest.post(START).status_code == 410


def body(page: HttpResponse) -> str:
    """Return the page's text without the description of a cookie, because it mentions Microsoft."""
    return words(page).replace("Connects the e-mail, invitation or Microsoft sign-in to the browser", "")


def test_another_site_cannot_sign_a_visitor_in_as_a_different_person(guest, microsoft):
    way_back = microsoft(guest, "mallory@example.org")
    victim = Browser()
    answer = victim.get(way_back, follow=True)
    assert answer.status_code == 403
    assert answer.context["reason"] == "elsewhere"
    assert not is_signed_in(victim)
    microsoft(victim)  # the attack must fail even if the visitor has just started to sign in
    assert victim.get(way_back, follow=True).status_code == 403
    assert not is_signed_in(victim)


def test_oauth_state_from_another_browser_is_rejected(guest, microsoft):
    assert guest.get(microsoft(guest) + "&state=another", follow=True).status_code == 403
    assert not is_signed_in(guest)


@pytest.mark.parametrize(("act", "reason"), [("cancel", "cancelled"), ("fail", "failed")])
def test_cancelled_and_failed_microsoft_sign_ins_show_different_pages(guest, microsoft, act, reason):
    answer = guest.get(microsoft(guest, act=act), follow=True)
    assert answer.status_code == 410
    assert answer.context["reason"] == reason
    assert ("Du avbrøt innloggingen hos Microsoft" in words(answer)) is (reason == "cancelled")
    assert ("Innloggingen hos Microsoft ble ikke fullført" in words(answer)) is (reason == "failed")
    assert "/auth/login/" in answer.content.decode()


def test_user_with_an_account_is_asked_to_sign_in_by_email(guest, microsoft, alice):
    create_admin_client().users.update_email_verification(alice.id, True)
    way_back = microsoft(guest, alice.email)
    if "error" not in way_back:  # Appwrite merges accounts only if the provider verifies e-mail addresses
        way_back = way_back.partition("&")[0] + "&error=" + json.dumps({"type": "user_already_exists", "code": 409})
    answer = guest.get(way_back, follow=True)
    assert answer.status_code == 409
    assert answer.context["reason"] == "exists"
    assert "/auth/login/" in answer.content.decode()


ERRORS = [
    (
        '{"type": "user_oauth2_provider_error", "code": 424, '
        '"message": "The Microsoft OAuth2 provider returned an error: access_denied: AADSTS65004"}',
        "cancelled",
    ),
    (
        '{"type": "user_oauth2_provider_error", "code": 424, '
        '"message": "The Microsoft OAuth2 provider returned an error: server_error: try later"}',
        "failed",
    ),
    ('{"type": "user_oauth2_provider_error", "code": 424, "message": null}', "failed"),
    ('{"type": "general_bad_request", "code": 400}', "exists"),
    ('{"type": "user_already_exists", "code": 409}', "exists"),
    ('{"type": "user_blocked", "code": 403}', "blocked"),
    ('{"type": "project_provider_disabled", "code": 412}', "off"),
    ('{"type": "something_new", "code": 400}', "failed"),
    ("not json", "failed"),
    ("[1]", "failed"),
    ('"text"', "failed"),
    ("<script>alert(1)</script>", "failed"),
]


@pytest.mark.parametrize(("error", "reason"), ERRORS)
def test_each_microsoft_error_shows_an_error_page(guest, error, reason):
    ticket = parse_ticket(guest)
    answer = guest.get(CALLBACK, {"ticket": ticket, "error": error}, follow=True)
    assert answer.context["reason"] == reason
    assert answer.status_code >= 400
    assert "alert(1)" not in answer.content.decode()
    assert len(words(answer)) > 100


def parse_ticket(browser: Browser) -> str:
    """Return the token that this browser got when it started the sign-in."""
    browser.post(START)
    request = browser.get("/healthz").wsgi_request
    return LoginRequest("", "/", read_cookie(request, OAuthState).nonce).to_token("microsoft")


@pytest.mark.parametrize("query", [{}, {"ticket": "forged"}, {"ticket": ""}])
def test_incomplete_response_from_microsoft_shows_an_error_page(guest, query):
    answer = guest.get(CALLBACK, query, follow=True)
    assert answer.status_code == 400
    assert answer.context["reason"] == "incomplete"


def test_used_or_expired_secret_shows_an_error_page(guest, microsoft):
    way_back = microsoft(guest)
    started = guest.cookies["oauth_state"].value
    guest.get(way_back)
    again = Browser()
    again.cookies["oauth_state"] = started
    answer = again.get(way_back, follow=True)
    assert answer.status_code == 410
    assert answer.context["reason"] == "expired"


def test_altered_response_from_microsoft_shows_an_error_page(guest, microsoft):
    answer = guest.get(microsoft(guest).replace("userId=", "userId=%20!"), follow=True)
    assert answer.status_code == 410
    assert not is_signed_in(guest)


def test_outage_shows_an_error_page(guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.post(START)
    assert answer.status_code == 503
    assert answer.context["reason"] == "unavailable"


def test_response_without_a_microsoft_url_is_treated_as_an_outage(guest, monkeypatch):
    monkeypatch.setattr(AppwriteClient, "call", lambda *_, **__: None)
    assert guest.post(START).context["reason"] == "unavailable"


@pytest.mark.parametrize("next", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
def test_next_url_on_another_site_is_ignored(guest, microsoft, next):
    assert guest.get(microsoft(guest, next=next))["Location"] == "/"


def test_starting_microsoft_sign_in_requires_a_form_from_the_site(appwrite):
    assert Browser(enforce_csrf_checks=True).post(START).status_code == 403


def test_failure_page_url_contains_no_token(guest, microsoft):
    answer = guest.get(microsoft(guest, act="cancel", next="/posts/mine/"))
    assert answer["Location"] == f"{CALLBACK}?reason=cancelled&next=%2Fposts%2Fmine%2F"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert guest.get(CALLBACK, {"reason": "made-up"}, follow=True).status_code == 400
