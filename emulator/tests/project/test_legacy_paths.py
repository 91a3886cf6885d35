"""The legacy paths of the project's settings, keys and webhooks contain the project ID: `projects/PROJECT/keys`."""

import pytest

from tests.conftest import GUEST, INVALID, KEY, SERVER, session_headers

PATH = "/projects/default"
CONSOLE_CLIENT = {"X-Appwrite-Project": "console", "X-Appwrite-Key": KEY, "X-Appwrite-Response-Format": "1.8.0"}
"""Headers of a client made for 1.8, which names the project only in the path."""


@pytest.fixture
def call_older(call_api):
    """Return a function that calls a path under `projects/PROJECT` as an Appwrite 1.8 client does."""

    def call(method, path="", **options):
        return call_api(method, PATH + path, CONSOLE_CLIENT, **options)

    return call


SETTINGS = [
    ("/service", {"service": "teams", "status": False}, {"serviceStatusForTeams": False}),
    ("/api", {"api": "graphql", "status": False}, {}),
    ("/api", {"api": "realtime", "status": False}, {}),
    ("/auth/jwt", {"status": False}, {"authJWT": False}),
    ("/auth/magic-url", {"status": False}, {"authUsersAuthMagicURL": False}),
    ("/auth/email-password", {"status": False}, {"authEmailPassword": False}),
    ("/auth/duration", {"duration": 3600}, {"authDuration": 3600}),
    ("/auth/limit", {"limit": 7}, {"authLimit": 7}),
    ("/auth/limit", {"limit": 0}, {"authLimit": 0}),
    ("/auth/max-sessions", {"limit": 3}, {"authSessionsLimit": 3}),
    ("/auth/password-history", {"limit": 4}, {"authPasswordHistory": 4}),
    ("/auth/password-dictionary", {"enabled": True}, {"authPasswordDictionary": True}),
    ("/auth/personal-data", {"enabled": True}, {"authPersonalDataCheck": True}),
    ("/auth/session-alerts", {"alerts": True}, {"authSessionAlerts": True}),
    ("/auth/session-invalidation", {"enabled": False}, {"authInvalidateSessions": False}),
    (
        "/auth/memberships-privacy",
        {"userName": True, "userEmail": False, "mfa": True},
        {"authMembershipsUserName": True, "authMembershipsMfa": True},
    ),
]


def test_settings_can_be_read_and_changed_at_their_legacy_paths(call_older, call_api):
    for path, body, expected in SETTINGS:
        status, _, changed = call_older("PATCH", path, json=body)
        assert status == 200, path
        _, _, read = call_older("GET")
        assert {key: read[key] for key in expected} == expected
        assert {key: changed[key] for key in expected} == expected
    assert {each["$id"] for each in call_api("GET", "/project")[2]["protocols"] if not each["enabled"]} == {
        "graphql",
        "websocket",
    }
    assert call_older("PATCH", "/auth/nonsense", json={"status": True})[:2] == INVALID
    assert call_older("PATCH", "/service", json={"service": "nonsense", "status": True})[:2] == INVALID
    assert call_older("PUT", "/labels", json={"labels": ["blue"]})[2]["labels"] == ["blue"]


def test_keys_and_webhooks_can_be_managed_at_their_legacy_paths(call_older):
    key = call_older("POST", "/keys", json={"name": "K", "scopes": ["users.read"]})[2]
    assert call_older("GET", f"/keys/{key['$id']}")[2]["secret"] == key["secret"]
    assert call_older("POST", "/jwts", json={"scopes": ["users.read"], "duration": 60})[2]["projectId"] == "default"
    hook = {"name": "H", "url": "http://127.0.0.1:9/", "events": ["users.*.create"], "security": True, "httpUser": "me"}
    created = call_older("POST", "/webhooks", json=hook)[2]
    assert (created["security"], created["httpUser"], created["httpPass"]) == (True, "me", "")
    signed = call_older("PATCH", f"/webhooks/{created['$id']}/signature")[2]
    assert signed["signatureKey"] not in ("", created["signatureKey"])
    listed = call_older("GET", "/webhooks")[2]
    assert [(each["$id"], each["httpUser"]) for each in listed["webhooks"]] == [(created["$id"], "me")]
    assert call_older("DELETE", f"/webhooks/{created['$id']}")[0] == 204


def test_project_in_the_path_requires_a_key_of_that_project(call_api, alice):
    assert call_api("GET", PATH, {**SERVER, "X-Appwrite-Project": "other"})[2]["$id"] == "default"
    assert call_api("GET", "/projects/unknown", CONSOLE_CLIENT)[:2] == (404, "project_not_found")
    for headers in (GUEST, {"X-Appwrite-Project": "console"}, session_headers(alice)):
        assert call_api("GET", PATH, headers)[:2] == (401, "general_unauthorized_scope")
    assert call_api("GET", PATH, {**GUEST, "X-Appwrite-Key": "unknown"})[:2] == (401, "user_unauthorized")


def test_session_is_ignored_if_the_header_names_a_different_project(emulator, connections, alice):
    """The real server treats this as an admin-mode request and looks up the session in the console project."""
    headers = {"X-Appwrite-Session": alice.secret}
    for named, caller in (("console", "guest"), ("default", "user")):
        connections.get(f"{emulator.endpoint}{PATH}", headers={**headers, "X-Appwrite-Project": named}, timeout=20)
        log = connections.get(f"{emulator.origin}/_emulator/requests.json", timeout=20).json()
        assert log["requests"][0]["caller"] == caller
