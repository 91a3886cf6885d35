"""Set Content-Length, so that connections are kept alive.

Django's CommonMiddleware does this too, but rejects host names with underscores, which containers often have.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def content_length(respond: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def answer(http: HttpRequest) -> HttpResponse:
        response = respond(http)
        if not response.streaming:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response

    return answer
