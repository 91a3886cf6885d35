"""Run a route, either for its own HTTP request or for a field of a GraphQL query.

The steps: faults, origin, project, caller, scope, rate limit, parameters, handler, activity log, events.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import transaction
from django.http import HttpRequest

from appwrite_emulator.auth import mfa_factors
from appwrite_emulator.auth.callers import Caller, identify, record_access
from appwrite_emulator.auth.request import Change, Request
from appwrite_emulator.common import events, hosts, php_json
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.project_state import CONSOLE
from appwrite_emulator.common.switches import AUTH_METHODS, OTHER_SERVICES, SERVICES
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Database, Project
from appwrite_emulator.http import (
    faults,
    format_versions,
    parameters,
    rate_limits,
    request_body,
    request_formats,
    response_formats,
    server_versions,
)
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.http.request_project import (
    PROJECT_PART,
    find_project,
    find_project_or_console,
    is_origin_allowed,
)
from appwrite_emulator.http.responses import Response
from appwrite_emulator.http.route import Route
from appwrite_emulator.http.server import RAW_PATH
from appwrite_emulator.services import activity_log

NOT_FOR_CONSOLE = frozenset({"databases", "functions", "messaging", "sites", "tablesdb"})
"""Services that the console project does not have (app/controllers/general.php)."""
# A request that does not name a project is treated as a guest's request to the console project. That project has no
# users or files, so the response is "not found". Path prefix -> error type. The first match applies.
CONSOLE_ERRORS = {
    "account/sessions/oauth2": "project_provider_disabled",
    "account/tokens/oauth2": "project_provider_disabled",
    "account": "user_invalid_credentials",
    "storage": "storage_bucket_not_found",
    "": "general_unauthorized_scope",
}

SIGN_IN_TO_CONSOLE = "account.createEmailPasswordSession"
CONSOLE_OPERATIONS = frozenset(
    {
        "account.get",
        "account.getPrefs",
        "account.updatePrefs",
        "account.getSession",
        "account.listSessions",
        "account.deleteSession",
        "account.deleteSessions",
        "console.getEmailTemplate",
        "console.variables",
        "projects.create",
        "projects.list",
        "teams.get",
        "teams.list",
        "teams.listMemberships",
    }
)
"""Operations that the console's user can call in the console project (`--console-user`)."""


@dataclass
class Call:
    """One call to a route."""

    http: HttpRequest
    """The HTTP request. For a GraphQL query field, this is the request that contains the query."""
    route: Route
    url_parts: dict[str, str]
    payload: dict[str, Any] | None = None
    """The parameters of a GraphQL query field. If None, they are read from the HTTP request."""

    headers: dict[str, str] = field(default_factory=dict)
    """Headers to add to the response, even if it is an error."""

    @property
    def is_nested(self) -> bool:
        """Whether this is a field of a GraphQL query."""
        return self.payload is not None

    @property
    def path(self) -> str:
        """The route's path, with its placeholders filled in."""
        parts = self.route.path.split("/")
        return "/".join(self.url_parts[part[1:-1]] if part.startswith("<") else part for part in parts)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        return request_body.read(self.http) if self.payload is None else self.payload

    @cached_property
    def project(self) -> Project:
        find = find_project_or_console if self.route.skip_authentication else find_project
        return find(self.http)


def run(call: Call, entry: Entry) -> Response:
    """Run the route. Return its response, or the response of a matching fault. Raise AppwriteError on failure."""
    matches = faults.match_faults(call.route.operations)
    entry.faults = [fault.id for fault in matches]
    time.sleep(sum(fault.delay for fault in matches))
    # A field of a GraphQL query has no separate response that could be dropped or malformed.
    breaking = (fault for fault in matches if fault.status or (fault.breaks and not call.is_nested))
    fault = next(breaking, None)
    if fault is None:
        return handle(call, entry)
    if fault.after:
        with suppress(AppwriteError):
            handle(call, entry)
    entry.dropped = fault.drop
    return faults.response_of(fault)


