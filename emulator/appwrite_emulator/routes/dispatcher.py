"""The dispatcher: find the route for an HTTP request, run it, and render its response."""

import logging
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.hosts import public_address_of
from appwrite_emulator.http import rendering, request_body, request_log, request_project
from appwrite_emulator.http.compression import compress
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.http.route import Route
from appwrite_emulator.http.server import HANG_UP, RAW_PATH
from appwrite_emulator.routes.runner import Call, run

log = logging.getLogger(__name__)


def _no_route(request: Request) -> None:
    http = request.http
    coverage = f"{http.scheme}://{public_address_of(http)}/_emulator/coverage/"
    raise AppwriteError(
        "general_route_not_found",
        f"No route of the emulator matches {http.method} {http.path}. All routes are listed at {coverage}.",
    )


# As on the real server, an unknown path is handled like a route, so the project and the origin must be known.
UNKNOWN = Route("", "", _no_route, operation="", scope="global", writes=False, html_errors=True, project_optional=True)


class Dispatcher:
    """The Django view for all URLs under /v1."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._tree: dict[str, Any] = {}
        for route in routes:
            node = self._tree
            for part in route.path.split("/"):
                node = node.setdefault("<>" if part.startswith("<") else part, {})
            node.setdefault("", {})[route.method] = route

    def __call__(self, http: HttpRequest) -> HttpResponse:
        if request_body.is_malformed(http):
            response = HttpResponse(status=400)
            del response["Content-Type"]
            return response
        route, url_parts = self.match(http.method or "", http.META[RAW_PATH])
        with request_log.record(http, route.name) as entry:
            response = compress(_respond(Call(http, route, url_parts), entry), http)
            entry.status = response.status_code
        # The entry must be complete before this point, because the client may read the log as soon as the connection is
        # closed.
        if entry.dropped:
            http.META[HANG_UP]()
        return response

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route for a path, and the values of its placeholders.

        Literal path segments take precedence over placeholders. The path is not decoded. Repeated slashes count as one,
        and trailing slashes are ignored. As in PHP, two leading slashes start a host name, so such a path matches no
        route.
        """
        root, *parts = [part for part in path.split("/") if part] or [""]
        if root != "v1" or path.startswith("//"):
            return UNKNOWN, {}
        method = "GET" if method == "HEAD" else method
        for node in self._leaves(self._tree, parts):
            if route := node.get("", {}).get(method):
                names = route.path.split("/")
                return route, {n[1:-1]: p for n, p in zip(names, parts, strict=True) if n.startswith("<")}
        return UNKNOWN, {}

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
    for name, value in call.headers.items():
        response[name] = value
    return rendering.add_headers(response, http, origin_allowed=request_project.is_origin_exposed(http))


def _render_error(error: AppwriteError, call: Call, entry: Entry) -> HttpResponse:
    entry.type = error.type
    # The real server has routes that the emulator does not have, and rejects them like all routes.
    is_switched_off = call.route is UNKNOWN and error.type in ("general_service_disabled", "general_api_disabled")
    return rendering.render_error(error, html=call.route.html_errors and not is_switched_off)
