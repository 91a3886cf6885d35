"""The console project, its user (`--console-user`) and admin mode, as Appwrite's CLI uses them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from appwrite.query import Query

from appwrite_emulator.testing import Emulator
from tests.conftest import GUEST, INVALID, KEY, PASSWORD, SERVER

EMAIL = "admin@example.com"
USER = f"{EMAIL}:{PASSWORD}"
CONSOLE = {"X-Appwrite-Project": "console", "X-Appwrite-Response-Format": "1.8.0"}
"""Request headers that Appwrite's CLI sends, without its cookie."""

Call = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def running():
    with Emulator("--console-user", USER, key=KEY, fast_hashes=True) as emulator:
        yield emulator


@pytest.fixture
def console(running: Emulator) -> Emulator:
    running.reset()
    return running


def send(emulator: Emulator, method: str, path: str, headers: dict[str, str], **options: Any) -> requests.Response:
    return requests.request(method, emulator.endpoint + path, headers=headers, timeout=20, **options)


def sign_in(emulator: Emulator, email: str = EMAIL, password: str = PASSWORD) -> requests.Response:
    body = {"email": email, "password": password}
    return send(emulator, "POST", "/account/sessions/email", CONSOLE, json=body)


def cookie_of(response: requests.Response) -> str:
    """Return the cookie as Appwrite's CLI stores it: the entire `Set-Cookie` header, including the attributes."""
    cookies = response.raw.headers.getlist("Set-Cookie")
    return next(cookie for cookie in cookies if cookie.startswith("a_session_console="))


@pytest.fixture
def cookie(console: Emulator) -> str:
    return cookie_of(sign_in(console))


@pytest.fixture
def call(console: Emulator, cookie: str) -> Call:
    """Return a function that sends a request as the console user.

    If `project` is given, the function sends the request to that project in admin mode.
    """

    def call(method: str, path: str, project: str = "", **options: Any) -> tuple[int, Any]:
        admin = {"X-Appwrite-Project": project, "X-Appwrite-Mode": "admin"} if project else {}
        response = send(console, method, path, {**CONSOLE, "Cookie": cookie, **admin}, **options)
        return response.status_code, response.json() if response.content else None

    return call


