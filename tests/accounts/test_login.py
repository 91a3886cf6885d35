"""/auth/login/ and /auth/login/sent/: requesting a sign-in link."""

import json

import pytest
from appwrite.query import Query
from django.core import signing
from django.urls import reverse

from accounts.session import cookie_name
from accounts.sign_in import browsers
from accounts.sign_in.login_request import LoginRequest
from core.appwrite_client import create_admin_client
from core.encryption import decrypt
from tests.site import NOTHING
from tests.users import Browser, words

LOGIN = "/auth/login/"


def test_requesting_a_link_shows_the_sent_page(guest, appwrite):
    answer = guest.post(LOGIN, {"email": "ada@example.com"}, follow=True)
    assert answer.redirect_chain == [("/auth/login/sent/", 302)]
    assert "ada@example.com" in words(answer)
    assert appwrite.inbox.url in answer.content.decode()
    (mail,) = appwrite.inbox.mails(to="ada@example.com")
    assert "/auth/callback/?ticket=" in mail["links"][0]


def test_known_and_unknown_addresses_get_the_same_response(guest, alice):
    pages = []
    for email in (alice.email, "nobody@example.com"):
        page = Browser().post(LOGIN, {"email": email}, follow=True)
        pages.append(words(page).replace(email, "…").replace(page.context["phrase"], "…"))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("act", ["link", "code"])
def test_cookies_do_not_reveal_the_age_of_an_account(alice, act):
    """A user id reveals the time of sign-up and the user's posts, so cookies must not contain it."""
    kept = []
    for email in (alice.email, "nobody@example.com"):
        browser = Browser()
        browser.post(LOGIN, {"email": email, "act": act})
        asked = signing.loads(browser.cookies["pending_login"].value, salt="accounts.pending_login")
        ticket = decrypt(asked["token"], "accounts.intent.browser")
        assert ticket is not None
        kept.append((set(asked), set(json.loads(ticket))))
    assert kept == [({"kind", "token", "phrase", "requested_at"}, {"email", "next", "nonce"})] * 2


def test_email_is_in_the_language_of_the_page(guest, appwrite):
    guest.post("/en/auth/login/", {"email": "ada@example.com"})
    guest.post(LOGIN, {"email": "ola@example.com"})
    (english,), (norwegian,) = appwrite.inbox.mails(to="ada@example.com"), appwrite.inbox.mails(to="ola@example.com")
    assert english["subject"] != norwegian["subject"]
    assert "/en/auth/callback/" in english["links"][0]


def test_unregistered_platform_is_not_reported_as_the_visitors_mistake(guest, settings):
    """The host of SITE_URL is not a platform of the project, so Appwrite does not send links to this host."""
    settings.SITE_URL = "https://unknown.example"
    answer = guest.post(LOGIN, {"email": "ada@example.com"})
    assert answer.status_code == 503
    assert "Vi får ikke kontakt med tjenesten som sender e-posten." in words(answer)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Skriv e-postadressen din."),
        ("ada", "Skriv en e-postadresse, for eksempel navn@example.com."),
        ("a" * 330 + "@example.com", ""),
        ("ada@example.com\x00", ""),
    ],
)
def test_invalid_address_shows_an_error_and_stays_in_the_form(guest, appwrite, typed, sentence):
    answer = guest.post(LOGIN, {"email": typed})
    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert answer.context["form"]["email"].errors
    assert answer.context["form"]["email"].value() == typed
    assert appwrite.inbox.mails() == []


def test_login_page_creates_no_session_for_a_guest(guest):
    guest.get(LOGIN)
    assert cookie_name() not in guest.cookies


def test_login_page_redirects_a_signed_in_person(alice):
    assert alice.browser().get(LOGIN, {"next": "/posts/mine/"})["Location"] == "/posts/mine/"


def test_sent_page_redirects_to_sign_in_if_no_email_was_requested(guest):
    assert guest.get(reverse("accounts:sent"))["Location"] == LOGIN


