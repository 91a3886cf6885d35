"""The page cache: serve public pages to guests from cached copies, before Django handles the request.

A view declares with `core.public_pages.public_page` that its page is public. The cache key consists of the host, the
scheme, the path, the declared query parameters and, for `/`, the language that the view would choose. Django renders
the copy from a request that contains only these values, so that no other header of one visitor can change the page for
the others. A request with any cookie except the language cookie bypasses the cache.

The first request for a page renders the copy. Concurrent requests wait for this copy, or get the previous copy if it is
younger than REFILL_TTL. A copy is current for FRESH_TTL seconds, or until a write changes the generation. When a
scheduled post is due, no copy is used until Django has published the post, which changes the generation.
"""

import io
import json
import re
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from enum import Enum, auto
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.urls import resolve
from django.utils.translation import get_language_from_path, override

from biso_site.page_copies import ENCODERS, MAX_BODY, PageCopy, StartResponse, shared_copies, worker_memory
from core import bulkhead, observation
from core.public_pages import PublicPage, is_guest
from core.read_age import recorded_reads
from core.read_cache import REFILL_TTL
from core.revalidation import MAX_LAG, current_generation
from core.single_flight import SingleFlight
from posts import due_times

# Maximum seconds that a request waits for another request to render the same copy, before it renders its own copy.
# The wait is shorter while Appwrite is slow, so that waiting requests do not occupy the threads that serve copies
# (core.bulkhead).
MAX_WAIT = 2
POLL = 0.02  # seconds between two checks whether another process has rendered the copy
MAX_TARGETS = 4096  # maximum number of targets that each worker remembers
MAX_TARGET_SIZE = 1000  # characters of headers and URL; the target of a longer request is not remembered
MAX_QUERY = 2000  # characters; no link on the site has a longer query string
QUALITY = re.compile(r"\s*([a-z]+)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?")  # one item of Accept-Encoding

