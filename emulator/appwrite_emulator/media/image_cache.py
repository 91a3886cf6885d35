"""Cache of generated images, with the real server's cache headers."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

Headers = Mapping[str, str | tuple[str, ...]]

MISS_HEADERS: Headers = {
    "Cache-Control": ("no-cache, no-store, must-revalidate", "private, max-age=2592000"),
    "X-Appwrite-Cache": "miss",
}
HIT_HEADERS: Headers = {"Cache-Control": "private, max-age=15552000", "X-Appwrite-Cache": "hit"}


@dataclass(frozen=True)
class CachedImage:
    content: bytes
    content_type: str


def get_or_create(
    key: tuple[object, ...], create: Callable[[], CachedImage], *, is_reproducible: bool = False
) -> tuple[CachedImage, Headers]:
    """Return (image, response headers). If the image is not cached, generate and cache it.

    `is_reproducible`: the same key always produces the same image, so it can be kept after a reset. The first response
    after the reset still has the headers for a new image.
    """
    cache = _cache()
    if image := cache.get(key):
        return image, HIT_HEADERS
    image = _reproducible().get(key) if is_reproducible else None
    if image is None:
        image = create()
        if is_reproducible:
            _reproducible().put(key, image)
    cache.put(key, image)
    return image, MISS_HEADERS


class _ImageCache:
    """LRU cache of images, limited by their total size in bytes."""

    MAX_SIZE = 32 * 1024 * 1024

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._images: OrderedDict[tuple[object, ...], CachedImage] = OrderedDict()
            self._size = 0

    def get(self, key: tuple[object, ...]) -> CachedImage | None:
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
            return self._images.get(key)

    def put(self, key: tuple[object, ...], image: CachedImage) -> None:
        with self._lock:
            if key not in self._images:
                self._images[key] = image
                self._size += len(image.content)
            while self._size > self.MAX_SIZE:
                _, oldest = self._images.popitem(last=False)
                self._size -= len(oldest.content)


_cache = PerProject(_ImageCache)
_reproducible = PerProject(_ImageCache)  # survives a reset


@state.on_cache_clear
def clear_cache() -> None:
    _cache().clear()
