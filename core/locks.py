"""Locks shared by all workers. A lock protects a check together with the action that depends on the check."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.files import locks
from redis.lock import Lock

from core import errors
from core.redis_store import OutageError, RedisStore, store

log = logging.getLogger(__name__)

CACHE_ONLY = 3  # seconds; long enough for a block that uses only the cache and does not call Appwrite
POLL_INTERVAL = 0.02  # seconds between two attempts to acquire a lock in Redis


@contextmanager
def one_at_a_time(what: str, seconds: float = 10) -> Iterator[None]:
    """Hold the lock named `what` during this block. Wait while a different block holds it.

    With Redis, all machines share the lock. The lock expires after `seconds`, so that a killed worker does not block
    the others. Raise UnavailableError if the lock does not become free within that time. Without Redis, or while Redis
    is unavailable, only the processes on this machine share the lock.

    Do not nest these blocks: if no lock file can be written, all locks use the same file, so the inner block would wait
    forever.
    """
    redis = store()
    lock = _take(redis, what, seconds) if redis else None
    if redis and lock:
        try:
            yield
        finally:
            if not redis.unlock(lock):
                log.error(
                    "The block %s lost its lock before its end, so two blocks may have run at the same time.", what
                )
        return
    with _lock_file(what) as file:
        locks.lock(file, locks.LOCK_EX)
        try:
            yield
        finally:
            locks.unlock(file)


@contextmanager
def claimed(what: str, seconds: float) -> Iterator[bool]:
    """Try to hold the lock named `what` during this block, without waiting. Yield whether this block holds it.

    With Redis, all machines share the lock, and it expires after `seconds`. Without Redis, only the processes on this
    machine share the lock. If no lock file can be written, yield True, so that the work continues on a full disk.
    """
    redis = store()
    if redis:
        try:
            lock = redis.try_lock(f"lock:{what}", seconds)
        except OutageError:
            pass
        else:
            try:
                yield lock is not None
            finally:
                if lock:
                    redis.unlock(lock)
            return
    if not (file := _own_lock_file(what)):
        yield True
        return
    with file:
        is_ours = locks.lock(file, locks.LOCK_EX | locks.LOCK_NB)
        try:
            yield is_ours
        finally:
            locks.unlock(file)


def _own_lock_file(what: str) -> IO[Any] | None:
    """Open the lock file for writing. Return None if the file cannot be opened."""
    try:
        return open(settings.LOCAL_DIR / f"{what}.lock", "ab")
    except OSError:
        return None


def _take(redis: RedisStore, what: str, seconds: float) -> Lock | None:
    """Acquire the lock in Redis and return it. Return None if Redis is unavailable."""
    until = time.monotonic() + seconds + 1  # by then, the lock of a killed worker has expired
    try:
        while (lock := redis.try_lock(f"lock:{what}", seconds)) is None:
            if time.monotonic() > until:
                raise errors.UnavailableError(f"the lock {what} was not free for {seconds} seconds")
            time.sleep(POLL_INTERVAL)
    except OutageError:
        return None
    return lock


def _lock_file(what: str) -> IO[Any]:
    path = settings.LOCAL_DIR / f"{what}.lock"
    try:
        return open(path, "rb" if path.exists() else "wb")  # root may own the file; read access is enough
    except FileNotFoundError:
        pass  # do not create the folder: if root runs this command, the folder would have the wrong owner
    except OSError as error:  # the disk is full, or another user owns the folder
        log.error("No lock file can be written in LOCAL_DIR: %s", error)
    return open(__file__, "rb")  # any existing file can be locked
