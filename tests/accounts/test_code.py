"""/auth/code/: signing in with an e-mailed code."""

import re
import time
from unittest import mock

import pytest

from accounts import session
from core import errors, rate_limits
from tests.site import NOTHING
from tests.users import Browser, words

CODE = "/auth/code/"


@pytest.fixture
def ask(appwrite):
    """Return a function that requests a code and returns the digits from the e-mail."""

    def code(browser: Browser, email: str = "ada@example.com", **more: str) -> str:
        assert browser.post("/auth/login/", {"email": email, "act": "code", **more})["Location"] == CODE
        return appwrite.inbox.code(email)

    return code


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/api/auth/check").json()["isAuthenticated"]


def wrong_code(code: str) -> str:
    """Return a well-formed code that differs from `code`."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_code_signs_in_and_redirects_back(guest, ask):
    code = ask(guest, next="/posts/mine/")
    answer = guest.post(CODE, {"code": code})
    assert answer["Location"] == "/posts/mine/"
    assert is_signed_in(guest)


def test_language_chosen_during_sign_in_is_kept(guest, ask):
    code = ask(guest, next="/posts/?campus=oslo")
    page = guest.post("/language/", {"language": "en", "next": CODE})["Location"]
    answer = guest.post(page, {"code": code})
    assert answer["Location"] == "/en/posts/?campus=oslo"


def test_blocked_user_sees_the_reason_and_is_not_signed_in(guest, ask, mallory):
    answer = guest.post(CODE, {"code": ask(guest, mallory.email)}, follow=True)
    assert "Kontoen din er sperret" in words(answer)
    assert "Du er logget inn." not in words(answer)
    assert not is_signed_in(guest)


def test_outage_after_using_the_code_keeps_the_session(guest, ask):
    code = ask(guest)
    with mock.patch.object(session, "user_of", side_effect=errors.UnavailableError):
        guest.post(CODE, {"code": code})
    assert is_signed_in(guest)


@pytest.mark.parametrize(
    "shape",
    ["{0} {1}", " {0}{1} ", "{0}-{1}", "{0}\u00a0{1}", "\ufeff{0}\u200b{1}\u200e", "{0}\u2013{1}\u2060", "{0}\t{1}"],
)
def test_pasted_code_may_contain_spaces(guest, ask, shape):
    code = ask(guest)
    guest.post(CODE, {"code": shape.format(code[:3], code[3:])})
    assert is_signed_in(guest)


def test_page_and_email_show_the_same_security_phrase(guest, ask, appwrite):
    ask(guest)
    phrase = guest.get(CODE).context["phrase"]
    assert len(phrase.split()) == 2
    assert phrase in words(guest.get(CODE))
    assert appwrite.inbox.newest()["phrase"] == phrase
    guest.post("/auth/login/", {"email": "ola@example.com", "act": "link"})
    assert appwrite.inbox.newest()["phrase"] == guest.get("/auth/login/sent/").context["phrase"]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00" * 6])
def test_malformed_code_does_not_count_as_an_attempt(guest, ask, typed):
    code = ask(guest)
    for _ in range(7):
        answer = guest.post(CODE, {"code": typed})
        assert answer.context["form"].errors["code"]
    guest.post(CODE, {"code": code})
    assert is_signed_in(guest)


def test_code_is_invalid_after_five_wrong_attempts(guest, ask):
    code = ask(guest)
    for left in ("fire forsøk", "tre forsøk", "to forsøk", "ett forsøk"):
        answer = guest.post(CODE, {"code": wrong_code(code)})
        assert answer.status_code == 200
        assert left in words(answer)
    answer = guest.post(CODE, {"code": wrong_code(code)})
    assert answer.status_code == 429
    assert (answer.context["reason"], answer.context["email"]) == ("tries", "ada@example.com")
    assert guest.post(CODE, {"code": code}).status_code == 429
    assert not is_signed_in(guest)
    guest.post(CODE, {"code": ask(guest)})  # a new code can be requested without waiting
    assert is_signed_in(guest)


def test_new_code_allows_new_attempts_up_to_a_limit(guest, ask, monkeypatch):
    monkeypatch.setattr(rate_limits, "TRIES_PER_ADDRESS", rate_limits.Limit("tries-address", 6, 3600))
    code = ask(guest)
    for _ in range(5):
        guest.post(CODE, {"code": wrong_code(code)})
    elsewhere = Browser()
    code = ask(elsewhere)
    assert elsewhere.post(CODE, {"code": wrong_code(code)}).status_code == 200
    answer = elsewhere.post(CODE, {"code": code})
    assert answer.status_code == 429
    assert "minutter" in words(answer)
    assert not is_signed_in(elsewhere)


def test_code_works_once(guest, ask):
    code = ask(guest)
    page = guest.cookies["pending_login"].value
    guest.post(CODE, {"code": code})
    elsewhere = Browser()
    elsewhere.cookies["pending_login"] = page
    assert elsewhere.post(CODE, {"code": code}).context["form"].errors["code"]
    assert not is_signed_in(elsewhere)


def test_code_expires_after_ten_minutes(guest, ask, monkeypatch):
    code = ask(guest)
    later = time.time() + 10 * 60 + 1
    monkeypatch.setattr(time, "time", lambda: later)
    answer = guest.post(CODE, {"code": code})
    assert answer.status_code == 410
    assert (answer.context["reason"], answer.context["email"]) == ("expired", "ada@example.com")
    assert not is_signed_in(guest)


def test_outage_keeps_the_code_valid_and_the_digits_in_the_form(guest, ask, appwrite, settings):
    code = ask(guest)
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = guest.post(CODE, {"code": code})
    assert answer.status_code == 503
    assert answer.context["form"]["code"].value() == code
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    guest.post(CODE, {"code": code})
    assert is_signed_in(guest)


@pytest.mark.parametrize("operation", ["users.list", "account.createSession"])
@pytest.mark.parametrize("status", [403, 404, 409, 429, 500])
def test_outage_does_not_count_as_an_attempt(guest, ask, appwrite, pause_of_circuit_breaker, operation, status):
    code = ask(guest)
    appwrite.faults.add(operation, status=status)
    for _ in range(6):
        answer = guest.post(CODE, {"code": code})
        assert answer.status_code == 503
        assert "Koden virker fortsatt" in words(answer)
    appwrite.faults.clear()
    pause_of_circuit_breaker()
    guest.post(CODE, {"code": code})
    assert is_signed_in(guest)


@pytest.mark.parametrize(
    "other_tab",
    [
        ("/auth/login/", {"email": "ola@example.com", "act": "code"}),
        ("/auth/login/", {"email": "ada@example.com", "act": "link"}),
        ("/auth/oauth/", {}),
    ],
)
def test_code_form_works_after_another_tab_requested_a_new_email(guest, ask, other_tab):
    code = ask(guest, next="/posts/mine/")
    page = guest.get(CODE).context
    guest.post(*other_tab)
    answer = guest.post(CODE, {"pending_login": page["pending_login"], "code": wrong_code(code)})
    assert (answer.context["email"], answer.context["phrase"]) == ("ada@example.com", page["phrase"])
    answer = guest.post(CODE, {"pending_login": answer.context["pending_login"], "code": code})
    assert answer["Location"] == "/posts/mine/"
    assert is_signed_in(guest)


def test_form_with_a_forged_pending_login_uses_the_cookie(guest, ask):
    code = ask(guest)
    guest.post(CODE, {"pending_login": "forged", "code": code})
    assert is_signed_in(guest)


def test_code_page_redirects_to_sign_in_if_no_code_was_requested(guest):
    assert guest.get(CODE)["Location"] == "/auth/login/"
    guest.post("/auth/login/", {"email": "ada@example.com", "act": "link"})
    assert guest.get(CODE)["Location"] == "/auth/login/"


def test_another_site_cannot_sign_a_visitor_in_with_its_own_code(guest, ask):
    code = ask(guest, "mallory@example.org")
    victim = Browser(enforce_csrf_checks=True)
    # The sign-in must fail even if the other site could set this cookie.
    victim.cookies["pending_login"] = guest.cookies["pending_login"].value
    assert victim.post(CODE, {"code": code}).status_code == 403
    assert not is_signed_in(victim)


def test_code_field_requests_a_numeric_keyboard_and_autofill(guest, ask):
    ask(guest)
    page = guest.get(CODE).content.decode()
    (field,) = re.findall(r"<input[^>]*name=\"code\"[^>]*>", page)
    assert 'inputmode="numeric"' in field
    assert 'autocomplete="one-time-code"' in field
    assert "maxlength" not in field  # no limit, because a pasted "123 456" has more than six characters
