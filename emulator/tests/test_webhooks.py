"""Webhooks, with which the emulator sends events as POST requests to URLs on the same machine."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from appwrite.services.account import Account
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from appwrite.services.webhooks import Webhooks

from appwrite_emulator.testing import Emulator
from tests.conftest import GUEST, INVALID, KEY, PASSWORD, CallApi, client

TIMEOUT = 14  # in seconds, shorter than the emulator's timeout for a receiver


@dataclass
class Receiver:
    """A local server's received requests, and the status code of its responses."""

    url: str
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200

    def wait_for(self, number: int) -> list[tuple[dict[str, str], bytes]]:
        deadline = time.monotonic() + 30
        while len(self.requests) < number and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.requests


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((dict(self.headers), body))
            self.send_response(receiver.status)
            self.end_headers()
            self.wfile.write(b"thanks")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook?a=1")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()


@pytest.fixture
def create(call_api: CallApi, receiver):
    """Return a function that creates a webhook with the receiver's URL."""

    def create(*events: str, **fields: object) -> dict:
        body = {"webhookId": "hook", "name": "Høok", "url": receiver.url, "events": events, **fields}
        status, _, webhook = call_api("POST", "/webhooks", json=body)
        assert status == 201
        return webhook

    return create


def wait_until_stored(call_api: CallApi, attempts: int) -> dict:
    deadline = time.monotonic() + 30
    while True:
        webhook = call_api("GET", "/webhooks/hook")[2]
        if webhook["attempts"] == attempts or time.monotonic() > deadline:
            return webhook
        time.sleep(0.05)


def test_matching_events_are_posted_with_a_signature(create, receiver, alice):
    webhook = create("teams.*.create", authUsername="me", authPassword="secret words")
    teams = Teams(alice.client)
    teams.create("crew", "Crew")
    teams.update_name("crew", "The crew")
    teams.create("band", "Band")
    (headers, body), (second, _) = receiver.wait_for(2)
    assert json.loads(body)["name"] == "Crew"
    assert headers["X-Appwrite-Webhook-Events"].split(",")[0] == "teams.crew.create"
    assert second["X-Appwrite-Webhook-Events"].split(",")[0] == "teams.band.create"
    assert headers["X-Appwrite-Webhook-Id"] == "hook"
    assert headers["X-Appwrite-Webhook-User-Id"] == "alice"
    assert headers["X-Appwrite-Webhook-Project-Id"] == "default"
    assert headers["Content-Type"] == "application/json"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"me:secret words"
    signature = hmac.new(webhook["secret"].encode(), receiver.url.encode() + body, hashlib.sha1).digest()
    assert headers["X-Appwrite-Webhook-Signature"] == base64.b64encode(signature).decode()


def test_payload_of_a_new_user_has_targets_and_empty_objects_as_lists(create, receiver, users):
    """On the real server, events pass through a queue, which turns empty objects into lists."""
    create("users.*.create")
    users.create("ann", email="ann@example.com", password=PASSWORD)
    [(_, body)] = receiver.wait_for(1)
    user = json.loads(body)
    assert (user["prefs"], [target["identifier"] for target in user["targets"]]) == ([], ["ann@example.com"])
    assert user["passwordUpdate"]


def test_function_events_are_posted_to_webhooks(create, receiver, call_api):
    create("functions.*")
    call_api("POST", "/functions", json={"functionId": "hello", "name": "Hello", "runtime": "node-22"})
    assert len(receiver.wait_for(1)) == 1


def test_failed_deliveries_are_logged_and_disable_the_webhook(create, receiver, server, call_api):
    create("teams.*.create")
    receiver.status = 500
    for number in range(10):
        Teams(server).create(f"crew{number}", "Crew")
    webhook = wait_until_stored(call_api, 10)
    assert (webhook["enabled"], webhook["attempts"]) == (False, 10)
    assert "Status code: 500" in webhook["logs"]
    receiver.status = 200
    body = {"name": "Hook", "url": receiver.url, "events": ["teams.*.create"]}
    _, _, webhook = call_api("PUT", "/webhooks/hook", json=body)
    assert (webhook["enabled"], webhook["attempts"], webhook["secret"]) == (True, 0, "")
    Teams(server).create("band", "Band")
    assert len(receiver.wait_for(11)) == 11


