"""Executions: requests and responses, permissions and schedules."""

import datetime
import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from appwrite.enums.execution_method import ExecutionMethod
from appwrite.enums.project_key_scopes import ProjectKeyScopes
from appwrite.query import Query
from appwrite.services.functions import Functions
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import INVALID, KEY, SERVER, CallApi, client
from tests.functions.conftest import PYTHON


def wait_for_execution(functions, function_id, execution_id):
    """Wait until the execution has finished and return it."""

    def ended():
        execution = functions.get_execution(function_id, execution_id)
        return execution if execution.status.value in ("completed", "failed") else None

    return wait_for(ended)


def wait_for(check):
    """Call `check` until it returns a truthy value and return that value."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if result := check():
            return result
        time.sleep(0.05)
    raise AssertionError("Timed out after 30 seconds.")


# -- requests and responses -------------------------------------------------------------------------------------------


def test_create_execution(run):
    execution = run("hello")
    assert (execution.status.value, execution.responsestatuscode) == ("completed", 200)
    assert (execution.responsebody, execution.logs, execution.errors) == ("Hello!", "called by a guest", "")
    assert execution.trigger.value == "http"
    assert execution.duration > 0
    headers = {header.name: header.value for header in execution.responseheaders}
    assert headers["content-type"] == "text/plain; charset=utf-8"
    assert headers["x-appwrite-execution-id"] == execution.id


def test_function_receives_the_request(emulator, run):
    execution = run(
        "mirror",
        body='{"a": 1}',
        path="/doors/3?open=yes&x=",
        method=ExecutionMethod.PUT,
        headers={"Content-Type": "application/json", "X-Mine": "1"},
    )
    response = json.loads(execution.responsebody)
    req = response["req"]
    assert (req["method"], req["path"], req["query_string"]) == ("PUT", "/doors/3", "open=yes&x=")
    assert req["query"] == {"open": "yes", "x": ""}
    assert (req["queryString"], req["bodyText"], req["body"]) == ("open=yes&x=", '{"a": 1}', {"a": 1})
    assert (req["headers"]["x-mine"], req["headers"]["x-appwrite-trigger"]) == ("1", "http")
    assert req["url"] == f"{emulator.origin}/doors/3?open=yes&x="
    assert response["env"]["APPWRITE_FUNCTION_ID"] == "mirror"
    assert response["env"]["APPWRITE_FUNCTION_API_ENDPOINT"] == emulator.endpoint
    shown = {header.name: header.value for header in execution.requestheaders}
    assert shown == {"content-type": "application/json", "x-appwrite-client-ip": "127.0.0.1"}
    assert (execution.requestmethod, execution.requestpath) == ("PUT", "/doors/3?open=yes&x=")


@pytest.mark.parametrize(
    ("name", "status", "body"), [("is_async", 200, "later"), ("redirects", 301, ""), ("responds_empty", 204, "")]
)
def test_function_can_return_a_redirect_or_an_empty_response(run, name, status, body):
    execution = run(name)
    assert (execution.status.value, execution.responsestatuscode) == ("completed", status)
    assert execution.responsebody == body


@pytest.mark.parametrize("name", ["x-appwrite-user-id", "two words", "-dash", "under_score"])
def test_reserved_and_malformed_headers_are_rejected(functions, expect_error, name):
    functions.create("hello", "Hello", PYTHON)
    with expect_error("general_argument_invalid", 400):
        functions.create_execution("hello", headers={name: "x"})


def test_multipart_request_gets_a_multipart_response(emulator, functions):
    functions.create("echoes_bytes", "Echoes bytes", PYTHON)
    response = requests.post(
        f"{emulator.endpoint}/functions/echoes_bytes/executions",
        headers={"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "Accept": "multipart/form-data"},
        files={"body": ("body", b"\x01\x02"), "async": (None, "false"), "headers": (None, '{"x-mine": "1"}')},
        timeout=20,
    )
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (201, "multipart/form-data")
    assert b'name="responseBody"\r\n\r\n\x00\xff\x01\x02\r\n' in response.content
    assert b'name="responseStatusCode"\r\n\r\n200\r\n' in response.content


@pytest.mark.parametrize("body", [b"\x00\x14\xff", "Blåbær".encode("latin-1"), "\ufffd\xe5".encode()])
def test_field_of_a_multipart_form_can_contain_any_bytes(emulator, functions, body):
    functions.create("echoes_bytes", "Echoes bytes", PYTHON)
    response = requests.post(
        f"{emulator.endpoint}/functions/echoes_bytes/executions",
        headers={**SERVER, "Accept": "multipart/form-data"},
        files={"body": (None, body), "path": (None, "/ø")},
        timeout=20,
    )
    assert b'name="responseBody"\r\n\r\n\x00\xff' + body + b"\r\n" in response.content
    assert 'name="requestPath"\r\n\r\n/ø\r\n'.encode() in response.content


def test_response_to_a_head_request_has_no_body(functions):
    functions.create("hello", "Hello", PYTHON)
    execution = functions.create_execution("hello", method=ExecutionMethod.HEAD)
    assert (execution.status.value, execution.responsestatuscode, execution.responsebody) == ("completed", 200, "")


@pytest.mark.parametrize(
    "body", [{"path": ""}, {"scheduledAt": ""}, {"headers": ""}, {"headers": "nonsense"}, {"body": 5}, {"method": ""}]
)
def test_empty_and_malformed_parameters_are_rejected(call_api: CallApi, create_and_run, body: dict[str, Any]) -> None:
    create_and_run("echo")
    assert call_api("POST", "/functions/echo/executions", json=body)[:2] == INVALID


def test_unicode_in_body_and_headers_is_preserved(create_and_run) -> None:
    execution = create_and_run("echo", body="Blåbærsyltetøy 🫐")
    assert execution["responseBody"] == "Blåbærsyltetøy 🫐"
    assert {"name": "x-name", "value": "Bjørnstjerne"} in execution["responseHeaders"]


def test_concurrent_executions_get_their_own_responses(call_api: CallApi, create_and_run) -> None:
    create_and_run("echo")

    def echoed(n: int) -> str:
        return call_api("POST", "/functions/echo/executions", json={"body": str(n)})[2]["responseBody"]

    with ThreadPoolExecutor(12) as together:
        assert list(together.map(echoed, range(12))) == [str(n) for n in range(12)]


# -- errors and logs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("raises", "ValueError: no such luck"),
        ("returns_nothing", "Return statement missing"),
        ("calls_sys_exit", "SystemExit"),
        ("has_no_main", "has no attribute 'main'"),
    ],
)
def test_failed_execution_reports_the_error(run, name, why):
    execution = run(name)
    assert (execution.status.value, execution.responsestatuscode, execution.responsebody) == ("failed", 500, "")
    assert why in execution.errors
    assert execution.logs == ("before" if name == "raises" else "")


def test_printed_text_is_logged(run):
    execution = run("prints")
    assert execution.logs.splitlines()[-1] == "printed"
    assert execution.errors == '{"a": 1}'


def test_execution_times_out(functions):
    functions.create("sleeps", "Sleeps", PYTHON, timeout=4)  # a busy machine takes a second to start the function
    execution = functions.create_execution("sleeps")
    assert (execution.status.value, execution.responsestatuscode) == ("failed", 500)
    assert (execution.logs, execution.errors) == ("going to sleep", "Execution timed out.")
    assert 4 <= execution.duration < 60


def test_disabled_logging_stores_neither_logs_nor_errors(functions):
    functions.create("raises", "Raises", PYTHON, logging=False)
    execution = functions.create_execution("raises")
    assert (execution.status.value, execution.logs, execution.errors) == ("failed", "", "")


# -- asynchronous and scheduled executions ----------------------------------------------------------------------------


def test_asynchronous_execution_completes_in_the_background(functions):
    functions.create("hello", "Hello", PYTHON)
    waiting = functions.create_execution("hello", xasync=True)
    assert (waiting.status.value, waiting.responsebody) == ("waiting", "")
    done = wait_for_execution(functions, "hello", waiting.id)
    assert (done.status.value, done.responsestatuscode, done.logs) == ("completed", 200, "called by a guest")
    assert done.responsebody == ""  # responses of asynchronous executions are not stored


def minutes_from_now(minutes):
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return then.replace(second=0, microsecond=0).isoformat()


def test_scheduled_execution_runs_when_due(emulator, functions, expect_error):
    functions.create("hello", "Hello", PYTHON)
    scheduled = functions.create_execution("hello", xasync=True, scheduled_at=minutes_from_now(10))
    assert (scheduled.status.value, scheduled.trigger.value) == ("scheduled", "schedule")
    assert functions.get_execution("hello", scheduled.id).status.value == "scheduled"
    emulator.clock.advance(3600)
    assert wait_for_execution(functions, "hello", scheduled.id).status.value == "completed"
    for too_soon_or_without_year in (minutes_from_now(0), "tomorrow"):
        with expect_error("general_bad_request", 400):
            functions.create_execution("hello", xasync=True, scheduled_at=too_soon_or_without_year)


def test_delete_execution_cancels_a_scheduled_execution(emulator, functions, alice, expect_error):
    functions.create("hello", "Hello", PYTHON, execute=["users"])
    scheduled = functions.create_execution("hello", xasync=True, scheduled_at=minutes_from_now(10))
    with expect_error("function_not_found", 404):
        Functions(alice.client).delete_execution("hello", scheduled.id)
    functions.delete_execution("hello", scheduled.id)
    emulator.clock.advance(3600)
    assert functions.list_executions("hello").total == 0


@pytest.mark.processes
def test_running_function_is_stopped_with_the_emulator(folder, tmp_path):
    (folder / "marks.py").write_text(
        "import pathlib, os, time\n\ndef main(context):\n"
        "    pathlib.Path(context.req.body).write_text(str(os.getpid()))\n    time.sleep(60)\n"
    )
    mark = tmp_path / "mark"
    with Emulator(key=KEY, functions=folder) as own:
        functions = Functions(client(own, key=KEY))
        functions.create("marks", "Marks", PYTHON, timeout=60)
        functions.create_execution("marks", body=str(mark), xasync=True)
        assert wait_for(lambda: mark.exists() and mark.read_text())
    assert wait_for(lambda: not Path(f"/proc/{mark.read_text()}").exists())


# -- permissions ------------------------------------------------------------------------------------------------------


def test_execution_requires_a_role_that_the_function_allows(functions, users, guest, alice, expect_error):
    functions.create("hello", "Hello", PYTHON, execute=["label:staff"])
    for caller in (guest, alice.client):
        with expect_error("user_unauthorized", 401):
            Functions(caller).create_execution("hello")
    users.update_labels("alice", ["staff"])
    assert Functions(alice.client).create_execution("hello").responsebody == "Hello!"
    functions.update("hello", "Hello", execute=["any"])
    assert Functions(guest).create_execution("hello").responsebody == "Hello!"


def test_list_executions_and_get_execution_return_only_the_users_own_executions(
    functions, guest, alice, bob, expect_error
):
    functions.create("hello", "Hello", PYTHON, execute=["any"])
    hers = Functions(alice.client).create_execution("hello")
    Functions(guest).create_execution("hello")
    assert hers.permissions == ['read("user:alice")']
    assert (hers.logs, hers.errors) == ("", "")
    assert Functions(alice.client).list_executions("hello").total == 1
    assert Functions(alice.client).get_execution("hello", hers.id).status.value == "completed"
    with expect_error("execution_not_found", 404):
        Functions(bob.client).get_execution("hello", hers.id)
    assert functions.list_executions("hello").total == 2
    assert functions.get_execution("hello", hers.id).logs == "called by alice"
    assert functions.list_executions("hello", [Query.equal("status", "failed")]).total == 0


def test_api_key_of_an_execution_has_the_scopes_of_the_function(functions, users):
    users.create("ada")
    functions.create("counts_users", "Counts users", PYTHON, scopes=[ProjectKeyScopes.USERS_READ])
    assert functions.create_execution("counts_users").responsebody == '{"total":1}'
    functions.update("counts_users", "Counts users")
    failed = functions.create_execution("counts_users")
    assert "HTTP Error 401" in failed.errors


def test_jwt_of_an_execution_authenticates_its_caller(functions, alice):
    functions.create("whoami", "Who am I?", PYTHON, execute=["users"])
    response = Functions(alice.client).create_execution("whoami").responsebody
    assert '"email":"alice@example.com"' in response


def test_disabled_function_can_be_run_only_with_an_api_key(functions, alice, expect_error):
    functions.create("hello", "Hello", PYTHON, execute=["any"], enabled=False)
    with expect_error("function_not_found", 404):
        Functions(alice.client).create_execution("hello")
    assert functions.create_execution("hello").responsebody == "Hello!"


def test_user_jwt_is_not_accepted_as_a_function_key(emulator, users, alice, expect_error):
    secret = f"dynamic_{users.create_jwt('alice').jwt}"
    with expect_error("general_unauthorized_scope", 401):
        Users(client(emulator, key=secret)).list()
