"""Cache for row lists that are requested with `ttl`. Changes to rows do not affect cached lists.

Rows and their total are separate entries. Each request sets the maximum age of the entries that it accepts. The schema
is part of the key, so entries from before a change to a column or index are not used.
"""

from collections.abc import Callable
from typing import TypeVar

from appwrite_emulator.common import clock
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

T = TypeVar("T")
Key = tuple[object, ...]

_entries: PerProject[dict[Key, tuple[float, object]]] = PerProject(dict)
_MAX_ENTRIES = 1000


def get_or_read(key: Key, ttl: int, read: Callable[[], T]) -> tuple[T, bool]:
    """Return (value, whether it was cached).

    Call `read` if there is no cached value or the cached value is older than `ttl` seconds. The key must start with the
    table's sequence, because `purge` relies on this.
    """
    entries, now = _entries(), clock.now().timestamp()
    if (entry := entries.get(key)) and entry[0] + ttl > now:
        return entry[1], True  # type: ignore[return-value]  # a key is always read with the same `read`
    value = read()
    if len(entries) >= _MAX_ENTRIES:
        entries.clear()
    entries[key] = now, value
    return value, False


def purge(sequence: int) -> None:
    """Drop one table's cached lists."""
    entries = _entries()
    for key in [key for key in list(entries) if key[0] == sequence]:  # a copy, because other threads may add entries
        entries.pop(key, None)


@state.on_cache_clear
def clear_cache() -> None:
    _entries().clear()
