"""Cached copies of data read from Appwrite as a guest, which all workers share and also use during an outage.

A copy is current while it belongs to the current generation (`core.revalidation`) and is younger than FRESH_TTL. A
current copy is used without calling Appwrite. Everyone can see the cached data, so cache only what a guest may read.

The shared cache stores each copy as JSON, so that a release with different classes can still read it. Each process
keeps its most recently used copies in memory as objects.
"""

import json
import logging
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.cache import cache

from core import bulkhead, errors, metrics, purging, read_age
from core.locks import CACHE_ONLY, one_at_a_time
from core.revalidation import current_generation
from core.single_flight import SingleFlight
from core.sized_memory import SizedMemory

log = logging.getLogger(__name__)
T = TypeVar("T")

# In seconds since the start of the read. Cached pages (biso_site.page_copies) use the same values.
FRESH_TTL = 50  # a write made outside the site must be visible within 60 s, including the time to render a page
REFILL_TTL = 60  # maximum age of a copy that is used while another thread refreshes it
KEPT_TTL = 24 * 3600  # maximum age of a copy that is used while Appwrite is unreachable


@dataclass(frozen=True)
class Copy(Generic[T]):
    """The result of a read that started at `read_at` (`time.time()`) in this `generation`.

    If `is_outdated` is true, the copy is used only because Appwrite is unreachable or slow.
    """

    value: T
    read_at: float
    generation: str | None
    is_outdated: bool = False

    def is_younger_than(self, seconds: float, generation: str) -> bool:
        """Return whether the copy belongs to this generation and is younger than `seconds`."""
        return self.generation == generation and read_age.is_younger_than(self.read_at, seconds)


