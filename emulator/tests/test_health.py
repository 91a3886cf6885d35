"""Health, which this SDK has no service for: monitors ask by HTTP."""

from typing import Any

import pytest
import requests

from tests.conftest import KEY


@pytest.fixture
def ask(emulator):
    """`ask("db")` is status and body of GET /health/db for a server."""

    def ask(path: str, key: str = KEY, **query: Any) -> tuple[int, dict[str, Any]]:
        headers = {"X-Appwrite-Project": "biso"} | ({"X-Appwrite-Key": key} if key else {})
        answer = requests.get(f"{emulator.endpoint}/health/{path}", params=query, headers=headers, timeout=20)
        return answer.status_code, answer.json()

    return ask


def test_the_server_answers(ask):
    status, body = ask("")
    assert (status, body) == (200, {"name": "http", "ping": 0, "status": "pass"})


def test_everybody_may_know_the_version(ask, emulator):
    assert ask("version", key="") == (200, {"version": "1.9.6"})
    assert requests.get(f"{emulator.endpoint}/health/version", timeout=20).status_code == 200


@pytest.mark.parametrize(("path", "count"), [("db", 2), ("cache", 1), ("pubsub", 1)])
def test_what_it_stands_on_is_asked(ask, path, count):
    status, body = ask(path)
    assert (status, body["total"]) == (200, count)
    for each in body["statuses"]:
        assert (each["status"], type(each["ping"])) == ("pass", int)
        assert each["name"]


@pytest.mark.parametrize("path", ["storage", "storage/local"])
def test_there_is_room_for_a_file(ask, path):
    status, body = ask(path)
    assert (status, body["status"]) == (200, "pass")


def test_nobody_looks_for_viruses(ask):
    assert ask("anti-virus") == (200, {"status": "disabled", "version": ""})


def test_the_clock_is_right_until_somebody_moves_it(ask, emulator):
    status, body = ask("time")
    assert status == 200
    assert abs(body["diff"]) <= 1
    assert body["diff"] == body["remoteTime"] - body["localTime"]
    emulator.clock.advance(61)
    status, body = ask("time")
    assert (status, body["type"]) == (500, "general_unknown")


QUEUES = (
    "audits", "builds", "certificates", "databases", "deletes", "functions", "logs", "mails", "messaging",
    "migrations", "stats-resources", "stats-usage", "webhooks", "failed/v1-mails", "failed/v1-screenshots",
)  # fmt: skip


@pytest.mark.parametrize("queue", QUEUES)
def test_queues_are_empty(ask, queue):
    assert ask(f"queue/{queue}") == (200, {"size": 0})
    assert ask(f"queue/{queue}", threshold=1) == (200, {"size": 0})


@pytest.mark.parametrize("queue", QUEUES)
def test_not_even_an_empty_queue_is_below_nothing(ask, queue):
    status, body = ask(f"queue/{queue}", threshold=0)
    assert (status, body["type"]) == (503, "health_queue_size_exceeded")
    status, body = ask(f"queue/{queue}", threshold="many")
    assert (status, body["type"]) == (400, "general_argument_invalid")


def test_databases_have_queues_by_name(ask):
    assert ask("queue/databases", name="database_db_other") == (200, {"size": 0})
    assert ask("queue/databases", name="n" * 257)[0] == 400


def test_no_certificate_is_fetched(ask):
    for domain in ("appwrite.io", "https://appwrite.io/docs"):
        status, body = ask("certificate", domain=domain)
        assert (status, body["type"]) == (404, "health_invalid_host")
    for domain in ("localhost", "127.0.0.1", "a b", "", "intranet", "printer.local"):
        status, body = ask("certificate", domain=domain)
        assert (status, body["type"]) == (400, "general_argument_invalid")
    assert ask("certificate")[0] == 400


def test_it_is_for_servers_with_the_scope(ask, emulator, alice):
    for path in ("", "db", "queue/mails", "time", "certificate", "stats"):
        status, body = ask(path, key="")
        assert (status, body["type"]) == (401, "general_unauthorized_scope")
        headers = {"X-Appwrite-Project": "biso", "X-Appwrite-Session": alice.secret}
        answer = requests.get(f"{emulator.endpoint}/health/{path}", headers=headers, timeout=20)
        assert (answer.status_code, answer.json()["type"]) == (401, "general_unauthorized_scope")


def test_stats_are_for_nobody(ask):
    status, body = ask("stats")
    assert (status, body["type"]) == (401, "general_unauthorized_scope")
