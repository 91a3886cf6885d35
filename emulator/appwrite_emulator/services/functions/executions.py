"""Executions: create, list, get and delete. Only finished or scheduled executions can be deleted."""

import datetime
import re
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, events, php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.permissions import missing_permission_message
from appwrite_emulator.db import php_dates, state
from appwrite_emulator.db.models import Execution, Function, Project
from appwrite_emulator.functions import background, executions
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Flag, Param, ParameterError, Text, accepts
from appwrite_emulator.http.request_body import BinaryField
from appwrite_emulator.http.responses import Response, multipart
from appwrite_emulator.services import lists
from appwrite_emulator.services.functions.lookup import find_function, find_open_function

ATTRIBUTES = lists.attributes(
    Execution,
    trigger="trigger",
    status="status",
    responseStatusCode="response_status_code",
    duration="duration",
    requestMethod="request_method",
    requestPath="request_path",
    deploymentId="deployment_id",
)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")
MAX_BODY = 10_485_760
MAX_HEADERS, MAX_HEADERS_LENGTH = 100, 16384
MIN_DELAY = datetime.timedelta(minutes=1)
BINARY_RESPONSE = "Failed to parse response: Malformed UTF-8 characters, possibly incorrectly encoded"
_HEADER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?", re.ASCII)


class Body(Text):
    """A string. In a multipart form, it can contain any bytes, and it can be a file, whose content is used."""

    def clean(self, value: Any) -> bytes:  # type: ignore[override]  # documented as text, but handlers get bytes
        if isinstance(value, UploadedFile):
            return bytes(value.read())
        text = super().clean(value)
        return value.raw if isinstance(value, BinaryField) else text.encode()


class Headers(Param):
    """Headers as an object, or as a JSON string that contains one. Names are converted to lower case.

    Names starting with `X-Appwrite-` are reserved.
    """

    description = (
        'Invalid headers: Alphanumeric characters or hyphens only, cannot start with "x-appwrite", '
        f"maximum {MAX_HEADERS} keys, and total size {MAX_HEADERS_LENGTH}."
    )

    def clean(self, value: Any) -> dict[str, str]:
        if isinstance(value, str):
            try:
                value = php_json.loads(value)
            except ValueError:
                raise ParameterError from None
        if value in ([], None):  # PHP has only one kind of empty array
            value = {}
        if not isinstance(value, dict) or len(value) > MAX_HEADERS:
            raise ParameterError
        headers = {name: str(text) for name, text in value.items()}
        if sum(len(name) + len(text) for name, text in headers.items()) >= MAX_HEADERS_LENGTH:
            raise ParameterError
        for name in headers:
            if not _HEADER.fullmatch(name) or name.lower().startswith("x-appwrite-"):
                raise ParameterError
        return {name.lower(): text for name, text in headers.items()}


