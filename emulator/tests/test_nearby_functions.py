"""Cases near the recorded ones of functions, as the real server's source decides them; and code that behaves badly."""

import io
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from appwrite.enums.runtime import Runtime
from appwrite.services.functions import Functions

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, Ask

INVALID = (400, "general_argument_invalid")
PYTHON = "python-3.11"

# What each function does, in the body of `main(context)`.
CODE = {
    "half": 'context.log("half \\ud800"); return context.res.text("\\ud800", headers={"x-half": "\\ud800"})',
    "many": 'for n in range(3000): context.log(n, "x" * 4000)\n    return context.res.text("y" * 5_000_000)',
    "bytes": "return context.res.binary(bytes(range(256)))",
    "dies": 'context.log("still here"); import os; os._exit(7)',
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "meddles": 'import os; [os.write(n, b\'[1]\\n{"status": "?"}\\n5\\n\') for n in range(3, 9) if _open(n)]\n'
    '    return context.res.text("none the worse")',
    "lingers": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()\n"
    '    return context.res.text("done")',
    "leaves": 'import subprocess; subprocess.Popen(["sleep", "60"], close_fds=False)\n'
    '    return context.res.text("done")',
    "number": "return 5",
    "echo": 'return context.res.text(context.req.body_text, headers={"x-name": "Bjørnstjerne"})',
}
HEAD = """import os


def _open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def main(context):
    """


@pytest.fixture(scope="module")
def with_code(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("functions")
    for name, code in CODE.items():
        (folder / f"{name}.py").write_text(f"{HEAD}{code}\n", encoding="utf-8")
    with Emulator(key=KEY, functions=folder) as running:
        yield running


@pytest.fixture
def emulator(with_code: Emulator) -> Emulator:
    with_code.reset()
    return with_code


@pytest.fixture
def run(ask: Ask) -> Any:
    """Run the function of this name once, as a key does; its execution."""

    def run(name: str, **asked: Any) -> dict[str, Any]:
        ask("POST", "/functions", json={"functionId": name, "name": name, "runtime": PYTHON, "timeout": 10})
        status, _, execution = ask("POST", f"/functions/{name}/executions", json=asked)
        assert status == 201
        return execution

    return run


# -- code that behaves badly ------------------------------------------------------------------------------------------


def test_half_a_character_becomes_a_question_mark(run) -> None:
    execution = run("half")
    assert (execution["status"], execution["logs"]) == ("failed", "half ?")  # as text it is no UTF-8, and fails


def test_of_very_many_lines_the_last_are_kept(run) -> None:
    execution = run("many")
    assert execution["status"] == "completed"
    assert len(execution["responseBody"]) == 5_000_000
    assert len(execution["logs"]) == 1_000_000
    assert execution["logs"].startswith("[WARNING] Logs truncated")
    assert execution["logs"].splitlines()[-1].startswith("2999 xxx")


def test_bytes_are_shown_as_text_as_well_as_they_can(run) -> None:
    assert len(run("bytes")["responseBody"]) == 256


@pytest.mark.parametrize(("name", "logs"), [("dies", "still here"), ("killed", "")])
def test_a_process_that_ends_early_has_failed_and_says_so(run, name: str, logs: str) -> None:
    execution = run(name)
    assert (execution["status"], execution["responseStatusCode"], execution["logs"]) == ("failed", 500, logs)
    assert "ended before" in execution["errors"]


def test_what_a_function_writes_past_its_context_does_no_harm(run) -> None:
    assert run("meddles")["responseBody"] == "none the worse"


@pytest.mark.parametrize("name", ["lingers", "leaves"])
def test_nobody_waits_for_what_a_function_leaves_behind(run, name: str) -> None:
    execution = run(name)
    assert (execution["status"], execution["responseBody"]) == ("completed", "done")


def test_what_is_no_answer_is_an_error(run) -> None:
    execution = run("number")
    assert (execution["status"], execution["responseStatusCode"]) == ("failed", 500)


def test_letters_of_all_languages_come_through(run) -> None:
    execution = run("echo", body="Blåbærsyltetøy 🫐")
    assert execution["responseBody"] == "Blåbærsyltetøy 🫐"
    assert {"name": "x-name", "value": "Bjørnstjerne"} in execution["responseHeaders"]


def test_twelve_at_once_are_not_mixed_up(ask: Ask, run) -> None:
    run("echo")

    def echoed(n: int) -> str:
        return ask("POST", "/functions/echo/executions", json={"body": str(n)})[2]["responseBody"]

    with ThreadPoolExecutor(12) as together:
        assert list(together.map(echoed, range(12))) == [str(n) for n in range(12)]


# -- what is asked for ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told", [{"path": ""}, {"scheduledAt": ""}, {"headers": ""}, {"headers": "nonsense"}, {"body": 5}, {"method": ""}]
)
def test_what_is_asked_for_is_never_empty(ask: Ask, run, told: dict[str, Any]) -> None:
    run("echo")
    assert ask("POST", "/functions/echo/executions", json=told)[:2] == INVALID


@pytest.mark.parametrize("name", ["enabled", "logging", "providerSilentMode"])
def test_what_is_on_or_off_is_a_boolean(ask: Ask, name: str) -> None:
    told = {"functionId": "echo", "name": "Echo", "runtime": PYTHON, name: "true"}
    assert ask("POST", "/functions", json=told)[:2] == INVALID


def test_a_secret_is_a_boolean(ask: Ask, run) -> None:
    run("echo")
    assert ask("POST", "/functions/echo/variables", json={"key": "K", "value": "v", "secret": "true"})[:2] == INVALID


def query(attribute: str, value: Any) -> dict[str, str]:
    return {"queries[0]": json.dumps({"method": "equal", "attribute": attribute, "values": [value]})}


def test_deployments_are_found_by_their_sizes_and_not_by_their_entrypoint(ask: Ask, run) -> None:
    run("echo")
    path = "/functions/echo/deployments"
    _, _, all_of_them = ask("GET", path)
    total = all_of_them["deployments"][0]["totalSize"]
    for attribute, value in (("totalSize", total), ("buildDuration", 0), ("status", "ready"), ("activate", True)):
        assert ask("GET", path, params=query(attribute, value))[2]["total"] == 1
    assert ask("GET", path, params=query("entrypoint", "echo.py"))[:2] == INVALID


def test_variables_are_found_by_what_they_belong_to(ask: Ask, run) -> None:
    run("echo")
    ask("POST", "/functions/echo/variables", json={"key": "K", "value": "v"})
    for kind, total in (("function", 1), ("project", 0)):
        assert ask("GET", "/functions/echo/variables", params=query("resourceType", kind))[2]["total"] == total


def test_an_upload_that_is_not_to_be_activated_is_not(ask: Ask, server) -> None:
    Functions(server).create("upload", "Upload", Runtime(PYTHON), entrypoint="main.py")
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    for said, activate in (("false", False), ("0", False), ("true", True), ("1", True)):
        files = {"code": ("code.tar.gz", archive.getvalue(), "application/gzip")}
        _, _, made = ask("POST", "/functions/upload/deployments", data={"activate": said}, files=files)
        assert made["activate"] is activate