@pytest.mark.parametrize(("url", "reason"), [("http://example.com/", "127.0.0.1"), ("http://127.0.0.1:9/", "refused")])
def test_webhooks_are_never_sent_to_other_hosts(create, guest, call_api, url, reason):
    create("users.*.create", url=url)
    Account(guest).create("ann", "ann@example.com", PASSWORD)
    logs = wait_until_stored(call_api, 1)["logs"]
    assert "\nCURL Error: " in logs
    assert reason in logs


def test_receiver_that_never_responds_does_not_delay_stopping():
    with socket.create_server(("127.0.0.1", 0)) as silent, Emulator(key=KEY, fast_hashes=True) as emulator:
        silent.settimeout(TIMEOUT)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        server = client(emulator, key=KEY)
        Webhooks(server).create("hook", url, "Hook", ["users.*.create"])
        Users(server).create("ada")
        connection, _ = silent.accept()
        with connection:
            started = time.monotonic()
            emulator.stop()
            assert time.monotonic() - started < TIMEOUT


def test_slow_receiver_of_one_project_does_not_delay_other_projects(receiver):
    """One project's receiver never responds. The other project's receiver still gets its event."""
    with socket.create_server(("127.0.0.1", 0)) as silent, Emulator(key=KEY, fast_hashes=True) as emulator:
        worker = emulator.open_project("worker")
        urls = {emulator: f"http://127.0.0.1:{silent.getsockname()[1]}/", worker: receiver.url}
        for project, url in urls.items():
            Webhooks(client(project, key=KEY)).create("hook", url, "Hook", ["users.*.create"])
            Users(client(project, key=KEY)).create("ada")
        [(headers, _)] = receiver.wait_for(1)
        assert headers["X-Appwrite-Webhook-Project-Id"] == "worker"
        assert Webhooks(client(emulator, key=KEY)).get("hook").attempts == 0


def test_deleted_webhook_receives_no_events(create, receiver, server, call_api):
    create("teams.*.create")
    assert call_api("DELETE", "/webhooks/hook")[0] == 204
    Teams(server).create("crew", "Crew")
    create("teams.*.create")
    Teams(server).create("band", "Band")
    [(headers, _)] = receiver.wait_for(1)
    assert headers["X-Appwrite-Webhook-Events"].startswith("teams.band.create,")


def test_webhooks_are_listed_and_changed(create, call_api, receiver):
    webhook = create("users.*", enabled=False)
    assert (len(webhook["secret"]), webhook["enabled"], webhook["tls"]) == (128, False, False)
    assert call_api("GET", "/webhooks")[2]["webhooks"] == [{**webhook, "secret": ""}]
    changed = call_api("PATCH", "/webhooks/hook/secret", json={"secret": "long enough"})[2]
    assert changed["secret"] == "long enough"
    assert call_api("PATCH", "/webhooks/hook/secret", json={})[2]["secret"] != "long enough"


def test_invalid_webhooks_are_rejected(create, call_api):
    create("users.*")
    valid = {"webhookId": "other", "name": "Other", "url": "http://localhost/", "events": ["users.*"]}
    assert call_api("POST", "/webhooks", json={**valid, "webhookId": "hook"})[:2] == (409, "webhook_already_exists")
    for wrong in ({"url": "ftp://localhost/"}, {"events": ["ghosts.*"]}, {"name": ""}, {"secret": "short"}):
        assert call_api("POST", "/webhooks", json={**valid, **wrong})[:2] == INVALID
    assert call_api("GET", "/webhooks/none")[:2] == (404, "webhook_not_found")
    assert call_api("GET", "/webhooks", GUEST)[:2] == (401, "general_unauthorized_scope")


def payloads(receiver: Receiver, number: int) -> list[dict]:
    return [json.loads(body) for _, body in receiver.wait_for(number)]


def test_user_agent_names_the_server_and_an_address_for_reports(create, receiver, server):
    create("teams.*.create")
    Teams(server).create("crew", "Crew")
    [(headers, _)] = receiver.wait_for(1)
    assert headers["User-Agent"] == "Appwrite-Server vdev. Please report abuse at security@appwrite.io"


def test_events_of_a_guest_who_signs_up_or_in_name_the_user(create, receiver, guest, emulator):
    create("users.*.create", "users.*.sessions.*.create", "users.*.recovery.*.create")
    account = Account(guest)
    account.create("ann", "ann@example.com", PASSWORD)
    account.create_email_password_session("ann@example.com", PASSWORD)
    account = Account(client(emulator))
    account.create_recovery("ann@example.com", "http://localhost/recovery")
    account.create_magic_url_token("bo", "bo@example.com")
    requests = receiver.wait_for(4)
    assert [headers["X-Appwrite-Webhook-User-Id"] for headers, _ in requests] == ["ann", "ann", "ann", "bo"]


