"""Cache of generated images, with the cache headers of the real server."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.db import state

FRESH = {"Cache-Control": "no-cache, no-store, must-revalidate, private, max-age=2592000", "X-Appwrite-Cache": "miss"}
KEPT = {"Cache-Control": "private, max-age=15552000", "X-Appwrite-Cache": "hit"}


@dataclass(frozen=True)
class Picture:
    content: bytes
    kind: str


def kept_or_made(key: tuple[Any, ...], make: Callable[[], Picture]) -> tuple[Picture, dict[str, str]]:
    """Return the cached image, or generate and cache it; with the headers for the response."""
    if picture := _kept.get(key):
        return picture, KEPT
    picture = make()
    _kept.keep(key, picture)
    return picture, FRESH


class _Kept:
    """LRU cache of images, limited by their total size in bytes."""

    LIMIT = 32 * 1024 * 1024

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        with self._lock:
            self._pictures: OrderedDict[tuple[Any, ...], Picture] = OrderedDict()
            self._size = 0

    def get(self, key: tuple[Any, ...]) -> Picture | None:
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
            return self._pictures.get(key)

    def keep(self, key: tuple[Any, ...], picture: Picture) -> None:
        with self._lock:
            if key not in self._pictures:
                self._pictures[key] = picture
                self._size += len(picture.content)
            while self._size > self.LIMIT:
                _, oldest = self._pictures.popitem(last=False)
                self._size -= len(oldest.content)


_kept = _Kept()
state.on_cache_clear(_kept.forget)
