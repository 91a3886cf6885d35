"""Who may use the pages under /_emulator/: people here and programs, but not the other websites a browser has open."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse

POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-src 'self'; base-uri 'none'"


def guard(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse what another origin sends, and give the pages their headers. The API under /v1/ has rules of its own."""

    def answer(http: HttpRequest) -> HttpResponse:
        if http.path.startswith("/v1/"):
            return respond(http)
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
