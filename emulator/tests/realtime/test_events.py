"""Who receives events, what they contain, and when the server closes connections."""

import json

import pytest
import requests

from tests.conftest import GUEST, PASSWORD, session_headers, sign_in
from tests.realtime.conftest import ROWS, open_connection

POLICY_VIOLATION, SERVICE_RESTART = 1008, 1012
SECRETS = {"password", "hash", "hashOptions"}


def test_connection_without_a_project_is_rejected(emulator):
    """The real server connects the client to its console project instead."""
    connection = open_connection(emulator, "rows", project="")
    assert connection.receive() == {
        "type": "error",
        "data": {"code": 1008, "message": "Missing or unknown project ID"},
    }
    assert connection.close_code() == 1006


def test_user_changed_by_a_key_is_sent_without_the_password(alice, live, users):
    connection = live("account", session=alice.secret)
    users.update_labels("alice", ["editor"])
    (payload,) = connection.payloads()
    assert payload["labels"] == ["editor"]
    assert not SECRETS & payload.keys()


def test_session_created_by_a_key_is_sent_without_its_secret(alice, live, users):
    connection = live("account", session=alice.secret)
    users.create_session("alice")
    (payload,) = connection.payloads()
    assert payload["userId"] == "alice"
    assert payload["secret"] == ""


def test_token_of_a_recovery_is_sent_without_its_secret(alice, live, call_api):
    connection = live("account", session=alice.secret)
    body = {"email": alice.email, "url": "http://localhost/recover"}
    assert call_api("POST", "/account/recovery", json=body)[0] == 201
    (payload,) = connection.payloads()
    assert payload["userId"] == "alice"
    assert "secret" not in payload


def test_blocking_a_user_closes_their_connections(alice, bob, live, users):
    connection, other = live("account", session=alice.secret), live("account", session=bob.secret)
    users.update_status("alice", False)
    assert connection.receive()["data"]["events"][0] == "users.alice.update.status"
    assert connection.close_code() == POLICY_VIOLATION
    assert other.ask("ping") == {"type": "pong"}


def test_blocked_user_is_a_guest(alice, live, users, emulator):
    users.update_status("alice", False)
    connection = open_connection(emulator, X_Appwrite_Session=alice.secret)
    assert connection.receive()["data"]["user"] is None
    answer = connection.ask("authentication", {"session": alice.secret})
    assert answer["data"]["code"] == 1003


def test_deleting_a_user_closes_their_connections(alice, live, users):
    connection = live("account", session=alice.secret)
    users.delete("alice")
    assert connection.receive()["data"]["events"][0] == "users.alice.delete"
    assert connection.close_code() == POLICY_VIOLATION


def test_deleting_a_session_closes_only_its_connections(alice, live, emulator, server):
    first = live("account", session=alice.secret)
    second = live("account", session=sign_in(emulator, server, "alice").secret)
    first.events()
    alice.account.delete_session("current")
    assert first.receive()["data"]["events"][0].endswith(".delete")
    assert first.close_code() == POLICY_VIOLATION
    assert len(second.events()) == 1


def test_changing_the_password_closes_the_connections_of_other_sessions(alice, live, emulator, server):
    mine = live(session=alice.secret)
    others = live(session=sign_in(emulator, server, "alice").secret)
    alice.account.update_password("another-horse-9", PASSWORD)
    assert others.close_code() == POLICY_VIOLATION
    assert mine.ask("ping") == {"type": "pong"}


def test_connection_with_a_jwt_is_closed_when_its_session_is_deleted(alice, live, call_api):
    status, _, body = call_api("POST", "/account/jwts", headers=session_headers(alice))
    assert status == 201
    connection = live(X_Appwrite_JWT=body["jwt"])
    alice.account.delete_sessions()
    assert connection.close_code() == POLICY_VIOLATION


def test_connection_is_closed_when_the_session_it_signed_in_with_is_deleted(alice, live):
    connection = live("account")
    assert connection.ask("authentication", {"session": alice.secret})["data"]["success"] is True
    alice.account.delete_sessions()
    assert connection.close_code() == POLICY_VIOLATION


def test_deleting_all_sessions_sends_one_event_for_the_current_session(alice, live, emulator, server):
    other = sign_in(emulator, server, "alice")
    connection = live("account", session=alice.secret)
    other.account.delete_sessions()
    assert connection.receive()["data"]["events"][0].startswith("users.alice.sessions.")
    assert connection.close_code() == POLICY_VIOLATION


def test_members_of_a_deleted_team_receive_the_delete_event(alice, bob, live, call_api):
    connections = [live("teams", session=person.secret) for person in (alice, bob)]
    call_api("POST", "/teams", headers=session_headers(alice), json={"teamId": "crew", "name": "Crew"})
    call_api("DELETE", "/teams/crew")
    events = [[event["events"][0] for event in connection.events()] for connection in connections]
    assert events == [["teams.crew.create", "teams.crew.delete"], []]


