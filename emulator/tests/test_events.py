"""Event names and payloads."""

import json

import pytest

import probe
from appwrite_emulator.common import events

IDS = dict.fromkeys(("teamId", "membershipId", "userId", "sessionId", "databaseId", "tableId", "rowId"), "x")


def test_event_names_of_a_row_match_the_recording() -> None:
    steps = json.loads((probe.HERE / "recordings/realtime.rows.json").read_text())["steps"]
    (created,) = next(step for step in steps if step["step"] == "created")["answer"]["all"]
    params = {"databaseId": "<db>", "tableId": "posts", "rowId": "r1"}

    names = events.names_of("databases.[databaseId].tables.[tableId].rows.[rowId].create", params, "tablesdb")

    assert sorted(names) == created["data"]["events"]
    assert names[0] == "tablesdb.<db>.tables.posts.rows.r1.create"


@pytest.mark.parametrize(
    ("pattern", "count"),
    [
        ("teams.[teamId].create", 4),
        ("teams.[teamId].update.prefs", 6),
        ("teams.[teamId].memberships.[membershipId].create", 10),
        ("teams.[teamId].memberships.[membershipId].update.status", 16),
        ("users.[userId].update.name", 6),
        ("users.[userId].sessions.[sessionId].create", 10),
    ],
)
def test_pattern_expands_to_the_expected_number_of_event_names(pattern: str, count: int) -> None:
    names = events.names_of(pattern, IDS)

    assert len(names) == len(set(names)) == count
    assert names[0] == pattern.replace("[teamId]", "x").replace("[userId]", "x").replace("[membershipId]", "x").replace(
        "[sessionId]", "x"
    )


def test_events_of_a_legacy_database_have_no_tables_db_names() -> None:
    names = events.names_of("databases.[databaseId].tables.[tableId].rows.[rowId].create", IDS, "legacy")

    assert names[0] == "databases.x.tables.x.rows.x.create"
    assert "databases.x.collections.x.documents.x.create" in names
    assert not any(name.startswith("tablesdb") for name in names)


def test_payloads_of_users_contain_no_secrets() -> None:
    user = {"$id": "ada", "name": "Ada", "password": "hash", "hash": "argon2", "hashOptions": {}}
    assert events.without_secrets("users.[userId].update.name", user) == {"$id": "ada", "name": "Ada"}
    assert events.without_secrets("users.[userId].sessions.[sessionId].create", {"secret": "x"}) == {"secret": ""}
    for pattern in ("teams.[teamId].update.prefs", "users.[userId].update.prefs"):
        assert events.without_secrets(pattern, {"secret": "kept"}) == {"secret": "kept"}
