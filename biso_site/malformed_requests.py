"""Malformed requests: answer each with our 400 page and headers, and log one line."""

import codecs
import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.template.loader import render_to_string
from django.utils.http import parse_header_parameters

from biso_site.security_headers import set_security_headers

UNREADABLE = "application/octet-stream; charset=unknown"  # a character set that Django ignores


def utf8_required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Refuse a request that names a character set other than UTF-8.

    Some Python codecs, such as `hex`, are not text encodings, and Django would fail to read the form with them.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset")
        if charset is not None:
            if not _is_utf8(charset):
                raise BadRequest("The request has another character set than UTF-8")
            request.encoding = "utf-8"  # Django compares the name with this spelling only
        return get_response(request)

    return middleware


def readable_content_type(content_type: str) -> str:
    """Return `content_type`, or one that `utf8_required` refuses if Django would fail before any middleware runs."""
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
    """Log a client error as one WARNING line. A traceback would only name the code that refused the request.

    Leave out Django's line for each 503: while Appwrite is down there may be many, and the reason has its own line.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request" and getattr(record, "status_code", 0) == 503:
            return False
        if record.name.startswith("django.") and 400 <= getattr(record, "status_code", 0) < 500:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
            record.exc_info = record.exc_text = record.stack_info = None
        return True


def raw_response(status: int, reason: str) -> bytes:
    """Return the bytes of our error page, with the usual headers, for a request that gunicorn cannot parse."""
    page = HttpResponse(render_to_string("500.html" if status == 500 else "400.html"), status=status, reason=reason)
    set_security_headers(page)
    SecurityMiddleware(lambda _request: page)(HttpRequest())
    page["Content-Length"] = str(len(page.content))
    page["Connection"] = "close"
    start = f"HTTP/1.1 {status} {reason}\r\n".encode("latin1")
    return start + page.serialize_headers() + b"\r\n\r\n" + page.content
