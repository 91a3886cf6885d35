"""The request log shows each request's caller, operation, duration and status, but no secrets."""

import pytest
import requests
from appwrite.services.account import Account

from tests.conftest import GUEST, KEY, PASSWORD, client


@pytest.fixture
def log(emulator):
    """Return a function that reads the log entries, newest first: `log(status="4xx")`."""

    def read(**filters):
        response = requests.get(f"{emulator.origin}/_emulator/requests.json", params=filters, timeout=20)
        response.raise_for_status()
        return response.json()["requests"]

    return read


def test_log_shows_operation_caller_and_status(users, alice, guest, log, expect_error):
    users.get("alice")
    alice.account.get()
    with expect_error("general_unauthorized_scope", 401):
        Account(guest).get()
    newest = log()[:3]
    assert [(e["operation"], e["caller"], e["name"], e["status"], e["type"]) for e in newest] == [
        ("account.get", "guest", "", 401, "general_unauthorized_scope"),
        ("account.get", "user", "alice", 200, ""),
        ("users.get", "key", "All scopes", 200, ""),
    ]
    assert [(entry["method"], entry["path"]) for entry in newest[1:]] == [
        ("GET", "/v1/account"),
        ("GET", "/v1/users/alice"),
    ]
    assert all(entry["ms"] > 0 and entry["at"].endswith("+00:00") for entry in newest)


def test_log_shows_no_secret(emulator, alice, log):
    Account(client(emulator)).create_email_password_session(alice.email, PASSWORD)
    query = {"secret": "s3cr3t", "password": PASSWORD, "key": KEY}
    requests.get(f"{emulator.endpoint}/account", headers={**GUEST, "X-Appwrite-JWT": KEY}, params=query, timeout=20)
    requests.get(f"{emulator.endpoint}/account", headers=GUEST, cookies={"a_session_default": alice.secret}, timeout=20)
    shown = requests.get(f"{emulator.origin}/_emulator/requests.json", timeout=20).text
    shown += requests.get(f"{emulator.origin}/_emulator/requests/", timeout=20).text
    assert not [secret for secret in (alice.secret, PASSWORD, KEY, "s3cr3t") if secret in shown]


def test_log_lists_the_parameters_that_the_operation_did_not_read(emulator, users, log):
    body = {"userId": "ada", "nickname": "A", "age": 3}
    requests.post(f"{emulator.endpoint}/users", json=body, headers={**GUEST, "X-Appwrite-Key": KEY}, timeout=20)
    assert log()[0]["unread"] == ["nickname", "age"]
    users.create("bert")
    assert log()[0]["unread"] == []


def test_headers_that_change_the_response_are_shown(emulator, alice, log):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret, "X-Appwrite-Response-Format": "1.4.0", "X-Other": "1"}
    requests.get(f"{emulator.endpoint}/account", headers=headers, timeout=20)
    assert log()[0]["headers"] == {"X-Appwrite-Response-Format": "1.4.0"}


def test_requests_without_a_route_are_logged(emulator, log):
    requests.get(f"{emulator.endpoint}/nonsense", headers=GUEST, timeout=20)
    assert [log()[0][name] for name in ("path", "operation", "status", "caller")] == ["/v1/nonsense", "", 404, "guest"]


def test_log_is_filtered_by_operation_status_and_caller(users, alice, log, expect_error):
    with expect_error("user_not_found", 404):
        users.get("nobody")
    alice.account.get()
    assert {entry["operation"] for entry in log(operation="users.*")} == {
        "users.get",
        "users.create",
        "users.createToken",
    }
    assert [entry["operation"] for entry in log(operation="USERS.GET")] == ["users.get"]
    assert [entry["operation"] for entry in log(status="4xx")] == ["users.get"]
    assert [entry["operation"] for entry in log(status="404")] == ["users.get"]
    assert [entry["operation"] for entry in log(caller="alice")] == ["account.get"]
    assert [entry["operation"] for entry in log(caller="user", status="2")] == ["account.get"]
    assert log(caller="guest") == []


def test_log_is_emptied_on_request_and_by_a_reset(emulator, users, log):
    users.list()
    assert requests.delete(f"{emulator.origin}/_emulator/requests.json", timeout=20).json()["total"] == 0
    users.list()
    requests.post(f"{emulator.origin}/_emulator/requests/", timeout=20).raise_for_status()
    assert log() == []
    users.list()
    emulator.reset()
    assert log() == []


def test_log_keeps_the_last_thousand_requests(emulator, log):
    with requests.Session() as browser:
        for number in range(1003):
            browser.get(f"{emulator.endpoint}/nonsense/{number}", timeout=20)
    kept = log()
    assert (len(kept), kept[0]["path"], kept[-1]["path"]) == (1000, "/v1/nonsense/1002", "/v1/nonsense/3")


def test_page_shows_the_log(emulator, users):
    users.list()
    page = f"{emulator.origin}/_emulator/requests/"
    assert "users.list" in requests.get(page, timeout=20).text
    shown = requests.get(page, params={"operation": "account.*"}, timeout=20).text
    assert "users.list" not in shown
    assert "0 requests match." in shown
    assert 'value="account.*"' in shown


def test_page_escapes_request_data(emulator):
    requests.get(f"{emulator.endpoint}/<script>", headers={**GUEST, "Origin": "<b>"}, timeout=20)
    shown = requests.get(f"{emulator.origin}/_emulator/requests/", timeout=20).text
    assert "<script>" not in shown
    assert "<b>:" not in shown
