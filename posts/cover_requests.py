"""Requests to Appwrite for covers, limited so that slow ones do not take all threads of the site.

Appwrite needs more than our time limit for an animated image, which anybody who may write can upload to the bucket.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from django.core.cache import cache

from biso_site import errors

IN_PROGRESS_MAX = 2  # requests of one process, which has four threads (docs/server.md)
PATIENCE = 3.0  # seconds to wait while none of these finishes, or for the same cover that another thread is fetching
FAILURE_TTL = 60  # seconds in which Appwrite is not asked again for a cover that failed

_lock = threading.Lock()
_wanted: dict[tuple[str, ...], Future[bytes]] = {}
_finished = threading.Condition()
_in_progress = 0


def fetch(caller: str, file_id: str, width: int, call: Callable[[], bytes]) -> bytes:
    """Return the cover that `call` asks Appwrite for, in one call for all threads that want it at the same time.

    `caller` is who asks: a session's secret, or "" for a guest. Raises what `call` raises, and Unavailable where the
    cover failed within FAILURE_TTL, or too many covers are in progress.
    """
    failure = f"cover-failed:{'session' if caller else 'guest'}:{file_id}"
    if cache.get(failure):
        raise errors.Unavailable(f"cover {file_id} failed less than {FAILURE_TTL} seconds ago")
    key = (caller, file_id, str(width))
    with _lock:
        future = _wanted.get(key)
        is_first = future is None
        if future is None:
            future = _wanted[key] = Future()
    if is_first:
        try:
            future.set_result(_call(failure, call))
        except BaseException as error:
            future.set_exception(error)
        finally:
            with _lock:
                del _wanted[key]
    try:
        return future.result(timeout=PATIENCE)
    except TimeoutError:
        raise errors.Unavailable(f"cover {file_id} takes long") from None


def _call(failure: str, call: Callable[[], bytes]) -> bytes:
    try:
        with _slot():
            return call()
    except (_Busy, errors.Limited, errors.Misconfigured):  # says nothing about this cover
        raise
    except errors.Unavailable:
        cache.set(failure, True, FAILURE_TTL)
        raise


class _Busy(errors.Unavailable):
    """As many covers are in progress as may be, and none finishes."""


@contextmanager
def _slot() -> Iterator[None]:
    """Take one of the places. A page asks for many covers at once: they wait for each other, but not for slow ones."""
    global _in_progress
    with _finished:
        while _in_progress >= IN_PROGRESS_MAX:
            if not _finished.wait(PATIENCE):
                raise _Busy
        _in_progress += 1
    try:
        yield
    finally:
        with _finished:
            _in_progress -= 1
            _finished.notify_all()
