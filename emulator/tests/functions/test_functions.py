"""Creating, reading, updating and deleting functions with an API key."""

import pytest
from appwrite.enums.runtime import Runtime
from appwrite.query import Query
from appwrite.services.functions import Functions

from tests.conftest import INVALID, CallApi
from tests.functions.conftest import PYTHON


def test_create_and_get(functions, expect_error):
    created = functions.create(
        "night", "Night", PYTHON, execute=["any"], events=["users.*.create"], schedule="0 4 * * *", timeout=30
    )
    assert (created.name, created.runtime, created.schedule, created.timeout) == (
        "Night",
        "python-3.11",
        "0 4 * * *",
        30,
    )
    assert functions.get("night").execute == ["any"]
    with expect_error("function_already_exists", 409):
        functions.create("night", "Night", PYTHON)


def test_list(functions):
    for name, runtime in (("hello", PYTHON), ("other", Runtime.NODE_22)):
        functions.create(name, name.title(), runtime)
    assert functions.list().total == 2
    assert [each.id for each in functions.list([Query.equal("runtime", "node-22")]).functions] == ["other"]
    assert [each.id for each in functions.list(search="python").functions] == ["hello"]


def test_update_resets_omitted_fields(functions):
    functions.create("hello", "Hello", PYTHON, execute=["any"], timeout=30, entrypoint="main.py")
    changed = functions.update("hello", "Hi")
    assert (changed.name, changed.execute, changed.timeout) == ("Hi", [], 15)
    assert (changed.runtime, changed.entrypoint, changed.live) == ("python-3.11", "main.py", False)


def test_delete(functions, expect_error):
    functions.create("hello", "Hello", PYTHON)
    functions.delete("hello")
    with expect_error("function_not_found", 404):
        functions.get("hello")


@pytest.mark.parametrize(
    "events",
    ["users.*", "users.*.update.email", "databases.*.tables.*.rows.*.create", "teams.*.memberships.*.update.status"],
)
def test_known_events_are_accepted(functions, events):
    assert functions.create("hello", "Hello", PYTHON, events=[events]).events == [events]


@pytest.mark.parametrize(
    "event",
    [
        "users",
        "users.*.dance",
        "users.*.create.email",
        "users..create",
        "ghosts.*",
        "",
        "functions.*.executions.*.create",
    ],
)
def test_unknown_events_are_rejected(functions, expect_error, event):
    with expect_error("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, events=[event])


@pytest.mark.parametrize(
    "schedule", ["*/5 * * * *", "0 0 1,15 * mon-fri", "@daily", "30 4 ? jan 7", "0 0 30 2 ?", "0 0 L * 5#2", ""]
)
def test_valid_schedules_are_accepted(functions, schedule):
    assert functions.create("hello", "Hello", PYTHON, schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    ["60 * * * *", "* * * *", "* * * * * *", "? * * * *", "*/0 * * * *", "5-1 * * * *", "* * * foo *", "a b c d e"],
)
def test_invalid_schedules_are_rejected(functions, expect_error, schedule):
    with expect_error("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, schedule=schedule)


def test_repository_requires_an_installation(functions, expect_error):
    with expect_error("installation_not_found", 404):
        functions.create("hello", "Hello", PYTHON, installation_id="github")
    with expect_error("general_argument_invalid", 400):
        functions.create("hello", "Hello", PYTHON, provider_repository_id="code")


def test_list_runtimes_allows_guests_but_not_api_keys(functions, guest, expect_error):
    assert "python-3.11" in [runtime.id for runtime in Functions(guest).list_runtimes().runtimes]
    with expect_error("general_unauthorized_scope", 401):
        functions.list_runtimes()


def test_list_specifications(functions):
    assert "s-8vcpu-8gb" in [each.slug for each in functions.list_specifications().specifications]


@pytest.mark.parametrize("name", ["enabled", "logging", "providerSilentMode"])
def test_flags_must_be_booleans(call_api: CallApi, name: str) -> None:
    body = {"functionId": "echo", "name": "Echo", "runtime": PYTHON.value, name: "true"}
    assert call_api("POST", "/functions", json=body)[:2] == INVALID
