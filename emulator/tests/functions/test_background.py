"""Executions started by events and schedules."""

import json
import time
from typing import Any

import pytest
from appwrite.services.account import Account
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from tests.conftest import PASSWORD
from tests.functions.conftest import PYTHON


@pytest.fixture(autouse=True)
def half_past_noon(emulator):
    """Set the clock to a time at which no schedule is due until a test moves the clock."""
    emulator.clock.move_to(emulator.clock.now().replace(hour=12, minute=30))


@pytest.fixture
def sign_up(guest):
    """Return a function that signs up as a new user."""
    return lambda user_id: Account(guest).create(user_id, f"{user_id}@example.com", PASSWORD, user_id.title())


@pytest.fixture
def executions(functions):
    """Return a function that waits until `number` executions have finished. It returns all, oldest first."""

    def wait_for(number: int, function_id: str = "notes_trigger") -> list[Any]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = functions.list_executions(function_id).executions
            if len([each for each in found if each.status.value in ("completed", "failed")]) >= number:
                break
            time.sleep(0.1)
        return sorted(found, key=lambda each: each.createdat)

    return wait_for


def test_event_starts_the_functions_that_subscribe_to_it(functions, server, sign_up, executions):
    functions.create("notes_trigger", "Notes", PYTHON, events=["users.*.create", "teams.*"])
    functions.create("hello", "Hello", PYTHON, events=["users.*.delete"])
    sign_up("ann")
    functions.update("hello", "Hello", events=["users.*.delete"])
    [execution] = executions(1)
    told, body, jwt = execution.logs.splitlines()
    assert (told, jwt) == ("event|users.ann.create|ann", "no jwt")
    assert json.loads(body)["name"] == "Ann"
    assert "password" not in json.loads(body)
    assert (execution.trigger.value, execution.requestmethod, execution.requestpath) == ("event", "POST", "/")
    Teams(server).create("crew", "Crew")
    assert executions(2)[1].logs.startswith("event|teams.crew.create|")
    assert functions.list_executions("hello").total == 0


def test_every_way_to_create_a_user_triggers_a_function(functions, guest, server, executions):
    functions.create("notes_trigger", "Notes", PYTHON, events=["users.*.create"])
    Users(server).create("ann", "ann@example.com")
    Account(guest).create_anonymous_session()
    Account(guest).create_email_token("ben", "ben@example.com")
    assert len(executions(3)) == 3


def test_function_triggered_by_an_event_of_a_user_gets_no_jwt(functions, alice, executions):
    functions.create("notes_trigger", "Notes", PYTHON, events=["teams.*.create"])
    Teams(alice.client).create("crew", "Crew")
    [execution] = executions(1)
    assert execution.logs.splitlines()[0] == "event|teams.crew.create|alice"
    assert execution.logs.splitlines()[2] == "no jwt"


def test_row_events_trigger_functions_under_both_names(functions, server, executions):
    patterns = ("databases.*.tables.*.rows.*.create", "databases.library.collections.books.documents.*.create")
    functions.create("notes_trigger", "Notes", PYTHON, events=[patterns[0]])
    functions.create("hello", "Hello", PYTHON, events=[patterns[1]])
    tables = TablesDB(server)
    tables.create("library", "Library")
    tables.create_table("library", "books", "Books")
    tables.create_varchar_column("library", "books", "title", 100, False)
    tables.create_row("library", "books", "pan", {"title": "Pan"})
    assert '"title":"Pan"' in executions(1)[0].logs
    assert len(executions(1, "hello")) == 1


def test_failed_writes_do_not_trigger_functions(functions, sign_up, executions, expect_error):
    functions.create("notes_trigger", "Notes", PYTHON, events=["users.*.create"])
    sign_up("ann")
    with expect_error("user_already_exists", 409):
        sign_up("ann")
    sign_up("ben")
    assert [each.logs.split("|")[1] for each in executions(2)] == ["users.ann.create", "users.ben.create"]


def test_function_without_code_fails(functions, sign_up, executions):
    functions.create("nothing", "Nothing", PYTHON, events=["users.*.create"])
    sign_up("ann")
    [execution] = executions(1, "nothing")
    assert (execution.status.value, execution.responsestatuscode) == ("failed", 500)
    assert "no deployment" in execution.errors


def test_schedule_follows_the_clock(functions, emulator, executions):
    functions.create("notes_trigger", "Notes", PYTHON, schedule="0 * * * *")
    assert functions.list_executions("notes_trigger").total == 0
    emulator.clock.advance(3 * 3600)
    times = executions(3)
    assert [each.trigger.value for each in times] == ["schedule"] * 3
    assert times[0].logs.startswith("schedule||")
    emulator.clock.advance(3600)
    assert len(executions(4)) == 4


def test_advancing_the_clock_a_year_starts_only_the_ten_most_recent_runs(functions, emulator, executions):
    functions.create("hello", "Hello", PYTHON, schedule="0 * * * *")
    emulator.clock.advance(365 * 86_400)
    assert len(executions(10, "hello")) == 10


@pytest.mark.parametrize("schedule", ["@daily", "0 0 ? * *"])
def test_schedules_accept_macros_and_question_marks(functions, emulator, executions, schedule):
    functions.create("hello", "Hello", PYTHON, schedule=schedule)
    emulator.clock.advance(2 * 86_400)
    assert len(executions(2, "hello")) == 2


def test_schedule_that_is_never_due_does_not_start_the_function(functions, emulator, executions):
    functions.create("hello", "Hello", PYTHON, schedule="0 0 30 2 *")
    emulator.clock.advance(800 * 86_400)
    assert functions.list_executions("hello").total == 0


def test_removed_triggers_do_not_start_the_function(functions, sign_up, emulator):
    functions.create("hello", "Hello", PYTHON, events=["users.*.create"], schedule="0 * * * *")
    functions.update("hello", "Hello")
    emulator.clock.advance(7200)
    sign_up("ann")
    assert functions.list_executions("hello").total == 0


def test_triggers_work_after_a_reset_and_an_import(functions, sign_up, emulator, executions):
    functions.create("notes_trigger", "Notes", PYTHON, events=["users.*.create"])
    file = emulator.control("GET", "export")
    emulator.reset()
    emulator.control("POST", "import", {"mode": "replace"}, file)
    sign_up("ann")
    assert len(executions(1)) == 1
