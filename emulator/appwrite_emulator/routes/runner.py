"""Routes, and the dispatcher: project -> caller -> origin -> scope -> parameters -> handler -> response."""

import datetime
import json
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape

from appwrite_emulator import VERSION
from appwrite_emulator.auth import mfa_factors
from appwrite_emulator.auth.callers import Caller, Request, cookie_name, identify, note_access
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import CONSOLE, Project
from appwrite_emulator.http import faults, parameters, request_log
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.http.responses import Answer
from appwrite_emulator.http.responses.formats import older
from appwrite_emulator.http.route import Route
from appwrite_emulator.http.server import HANG_UP
from appwrite_emulator.services import activity_log

log = logging.getLogger(__name__)

JSON = "application/json; charset=UTF-8"
NO_ROUTE = "Route not found."
METHODS = "GET, POST, PUT, PATCH, DELETE"
COOKIE_LIFE = datetime.timedelta(days=365)


class Road:
    """The dispatcher: Django view of everything under /v1/."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = tuple(routes)
        self._tree: dict[str, Any] = {}
        for route in self.routes:
            node = self._tree
            for part in route.path.split("/"):
                node = node.setdefault("<>" if part.startswith("<") else part, {})
            node.setdefault("", {})[route.method] = route

    def __call__(self, http: HttpRequest, path: str) -> HttpResponse:
        if http.method == "OPTIONS":
            return _finished(HttpResponse(status=204, content_type="text/html"), http, origin_known=True)
        found = self.match(http.method or "", path)
        entry = request_log.begin(http, found[0].name if found else "")
        response = self._respond(http, *found, entry) if found else _finished(_page(404, NO_ROUTE), http)
        request_log.end(entry, response.status_code)
        return response

    def _respond(self, http: HttpRequest, route: Route, url_parts: dict[str, str], entry: Entry) -> HttpResponse:
        """Return the route's response, or what matching faults turn it into."""
        struck = faults.befall(route.operations)
        if not struck:
            return self._carry_out(http, route, url_parts, entry)
        entry.faults = [fault.id for fault in struck]
        time.sleep(sum(fault.delay for fault in struck))
        broken = next((fault for fault in struck if fault.breaks), None)
        if broken is None:
            return self._carry_out(http, route, url_parts, entry)
        if broken.after:
            self._carry_out(http, route, url_parts, entry)
        return _finished(_broken(broken, http, route, entry), http, origin_known=True)

    def _carry_out(self, http: HttpRequest, route: Route, url_parts: dict[str, str], entry: Entry) -> HttpResponse:
        project = None
        try:
            project = find_project(http) if not route.unguarded else _project_or_console(http)
            response = _response(self.answer(http, route, url_parts, project, entry), http, project)
        except AppwriteError as error:
            response = _refusal(error, route, entry)
        except Exception:
            log.exception("%s %s failed", http.method, http.path)
            response = _refusal(AppwriteError("general_unknown"), route, entry)
        return _finished(response, http, origin_known=project is not None and _origin_known(http, project))

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

    def ask(self, http: HttpRequest, route: Route, sent: dict[str, Any]) -> Answer:
        """Call `route` from inside another request, with that request's headers, and return its answer.

        The call gets its own log entry. Of matching faults, only delays and statuses apply. Raise AppwriteError on
        failure.
        """
        url_parts = {name: str(sent.get(parameters.camel(name), "")) for name in route.placeholders}
        sent = {name: value for name, value in sent.items() if name not in map(parameters.camel, url_parts)}
        entry = request_log.begin(http, route.name)
        status = 500
        try:
            struck = faults.befall(route.operations)
            entry.faults = [fault.id for fault in struck]
            time.sleep(sum(fault.delay for fault in struck))
            refused = next((fault for fault in struck if fault.status), None)
            if refused and not refused.after:
                raise faults.Refusal(refused)
            answer = _as_answer(self.answer(http, route, url_parts, find_project(http), entry, sent))
            if refused:
                raise faults.Refusal(refused)
            status = answer.status
            return answer
        except AppwriteError as error:
            entry.type, status = error.type, error.status
            raise
        finally:
            request_log.end(entry, status)

    def answer(
        self,
        http: HttpRequest,
        route: Route,
        url_parts: dict[str, str],
        project: Project,
        entry: Entry,
        sent: dict[str, Any] | None = None,
    ) -> Any:
        """Run all checks, then the handler, and return its result.

        `sent`: parameters to use instead of those of the request.
        """
        caller = Caller() if route.unguarded else self._let_in(http, route, project, entry)
        sent = parameters.read(http) if sent is None else sent
        arguments, entry.unread = parameters.collect(route.handler, sent, url_parts, project)
        if project.is_console and not route.anywhere:
            raise AppwriteError(next(type for path, type in NOTHING_IN_CONSOLE.items() if route.path.startswith(path)))
        request = Request(http, project, caller, entry.unread, road=self)
        with state.writing() if route.writes else nullcontext():
            if route.writes:
                caller.look_again()
            answer = route.handler(request, **arguments)
            if route.audit:
                activity_log.keep(request, route.audit, answer.body if isinstance(answer, Answer) else answer)
            return answer

    def _let_in(self, http: HttpRequest, route: Route, project: Project, entry: Entry) -> Caller:
        """Return the caller, or raise the error that keeps them from using this route."""
        caller = identify(http, project)
        entry.caller, entry.name = caller.named
        if not caller.is_key and not _origin_known(http, project):
            raise AppwriteError("general_unknown_origin")
        if caller.actor:
            note_access(caller.actor)
        if route.scopes.isdisjoint(caller.scopes):
            raise AppwriteError("general_unauthorized_scope", f"Required scope: {' or '.join(sorted(route.scopes))}.")
        if caller.user and not caller.user.status:
            raise AppwriteError("user_blocked")
        if route.group != "mfa":
            mfa_factors.require(caller.session)
        if route.group == "mfaProtected":
            mfa_factors.require_fresh_challenge(caller.session)
        if route.group == "session" and caller.user:
            raise AppwriteError("user_session_already_exists")
        return caller


