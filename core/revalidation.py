"""The generation: a string, shared by all workers, that changes whenever the site writes public content.

Each cached copy of a read or a page stores the generation from before the read. The copy is current only until the
generation changes. Copies also expire soon, because writes made outside the site do not change the generation.

With Redis, the generation is a random string in Redis. Otherwise the workers on one machine share a file in LOCAL_DIR.
Each write appends a byte to the file. A check therefore needs only one `stat`. No generation occurs twice, because the
file only grows, and a new file has a new modification time.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import redis
from django.conf import settings

from core.redis_store import PREFIX, OutageError, RedisStore, store

log = logging.getLogger(__name__)

MAX_LAG = 1  # seconds until a worker notices a write on a different machine
FILE = "generation"
_unmarked: set[str] = set()  # generation files that could not be changed after a write
_reported: set[str] = set()  # generation files whose error has been logged


class RedisGeneration:
    """The generation in Redis."""

    KEY = f"{PREFIX}generation"

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._last: tuple[str, float] | None = None  # the generation, and the time when this process read it
        self._changes = 0  # how often this process has changed the generation
        self._recoveries = 0  # the number of Redis outages that this process has handled

    def current(self, max_age: float) -> str | None:
        if self._redis.is_down:
            self._last = None
        elif (last := self._last) and time.monotonic() - last[1] < max_age:
            return last[0]
        changes, start = self._changes, time.monotonic()
        try:
            generation = self._redis.call(self._get)
            if self._recoveries != (recoveries := self._redis.recoveries):
                # Writes during the outage did not change the generation, and Redis may have lost its data.
                self.change()
                self._recoveries = recoveries
                changes, generation = self._changes, self._redis.call(self._get)
        except OutageError:
            return None
        with self._lock:
            if changes == self._changes:  # otherwise another thread has changed the generation since
                self._last = (generation, start)
        return generation

    def change(self) -> None:
        try:
            self._redis.call(lambda client: client.set(self.KEY, secrets.token_hex(8)))
        except OutageError:
            pass  # `current` changes the generation after the outage
        finally:
            with self._lock:
                self._changes += 1
                self._last = None

    def _get(self, client: redis.Redis) -> str:
        value = client.get(self.KEY)
        if value is None:  # a new or restarted server
            client.set(self.KEY, secrets.token_hex(8), nx=True)
            value = client.get(self.KEY)
        return value.decode() if isinstance(value, bytes) else ""


@cache
def _in_redis(redis: RedisStore) -> RedisGeneration:
    return RedisGeneration(redis)


def current_generation(max_age: float = 0) -> str | None:
    """Return the current generation, or None if it cannot be read.

    Without a generation, the caller must not use a cache, neither to read nor to write. With Redis,
    return the last value that this process read if it is younger than `max_age` seconds. A generation in a file is
    always read again, because a `stat` is cheaper than a Redis request.
    """
    if redis := store():
        return _in_redis(redis).current(max_age)
    path = f"{settings.LOCAL_DIR}/{FILE}"
    try:
        if path in _unmarked:
            _mark(path)
        return _identity(path)
    except OSError as error:
        _report(path, error)
        return None


def revalidate() -> None:
    """Change the generation. Call this after every write of public content, even if the write may have failed.

    Never raise. If the generation cannot be changed, this process has no generation until the change succeeds. Other
    processes may serve copies from before the write until those copies expire.
    """
    if redis := store():
        _in_redis(redis).change()
        return
    path = f"{settings.LOCAL_DIR}/{FILE}"
    try:
        _mark(path)
    except OSError as error:
        _unmarked.add(path)
        _report(path, error)


@contextmanager
def revalidating(is_public: bool = True) -> Iterator[None]:
    """Run a block that writes public content, then change the generation, even if the block fails.

    If `is_public` is False, as for a draft, only run the block.
    """
    try:
        yield
    finally:
        if is_public:
            revalidate()


def _identity(path: str) -> str:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        status = os.stat(path)
    _reported.discard(path)
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"


def _mark(path: str) -> None:
    """Change the generation file. Do nothing if the file does not exist, because the next check creates it.

    A command that runs as root therefore never creates a file that the site cannot change.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        pass
    except PermissionError:
        os.unlink(path)  # another user owns the file, but the folder is ours
    else:
        try:
            os.write(file, b".")
        except OSError:
            os.utime(file)  # even on a full disk, the modification time can change
        finally:
            os.close(file)
    _unmarked.discard(path)


def _report(path: str, error: OSError) -> None:
    """Log the error, unless an error for this file was already logged since the file was last readable."""
    if path not in _reported:
        _reported.add(path)
        log.error("The file %s cannot be used, so pages are not cached: %s", path, error)
