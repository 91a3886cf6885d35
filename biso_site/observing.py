"""Give each request an id, and write one line about it to the log when its response is ready.

On a deployed site, the WSGI application `Observed` does this outside the page cache, so that cached pages are logged
too and the id is never part of a cached page. In local mode there is no page cache, and `biso_site.middleware.Noted`
does the same.
"""

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from django.conf import settings

from biso_site import log_lines
from core import observation
from core.observation import Observation

HEADER = "X-Request-ID"
METHODS = {"GET", "HEAD", "POST"}  # the site answers 405 to any other
STATIC = "static"  # the page of a static file
UNKNOWN = "unknown"  # the page of a URL that matches no pattern

access = logging.getLogger("access")
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class Observed:
    """A WSGI application that notes what `application` does with each request."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started = perf_counter()
        notes = begin(environ)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            notes.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, notes.request_id)], *error)

        token = observation.CURRENT.set(notes)
        try:
            return self._application(environ, start)
        finally:
            observation.CURRENT.reset(token)
            finish(notes, environ["REQUEST_METHOD"], perf_counter() - started)


def begin(environ: Environ) -> Observation:
    """Return the notes for a new request. Only a trusted proxy may choose the request's id."""
    return observation.begin(environ.get("HTTP_X_REQUEST_ID") if settings.TRUSTED_PROXIES else None)


def finish(notes: Observation, method: str, seconds: float) -> None:
    """Write the access line. Omit those of static files that were found: they say nothing about the site's pages."""
    if notes.page == STATIC and notes.status < 400:
        return
    if access.isEnabledFor(logging.INFO):
        write_line = log_lines.json_access_line if settings.LOG_FORMAT == "json" else log_lines.readable_access_line
        log_lines.write(write_line(notes, method if method in METHODS else "other", seconds))
