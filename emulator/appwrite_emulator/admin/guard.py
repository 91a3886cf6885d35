"""Access rules for /_emulator/: allow users and programs on this computer, but not websites open in a local browser."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from appwrite_emulator.common.hosts import LOOPBACK, address_of, hostname_of

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; frame-src 'self'; "
    "base-uri 'none'"
)


def guard(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Reject cross-origin requests, and set the pages' security headers. This does not apply to the API under /v1/.

    Unless the emulator is exposed, allow only loopback host names. Otherwise a website could read keys and e-mails
    through DNS rebinding.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if http.path == "/v1" or http.path.startswith("/v1/"):
            return respond(http)
        if not settings.EXPOSED and hostname_of(address_of(http)) not in LOOPBACK:
            return HttpResponse(
                "Only localhost host names are allowed (use --expose).", status=403, content_type="text/plain"
            )
        origin = http.headers.get("Origin")
        if origin and http.method not in ("GET", "HEAD") and origin.partition("://")[2] != address_of(http):
            return HttpResponse("Cross-origin requests are not allowed.", status=403, content_type="text/plain")
        response = respond(http)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"  # with "no-referrer", the Origin of our own forms would be "null"
        response["Cache-Control"] = "no-store"
        return response

    return answer
