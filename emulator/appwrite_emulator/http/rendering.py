"""Convert a handler's response or an error to Django's HttpResponse."""

from typing import Any, Literal
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.html import urlize

from appwrite_emulator.auth.session_secrets import cookie_name
from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.hosts import hostname_of, is_ip_address, public_address_of
from appwrite_emulator.db.models import Project
from appwrite_emulator.http import format_versions, server_versions
from appwrite_emulator.http.responses import JSON, Response

ALLOWED_METHODS = "GET, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS = ", ".join(
    (
        "Accept, Origin, Cookie, Set-Cookie, Content-Type, Content-Range, X-Appwrite-Project, X-Appwrite-Key",
        "X-Appwrite-Dev-Key, X-Appwrite-Locale, X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-Organization",
        "X-Appwrite-Response-Format, X-Appwrite-Timeout, X-Appwrite-ID, X-Appwrite-Timestamp, X-Appwrite-Session",
        "X-Appwrite-Platform, X-Appwrite-Impersonate-User-Id, X-Appwrite-Impersonate-User-Email",
        "X-Appwrite-Impersonate-User-Phone, X-SDK-Version, X-SDK-Name, X-SDK-Language, X-SDK-Platform, X-SDK-GraphQL",
        "X-SDK-Profile, Range, Cache-Control, Expires, Pragma, X-Fallback-Cookies, X-Requested-With, X-Forwarded-For",
        "X-Forwarded-User-Agent",
    )
)
NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Expires": "0", "Pragma": "no-cache"}
"""Headers of every error response."""


class _RepeatedHeaders(HttpResponse):
    """A response with headers that are sent more than once, which Django's responses do not support."""

    repeated: tuple[tuple[str, str], ...] = ()

    def items(self) -> list[tuple[str, str]]:  # the WSGI handler sends these
        return [*super().items(), *self.repeated]


def render(response: Response, http: HttpRequest, project: Project) -> HttpResponse:
    """Return the response as an HttpResponse, with its headers and cookies."""
    if response.content_type or response.body is None:
        content_type = response.content_type or "text/html"
        http_response = _RepeatedHeaders(response.body or b"", status=response.status, content_type=content_type)
    else:
        http_response = _RepeatedHeaders(php_json.dumps(response.body), status=response.status, content_type=JSON)
    for name, value in response.headers.items():
        if isinstance(value, tuple):
            http_response.repeated += tuple((name, each) for each in value)
        else:
            http_response[name] = value
    if response.signs_in or response.signs_out:
        _set_cookies(http_response, http, project, response.signs_in)
    return http_response


def render_error(error: AppwriteError, *, html: bool) -> HttpResponse:
    status = server_versions.status(error.type, error.status)
    if html:
        response = render_page(status, error.message)
    else:
        body = {"message": error.message, "code": status, "type": error.type}
        response = _render_json(body | {"version": server_versions.number()}, status)
    for name, value in NO_CACHE.items():
        response[name] = value
    return response


def render_page(status: int, message: str) -> HttpResponse:
    """Return an HTML page that shows the message, with its URLs as links."""
    page = (
        f'<!doctype html><html lang="en"><title>{status} · Appwrite emulator</title><h1>{status}</h1>'
        f"<p>{urlize(message, autoescape=True)}</p></html>"
    )
    return HttpResponse(page, status=status, content_type="text/html; charset=UTF-8")


def _render_json(body: Any, status: int) -> HttpResponse:
    return HttpResponse(php_json.dumps(body), status=status, content_type=JSON)


def _set_cookies(http_response: HttpResponse, http: HttpRequest, project: Project, secret: str) -> None:
    """Set both session cookies, and the header for browsers that block cookies. An empty secret deletes the cookies.

    Values are percent-encoded as in PHP, because Python would put them in quotation marks.
    """
    name = cookie_name(project)
    ttl, expires = (project.session_duration, None) if secret else (0, "Thu, 01-Jan-1970 00:00:01 GMT")
    cookies: tuple[tuple[str, Literal["None"] | None], ...] = ((f"{name}_legacy", None), (name, "None"))
    for cookie, same_site in cookies:
        http_response.set_cookie(
            cookie,
            quote(secret, safe="") or "deleted",
            max_age=ttl,
            expires=expires,
            domain=_cookie_domain(http),
            secure=http.is_secure(),
            httponly=True,
            samesite=same_site,
        )
    if "X-Fallback-Cookies" not in dict(http_response.items()):
        http_response["X-Fallback-Cookies"] = php_json.dumps({name: secret}) if secret else "[]"


def _cookie_domain(http: HttpRequest) -> str | None:
    """Return the host with a leading dot.

    Return None for localhost and for IP addresses, for which cookies need no domain.
    """
    host = hostname_of(public_address_of(http))
    return None if host == "localhost" or is_ip_address(host) else f".{host}"


def add_headers(http_response: HttpResponse, http: HttpRequest, *, origin_allowed: bool) -> HttpResponse:
    """Add the headers that every response has, and return the response."""
    origin = http.headers.get("Origin", "")
    if origin and origin_allowed:
        http_response["Access-Control-Allow-Origin"] = origin
    http_response["Access-Control-Allow-Credentials"] = "true"
    http_response["Access-Control-Allow-Methods"] = ALLOWED_METHODS
    http_response["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
    http_response["Access-Control-Expose-Headers"] = "X-Appwrite-Session, X-Fallback-Cookies"
    http_response["Access-Control-Max-Age"] = "86400"
    http_response["X-Content-Type-Options"] = "nosniff"
    http_response["Server"] = "Appwrite"
    if format_versions.is_too_new(http):
        number = server_versions.number()
        http_response["X-Appwrite-Warning"] = f"Your SDK expects a newer server; this one emulates Appwrite {number}."
    return http_response
