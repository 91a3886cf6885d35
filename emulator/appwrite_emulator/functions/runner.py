"""Run a function once in a separate process, which is killed at the timeout."""

import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appwrite_emulator.common import project_state
from appwrite_emulator.common.project_state import ProjectState

_FOLDER = Path(__file__).parent
JAVASCRIPT_EXTENSIONS = (".js", ".mjs", ".cjs")
MAX_LOG_LENGTH = 1_000_000
TIMED_OUT = "Execution timed out."
NO_NODE = "This function needs Node.js, but there is no `node` on the PATH."
ENDED_EARLY = "The function's process exited before it returned a response."
# The only environment variables that the function's process inherits.
INHERITED_VARIABLES = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR", "SYSTEMROOT")


@dataclass
class Outcome:
    """Outcome of a run: the response, the logs, the errors, and the duration in seconds."""

    status_code: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    logs: str = ""
    errors: str = ""
    duration: float = 0.0
    timed_out: bool = False


def run(code: Path, payload: Mapping[str, Any], variables: Mapping[str, str], timeout: float) -> Outcome:
    """Call the function in the file `code` (see worker.py and node_worker.mjs).

    The process and its children are killed at the timeout.
    """
    command = _command(code)
    if command is None:
        return Outcome(errors=NO_NODE)
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 (the emulator's user has chosen to run this code)
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=code.parent,
        env={
            **{name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ},
            "PYTHONDONTWRITEBYTECODE": "1",
            **variables,
        },
        start_new_session=True,
    )
    timed_out = False
    project = project_state.current()
    _running[process] = project
    if project.is_closed:  # `stop` may have run before this process was in `_running`
        _kill(process)
    try:
        output, _ = process.communicate(json.dumps(payload).encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out = True
        _kill(process)
        output, _ = process.communicate()
    finally:
        _kill(process)
        del _running[process]
    outcome = _parse_output(output, TIMED_OUT if timed_out else ENDED_EARLY)
    outcome.timed_out = timed_out
    outcome.duration = time.monotonic() - started
    return outcome


def can_run(code: Path) -> bool:
    """Return whether this is a file in a language that the emulator can run."""
    return code.suffix == ".py" or code.suffix in JAVASCRIPT_EXTENSIONS


def _command(code: Path) -> list[str] | None:
    """Return the command that runs the file, or None if it needs Node.js and Node.js is missing."""
    if code.suffix not in JAVASCRIPT_EXTENSIONS:
        return [sys.executable, "-P", str(_FOLDER / "worker.py"), str(code)]
    node = shutil.which("node")
    if node is None:
        return None
    # Events go to descriptor 3, because the function and its children may write to standard output.
    return ["/bin/sh", "-c", 'exec "$@" 3>&1 1>/dev/null', "sh", node, str(_FOLDER / "node_worker.mjs"), str(code)]


_running: dict[subprocess.Popen[bytes], ProjectState] = {}


@project_state.on_close
def stop() -> None:
    """Kill the current project's running functions, so that they do not outlive the project."""
    for process, project in list(_running.items()):
        if project is project_state.current():
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the process and its children."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _parse_output(output: bytes, fallback_error: str) -> Outcome:
    """Return the outcome in the worker's output.

    If the output contains no final event, add the error `fallback_error`.
    """
    outcome = Outcome()
    logs, errors = [], []
    completed = False
    for line in output.splitlines():
        match _parse_event(line):
            case {"log": str(text)}:
                logs.append(text)
            case {"error": str(text)}:
                errors.append(text)
            case {"status": int(status), "headers": dict(headers), "body": str(body)}:
                outcome.status_code, outcome.headers, outcome.body = status, headers, base64.b64decode(body)
                completed = True
    if not completed:
        errors.append(fallback_error)
    outcome.logs, outcome.errors = _truncate("\n".join(logs), "Logs"), _truncate("\n".join(errors), "Errors")
    return outcome


def _parse_event(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # incomplete, or not written by the worker
        return None


def _truncate(text: str, what: str) -> str:
    """Return the text, shortened to MAX_LOG_LENGTH characters if it is longer.

    A shortened text consists of a warning line and the end of the text.
    """
    if len(text) <= MAX_LOG_LENGTH:
        return text
    warning = f"[WARNING] {what} truncated. The output exceeded {MAX_LOG_LENGTH} characters.\n"
    return warning + text[len(warning) - MAX_LOG_LENGTH :]
