"""Seed files of a running emulator: reload the seed when its file changes, and export a seed on exit."""

import logging
import os
import sys
import threading
import time
from pathlib import Path

log = logging.getLogger(__name__)

POLL_INTERVAL = 0.5
"""Interval at which a watched file is checked, in seconds.

A changed file is reloaded when two consecutive checks find the same version.
"""


def export(file: Path) -> int:
    """Write the first project's data to the file.

    Return the exit code. If this fails, print the reason to standard error and return 1.
    """
    from appwrite_emulator import seed

    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.write_text(seed.export_text(), encoding="utf-8")
        os.replace(unfinished, file)
    except OSError as error:
        print(f"Cannot write {file}: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def watch(file: Path) -> None:
    """Start a thread that reloads the seed when the file changes.

    If a reload fails, it is logged and no data changes.
    """
    threading.Thread(target=_watch, args=(file,), daemon=True).start()


def _watch(file: Path) -> None:
    loaded = before = _version(file)
    while True:
        time.sleep(POLL_INTERVAL)
        now = _version(file)
        if now == before and now != loaded:
            loaded = now
            _reload(file)
        before = now


def _version(file: Path) -> tuple[int, int, int] | None:
    """Return a value that changes whenever the file changes, or None if the file does not exist."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _reload(file: Path) -> None:
    from appwrite_emulator import bootstrap, projects

    try:
        projects.reload_seed()
    except bootstrap.UnusableSeedError as error:
        log.warning("%s was not loaded, and the data is unchanged. %s", file, error)
    except Exception:
        log.exception("%s was not loaded", file)
    else:
        log.info("%s was reloaded.", file)
