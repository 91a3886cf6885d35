"""An LRU cache in a process, with a limit on the total size of its values."""

import threading
from collections import OrderedDict
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class SizedMemory(Generic[T]):
    """An LRU cache whose values have a total size of at most `limit`. The caller chooses the unit of size.

    A value larger than `max_size` is not stored.
    """

    def __init__(self, limit: int, max_size: int) -> None:
        self._limit = limit
        self._max_size = max_size
        self._size = 0
        self._values: OrderedDict[str, tuple[T, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        # Do not take the lock, because every request for a cached page calls this method.
        entry = self._values.get(key)
        if entry is None:
            return None
        with suppress(KeyError):  # another thread may have removed the value
            self._values.move_to_end(key)
        return entry[0]

    def put(self, key: str, value: T, size: int) -> None:
        with self._lock:
            self._remove(key)
            if size > self._max_size:
                return
            self._values[key] = value, size
            self._size += size
            while self._size > self._limit:
                _, (_, size) = self._values.popitem(last=False)
                self._size -= size

    def remove(self, key: str) -> None:
        with self._lock:
            self._remove(key)

    def _remove(self, key: str) -> None:
        _, size = self._values.pop(key, (None, 0))
        self._size -= size
