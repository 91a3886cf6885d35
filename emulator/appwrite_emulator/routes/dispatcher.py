"""The dispatcher: find the route of an HTTP request, run it, and render its response."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import projects, rendering, request_log
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.http.route import Route
from appwrite_emulator.http.server import HANG_UP
from appwrite_emulator.routes.runner import Call, run

log = logging.getLogger(__name__)

NO_ROUTE = "Route not found."


class Dispatcher:
    """Django view of everything under /v1/."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._tree: dict[str, Any] = {}
        for route in routes:
            node = self._tree
            for part in route.path.split("/"):
                node = node.setdefault("<>" if part.startswith("<") else part, {})
            node.setdefault("", {})[route.method] = route

    def __call__(self, http: HttpRequest, path: str) -> HttpResponse:
        if http.method == "OPTIONS":
            # Preflights accept any origin; other responses name only registered ones.
            preflight = HttpResponse(status=204, content_type="text/html")
            return rendering.add_headers(preflight, http, origin_allowed=True)
        route, url_parts = self.match(http.method or "", path) or (None, {})
        with request_log.record(http, route.name if route else "") as entry:
            if route:
                response = _respond(Call(http, route, url_parts), entry)
            else:
                response = rendering.add_headers(rendering.render_page(404, NO_ROUTE), http, origin_allowed=False)
            entry.status = response.status_code
        # After the entry is complete: the client may read the log as soon as the connection is closed.
        if entry.dropped:
            http.META[HANG_UP]()
        return response

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route for a path, and its placeholder values. Literal path parts win over placeholders."""
        parts = [part for part in path.split("/") if part]
        method = "GET" if method == "HEAD" else method
        for node in self._leaves(self._tree, parts):
            if route := node.get("", {}).get(method):
                names = route.path.split("/")
                return route, {n[1:-1]: p for n, p in zip(names, parts, strict=True) if n.startswith("<")}
        return None

    def _leaves(self, node: dict[str, Any], parts: list[str]) -> Iterator[dict[str, Any]]:
        if not parts:
            yield node
            return
        for step in (parts[0], "<>"):
            if step in node:
                yield from self._leaves(node[step], parts[1:])


def _respond(call: Call, entry: Entry) -> HttpResponse:
    http = call.http
    try:
        response = rendering.render(run(call, entry), http, call.project)
    except AppwriteError as error:
        response = _render_error(error, call, entry)
    except Exception:
        log.exception("%s %s failed", http.method, http.path)
        response = _render_error(AppwriteError("general_unknown"), call, entry)
    return rendering.add_headers(response, http, origin_allowed=_is_origin_allowed(call))


def _render_error(error: AppwriteError, call: Call, entry: Entry) -> HttpResponse:
    entry.type = error.type
    return rendering.render_error(error, html=call.route.html_errors)


def _is_origin_allowed(call: Call) -> bool:
    try:
        return projects.is_origin_allowed(call.http, call.project)
    except AppwriteError:
        return False
