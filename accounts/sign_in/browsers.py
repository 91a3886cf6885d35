"""Rate limits for signing in, counted separately for each browser that shares an IP address.

A campus may have a single IP address. The sign-in page therefore sets a cookie with a random value. Each browser with
this cookie has its own limit. All browsers with a cookie behind one address also share a high limit, because anyone can
get cookies. Requests without the cookie, such as those of most scripts, share a low limit for each address.
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from core import rate_limits
from core.client_address import client_address
from core.rate_limits import Limit

COOKIE = "browser"
TTL = 24 * 3600  # seconds; longer than the periods of the limits
SALT = "accounts.browser"


def set_browser_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie, unless the browser already has a valid one."""
    if not _browser(request):
        value = signing.dumps(secrets.token_urlsafe(16), salt=SALT)
        response.set_cookie(
            settings.COOKIE_PREFIX + COOKIE, value, max_age=TTL, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )


def require_send(request: HttpRequest) -> None:
    """Consume one e-mail request. Raise RateLimitedError if this browser or IP address has none left."""
    for limit, key in _sends(request):
        limit.require(key)


def require_try(request: HttpRequest) -> None:
    """Consume one attempt to enter a code. Raise RateLimitedError if this browser or IP address has none left."""
    for limit, key in _tries(request):
        limit.require(key)


def give_try_back(request: HttpRequest) -> None:
    """Give back the last attempt, because the code was right or was not checked."""
    for limit, key in _tries(request):
        limit.give_back(key)


def _sends(request: HttpRequest) -> list[tuple[Limit, str]]:
    address = client_address(request)
    if browser := _browser(request):
        return [(rate_limits.SENDS_PER_BROWSER, browser), (rate_limits.SENDS_PER_NETWORK, address)]
    return [(rate_limits.SENDS_PER_CLIENT, address)]


def _tries(request: HttpRequest) -> list[tuple[Limit, str]]:
    address = client_address(request)
    if browser := _browser(request):
        return [(rate_limits.TRIES_PER_BROWSER, browser), (rate_limits.TRIES_PER_NETWORK, address)]
    return [(rate_limits.TRIES_PER_CLIENT, address)]


def _browser(request: HttpRequest) -> str:
    """Return the random value in the cookie, or "" if there is no cookie that we set in the last TTL seconds."""
    try:
        value = signing.loads(request.COOKIES.get(settings.COOKIE_PREFIX + COOKIE, ""), salt=SALT, max_age=TTL)
    except signing.BadSignature:
        return ""
    return value if isinstance(value, str) else ""
