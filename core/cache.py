"""The cache that all workers share. No method raises an exception, even if the disk or the cache server fails.

The disk may be full or read-only, a file damaged, the folder owned by another user, or Redis down. A value that
cannot be written is stored in this process's memory instead, so that rate limits still work. A value that cannot be
read counts as missing. Only `add` reports whether all workers can read the value, so use `add` for data that a later
request needs.

After a Redis outage, the values in memory are written to Redis, so that all processes see the same values again.
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

MARK = "biso-1"  # stored with each value; a value without it is from another program or an older release
DELETED_TTL = 24 * 3600  # seconds; the longest TTL of any entry
# Minimum seconds between log lines of the same kind, because every page fails to write on a full disk.
REPORTED_TTL = 60
MAX_UNWRITTEN = 1000  # maximum number of values written to Redis after an outage; each takes about 0.1 ms
_MISSING = object()
_DELETED = "deleted here, although deleting from the shared cache failed"


class FileCache(FileBasedCache):
    """Django's file cache, changed so that it deletes expired entries before random entries.

    Django deletes an expired entry only when it is read, and most expired entries are never read again.
    """

    def _cull(self) -> None:
        names = self._list_cache_files()  # type: ignore[attr-defined]  # missing from the stubs
        if len(names) < self._max_entries:
            return
        for name in names:
            with suppress(Exception), open(name, "rb") as file:  # damaged, or deleted by another process
                self._is_expired(file)  # type: ignore[attr-defined]  # also deletes an expired file
        super()._cull()  # type: ignore[misc]


class Unwritten:
    """The values in this process's memory that must be written to Redis after an outage.

    The cache objects of all threads share one instance.
    """

    def __init__(self) -> None:
        self.keys: dict[tuple[Any, int | None], float | None] = {}  # (key, version) -> time of expiry
        self.recoveries = 0  # how many Redis outages had ended when the values were last written
        self.lock = threading.Lock()


_reported: dict[tuple[str, str, str], float] = {}  # location, action, error -> time of the last log line
_unwritten: dict[str, Unwritten] = defaultdict(Unwritten)  # cache location -> its unwritten values


class TolerantCache(BaseCache):
    """The cache in OPTIONS["BACKEND"], with this process's memory as a fallback.

    Memory contains an entry only if this process's last attempt to write the entry failed. The entry in memory then
    takes precedence over the one in the shared cache.
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
        # The cache is opened on first use, because opening a file cache creates its folder. Django's checks create
        # every cache object, often in a command that runs as root, and root must not own the folder.
        return self._open()

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        kept = self._memory.get(key, _MISSING, version=version)
        if kept is not _MISSING:
            return default if kept == _DELETED else kept
        try:
            value = self._call(lambda: self._shared.get(key, _MISSING, version=version))
        except OutageError:
            return default
        except Exception as error:  # each kind of damage raises a different exception
            self._failed("read", error)
            self._attempt("emptied", lambda: self._shared.delete(key, version=version))
            return default
        return value[1] if _is_ours(value) else default

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        """Return the values of the keys that exist. With Redis, send a single request instead of one per key."""
        keys = list(keys)
        kept = {key: self._memory.get(key, _MISSING, version=version) for key in keys}
        if self._redis is not None and all(value is _MISSING for value in kept.values()):
            try:
                values = self._call(lambda: self._shared.get_many(keys, version=version))
            except OutageError:
                return {}
            except Exception:  # one of the values is damaged
                return super().get_many(keys, version=version)
            return {key: value[1] for key, value in values.items() if _is_ours(value)}
        return super().get_many(keys, version=version)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if self._write(key, value, timeout, version):
            self._memory.delete(key, version=version)
        else:
            # The shared cache may still contain an older value. A rate limit that read this value would not count.
            self._keep(key, value, self._seconds(timeout), version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return whether this call stored the value in the shared cache: False if the key exists or the write failed.

        With Redis, if several processes add the same key at the same time, only one of them gets True.
        """
        if self._redis is not None:
            return self._add_to_redis(key, value, timeout, version)
        if self.has_key(key, version=version):
            return False
        if not self._write(key, value, timeout, version):
            return False
        self._memory.delete(key, version=version)
        # Some cache servers silently drop values that are too large.
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
        """Call `act`. Return its result, or log the error and return None if `act` fails."""
        try:
            return self._call(act)
        except OutageError:
            return None
        except Exception as error:
            self._failed(what, error)
            return None

    def _call(self, act: Callable[[], T]) -> T:
        """Return the result of `act()`. Raise OutageError during a Redis outage; RedisStore has already logged it."""
        if self._redis is None:
            return act()
        result = self._redis.call(lambda _: act())
        if self._unwritten.recoveries != self._redis.recoveries:
            self._write_unwritten(self._redis.recoveries)
        return result

    def _keep(self, key: Any, value: Any, seconds: Any, version: int | None) -> None:
        """Store the value in memory, and mark it to be written to Redis after the outage."""
        self._memory.set(key, value, seconds, version=version)
        if self._redis is not None and len(self._unwritten.keys) < MAX_UNWRITTEN:
            self._unwritten.keys[key, version] = None if seconds is None else time.time() + seconds

    def _write_unwritten(self, recoveries: int) -> None:
        """Move the values in memory to Redis. Only one thread does this, once after each outage."""
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
        """Log the error, unless an error of the same kind was logged less than REPORTED_TTL seconds ago."""
        kind, now = (str(self._location), what, type(error).__name__), time.monotonic()
        if kind in _reported and now - _reported[kind] < REPORTED_TTL:
            return
        _reported[kind] = now
        advice = "; it must belong to the user who runs the site" if isinstance(error, PermissionError) else ""
        location = without_password(self._location)
        log.error("The cache %s cannot be %s: %s: %s%s", location, what, type(error).__name__, error, advice)


def _is_ours(value: Any) -> bool:
    """Return whether the value was stored by this release or by a release with the same classes."""
    return isinstance(value, tuple) and len(value) == 2 and value[0] == MARK and _is_current(value[1])


def _is_current(value: Any) -> bool:
    """Return whether all dataclass objects in `value` have every field that their current classes define."""
    if is_dataclass(value):
        has = getattr(value, "__dict__", {})
        return {field.name for field in fields(value)} <= set(has) and all(map(_is_current, has.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_current, value))
    return True
