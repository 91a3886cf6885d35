"""Who may use the pages under /_emulator/: people here and programs, but not the other websites a browser has open."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LOOPBACK = ("127.0.0.1", "localhost", "::1")
POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'"


def guard(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse what another origin sends, and give the pages their headers. The API under /v1/ has rules of its own.

    Unless the emulator is exposed, only this machine's own names are answered: a website whose name begins to lead
    here (DNS rebinding) could otherwise read the keys and the mails.
    """

    def answer(http: HttpRequest) -> HttpResponse:
        if http.path.startswith("/v1/"):
            return respond(http)
        if not settings.EXPOSED and urlsplit(f"//{http.get_host()}").hostname not in LOOPBACK:
            return HttpResponse("Only by the names of this machine.", status=403, content_type="text/plain")
        origin = http.headers.get("Origin")
        if origin and http.method not in ("GET", "HEAD") and urlsplit(origin).netloc != http.get_host():
            return HttpResponse("Another website may not do this.", status=403, content_type="text/plain")
        response = respond(http)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response["X-Content-Type-Options"] = "nosniff"
        response["Referrer-Policy"] = "same-origin"  # "no-referrer" would turn the Origin of our own forms into "null"
        response["Cache-Control"] = "no-store"
        return response

    return answer
