"""Signing in with a link or code sent by e-mail, or a code sent by text message."""

import base64
import contextlib
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from appwrite.exception import AppwriteException
from appwrite.services.account import Account
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.account.conftest import CHROME, DEPRECATED
from tests.conftest import CALLBACK, GUEST, KEY, PASSWORD, client, session_headers

# -- links ------------------------------------------------------------------------------------------------------------


def test_create_magic_url_token_sends_a_link_that_signs_in_once(emulator, account, guest, expect_error):
    token = account.create_magic_url_token("ada", "ada@example.com", f"{CALLBACK}?next=%2Fposts#top", phrase=True)
    [mail] = emulator.inbox.mails("ada@example.com")
    link = urlsplit(mail["links"][0])
    query = parse_qs(link.query)
    assert list(query) == ["next", "userId", "secret", "expire", "project"]
    assert (query["secret"], query["userId"], link.fragment) == ([token.secret], ["ada"], "top")
    assert token.phrase in mail["text"]
    session = account.create_session("ada", token.secret)
    assert (session.provider, session.factors) == ("magic-url", ["email"])
    ada = Account(client(emulator, session=session.secret)).get()
    assert (ada.id, ada.emailverification) == ("ada", True)
    with expect_error("user_invalid_token", 401):
        account.create_session("ada", token.secret)


@pytest.mark.parametrize(
    ("query", "mailed"),
    [
        ("y[]=1&y[]=2", "y%5B0%5D=1&y%5B1%5D=2"),
        ("a.b=1&c d=~", "a_b=1&c_d=%7E"),
        ("x[a]=1&q&x[b.c][]=2", "x%5Ba%5D=1&x%5Bb.c%5D%5B0%5D=2&q="),
        ("a=1&a[b=2&a=3", "a=3&a_b=2"),
        ("expire=never&z=1", "expire="),
    ],
)
def test_query_of_the_callback_url_is_encoded_as_in_php(emulator, account, query, mailed):
    account.create_magic_url_token("ada", "ada@example.com", f"{CALLBACK}?{query}")
    link = emulator.inbox.mails("ada@example.com")[0]["links"][0]
    assert urlsplit(link).query.startswith(mailed)


def test_first_line_of_an_english_email_has_the_wording_of_appwrite(emulator, account, alice):
    def first_line(address):
        return emulator.inbox.newest(address)["text"].splitlines()[0]

    account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    assert first_line("ada@example.com") == "Sign in to default with your secure link. Expires in 1 hour."
    code = account.create_email_token("ada", "ada@example.com", phrase=True).secret
    assert first_line("ada@example.com") == f"Use OTP {code} to sign in to default. Expires in 15 minutes."
    assert "security phrase" in emulator.inbox.newest("ada@example.com")["text"]
    account.create_recovery(alice.email, CALLBACK)
    assert first_line(alice.email) == "Reset your default password using the link."
    alice.account.create_email_verification(CALLBACK)
    assert first_line(alice.email) == "Verify your email to activate your default account."


def test_create_magic_url_token_hides_the_secret_from_guests(guest):
    assert Account(guest).create_magic_url_token("ada", "ada@example.com", CALLBACK).secret == ""


def test_create_magic_url_token_ignores_the_case_of_the_address(account):
    account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    assert account.create_magic_url_token("other", "ADA@example.com", CALLBACK).userid == "ada"


def test_create_magic_url_token_rejects_unregistered_hosts(account, expect_error):
    for url in ("https://evil.example/", "https://localhost.evil.example/", "javascript:alert(1)", ""):
        with expect_error("general_argument_invalid", 400):
            account.create_magic_url_token("ada", "ada@example.com", url)


def test_create_session_rejects_a_link_that_is_older_than_an_hour(emulator, account, expect_error):
    token = account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    emulator.clock.advance(3599)
    assert account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    emulator.clock.advance(2)
    with expect_error("user_invalid_token", 401):
        account.create_session("ada", token.secret)


def test_create_session_accepts_two_links_in_any_order(account):
    first, second = (account.create_magic_url_token("ada", "ada@example.com", CALLBACK) for _ in range(2))
    assert account.create_session("ada", second.secret).id != account.create_session("ada", first.secret).id


def test_create_session_rejects_the_secret_of_another_user(account, bob, expect_error):
    token = account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    for user_id, secret in (("bob", token.secret), ("nobody", token.secret), ("ada", "0" * 64)):
        with expect_error("user_invalid_token", 401):
            account.create_session(user_id, secret)
    assert account.create_session("ada", token.secret).userid == "ada"


def test_update_magic_url_session_accepts_a_code(account):
    token = account.create_email_token("ada", "ada@example.com")
    with pytest.warns(DeprecationWarning, match=DEPRECATED):
        assert account.update_magic_url_session("ada", token.secret).provider == "token"


# -- codes ------------------------------------------------------------------------------------------------------------


def test_create_email_token_sends_six_digits_and_no_link(emulator, account):
    token = account.create_email_token("ada", "ada@example.com")
    [mail] = emulator.inbox.mails("ada@example.com")
    assert (mail["code"], mail["links"]) == (token.secret, [])
    assert token.secret in mail["text"]
    assert token.secret not in mail["subject"]
    assert account.create_session("ada", token.secret).factors == ["email"]


def test_create_phone_token_texts_a_code_for_update_phone_session(emulator, account, guest):
    account.create_phone_token("ada", "+4722334455")
    code = emulator.inbox.code("+4722334455")
    with pytest.warns(DeprecationWarning, match=DEPRECATED):
        assert Account(guest).update_phone_session("ada", code).provider == "token"


