"""A circuit breaker: while Appwrite fails, calls to it are refused at once instead of waiting for it.

It is *closed* as long as calls succeed, and *open* after too many failures. While it is open, one call every PAUSE
seconds is let through as a probe (*half-open*); it closes when a probe succeeds. Each process has one.

docs/decisions.md says why it is our own.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core import errors

log = logging.getLogger(__name__)

MAX_FAILURES = 5  # within WINDOW and among the last CALLS
CALLS = 10  # so that a page that always fails does not stop all others, while most calls succeed
WINDOW = 10.0  # seconds
PAUSE = 2.0  # seconds from a failure to the next probe
clock = time.monotonic


class CircuitBreaker:
    """The results of the latest calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: deque[tuple[float, bool]] = deque(maxlen=CALLS)  # when each call ended, and whether it failed
        self._opened: float | None = None  # the time of the failure that opened it, or of the last failed probe
        self._is_probing = False

    @property
    def state(self) -> str:
        """Return "closed", "open" or "half-open"; half-open: a probe is in progress, or the next call is one."""
        with self._lock:
            if self._opened is None:
                return "closed"
            return "half-open" if self._is_probing or clock() - self._opened >= PAUSE else "open"

    @contextmanager
    def watch(self, is_failure: Callable[[BaseException], bool | None]) -> Iterator[None]:
        """Run a call in this block and note its result. Raise NotCalledError instead if the circuit is open.

        An exception for which `is_failure` returns None counts neither as a failure nor as a success.
        """
        is_probe = self._enter()
        try:
            yield
        except BaseException as error:
            self._note(is_probe, has_failed=is_failure(error), cause=error)
            raise
        self._note(is_probe, has_failed=False)

    def _enter(self) -> bool:
        """Return whether this call is a probe. Raise NotCalledError if it must not be made."""
        with self._lock:
            if self._opened is None:
                return False
            if self._is_probing or clock() - self._opened < PAUSE:
                raise errors.NotCalledError("the circuit breaker is open, because the last calls to Appwrite failed")
            self._is_probing = True
            return True

    def _note(self, is_probe: bool, *, has_failed: bool | None, cause: BaseException | None = None) -> None:
        with self._lock:
            now = clock()
            if is_probe:
                self._is_probing = False
            if has_failed is None:
                return  # after such a probe, the next call is one
            if is_probe:
                self._opened = now if has_failed else None
                if not has_failed:
                    log.warning("The circuit breaker is closed: Appwrite answers again")
            elif self._opened is None:  # otherwise, a call from before the circuit was opened
                self._results.append((now, has_failed))
                failures = sum(failed and now - ended < WINDOW for ended, failed in self._results)
                if has_failed and failures >= MAX_FAILURES:
                    self._opened = now
                    self._results.clear()
                    log.error("The circuit breaker is open: %d calls failed; the last one: %s", failures, cause)


BREAKER = CircuitBreaker()
