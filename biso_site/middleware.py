"""Middleware for error pages, response headers, compression and the deadline for Appwrite calls."""

import logging
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from time import perf_counter
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language_from_path, override

from accounts.request import Request, ensure_user, resolve_error, signed_out_note
from biso_site import auditing, observing
from biso_site.security_headers import set_security_headers
from biso_site.views import not_found, typed_texts
from core import errors, observation, transport
from core.after_response import collected_tasks, run
from core.next_url import same_site
from core.read_age import recorded_reads
from posts import scheduling
from posts.public_posts import readable_pages

log = logging.getLogger(__name__)

# Exception -> status and template. `ErrorPages` handles SignInRequiredError and NotFoundError separately.
PAGES: dict[type[errors.SiteError], tuple[int, str]] = {
    errors.NotAllowedError: (403, "403.html"),
    errors.BlockedError: (403, "403.html"),
    errors.ConflictError: (409, "409.html"),
    errors.RateLimitedError: (429, "429.html"),
    errors.AppwriteRateLimitedError: (429, "429.html"),
    errors.UnavailableError: (503, "503.html"),
    # Views handle these errors for values that people typed. Here, Appwrite rejected values that the site chose.
    errors.InvalidInputError: (503, "503.html"),
    errors.InvalidTokenError: (503, "503.html"),
}

Handler = Callable[[Request], HttpResponse]
HEALTH_CHECKS = ("/healthz", "/api/health", "/metrics")
RETRY_AFTER = 60  # seconds; used if the wait is unknown, because the error pages say “in a minute”


class Noted:
    """Note the page of each request. In local mode, also do the work of `biso_site.observing.Observed`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        if observation.current():
            return self._noted(request)
        started = perf_counter()
        notes = observation.begin(request.headers.get(observing.HEADER) if observing.trusts_proxy() else None)
        token = observation.CURRENT.set(notes)
        try:
            response = self._noted(request)
        finally:
            observation.CURRENT.reset(token)
        notes.status = response.status_code
        response[observing.HEADER] = notes.request_id
        observing.finish(notes, str(request.method), perf_counter() - started, observing.line_format())
        return response

    def _noted(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        notes = observation.current()
        if notes and not request.resolver_match:
            is_file = request.path_info.startswith(settings.STATIC_URL)
            notes.page = observing.STATIC if is_file else observing.UNKNOWN
        if notes:
            auditing.audit_response(request, notes, response)
        return response

    def process_view(self, request: Request, *_: object) -> None:
        if (notes := observation.current()) and request.resolver_match:
            notes.page = request.resolver_match.view_name


class ErrorPages:
    """Return an error page, which says what to do next, for a SiteError that no view has handled.

    Also return a page for a GET request to a URL that accepts only POST. A visitor sends such a request, for example,
    by changing the language on a page that a POST request returned.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        if settings.DEBUG and response.status_code == 404 and request.resolver_match is None:
            return not_found(request, Http404())  # instead of Django's list of all URL patterns
        if response.status_code == 405 and request.method == "GET":  # Django's 405 response is blank
            ensure_user(request)
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        tell_later_if_signed_out(request, response)
        return response

    def process_exception(self, request: Request, error: Exception) -> HttpResponse | None:
        if settings.DEBUG and isinstance(error, Http404):
            return not_found(request, error)
        if not isinstance(error, errors.SiteError):
            return None
        error = resolve_error(request, error)
        if isinstance(error, errors.SignInRequiredError):
            return to_sign_in(request)
        if isinstance(error, errors.NotFoundError):
            return not_found(request, Http404())
        if isinstance(error, errors.BlockedError) and request.method == "GET":
            return HttpResponseRedirect(request.get_full_path())  # shows the reason, and the page as a guest sees it
        for kind, (status, template) in PAGES.items():
            if isinstance(error, kind):
                if status == 503 and not isinstance(error, errors.NotCalledError):  # its cause is already logged
                    log.error("%s %s: %s", request.method, request.path, error)
                if isinstance(error, errors.AppwriteRateLimitedError):  # the audit log names only the site's limits
                    log.warning("%s %s: %s", request.method, request.path, error)
                context = {
                    "sentence": error.sentence,
                    "local": settings.LOCAL,
                    "typed_texts": typed_texts(request),
                    **_ways_on(request, status),
                }
                return errors.with_retry_after(render(request, template, context, status=status), error)
        return None


