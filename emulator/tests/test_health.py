"""The health routes. The SDK has no service for them."""

from typing import Any

import pytest
import requests

from tests.conftest import GUEST, KEY, session_headers


@pytest.fixture
def call_health(emulator):
    """Return a function: `call_health("db")` sends GET /health/db with an API key, and returns the status and body."""

    def call_health(path: str, key: str = KEY, **query: Any) -> tuple[int, dict[str, Any]]:
        headers = GUEST | ({"X-Appwrite-Key": key} if key else {})
        response = requests.get(f"{emulator.endpoint}/health/{path}", params=query, headers=headers, timeout=20)
        return response.status_code, response.json()

    return call_health


def test_server_is_healthy(call_health):
    status, body = call_health("")
    assert (status, body) == (200, {"name": "http", "ping": 0, "status": "pass"})


def test_version_requires_no_key(call_health, emulator):
    assert call_health("version", key="") == (200, {"version": "1.9.6"})
    assert requests.get(f"{emulator.endpoint}/health/version", timeout=20).status_code == 200


@pytest.mark.parametrize(("path", "count"), [("db", 2), ("cache", 1), ("pubsub", 1)])
def test_database_cache_and_pubsub_are_healthy(call_health, path, count):
    status, body = call_health(path)
    assert (status, body["total"]) == (200, count)
    for each in body["statuses"]:
        assert (each["status"], type(each["ping"])) == ("pass", int)
        assert each["name"]


@pytest.mark.parametrize("path", ["storage", "storage/local"])
def test_storage_is_healthy(call_health, path):
    status, body = call_health(path)
    assert (status, body["status"]) == (200, "pass")


def test_antivirus_is_disabled(call_health):
    assert call_health("anti-virus") == (200, {"status": "disabled", "version": ""})


def test_time_check_fails_after_the_clock_was_moved(call_health, emulator):
    status, body = call_health("time")
    assert status == 200
    assert abs(body["diff"]) <= 1
    assert body["diff"] == body["remoteTime"] - body["localTime"]
    emulator.clock.advance(61)
    status, body = call_health("time")
    assert (status, body["type"]) == (500, "general_unknown")


QUEUES = (
    "audits", "builds", "certificates", "databases", "deletes", "functions", "logs", "mails", "messaging",
    "migrations", "stats-resources", "stats-usage", "webhooks", "failed/v1-mails", "failed/v1-screenshots",
)  # fmt: skip


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_empty(call_health, queue):
    assert call_health(f"queue/{queue}") == (200, {"size": 0})
    assert call_health(f"queue/{queue}", threshold=1) == (200, {"size": 0})


@pytest.mark.parametrize("queue", QUEUES)
def test_queue_threshold_of_zero_is_exceeded(call_health, queue):
    status, body = call_health(f"queue/{queue}", threshold=0)
    assert (status, body["type"]) == (503, "health_queue_size_exceeded")
    status, body = call_health(f"queue/{queue}", threshold="many")
    assert (status, body["type"]) == (400, "general_argument_invalid")


def test_database_queues_have_names(call_health):
    assert call_health("queue/databases", name="database_db_other") == (200, {"size": 0})
    assert call_health("queue/databases", name="n" * 257)[0] == 400


def test_certificates_are_not_fetched(call_health):
    for domain in ("appwrite.io", "https://appwrite.io/docs"):
        status, body = call_health("certificate", domain=domain)
        assert (status, body["type"]) == (404, "health_invalid_host")
    for domain in ("localhost", "127.0.0.1", "a b", "", "intranet", "printer.local"):
        status, body = call_health("certificate", domain=domain)
        assert (status, body["type"]) == (400, "general_argument_invalid")
    assert call_health("certificate")[0] == 400


def test_health_requires_a_key_with_the_scope(call_health, emulator, alice):
    for path in ("", "db", "queue/mails", "time", "certificate", "stats"):
        status, body = call_health(path, key="")
        assert (status, body["type"]) == (401, "general_unauthorized_scope")
        headers = session_headers(alice)
        response = requests.get(f"{emulator.endpoint}/health/{path}", headers=headers, timeout=20)
        assert (response.status_code, response.json()["type"]) == (401, "general_unauthorized_scope")


def test_stats_are_rejected_even_with_a_key(call_health):
    status, body = call_health("stats")
    assert (status, body["type"]) == (401, "general_unauthorized_scope")