class ReadCache(Generic[T]):
    """Copies of one kind of read.

    `slots` limits the number of copies in the shared cache. If it is None, each key has its own slot, so use few keys.
    A copy larger than `max_size` bytes (compressed) is not shared. `memory` limits the copies in this process's memory,
    in bytes of JSON.

    `load` converts the JSON that a read returned into the value. Threads share the value, so it must be immutable.
    """

    def __init__(
        self, name: str, load: Callable[[Any], T], *, slots: int | None = None, max_size: int, memory: int
    ) -> None:
        self._name = name
        self._load = load
        self._slots = slots
        self._max_size = max_size
        self._memory: SizedMemory[Copy[T]] = SizedMemory(memory, max_size=memory // 2)
        self._reads: SingleFlight[Copy[T]] = SingleFlight()
        purging.register(self.delete_copies)

    def read(self, key: str, call: Callable[[], Any]) -> Copy[T]:
        """Return the copy with this key. If there is no current copy, create one with `call`, which returns JSON.

        Threads that need the same copy share one call. During that call, the other threads get the previous copy if it
        is younger than REFILL_TTL. If `call` raises UnavailableError, return a stale copy that is younger than
        KEPT_TTL, or raise the error if there is none. Pass on every other SiteError from `call`.
        """
        copy = self._read(_full(key), call)
        read_age.record(copy.read_at, copy.generation, is_outdated=copy.is_outdated)
        return copy

    def kept(self, key: str) -> T | None:
        """Return the value of the copy that would be used during an outage, or None if there is no such copy."""
        found = self._find(_full(key))[0] if current_generation() is not None else None
        return None if found is None else self._load(json.loads(found.value))

    def delete_copies(self) -> None:
        """Delete all copies in the shared cache. Copies in memory become stale when the generation changes."""
        if self._slots is None:
            cache.delete_many([*self._listed(), self._list_key()])
        else:
            cache.delete_many([f"read:{self._name}:{number}" for number in range(self._slots)])

    def is_at_hand(self, key: str) -> bool:
        """Return whether this process has a current copy with this key in memory."""
        generation = current_generation()
        copy = self._memory.get(_full(key))
        return generation is not None and copy is not None and copy.is_younger_than(FRESH_TTL, generation)

    def _read(self, key: str, call: Callable[[], Any]) -> Copy[T]:
        generation = current_generation()
        if generation is None:
            return Copy(self._load(call()), time.time(), None)
        copy = self._memory.get(key)
        if copy is not None and copy.is_younger_than(FRESH_TTL, generation):
            metrics.count_read(self._name, "memory")
            return copy

        def wait(pending: Future[Copy[T]]) -> Copy[T]:
            metrics.count_read(self._name, "memory")  # another thread is making this read now
            if copy is not None and copy.is_younger_than(REFILL_TTL, generation):
                return copy
            return self._wait(key, pending)

        # A pending read from an older generation may have missed the write that changed the generation.
        return self._reads.run((key, generation), lambda: self._refill(key, generation, call), wait)

    def _wait(self, key: str, pending: Future[Copy[T]]) -> Copy[T]:
        """Return the copy that another thread is creating.

        While Appwrite is slow, return a stale copy instead.
        """
        try:
            return pending.result(bulkhead.ALL.patience())
        except TimeoutError:
            found, _ = self._find(key)
            if found is None:
                raise errors.NotCalledError("another thread is still making this read, and Appwrite is slow") from None
            return self._loaded(found, is_outdated=True)

    def _refill(self, key: str, generation: str, call: Callable[[], Any]) -> Copy[T]:
        found, slot = self._find(key)
        if found is not None and found.is_younger_than(FRESH_TTL, generation):
            copy = self._loaded(found)
            self._memory.put(key, copy, len(found.value))
            metrics.count_read(self._name, "shared")
            return copy
        read_at = time.time()
        try:
            data = call()
        except errors.UnavailableError as error:
            if found is None:
                raise
            if not isinstance(error, errors.NotCalledError):  # the reason for NotCalledError has already been logged
                log.warning("Using a copy from %.0f s ago: %s", time.time() - found.read_at, error)
            metrics.count_read(self._name, "outdated")
            return self._loaded(found, is_outdated=True)
        except errors.SiteError:
            # Appwrite rejected the read. Readers must not see this copy again, even during an outage.
            if found is not None:
                cache.delete(slot)
            self._memory.remove(key)
            raise
        metrics.count_read(self._name, "appwrite")
        text = json.dumps(data)
        made = Copy(self._load(data), read_at, generation)
        self._memory.put(key, made, len(text))
        packed = zlib.compress(text.encode(), level=1)
        # If there was a write during the read, do not store the copy: `delete_copies` may just have deleted its data.
        if len(packed) <= self._max_size and current_generation() == generation:
            self._list(slot)
            cache.set(slot, (key, read_at, generation, packed), KEPT_TTL)
        return made

    def _list(self, slot: str) -> None:
        """Add the slot to the list for `delete_copies`. A fixed number of slots needs no list."""
        if self._slots is None and slot not in self._listed():
            with one_at_a_time("read-slots", seconds=CACHE_ONLY):
                cache.set(self._list_key(), [*self._listed(), slot], None)

    def _listed(self) -> list[str]:
        listed = cache.get(self._list_key())
        return listed if isinstance(listed, list) else []

    def _list_key(self) -> str:
        return f"read-slots:{self._name}"

    def _loaded(self, found: Copy[str], *, is_outdated: bool = False) -> Copy[T]:
        return Copy(self._load(json.loads(found.value)), found.read_at, found.generation, is_outdated)

    def _find(self, key: str) -> tuple[Copy[str] | None, str]:
        """Return the shared copy as JSON, or None if it is missing or too old, and the slot for a new copy.

        Each key maps to two slots, and a new copy replaces the older of the two copies in them. Keys therefore rarely
        evict each other while there are few copies. The cache needs no index of its slots.
        """
        oldest, slot = float("inf"), ""
        for each in self._slots_of(key):
            entry = cache.get(each)
            held_by, read_at, generation, packed = entry if _is_entry(entry) else ("", 0.0, "", b"")
            if held_by == key:
                is_kept = read_age.is_younger_than(read_at, KEPT_TTL)
                return (Copy(zlib.decompress(packed).decode(), read_at, generation) if is_kept else None), each
            if read_at < oldest:
                oldest, slot = read_at, each
        return None, slot

    def _slots_of(self, key: str) -> list[str]:
        if self._slots is None:
            return [f"read:{self._name}:{key}"]
        digest = blake2b(key.encode(), digest_size=16).digest()
        numbers = (int.from_bytes(part) % self._slots for part in (digest[:8], digest[8:]))
        return [f"read:{self._name}:{number}" for number in dict.fromkeys(numbers)]


def _full(key: str) -> str:
    """Return the key with the project and the database as prefix, because several sites may share a cache server."""
    return f"{settings.APPWRITE_PROJECT}/{settings.APPWRITE_DATABASE}/{key}"


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, tuple) and [type(part) for part in entry] == [str, float, str, bytes]
