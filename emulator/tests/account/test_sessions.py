"""Sessions: signing in with a password or anonymously, listing and ending sessions, and JWTs."""

import pytest
import requests
from appwrite.services.account import Account

from tests.account.conftest import CHROME
from tests.conftest import GUEST, KEY, PASSWORD, CallApi, SignedInUser, client, session_headers, sign_in

# -- sign-in ----------------------------------------------------------------------------------------------------------


def test_create_signs_up_and_create_email_password_session_signs_in(guest, expect_error):
    account = Account(guest)
    assert account.create("ada", "ada@example.com", PASSWORD, "Ada").name == "Ada"
    assert account.create_email_password_session("ada@example.com", PASSWORD).provider == "email"
    for address, password in (("ada@example.com", "wrong-wrong"), ("nobody@example.com", PASSWORD)):
        with expect_error("user_invalid_credentials", 401):
            account.create_email_password_session(address, password)
    with expect_error("user_already_exists", 409):
        account.create("other", "ADA@example.com", PASSWORD)


def test_create_anonymous_session_creates_a_user_without_a_name(emulator, account):
    session = account.create_anonymous_session()
    anonymous = Account(client(emulator, session=session.secret))
    assert (anonymous.get().name, anonymous.get().email) == ("", "")
    assert anonymous.update_email("ada@example.com", PASSWORD).email == "ada@example.com"
    assert account.create_email_password_session("ada@example.com", PASSWORD).userid == session.userid


def test_active_session_prevents_another_sign_in(alice, expect_error):
    with expect_error("user_session_already_exists", 401):
        alice.account.create_email_password_session(alice.email, PASSWORD)


SIGNING_IN = [("POST", "email"), ("POST", "anonymous"), ("POST", "token"), ("PUT", "magic-url"), ("PUT", "phone")]


@pytest.mark.parametrize(("method", "name"), SIGNING_IN)
def test_active_session_is_reported_before_parameter_errors(call_api, alice, method, name):
    response = call_api(method, f"/account/sessions/{name}", session_headers(alice), json={"email": "nobody"})
    assert response[:2] == (401, "user_session_already_exists")


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_get_session_shows_the_browser(server, alice):
    server.set_forwarded_user_agent(CHROME)
    created = Account(server).create_email_password_session(alice.email, PASSWORD)
    assert (created.osname, created.clientname, created.clientversion) == ("Windows", "Chrome", "126.0")
    shown = alice.account.get_session(created.id)
    assert (shown.clientname, shown.current, shown.secret) == ("Chrome", False, "")


def test_list_sessions_marks_the_current_session(emulator, server, alice):
    other = sign_in(emulator, server, "alice")
    listed = other.account.list_sessions()
    assert listed.total == 2
    assert [session.current for session in listed.sessions] == [False, True]


def test_update_session_extends_it_by_a_year(emulator, alice):
    before = alice.account.get_session("current").expire
    emulator.clock.advance(3600)
    assert alice.account.update_session("current").expire > before.replace("T", " ")


def test_delete_session_signs_out(alice, expect_error):
    alice.account.delete_session("current")
    with expect_error("general_unauthorized_scope", 401):
        alice.account.get()


def test_delete_session_of_another_user_is_not_found(alice, bob, expect_error):
    with expect_error("user_session_not_found", 404):
        bob.account.delete_session(alice.account.get_session("current").id)
    assert alice.account.get().id == "alice"


def test_delete_sessions_signs_out_everywhere(emulator, server, alice, expect_error):
    other = sign_in(emulator, server, "alice")
    alice.account.delete_sessions()
    with expect_error("general_unauthorized_scope", 401):
        other.account.get()


def test_session_expires_after_a_year(emulator, alice, expect_error):
    emulator.clock.advance(31536001)
    with expect_error("general_unauthorized_scope", 401):
        alice.account.get()


def test_session_ids_of_the_account_are_case_sensitive(call_api, users, alice):
    session = users.list_sessions("alice").sessions[0].id
    other = session.upper() if session.upper() != session else session.swapcase()
    assert call_api("GET", f"/account/sessions/{session}", session_headers(alice))[0] == 200
    assert call_api("GET", f"/account/sessions/{other}", session_headers(alice))[:2] == (404, "user_session_not_found")
    assert call_api("GET", "/users/ALICE")[2]["$id"] == "alice"


# -- JWTs -------------------------------------------------------------------------------------------------------------


def test_create_jwt_by_a_server_authenticates_its_user(emulator, users, alice, expect_error):
    jwt = users.create_jwt("alice").jwt
    assert Account(client(emulator, jwt=jwt)).get().id == "alice"
    emulator.clock.advance(901)
    with expect_error("user_jwt_invalid", 401):
        Account(client(emulator, jwt=jwt)).get()


@pytest.fixture
def by_jwt(call_api: CallApi, alice: SignedInUser) -> dict[str, str]:
    """Return request headers with a JWT for Alice's session."""
    return {**GUEST, "X-Appwrite-JWT": call_api("POST", "/account/jwts", session_headers(alice))[2]["jwt"]}


def test_changing_the_password_with_a_jwt_deletes_no_session(call_api, by_jwt, alice):
    body = {"password": "new-password-1", "oldPassword": PASSWORD}
    assert call_api("PATCH", "/account/password", by_jwt, json=body)[0] == 200
    assert call_api("GET", "/account", session_headers(alice))[0] == 200


def test_deleting_all_sessions_with_a_jwt_sets_no_cookie(emulator, by_jwt, alice):
    response = requests.delete(f"{emulator.endpoint}/account/sessions", headers=by_jwt, timeout=20)
    assert (response.status_code, dict(response.cookies)) == (204, {})
    assert "Set-Cookie" not in response.headers
    assert response.headers["X-Fallback-Cookies"] == "[]"


# -- cookies ----------------------------------------------------------------------------------------------------------


def cookies_of_new_session(emulator, **headers):
    """Sign in anonymously and return the response's `Set-Cookie` headers."""
    url = f"{emulator.endpoint}/account/sessions/anonymous"
    response = requests.post(url, headers={**GUEST, **headers}, timeout=20)
    return response.raw.headers.getlist("Set-Cookie")


def test_session_cookies_are_bound_to_the_host(emulator):
    assert not any("Domain" in cookie for cookie in cookies_of_new_session(emulator))
    for cookie in cookies_of_new_session(emulator, Host="api.example.com:9100"):
        assert "Domain=.api.example.com;" in cookie


def test_session_cookies_are_secure_behind_https(emulator):
    assert not any("Secure" in cookie for cookie in cookies_of_new_session(emulator))
    assert all("Secure" in cookie for cookie in cookies_of_new_session(emulator, **{"X-Forwarded-Proto": "https"}))


def test_legacy_cookie_alone_authenticates_the_session(emulator, call_api):
    legacy = cookies_of_new_session(emulator)[0].split(";")[0]
    assert legacy.startswith("a_session_default_legacy=")
    assert call_api("GET", "/account", GUEST | {"Cookie": legacy})[0] == 200


# -- keys and guests --------------------------------------------------------------------------------------------------


def test_api_key_cannot_read_an_account(emulator, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Account(client(emulator, key=KEY)).get()


def test_guest_cannot_read_an_account(guest, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Account(guest).get()
