"""The project's API keys: scopes, expiry and ephemeral keys."""

import pytest
from appwrite.services.project import Project
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from tests.conftest import INVALID, SERVER, client


@pytest.fixture
def project(server):
    return Project(server)


def test_create_key_accepts_only_known_scopes(call_api):
    def create(**fields):
        return call_api("POST", "/project/keys", json={"keyId": "unique()", "name": "Key", **fields})[:2]

    assert create(scopes=["users.read", "users.read"]) == (201, "")
    for scopes in (["nonsense.read"], ["USERS.READ"], ["account"], ["public"], "users.read", None):
        assert create(scopes=scopes) == INVALID
    assert create() == INVALID


def test_older_formats_accept_keys_without_scopes(call_api):
    body = {"keyId": "none", "name": "Key", "scopes": None}
    headers = {"X-Appwrite-Response-Format": "1.9.0"}
    status, _, key = call_api("POST", "/project/keys", {**SERVER, **headers}, json=body)
    assert (status, key["scopes"]) == (201, [])


def test_get_key_update_key_and_delete_key(project, call_api, expect_error):
    call_api("POST", "/project/keys", json={"keyId": "k", "name": "Key", "scopes": ["users.read"]})
    assert project.get_key("k").scopes == ["users.read"]
    call_api("PUT", "/project/keys/k", json={"name": "Changed", "scopes": [], "expire": "2001-01-01"})
    changed = project.get_key("k")
    assert (changed.name, changed.scopes, changed.expire) == ("Changed", [], "2001-01-01T00:00:00.000+00:00")
    project.delete_key("k")
    with expect_error("key_not_found", 404):
        project.get_key("k")


def ephemeral(call_api, **body):
    return call_api("POST", "/project/keys/ephemeral", json=body)


def test_create_ephemeral_key_is_valid_for_its_duration(emulator, call_api, alice, expect_error):
    status, _, key = ephemeral(call_api, scopes=["users.read"], duration=60)
    assert (status, key["name"], key["secret"].startswith("ephemeral_")) == (201, "", True)
    holder = client(emulator, key=key["secret"])
    assert Users(holder).get("alice").id == "alice"
    with expect_error("general_unauthorized_scope", 401):
        Teams(holder).list()
    emulator.clock.advance(61)
    with expect_error("general_unauthorized_scope", 401):
        Users(holder).get("alice")
    assert key["$id"] not in [each["$id"] for each in call_api("GET", "/project/keys")[2]["keys"]]


def test_ephemeral_key_is_valid_for_at_most_an_hour(call_api):
    assert ephemeral(call_api, scopes=[], duration=3600)[0] == 201
    for duration in (0, 3601, None):
        assert ephemeral(call_api, scopes=[], duration=duration)[:2] == INVALID
    assert ephemeral(call_api, scopes=["nonsense.read"], duration=60)[:2] == INVALID


def test_invalid_ephemeral_key_counts_as_a_guest(emulator, call_api):
    secret = ephemeral(call_api, scopes=["users.read"], duration=60)[2]["secret"]
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Key": f"{secret[:-3]}AAA"}
    assert call_api("GET", "/users", headers)[:2] == (401, "general_unauthorized_scope")
    assert call_api("GET", "/locale", headers)[:2] == (200, "")


def test_every_key_can_read_health_but_cannot_use_public_routes(call_api):
    secret = ephemeral(call_api, scopes=[], duration=60)[2]["secret"]
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Key": secret}
    assert call_api("GET", "/health", headers)[:2] == (200, "")
    assert call_api("GET", "/health/version", headers)[:2] == (401, "general_unauthorized_scope")