# -- project and origin -----------------------------------------------------------------------------------------------

# A request that names no project is a guest's request to the console project. It has no users, rows or files, so
# lookups there answer "not found".
NOTHING_IN_CONSOLE = {
    "account/sessions/oauth2": "project_provider_disabled",
    "account/tokens/oauth2": "project_provider_disabled",
    "account": "user_invalid_credentials",
    "databases": "database_not_found",
    "storage": "storage_bucket_not_found",
    "tablesdb": "database_not_found",
    "": "general_unauthorized_scope",
}


def find_project(http: HttpRequest) -> Project:
    """Return the project named by the header or by `?project=`, as in links. Raise 404 if either is unknown.

    A request that names no project, or the console, gets the console project.
    """
    in_header, in_query = http.headers.get("X-Appwrite-Project", ""), http.GET.get("project", "")
    if http.headers.get("X-Appwrite-Key") and not in_header:
        raise AppwriteError("project_id_missing")
    named = {in_header, in_query} - {"", CONSOLE}
    if not named:
        return Project(id=CONSOLE)
    projects = [_project(name) for name in named]
    if None in projects:
        raise AppwriteError("project_not_found")
    return projects[0]


def _project_or_console(http: HttpRequest) -> Project:
    """Like `find_project`, but return the console project if the one named is unknown."""
    try:
        return find_project(http)
    except AppwriteError:
        return Project(id=CONSOLE)


@state.cached_until_write
def _project(project_id: str) -> Project | None:
    return Project.objects.filter(id=project_id).first()


def _origin_known(http: HttpRequest, project: Project) -> bool:
    origin = http.headers.get("Origin", "")
    return not origin or project.knows_url(origin)


# -- answers ----------------------------------------------------------------------------------------------------------


