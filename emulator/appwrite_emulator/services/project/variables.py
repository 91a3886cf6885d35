"""The project's variables, which are environment variables for all its functions."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import ProjectVariable
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, NewId, Text, accepts
from appwrite_emulator.services import lists

ATTRIBUTES = lists.attributes(ProjectVariable, key="key", secret="secret") | lists.constants(  # noqa: S106
    resourceType="project", resourceId=""
)


@accepts(
    variable_id=NewId(required=True),
    key=Text(255, required=True),
    value=Text(8192, min=0, required=True),
    secret=Boolean(strict=True, default=True),
)
def create_variable(request: Request, *, variable_id: str, key: str, value: str, secret: bool) -> dict[str, Any]:
    """POST /project/variables. Variables are secret by default."""
    variables = request.project.variables
    if ProjectVariable.objects.filter(id=variable_id).exists() or variables.filter(key=key).exists():
        raise AppwriteError("variable_already_exists")
    variable = variables.create(id=variable_id, key=key, value=value, secret=secret)
    return responses.project_variable(variable)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_variables(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/variables."""
    page = lists.page(request.project.variables.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "variables": [responses.project_variable(variable) for variable in page.items]}


def get_variable(request: Request, *, variable_id: str) -> dict[str, Any]:
    """GET /project/variables/{variableId}."""
    return responses.project_variable(_find_variable(request, variable_id))


@accepts(key=Text(255, min=0), value=Text(8192, min=0), secret=Boolean(strict=True))
def update_variable(
    request: Request, *, variable_id: str, key: str | None, value: str | None, secret: bool | None
) -> dict[str, Any]:
    """PUT /project/variables/{variableId}. Omitted parameters stay unchanged. A secret variable stays secret."""
    variable = _find_variable(request, variable_id)
    changes = {"key": key, "value": value, "secret": secret}
    if variable.secret and secret is False:
        raise AppwriteError("variable_cannot_unset_secret")
    if all(value is None for value in changes.values()):
        raise AppwriteError("general_argument_invalid", "At least one of `key`, `value` and `secret` is required.")
    if key is not None and request.project.variables.filter(key=key).exclude(pk=variable.pk).exists():
        raise AppwriteError("variable_already_exists")
    for field, new in changes.items():
        if new is not None:
            setattr(variable, field, new)
    variable.updated_at = clock.now()
    variable.save()
    return responses.project_variable(variable)


def delete_variable(request: Request, *, variable_id: str) -> None:
    """DELETE /project/variables/{variableId}."""
    _find_variable(request, variable_id).delete()


def _find_variable(request: Request, variable_id: str) -> ProjectVariable:
    variable = request.project.variables.filter(id=variable_id).first()
    if variable is None:
        raise AppwriteError("variable_not_found")
    return variable
