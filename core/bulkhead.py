"""A bulkhead: limit how many calls of this process wait for Appwrite, so that it cannot block all threads.

While Appwrite is quick, further calls wait for a place. While it is slow they are refused at once, because waiting for
it would occupy the threads that answer cached pages and health checks.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core import errors

log = logging.getLogger(__name__)

PLACES = 5  # gunicorn.conf.py chooses the number of threads from it
COVER_PLACES = 2  # of PLACES, so that slow covers leave three for pages
clock = time.monotonic


class Bulkhead:
    """A number of places for calls. `slow`: seconds after which a call counts as slow. `name` is for the log."""

    def __init__(self, name: str, places: int, slow: float) -> None:
        self._name = name
        self._places = places
        self._slow = slow
        self._changed = threading.Condition()
        self._started: dict[object, float] = {}  # when each call in progress started, oldest first
        self._is_slow = False  # the last call to end, or one in progress, was slow

    @contextmanager
    def place(self) -> Iterator[None]:
        """Run a call in this block. Wait for a place; raise NotCalledError if all are taken by slow calls.

        The block must wait for nothing but its own call, because anything else might also need a place.
        """
        call = self._take()
        try:
            yield
        finally:
            self._give_back(call)

    def patience(self) -> float:
        """Return how many seconds a request may wait for the calls in progress; 0 while they are slow."""
        with self._changed:
            return self._patience()

    def _patience(self) -> float:
        if self._is_slow:
            return 0
        oldest = next(iter(self._started.values()), None)
        left = self._slow if oldest is None else oldest + self._slow - clock()
        if left > 0:
            return left
        self._is_slow = True
        log.warning("Calls to Appwrite (%s) are slow: a request that would wait for a place is refused", self._name)
        return 0

    def _take(self) -> object:
        call = object()
        with self._changed:
            while len(self._started) >= self._places:
                patience = self._patience()
                if not patience:
                    raise errors.NotCalledError(f"{self._places} calls to Appwrite ({self._name}) are slow")
                self._changed.wait(patience)
            self._started[call] = clock()
        return call

    def _give_back(self, call: object) -> None:
        with self._changed:
            self._is_slow = clock() - self._started.pop(call) >= self._slow
            self._changed.notify()


ALL = Bulkhead("all", PLACES, slow=1)  # most calls take less than a tenth of a second
# They also take a place of ALL. Appwrite may need a second for a cover, and longer than our time limit for an animated
# image, which every writer can upload.
COVERS = Bulkhead("covers", COVER_PLACES, slow=3)
