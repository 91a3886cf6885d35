"""Respond to malformed requests with the site's 400 page and headers, and log each in one line."""

import codecs
import logging
import re
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters

from biso_site.security_headers import set_security_headers

MAX_PATH = 200  # characters in the log
AFTER_PATH = re.compile(r"[^\w./-].*", re.DOTALL)
UNREADABLE = "application/octet-stream; charset=unknown"  # Django ignores this value; `utf8_required` rejects it


def utf8_required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Reject a request with a character set other than UTF-8.

    Django would fail to parse a form with a Python codec that is not a text encoding, such as `hex`.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset")
        if charset is not None:
            if not _is_utf8(charset):
                raise BadRequest("The request's character set is not UTF-8")
            request.encoding = "utf-8"  # Django recognises only this spelling
        return get_response(request)

    return middleware


def readable_content_type(content_type: str) -> str:
    """Return `content_type`, or UNREADABLE if Django would fail on it before any middleware runs."""
    try:
        _, parameters = parse_header_parameters(content_type)
    except (LookupError, ValueError):  # such as a parameter in an unknown encoding
        return UNREADABLE
    return content_type if _is_utf8(parameters.get("charset", "utf-8")) else UNREADABLE


def _is_utf8(charset: str) -> bool:
    try:
        return codecs.lookup(charset).name == "utf-8"
    except (LookupError, ValueError):
        return False


class OneLine(logging.Filter):
    """Log a client error as one WARNING line, because a traceback would only show the code that rejected the request.

    Log the URL only up to the first unusual character. If a program writes `%3F` instead of `?`, the query string of an
    e-mailed link, with its secret, becomes part of the path.

    Drop Django's own line for a 503 response: an outage may cause many of them, and the site logs the reason itself.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request" and getattr(record, "status_code", 0) == 503:
            return False
        if record.name.startswith("django.") and 400 <= getattr(record, "status_code", 0) < 500:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = record.stack_info = None
            if isinstance(record.args, tuple):
                record.args = tuple(_short(value) if isinstance(value, str) else value for value in record.args)
        return True


def _short(value: str) -> str:
    return AFTER_PATH.sub("…", value)[:MAX_PATH] if value.startswith("/") else value


def raw_response(status: int, reason: str) -> bytes:
    """Return a complete HTTP response with the site's error page, for a request that gunicorn cannot parse."""
    page = HttpResponse(render_to_string("500.html" if status == 500 else "400.html"), status=status, reason=reason)
    set_security_headers(page)
    SecurityMiddleware(lambda _request: page)(HttpRequest())
    page["Content-Length"] = str(len(page.content))
    page["Connection"] = "close"
    start = f"HTTP/1.1 {status} {reason}\r\n".encode("latin1")
    return start + page.serialize_headers() + b"\r\n\r\n" + page.content
