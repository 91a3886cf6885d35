"""Rotate the CSRF secret at each sign-in, and keep the previous secret valid for forms open in other tabs."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from core.encryption import read_encrypted_cookie, set_encrypted_cookie

TTL = 24 * 3600  # seconds
PURPOSE = "accounts.csrf"
COOKIE = "csrf_before"


def rotate(request: HttpRequest, response: HttpResponse) -> None:
    """Rotate the CSRF secret. Store the previous secret in an encrypted cookie, for forms open in other tabs."""
    before = request.META.get("CSRF_COOKIE")
    rotate_token(request)
    if before:
        set_encrypted_cookie(response, COOKIE, before, PURPOSE, TTL)


def secret_before(request: HttpRequest) -> str | None:
    """Return the CSRF secret from before the sign-in, or None if this browser did not sign in within the last day."""
    return read_encrypted_cookie(request, COOKIE, PURPOSE, TTL)