def test_outage_keeps_the_typed_address(guest, appwrite, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.post(LOGIN, {"email": "ada@example.com"})
    assert answer.status_code == 503
    assert 'value="ada@example.com"' in answer.content.decode()


@pytest.mark.parametrize("act", ["link", "code"])
@pytest.mark.parametrize("status", [403, 404, 409, 429, 500])
def test_other_appwrite_errors_are_treated_as_an_outage(guest, appwrite, act, status):
    appwrite.faults.add("account.create*Token", status=status)
    answer = guest.post(LOGIN, {"email": "ada@example.com", "act": act})
    assert answer.status_code == 503
    assert "prøv igjen om et minutt." in words(answer).lower()
    assert 'value="ada@example.com"' in answer.content.decode()


def test_email_not_sent_during_an_outage_does_not_count_towards_the_rate_limit(
    guest, appwrite, pause_of_circuit_breaker
):
    appwrite.faults.add("account.createMagicURLToken", status=503)
    for _ in range(6):
        assert guest.post(LOGIN, {"email": "ada@example.com"}).status_code == 503
    appwrite.faults.clear()
    pause_of_circuit_breaker()
    assert guest.post(LOGIN, {"email": "ada@example.com"}).status_code == 302
    assert len(appwrite.inbox.mails(to="ada@example.com")) == 1


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example/",
        "//evil.example/",
        "//",
        "//?a=b",
        "/\\evil.example/",
        "\\\\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:a=b".replace("%0d%0a", "\r\n"),
        "/" + "a" * 2001,
        "posts/",
        "http://user:pass@localhost/",
        " //evil.example",
        "/\t/evil.example",
    ],
)
@pytest.mark.parametrize("name", ["next", "redirectTo"])
def test_next_url_on_another_site_is_ignored(alice, next, name):
    assert alice.browser().get(LOGIN, {name: next})["Location"] == "/"


def test_redirect_to_is_an_alias_of_next(alice):
    assert alice.browser().get(LOGIN, {"redirectTo": "/posts/?page=2"})["Location"] == "/posts/?page=2"


def test_log_contains_no_secrets(guest, appwrite, caplog):
    caplog.set_level("DEBUG")
    guest.post(LOGIN, {"email": "ada@example.com"})
    link = appwrite.inbox.link()
    page = guest.get(link, follow=True)
    guest.post("/auth/callback/", page.context["fields"])
    secret = link.partition("secret=")[2].partition("&")[0]
    assert len(secret) == 64
    assert secret not in caplog.text
    assert guest.cookies[cookie_name()].value.split(":")[0] not in caplog.text


INVISIBLE = [
    "\u200b",
    "\ufeff",
    "\u00ad",
    "\u2060",
    "\u200e",
    "\u200f",
    "\u202a",
    "\u2069",
    "\u200d",
    "\ufe0f",
    "\u180e",
    "\u034f",
    "\u2800",  # blank Braille pattern
    "\x07",
    "\x7f",
    "\x9f",
    "\ufff0",  # unassigned, but reserved by Unicode for invisible characters
    "\U0001d173",
    "\U000e0100",
]


@pytest.mark.parametrize("sign", INVISIBLE)
@pytest.mark.parametrize("act", ["link", "code"])
def test_invisible_characters_are_removed_from_a_pasted_address(guest, appwrite, sign, act):
    typed = f"{sign} ada{sign}@exam{sign}ple.com{sign}\u00a0"
    assert guest.post(LOGIN, {"email": typed, "act": act}).status_code == 302
    assert [user.email for user in create_admin_client().users.list([Query.contains("email", ["ada"])]).users] == [
        "ada@example.com"
    ]


@pytest.mark.parametrize(
    "typed",
    ["ada@exam\u00a0ple.com", "ada @example.com", "ada@exa\u0301mple.com", "åda@example.com", "ada@ｅxample.com"],
)
def test_address_with_unusual_characters_is_rejected(guest, appwrite, typed):
    answer = guest.post(LOGIN, {"email": typed})
    assert "Skriv en e-postadresse, for eksempel navn@example.com." in words(answer)
    assert answer.context["form"]["email"].value() == typed
    assert appwrite.inbox.mails() == []


def test_random_values_have_128_bits(guest):
    """22 characters of URL-safe base64 encode 132 bits (ASVS 11.5.1)."""
    guest.get(LOGIN)
    assert len(signing.loads(guest.cookies["browser"].value, salt=browsers.SALT)) >= 22
    assert len(LoginRequest.of("olga@example.com", "/").nonce) >= 22
