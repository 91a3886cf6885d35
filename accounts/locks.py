"""Locks between all workers on this machine, for what is looked at first and done then."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.files import locks

log = logging.getLogger(__name__)


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Let one caller at a time into this block of those with the same `what`; the others wait. Blocks must not nest:
    where no lock file can be written, they all share one."""
    with _lock_file(what) as file:
        locks.lock(file, locks.LOCK_EX)
        try:
            yield
        finally:
            locks.unlock(file)


def _lock_file(what: str) -> IO[Any]:
    try:
        settings.LOCAL_DIR.mkdir(parents=True, exist_ok=True)
        return open(settings.LOCAL_DIR / f"{what}.lock", "w")
    except OSError as error:  # a full disk, or a folder of another user
        log.error("No lock file can be written in LOCAL_DIR: %s", error)
        return open(__file__, "rb")  # to be locked, a file has to be there and nothing more
