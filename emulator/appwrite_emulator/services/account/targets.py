"""The user's own push targets."""

from typing import Any

from appwrite_emulator.auth import user_agents
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Target
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Id, NewId, Text, accepts


@accepts(target_id=NewId(required=True), identifier=Text(255, required=True), provider_id=Id(default=""))
def create_push_target(request: Request, *, target_id: str, identifier: str, provider_id: str) -> dict[str, Any]:
    """POST /account/targets/push. The target is named after the caller's device. `provider_id` is not checked.

    With an API key, which has no device, the real server responds with 500. The emulator instead responds that the
    scope is missing.
    """
    user = request.user
    if (Target.objects.filter(id=target_id) | Target.objects.filter(identifier=identifier)).exists():
        raise AppwriteError("user_target_already_exists")
    target = Target.objects.create(
        id=target_id,
        user=user,
        session=request.caller.session,
        provider_type="push",
        provider_id=provider_id or None,
        identifier=identifier,
        name=_device_name(request),
    )
    return responses.target(target)


@accepts(identifier=Text(255, required=True))
def update_push_target(request: Request, *, target_id: str, identifier: str) -> dict[str, Any]:
    """PUT /account/targets/{id}/push."""
    target = _find_push_target(request, target_id)
    if Target.objects.filter(identifier=identifier).exclude(pk=target.pk).exists():
        raise AppwriteError("user_target_already_exists")
    target.identifier, target.name, target.updated_at = identifier, _device_name(request), clock.now()
    target.save()
    return responses.target(target)


def delete_push_target(request: Request, *, target_id: str) -> None:
    """DELETE /account/targets/{id}/push."""
    target = _find_push_target(request, target_id)
    request.add_change(responses.target(target))
    target.delete()


def _find_push_target(request: Request, target_id: str) -> Target:
    target = Target.objects.filter(id=target_id, user=request.caller.user).first()
    if target is None:
        raise AppwriteError("user_target_not_found")
    return target


def _device_name(request: Request) -> str:
    client = user_agents.describe(request.user_agent)
    return f"{client['deviceBrand']} {client['deviceModel']}"
