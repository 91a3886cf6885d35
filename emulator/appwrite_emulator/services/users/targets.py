"""A user's targets: the e-mail address, phone number and devices to which messages are sent."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Provider, Target
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, Id, NewId, ParameterError, Phone, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.users.lookup import find_user

TARGET_QUERIES = lists.attributes(
    Target, userId="user", providerId="provider_id", identifier="identifier", providerType="provider_type"
)
PROVIDER_TYPES = ("email", "sms", "push")


@accepts(queries=lists.Queries(TARGET_QUERIES), total=Boolean(default=True))
def list_targets(request: Request, *, user_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /users/{id}/targets."""
    page = lists.page(find_user(user_id).targets.all(), queries, TARGET_QUERIES, total=total)
    return {"total": page.total, "targets": [responses.target(target) for target in page.items]}


@accepts(
    target_id=NewId(required=True),
    provider_type=Text(choices=PROVIDER_TYPES, any_case=True, required=True),
    identifier=Text(255, required=True),
    provider_id=Id(default=""),
    name=Text(128, default=""),
)
def create_target(
    request: Request, *, user_id: str, target_id: str, provider_type: str, identifier: str, provider_id: str, name: str
) -> dict[str, Any]:
    """POST /users/{id}/targets. An unknown provider is ignored."""
    _check_identifier(request, provider_type, identifier)
    user = find_user(user_id)
    _check_is_free(identifier, target_id)
    target = Target.objects.create(
        id=target_id,
        user=user,
        provider_type=provider_type,
        provider_id=Provider.objects.filter(id=provider_id).values_list("id", flat=True).first(),
        identifier=identifier,
        name=name,
    )
    return responses.target(target)


def get_target(request: Request, *, user_id: str, target_id: str) -> dict[str, Any]:
    """GET /users/{id}/targets/{id}."""
    return responses.target(_find_target(user_id, target_id))


@accepts(
    identifier=Text(255, default=""),
    provider_id=Id(default=""),
    name=Text(128, default=""),
)
def update_target(
    request: Request, *, user_id: str, target_id: str, identifier: str, provider_id: str, name: str
) -> dict[str, Any]:
    """PATCH /users/{id}/targets/{id}.

    Omitted parameters stay unchanged. The provider must exist and have the target's type.
    """
    target = _find_target(user_id, target_id)
    if identifier:
        _check_identifier(request, target.provider_type, identifier)
        if identifier != target.identifier:
            _check_is_free(identifier)
        target.identifier, target.expired = identifier, False
    if provider_id:
        target.provider_id = _find_provider_id(provider_id, target.provider_type)
    target.name = name or target.name
    target.updated_at = clock.now()
    target.save()
    return responses.target(target)


def delete_target(request: Request, *, user_id: str, target_id: str) -> None:
    """DELETE /users/{id}/targets/{id}."""
    target = _find_target(user_id, target_id)
    request.add_change(responses.target(target))
    target.delete()


def _find_target(user_id: str, target_id: str) -> Target:
    target = find_user(user_id).targets.filter(id=target_id).first()
    if target is None:
        raise AppwriteError("user_target_not_found")
    return target


def _find_provider_id(provider_id: str, provider_type: str) -> str:
    provider = Provider.objects.filter(id=provider_id).first()
    if provider is None:
        raise AppwriteError("provider_not_found")
    if provider.type != provider_type:
        raise AppwriteError("provider_incorrect_type")
    return str(provider.id)


def _check_identifier(request: Request, provider_type: str, identifier: str) -> None:
    if provider_type not in PROVIDER_TYPES:
        raise AppwriteError("provider_incorrect_type")
    kinds = {"email": (Email(), "general_invalid_email"), "sms": (Phone(), "general_invalid_phone")}
    if provider_type in kinds:
        kind, error = kinds[provider_type]
        try:
            kind.clean(identifier)
        except ParameterError:
            raise AppwriteError(error) from None


def _check_is_free(identifier: str, target_id: str = "") -> None:
    taken = Target.objects.filter(identifier=identifier) | Target.objects.filter(id=target_id)
    if taken.exists():
        raise AppwriteError("user_target_already_exists")
