"""Functions that return unusual values, log a lot or exit early."""

import pytest

from tests.conftest import CallApi
from tests.functions.conftest import PYTHON


def test_lone_surrogate_is_logged_as_a_question_mark(create_and_run) -> None:
    execution = create_and_run("lone_surrogate")
    assert (execution["status"], execution["logs"]) == ("failed", "half ?")  # the body cannot be encoded as UTF-8


def test_only_the_last_lines_of_long_logs_are_stored(create_and_run) -> None:
    execution = create_and_run("many_logs")
    assert execution["status"] == "completed"
    assert len(execution["responseBody"]) == 5_000_000
    assert len(execution["logs"]) == 1_000_000
    assert execution["logs"].startswith("[WARNING] Logs truncated")
    assert execution["logs"].splitlines()[-1].startswith("2999 xxx")


def test_binary_response_cannot_be_shown_as_json(call_api: CallApi, functions) -> None:
    functions.create("returns_all_bytes", "Returns all bytes", PYTHON)
    status, type_, error = call_api("POST", "/functions/returns_all_bytes/executions")
    assert (status, type_) == (400, "general_unknown")
    assert error["message"].startswith("Failed to parse response")
    assert functions.list_executions("returns_all_bytes").executions[0].status.value == "completed"


@pytest.mark.parametrize(("name", "logs"), [("exits", "still here"), ("killed", "")])
def test_process_that_exits_early_fails_the_execution(create_and_run, name: str, logs: str) -> None:
    execution = create_and_run(name)
    assert (execution["status"], execution["responseStatusCode"], execution["logs"]) == ("failed", 500, logs)
    assert "exited before" in execution["errors"]


def test_writing_to_other_file_descriptors_is_harmless(create_and_run) -> None:
    assert create_and_run("writes_to_pipes")["responseBody"] == "none the worse"


@pytest.mark.parametrize("name", ["leaves_thread", "leaves_process"])
def test_remaining_threads_and_processes_do_not_delay_the_response(create_and_run, name: str) -> None:
    execution = create_and_run(name)
    assert (execution["status"], execution["responseBody"]) == ("completed", "done")


def test_invalid_return_value_fails_the_execution(create_and_run) -> None:
    execution = create_and_run("returns_number")
    assert (execution["status"], execution["responseStatusCode"]) == ("failed", 500)
