"""Respond to preflight requests: all OPTIONS requests except those to the emulator's own pages."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from appwrite_emulator.http import rendering
from appwrite_emulator.http.server import OWN_PAGES


def preflight(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(http: HttpRequest) -> HttpResponse:
        if http.method != "OPTIONS" or http.path.startswith(OWN_PAGES):
            return respond(http)
        # Preflight responses allow any origin; other responses allow only registered origins.
        response = HttpResponse(status=204, content_type="text/html")
        return rendering.add_headers(response, http, origin_allowed=True)

    return answer