def _ways_on(request: Request, status: int) -> dict[str, Any]:
    """Return the template variables for the links on an error page."""
    if status == 503:
        return {"readable": readable_pages()}
    if status == 403:
        return {"post_id": request.resolver_match.kwargs.get("post_id") if request.resolver_match else None}
    return {}


def to_sign_in(request: Request) -> HttpResponse:
    """Redirect to the sign-in page. After signing in, the person returns to the current page."""
    here = request.get_full_path() if request.method == "GET" else _page_before(request)
    return HttpResponseRedirect(f"{reverse('accounts:login')}?{urlencode({'next': same_site(request, here)})}")


def tell_later_if_signed_out(request: Request, response: HttpResponse) -> None:
    """If this response cannot show that the session has ended, store a message for the next page.

    HTML pages show a note themselves (base.html), and the site's scripts show it for a JSON response.
    """
    is_html = response.get("Content-Type", "").startswith("text/html") and not response.has_header("Location")
    is_shown = is_html and request.headers.get("Sec-Fetch-Dest", "document") == "document"  # not loaded as an image
    if is_shown or request.headers.get("X-Requested-With") == "fetch":
        return
    next_page = urlsplit(response.get("Location", request.path)).path
    with override(get_language_from_path(next_page) or settings.LANGUAGE_CODE):
        if note := signed_out_note(request):
            messages.warning(request, note)


def _page_before(request: Request) -> str:
    try:
        return urlsplit(request.headers.get("Referer", "")).path
    except ValueError:
        return ""


class Compressed(GZipMiddleware):
    """Compress responses, except images and archives, which are already compressed.

    Compression would also weaken an image's strong ETag.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(("image/", "application/zip")):
            return response
        return super().process_response(request, response)


def shared(get_response: Handler) -> Handler:
    """Remove cookies and `Vary` from `public` responses.

    Shared caches store these responses, which are the same for every visitor.
    """

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        if "public" in response.get("Cache-Control", ""):
            response.cookies.clear()
            response.headers.pop("Clear-Site-Data", None)
            response.headers.pop("Vary", None)
        return response

    return middleware


def after_response(get_response: Handler) -> Handler:
    """Run the tasks of `core.after_response` when the server has sent the response and closes it."""

    def middleware(request: Request) -> HttpResponse:
        with collected_tasks() as tasks:
            response = get_response(request)
        for task in tasks:
            response._resource_closers.append(partial(copy_context().run, run, task))  # type: ignore[attr-defined]  # not in the stubs
        return response

    return middleware


def one_deadline(get_response: Handler) -> Handler:
    """Limit the total time of a request's calls to Appwrite to settings.APPWRITE_DEADLINE."""

    def middleware(request: Request) -> HttpResponse:
        with transport.deadline(settings.APPWRITE_DEADLINE):
            return get_response(request)

    return middleware


def scheduled_posts(get_response: Handler) -> Handler:
    """Before responding, publish the scheduled posts that are due. Skip this for health checks, which must be quick."""

    def middleware(request: Request) -> HttpResponse:
        if request.path_info not in HEALTH_CHECKS:
            scheduling.publish_due()
        return get_response(request)

    return middleware


def recorded(get_response: Handler) -> Handler:
    """Set `request.reads`.

    If the page uses stale data, do not let browsers cache the page, because base.html shows the age of the data.
    """

    def middleware(request: Request) -> HttpResponse:
        with recorded_reads() as request.reads:
            response = get_response(request)
        if request.reads.is_outdated:
            response["Cache-Control"] = "private, no-store"
        return response

    return middleware


def retry_after(get_response: Handler) -> Handler:
    """Set a Retry-After header on each 429 and 503 response that lacks the header."""

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        if response.status_code in (429, 503):
            response.headers.setdefault("Retry-After", str(RETRY_AFTER))
        return response

    return middleware


def security_headers(get_response: Handler) -> Handler:
    """Set the security headers that Django's SecurityMiddleware does not set."""

    def middleware(request: Request) -> HttpResponse:
        response = get_response(request)
        set_security_headers(response)
        return response

    return middleware