def codes(emulator: Emulator, number: str) -> list[str]:
    """Return the codes sent by text message to `number`, newest first."""
    mails = requests.get(f"{emulator.origin}/_emulator/inbox.json", params={"to": number}, timeout=20).json()["mails"]
    return [mail["code"] for mail in mails]


def test_server_gets_the_texted_code_encoded_with_the_user_id(call_api, emulator):
    _, _, token = call_api("POST", "/account/tokens/phone", json={"userId": "unique()", "phone": "+14155550100"})
    (code,) = codes(emulator, "+14155550100")
    assert json.loads(base64.b64decode(token["secret"])) == {"id": token["userId"], "secret": code}
    body = {"userId": token["userId"], "secret": token["secret"]}
    assert call_api("PUT", "/account/sessions/phone", GUEST, json=body)[:2] == (401, "user_invalid_token")
    assert call_api("PUT", "/account/sessions/phone", GUEST, json={**body, "secret": code})[0] == 201


def test_texted_codes_for_sign_in_and_verification_are_interchangeable(call_api, emulator, users, alice):
    users.update_phone("alice", "+14155550100")
    assert call_api("POST", "/account/verifications/phone", session_headers(alice))[0] == 201
    call_api("POST", "/account/tokens/phone", GUEST, json={"userId": "x", "phone": "+14155550100"})
    to_sign_in, to_prove = codes(emulator, "+14155550100")
    body = {"userId": "alice", "secret": to_sign_in}
    assert call_api("PUT", "/account/verifications/phone", GUEST, json=body)[0] == 200
    assert call_api("POST", "/account/sessions/token", GUEST, json={**body, "secret": to_prove})[0] == 201


def test_phone_verification_code_is_valid_for_an_hour(call_api, emulator, appwrite_clock, users, alice):
    users.update_phone("alice", "+14155550100")
    call_api("POST", "/account/verifications/phone", session_headers(alice))
    (code,) = codes(emulator, "+14155550100")
    appwrite_clock.advance(3500)
    body = {"userId": "alice", "secret": code}
    assert call_api("PUT", "/account/verifications/phone", GUEST, json=body)[0] == 200


@pytest.mark.parametrize("route", [("POST", "token"), ("PUT", "magic-url"), ("PUT", "phone")])
def test_user_id_placeholder_is_rejected_when_a_session_is_created(call_api, route):
    method, name = route
    body = {"userId": "unique()", "secret": "x"}
    assert call_api(method, f"/account/sessions/{name}", GUEST, json=body)[:2] == (401, "user_invalid_token")
    assert call_api("POST", "/users/unique()/sessions")[:2] == (404, "user_not_found")


# -- e-mails ----------------------------------------------------------------------------------------------------------


def test_email_uses_the_requested_language(emulator, server):
    server.set_locale("nb")
    Account(server).create_magic_url_token("ada", "ada@example.com", CALLBACK)
    [mail] = emulator.inbox.mails("ada@example.com")
    assert mail["subject"] == "Pålogging"
    assert "Følg lenken" in mail["text"]


# Applications state the lifetime of a link or code on their own pages.
DURATION = re.compile(r"minute|\btime|kvarter|timm|[Ss]tunde|heure|\bor[ae]\b|hora|分钟|小时")


@pytest.mark.parametrize("language", ["nb", "nn", "da", "sv", "de", "fr", "it", "es", "zh-cn"])
def test_translated_emails_do_not_say_how_long_a_link_or_code_is_valid(emulator, server, language):
    account = Account(server.set_locale(language))
    account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    account.create_email_token("ada", "ada@example.com")
    mails = emulator.inbox.mails("ada@example.com")
    assert len(mails) == 2
    for mail in mails:
        for link in mail["links"]:
            mail["text"] = mail["text"].replace(link, "")
        assert not DURATION.search(f"{mail['subject']} {mail['text']}")


def test_email_shows_the_forwarded_browser(emulator, server):
    server.set_forwarded_user_agent(CHROME)
    Account(server).create_email_token("ada", "ada@example.com")
    assert "Chrome" in emulator.inbox.newest("ada@example.com")["text"]
    assert "Windows" in emulator.inbox.newest("ada@example.com")["text"]


# -- a former address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("changed_by", ["user", "server"])
def test_secrets_sent_to_a_former_address_stop_working(call_api, account, users, alice, changed_by, expect_error):
    link = account.create_magic_url_token("alice", alice.email, CALLBACK)
    code = account.create_email_token("alice", alice.email)
    recovery = account.create_recovery(alice.email, CALLBACK)
    if changed_by == "user":
        alice.account.update_email("new@example.com", PASSWORD)
    else:
        users.update_email("alice", "new@example.com")
    for token in (link, code):
        with expect_error("user_invalid_token", 401):
            account.create_session("alice", token.secret)
    with expect_error("user_invalid_token", 401):
        account.update_recovery("alice", recovery.secret, "new-password-1")
    assert users.get("alice").emailverification is False


def test_secrets_stay_valid_if_the_address_does_not_change(account, users, alice):
    link = account.create_magic_url_token("alice", alice.email, CALLBACK)
    # As on the real server, this is a conflict, because one of the user's targets already has this address.
    with contextlib.suppress(AppwriteException):
        users.update_email("alice", alice.email)
    assert account.create_session("alice", link.secret).userid == "alice"


def test_old_links_option_lets_an_old_link_verify_the_new_address():
    """Appwrite accepts old links. With `--old-links`, applications can test whether they handle this safely."""
    with Emulator(key=KEY, fast_hashes=True, old_links=True) as emulator:
        server = client(emulator, key=KEY)
        token = Account(server).create_magic_url_token("ada", "ada@example.com", CALLBACK)
        Users(server).update_email("ada", "new@example.com")
        assert Account(server).create_session("ada", token.secret).userid == "ada"
        assert Users(server).get("ada").emailverification
