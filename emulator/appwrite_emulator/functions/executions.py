"""Create, start and run executions, and store their outcome.

Functions get the same headers and variables as on the real server (Modules/Functions/Http/Executions/Create.php).
"""

import base64
import copy
import datetime
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from appwrite_emulator import VERSION
from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.callers import DYNAMIC_KEY
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, php_json, project_state
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.project_state import ProjectClosedError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Deployment, Execution, Function, Project
from appwrite_emulator.functions import archives, runner, runtimes
from appwrite_emulator.functions.code_folder import find_code
from appwrite_emulator.functions.runner import Outcome

MAX_SYNCHRONOUS_SECONDS = 30
"""Maximum duration of synchronous executions, in seconds."""
TOKEN_GRACE_SECONDS = 60
"""Time after the function's timeout at which its API key and JWT expire, in seconds."""
NOT_DEPLOYED = "The function has no deployment."
NOT_READY = "The build of the function's deployment is not ready."
SHOWN_RESPONSE_HEADERS = ("content-type", "content-length")

_finish_listeners: list[Callable[[Execution], None]] = []


def create_execution(
    request: Request,
    function: Function,
    body: bytes,
    path: str,
    method: str,
    headers: dict[str, str],
    scheduled_at: datetime.datetime | None,
    *,
    waiting: bool,
) -> Execution:
    """Store a new execution, to be run immediately or at `scheduled_at`."""
    user, session = request.caller.user, request.caller.session
    assert function.deployment is not None  # the caller has checked that a deployment exists
    claims = {"userId": user.id, "sessionId": session.id} if user and session else None
    trigger = "schedule" if scheduled_at else "http"
    return _store(
        function,
        request.project,
        trigger=trigger,
        status="scheduled" if scheduled_at else ("waiting" if waiting else "processing"),
        user_id=user.id if user else "",
        claims=claims,
        headers={**headers, "x-appwrite-client-ip": request.ip},
        request_method=method,
        request_path=path,
        request_body=body,
        origin=request.endpoint,
        scheduled_at=scheduled_at,
    )


def create_background_execution(function: Function, origin: str, event: Event | None = None) -> Execution:
    """Store an execution that was triggered by `event`, or by the schedule if `event` is None.

    If the function cannot run, store the execution as failed.
    """
    deployment = function.deployment
    error = NOT_DEPLOYED if deployment is None else ("" if deployment.is_ready else NOT_READY)
    headers, body = {"x-appwrite-event": event.name if event else ""}, b""
    if event:
        headers |= {"user-agent": f"Appwrite/{VERSION}", "content-type": "application/json"}
        body = php_json.dumps(php_json.as_stored(event.payload), ensure_ascii=True).encode()
    return _store(
        function,
        Project.objects.get(),
        trigger="event" if event else "schedule",
        status="failed" if error else "waiting",
        user_id=event.user_id if event else "",
        claims=None,  # as on the real server, only a user's own execution gets a JWT
        headers=headers,
        request_method="POST",
        request_path="/",
        request_body=body,
        origin=origin,
        response_status_code=500 if error else 0,
        errors=error,
    )


def _store(
    function: Function,
    project: Project,
    *,
    trigger: str,
    user_id: str,
    claims: dict[str, str] | None,
    headers: dict[str, str],
    **fields: Any,
) -> Execution:
    """Store an execution. `claims`: claims of the JWT that lets the function act for the user."""
    seconds = function.timeout + TOKEN_GRACE_SECONDS
    request_headers = {
        "x-appwrite-trigger": trigger,
        "x-appwrite-user-id": user_id,
        "x-appwrite-user-jwt": jwt.encode(claims, project.jwt_secret, seconds) if claims else "",
        "x-appwrite-country-code": "",
        "x-appwrite-continent-code": "",
        "x-appwrite-continent-eu": "false",
        **headers,
    }
    with state.writing():
        return Execution.objects.create(
            function=function,
            deployment_id=function.deployment.id if function.deployment else "",
            trigger=trigger,
            user_id=user_id,
            request_headers=request_headers,
            **fields,
        )


def on_finish(listener: Callable[[Execution], None]) -> Callable[[Execution], None]:
    """Decorate a function to be called with each finished execution for which no request is waiting."""
    _finish_listeners.append(listener)
    return listener


def start_in_thread(execution: Execution) -> None:
    """Run a copy of the execution in a thread, so that the response shows the original as it was before the run."""
    copied, project = copy.copy(execution), project_state.current()

    def run() -> None:
        with suppress(ProjectClosedError), project.use():
            try:
                execute_in_background(copied)
            finally:
                connection.close()

    threading.Thread(target=run, daemon=True).start()


def execute_in_background(execution: Execution) -> None:
    """Run the function, and then call the listeners registered with `on_finish`."""
    execute(execution)
    for listener in _finish_listeners:
        listener(execution)


