"""Functions' environment variables."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Function, Variable
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, NewId, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.functions.lookup import find_function, find_variable

ATTRIBUTES = lists.attributes(Variable, key="key", resourceId="function", secret="secret") | {  # noqa: S106
    "resourceType": Attribute("resourceType", "text", "'function'")
}


@accepts(
    variable_id=NewId(required=True),
    key=Text(255, required=True),
    value=Text(8192, min=0, required=True),
    secret=Boolean(strict=True, default=True),
)
def create_variable(
    request: Request, *, function_id: str, variable_id: str, key: str, value: str, secret: bool
) -> dict[str, Any]:
    """POST /functions/{functionId}/variables. Variables are secret by default."""
    function = find_function(function_id)
    if Variable.objects.filter(id=variable_id).exists() or function.variables.filter(key=key).exists():
        raise AppwriteError("variable_already_exists")
    variable = Variable.objects.create(id=variable_id, function=function, key=key, value=value, secret=secret)
    _mark_changed(function)
    return responses.variable(variable)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_variables(request: Request, *, function_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /functions/{functionId}/variables."""
    page = lists.page(find_function(function_id).variables.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "variables": [responses.variable(variable) for variable in page.items]}


def get_variable(request: Request, *, function_id: str, variable_id: str) -> dict[str, Any]:
    """GET /functions/{functionId}/variables/{variableId}."""
    return responses.variable(find_variable(find_function(function_id), variable_id))


@accepts(key=Text(255, min=0), value=Text(8192, min=0), secret=Boolean(strict=True))
def update_variable(
    request: Request, *, function_id: str, variable_id: str, key: str | None, value: str | None, secret: bool | None
) -> dict[str, Any]:
    """PUT /functions/{functionId}/variables/{variableId}. Omitted parameters stay unchanged.

    A secret variable stays secret. Keys are not checked, so a key can be empty or contain hyphens and spaces.
    """
    function = find_function(function_id)
    variable = find_variable(function, variable_id)
    if variable.secret and secret is False:
        raise AppwriteError("variable_cannot_unset_secret")
    if key is None and value is None and secret is None:
        raise AppwriteError("general_argument_invalid", "At least one of `key`, `value` and `secret` is required.")
    if key is not None and function.variables.filter(key=key).exclude(pk=variable.pk).exists():
        raise AppwriteError("variable_already_exists")
    variable.key = variable.key if key is None else key
    variable.value = variable.value if value is None else value
    variable.secret = variable.secret if secret is None else secret
    variable.updated_at = clock.now()
    variable.save()
    _mark_changed(function)
    return responses.variable(variable)


def delete_variable(request: Request, *, function_id: str, variable_id: str) -> None:
    """DELETE /functions/{functionId}/variables/{variableId}."""
    function = find_function(function_id)
    find_variable(function, variable_id).delete()
    _mark_changed(function)


def _mark_changed(function: Function) -> None:
    """Record that the function has changed since its deployment.

    Unlike on the real server, a change takes effect at the next execution.
    """
    function.live = False
    function.save()
