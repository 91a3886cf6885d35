"""What every request has in common: project, key, body, route, origin, older formats."""

import http.client
import json
from urllib.parse import urlsplit

import pytest
import requests
from appwrite.services.account import Account
from appwrite.services.project import Project
from appwrite.services.users import Users

from appwrite_emulator import SITE_KEY
from tests.conftest import KEY, PASSWORD, SERVER, client

PROJECT = {"X-Appwrite-Project": "biso"}


def refusal(answer):
    return answer.status_code, answer.json()["type"]


def test_an_error_has_a_message_a_code_a_type_and_the_version(emulator):
    answer = requests.get(f"{emulator.endpoint}/account", headers=PROJECT, timeout=20)
    assert set(answer.json()) == {"message", "code", "type", "version"}
    assert answer.json()["version"] == "1.9.6"


def test_a_project_that_is_unknown_or_missing(emulator):
    def get(path, **headers):
        return requests.get(f"{emulator.endpoint}/{path}", headers=headers, timeout=20)

    assert refusal(get("account", **{"X-Appwrite-Project": "nosuch"})) == (404, "project_not_found")
    assert refusal(get("account")) == (401, "general_unauthorized_scope")
    assert refusal(get("users", **{"X-Appwrite-Key": KEY})) == (403, "project_id_missing")


def test_nobody_signs_in_without_naming_the_project(emulator, alice):
    body = {"email": alice.email, "password": PASSWORD}
    answer = requests.post(f"{emulator.endpoint}/account/sessions/email", json=body, timeout=20)
    assert refusal(answer) == (401, "user_invalid_credentials")


def test_the_site_key_lacks_what_the_site_does_not_ask_for(emulator, alice, refused):
    site = client(emulator, key=SITE_KEY)
    assert Users(site).get("alice").id == "alice"
    with refused("general_unauthorized_scope", 401):
        Project(site).list_keys()


def test_a_key_that_does_not_exist(emulator, refused):
    with refused("user_unauthorized", 401):
        Users(client(emulator, key="nonsense")).list()


def test_a_key_is_forgotten_when_it_is_deleted(emulator, server, alice, refused):
    made = requests.post(
        f"{emulator.endpoint}/project/keys",
        headers={**PROJECT, "X-Appwrite-Key": KEY},
        json={"keyId": "few", "name": "Few", "scopes": ["users.read"]},
        timeout=20,
    ).json()
    few = Users(client(emulator, key=made["secret"]))
    assert few.get("alice").id == "alice"
    with refused("general_unauthorized_scope", 401):
        few.update_name("alice", "x")
    Project(server).delete_key("few")
    with refused("user_unauthorized", 401):
        few.get("alice")


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": ',
        b'["name"]',
        b"null",
        b'"text"',
        b"",
        b'{"name": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
        b'{"name": NaN}',
    ],
)
def test_a_body_that_is_no_object_is_refused(emulator, alice, body):
    answer = requests.patch(
        f"{emulator.endpoint}/account/name",
        headers={**PROJECT, "X-Appwrite-Session": alice.secret, "Content-Type": "application/json"},
        data=body,
        timeout=20,
    )
    assert refusal(answer) == (400, "general_argument_invalid")


def test_a_form_is_as_good_as_json(emulator, alice):
    headers = {**PROJECT, "X-Appwrite-Session": alice.secret}
    answer = requests.patch(f"{emulator.endpoint}/account/name", headers=headers, data={"name": "By form"}, timeout=20)
    assert answer.json()["name"] == "By form"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nosuch"), ("PUT", "account"), ("GET", "Account"), ("PATCH", "users")]
)
def test_what_no_route_knows_is_a_page(emulator, method, path):
    answer = requests.request(method, f"{emulator.endpoint}/{path}", headers=PROJECT, timeout=20)
    assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (404, "text/html")


