"""Functions that return, log or end in unusual ways."""

import pytest


def test_half_a_character_becomes_a_question_mark(create_and_run) -> None:
    execution = create_and_run("lone_surrogate")
    assert (execution["status"], execution["logs"]) == ("failed", "half ?")  # as text it is no UTF-8, and fails


def test_of_very_many_lines_the_last_are_kept(create_and_run) -> None:
    execution = create_and_run("many_logs")
    assert execution["status"] == "completed"
    assert len(execution["responseBody"]) == 5_000_000
    assert len(execution["logs"]) == 1_000_000
    assert execution["logs"].startswith("[WARNING] Logs truncated")
    assert execution["logs"].splitlines()[-1].startswith("2999 xxx")


def test_bytes_are_shown_as_text_as_well_as_they_can(create_and_run) -> None:
    assert len(create_and_run("all_bytes")["responseBody"]) == 256


@pytest.mark.parametrize(("name", "logs"), [("exits", "still here"), ("killed", "")])
def test_a_process_that_ends_early_has_failed_and_says_so(create_and_run, name: str, logs: str) -> None:
    execution = create_and_run(name)
    assert (execution["status"], execution["responseStatusCode"], execution["logs"]) == ("failed", 500, logs)
    assert "ended before" in execution["errors"]


def test_what_a_function_writes_past_its_context_does_no_harm(create_and_run) -> None:
    assert create_and_run("writes_to_pipes")["responseBody"] == "none the worse"


@pytest.mark.parametrize("name", ["leaves_thread", "leaves_process"])
def test_nobody_waits_for_what_a_function_leaves_behind(create_and_run, name: str) -> None:
    execution = create_and_run(name)
    assert (execution["status"], execution["responseBody"]) == ("completed", "done")


def test_what_is_no_answer_is_an_error(create_and_run) -> None:
    execution = create_and_run("returns_number")
    assert (execution["status"], execution["responseStatusCode"]) == ("failed", 500)
