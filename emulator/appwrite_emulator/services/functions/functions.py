"""Functions: list, create, get, update and delete. This module also lists the available runtimes and specifications."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Function
from appwrite_emulator.db.models.functions import MAX_TIMEOUT
from appwrite_emulator.functions import code_folder, runtimes, schedules
from appwrite_emulator.functions.triggers import OWN_EVENTS
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Boolean,
    Id,
    Integer,
    ListOf,
    NewId,
    Param,
    ParameterError,
    Role,
    Text,
    accepts,
)
from appwrite_emulator.services import lists
from appwrite_emulator.services.event_patterns import EventPattern
from appwrite_emulator.services.functions.lookup import find_deployment, find_function

ATTRIBUTES = lists.attributes(
    Function,
    name="name",
    enabled="enabled",
    runtime="runtime",
    deploymentId="deployment",
    schedule="schedule",
    timeout="timeout",
    entrypoint="entrypoint",
    commands="commands",
    installationId="installation_id",
)
MAX_RETENTION = 36500


class FunctionEvent(EventPattern):
    """An event pattern that can trigger a function.

    Events about functions are not allowed, because they could cause endless loops.
    """

    def clean(self, value: Any) -> str:
        if isinstance(value, str) and value.startswith(OWN_EVENTS):
            raise ParameterError("Triggering a function on a function event is not allowed.")
        return super().clean(value)


class Schedule(Param):
    """A cron expression, or an empty string."""

    def clean(self, value: Any) -> str:
        if not isinstance(value, str) or (value and not schedules.is_schedule(value)):
            raise ParameterError("String must be a valid cron expression")
        return value


def _short_text() -> Text:
    return Text(128, min=0, default="")


class Specification(Text):
    """The slug of a specification."""

    @property
    def description(self) -> str:  # type: ignore[override]  # a property, because the message lists the choices
        return f"Specification must be one of: {', '.join(self.choices)}"


SPECIFICATION = Specification(choices=tuple(runtimes.SPECIFICATIONS), default=runtimes.DEFAULT_SPECIFICATION)
# Parameters of both create and update. An update resets omitted parameters to their defaults.
SETTINGS: dict[str, Param] = {
    "execute": ListOf(Role(), default=()),
    "events": ListOf(FunctionEvent(), default=()),
    "schedule": Schedule(default=""),
    "timeout": Integer(1, MAX_TIMEOUT, default=15),
    "enabled": Boolean(strict=True, default=True),
    "logging": Boolean(strict=True, default=True),
    "entrypoint": Text(1028, min=0, default=""),
    "commands": Text(8192, min=0, default=""),
    "scopes": ListOf(Text(choices=runtimes.SCOPES), default=()),
    "installation_id": _short_text(),
    "provider_repository_id": _short_text(),
    "provider_branch": _short_text(),
    "provider_silent_mode": Boolean(strict=True, default=False),
    "provider_root_directory": _short_text(),
    "provider_branches": ListOf(Text(128), default=()),
    "provider_paths": ListOf(Text(1028), default=()),
    "build_specification": SPECIFICATION,
    "runtime_specification": SPECIFICATION,
    "deployment_retention": Integer(0, MAX_RETENTION, default=0),
}
RUNTIME = tuple(runtimes.RUNTIMES)
# Settings that only take effect at the next deployment.
DEPLOYED_SETTINGS = ("name", "runtime", "entrypoint", "commands", "provider_root_directory")


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /functions. `search` matches words in the ID, name and runtime."""
    for function in Function.objects.all():
        code_folder.update_deployment(function)
    functions = Function.objects.select_related("deployment")
    page = lists.page(functions, queries, ATTRIBUTES, search=search, searched=("search",), total=total)
    return {"total": page.total, "functions": [responses.function(function) for function in page.items]}


@accepts(
    function_id=NewId(required=True),
    name=Text(128, required=True),
    runtime=Text(choices=RUNTIME, required=True),
    **SETTINGS,
)
def create(request: Request, *, function_id: str, name: str, runtime: str, **settings: Any) -> dict[str, Any]:
    """POST /functions. The code is the file or folder in the functions folder that is named after the function's ID."""
    _check_no_repository(settings)
    if Function.objects.filter(id=function_id).exists():
        raise AppwriteError("function_already_exists")
    function = _apply(Function(id=function_id, name=name, runtime=runtime), settings)
    code_folder.update_deployment(function)
    return responses.function(function)


def get(request: Request, *, function_id: str) -> dict[str, Any]:
    """GET /functions/{functionId}."""
    return responses.function(find_function(function_id))


@accepts(name=Text(128, required=True), runtime=Text(choices=RUNTIME), **SETTINGS)
def update(request: Request, *, function_id: str, name: str, runtime: str | None, **settings: Any) -> dict[str, Any]:
    """PUT /functions/{functionId}.

    If omitted, the runtime and the entrypoint stay unchanged, and all other parameters are reset to their defaults.
    """
    function = find_function(function_id)
    _check_no_repository(settings)
    settings["entrypoint"] = settings["entrypoint"] or function.entrypoint
    settings |= {"name": name, "runtime": runtime or function.runtime}
    function.live = all(getattr(function, field) == settings[field] for field in DEPLOYED_SETTINGS)
    function.updated_at = clock.now()
    return responses.function(_apply(function, settings))


def _apply(function: Function, settings: dict[str, Any]) -> Function:
    for name, value in settings.items():
        setattr(function, name, list(value) if isinstance(value, tuple) else value)
    function.save()
    return function


def _check_no_repository(settings: dict[str, Any]) -> None:
    """Reject Git settings, because there are no Git installations."""
    if settings["installation_id"]:
        raise AppwriteError("installation_not_found")
    if settings["provider_repository_id"]:
        raise AppwriteError(
            "general_argument_invalid",
            'When connecting to VCS (Version Control System), you need to provide "installationId" '
            'and "providerBranch".',
        )


def delete(request: Request, *, function_id: str) -> None:
    """DELETE /functions/{functionId}: delete the function and all its data, except the code in the functions folder."""
    find_function(function_id).delete()


@accepts(deployment_id=Id(required=True))
def update_function_deployment(request: Request, *, function_id: str, deployment_id: str) -> dict[str, Any]:
    """PATCH /functions/{functionId}/deployment: activate a deployment."""
    function = find_function(function_id)
    deployment = find_deployment(function, deployment_id)
    if not deployment.is_ready:
        raise AppwriteError("build_not_ready")
    function.deployment, function.updated_at = deployment, clock.now()
    function.save()
    return responses.function(function)


@accepts(total=Boolean(default=True))
def list_runtimes(request: Request, *, total: bool) -> dict[str, Any]:
    """GET /functions/runtimes: only for guests and users, because API keys lack the `public` scope."""
    return {
        "total": len(runtimes.RUNTIMES),
        "runtimes": [responses.runtime(id, *it) for id, it in runtimes.RUNTIMES.items()],
    }


@accepts(total=Boolean(default=True))
def list_specifications(request: Request, *, total: bool) -> dict[str, Any]:
    """GET /functions/specifications. A function can have any of these specifications, but they have no effect."""
    specifications = [responses.specification(slug, *it) for slug, it in runtimes.SPECIFICATIONS.items()]
    return {"total": len(specifications), "specifications": specifications}
