"""The generation: a text that changes with every write of public content through the site, for all workers.

A copy of a read or a page keeps the generation from before it was read. It counts as current only while that is still
the current generation. Copies also have a short lifetime, because writes made elsewhere change no generation.

With Redis it is a random text there. Otherwise the workers of one machine share a file in LOCAL_DIR. A write appends a
byte to it, so that a check costs one `stat`, and no generation comes back: the size only grows, and a new file has
another time.
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

FILE = "generation"
_unmarked: set[str] = set()  # files that could not be changed after a write
_reported: set[str] = set()  # files about whose failure the log has a line


class RedisGeneration:
    """The generation in Redis."""

    KEY = f"{PREFIX}generation"

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._last: tuple[str, float] | None = None  # the generation, and when this process asked for it
        self._changes = 0  # how often this process changed the generation
        self._recoveries = 0  # the outages of Redis that have been taken into account

    def current(self, max_age: float) -> str | None:
        if self._redis.is_down:
            self._last = None
        elif (last := self._last) and time.monotonic() - last[1] < max_age:
            return last[0]
        changes, start = self._changes, time.monotonic()
        try:
            generation = self._redis.call(self._get)
            if self._recoveries != (recoveries := self._redis.recoveries):
                # Writes during the outage changed no generation, and Redis may have lost its data.
                self.change()
                self._recoveries = recoveries
                changes, generation = self._changes, self._redis.call(self._get)
        except OutageError:
            return None
        with self._lock:
            if changes == self._changes:  # otherwise another thread has changed it meanwhile
                self._last = (generation, start)
        return generation

    def change(self) -> None:
        try:
            self._redis.call(lambda client: client.set(self.KEY, secrets.token_hex(8)))
        except OutageError:
            pass  # changed when the outage is over
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
    """Return the current generation; None while it cannot be read.

    With None, nothing may be served from a cache or put into one. `max_age` is the number of seconds for which a value
    that this process has read before may be returned again. It applies to Redis only,
    because checking the file costs just one `stat`.
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
    """Change the generation. Call it after a write of public content, also after one that may have been carried out.

    Raises nothing. If it cannot be changed, this process has no generation until it can; other processes may serve
    copies of what was read before the write until these are too old.
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

    Nothing happens if the content is not public (`is_public`), such as the text of a draft.
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
    """Change the file. Without one there is nothing to do, because the next check creates it.

    So a command that is run as root leaves no file that the site cannot change.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except FileNotFoundError:
        pass
    except PermissionError:
        os.unlink(path)  # another user's file, in our folder
    else:
        try:
            os.write(file, b".")
        except OSError:
            os.utime(file)  # a full disk still stores another time
        finally:
            os.close(file)
    _unmarked.discard(path)


def _report(path: str, error: OSError) -> None:
    """Log the failure, once until the file can be read again."""
    if path not in _reported:
        _reported.add(path)
        log.error("The file %s cannot be used, so pages are not cached: %s", path, error)
