"""The Redis server that several machines share, and how the site behaves while it is unavailable.

`CACHE_URL=redis://…` configures the server. After a failure, the site sends no command for RETRY_AFTER seconds, so that
a hanging server delays only a few pages. After that, one thread checks whether the server accepts writes again.
"""

import logging
import re
import threading
import time
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.exceptions import LockError
from redis.lock import Lock
from redis.retry import Retry

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_AFTER = 5  # seconds
PREFIX = "biso:"  # the prefix of keys that the site uses directly, not through Django's cache
PASSWORD = re.compile(r"//[^\s,]*@")  # the user and password in a cache server's URL


class OutageError(Exception):
    """Redis is unavailable. The reason is in the log."""


class RedisStore:
    """A connection pool for one Redis server, shared by all threads of this process."""

    def __init__(self, location: str, options: dict[str, Any]) -> None:
        self._location = location
        self._options = options
        self._lock = threading.Lock()
        self._retry_at = 0.0
        self.is_down = False
        self.recoveries = 0  # how many outages have ended

    @cached_property
    def pool(self) -> redis.ConnectionPool:
        # No retries, because pages must not wait. redis-py still replaces a pooled connection that was closed.
        options = {"retry": Retry(NoBackoff(), 0), **self._options}
        return redis.ConnectionPool.from_url(self._location, **options)

    @cached_property
    def _client(self) -> redis.Redis:
        return redis.Redis(connection_pool=self.pool)

    def close(self) -> None:
        """Close all connections. The next call opens a new connection."""
        self.pool.disconnect()

    def call(self, act: Callable[[redis.Redis], T]) -> T:
        """Call `act` with the Redis client, and return its result.

        Raise OutageError if Redis is unavailable, or becomes unavailable while `act` runs. If `act` takes more than
        twice `socket_timeout`, return its result, but treat Redis as unavailable from then on.
        """
        if self.is_down:
            self._check_recovery()
        start = time.monotonic()
        try:
            result = act(self._client)
        except redis.RedisError as error:
            self._fail(f"{type(error).__name__}: {error}")
            raise OutageError from error
        if (seconds := time.monotonic() - start) > 2 * self._options["socket_timeout"]:
            self._fail(f"it took {seconds:.1f} seconds to respond")
        return result

    def try_lock(self, name: str, seconds: float) -> Lock | None:
        """Acquire the lock with this name and return it, or return None if the lock is taken.

        The lock expires after `seconds`. Raise OutageError if Redis is unavailable.
        """
        lock: Lock = self.call(lambda client: client.lock(f"{PREFIX}{name}", timeout=seconds, thread_local=False))
        return lock if self.call(lambda _: lock.acquire(blocking=False)) else None

    def unlock(self, lock: Lock) -> bool:
        """Release the lock.

        Return False if the lock had already expired. During an outage, return True, because the lock will expire.
        """

        def release() -> bool:
            try:
                lock.release()
            except LockError:
                return False
            return True

        try:
            return self.call(lambda _: release())
        except OutageError:
            return True

    def _check_recovery(self) -> None:
        """Raise OutageError unless Redis accepts writes again. A read succeeds even if Redis is full or read-only."""
        with self._lock:
            if not self.is_down:
                return
            if time.monotonic() < self._retry_at:
                raise OutageError
            self._retry_at = time.monotonic() + RETRY_AFTER
        try:
            self._client.set(f"{PREFIX}check", "", ex=60)
        except redis.RedisError as error:
            self._fail(str(error))
            raise OutageError from error
        with self._lock:
            self.is_down = False
            self.recoveries += 1
        log.warning("Redis at %s can be used again.", without_password(self._location))

    def _fail(self, reason: str) -> None:
        with self._lock:
            self._retry_at = time.monotonic() + RETRY_AFTER
            if self.is_down:
                return
            self.is_down = True
        location = without_password(self._location)
        log.error("Redis at %s cannot be used, and the site continues without it: %s", location, reason)


class Pools:
    """A replacement for the pool class of Django's cache. With it, the cache uses the connections of RedisStore."""

    @staticmethod
    def from_url(location: str, **_: Any) -> redis.ConnectionPool:
        return store_at(location).pool


@cache
def store_at(location: str) -> RedisStore:
    """Return this process's store for the server at this URL."""
    options = settings.CACHES["default"]["OPTIONS"]
    return RedisStore(location, {name: value for name, value in options.items() if name != "BACKEND"})


def store() -> RedisStore | None:
    """Return the store for the Redis server in the settings, or None if the workers share files instead."""
    cache_settings = settings.CACHES["default"]
    backend = cache_settings.get("OPTIONS", {}).get("BACKEND", "")
    return store_at(cache_settings["LOCATION"]) if backend.endswith(".RedisCache") else None


def is_down() -> bool:
    """Return whether the site uses a Redis server that is currently unavailable."""
    redis = store()
    return redis is not None and redis.is_down


def without_password(location: object) -> str:
    """Return the URL of a cache server without its user name and password."""
    return PASSWORD.sub("//", str(location))