def handle(call: Call, entry: Entry) -> Response:
    """Run all checks and then the handler, without faults."""
    _check_origin(call)
    with CONSOLE.use() if call.project.is_console and CONSOLE.database else nullcontext():
        return _handle(call, entry)


def _handle(call: Call, entry: Entry) -> Response:
    route, project = call.route, call.project
    caller = Caller() if route.skip_authentication else _authorize(call, entry)
    counter = _count_call(call, caller)
    _check_group(route, caller)
    if project.is_console and route.service in NOT_FOR_CONSOLE:
        raise AppwriteError("general_access_forbidden", _name_project(call.http))
    if route.auth_method in project.disabled_auth_methods and not caller.is_key:
        name = AUTH_METHODS[route.auth_method]
        raise AppwriteError("user_auth_method_unsupported", f"{name} authentication is disabled for this project")
    version = format_versions.requested(call.http)
    payload = request_formats.convert(call.parameters, route, call.url_parts, version)
    url_parts = {name: part for name, part in call.url_parts.items() if name != PROJECT_PART}
    arguments, entry.unread = parameters.collect(route.handler, payload, url_parts, project)
    if project.is_console and not route.project_optional:
        _check_is_for_console(route, caller)
    request = Request(call.http, project, caller, call.path, call.is_nested)
    with state.writing() if route.is_write else nullcontext():
        if route.is_write:
            caller.reload()
        response = _to_response(route.handler(request, **arguments), route)
        if route.audit:
            activity_log.record(request, route.audit, response.body)
        if events.has_listeners():
            changes = _changes(request, response)
            events.caused_by.set(_user_id(call, request, response, changes))
            published = list(_events(call, request, changes)) if route.event else []
            transaction.on_commit(lambda: _publish(published))
        if counter:
            counter.clear_after(response.status)
        if not response.content_type:
            response.body = response_formats.convert(response.body, route, version)
        return response


def _changes(request: Request, response: Response) -> list[Change]:
    """Return the changes that the handler reported. If it reported none, the response describes the only change."""
    if request.changes is None:
        return [Change(response.body if isinstance(response.body, dict) else {})]
    return request.changes


def _user_id(call: Call, request: Request, response: Response, changes: list[Change]) -> str:
    """Return the ID of the user to whom the events are attributed: the caller, or the user whom a guest acts for.

    On the real server, requests about an account, and requests that sign the caller in, are attributed to that user.
    """
    if request.caller.user:
        return request.caller.user.id
    if changes and (call.route.service == "account" or response.signs_in):
        return str(changes[0].payload.get("userId") or changes[0].payload.get("$id") or "")
    return ""


def _events(call: Call, request: Request, changes: list[Change]) -> Iterator[Event]:
    """Return the events of a successful call, one per change."""
    user_id = events.caused_by.get()
    known = {camel(name): value for name, value in call.url_parts.items()}
    for change in changes:
        pattern = change.event or call.route.event
        params = events.params_of(pattern, change.payload, {**known, **change.params}, user_id)
        names = events.names_of(pattern, params, _database_type(params))
        payload = events.without_secrets(pattern, change.payload)
        yield Event(pattern, params, names, payload, request.project.id, user_id, change.readers)


def _publish(published: list[Event]) -> None:
    """Pass the events to all listeners, under the write lock also if the handler did not hold it."""
    with state.write_lock():
        events.publish(published)


def _database_type(params: Mapping[str, str]) -> str:
    database_id = params.get("databaseId")
    return Database.objects.filter(id=database_id).values_list("type", flat=True).first() or "" if database_id else ""


def _check_origin(call: Call) -> None:
    """Raise 403 if the request's origin is not a platform of the project. With an API key, any origin is allowed."""
    skipped = call.route.skip_authentication or call.http.headers.get("X-Appwrite-Key")
    if not skipped and not is_origin_allowed(call.http):
        raise AppwriteError("general_unknown_origin")