def refusal(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"]


def test_console_user_signs_in_reads_the_account_and_signs_out(console, call):
    status, account = call("GET", "/account")
    assert (status, account["email"], account["name"], account["mfa"]) == (200, EMAIL, "admin", False)
    _, teams = call("GET", "/teams", params={"queries[0]": Query.limit(1)})
    assert [(team["$id"], team["name"], team["total"]) for team in teams["teams"]] == [
        ("organization", "Organization", 1)
    ]
    assert call("DELETE", "/account/sessions/current")[0] == 204
    assert call("GET", "/account")[1]["type"] == "general_unauthorized_scope"
    assert refusal(sign_in(console, password="something-else")) == (401, "user_invalid_credentials")
    assert refusal(sign_in(console, email="other@example.com")) == (401, "user_invalid_credentials")


def test_project_users_and_console_users_are_separate(console, call, cookie):
    body = {"userId": "ada", "email": EMAIL, "password": "another-horse-9"}
    assert send(console, "POST", "/account", GUEST, json=body).status_code == 201
    assert refusal(sign_in(console, password="another-horse-9")) == (401, "user_invalid_credentials")
    secret = cookie.partition("=")[2].partition(";")[0]
    in_project = send(console, "GET", "/account", {**GUEST, "Cookie": f"a_session_default={secret}"})
    assert refusal(in_project) == (401, "general_unauthorized_scope")
    assert call("GET", "/users", "default")[1]["total"] == 1


def test_admin_mode_reads_and_changes_a_project_of_the_organization(console, call):
    assert call("POST", "/tablesdb", "default", json={"databaseId": "app", "name": "App"})[0] == 201
    table = {"tableId": "notes", "name": "Notes", "columns": [{"key": "text", "type": "varchar", "size": 20}]}
    assert call("POST", "/tablesdb/app/tables", "default", json=table)[0] == 201
    row = {"rowId": "one", "data": {"text": "Hello"}}
    assert call("POST", "/tablesdb/app/tables/notes/rows", "default", json=row)[0] == 201
    assert call("GET", "/tablesdb/app/tables/notes/rows", "default")[1]["total"] == 1
    assert call("GET", "/sites", "default")[1] == {"total": 0, "sites": []}
    log = requests.get(f"{console.origin}/_emulator/requests.json", timeout=20).json()["requests"]
    assert (log[0]["caller"], log[0]["name"]) == ("admin", "console-user")
    _, logs = call("GET", "/tablesdb/app/tables/notes/logs", "default")
    assert {entry["userEmail"] for entry in logs["logs"]} == {EMAIL}
    assert call("GET", "/account", "default")[1]["type"] == "general_unauthorized_scope"
    by_query = {"project": "default", "mode": "admin"}
    assert call("GET", "/tablesdb", params=by_query)[1]["total"] == 1


def test_admin_mode_requires_a_console_session(console, cookie):
    admin = {**GUEST, "X-Appwrite-Mode": "admin"}
    assert refusal(send(console, "GET", "/users", admin)) == (401, "general_unauthorized_scope")
    assert refusal(send(console, "GET", "/users", {**admin, "Cookie": "a_session_console=x"}))[0] == 401
    assert refusal(send(console, "GET", "/users", {**GUEST, "Cookie": cookie})) == (401, "general_unauthorized_scope")
    unknown = {**admin, "X-Appwrite-Project": "unknown", "Cookie": cookie}
    assert refusal(send(console, "GET", "/users", unknown)) == (404, "project_not_found")


def test_project_settings_can_be_changed_at_paths_with_the_project_id(call):
    assert call("PATCH", "/projects/default/auth/limit", json={"limit": 5})[0] == 200
    assert call("PATCH", "/projects/default/service", json={"service": "avatars", "status": False})[0] == 200
    texts = {"description": "A project", "legalCity": "Oslo"}
    assert call("PATCH", "/projects/default", json={"name": "Renamed", **texts})[0] == 200
    _, project = call("GET", "/projects/default")
    assert (project["$id"], project["name"], project["teamId"]) == ("default", "Renamed", "organization")
    assert (project["authLimit"], project["serviceStatusForAvatars"]) == (5, False)
    assert (project["description"], project["legalCity"], project["logo"]) == ("A project", "Oslo", "")
    assert call("PATCH", "/projects/default", json={"name": "Again"})[1]["description"] == ""
    assert call("PATCH", "/projects/default", json={"name": ""})[1]["type"] == "general_argument_invalid"
    assert call("GET", "/projects/unknown")[1]["type"] == "project_not_found"


def test_oauth2_providers_can_be_configured_at_paths_with_the_project_id(console, call):
    path, sign_in_path = "/projects/default/oauth2", "/account/tokens/oauth2/github?project=default"
    status_of = lambda: send(console, "GET", sign_in_path, {}, allow_redirects=False).status_code  # noqa: E731
    assert status_of() == 412
    client = {"provider": "github", "appId": "client", "secret": "secret", "enabled": True}
    _, project = call("PATCH", path, json=client)
    shown = next(each for each in project["oAuthProviders"] if each["key"] == "github")
    assert (shown["appId"], shown["secret"], shown["enabled"]) == ("client", "", True)
    assert status_of() == 301
    assert call("PATCH", path, json={"provider": "github", "enabled": False})[0] == 200
    assert status_of() == 412
    assert call("PATCH", path, json={"provider": "nonsense"})[1]["type"] == "general_argument_invalid"


@pytest.mark.parametrize(
    ("provider", "secret", "status", "page"),
    [
        ("microsoft", {"clientSecret": "s", "tenantID": "me"}, 301, "https://login.microsoftonline.com/me/oauth2/"),
        ("gitlab", {"clientSecret": "s", "endpoint": "https://git.example.org"}, 301, "https://git.example.org/oauth/"),
        (
            "oidc",
            {"clientSecret": "s", "authorizationEndpoint": "https://i.example.org/a"},
            301,
            "https://i.example.org/a",
        ),
        ("oidc", {}, 500, ""),
    ],
)
def test_secret_of_a_provider_contains_its_settings(console, call, provider, secret, status, page):
    client = {"provider": provider, "appId": "client", "secret": json.dumps(secret), "enabled": True}
    assert call("PATCH", "/projects/default/oauth2", json=client)[0] == 200
    path = f"/account/tokens/oauth2/{provider}?project=default"
    response = send(console, "GET", path, {}, allow_redirects=False)
    assert response.status_code == status
    assert response.headers.get("Location", "").startswith(page)


def test_mock_numbers_sign_in_with_their_code_and_get_no_message(console, call):
    path, numbers = "/projects/default/auth/mock-numbers", [{"phone": "+4722334455", "otp": "123456"}]
    assert call("PATCH", path, json={"numbers": numbers})[1]["authMockNumbers"] == numbers
    token = send(console, "POST", "/account/tokens/phone", GUEST, json={"userId": "t", "phone": "+4722334455"}).json()
    assert console.control("GET", "inbox.json")["total"] == 0
    body = {"userId": token["userId"], "secret": "123456"}
    assert send(console, "POST", "/account/sessions/token", GUEST, json=body).status_code == 201
    for wrong in (
        *({"phone": "+4722334455", "otp": otp} for otp in ("12345", "abcdef", 123456)),
        *({"phone": phone, "otp": "123456"} for phone in ("22334455", None)),
        *({"phone": "+4722334455"}, "text", None),
    ):
        assert call("PATCH", path, json={"numbers": [wrong]})[1]["type"] == "general_argument_invalid", wrong
    assert call("PATCH", path, json={"numbers": numbers * 2})[1]["type"] == "general_bad_request"
    by_key = send(console, "PATCH", path, {**CONSOLE, "X-Appwrite-Key": KEY}, json={"numbers": []})
    assert refusal(by_key) == (401, "general_unauthorized_scope")


def test_projects_are_created_listed_and_found_by_queries(console, call):
    def listed(*queries: str) -> list[str]:
        params = {f"queries[{n}]": query for n, query in enumerate(queries)}
        return [project["$id"] for project in call("GET", "/projects", params=params)[1]["projects"]]

    body = {"projectId": "shop", "name": "Shop", "teamId": "organization"}
    try:
        status, project = call("POST", "/projects", json=body)
        assert (status, project["$id"], project["name"], project["region"]) == (201, "shop", "Shop", "default")
        assert listed(Query.equal("teamId", "organization"), Query.order_desc("$id")) == ["shop", "default"]
        assert listed(Query.equal("name", "Shop"), Query.limit(1)) == ["shop"]
        assert listed(Query.equal("teamId", "other")) == []
        assert call("GET", "/projects", params={"search": "shop"})[1]["total"] == 1
        assert call("GET", "/projects", params={"queries[0]": Query.equal("logo", "x")})[0] == INVALID[0]
        assert call("GET", "/users", "shop")[1]["total"] == 0
        assert send(console, "GET", "/users", {**SERVER, "X-Appwrite-Project": "shop"}).status_code == 200
        for changes, type in (
            ({}, "project_already_exists"),
            ({"projectId": "default"}, "project_already_exists"),
            ({"projectId": "console"}, "project_reserved_project"),
            ({"projectId": "other", "teamId": "unknown"}, "team_not_found"),
            ({"projectId": "other", "region": "fra"}, "general_argument_invalid"),
        ):
            assert call("POST", "/projects", json={**body, **changes})[1]["type"] == type
    finally:
        requests.delete(f"{console.origin}/_emulator/projects/shop", timeout=20).raise_for_status()
    assert listed() == ["default"]


def test_path_with_an_unknown_project_id_creates_no_project():
    """Appwrite's CLI checks whether a project exists before it creates one.

    This check must not create the project, even with --any-project.
    """
    with Emulator("--any-project", "--console-user", USER, key=KEY, fast_hashes=True) as emulator:
        headers = {**CONSOLE, "Cookie": cookie_of(sign_in(emulator))}
        assert refusal(send(emulator, "GET", "/projects/shop", headers)) == (404, "project_not_found")
        body = {"projectId": "shop", "name": "Shop", "teamId": "organization"}
        assert send(emulator, "POST", "/projects", headers, json=body).status_code == 201
        listed = send(emulator, "GET", "/projects", headers).json()["projects"]
    assert [(project["$id"], project["authLimit"], len(project["keys"])) for project in listed] == [
        ("default", 0, 1),
        ("shop", 0, 1),
    ]


def test_console_supports_only_the_routes_that_the_command_line_needs(console, call):
    status, variables = call("GET", "/console/variables")
    assert (status, variables["_APP_DOMAIN_FUNCTIONS"]) == (200, "functions.localhost")
    assert call("POST", "/teams", json={"teamId": "x", "name": "X"})[1]["type"] == "general_not_implemented"
    assert call("GET", "/tablesdb/app/tables/notes/rows")[1]["type"] == "general_access_forbidden"
    assert call("GET", "/users")[1]["type"] == "general_unauthorized_scope"
    for method, path in (
        ("GET", "/projects"),
        ("GET", "/console/variables"),
        ("GET", "/account"),
    ):
        assert send(console, method, path, CONSOLE, json={}).json()["code"] == 401
    body = {"userId": "new", "email": "new@example.com", "password": PASSWORD}
    assert refusal(send(console, "POST", "/account", CONSOLE, json=body)) == (401, "user_invalid_credentials")
    for method, path in (("GET", "/projects"), ("POST", "/projects")):
        assert refusal(send(console, method, path, SERVER, json={})) == (401, "general_unauthorized_scope")


def test_start_page_shows_the_console_user(console, emulator):
    assert f"<dt>Console user</dt><dd>{EMAIL}</dd>" in requests.get(f"{console.origin}/_emulator/", timeout=20).text
    assert "Console user" not in requests.get(f"{emulator.origin}/_emulator/", timeout=20).text


def test_foreign_websites_cannot_sign_in_to_the_console(console):
    body = {"email": EMAIL, "password": PASSWORD}
    headers = {**CONSOLE, "Origin": "https://evil.example"}
    response = send(console, "POST", "/account/sessions/email", headers, json=body)
    assert refusal(response) == (403, "general_unknown_origin")


def test_console_is_disabled_without_its_option(emulator):
    assert refusal(sign_in(emulator)) == (401, "user_invalid_credentials")
    admin = {**GUEST, "X-Appwrite-Mode": "admin", "Cookie": "a_session_console=x"}
    assert refusal(send(emulator, "GET", "/users", admin)) == (401, "general_unauthorized_scope")


def test_reset_and_restart_keep_the_session_and_a_new_password_deletes_it(tmp_path):
    data = tmp_path / "data.sqlite3"
    with Emulator("--console-user", USER, data=data) as emulator:
        headers = {**CONSOLE, "Cookie": cookie_of(sign_in(emulator))}
        emulator.reset()
        assert send(emulator, "GET", "/account", headers).status_code == 200
    with Emulator("--console-user", USER, data=data) as emulator:
        assert send(emulator, "GET", "/account", headers).status_code == 200
    with Emulator(data=data) as emulator:
        assert send(emulator, "GET", "/account", headers).status_code == 401
    with Emulator("--console-user", f"{EMAIL}:changed-horse-9", data=data) as emulator:
        assert send(emulator, "GET", "/account", headers).status_code == 401
        assert sign_in(emulator, password="changed-horse-9").status_code == 201


def test_mock_numbers_of_an_invalid_seed_are_rejected(call_api, emulator):
    for numbers in ("x", ["x"], [{"phone": "+4722334455"}], [{"phone": 1, "otp": "123456"}]):
        seed = {"format": "appwrite-emulator/1", "project": {"mockNumbers": numbers}}
        response = requests.post(f"{emulator.origin}/_emulator/import", data=json.dumps(seed), timeout=20)
        assert response.status_code == 400, response.text
