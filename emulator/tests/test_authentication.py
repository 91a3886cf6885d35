"""A request's project, API key, session, cookies and origin."""

import json
from urllib.parse import quote

import pytest
import requests
from appwrite.services.project import Project
from appwrite.services.users import Users

from tests.conftest import GUEST, KEY, PASSWORD, SERVER, client, status_and_type

# -- project ----------------------------------------------------------------------------------------------------------


def test_unknown_and_missing_projects_are_rejected(emulator):
    def get(path, **headers):
        return requests.get(f"{emulator.endpoint}/{path}", headers=headers, timeout=20)

    assert status_and_type(get("account", **{"X-Appwrite-Project": "nosuch"})) == (404, "project_not_found")
    assert status_and_type(get("account")) == (401, "general_unauthorized_scope")
    assert status_and_type(get("users", **{"X-Appwrite-Key": KEY})) == (403, "project_id_missing")


def test_sign_in_requires_the_project(emulator, alice):
    body = {"email": alice.email, "password": PASSWORD}
    response = requests.post(f"{emulator.endpoint}/account/sessions/email", json=body, timeout=20)
    assert status_and_type(response) == (401, "user_invalid_credentials")


def test_console_project_counts_as_no_project(call_api):
    console = {"X-Appwrite-Project": "console"}
    for headers in (console, {}):
        assert call_api("GET", "/account", headers)[:2] == (401, "general_unauthorized_scope")
    assert call_api("GET", "/users", {**console, "X-Appwrite-Key": "all"})[:2] == (401, "user_unauthorized")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/tablesdb/lib/tables/books/rows"),
        ("GET", "/databases/lib/collections/books/documents"),
        ("POST", "/functions/hello/executions"),
    ],
)
def test_console_project_has_no_databases_and_functions(emulator, method, path):
    """The error comes before parameter errors, and says whether the request names a project."""
    for headers, message in (({"X-Appwrite-Project": "console"}, "reserved"), ({}, "No Appwrite project")):
        response = requests.request(method, f"{emulator.endpoint}{path}", headers=headers, json={}, timeout=20)
        assert status_and_type(response) == (401, "general_access_forbidden")
        assert message in response.json()["message"]


# -- keys -------------------------------------------------------------------------------------------------------------


def test_key_is_limited_to_its_scopes(emulator, server, alice, call_api, expect_error):
    body = {"keyId": "reader", "name": "Reader", "scopes": ["users.read"]}
    status, _, key = call_api("POST", "/project/keys", json=body)
    assert status == 201
    assert "reader" in [each.id for each in Project(server).list_keys().keys]
    reader = client(emulator, key=key["secret"])
    assert Users(reader).get("alice").id == "alice"
    with expect_error("general_unauthorized_scope", 401):
        Project(reader).list_keys()


def test_unknown_key_is_rejected(emulator, expect_error):
    with expect_error("user_unauthorized", 401):
        Users(client(emulator, key="nonsense")).list()


def test_deleted_key_is_rejected(emulator, server, alice, expect_error):
    key = requests.post(
        f"{emulator.endpoint}/project/keys",
        headers={**GUEST, "X-Appwrite-Key": KEY},
        json={"keyId": "few", "name": "Few", "scopes": ["users.read"]},
        timeout=20,
    ).json()
    few = Users(client(emulator, key=key["secret"]))
    assert few.get("alice").id == "alice"
    with expect_error("general_unauthorized_scope", 401):
        few.update_name("alice", "x")
    Project(server).delete_key("few")
    with expect_error("user_unauthorized", 401):
        few.get("alice")


# -- sessions and cookies ---------------------------------------------------------------------------------------------


def test_session_cookie_takes_precedence_over_the_header(emulator, alice, bob):
    headers = {**GUEST, "X-Appwrite-Session": bob.secret}
    cookies = {"a_session_default": alice.secret}
    account = requests.get(f"{emulator.endpoint}/account", headers=headers, cookies=cookies, timeout=20).json()
    assert account["$id"] == "alice"


def test_cookies_are_percent_encoded_and_read_in_both_forms(emulator, make_user):
    body = {"email": make_user("Adam", password=PASSWORD).email, "password": PASSWORD}
    path = f"{emulator.endpoint}/account/sessions/email"
    response = requests.post(path, headers=GUEST, json=body, timeout=20)
    secret = json.loads(response.headers["X-Fallback-Cookies"])["a_session_default"]
    assert secret.endswith("=")
    assert f"a_session_default={quote(secret, safe='')};" in response.headers["Set-Cookie"]
    for value in (secret, quote(secret)):
        headers = {**GUEST, "Cookie": f"a_session_default={value}"}
        assert requests.get(f"{emulator.endpoint}/account", headers=headers, timeout=20).status_code == 200


# In admin mode, the real server looks up the user in its console project, which does not have the project's users.
@pytest.mark.parametrize("where", ["header", "parameter"])
@pytest.mark.parametrize("proof", ["X-Appwrite-Session", "X-Appwrite-JWT", "Cookie", "X-Fallback-Cookies"])
def test_project_session_in_admin_mode_counts_as_a_guest(call_api, users, alice, proof, where):
    value = {
        "X-Appwrite-Session": alice.secret,
        "X-Appwrite-JWT": users.create_jwt("alice").jwt,
        "Cookie": f"a_session_default={alice.secret}",
        "X-Fallback-Cookies": json.dumps({"a_session_default": alice.secret}),
    }[proof]
    headers = {"X-Appwrite-Project": "default", proof: value}
    assert call_api("GET", "/account", headers)[0] == 200
    mode = {"X-Appwrite-Mode": "admin"} if where == "header" else {}
    params = {"mode": "admin"} if where == "parameter" else {}
    assert call_api("GET", "/account", {**headers, **mode}, params=params)[:2] == (401, "general_unauthorized_scope")
    assert call_api("GET", "/locale", {**headers, **mode}, params=params)[0] == 200
    assert call_api("GET", "/account", {**headers, "X-Appwrite-Mode": "default"})[0] == 200


def test_admin_mode_accepts_keys_and_rejects_malformed_jwts(call_api):
    mode = {"X-Appwrite-Mode": "admin"}
    assert call_api("GET", "/users", {**SERVER, **mode})[0] == 200
    malformed = {"X-Appwrite-Project": "default", "X-Appwrite-JWT": "x", **mode}
    assert call_api("GET", "/account", malformed)[:2] == (401, "user_jwt_invalid")


# -- origins ----------------------------------------------------------------------------------------------------------


def test_origin_must_be_registered_except_for_keys(emulator, alice):
    def origin(name, **headers):
        url = f"{emulator.endpoint}/users/alice" if "X-Appwrite-Key" in headers else f"{emulator.endpoint}/account"
        return requests.get(url, headers={**GUEST, **headers, "Origin": name}, timeout=20)

    session = {"X-Appwrite-Session": alice.secret}
    known = origin("http://localhost:3000", **session)
    assert known.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert status_and_type(origin("https://example.org", **session)) == (403, "general_unknown_origin")
    assert origin("https://example.org", **{"X-Appwrite-Key": KEY}).status_code == 200
