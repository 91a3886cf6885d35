"""Locks shared by all workers on this machine, for a check and the action that depends on it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.files import locks

log = logging.getLogger(__name__)


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """Wait until no other block with the same `what` runs, then run this one.

    Blocks must not nest: where no lock file can be written, all of them share one.
    """
    with _lock_file(what) as file:
        locks.lock(file, locks.LOCK_EX)
        try:
            yield
        finally:
            locks.unlock(file)


def _lock_file(what: str) -> IO[Any]:
    path = settings.LOCAL_DIR / f"{what}.lock"
    try:
        return open(path, "rb" if path.exists() else "wb")  # an existing file may be root's: reading is enough
    except FileNotFoundError:
        pass  # the site creates the folder when it starts; a command that is run as root must not
    except OSError as error:  # a full disk, or a folder of another user
        log.error("No lock file can be written in LOCAL_DIR: %s", error)
    return open(__file__, "rb")  # any existing file can be locked