def test_rolled_back_write_sends_no_event(notes, live):
    connection = live("rows")
    rows = [{"$id": "n1", "title": "x"}, {"$id": "n1", "title": "y"}]
    assert notes("POST", ROWS, json={"rows": rows})[0] == 409
    assert connection.events() == []


def test_graphql_mutation_sends_events(notes, live):
    connection = live("rows")
    row = 'databaseId: "app", tableId: "notes", rowId: "n1", data: "{\\"title\\":\\"x\\"}"'
    query = f"mutation {{ tablesDBCreateRow({row}) {{ _id }} }}"
    status, _, body = notes("POST", "/graphql", json={"query": query})
    assert (status, "errors" in body) == (200, False), body
    assert [payload["$id"] for payload in connection.payloads()] == ["n1"]


def test_rows_are_sent_without_related_rows(notes, live):
    columns = [{"key": "name", "type": "string", "size": 100, "required": False}]
    notes("POST", "/tablesdb/app/tables", json={"tableId": "people", "name": "People", "columns": columns})
    column = {"relatedTableId": "people", "type": "manyToOne", "key": "author"}
    notes("POST", "/tablesdb/app/tables/notes/columns/relationship", json=column)
    connection = live("rows")
    row = {"rowId": "n1", "data": {"title": "x", "author": {"$id": "ada", "name": "Ada"}}}
    status, _, answer = notes("POST", ROWS, json=row)
    assert status == 201, answer
    (payload,) = connection.payloads()
    assert payload["title"] == "x"
    assert "author" not in payload


def test_changes_in_a_legacy_database_send_document_events(notes, live):
    notes("POST", "/databases", json={"databaseId": "old", "name": "Old"})
    collection = {"collectionId": "posts", "name": "Posts", "permissions": ['read("any")']}
    notes("POST", "/databases/old/collections", json=collection)
    notes("POST", "/databases/old/collections/posts/attributes/string", json={"key": "t", "size": 9, "required": False})
    connection = live("documents", "rows")
    status, _, answer = notes(
        "POST", "/databases/old/collections/posts/documents", json={"documentId": "p1", "data": {"t": "x"}}
    )
    assert status == 201, answer
    (event,) = connection.events()
    assert event["events"][0] == "databases.old.collections.posts.documents.p1.create"
    assert not any(name.startswith("tablesdb") for name in event["events"])
    assert event["payload"]["$collectionId"] == "posts"


def test_last_chunk_of_an_upload_sends_the_event(call_api, live):
    call_api("POST", "/storage/buckets", json={"bucketId": "b", "name": "B", "permissions": ['read("any")']})
    connection = live("files")
    size, chunk = 5 * 1024 * 1024 + 10, 5 * 1024 * 1024
    for start in (0, chunk):
        end = min(start + chunk, size)
        headers = {**GUEST, "X-Appwrite-Key": "key-with-all-scopes", "X-Appwrite-ID": "f1"}
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
        file = ("a.bin", b"x" * (end - start), "application/octet-stream")
        status, _, answer = call_api(
            "POST", "/storage/buckets/b/files", headers=headers, data={"fileId": "f1"}, files={"file": file}
        )
        assert status == 201, answer
    (payload,) = connection.payloads()
    assert payload["chunksUploaded"] == 2


def test_connection_that_changes_its_user_receives_only_events_of_the_new_user(alice, bob, live, users):
    connection = live("account", session=alice.secret)
    connection.ask("authentication", {"session": bob.secret})
    users.update_name("alice", "Alice Two")
    users.update_name("bob", "Bob Two")
    assert [payload["name"] for payload in connection.payloads()] == ["Bob Two"]


def test_connections_of_one_user_share_one_presence(alice, live):
    first, second = live(session=alice.secret), live(session=alice.secret)
    presence = first.ask("presence", {"status": "online"})["data"]["presence"]
    again = second.ask("presence", {"status": "away"})["data"]["presence"]
    assert presence["$id"] == again["$id"]
    assert (again["status"], again["$createdAt"]) == ("away", presence["$createdAt"])


@pytest.mark.parametrize(
    "data",
    [
        {"status": "x" * 2049},
        {"status": "here", "presenceId": "not an id"},
        {"status": "here", "metadata": "text"},
        {"status": "here", "permissions": ['create("users")']},
        {"status": "here", "permissions": "read"},
    ],
)
def test_invalid_presence_is_rejected(alice, live, data):
    assert live(session=alice.secret).ask("presence", data)["data"]["code"] == 1003


def test_user_cannot_grant_a_foreign_team_access_to_a_presence(alice, live):
    answer = live(session=alice.secret).ask("presence", {"status": "here", "permissions": ['read("team:others")']})
    assert answer["data"]["code"] == 401


