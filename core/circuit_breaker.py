"""A circuit breaker: while Appwrite calls keep failing, further calls are rejected immediately instead of waiting.

The circuit is *closed* as long as calls succeed, and *open* after too many failures. While it is open, one call every
PAUSE seconds is allowed as a probe (*half-open*). The circuit closes when a probe succeeds. Each process has its own
circuit breaker.

docs/decisions.md explains why no library is used.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core import errors, metrics

log = logging.getLogger(__name__)

MAX_FAILURES = 5  # failures within WINDOW and among the last CALLS that open the circuit
CALLS = 10  # a limit, so that a page whose calls always fail does not open the circuit while most calls succeed
WINDOW = 10.0  # seconds
PAUSE = 2.0  # seconds from a failure to the next probe
clock = time.monotonic


class CircuitBreaker:
    """The state of the circuit, and the results of the latest calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: deque[tuple[float, bool]] = deque(maxlen=CALLS)  # end time of each call, and whether it failed
        self._opened: float | None = None  # time of the failure that opened the circuit, or of the last failed probe
        self._is_probing = False

    @property
    def state(self) -> str:
        """Return "closed", "open" or "half-open" (a probe is in progress, or the next call will be a probe)."""
        with self._lock:
            if self._opened is None:
                return "closed"
            return "half-open" if self._is_probing or clock() - self._opened >= PAUSE else "open"

    @contextmanager
    def watch(self, is_failure: Callable[[BaseException], bool | None]) -> Iterator[None]:
        """Record the result of the call in this block. Raise NotCalledError before the call if the circuit is open.

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
        """Return whether this call is a probe. Raise NotCalledError if the call is not allowed."""
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
                return  # an inconclusive probe: the next call becomes the probe
            if is_probe:
                self._opened = now if has_failed else None
                if not has_failed:
                    metrics.note_circuit(is_open=False)
                    log.warning("The circuit breaker is closed: Appwrite responds again")
            elif self._opened is None:  # otherwise this call started before the circuit opened
                self._results.append((now, has_failed))
                failures = sum(failed and now - ended < WINDOW for ended, failed in self._results)
                if has_failed and failures >= MAX_FAILURES:
                    self._opened = now
                    self._results.clear()
                    metrics.note_circuit(is_open=True)
                    log.error("The circuit breaker is open: %d calls failed; last failure: %s", failures, cause)


BREAKER = CircuitBreaker()
