"""The cache that all workers share. It may fail at any time, and no caller has to handle that.

A disk may be full or read-only, a file damaged, the folder owned by another user, Redis down. A value that cannot be
written is kept in the memory of this process instead, so that rate limits go on counting; a value that cannot be read
counts as missing. Only `add` tells whether all workers can read the value: use it for what the next request needs.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)
T = TypeVar("T")

MARK = "biso-1"  # stored with each value; a value without it was written by another program or an older release
DELETED_TTL = 24 * 3600  # seconds; as long as the longest TTL of an entry
PASSWORD = re.compile(r"//[^\s,]*@")  # in the address of a cache server, with the user
_MISSING = object()
_DELETED = "deleted here, although deleting from the shared cache failed"


class TolerantCache(BaseCache):
    """The cache in OPTIONS["BACKEND"], with the memory of this process as a fallback.

    An entry is in the memory only if this process failed to write it last time. It then takes precedence.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        backend = import_string(options.pop("BACKEND"))
        super().__init__({**params, "OPTIONS": {}})
        self._location = location
        self._open: Callable[[], BaseCache] = lambda: backend(location, {**params, "OPTIONS": options})
        self._memory = LocMemCache(f"instead of {location}", {"OPTIONS": {"MAX_ENTRIES": 10_000}})

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
            value = self._shared.get(key, _MISSING, version=version)
        except Exception as error:  # each kind of damage raises a different one
            self._failed("read", error)
            self._attempt("emptied", lambda: self._shared.delete(key, version=version))
            return default
        if not (isinstance(value, tuple) and len(value) == 2 and value[0] == MARK and _is_current(value[1])):
            return default
        return value[1]

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        if self._write(key, value, timeout, version):
            self._memory.delete(key, version=version)
        else:
            # The shared cache may still hold an older value; with it, a limit would stop counting.
            self._memory.set(key, value, self._seconds(timeout), version=version)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Return whether the value is stored in the shared cache now. False if another was there, or it failed."""
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
            self._memory.set(key, _DELETED, DELETED_TTL, version=version)
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
        if "_shared" in vars(self):
            self._attempt("closed", lambda: self._shared.close(**options))

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
            return act()
        except Exception as error:
            self._failed(what, error)
            return None

    def _failed(self, what: str, error: Exception) -> None:
        advice = "; it must belong to the user who runs the site" if isinstance(error, PermissionError) else ""
        location = PASSWORD.sub("//", str(self._location))
        log.error("The cache %s cannot be %s: %s: %s%s", location, what, type(error).__name__, error, advice)


def _is_current(value: Any) -> bool:
    """Return whether the objects of our classes in `value` have the fields that the classes have today."""
    if is_dataclass(value):
        has = getattr(value, "__dict__", {})
        return {field.name for field in fields(value)} <= set(has) and all(map(_is_current, has.values()))
    if isinstance(value, (list, tuple)):
        return all(map(_is_current, value))
    return True
