"""The command that `exec` runs, with the emulator's endpoint, project and key in its environment."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

CANNOT_RUN = 126
NOT_FOUND = 127
"""Exit codes that shells use for a file that cannot be run, and for a command that does not exist."""

FORWARDED = [number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))]


def find(name: str) -> str | None:
    """Return the program's path, or None if it is not found. On Windows, `npm` finds `npm.cmd`."""
    return shutil.which(name)


def run(command: list[str], variables: Mapping[str, str]) -> int:
    """Run the command until it exits, and pass signals on to it. Return its exit code (128 + N after signal N)."""
    try:
        process = subprocess.Popen([find(command[0]) or command[0], *command[1:]], env=variables)  # noqa: S603
    except OSError as error:
        print(f"Cannot run {command[0]}: {error.strerror}.", file=sys.stderr)
        return CANNOT_RUN
    with _signals_passed_on(process):
        code = process.wait()
    return code if code >= 0 else 128 - code


def fail_not_found(name: str) -> int:
    print(f"The command {name} was not found.", file=sys.stderr)
    return NOT_FOUND


@contextmanager
def _signals_passed_on(process: subprocess.Popen[bytes]) -> Iterator[None]:
    def pass_on(number: int, _: FrameType | None) -> None:
        # A terminal sends Ctrl-C to the command as well. Passing it on would interrupt the command twice.
        if number != signal.SIGINT or not _has_terminal():
            process.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in FORWARDED}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _has_terminal() -> bool:
    """Return whether this process is in the foreground of a terminal."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (AttributeError, OSError):
        return False