def test_event_of_a_guest_who_accepts_an_invitation_names_the_user(create, receiver, alice, emulator):
    create("teams.*.memberships.*.update.status")
    teams = Teams(alice.client)
    teams.create("crew", "Crew")
    invitation = teams.create_membership("crew", ["editor"], email="ann@example.com", url="http://localhost/join")
    secret = dict(parse_qsl(urlsplit(emulator.inbox.link("ann@example.com")).query))["secret"]
    Teams(client(emulator)).update_membership_status("crew", invitation.id, invitation.userid, secret)
    [(headers, _)] = receiver.wait_for(1)
    assert headers["X-Appwrite-Webhook-User-Id"] == invitation.userid


def test_events_of_an_api_key_name_no_user(create, receiver, users):
    create("users.*.create", "users.*.update.name")
    users.create("ann")
    users.update_name("ann", "Ann")
    assert [headers["X-Appwrite-Webhook-User-Id"] for headers, _ in receiver.wait_for(2)] == ["", ""]


def test_recovery_and_verification_events_contain_the_secret(create, receiver, alice, guest):
    create("users.*.recovery.*.create", "users.*.verification.*")
    Account(guest).create_recovery("alice@example.com", "http://localhost/recovery")
    Account(alice.client).create_email_verification("http://localhost/verify")
    recovery, verification = payloads(receiver, 2)
    Account(guest).update_recovery("alice", recovery["secret"], PASSWORD + "2")
    Account(guest).update_email_verification("alice", verification["secret"])
    updated = payloads(receiver, 3)[2]
    assert updated["$id"] == verification["$id"]
    assert updated["secret"] not in ("", verification["secret"])


def test_updating_a_users_preferences_sends_the_preferences(create, receiver, users):
    create("users.*.update.prefs")
    users.create("ann")
    users.update_prefs("ann", {"secret": "b"})
    assert payloads(receiver, 1) == [{"secret": "b"}]


DELETED = {
    "databases/app/collections/posts/attributes/title": {"key": "title", "type": "varchar", "status": "deleting"},
    "databases/app/collections/posts/indexes/day": {"key": "day", "attributes": ["day"], "status": "deleting"},
    "databases/app/collections/posts": {"$id": "posts", "name": "Posts", "documentSecurity": True},
    "tablesdb/app/tables/notes/columns/title": {"key": "title", "type": "varchar", "status": "deleting"},
    "tablesdb/app/tables/notes/indexes/day": {"key": "day", "columns": ["day"], "status": "deleting"},
    "tablesdb/app/tables/notes": {"$id": "notes", "name": "Notes", "rowSecurity": True},
    "tablesdb/app": {"$id": "app", "name": "App"},
    "storage/buckets/covers": {"$id": "covers", "name": "Covers", "$permissions": ['read("any")']},
    "messaging/messages/hello": {"$id": "hello", "status": "draft"},
}


def test_deleting_a_resource_sends_it_as_it_was(create, receiver, call_api):
    columns = [
        {"key": "title", "type": "varchar", "size": 10},
        {"key": "day", "type": "integer"},
    ]
    indexes = [{"key": "day", "type": "key", "attributes": ["day"]}]
    assert call_api("POST", "/tablesdb", json={"databaseId": "app", "name": "App"})[0] == 201
    for name in ("Posts", "Notes"):
        table = {"tableId": name.lower(), "name": name, "rowSecurity": True, "columns": columns, "indexes": indexes}
        assert call_api("POST", "/tablesdb/app/tables", json=table)[0] == 201
    bucket = {"bucketId": "covers", "name": "Covers", "permissions": ['read("any")']}
    assert call_api("POST", "/storage/buckets", json=bucket)[0] == 201
    mail = {"messageId": "hello", "subject": "Hello", "content": "Hi", "draft": True}
    assert call_api("POST", "/messaging/messages/email", json=mail)[0] == 201
    create("databases.*", "buckets.*", "messages.*")
    for path in DELETED:
        assert call_api("DELETE", f"/{path}")[0] == 204
    sent = payloads(receiver, len(DELETED))
    for payload, (path, expected) in zip(sent, DELETED.items(), strict=True):
        assert {key: payload.get(key) for key in expected} == expected, path
