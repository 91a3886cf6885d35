"""Limit cover requests to Appwrite: a few at a time, one at a time per cover, and none soon after a failure."""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from django.core.cache import cache

from core import bulkhead, errors

FAILURE_TTL = 60  # seconds before a cover that failed is requested from Appwrite again

_lock = threading.Lock()
_pending: dict[tuple[str, ...], Future[bytes]] = {}


def fetch(caller: str, file_id: str, width: int, call: Callable[[], bytes]) -> bytes:
    """Return the cover that `call` fetches from Appwrite. Threads that need the same cover share one request.

    `caller` is a session secret, or "" for a guest. Raise the errors that `call` raises, and UnavailableError if the
    cover failed less than FAILURE_TTL seconds ago, or if slow requests for other covers use up the limit.
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
    except (errors.NotCalledError, errors.RateLimitedError, errors.MisconfiguredError):  # this cover is not the cause
        raise
    except errors.UnavailableError:
        cache.set(failure, True, FAILURE_TTL)
        raise
