"""`appwrite-emulator exec` runs a command with the emulator's endpoint, project and key, and returns its exit code."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from appwrite_emulator.__main__ import main
from tests.conftest import KEY, ROOT

READ_USERS = """
import json, os, urllib.request
headers = {"X-Appwrite-Project": os.environ["APPWRITE_PROJECT_ID"], "X-Appwrite-Key": os.environ["APPWRITE_API_KEY"]}
request = urllib.request.Request(os.environ["APPWRITE_ENDPOINT"] + "/users", headers=headers)
with urllib.request.urlopen(request) as response:
    users = json.load(response)["users"]
print(json.dumps({"users": [user["$id"] for user in users], "environment": dict(os.environ)}))
raise SystemExit(3)
"""


def exec_command(*options: str, command: list[str], **more: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "appwrite_emulator", "exec", *options, "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "mine.settings"},
        **more,
    )


def test_command_gets_a_seeded_emulator_and_its_exit_code_is_returned(tmp_path):
    (tmp_path / "seed.json").write_text('{"format": "appwrite-emulator/1", "users": [{"$id": "ada"}]}')
    options = ("--seed", "seed.json", "--key", KEY, "--project", "biso")
    process = exec_command(*options, command=[sys.executable, "-c", READ_USERS], cwd=tmp_path)
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (3, "")
    report = json.loads(output)
    assert report["users"] == ["ada"]
    environment = report["environment"]
    endpoint = environment["APPWRITE_ENDPOINT"]
    for prefix in ("", "VITE_", "NEXT_PUBLIC_", "EXPO_PUBLIC_"):
        assert environment[f"{prefix}APPWRITE_ENDPOINT"] == endpoint
        assert environment[f"{prefix}APPWRITE_PROJECT_ID"] == "biso"
    assert [name for name in environment if "APPWRITE_API_KEY" in name] == ["APPWRITE_API_KEY"]
    assert environment["DJANGO_SETTINGS_MODULE"] == "mine.settings"
    assert not [name for name in environment if name.startswith("EMULATOR_") and name not in os.environ]
    assert [file.name for file in tmp_path.iterdir()] == ["seed.json"], "no data file without --data"
    port = int(endpoint.rpartition(":")[2].removesuffix("/v1"))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


WAIT_FOR_SIGNAL = """
import signal, sys
def stop(number, _):
    sys.exit(40 + number)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 40 + signal.SIGINT), (signal.SIGTERM, 128 + signal.SIGTERM)]
)
def test_signals_are_forwarded_to_the_command(number: int, code: int):
    with exec_command(command=[sys.executable, "-c", WAIT_FOR_SIGNAL], start_new_session=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait(timeout=60) == code


def test_command_that_does_not_exist_is_reported(capsys):
    assert main(["exec", "--", "no-such-command"]) == 127
    assert capsys.readouterr().err == "The command no-such-command was not found.\n"


@pytest.mark.parametrize("arguments", [["exec"], ["exec", "--"], ["exec", "npm", "test"], ["serve", "--", "npm"]])
def test_missing_or_misplaced_command_is_reported(capsys, arguments: list[str]):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "`--`" in capsys.readouterr().err


def test_command_that_cannot_be_run_is_reported(tmp_path: Path):
    program = tmp_path / "program"
    program.write_text("no program")
    program.chmod(0o755)
    process = exec_command(command=[str(program)])
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 126
    assert errors == f"Cannot run {program}: Exec format error.\n"
