"""The cache that all workers share. It may fail at any time, and no caller has to handle that.

A disk may be full or read-only, a file damaged, the folder owned by another user, Redis down. A value that cannot be
written is kept in the memory of this process instead, so that rate limits go on counting; a value that cannot be read
counts as missing. Only `add` tells whether all workers can read the value: use it for what the next request needs.

When an outage of Redis is over, values kept in memory are written to Redis, so that all processes see the same again.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.module_loading import import_string

from core.redis_store import OutageError, Pools, RedisStore, store_at, without_password

log = logging.getLogger(__name__)
T = TypeVar("T")

MARK = "biso-1"  # stored with each value; a value without it was written by another program or an older release
DELETED_TTL = 24 * 3600  # seconds; as long as the longest TTL of an entry
REPORTED_TTL = 60  # seconds; on a full disk, each page fails to write
MAX_UNWRITTEN = 1000  # values that are written to Redis when an outage is over, each in about 0.1 ms
_MISSING = object()
_DELETED = "deleted here, although deleting from the shared cache failed"


class FileCache(FileBasedCache):
    """Django's file cache, which deletes expired entries before it deletes others at random.

    Django deletes an expired entry only when it is read, and most are never read again.
    """

    def _cull(self) -> None:
        names = self._list_cache_files()  # type: ignore[attr-defined]  # missing in the stubs
        if len(names) < self._max_entries:
            return
        for name in names:
            with suppress(Exception), open(name, "rb") as file:  # damaged, or deleted by another process
                self._is_expired(file)  # type: ignore[attr-defined]  # deletes it if so
        super()._cull()  # type: ignore[misc]


class Unwritten:
    """What this process has in its memory instead of one shared cache. Shared by the caches of all threads."""

    def __init__(self) -> None:
        self.keys: dict[tuple[Any, int | None], float | None] = {}  # key and version -> when the value expires
        self.recoveries = 0  # the outages of Redis after which the values were written
        self.lock = threading.Lock()


_reported: dict[tuple[str, str, str], float] = {}  # location, action and error -> when it was logged
_unwritten: dict[str, Unwritten] = defaultdict(Unwritten)  # by the location of the cache


class TolerantCache(BaseCache):
    """The cache in OPTIONS["BACKEND"], with the memory of this process as a fallback.

    An entry is in the memory only if this process failed to write it last time. It then takes precedence.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        backend_name: str = options.pop("BACKEND")
        backend = FileCache if backend_name.endswith(".FileBasedCache") else import_string(backend_name)
        self._redis: RedisStore | None = None
        if backend_name.endswith(".RedisCache"):
            self._redis = store_at(location)
            options = {"pool_class": Pools}
        super().__init__({**params, "OPTIONS": {}})
        self._location = location
        self._open: Callable[[], BaseCache] = lambda: backend(location, {**params, "OPTIONS": options})
        self._memory = LocMemCache(f"instead of {location}", {"OPTIONS": {"MAX_ENTRIES": 10_000}})
        self._unwritten = _unwritten[str(location)]

    @cached_property
    def _shared(self) -> BaseCache:
        # Opened on first use, because the file cache creates its folder then. Django's checks open every cache, and
        # commands are often run as root.
        return self._open()

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        kept = self._memory.get(key, _MISSING, version=version)
        if kept is not _MISSING:
            return default if kept == _DELETED else kept
        try:
            value = self._call(lambda: self._shared.get(key, _MISSING, version=version))
        except OutageError:
            return default
        except Exception as error:  # each kind of damage raises a different one
            self._failed("read", error)
            self._attempt("emptied", lambda: self._shared.delete(key, version=version))
            return default
        return value[1] if _is_ours(value) else default

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return the values of those keys that exist. With Redis it is one call, instead of one for each key."""
        keys = list(keys)
        kept = {key: self._memory.get(key, _MISSING, version=version) for key in keys}
        if self._redis is not None and all(value is _MISSING for value in kept.values()):
            try:
                values = self._call(lambda: self._shared.get_many(keys, version=version))
            except OutageError:
                return {}
            except Exception:  # one of them is damaged
                return super().get_many(keys, version=version)
            return {key: value[1] for key, value in values.items() if _is_ours(value)}
        return super().get_many(keys, version=version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if self._write(key, value, timeout, version):
            self._memory.delete(key, version=version)
        else:
            # The shared cache may still hold an older value; with it, a limit would stop counting.
            self._keep(key, value, self._seconds(timeout), version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return whether this call stored the value in the shared cache. False if the key exists or the write fails.

        With Redis, only one of several processes that add the same key at the same time gets True.
        """
        if self._redis is not None:
            return self._add_to_redis(key, value, timeout, version)
        if self.has_key(key, version=version):
            return False
        if not self._write(key, value, timeout, version):
            return False
        self._memory.delete(key, version=version)
        # Some servers silently drop values that are too large.
        return self._seconds(timeout) == 0 or self.has_key(key, version=version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        was_kept = self._memory.delete(key, version=version)
        deleted = self._attempt("emptied", lambda: self._shared.delete(key, version=version))
        if deleted is None:
            self._keep(key, _DELETED, DELETED_TTL, version)
        return bool(was_kept or deleted)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        value = self.get(key, _MISSING, version=version)
        if value is _MISSING:
            return False
        self.set(key, value, timeout, version=version)
        return True

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return self.get(key, _MISSING, version=version) is not _MISSING

    def clear(self) -> None:
        self._memory.clear()
        self._attempt("emptied", lambda: self._shared.clear())

    def close(self, **options: Any) -> None:
        if self._redis is None and "_shared" in vars(self):  # connections to Redis stay open
            self._attempt("closed", lambda: self._shared.close(**options))

    def _add_to_redis(self, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        def add() -> bool:
            return self._shared.add(key, (MARK, value), self._seconds(timeout), version=version)

        self._memory.delete(key, version=version)
        return bool(self._attempt("written", add))

    def _write(self, key: Any, value: Any, timeout: Any, version: int | None) -> bool:
        def write() -> bool:
            self._shared.set(key, (MARK, value), self._seconds(timeout), version=version)
            return True

        return self._attempt("written", write) is not None

    def _seconds(self, timeout: Any) -> Any:
        return self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout

    def _attempt(self, what: str, act: Callable[[], T]) -> T | None:
        """Return what `act` returns. If it fails, log that and return None."""
        try:
            return self._call(act)
        except OutageError:
            return None
        except Exception as error:
            self._failed(what, error)
            return None

    def _call(self, act: Callable[[], T]) -> T:
        """Return what `act` returns. Raise OutageError during an outage of Redis, which is logged elsewhere, once."""
        if self._redis is None:
            return act()
        result = self._redis.call(lambda _: act())
        if self._unwritten.recoveries != self._redis.recoveries:
            self._write_unwritten(self._redis.recoveries)
        return result

    def _keep(self, key: Any, value: Any, seconds: Any, version: int | None) -> None:
        """Keep the value in memory, and write it to Redis when it can be used again."""
        self._memory.set(key, value, seconds, version=version)
        if self._redis is not None and len(self._unwritten.keys) < MAX_UNWRITTEN:
            self._unwritten.keys[key, version] = None if seconds is None else time.time() + seconds

    def _write_unwritten(self, recoveries: int) -> None:
        """Write what the memory has to Redis, and empty the memory. One thread does it, once after each outage."""
        with self._unwritten.lock:
            if self._unwritten.recoveries == recoveries:
                return
            self._unwritten.recoveries = recoveries
            keys, self._unwritten.keys = self._unwritten.keys, {}
            entries = [
                (key, expires, self._memory.get(key[0], _MISSING, version=key[1]))
                for key, expires in list(keys.items())
            ]
            self._memory.clear()
        for (key, version), expires, value in entries:
            if value == _DELETED:
                self.delete(key, version=version)
            elif value is not _MISSING:
                self.set(key, value, None if expires is None else max(0, expires - time.time()), version=version)

    def _failed(self, what: str, error: Exception) -> None:
        """Log the failure, unless one of its kind was logged less than REPORTED_TTL seconds ago."""
        kind, now = (str(self._location), what, type(error).__name__), time.monotonic()
        if kind in _reported and now - _reported[kind] < REPORTED_TTL:
            return
        _reported[kind] = now
        advice = "; it must belong to the user who runs the site" if isinstance(error, PermissionError) else ""
        location = without_password(self._location)
        log.error("The cache %s cannot be %s: %s: %s%s", location, what, type(error).__name__, error, advice)


def _is_ours(value: Any) -> bool:
    """Return whether this release, or one with the same classes, has stored the value."""
    return isinstance(value, tuple) and len(value) == 2 and value[0] == MARK and _is_current(value[1])


def _is_current(value: Any) -> bool:
    """Return whether the objects of our classes in `value` have the fields that the classes have today."""
    if is_dataclass(value):
        has = getattr(value, "__dict__", {})
        return {field.name for field in fields(value)} <= set(has) and all(map(_is_current, has.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_current, value))
    return True
