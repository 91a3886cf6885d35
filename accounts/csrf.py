"""Change the CSRF secret at each sign-in, and still accept forms that were opened before."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, RejectRequest, rotate_token

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


class CsrfMiddleware(CsrfViewMiddleware):
    """Django's middleware, which also accepts a form with the secret from before the sign-in.

    So a text that was typed before the sign-in is saved. The request must have our own Origin and the cookie of this
    browser: knowing the old secret is not enough.
    """

    def _check_token(self, request: HttpRequest) -> None:
        try:
            super()._check_token(request)  # type: ignore[misc]  # Django’s own, missing in its stubs
        except RejectRequest:
            before = read_encrypted_cookie(request, COOKIE, PURPOSE, TTL)
            # Django has already compared an Origin header with our own, but accepts a request without one.
            if before is None or "Origin" not in request.headers:
                raise
            cookies = request.COOKIES
            request.COOKIES = {**cookies, settings.CSRF_COOKIE_NAME: before}
            try:
                super()._check_token(request)  # type: ignore[misc]
            finally:
                request.COOKIES = cookies
