"""Limit the requests to Appwrite for covers: few at a time, one for each cover, and none soon after a failure."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from django.core.cache import cache

from core import bulkhead, errors

FAILURE_TTL = 60  # seconds in which Appwrite is not asked again for a cover that failed

_lock = threading.Lock()
_pending: dict[tuple[str, ...], Future[bytes]] = {}


def fetch(caller: str, file_id: str, width: int, call: Callable[[], bytes]) -> bytes:
    """Return the cover that `call` fetches from Appwrite. Threads that need the same cover share one call.

    `caller` is a session's secret, or "" for a guest. Raise what `call` raises, and UnavailableError if the cover
    failed less than FAILURE_TTL seconds ago, or if it would have to wait for covers that are slow.
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
        return future.result(timeout=bulkhead.COVERS.patience())
    except TimeoutError:
        raise errors.NotCalledError(f"cover {file_id} is slow") from None


def _call(failure: str, call: Callable[[], bytes]) -> bytes:
    try:
        with bulkhead.COVERS.place():
            return call()
    except (errors.NotCalledError, errors.RateLimitedError, errors.MisconfiguredError):  # not because of this cover
        raise
    except errors.UnavailableError:
        cache.set(failure, True, FAILURE_TTL)
        raise