Environ = dict[str, Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

# A GET request with any of these bypasses the cache, because only Django handles the body, content type or condition.
LEFT_TO_DJANGO = (
    *("SCRIPT_NAME", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"),
    *("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"),
)
# The values that determine a request's target. If the page chooses a language, the target also depends on
# Accept-Language.
TARGETED = (
    *("HTTP_HOST", "wsgi.url_scheme", "HTTP_X_FORWARDED_PROTO", "PATH_INFO", "QUERY_STRING"),
    *("HTTP_COOKIE", "HTTP_ACCEPT_ENCODING", *LEFT_TO_DJANGO),
)
# Server variables that are the same for every visitor. The request from which a copy is rendered contains them too.
SERVER = (
    *("SERVER_NAME", "SERVER_PORT", "SERVER_PROTOCOL"),
    *("wsgi.version", "wsgi.errors", "wsgi.multithread", "wsgi.multiprocess", "wsgi.run_once"),
)


class Target(NamedTuple):
    """The cache key for a request, and the minimal request from which Django renders the copy."""

    key: str
    share: str
    encoding: str  # one of ENCODERS, or ""
    request: Environ
    page: str  # the name of the URL pattern


class _NoTarget(Enum):
    """Why the headers and the URL alone do not give a target."""

    UNKNOWN = auto()  # the target has not been looked up yet
    CHOOSES_LANGUAGE = auto()  # the target also depends on Accept-Language


class PageCache:
    """A WSGI application that serves cached copies, and otherwise calls `application` (Django)."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._memory = worker_memory()
        self._shared = shared_copies()
        self._hosts = _hosts()
        self._targets: dict[tuple[str | None, ...], Target | _NoTarget | None] = {}
        self._renderings: SingleFlight[PageCopy | None] = SingleFlight()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            target = self._target(environ)
            if target is not None and (copy := self._copy(target, environ)):
                if (notes := observation.current()) and notes.cache == "bypass":
                    notes.page, notes.cache = target.page, "hit"
                return copy.send(environ, start_response, target.encoding)
        return self._application(environ, start_response)

    # -- the target ----------------------------------------------------------------------------------------------------
    def _target(self, environ: Environ) -> Target | None:
        """Return the target of a GET or HEAD request, or None if the request bypasses the cache."""
        facts = tuple(map(environ.get, TARGETED))
        target = self._targets.get(facts, _NoTarget.UNKNOWN)
        if target is _NoTarget.CHOOSES_LANGUAGE:
            target = self._targets.get((*facts, environ.get("HTTP_ACCEPT_LANGUAGE")), _NoTarget.UNKNOWN)
        return self._look_up(environ, facts) if isinstance(target, _NoTarget) else target

    def _look_up(self, environ: Environ, facts: tuple[str | None, ...]) -> Target | None:
        """Return the request's target.

        Let Django parse the request, so that the cache and the views interpret the request in the same way.
        """
        if any(map(environ.get, LEFT_TO_DJANGO)) or len(environ.get("QUERY_STRING", "")) > MAX_QUERY:
            return None
        request = WSGIRequest(dict(environ))  # a copy, because WSGIRequest changes its argument
        if not is_guest(request):
            return None
        page: PublicPage | None = None
        target = None
        if request.headers.get("Host") in self._hosts:
            try:
                page, name = _public_page(request)
                if page:
                    target = _target_of(environ["PATH_INFO"], request, page, name)
            except Exception:  # noqa: S110 - Django returns the error page
                pass
        if page and page.language:
            self._remember(facts, _NoTarget.CHOOSES_LANGUAGE)
            facts = (*facts, environ.get("HTTP_ACCEPT_LANGUAGE"))
        self._remember(facts, target)
        return target

    def _remember(self, facts: tuple[str | None, ...], target: Target | _NoTarget | None) -> None:
        if sum(len(fact or "") for fact in facts) <= MAX_TARGET_SIZE:
            if len(self._targets) >= MAX_TARGETS:
                self._targets = {}
            self._targets[facts] = target

    # -- the copy ------------------------------------------------------------------------------------------------------
    def _copy(self, target: Target, environ: Environ) -> PageCopy | None:
        """Return a copy that can be sent now, or None if Django must handle the request."""
        generation = current_generation(max_age=MAX_LAG)
        if generation is None or due_times.is_due(generation):  # Django first publishes the posts that are due
            return None
        copy = self._memory[target.share].get(target.key)
        if copy is not None and copy.is_current(generation):
            return copy
        return self._shared_or_made(target, environ, generation, copy)

    def _shared_or_made(
        self, target: Target, environ: Environ, generation: str, in_memory: PageCopy | None
    ) -> PageCopy | None:
        shared = self._from_others(target, generation)
        if shared is not None and shared.is_current(generation):
            return shared
        old = next((copy for copy in (in_memory, shared) if copy and copy.is_current(generation, REFILL_TTL)), None)

        def wait(pending: Future[PageCopy | None]) -> PageCopy | None:
            if old is not None:
                return old
            try:
                return pending.result(_patience())
            except Exception:
                return None  # rendering failed or takes too long, so Django also handles this request

        # The generation is part of the key: after a write, a request must not get a copy whose rendering began before
        # the write.
        key = (target.key, generation)
        return self._renderings.run(key, lambda: self._make(target, environ, generation, old), wait)

    def _from_others(self, target: Target, generation: str) -> PageCopy | None:
        """Return the copy from the shared store. If it is current, store it in this process's memory."""
        copy = self._shared.get(target.share, target.key)
        if copy is not None and copy.is_current(generation):
            self._memory[target.share].put(copy.key, copy, copy.size)
        return copy

    def _make(self, target: Target, environ: Environ, generation: str, old: PageCopy | None) -> PageCopy | None:
        """Render the copy, or wait until another process has rendered it.

        If `old` is given, return it instead of waiting.
        """
        until = time.monotonic() + _patience()
        while True:
            with self._shared.claimed(target.share, target.key) as is_ours:
                if is_ours or time.monotonic() >= until:
                    # Another thread or process may have finished the copy in the meantime.
                    copy = self._memory[target.share].get(target.key)
                    if copy is None or not copy.is_current(generation):
                        copy = self._from_others(target, generation)
                    if copy is None or not copy.is_current(generation):
                        copy = self._ask_django(target, environ, is_shared=is_ours)
                    return copy
            if old is not None:
                return old
            time.sleep(POLL)

    def _ask_django(self, target: Target, environ: Environ, *, is_shared: bool) -> PageCopy | None:
        """Return Django's response to the target's request, and store it if it may be cached.

        Return None if the response sets a cookie, because the response is then for this visitor only. Do not store
        error responses.
        """
        generation = current_generation()
        if generation is None:
            return None
        if notes := observation.current():
            notes.cache = "miss"
        started = time.time()
        request = {name: environ[name] for name in SERVER if name in environ}
        request |= {**target.request, "wsgi.input": io.BytesIO()}
        with recorded_reads() as reads:
            status, headers, body = _response(self._application, request)
        if "CSRF_COOKIE" in request or "Set-Cookie" in headers:
            return None
        headers.pop("Content-Length", None)
        read_at = min(started, reads.read_at or started)
        copy = PageCopy(target.key, generation, read_at, status, list(headers.items()), body)
        if (
            status[:3] in ("200", "302")
            and not re.search("no-store|private", headers.get("Cache-Control", "private"))
            and len(body) <= MAX_BODY
            and not reads.is_outdated
            and (reads.read_at is None or reads.generation == generation)
        ):
            if is_shared:
                self._shared.put(target.share, copy)
            self._memory[target.share].put(copy.key, copy, copy.size)
        return copy


def _patience() -> float:
    return min(MAX_WAIT, bulkhead.ALL.patience())


def _hosts() -> frozenset[str]:
    """Return the `Host` headers for which pages are cached: the hosts in the settings, with or without SITE_URL's port.

    Django may allow any number of further hosts, with other ports or as subdomains. Pages for them are not cached.
    """
    site = urlsplit(settings.SITE_URL)
    hosts = {host.lower() for host in settings.ALLOWED_HOSTS if host[0] not in ".*"}
    if site.port:
        hosts |= {f"{host}:{site.port}" for host in hosts}
    return frozenset(hosts | ({site.netloc.lower()} if site.netloc else set()))


def _public_page(request: WSGIRequest) -> tuple[PublicPage | None, str]:
    """Return the `PublicPage` of this URL's view (None if it is not public), and the name of the URL pattern."""
    with override(get_language_from_path(request.path_info) or settings.LANGUAGE_CODE):  # as LocaleMiddleware does
        match = resolve(request.path_info)
    return getattr(match.func, "public_page", None), match.view_name


def _target_of(path: str, request: WSGIRequest, page: PublicPage, name: str) -> Target:
    """Return the target for the WSGI `path`. Raise an error if Django rejects the host or the query string."""
    query = urlencode([(name, request.GET[name]) for name in page.parameters if name in request.GET])
    language = page.language(request) if page.language else ""
    made_from = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "HTTP_HOST": request.get_host(),
        "wsgi.url_scheme": request.scheme,
        "PATH_INFO": path,
        "QUERY_STRING": query,
    }
    if language:
        made_from["HTTP_ACCEPT_LANGUAGE"] = language
    share = "searches" if query else page.share
    encoding = _encoding(request.headers.get("Accept-Encoding", ""))
    return Target(json.dumps(made_from), share, encoding, made_from, name)


def _encoding(accepted: str) -> str:
    """Return the encoding that an Accept-Encoding header prefers, or "" for an uncompressed response.

    If the header prefers "br" and "gzip" equally, return "br".
    """
    qualities = {
        match[1]: float(match[2] or 1) for item in accepted.lower().split(",") if (match := QUALITY.fullmatch(item))
    }
    best = max(ENCODERS, key=lambda encoding: qualities.get(encoding, 0))
    return best if qualities.get(best, 0) > 0 and qualities[best] >= qualities.get("identity", 0) else ""


def _response(application: Application, request: Environ) -> tuple[str, dict[str, str], bytes]:
    """Return the response's status, headers and body. If several headers have the same name, return only the last."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
        started[:] = [status, dict(headers)]

    response = application(request, start_response)
    try:
        body = b"".join(response)
    finally:
        if hasattr(response, "close"):
            response.close()
    status, headers = started
    return status, headers, body
