"""Limit the requests to Appwrite for covers, so that slow ones do not block all threads of the site.

Appwrite takes longer than our time limit for an animated image, and every writer can upload one to the bucket.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from django.core.cache import cache

from core import errors

MAX_IN_PROGRESS = 2  # requests of one process, which has four threads (docs/deploy.md)
MAX_WAIT = 3.0  # seconds to wait for a free place, or for another thread that fetches the same cover
FAILURE_TTL = 60  # seconds in which Appwrite is not asked again for a cover that failed

_lock = threading.Lock()
_pending: dict[tuple[str, ...], Future[bytes]] = {}
_finished = threading.Condition()
_in_progress = 0


def fetch(caller: str, file_id: str, width: int, call: Callable[[], bytes]) -> bytes:
    """Return the cover that `call` fetches from Appwrite. Threads that need the same cover share one call.

    `caller` is a session's secret, or "" for a guest. Raise what `call` raises, and UnavailableError if the cover
    failed less than FAILURE_TTL seconds ago or too many covers are in progress.
    """
    failure = f"cover-failed:{'session' if caller else 'guest'}:{file_id}"
    if cache.get(failure):
        raise errors.UnavailableError(f"cover {file_id} failed less than {FAILURE_TTL} seconds ago")
    key = (caller, file_id, str(width))
    with _lock:
        future = _pending.get(key)
        is_first = future is None
        if future is None:
            future = _pending[key] = Future()
    if is_first:
        try:
            future.set_result(_call(failure, call))
        except BaseException as error:
            future.set_exception(error)
        finally:
            with _lock:
                del _pending[key]
    try:
        return future.result(timeout=MAX_WAIT)
    except TimeoutError:
        raise errors.UnavailableError(f"cover {file_id} takes too long") from None


def _call(failure: str, call: Callable[[], bytes]) -> bytes:
    try:
        with _slot():
            return call()
    except (_BusyError, errors.RateLimitedError, errors.MisconfiguredError):  # not because of this cover
        raise
    except errors.UnavailableError:
        cache.set(failure, True, FAILURE_TTL)
        raise


class _BusyError(errors.UnavailableError):
    """MAX_IN_PROGRESS covers are in progress, and none has finished within MAX_WAIT."""


@contextmanager
def _slot() -> Iterator[None]:
    """Run a block in one of MAX_IN_PROGRESS slots; the other covers of a page wait. Raise _BusyError after MAX_WAIT."""
    global _in_progress
    with _finished:
        while _in_progress >= MAX_IN_PROGRESS:
            if not _finished.wait(MAX_WAIT):
                raise _BusyError
        _in_progress += 1
    try:
        yield
    finally:
        with _finished:
            _in_progress -= 1
            _finished.notify_all()