def _authorize(call: Call, entry: Entry) -> Caller:
    """Return the caller. Raise an error if the caller is not allowed to use the route."""
    route = call.route
    caller = identify(call.http, call.project)
    entry.caller, entry.name = caller.log_identity
    if caller.has_unknown_key and server_versions.refuses_unknown_keys():
        raise AppwriteError("user_unauthorized", "The API key is unknown.")
    if caller.actor:
        record_access(caller.actor)
    if not caller.is_key:
        _check_switches(call)
    if route.scopes.isdisjoint(caller.scopes):
        raise AppwriteError("general_unauthorized_scope", _missing_scopes(call, caller))
    if caller.user and not caller.user.status:
        raise AppwriteError("user_blocked")
    if route.group != "mfa":
        mfa_factors.require(caller.session)
    return caller


def _missing_scopes(call: Call, caller: Caller) -> str:
    """Name the caller, its role and the scopes that the route requires."""
    host = hosts.hostname_of(hosts.address_of(call.http))
    if caller.admin:
        name, role = caller.admin.email, "owner"
    elif caller.key:
        name, role = f"app.{call.project.id}@service.{host}", "applications"
    elif caller.user:
        name, role = caller.user.email, "users"
    else:
        name, role = "User", "guests"
    return f"{name or ''} (role: {role}) missing scopes ({php_json.dumps(sorted(call.route.scopes))})"


def _check_switches(call: Call) -> None:
    """Raise 403 if the project has disabled the route's service or REST. Call this only for guests and users.

    A path that the emulator does not have belongs to the service with which it begins.
    """
    service = call.route.service or _service_in_path(call.http.META[RAW_PATH])
    if not service:
        return
    if service in call.project.disabled_services:
        raise AppwriteError("general_service_disabled")
    if "rest" in call.project.disabled_protocols and not call.is_nested:
        raise AppwriteError("general_api_disabled")


def _service_in_path(path: str) -> str:
    """Return the service with which a path below /v1 begins, or an empty string. Repeated slashes count as one."""
    parts = [part for part in path.split("/") if part]
    service = parts[1] if len(parts) > 1 else ""
    return service if service in (*SERVICES, *OTHER_SERVICES) else ""


def _count_call(call: Call, caller: Caller) -> rate_limits.Counter | None:
    """If the route has a rate limit, count the call. Raise 429 if the limit is exceeded."""
    route = call.route
    if route.limit is None:
        return None
    counter = rate_limits.Counter(route.limit, call.http, route.alias_of or route.path, caller, call.parameters)
    is_allowed = counter.count_call()
    call.headers |= counter.headers
    if not is_allowed:
        raise AppwriteError("general_rate_limit_exceeded")
    return counter


def _name_project(http: HttpRequest) -> str:
    """Return the message of the error for a service that the console project does not have."""
    if http.headers.get("X-Appwrite-Project"):
        return (
            "This endpoint is not available for the console project. The Appwrite Console is a reserved project ID and "
            "cannot be used with the Appwrite SDKs and APIs. Please check if your project ID is correct."
        )
    return "No Appwrite project was specified. Please specify your project ID when initializing your Appwrite SDK."


def _check_is_for_console(route: Route, caller: Caller) -> None:
    """Raise an error unless this call is a sign-in to the console, or the console's user is allowed to make it."""
    if CONSOLE.database and route.name == SIGN_IN_TO_CONSOLE:
        return
    type = next(type for prefix, type in CONSOLE_ERRORS.items() if route.path.startswith(prefix))
    if caller.user is None or not type.startswith(("user_", "general_")):
        raise AppwriteError(type)
    if route.name not in CONSOLE_OPERATIONS:
        raise AppwriteError("general_not_implemented", f"The emulator's console does not support {route.name}.")


def _check_group(route: Route, caller: Caller) -> None:
    if route.group == "mfaProtected":
        mfa_factors.require_fresh_challenge(caller.session)
    if route.group == "session" and caller.user:
        raise AppwriteError("user_session_already_exists")


def _to_response(result: Any, route: Route) -> Response:
    """Convert a handler's return value to a response with a status."""
    response = result if isinstance(result, Response) else Response(result)
    response.status = response.status or route.statuses[0]
    return response
