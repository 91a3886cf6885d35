"""Requests to Appwrite for covers, limited so that slow ones do not take all threads of the site.

Appwrite needs more than our time limit for an animated image, which anybody who may write can upload to the bucket.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future

from django.core.cache import cache

from biso_site import errors, memory

IN_PROGRESS_MAX = 2  # requests of one process, which has four threads (docs/server.md)
PATIENCE = 1.0  # seconds to wait for one of these, or for the same cover that another thread is fetching
FAILURE_TTL = 60  # seconds in which Appwrite is not asked again for a cover that failed

_slots = threading.BoundedSemaphore(IN_PROGRESS_MAX)
_lock = threading.Lock()
_in_progress: dict[tuple[str, ...], Future[bytes]] = {}


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
        future = _in_progress.get(key)
        is_first = future is None
        if future is None:
            future = _in_progress[key] = Future()
    if is_first:
        try:
            future.set_result(_call(failure, call))
        except BaseException as error:
            future.set_exception(error)
        finally:
            with _lock:
                del _in_progress[key]
    try:
        return future.result(timeout=PATIENCE)
    except TimeoutError:
        raise errors.Unavailable(f"cover {file_id} takes long") from None


def _call(failure: str, call: Callable[[], bytes]) -> bytes:
    if not _slots.acquire(timeout=PATIENCE):
        raise errors.Unavailable(f"{IN_PROGRESS_MAX} covers are in progress")
    try:
        return call()
    except (errors.Limited, errors.Misconfigured):  # says nothing about this cover
        raise
    except errors.Unavailable:
        memory.remember(failure, True, FAILURE_TTL)
        raise
    finally:
        _slots.release()