def test_slashes_too_many_do_no_harm_and_head_has_no_body(emulator, alice):
    headers = {**PROJECT, "X-Appwrite-Session": alice.secret}
    for path in ("/account/", "//account"):
        assert requests.get(emulator.endpoint + path, headers=headers, timeout=20).status_code == 200
    answer = requests.head(f"{emulator.endpoint}/account", headers=headers, timeout=20)
    assert (answer.status_code, answer.content) == (200, b"")


def test_origins_must_be_registered_but_for_keys(emulator, alice):
    def origin(name, **headers):
        url = f"{emulator.endpoint}/users/alice" if "X-Appwrite-Key" in headers else f"{emulator.endpoint}/account"
        return requests.get(url, headers={**PROJECT, **headers, "Origin": name}, timeout=20)

    session = {"X-Appwrite-Session": alice.secret}
    known = origin("http://localhost:3000", **session)
    assert known.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert refusal(origin("https://example.org", **session)) == (403, "general_unknown_origin")
    assert origin("https://example.org", **{"X-Appwrite-Key": KEY}).status_code == 200


def test_an_older_format_lacks_what_came_later(emulator, alice):
    headers = {**PROJECT, "X-Appwrite-Session": alice.secret}
    for version, has_factors in (("1.4.0", False), ("1.5.0", True), ("2.5.0", True)):
        asked = {**headers, "X-Appwrite-Response-Format": version}
        shown = requests.get(f"{emulator.endpoint}/account/sessions/current", headers=asked, timeout=20).json()
        assert ("factors" in shown) is has_factors


def test_cookies_go_before_headers(emulator, alice, bob):
    headers = {**PROJECT, "X-Appwrite-Session": bob.secret}
    cookies = {"a_session_biso": alice.secret}
    shown = requests.get(f"{emulator.endpoint}/account", headers=headers, cookies=cookies, timeout=20).json()
    assert shown["$id"] == "alice"


# In admin mode the real server looks for the user in its console project, where a project's users do not exist.
@pytest.mark.parametrize("where", ["header", "parameter"])
@pytest.mark.parametrize("proof", ["X-Appwrite-Session", "X-Appwrite-JWT", "Cookie", "X-Fallback-Cookies"])
def test_a_session_in_admin_mode_makes_a_guest(ask, users, alice, proof, where):
    value = {
        "X-Appwrite-Session": alice.secret,
        "X-Appwrite-JWT": users.create_jwt("alice").jwt,
        "Cookie": f"a_session_biso={alice.secret}",
        "X-Fallback-Cookies": json.dumps({"a_session_biso": alice.secret}),
    }[proof]
    headers = {"X-Appwrite-Project": "biso", proof: value}
    assert ask("GET", "/account", headers)[0] == 200
    mode = {"X-Appwrite-Mode": "admin"} if where == "header" else {}
    params = {"mode": "admin"} if where == "parameter" else {}
    assert ask("GET", "/account", {**headers, **mode}, params=params)[:2] == (401, "general_unauthorized_scope")
    assert ask("GET", "/locale", {**headers, **mode}, params=params)[0] == 200
    assert ask("GET", "/account", {**headers, "X-Appwrite-Mode": "default"})[0] == 200


def test_admin_mode_changes_nothing_for_a_key_and_refuses_a_malformed_jwt(ask):
    mode = {"X-Appwrite-Mode": "admin"}
    assert ask("GET", "/users", {**SERVER, **mode})[0] == 200
    malformed = {"X-Appwrite-Project": "biso", "X-Appwrite-JWT": "x", **mode}
    assert ask("GET", "/account", malformed)[:2] == (401, "user_jwt_invalid")


def test_a_message_names_the_argument(emulator, refused):
    answer = requests.post(
        f"{emulator.endpoint}/account/tokens/email", headers=PROJECT, json={"userId": "ada"}, timeout=20
    )
    assert "`email`" in answer.json()["message"]


def test_connections_are_kept(emulator):
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=20)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v1/account", headers=PROJECT)
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert sockets != {None}
    connection.close()


def test_an_account_of_a_guest_is_nobodys(guest, refused):
    with refused("general_unauthorized_scope", 401):
        Account(guest).get()