@accepts(
    body=Body(MAX_BODY, min=0, default=b""),
    async_=Flag(default=False),
    path=Text(2048, default="/"),
    method=Text(choices=METHODS, default="POST"),
    headers=Headers(default={}),
    scheduled_at=Text(100),
)
def create_execution(
    request: Request,
    *,
    function_id: str,
    body: bytes,
    async_: bool,
    path: str,
    method: str,
    headers: dict[str, str],
    scheduled_at: str | None,
) -> Response | dict[str, Any]:
    """POST /functions/{functionId}/executions: only for API keys and the roles in the function's `execute`.

    The handler runs without the write lock, because a function may call the API before it returns.
    """
    schedule = _parse_schedule(async_, scheduled_at)
    function = find_open_function(request, function_id)
    if function.deployment is None:
        raise AppwriteError(
            "deployment_not_found", "Deployment not found. Create a deployment before trying to execute a function"
        )
    if not function.deployment.is_ready:
        raise AppwriteError("build_not_ready")
    if not request.caller.is_key and request.caller.roles.isdisjoint(function.execute):
        raise AppwriteError(
            "user_unauthorized", missing_permission_message("execute", function.execute, request.caller.roles)
        )
    execution = executions.create_execution(request, function, body, path, method, headers, schedule, waiting=async_)
    if async_:
        if schedule is None:
            executions.start_in_thread(execution)
        return Response(responses.execution(execution, private=request.caller.is_key), status=202)
    outcome = executions.execute(execution, limit=executions.MAX_SYNCHRONOUS_SECONDS)
    if outcome.timed_out and function.timeout > executions.MAX_SYNCHRONOUS_SECONDS:
        raise AppwriteError("function_synchronous_timeout")
    model = responses.execution(execution, private=request.caller.is_key, outcome=outcome)
    if _wants_multipart(request):
        return multipart.response({**model, "responseBody": outcome.body}, status=201)
    if not _is_utf_8(outcome.body):
        raise AppwriteError("general_unknown", BINARY_RESPONSE, status=400)
    return model


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@executions.on_finish
def _publish_update(execution: Execution) -> None:
    """Publish the event for an execution that finished after the response was sent."""
    if events.has_listeners():
        pattern = "functions.[functionId].executions.[executionId].update"
        params = {"functionId": execution.function_id, "executionId": execution.id}
        payload = responses.execution(execution, private=False)
        project_id, names = Project.objects.get().id, events.names_of(pattern, params)
        with state.write_lock():
            events.publish([Event(pattern, params, names, payload, project_id, execution.user_id)])


def _parse_schedule(async_: bool, scheduled_at: str | None) -> datetime.datetime | None:
    if scheduled_at is None:
        return None
    if not async_:
        raise AppwriteError(
            "general_bad_request",
            "Scheduled executions must run asynchronously. Set scheduledAt to a future date, or set async to true.",
        )
    try:
        time = php_dates.parse_with_year(scheduled_at)
    except ValueError:
        time = clock.now()
    if time.second or time.microsecond or time <= clock.now() + MIN_DELAY:
        raise AppwriteError(
            "general_bad_request", "Execution schedule must be a valid date, and at least 1 minute from now"
        )
    return time


def _wants_multipart(request: Request) -> bool:
    """Return whether the `Accept` header lists multipart before JSON."""
    for media_type in request.headers.get("Accept", "").split(", "):
        if media_type.startswith(("application/json", "application/*")):
            return False
        if media_type.startswith(("multipart/form-data", "multipart/*")):
            return True
    return False


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_executions(request: Request, *, function_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /functions/{functionId}/executions: list the caller's executions, or all executions for an API key."""
    executions = _visible_to(request, find_open_function(request, function_id))
    page = lists.page(executions, queries, ATTRIBUTES, total=total)
    private = request.caller.is_key
    return {"total": page.total, "executions": [responses.execution(it, private=private) for it in page.items]}


def get_execution(request: Request, *, function_id: str, execution_id: str) -> dict[str, Any]:
    """GET /functions/{functionId}/executions/{executionId}. Only `create_execution` returns the response body."""
    execution = _visible_to(request, find_open_function(request, function_id)).filter(id=execution_id).first()
    if execution is None:
        raise AppwriteError("execution_not_found")
    return responses.execution(execution, private=request.caller.is_key)


def delete_execution(request: Request, *, function_id: str, execution_id: str) -> None:
    """DELETE /functions/{functionId}/executions/{executionId}: only for API keys.

    Deleting a scheduled execution cancels it. Other callers get `function_not_found`.
    """
    if not request.caller.is_key:
        raise AppwriteError("function_not_found")
    function = find_function(function_id)
    background.start_due()
    execution = function.executions.filter(id=execution_id).first()
    if execution is None:
        raise AppwriteError("execution_not_found")
    if execution.status in ("waiting", "processing"):
        raise AppwriteError("execution_in_progress")
    request.add_change(responses.execution(execution, private=False))
    execution.delete()


def _visible_to(request: Request, function: Function) -> QuerySet[Execution]:
    background.start_due()
    user = request.caller.user
    return function.executions.filter(user_id=user.id) if user else function.executions.all()
