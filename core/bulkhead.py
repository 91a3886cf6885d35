"""A bulkhead: limit this process's concurrent calls to Appwrite, so that a slow Appwrite cannot block all threads.

While Appwrite responds quickly, further calls wait for a free slot. While Appwrite is slow, further calls are rejected
immediately, because waiting would occupy the threads that serve cached pages and health checks.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core import errors, metrics

log = logging.getLogger(__name__)

SLOTS = 5  # maximum calls in progress per process; gunicorn.conf.py derives the number of threads from this value
COVER_SLOTS = 2  # maximum calls in progress for covers, so that slow covers leave three of the SLOTS for pages
clock = time.monotonic


class Bulkhead:
    """A limited number of slots for calls.

    A call counts as slow after `slow` seconds. `name` identifies the bulkhead in the log.
    """

    def __init__(self, name: str, slots: int, slow: float) -> None:
        self._name = name
        self._slots = slots
        self._slow = slow
        self._changed = threading.Condition()
        self._started: dict[object, float] = {}  # call in progress -> its start time, oldest first
        self._is_slow = False  # whether the latest call to finish, or a call in progress, was slow

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot during this block.

        Wait for a free slot, or raise NotCalledError if slow calls hold all slots. The block must only make one call.
        If the block waited for something else that also needs a slot, the two could block each other.
        """
        call = self._take()
        try:
            yield
        finally:
            self._give_back(call)

    def patience(self) -> float:
        """Return how many seconds a request can wait for the calls in progress, or 0 if calls are slow."""
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
        log.warning("Calls to Appwrite (%s) are slow: a call that would wait for a slot is rejected", self._name)
        return 0

    def _take(self) -> object:
        call = object()
        with self._changed:
            while len(self._started) >= self._slots:
                patience = self._patience()
                if not patience:
                    raise errors.NotCalledError(f"{self._slots} calls to Appwrite ({self._name}) are slow")
                self._changed.wait(patience)
            self._started[call] = clock()
            metrics.note_calls_in_progress(self._name, len(self._started))
        return call

    def _give_back(self, call: object) -> None:
        with self._changed:
            self._is_slow = clock() - self._started.pop(call) >= self._slow
            metrics.note_calls_in_progress(self._name, len(self._started))
            self._changed.notify()


ALL = Bulkhead("all", SLOTS, slow=1)  # most calls take less than a tenth of a second
# Fetching a cover also occupies a slot in ALL. Appwrite may need a second for a cover, and longer than
# our timeout for an animated image, which any writer can upload.
COVERS = Bulkhead("covers", COVER_SLOTS, slow=3)