def _response(answer: Any, http: HttpRequest, project: Project) -> HttpResponse:
    answer = _as_answer(answer)
    if answer.content_type or answer.body is None:
        response = HttpResponse(
            answer.body or b"", status=answer.status, content_type=answer.content_type or "text/html"
        )
    else:
        body = older(answer.body, http.headers.get("X-Appwrite-Response-Format", ""))
        response = _json(body, answer.status)
    for name, value in answer.headers.items():
        response[name] = value
    if answer.signs_in or answer.signs_out:
        _set_cookies(response, project, answer.signs_in)
    return response


def _as_answer(answer: Any) -> Answer:
    if isinstance(answer, Answer):
        return answer
    return Answer(answer) if answer is not None else Answer(status=204)


def _set_cookies(response: HttpResponse, project: Project, secret: str) -> None:
    """Set both session cookies and the header for browsers that block them; an empty secret deletes the cookies.

    Values are percent-encoded as in PHP, because Python would put them in quotes.
    """
    name = cookie_name(project)
    life = COOKIE_LIFE if secret else datetime.timedelta()
    for cookie, same_site in ((name, "None"), (f"{name}_legacy", None)):
        response.set_cookie(cookie, quote(secret, safe=""), max_age=life, httponly=True, samesite=same_site)
    response["X-Fallback-Cookies"] = json.dumps({name: secret}) if secret else "{}"


def _refusal(error: AppwriteError, route: Route, entry: Entry) -> HttpResponse:
    entry.type = error.type
    if route.html:
        return _page(error.status, error.message)
    body = {"message": error.message, "code": error.status, "type": error.type, "version": VERSION}
    return _json(body, error.status)


def _broken(fault: faults.Fault, http: HttpRequest, route: Route, entry: Entry) -> HttpResponse:
    if fault.status:
        return _refusal(faults.Refusal(fault), route, entry)
    if fault.malformed:
        return HttpResponse(faults.MALFORMED, content_type=JSON)
    http.META[HANG_UP]()
    return HttpResponse(status=request_log.NO_ANSWER)


def _json(body: Any, status: int) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return HttpResponse(text, status=status, content_type=JSON)


def _page(status: int, sentence: str) -> HttpResponse:
    title = f"{status} · Appwrite emulator"
    html = f'<!doctype html><html lang="en"><title>{title}</title><h1>{status}</h1><p>{escape(sentence)}</p></html>'
    return HttpResponse(html, status=status, content_type="text/html; charset=UTF-8")


_ALLOWED_HEADERS = ", ".join(
    (
        "Accept, Origin, Cookie, Set-Cookie, Content-Type, Content-Range, Range, Cache-Control, Expires, Pragma",
        "X-Requested-With, X-Appwrite-Project, X-Appwrite-Key, X-Appwrite-Dev-Key, X-Appwrite-Locale, X-Appwrite-Mode",
        "X-Appwrite-JWT, X-Appwrite-Session, X-Appwrite-Response-Format, X-Appwrite-Timeout, X-Appwrite-Timestamp",
        "X-Appwrite-ID, X-SDK-Version, X-SDK-Name, X-SDK-Language, X-SDK-Platform, X-SDK-GraphQL, X-Fallback-Cookies",
        "X-Forwarded-For, X-Forwarded-User-Agent, X-Appwrite-Impersonate-User-Id, X-Appwrite-Impersonate-User-Email",
        "X-Appwrite-Impersonate-User-Phone, Authorization",
    )
)


def _finished(response: HttpResponse, http: HttpRequest, *, origin_known: bool = False) -> HttpResponse:
    """Add the headers of every response. Preflights accept any origin; other responses name only registered ones."""
    origin = http.headers.get("Origin", "")
    if origin and origin_known:
        response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Allow-Credentials"] = "true"
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
    response["Access-Control-Expose-Headers"] = "X-Appwrite-Session, X-Fallback-Cookies"
    response["Access-Control-Max-Age"] = "86400"
    response["X-Content-Type-Options"] = "nosniff"
    response["Server"] = "Appwrite"
    return response
