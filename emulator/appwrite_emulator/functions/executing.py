"""Executions: created, started, run, and updated with the outcome.

Headers and variables of a function are those of the real server (Modules/Functions/Http/Executions/Create.php).
"""

import base64
import copy
import datetime
import threading
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

from appwrite_emulator import VERSION
from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.callers import DYNAMIC_KEY, Request
from appwrite_emulator.common import clock
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Execution, Function, Project
from appwrite_emulator.functions import known, running
from appwrite_emulator.functions.folder import code_of
from appwrite_emulator.functions.running import Outcome

LONGEST_WAIT = 30
"""Maximum duration of synchronous executions, in seconds."""
EXTRA_LIFE = 60
"""Lifetime of a function's API key and JWT beyond its timeout, in seconds."""
SHOWN_RESPONSE_HEADERS = ("content-type", "content-length")


def ask(
    request: Request,
    function: Function,
    body: bytes,
    path: str,
    method: str,
    headers: dict[str, str],
    when: datetime.datetime | None,
    *,
    waiting: bool,
) -> Execution:
    """Store a new execution, to run at once or at the time `when`."""
    user, session = request.caller.user, request.caller.session
    life = function.timeout + EXTRA_LIFE
    claims = {"userId": user.id, "sessionId": session.id} if user and session else None
    given = {
        **headers,
        "x-appwrite-trigger": "schedule" if when else "http",
        "x-appwrite-user-id": user.id if user else "",
        "x-appwrite-user-jwt": jwt.encode(claims, request.project.jwt_secret, life) if claims else "",
        "x-appwrite-country-code": "",
        "x-appwrite-continent-code": "",
        "x-appwrite-continent-eu": "false",
        "x-appwrite-client-ip": request.ip,
    }
    with state.writing():
        return Execution.objects.create(
            function=function,
            user_id=user.id if user else "",
            deployment_id=function.deployment.id,
            trigger=given["x-appwrite-trigger"],
            status="scheduled" if when else ("waiting" if waiting else "processing"),
            request_method=method,
            request_path=path,
            request_headers=given,
            request_body=body,
            origin=request.endpoint,
            scheduled_at=when,
        )


def start(execution: Execution) -> None:
    """Run the execution in a thread. It works on a copy, because the response shows the execution before it runs."""
    own = copy.copy(execution)

    def work() -> None:
        try:
            carry_out(own)
        finally:
            connection.close()

    threading.Thread(target=work, daemon=True).start()


def start_due() -> None:
    """Start scheduled executions whose time has come. Called whenever executions are read."""
    due = Execution.objects.select_related("function").filter(status="scheduled", scheduled_at__lte=clock.now())
    if not due.exists():
        return
    with state.writing():
        executions = list(due)
        due.update(status="waiting")
    for execution in executions:
        start(execution)


def carry_out(execution: Execution, limit: float = float("inf")) -> Outcome:
    """Run the function for at most `limit` seconds, and store the outcome in the execution."""
    function = execution.function
    project = Project.objects.get()
    _keep(execution, status="processing")
    code = code_of(function.id)
    if code is None:
        outcome = Outcome(errors="The function's file is no longer in the functions folder.")
    else:
        asked, variables = _asked(execution, project), _variables(execution, project)
        outcome = running.run(code, asked, variables, min(function.timeout, limit))
    if not function.logging:
        outcome.logs = outcome.errors = ""
    outcome.headers["x-appwrite-execution-id"] = execution.id
    _keep(
        execution,
        status="failed" if outcome.status_code >= 500 else "completed",
        response_status_code=outcome.status_code,
        response_headers={name: text for name, text in outcome.headers.items() if name in SHOWN_RESPONSE_HEADERS},
        logs=outcome.logs,
        errors=outcome.errors,
        duration=outcome.duration,
    )
    return outcome


def _keep(execution: Execution, **facts: Any) -> None:
    """Update the execution, unless it was deleted meanwhile, with its function or by a reset."""
    for name, value in facts.items():
        setattr(execution, name, value)
    execution.updated_at = clock.now()
    with state.writing():
        Execution.objects.filter(pk=execution.pk).update(**facts, updated_at=execution.updated_at)


def _asked(execution: Execution, project: Project) -> dict[str, Any]:
    """Return the request as input of the child process."""
    function = execution.function
    place = urlsplit(execution.origin)
    claims = {"projectId": project.id, "scopes": function.scopes}
    key = jwt.encode(claims, project.jwt_secret, function.timeout + EXTRA_LIFE)
    path = execution.request_path
    return {
        "method": execution.request_method,
        "scheme": place.scheme,
        "host": place.hostname,
        "port": place.port or (443 if place.scheme == "https" else 80),
        "path": path if path.startswith("/") else f"/{path}",
        "headers": {
            "host": place.netloc,
            **execution.request_headers,
            "x-appwrite-execution-id": execution.id,
            "x-appwrite-key": DYNAMIC_KEY + key,
        },
        "body": base64.b64encode(execution.request_body).decode(),
    }


def _variables(execution: Execution, project: Project) -> dict[str, str]:
    """Return the function's own variables and Appwrite's, which take precedence."""
    function = execution.function
    _, name, version = known.RUNTIMES[function.runtime]
    memory, cpus = known.SPECIFICATIONS[function.runtime_specification]
    return {
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
        "APPWRITE_DEPLOYMENT_TYPE": "manual",
    }
