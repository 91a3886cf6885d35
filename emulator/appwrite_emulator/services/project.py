"""Project settings that an API key can change: keys, web platforms, the session limit, the Microsoft provider."""

import datetime
from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import ApiKey, OAuth2Provider, Platform
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Datetime, Integer, ListOf, NewId, Text, accepts
from appwrite_emulator.services import lists

KEY_QUERIES = lists.attributes(ApiKey, name="name", expire="expire", scopes="scopes") | {
    "accessedAt": Attribute("accessedAt", "datetime", "NULL")
}


@accepts(queries=lists.Queries(KEY_QUERIES), total=Boolean(default=True))
def list_keys(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/keys."""
    page = lists.page(request.project.keys.all(), queries, KEY_QUERIES, total=total)
    return {"total": page.total, "keys": [responses.key(key) for key in page.items]}


@accepts(
    key_id=NewId(required=True),
    name=Text(128, required=True),
    scopes=ListOf(Text(128), required=True),
    expire=Datetime(),
)
def create_key(
    request: Request, *, key_id: str, name: str, scopes: list[str], expire: datetime.datetime | None
) -> dict[str, Any]:
    """POST /project/keys."""
    if ApiKey.objects.filter(id=key_id).exists():
        raise AppwriteError("key_already_exists")
    key = ApiKey.objects.create(
        id=key_id,
        project=request.project,
        name=name,
        scopes=scopes,
        expire=expire,
        secret=f"standard_{ids.secret(256)}",
    )
    return responses.key(key)


def get_key(request: Request, *, key_id: str) -> dict[str, Any]:
    """GET /project/keys/{id}."""
    return responses.key(_key(request, key_id))


@accepts(name=Text(128, required=True), scopes=ListOf(Text(128), required=True), expire=Datetime())
def update_key(
    request: Request, *, key_id: str, name: str, scopes: list[str], expire: datetime.datetime | None
) -> dict[str, Any]:
    """PUT /project/keys/{id}. The secret stays unchanged."""
    key = _key(request, key_id)
    key.name, key.scopes, key.expire, key.updated_at = name, scopes, expire, clock.now()
    key.save()
    return responses.key(key)


def delete_key(request: Request, *, key_id: str) -> None:
    """DELETE /project/keys/{id}."""
    _key(request, key_id).delete()


def _key(request: Request, key_id: str) -> ApiKey:
    key = request.project.keys.filter(id=key_id).first()
    if key is None:
        raise AppwriteError("key_not_found")
    return key


@accepts(platform_id=NewId(required=True), name=Text(128, required=True), hostname=Text(256, required=True))
def create_web_platform(request: Request, *, platform_id: str, name: str, hostname: str) -> dict[str, Any]:
    """POST /project/platforms/web: allow a host for redirects and origins."""
    if Platform.objects.filter(id=platform_id).exists():
        raise AppwriteError("platform_already_exists")
    platform = Platform.objects.create(id=platform_id, project=request.project, name=name, hostname=hostname.lower())
    return responses.platform(platform)


def delete_platform(request: Request, *, platform_id: str) -> None:
    """DELETE /project/platforms/{id}."""
    deleted, _ = request.project.platforms.filter(id=platform_id).delete()
    if not deleted:
        raise AppwriteError("platform_not_found")


@accepts(total=Integer(1, 100, nullable=True, required=True))
def update_session_limit_policy(request: Request, *, total: int | None) -> dict[str, Any]:
    """PATCH /project/policies/session-limit. Null removes the limit."""
    request.project.session_limit = total or 0
    request.project.save()
    return responses.project(request.project)


@accepts(
    application_id=Text(256, min=0), application_secret=Text(512, min=0), tenant=Text(128, min=0), enabled=Boolean()
)
def update_o_auth2_microsoft(
    request: Request,
    *,
    application_id: str | None,
    application_secret: str | None,
    tenant: str | None,
    enabled: bool | None,
) -> dict[str, Any]:
    """PATCH /project/oauth2/microsoft. Without an application ID, the emulator's own sign-in page is used."""
    provider, _ = OAuth2Provider.objects.get_or_create(
        name="microsoft", project=request.project, defaults={"enabled": False}
    )
    changes = {"application_id": application_id, "secret": application_secret, "tenant": tenant, "enabled": enabled}
    for field, value in changes.items():
        if value is not None:
            setattr(provider, field, value)
    provider.save()
    return responses.oauth2_microsoft(provider)
