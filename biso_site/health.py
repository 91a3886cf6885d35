"""What monitoring asks: whether this process answers, whether it reaches Appwrite, and who is signed in."""

from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.request import Request
from core import errors
from core.appwrite_client import create_guest_client
from posts.repository import ADDRESSED, PostRepository


@require_safe
@never_cache
def health(request: Request) -> JsonResponse:
    """Report that this process answers. The site before this one had the same endpoint."""
    return JsonResponse({"status": "ok", "timestamp": timezone.now().isoformat()})


@require_safe
@never_cache
def readyz(request: Request) -> JsonResponse:
    """Report whether posts can be read, with one call to Appwrite; 503 if it fails."""
    try:
        PostRepository(create_guest_client()).newest(1, columns=ADDRESSED)
    except errors.SiteError as error:
        return _unavailable(error)
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def auth_check(request: Request) -> JsonResponse:
    """Report whether the visitor is signed in, as the endpoint of the site before this one did.

    `isAnonymous` is always false, because a guest has no session.
    """
    try:
        signed_in = request.user.is_authenticated
    except errors.UnavailableError as error:
        return _unavailable(error)
    return JsonResponse({"hasSession": signed_in, "isAuthenticated": signed_in, "isAnonymous": False})


def _unavailable(error: errors.SiteError) -> JsonResponse:
    """Return the response while Appwrite cannot be reached."""
    reason = type(error).__name__.removesuffix("Error")
    return errors.with_retry_after(JsonResponse({"status": "unavailable", "reason": reason}, status=503), error)
