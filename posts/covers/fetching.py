"""Limit the requests that the site sends to Appwrite for covers.

Only a few requests run at a time, and only one for each cover. If Appwrite cannot deliver a cover, the site waits for
FAILURE_TTL seconds before it requests that cover again.
"""

from collections.abc import Callable
from concurrent.futures import Future

from django.core.cache import cache

from core import bulkhead, errors
from core.single_flight import SingleFlight

FAILURE_TTL = 60  # seconds until a failed cover is requested from Appwrite again

_fetches: SingleFlight[bytes] = SingleFlight()


def fetch(caller: str, file_id: str, size: tuple[int, str], call: Callable[[], bytes]) -> bytes:
    """Return the cover that `call` fetches from Appwrite. Threads that need the same cover share one request.

    `caller` is a session secret, or "" for a guest. `size` is the width and the gravity (`cover_sizes`). Raise the same
    errors as `call`. Also raise UnavailableError if a request for the cover failed less than FAILURE_TTL seconds ago,
    or if slow requests for other covers have used up the limit.
    """
    failure = f"cover-failed:{'session' if caller else 'guest'}:{file_id}"
    if cache.get(failure):
        raise errors.UnavailableError(f"cover {file_id} failed less than {FAILURE_TTL} seconds ago")

    def wait(pending: Future[bytes]) -> bytes:
        try:
            return pending.result(timeout=bulkhead.COVERS.patience())
        except TimeoutError:
            raise errors.NotCalledError(f"cover {file_id} is slow") from None

    return _fetches.run((caller, file_id, size), lambda: _call(failure, call), wait)


def _call(failure: str, call: Callable[[], bytes]) -> bytes:
    try:
        with bulkhead.COVERS.slot():
            return call()
    except (errors.NotCalledError, errors.AppwriteRateLimitedError, errors.MisconfiguredError):
        raise  # the failure was not caused by this cover
    except errors.UnavailableError:
        cache.set(failure, True, FAILURE_TTL)
        raise
