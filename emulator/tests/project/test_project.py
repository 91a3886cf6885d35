"""The project itself, its labels and variables, and the scopes that are required."""

import json

import pytest
import requests
from appwrite.query import Query
from appwrite.services.project import Project
from websockets.sync.client import connect

from tests.conftest import GUEST, INVALID, PASSWORD, SERVER, session_headers


@pytest.fixture
def project(server):
    return Project(server)


def test_get_returns_the_project(project, emulator):
    found = project.get()
    assert (found.id, found.status, found.labels) == (emulator.project, "active", [])
    assert {"email-password", "magic-url"} <= {method.id.value for method in found.authmethods}


def test_update_labels_replaces_the_labels(project, call_api):
    project.update_labels(["one", "two", "one"])
    assert project.get().labels == ["one", "two"]
    assert call_api("PUT", "/project/labels", json={"labels": ["no-dashes"]})[:2] == INVALID


def test_variable_can_be_created_changed_listed_and_deleted(project, expect_error):
    project.create_variable("v", "GREETING", "Hello", secret=False)
    with expect_error("variable_already_exists", 409):
        project.create_variable("other", "GREETING", "Hi")
    assert project.get_variable("v").value == "Hello"
    project.update_variable("v", value="Hi", secret=True)
    hidden = project.get_variable("v")
    assert (hidden.value, hidden.secret, hidden.resourcetype, hidden.resourceid) == ("", True, "project", "")
    with expect_error("variable_cannot_unset_secret", 400):
        project.update_variable("v", secret=False)
    with expect_error("general_argument_invalid", 400):
        project.update_variable("v")
    assert [each.id for each in project.list_variables([Query.equal("key", "GREETING")]).variables] == ["v"]
    project.delete_variable("v")
    with expect_error("variable_not_found", 404):
        project.get_variable("v")


@pytest.mark.parametrize("prefix", ["policies", "project.policies"])
def test_policies_can_be_read_with_either_scope(call_api, prefix):
    key = call_api("POST", "/project/keys", json={"keyId": "k", "name": "K", "scopes": [f"{prefix}.read"]})[2]
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Key": key["secret"]}
    assert call_api("GET", "/project/policies/user-limit", headers)[0] == 200
    body = {"total": 1}
    assert call_api("PATCH", "/project/policies/user-limit", headers, json=body)[0] == 401


# -- disabled methods, services and protocols -------------------------------------------------------------------------

OLDER = [
    ("/project/services/teams", "1.9.0", "services"),
    ("/project/services/teams/status", "1.9.0", "services"),
    ("/project/protocols/graphql", "1.9.0", "protocols"),
    ("/project/protocols/graphql/status", "1.9.0", "protocols"),
    ("/project/auth-methods/phone", "1.9.1", "authMethods"),
]


@pytest.mark.parametrize(("path", "version", "kind"), OLDER)
def test_older_response_formats_enable_and_disable_with_the_parameter_status(call_api, path, version, kind):
    older = {**SERVER, "X-Appwrite-Response-Format": version}
    assert call_api("PATCH", path, older, json={"status": False})[0] == 200
    switches = call_api("GET", "/project")[2][kind]
    assert [switch["$id"] for switch in switches if not switch["enabled"]] == [path.split("/")[3]]
    assert call_api("PATCH", path, json={"status": True})[:2] == INVALID
    assert call_api("PATCH", path, json={"enabled": True})[0] == 200