def test_connection_receives_only_events_of_its_project(emulator, notes, live):
    emulator.control("POST", "projects", body={"projectId": "second"})
    first, second = live("rows"), live("rows", project="second")
    notes("POST", ROWS, json={"rowId": "n1", "data": {"title": "x"}})
    assert len(first.events()) == 1
    assert second.events() == []
    emulator.control("DELETE", "projects/second")
    assert second.close_code() == SERVICE_RESTART
    assert first.ask("ping") == {"type": "pong"}


class TestFaults:
    def test_drop_fault_drops_only_the_first_event(self, emulator, notes, live):
        connection = live("rows")
        emulator.faults.add("realtime.event", drop=True, first=1)
        for row_id in ("n1", "n2"):
            notes("POST", ROWS, json={"rowId": row_id, "data": {"title": "x"}})
        assert [payload["$id"] for payload in connection.payloads()] == ["n2"]

    def test_delayed_events_keep_their_order(self, emulator, notes, live):
        connection = live("rows")
        emulator.faults.add("realtime.event", delay=0.3, first=1)
        for row_id in ("n1", "n2"):
            notes("POST", ROWS, json={"rowId": row_id, "data": {"title": "x"}})
        assert [payload["$id"] for payload in connection.payloads()] == ["n1", "n2"]

    def test_message_gets_an_error_response(self, emulator, live):
        connection = live()
        emulator.faults.add("realtime.subscribe", status=500, first=1)
        message = [{"channels": ["rows"]}]
        assert connection.ask("subscribe", message)["data"]["code"] == 500
        assert connection.ask("subscribe", message)["data"]["success"] is True

    def test_malformed_frame_is_not_json(self, emulator, live):
        connection = live()
        emulator.faults.add("realtime.ping", malformed=True)
        connection.send("ping")
        with pytest.raises(json.JSONDecodeError):
            connection.receive()

    def test_connection_is_rejected(self, emulator, live):
        emulator.faults.add("realtime.connect", status=503, first=1)
        connection = open_connection(emulator)
        assert connection.receive()["data"]["code"] == 503
        assert connection.close_code() == 1006
        assert live().ask("ping") == {"type": "pong"}

    def test_connection_is_dropped_before_the_handshake(self, emulator):
        emulator.faults.add("realtime.connect", drop=True)
        with pytest.raises(Exception, match="did not receive a valid HTTP response"):
            open_connection(emulator)


def test_request_log_shows_connections_messages_and_events(emulator, notes, live, alice):
    connection = live("rows", session=alice.secret)
    notes("POST", ROWS, json={"rowId": "n1", "data": {"title": "x"}})
    connection.events()
    connection.ask("dance")
    requests = emulator.control("GET", "requests.json")["requests"]
    shown = [
        (entry["method"], entry["operation"], entry["status"], entry["name"])
        for entry in reversed(requests)
        if entry["operation"].startswith("realtime.")
    ]
    assert shown == [
        ("GET", "realtime.connect", 101, "alice"),
        ("EVENT", "realtime.event", 200, "1 connection"),
        ("MESSAGE", "realtime.ping", 200, "alice"),
        ("MESSAGE", "realtime.message", 1003, "alice"),
    ]


def test_account_channels_of_other_users_cannot_be_subscribed_to(alice, bob, live, users):
    connection = live("account.alice", "account.alice.update", session=bob.secret)
    connection.ask("subscribe", [{"channels": ["account.alice"]}])
    users.update_name("alice", "Alice Two")
    assert connection.events() == []


def test_guest_receives_no_account_events(alice, live, users):
    connection = live("account", "account.update", "users")
    users.update_name("alice", "Alice Two")
    users.create_session("alice")
    assert connection.events() == []


def test_changes_on_admin_pages_send_the_same_events_as_api_calls(alice, emulator, notes, live):
    """Each submitted form is one transaction, even if it performs several operations."""
    connection = live("rows", "account", session=alice.secret)
    pages = f"{emulator.origin}/_emulator/data"

    def submit(page: str, form: str, **typed: str) -> str:
        answer = requests.post(f"{pages}/{page}", data={"form": form, **typed}, allow_redirects=False, timeout=20)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"].removeprefix("/_emulator/data/")

    row = submit("databases/app/notes/", "create", **{"id": "one", "column-title": "Salt", "column-text": "Sea"})
    submit(row, "change", **{"column-title": "Pepper", "column-text": "Sea"})
    submit(row, "delete")
    submit("users/alice/", "change", name="Alice A.", email=alice.email, prefs='{"a": 1}', status="on")
    events = connection.events()
    assert [event["events"][0] for event in events] == [
        "tablesdb.app.tables.notes.rows.one.create",
        "tablesdb.app.tables.notes.rows.one.update",
        "tablesdb.app.tables.notes.rows.one.delete",
        "users.alice.update.name",
        "users.alice.update.prefs",
    ]
    assert [event["payload"].get("title") for event in events[:3]] == ["Salt", "Pepper", "Pepper"]
