"""Presences: the statuses that users publish through the REST API or realtime messages."""

import datetime

import pytest
from appwrite.query import Query
from appwrite.services.presences import Presences

from tests.conftest import session_headers
from tests.realtime.conftest import open_connection


@pytest.fixture
def presences(server):
    return Presences(server)


def call(call_api, person, method, path="", **body):
    headers = session_headers(person)
    return call_api(method, f"/presences{path}", headers=headers, **({"json": body} if body else {}))


def test_upsert(presences, alice):
    presence = presences.upsert("p1", "alice", "online", metadata={"page": 3})
    assert (presence.id, presence.userid, presence.status, presence.source) == ("p1", "alice", "online", "rest")
    assert presence.permissions == [f'{action}("user:alice")' for action in ("delete", "read", "update", "write")]
    assert presence.createdat == presence.updatedat


def test_user_can_have_only_one_presence(presences, alice):
    presences.upsert("p1", "alice", "online")
    assert presences.upsert("p2", "alice", "away").id == "p1"
    assert presences.list().total == 1


def test_presence_id_of_another_user_cannot_be_used(presences, alice, bob, expect_error):
    presences.upsert("p1", "alice", "online")
    with expect_error("presence_already_exists", 409):
        presences.upsert("p1", "bob", "online")


def test_presence_expires_after_15_minutes(presences, alice, emulator, expect_error):
    presences.upsert("p1", "alice", "online")
    emulator.clock.advance(14 * 60)
    assert presences.get("p1").status == "online"
    emulator.clock.advance(2 * 60)
    assert presences.list().total == 0
    with expect_error("presence_not_found", 404):
        presences.get("p1")


@pytest.mark.parametrize("days", [-1, 31])
def test_expiry_must_be_within_the_next_thirty_days(presences, alice, expect_error, days):
    expiry = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    with expect_error("general_argument_invalid", 400):
        presences.upsert("p1", "alice", "online", expires_at=expiry.isoformat())


def test_get(presences, alice):
    presences.upsert("p1", "alice", "online")
    assert (presences.get("p1").userid, presences.get("p1").metadata) == ("alice", {})


def test_update(presences, alice):
    presences.upsert("p1", "alice", "online", metadata={"page": 3})
    presence = presences.update("p1", "alice", status="away", purge=True)
    assert (presence.status, presence.metadata) == ("away", {"page": 3})


def test_delete(presences, alice, expect_error):
    presences.upsert("p1", "alice", "online")
    presences.delete("p1")
    with expect_error("presence_not_found", 404):
        presences.get("p1")


def test_list_filters(presences, alice, bob):
    presences.upsert("p1", "alice", "online")
    presences.upsert("p2", "bob", "away")
    assert [each.id for each in presences.list([Query.equal("status", ["away"])]).presences] == ["p2"]
    assert [each.id for each in presences.list([Query.equal("userId", ["alice"])]).presences] == ["p1"]


def test_list_is_cached_for_its_ttl(presences, alice, emulator):
    assert presences.list(ttl=60).total == 0
    presences.upsert("p1", "alice", "online")
    assert presences.list(ttl=60).total == 0
    emulator.clock.advance(61)
    assert presences.list(ttl=60).total == 1


def test_users_see_only_presences_that_they_can_read(call_api, alice, bob):
    assert call(call_api, alice, "PUT", "/p1", status="online")[0] == 200
    assert call(call_api, bob, "GET", "/p1")[:2] == (404, "presence_not_found")
    assert call(call_api, bob, "GET")[2]["total"] == 0
    assert call(call_api, alice, "PATCH", "/p1", permissions=['read("users")', 'update("user:alice")'])[0] == 200
    assert call(call_api, bob, "GET", "/p1")[2]["userId"] == "alice"
    assert call(call_api, bob, "PATCH", "/p1", status="away")[:2] == (401, "user_unauthorized")
    assert call(call_api, alice, "DELETE", "/p1")[:2] == (401, "user_unauthorized")


def test_users_cannot_create_a_presence_for_another_user(call_api, alice, bob):
    status = call(call_api, alice, "PUT", "/p1", status="online", userId="bob")[:2]
    assert status == (401, "general_unauthorized_scope")


def test_presence_created_with_a_key_requires_a_user_id(call_api):
    assert call_api("PUT", "/presences/p1", json={"status": "online"})[:2] == (400, "general_bad_request")


def test_guests_cannot_create_a_presence(call_api):
    guest = {"X-Appwrite-Project": "default"}
    status = call_api("PUT", "/presences/p1", headers=guest, json={"status": "online"})[:2]
    assert status == (401, "general_unauthorized_scope")


def test_presence_deleted_by_the_api_is_not_deleted_again_with_its_connection(emulator, call_api, alice, bob):
    """After the REST API has deleted a presence, closing its connection does not send a second delete event."""
    connection = open_connection(emulator, X_Appwrite_Session=alice.secret)
    observer = open_connection(emulator, "presences", X_Appwrite_Session=alice.secret)
    for opened in (connection, observer):
        opened.receive()
    presence = connection.ask("presence", {"status": "online"})["data"]["presence"]
    assert call_api("GET", f"/presences/{presence['$id']}")[2]["source"] == "realtime"
    assert call_api("DELETE", f"/presences/{presence['$id']}")[0] == 204
    connection.socket.close()
    bob_connection = open_connection(emulator, X_Appwrite_Session=bob.secret)
    bob_connection.receive()
    assert bob_connection.ask("ping") == {"type": "pong"}
    actions = [event["events"][0].rpartition(".")[2] for event in observer.events()]
    assert actions == ["upsert", "delete"]
    for opened in (observer, bob_connection):
        opened.socket.close()