def start_due() -> None:
    """Start the scheduled executions that are due. This is called whenever executions are read."""
    due = Execution.objects.select_related("function").filter(status="scheduled", scheduled_at__lte=clock.now())
    if not due.exists():
        return
    with state.writing():
        executions = list(due)
        due.update(status="waiting")
    for execution in executions:
        start_in_thread(execution)


def execute(execution: Execution, limit: float = float("inf")) -> Outcome:
    """Run the function for at most `limit` seconds. Store the outcome in the execution."""
    function = execution.function
    project = Project.objects.get()
    _update(execution, status="processing")
    try:
        code = _find_code(execution)
    except FileNotFoundError as error:
        outcome = Outcome(errors=str(error))
    else:
        payload, variables = _worker_input(execution, project), _variables(execution, project)
        outcome = runner.run(code, payload, variables, min(function.timeout, limit))
    if execution.request_method == "HEAD":
        outcome.body = b""  # the response to a HEAD request has no body
    if not function.logging:
        outcome.logs = outcome.errors = ""
    outcome.headers["x-appwrite-execution-id"] = execution.id
    _update(
        execution,
        status="failed" if outcome.status_code >= 500 else "completed",
        response_status_code=outcome.status_code,
        response_headers={name: text for name, text in outcome.headers.items() if name in SHOWN_RESPONSE_HEADERS},
        logs=outcome.logs,
        errors=outcome.errors,
        duration=outcome.duration,
    )
    return outcome


def _find_code(execution: Execution) -> Path:
    """Return the file to run, or raise FileNotFoundError."""
    deployment = Deployment.objects.filter(id=execution.deployment_id).first()
    if deployment is not None and not deployment.path:
        if not settings.RUN_FUNCTIONS:
            raise FileNotFoundError("The emulator runs uploaded code only if it is started with --run-functions.")
        try:
            return archives.unpack(deployment)
        except archives.ArchiveError as error:
            raise FileNotFoundError(str(error)) from error
    code = find_code(execution.function)
    if code is None:
        raise FileNotFoundError("The function's file is no longer in the functions folder.")
    return code


def _update(execution: Execution, **fields: Any) -> None:
    """Update the execution, unless it has been deleted by a reset or together with its function."""
    for name, value in fields.items():
        setattr(execution, name, value)
    execution.updated_at = clock.now()
    with state.writing():
        Execution.objects.filter(pk=execution.pk).update(**fields, updated_at=execution.updated_at)


def _worker_input(execution: Execution, project: Project) -> dict[str, Any]:
    """Return the input of the worker process, which contains the request."""
    function = execution.function
    origin = urlsplit(execution.origin)
    claims = {"projectId": project.id, "name": "Function", "scopes": function.scopes}
    key = jwt.encode(claims, project.jwt_secret, function.timeout + TOKEN_GRACE_SECONDS)
    path = execution.request_path
    return {
        "method": execution.request_method,
        "scheme": origin.scheme,
        "host": origin.hostname,
        "port": origin.port or (443 if origin.scheme == "https" else 80),
        "path": path if path.startswith("/") else f"/{path}",
        "headers": {
            "host": origin.netloc,
            **execution.request_headers,
            "x-appwrite-execution-id": execution.id,
            "x-appwrite-key": DYNAMIC_KEY + key,
        },
        "body": base64.b64encode(execution.request_body).decode(),
    }


def _variables(execution: Execution, project: Project) -> dict[str, str]:
    """Return the variables of the project, the function and Appwrite.

    If a name occurs more than once, Appwrite's variables take precedence over the function's, and the function's over
    the project's.
    """
    function = execution.function
    _, name, version = runtimes.RUNTIMES[function.runtime]
    memory, cpus = runtimes.SPECIFICATIONS[function.runtime_specification]
    deployment = Deployment.objects.filter(id=execution.deployment_id).only("type").first()
    return {
        **{variable.key: variable.value for variable in project.variables.all()},
        **{variable.key: variable.value for variable in function.variables.all()},
        "APPWRITE_FUNCTION_API_ENDPOINT": execution.origin,
        "APPWRITE_FUNCTION_ID": function.id,
        "APPWRITE_FUNCTION_NAME": function.name,
        "APPWRITE_FUNCTION_DEPLOYMENT": execution.deployment_id,
        "APPWRITE_FUNCTION_PROJECT_ID": project.id,
        "APPWRITE_FUNCTION_RUNTIME_NAME": name,
        "APPWRITE_FUNCTION_RUNTIME_VERSION": version,
        "APPWRITE_FUNCTION_CPUS": str(cpus),
        "APPWRITE_FUNCTION_MEMORY": str(memory),
        "APPWRITE_VERSION": VERSION,
        "APPWRITE_REGION": "default",
        "APPWRITE_DEPLOYMENT_TYPE": deployment.type if deployment else "",
    }
