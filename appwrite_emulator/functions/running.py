"""One run of a function: in a process of its own, which is killed when its time is over."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHILD = Path(__file__).parent / "child.py"
LONGEST_LOG = 1_000_000
TIMED_OUT = "Execution timed out."
ENDED_EARLY = "The function's process ended before it had answered."
# What a process needs to start at all; whatever else this one knows is none of the function's business.
INHERITED = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "SYSTEMROOT")


@dataclass
class Outcome:
    """What a run came to."""

    status_code: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    logs: str = ""
    errors: str = ""
    duration: float = 0.0
    timed_out: bool = False


def run(code: Path, asked: Mapping[str, Any], variables: Mapping[str, str], timeout: float) -> Outcome:
    """Call `main(context)` of the file `code` (child.py says with what); it and all it started end in time."""
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 (a file of the folder that whoever started the emulator named)
        [sys.executable, "-P", str(CHILD), str(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=code.parent,
        env={
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        },
        start_new_session=True,
    )
    timed_out = False
    _running.add(process)
    try:
        written, _ = process.communicate(json.dumps(asked).encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        _kill(process)
        written, _ = process.communicate()
    finally:
        _kill(process)
        _running.discard(process)
    outcome = _told(written, TIMED_OUT if timed_out else ENDED_EARLY)
    outcome.timed_out = timed_out
    outcome.duration = time.monotonic() - began
    return outcome


_running: set[subprocess.Popen[bytes]] = set()


def stop() -> None:
    """End whatever still runs: nothing outlives the emulator."""
    for process in list(_running):
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and whatever it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _told(written: bytes, otherwise: str) -> Outcome:
    """The outcome from the child's lines; of one that did not answer only what it logged, and why it did not."""
    outcome = Outcome()
    logs, errors = [], []
    answered = False
    for line in written.splitlines():
        match _event(line):
            case {"log": str(text)}:
                logs.append(text)
            case {"error": str(text)}:
                errors.append(text)
            case {"status": int(status), "headers": dict(headers), "body": str(body)}:
                outcome.status_code, outcome.headers, outcome.body = status, headers, base64.b64decode(body)
                answered = True
    if not answered:
        errors.append(otherwise)
    outcome.logs, outcome.errors = _cut("\n".join(logs), "Logs"), _cut("\n".join(errors), "Errors")
    return outcome


def _event(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # cut off in the middle, or not the child's at all
        return None


def _cut(text: str, what: str) -> str:
    """The end of a text that is too long, under a line that says so."""
    if len(text) <= LONGEST_LOG:
        return text
    warning = f"[WARNING] {what} truncated. The output exceeded {LONGEST_LOG} characters.\n"
    return warning + text[len(warning) - LONGEST_LOG :]
