"""Signing in through OAuth2 providers, and the identities that a sign-in creates."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
import requests
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.account.mock_provider import sign_in_with_mock_provider
from tests.conftest import CALLBACK, GUEST, PASSWORD, client, session_headers

# -- Microsoft --------------------------------------------------------------------------------------------------------


def test_create_o_auth2_token_redirects_to_the_local_microsoft_page(guest):
    url = Account(guest).create_o_auth2_token(OAuthProvider.MICROSOFT, CALLBACK, CALLBACK)
    assert urlsplit(url).path == "/_emulator/oauth2/microsoft/authorize"
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert query.keys() == {"client_id", "response_type", "redirect_uri", "scope", "state"}


@pytest.fixture
def microsoft(guest):
    """Return the URL of the emulator's Microsoft sign-in page and the parameters that its form submits."""
    url = Account(guest).create_o_auth2_token(OAuthProvider.MICROSOFT, CALLBACK, "http://localhost/failed")
    page, _, query = url.partition("?")
    return page, dict(pair.split("=", 1) for pair in requests.compat.unquote(query).split("&") if "=" in pair)


def press(microsoft, **fields):
    """Press a button and follow the emulator's redirects. Return the response whose redirect leaves the emulator."""
    page, hidden = microsoft
    response = requests.post(page, data={**hidden, **fields}, allow_redirects=False, timeout=20)
    while (location := response.headers.get("location", "")).startswith("http://127.0.0.1"):
        response = requests.get(location, allow_redirects=False, timeout=20)
    return response


def query_of(response):
    parts = requests.compat.urlparse(response.headers["location"])
    return {name: requests.compat.unquote_plus(v) for name, v in (p.split("=", 1) for p in parts.query.split("&"))}


def test_local_microsoft_page_lists_users_and_asks_for_consent(microsoft):
    page, hidden = microsoft
    assert "Ingrid Berg" in requests.get(page, params=hidden, timeout=20).text
    consent = press(microsoft, act="choose", name="Ada", email="ada@example.com")
    assert "Accept" in consent.text


def test_accepting_consent_returns_a_secret_that_is_valid_for_a_minute(emulator, server, microsoft, expect_error):
    got = query_of(press(microsoft, act="accept", name="Ada", email="ada@example.com"))
    session = Account(server).create_session(got["userId"], got["secret"])
    ada = Account(client(emulator, session=session.secret))
    assert (session.provider, ada.get().name, ada.get().emailverification) == ("microsoft", "Ada", True)
    assert ada.list_identities().identities[0].provideremail == "ada@example.com"
    again = query_of(press(microsoft, act="accept", name="Ada", email="ada@example.com"))
    assert again["userId"] == got["userId"]
    emulator.clock.advance(61)
    with expect_error("user_invalid_token", 401):
        Account(server).create_session(again["userId"], again["secret"])


@pytest.mark.parametrize("act", ["cancel", "fail"])
def test_cancelled_or_failed_sign_in_redirects_to_the_failure_url(microsoft, act):
    response = press(microsoft, act=act)
    assert response.headers["location"].startswith("http://localhost/failed")
    assert "user_oauth2_provider_error" in query_of(response)["error"]


def test_sign_in_with_the_address_of_an_existing_account_is_rejected(users, microsoft):
    users.create("ada", email="ada@example.com")
    response = press(microsoft, act="accept", name="Ada", email="ada@example.com")
    assert "general_bad_request" in query_of(response)["error"]


def test_local_microsoft_page_rejects_unknown_redirect_uris(emulator):
    page = f"{emulator.origin}/_emulator/oauth2/microsoft/authorize"
    response = requests.get(page, params={"redirect_uri": "https://evil.example/", "state": "x"}, timeout=20)
    assert response.status_code == 400


# -- the provider `mock` ----------------------------------------------------------------------------------------------


def test_mock_provider_requires_a_valid_redirect_uri(call_api):
    assert call_api("GET", "/mock/tests/general/oauth2", GUEST, params={"redirect_uri": "http://["})[0] == 400


@pytest.mark.parametrize("flow", ["sessions", "tokens"])
def test_oauth2_sign_in_deletes_the_previous_session(call_api, emulator, alice, flow):
    sign_in_with_mock_provider(emulator, flow, **{"X-Appwrite-Session": alice.secret})
    assert call_api("GET", "/account", session_headers(alice))[:2] == (401, "general_unauthorized_scope")
    assert [each["userId"] for each in call_api("GET", "/users/identities")[2]["identities"]] == ["alice"]


def test_oauth2_sign_in_sets_name_and_address_of_an_anonymous_user(call_api, emulator):
    anonymous = requests.post(f"{emulator.endpoint}/account/sessions/anonymous", headers=GUEST, timeout=20)
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in anonymous.cookies.items())}
    sign_in_with_mock_provider(emulator, **cookie)
    user = call_api("GET", f"/users/{anonymous.json()['userId']}")[2]
    assert (user["name"], user["email"]) == ("User Name", "useroauth@localhost.test")
    assert (user["emailVerification"], user["targets"]) == (False, [])


