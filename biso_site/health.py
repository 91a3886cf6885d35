"""Endpoints for monitoring (health, readiness and metrics), and the sign-in check."""

import threading

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import circuit_breaker, errors, redis_store, transport
from core.metrics import exposition
from posts.public_posts import PublicPosts

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format
READY_TIMEOUT = 2  # seconds
_checking = threading.Lock()


@require_safe
@never_cache
def health(request: Request) -> JsonResponse:
    """Report that this process responds. The previous site also had this endpoint."""
    return JsonResponse({"status": "ok", "timestamp": timezone.now().isoformat()})


@require_safe
@never_cache
def readyz(request: Request) -> JsonResponse:
    """Report whether posts can be read from Appwrite, and the state of the circuit breaker and Redis.

    Make at most one call to Appwrite. Return 503 if posts cannot be read.
    """
    try:
        _check_posts()
    except errors.SiteError as error:
        return _unavailable(error, **_state())
    return JsonResponse({"status": "ok", **_state()})


def _state() -> dict[str, str]:
    """Return the state of the circuit breaker, and of Redis if configured. A Redis outage does not cause a 503."""
    state = {"circuit": circuit_breaker.BREAKER.state}
    if redis_store.store():
        state["redis"] = "down" if redis_store.is_down() else "ok"
    return state


def _check_posts() -> None:
    """Raise a SiteError if posts cannot be read.

    If another request is already running this check, look only at the state of the circuit breaker.
    """
    if not _checking.acquire(blocking=False):
        if circuit_breaker.BREAKER.state != "closed":
            raise errors.NotCalledError("another request is checking whether Appwrite responds")
        return
    try:
        with transport.deadline(READY_TIMEOUT):
            PublicPosts().probe()
    finally:
        _checking.release()


@require_safe
@never_cache
def metrics(request: Request) -> HttpResponse:
    """Return the metrics of all workers on this machine. The request must contain METRICS_TOKEN."""
    if not settings.METRICS_TOKEN:
        raise Http404
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if not constant_time_compare(request.headers.get("Authorization", ""), wanted):
        refusal = HttpResponse("A token is required.\n", status=401, content_type="text/plain; charset=utf-8")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    numbers = exposition()  # after the check of the token, because this reads the files of all workers
    if numbers is None:
        raise Http404
    return HttpResponse(numbers, content_type=METRICS_TYPE)


@require_safe
@never_cache
def auth_check(request: Request) -> JsonResponse:
    """Report whether the visitor is signed in, in the previous site's format.

    `isAnonymous` is always false, because the site has no anonymous sessions.
    """
    try:
        signed_in = request.user.is_authenticated
    except errors.UnavailableError as error:
        return _unavailable(error)
    return JsonResponse({"hasSession": signed_in, "isAuthenticated": signed_in, "isAnonymous": False})


def _unavailable(error: errors.SiteError, **details: str) -> JsonResponse:
    """Return the 503 response for an Appwrite failure."""
    body = {"status": "unavailable", "reason": type(error).__name__.removesuffix("Error"), **details}
    return errors.with_retry_after(JsonResponse(body, status=503), error)
