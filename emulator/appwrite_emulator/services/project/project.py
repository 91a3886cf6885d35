"""The project itself, its labels, and the sign-in methods, services and protocols that are disabled for its users."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.switches import AUTH_METHODS, PROTOCOLS, SERVICES
from appwrite_emulator.db.models import Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Label, ListOf, Text, accepts


def get(request: Request) -> dict[str, Any]:
    """GET /project."""
    return responses.project(request.project)


@accepts(labels=ListOf(Label(), 1000, required=True))
def update_labels(request: Request, *, labels: list[str]) -> dict[str, Any]:
    """PUT /project/labels: replace the labels, without duplicates."""
    request.project.labels = list(dict.fromkeys(labels))
    return responses.project(save(request.project))


@accepts(method_id=Text(choices=tuple(AUTH_METHODS), required=True), enabled=Boolean(strict=True, required=True))
def update_auth_method(request: Request, *, method_id: str, enabled: bool) -> dict[str, Any]:
    """PATCH /project/auth-methods/{methodId}: set whether users can use this sign-in method."""
    _switch(request.project.disabled_auth_methods, method_id, enabled)
    return responses.project(save(request.project))


@accepts(service_id=Text(choices=SERVICES, required=True), enabled=Boolean(strict=True, required=True))
def update_service(request: Request, *, service_id: str, enabled: bool) -> dict[str, Any]:
    """PATCH /project/services/{serviceId}: set whether guests and users can call this service."""
    _switch(request.project.disabled_services, service_id, enabled)
    return responses.project(save(request.project))


@accepts(protocol_id=Text(choices=PROTOCOLS, required=True), enabled=Boolean(strict=True, required=True))
def update_protocol(request: Request, *, protocol_id: str, enabled: bool) -> dict[str, Any]:
    """PATCH /project/protocols/{protocolId}: set whether guests and users can use this protocol."""
    _switch(request.project.disabled_protocols, protocol_id, enabled)
    return responses.project(save(request.project))


def _switch(disabled: list[str], name: str, enabled: bool) -> None:
    """If `enabled`, remove the name from the list of disabled names. Otherwise add it."""
    if enabled:
        disabled[:] = [other for other in disabled if other != name]
    elif name not in disabled:
        disabled.append(name)


def save(project: Project) -> Project:
    """Save the project with a new `$updatedAt`."""
    project.updated_at = clock.now()
    project.save()
    return project
