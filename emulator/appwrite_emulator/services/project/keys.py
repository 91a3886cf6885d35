"""The project's API keys: standard keys, which are stored, and ephemeral keys, which are signed tokens."""

import datetime
from typing import Any

from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.callers import EPHEMERAL_KEY
from appwrite_emulator.auth.request import Request
from appwrite_emulator.auth.scopes import PROJECT_SCOPES
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import ApiKey
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Datetime, Integer, ListOf, NewId, Text, accepts
from appwrite_emulator.services import lists

ATTRIBUTES = lists.attributes(ApiKey, name="name", expire="expire", scopes="scopes") | {
    "accessedAt": Attribute("accessedAt", "datetime", "NULL")
}
MAX_EPHEMERAL_TTL = 3600
"""Maximum lifetime of an ephemeral key, in seconds."""


class Scopes(ListOf):
    """Scopes for an API key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Text(choices=PROJECT_SCOPES), **kwargs)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_keys(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/keys."""
    page = lists.page(request.project.keys.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "keys": [responses.key(key) for key in page.items]}


@accepts(key_id=NewId(required=True), name=Text(128, required=True), scopes=Scopes(required=True), expire=Datetime())
def create_key(
    request: Request, *, key_id: str, name: str, scopes: list[str], expire: datetime.datetime | None
) -> dict[str, Any]:
    """POST /project/keys. `expire` may be in the past."""
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


@accepts(scopes=Scopes(required=True), duration=Integer(1, MAX_EPHEMERAL_TTL, required=True))
def create_ephemeral_key(request: Request, *, scopes: list[str], duration: int) -> dict[str, Any]:
    """POST /project/keys/ephemeral: return a key that is valid for `duration` seconds. It is not stored."""
    claims = {"projectId": request.project.id, "scopes": scopes}
    token = jwt.encode(claims, request.project.jwt_secret, duration)
    expire = clock.now() + datetime.timedelta(seconds=duration)
    return responses.key(ApiKey(scopes=scopes, expire=expire, secret=EPHEMERAL_KEY + token))


def get_key(request: Request, *, key_id: str) -> dict[str, Any]:
    """GET /project/keys/{id}."""
    return responses.key(_find_key(request, key_id))


@accepts(name=Text(128, required=True), scopes=Scopes(required=True), expire=Datetime())
def update_key(
    request: Request, *, key_id: str, name: str, scopes: list[str], expire: datetime.datetime | None
) -> dict[str, Any]:
    """PUT /project/keys/{id}. The secret stays unchanged."""
    key = _find_key(request, key_id)
    key.name, key.scopes, key.expire, key.updated_at = name, scopes, expire, clock.now()
    key.save()
    return responses.key(key)


def delete_key(request: Request, *, key_id: str) -> None:
    """DELETE /project/keys/{id}."""
    _find_key(request, key_id).delete()


def _find_key(request: Request, key_id: str) -> ApiKey:
    key = request.project.keys.filter(id=key_id).first()
    if key is None:
        raise AppwriteError("key_not_found")
    return key