@pytest.fixture
def switch(call_api):
    """Return a function that enables or disables one auth method, service or protocol."""

    def change(kind, name, enabled=False):
        status, _, project = call_api("PATCH", f"/project/{kind}/{name}", json={"enabled": enabled})
        assert status == 200
        return project

    return change


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("email-password", "/account", {"userId": "new", "email": "new@example.com", "password": PASSWORD}),
        ("email-password", "/account/sessions/email", {"email": "alice@example.com", "password": PASSWORD}),
        ("magic-url", "/account/tokens/magic-url", {"userId": "new", "email": "new@example.com"}),
        ("email-otp", "/account/tokens/email", {"userId": "new", "email": "new@example.com"}),
        ("phone", "/account/tokens/phone", {"userId": "new", "phone": "+4722334455"}),
        ("anonymous", "/account/sessions/anonymous", {}),
    ],
)
def test_disabled_auth_method_can_be_used_only_with_a_key(call_api, alice, switch, method, path, body):
    project = switch("auth-methods", method)
    assert [each["$id"] for each in project["authMethods"] if not each["enabled"]] == [method]
    assert call_api("POST", path, GUEST, json=body)[:2] == (501, "user_auth_method_unsupported")
    assert call_api("POST", path, json=body)[:2] == (201, "")
    switch("auth-methods", method, enabled=True)
    assert call_api("POST", path, GUEST, json=body)[1] != "user_auth_method_unsupported"


def test_disabled_invites_and_jwts_are_rejected(call_api, alice, switch):
    switch("auth-methods", "invites")
    switch("auth-methods", "jwt")
    headers = session_headers(alice)
    call_api("POST", "/teams", headers, json={"teamId": "crew", "name": "Crew"})
    invitation = {"email": "new@example.com", "roles": [], "url": "http://localhost/"}
    unsupported = (501, "user_auth_method_unsupported")
    assert call_api("POST", "/teams/crew/memberships", headers, json=invitation)[:2] == unsupported
    assert call_api("POST", "/account/jwts", headers)[:2] == unsupported


def test_disabled_service_can_be_used_only_with_a_key(call_api, switch):
    switch("services", "locale")
    assert call_api("GET", "/locale", GUEST)[:2] == (403, "general_service_disabled")
    assert call_api("GET", "/locale")[:2] == (200, "")
    assert call_api("GET", "/avatars/initials", GUEST)[0] == 200


def test_disabled_protocol_can_be_used_only_with_a_key(call_api, switch):
    query = {"query": "{ localeGet { ip } }"}
    switch("protocols", "rest")
    assert call_api("GET", "/locale", GUEST)[:2] == (403, "general_api_disabled")
    assert call_api("GET", "/locale")[:2] == (200, "")
    assert call_api("POST", "/graphql", GUEST, json=query)[0] == 200
    switch("protocols", "graphql")
    assert call_api("POST", "/graphql", GUEST, json=query)[:2] == (403, "general_api_disabled")
    assert call_api("POST", "/graphql", json=query)[0] == 200


def test_disabled_services_and_protocols_include_paths_that_the_emulator_does_not_have(call_api, emulator, switch):
    unsupported, unknown = f"{emulator.endpoint}/vcs/installations", f"{emulator.endpoint}/nonsense"
    switch("services", "vcs")
    assert call_api("GET", "/vcs/installations", GUEST)[:2] == (403, "general_service_disabled")
    switch("services", "vcs", enabled=True)
    switch("protocols", "rest")
    for path in ("/vcs/installations", "//vcs/installations", "/backups/archives", "/webhooks/one/two/three"):
        assert call_api("GET", path, GUEST)[:2] == (403, "general_api_disabled")
    assert requests.get(unsupported, headers=SERVER, timeout=20).status_code == 404
    response = requests.get(unknown, headers=GUEST, timeout=20)
    assert (response.status_code, response.headers["Content-Type"].partition(";")[0]) == (404, "text/html")


def test_disabled_websockets_reject_connections(emulator, switch):
    switch("protocols", "websocket")
    with connect(f"{emulator.endpoint.replace('http', 'ws')}/realtime?project=default") as socket:
        frame = json.loads(socket.recv())
    assert (frame["type"], frame["data"]["code"]) == ("error", 403)


def test_unknown_auth_methods_services_and_protocols_are_rejected(call_api):
    for path in ("auth-methods/nonsense", "services/console", "protocols/nonsense"):
        assert call_api("PATCH", f"/project/{path}", json={"enabled": False})[:2] == INVALID
    assert call_api("PATCH", "/project/services/locale", json={})[:2] == INVALID
