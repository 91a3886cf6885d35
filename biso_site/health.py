"""What monitoring asks: whether this process answers, whether it reaches Appwrite, and who is signed in."""

import threading

from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import circuit_breaker, errors, redis_store, transport
from posts.public_posts import PublicPosts

READY_TIMEOUT = 2  # seconds
_checking = threading.Lock()


@require_safe
@never_cache
def health(request: Request) -> JsonResponse:
    """Report that this process answers. The previous site had the same endpoint."""
    return JsonResponse({"status": "ok", "timestamp": timezone.now().isoformat()})


@require_safe
@never_cache
def readyz(request: Request) -> JsonResponse:
    """Report whether posts can be read, with one call to Appwrite, and the state of what the site uses; 503 if not."""
    try:
        _check_posts()
    except errors.SiteError as error:
        return _unavailable(error, **_state())
    return JsonResponse({"status": "ok", **_state()})


def _state() -> dict[str, str]:
    """Return the state of the circuit breaker, and of Redis if the settings name one. The site works without Redis."""
    state = {"circuit": circuit_breaker.BREAKER.state}
    if redis_store.store():
        state["redis"] = "down" if redis_store.is_down() else "ok"
    return state


def _check_posts() -> None:
    """Raise a SiteError if posts cannot be read. While another request checks, only the circuit must be closed."""
    if not _checking.acquire(blocking=False):
        if circuit_breaker.BREAKER.state != "closed":
            raise errors.NotCalledError("another request checks whether Appwrite answers")
        return
    try:
        with transport.deadline(READY_TIMEOUT):
            PublicPosts().probe()
    finally:
        _checking.release()


@require_safe
@never_cache
def auth_check(request: Request) -> JsonResponse:
    """Report whether the visitor is signed in, as the endpoint of the previous site did.

    `isAnonymous` is always false, because a guest has no session.
    """
    try:
        signed_in = request.user.is_authenticated
    except errors.UnavailableError as error:
        return _unavailable(error)
    return JsonResponse({"hasSession": signed_in, "isAuthenticated": signed_in, "isAnonymous": False})


def _unavailable(error: errors.SiteError, **details: str) -> JsonResponse:
    """Return the response while Appwrite cannot be reached."""
    body = {"status": "unavailable", "reason": type(error).__name__.removesuffix("Error"), **details}
    return errors.with_retry_after(JsonResponse(body, status=503), error)
