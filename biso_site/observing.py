"""Give each request an id, and log one line about the request when its response is ready.

On a deployed site, the WSGI application `Observed` does this outside the page cache. Cached pages are therefore logged
too, and the id is never part of a cached page. In local mode, which has no page cache, `biso_site.middleware.Noted`
does the same.
"""

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from django.conf import settings

from biso_site import log_lines
from core import metrics, observation
from core.observation import Observation

HEADER = "X-Request-ID"
METHODS = {"GET", "HEAD", "POST"}  # the site responds with 405 to any other method
STATIC = "static"  # the page name in the log for a static file
UNKNOWN = "unknown"  # the page name in the log for a URL that matches no pattern

access = logging.getLogger("access")
Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]
LineFormat = Callable[[Observation, str, float], str]


class Observed:
    """A WSGI application that observes how `application` handles each request."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._trusts_proxy = trusts_proxy()  # read once, because each access to a Django setting is slow
        self._line = line_format()

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        started = perf_counter()
        notes = observation.begin(environ.get("HTTP_X_REQUEST_ID") if self._trusts_proxy else None)

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            notes.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, notes.request_id)], *error)

        token = observation.CURRENT.set(notes)
        try:
            return self._application(environ, start)
        finally:
            observation.CURRENT.reset(token)
            finish(notes, environ["REQUEST_METHOD"], perf_counter() - started, self._line)


def trusts_proxy() -> bool:
    """Return whether a proxy may choose request ids."""
    return bool(settings.TRUSTED_PROXIES)


def line_format() -> LineFormat:
    """Return the function that formats the access lines."""
    return log_lines.json_access_line if settings.LOG_FORMAT == "json" else log_lines.readable_access_line


def finish(notes: Observation, method: str, seconds: float, line: LineFormat) -> None:
    """Count the request, and write its access line unless the response is a static file without an error."""
    notes.status = notes.status or 500
    metrics.count_request(notes.page, notes.status, notes.cache, seconds)
    if (notes.page != STATIC or notes.status >= 400) and access.isEnabledFor(logging.INFO):
        log_lines.write(line(notes, method if method in METHODS else "other", seconds))