def test_oauth2_sign_in_finds_the_user_of_a_session_after_the_identity_was_deleted(call_api, emulator):
    """The session stores the provider's user ID, which identifies the user even if their e-mail address has changed."""
    sign_in_with_mock_provider(emulator)
    identity = call_api("GET", "/users/identities")[2]["identities"][0]
    assert call_api("DELETE", f"/users/identities/{identity['$id']}")[0] == 204
    call_api("PATCH", f"/users/{identity['userId']}/email", json={"email": "other@example.com"})
    sign_in_with_mock_provider(emulator)
    assert [each["userId"] for each in call_api("GET", "/users/identities")[2]["identities"]] == [identity["userId"]]


def test_oauth2_sign_in_finds_the_user_by_the_verified_address_of_an_identity(call_api, emulator):
    sign_in_with_mock_provider(emulator)
    identity = call_api("GET", "/users/identities")[2]["identities"][0]
    user = f"/users/{identity['userId']}"
    assert call_api("PATCH", f"{user}/email", json={"email": "other@example.com"})[0] == 200
    assert call_api("DELETE", f"{user}/sessions")[0] == 204
    sign_in_with_mock_provider(emulator)
    assert call_api("GET", "/users")[2]["total"] == 1


def test_mock_provider_returns_the_tokens_that_appwrites_tests_expect(call_api, emulator):
    sign_in_with_mock_provider(emulator)
    identity = call_api("GET", "/users/identities")[2]["identities"][0]
    assert (identity["providerAccessToken"], identity["providerRefreshToken"]) == ("123456", "tuvwxyz")


def test_oauth2_callback_accepts_a_form_posted_from_the_providers_origin(emulator):
    url = f"{emulator.endpoint}/account/sessions/oauth2/callback/apple/default"
    form = {"code": "c", "state": "{}", "user": '{"name": {}}'}
    headers = {"Origin": "https://appleid.apple.com"}
    response = requests.post(url, data=form, headers=headers, allow_redirects=False, timeout=20)
    location = urlsplit(response.headers["Location"])
    assert (response.status_code, location.path) == (301, "/v1/account/sessions/oauth2/apple/redirect")
    assert dict(parse_qsl(location.query)) == {**form, "project": "default"}


def test_mock_provider_has_a_success_and_a_failure_page(call_api):
    for result, status in (("success", 200), ("failure", 400)):
        assert call_api("GET", f"/mock/tests/general/oauth2/{result}", {}) == (status, "", {"result": result})


# -- identities -------------------------------------------------------------------------------------------------------


def test_list_identities_and_delete_identity(emulator, server, alice, expect_error):
    assert alice.account.list_identities().total == 0
    assert alice.account.list_identities([Query.equal("provider", "microsoft")]).identities == []
    with expect_error("general_argument_invalid", 400):
        alice.account.list_identities([Query.equal("colour", "red")])
    with expect_error("user_identity_not_found", 404):
        alice.account.delete_identity("nosuch")


def test_identity_of_another_user_cannot_be_deleted(call_api, emulator, alice):
    sign_in_with_mock_provider(emulator)
    identity = call_api("GET", "/users/identities")[2]["identities"][0]["$id"]
    path = f"/account/identities/{identity}"
    assert call_api("DELETE", path, session_headers(alice))[:2] == (401, "user_unauthorized")
    assert call_api("DELETE", "/account/identities/nosuch", session_headers(alice))[:2] == (
        404,
        "user_identity_not_found",
    )
    assert call_api("GET", "/users/identities")[2]["total"] == 1


MOCK_ADDRESS = "useroauth@localhost.test"
"""E-mail address of the `mock` provider's only user."""


@pytest.fixture
def identity_address(emulator: Emulator, users: Users) -> str:
    """Change the e-mail address of a user with an identity. Return the identity's address, which does not change."""
    sign_in_with_mock_provider(emulator)
    (user,) = users.list([Query.equal("email", MOCK_ADDRESS)]).users
    users.update_email(user.id, "other@example.com")
    return MOCK_ADDRESS


def test_address_of_an_identity_cannot_be_used_by_another_user(
    emulator, identity_address, users, guest, alice, expect_error
):
    with expect_error("user_email_already_exists", 409):
        users.create("new", email=identity_address)
    with expect_error("user_email_already_exists", 409):
        users.update_email("alice", identity_address)
    with expect_error("general_bad_request", 400):
        Account(guest).create("new", identity_address, PASSWORD)
    with expect_error("user_email_already_exists", 409):
        Account(guest).create_magic_url_token("new", identity_address, url="http://localhost/")
    with expect_error("general_bad_request", 400):
        Account(guest).create_email_token("new", identity_address)
    with expect_error("general_bad_request", 400):
        alice.account.update_email(identity_address, PASSWORD)


def test_user_can_use_the_address_of_their_own_identity(identity_address, users):
    (user,) = users.list([Query.equal("email", "other@example.com")]).users
    assert users.update_email(user.id, identity_address).email == identity_address
