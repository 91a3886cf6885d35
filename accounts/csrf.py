"""Change the CSRF secret at each sign-in, and remember the previous one, for forms that are open in other tabs."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from core.encryption import read_encrypted_cookie, set_encrypted_cookie

TTL = 24 * 3600  # seconds
PURPOSE = "accounts.csrf"
COOKIE = "csrf_before"


def rotate(request: HttpRequest, response: HttpResponse) -> None:
    """Give the browser a new secret. A cookie keeps the previous one, encrypted, for forms open in other tabs."""
    before = request.META.get("CSRF_COOKIE")
    rotate_token(request)
    if before:
        set_encrypted_cookie(response, COOKIE, before, PURPOSE, TTL)


def secret_before(request: HttpRequest) -> str | None:
    """Return the secret from before the sign-in; None if it was not within a day, or not in this browser."""
    return read_encrypted_cookie(request, COOKIE, PURPOSE, TTL)
