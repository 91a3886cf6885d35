"""Presences: list, get, upsert, update and delete. Realtime clients can also send their presence in a message."""

import datetime
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Presence, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Boolean,
    Datetime,
    Id,
    Integer,
    Json,
    ParameterError,
    Permissions,
    Text,
    accepts,
)
from appwrite_emulator.http.responses import Response
from appwrite_emulator.realtime import presences
from appwrite_emulator.services import lists
from appwrite_emulator.services.users.lookup import find_user

ATTRIBUTES = lists.attributes(Presence, userId="user", expiresAt="expires_at", status="status", source="source")
DEFAULT_TTL = datetime.timedelta(minutes=15)
MAX_STATUS = 255

# (caller's roles, parameters) -> (time when the page was cached, page of presences)
_cached_lists: PerProject[dict[tuple[Any, ...], tuple[datetime.datetime, dict[str, Any]]]] = PerProject(dict)


@state.on_cache_clear
def clear_cache() -> None:
    _cached_lists().clear()


class Expiry(Datetime):
    """A time within the next 30 days."""

    def __init__(self) -> None:
        super().__init__(future=True)

    def clean(self, value: Any) -> datetime.datetime:
        time = super().clean(value)
        if time > clock.now() + presences.TTL:
            raise ParameterError("Value must be at most 30 days from now.")
        return time


_PERMISSIONS = Permissions(*presences.ACTIONS)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True), ttl=Integer(0, 86400, default=0))
def list_(request: Request, *, queries: list[str], total: bool, ttl: int) -> Response | dict[str, Any]:
    """GET /presences: list unexpired presences that the caller can read.

    With `ttl`, the list may come from the cache, if it is less than `ttl` seconds old.
    """
    if not ttl:
        return _page(request, queries, total=total)
    key = (None if request.caller.is_key else request.caller.roles, *queries, total)
    cached = _cached_lists().get(key)
    if cached and cached[0] + datetime.timedelta(seconds=ttl) > clock.now():
        return Response(cached[1], headers={"X-Appwrite-Cache": "hit"})
    page = _page(request, queries, total=total)
    _cached_lists()[key] = clock.now(), page
    return Response(page, headers={"X-Appwrite-Cache": "miss"})


def _page(request: Request, queries: list[str], *, total: bool) -> dict[str, Any]:
    current = Presence.objects.filter(expires_at__gt=clock.now())
    if not request.caller.is_key:
        readable = [each.pk for each in current if _is_allowed(request, each, "read")]
        current = current.filter(pk__in=readable)
    page = lists.page(current, queries, ATTRIBUTES, total=total)
    return {"total": page.total, "presences": [responses.presence(each) for each in page.items]}


def get(request: Request, *, presence_id: str) -> dict[str, Any]:
    """GET /presences/{presenceId}."""
    return responses.presence(_find_current(request, presence_id))


@accepts(
    user_id=Id(),
    status=Text(MAX_STATUS, required=True),
    permissions=_PERMISSIONS,
    expires_at=Expiry(),
    metadata=Json(default={}),
)
def upsert(
    request: Request,
    *,
    presence_id: str,
    user_id: str | None,
    status: str,
    permissions: list[str] | None,
    expires_at: datetime.datetime | None,
    metadata: dict[str, Any],
) -> dict[str, Any]:
    """PUT /presences/{presenceId}: set the caller's presence. An API key can set any user's presence.

    By default, a presence expires after 15 minutes. Each user has at most one presence, so `presenceId` is used only if
    the user does not have one yet.
    """
    user = _find_owner(request, user_id)
    source, expires_at = "graphql" if request.is_graphql else "rest", expires_at or clock.now() + DEFAULT_TTL
    presence = presences.upsert(
        user,
        presences.Content(presence_id, status, source, expires_at, permissions, metadata),
        None if request.caller.is_key else request.caller.roles,
    )
    return responses.presence(presence)


def _find_owner(request: Request, user_id: str | None) -> User:
    if not request.caller.is_key:
        if user_id:
            raise AppwriteError(
                "general_unauthorized_scope", "userId is not allowed for non-API key and non-privileged users"
            )
        return request.user
    if not user_id:
        raise AppwriteError("general_bad_request", "userId is required for API key authentication")
    return find_user(user_id)


@accepts(
    user_id=Id(),
    status=Text(MAX_STATUS),
    expires_at=Expiry(),
    metadata=Json(),
    permissions=_PERMISSIONS,
    purge=Boolean(strict=True, default=False),
)
def update(
    request: Request,
    *,
    presence_id: str,
    user_id: str | None,
    status: str | None,
    expires_at: datetime.datetime | None,
    metadata: dict[str, Any] | None,
    permissions: list[str] | None,
    purge: bool,
) -> dict[str, Any]:
    """PATCH /presences/{presenceId}. Omitted parameters stay unchanged. `purge` clears the cached lists."""
    if user_id and not request.caller.is_key:
        raise AppwriteError(
            "general_unauthorized_scope", "userId is not allowed for non-API key and non-privileged users"
        )
    presence = _find_current(request, presence_id)
    if purge:
        clear_cache()
    values = {"status": status, "expires_at": expires_at, "metadata": metadata}
    changes: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    if user_id is not None:
        changes["user"] = find_user(user_id)
        if user_id != presence.user_id and permissions is None:
            changes["permissions"] = presences.default_permissions(user_id)
        if Presence.objects.filter(user_id=user_id).exclude(pk=presence.pk).exists():
            raise AppwriteError("presence_already_exists")
    if permissions is not None:
        if not request.caller.is_key:
            PermissionList(permissions).check_grants(request.caller.roles)
        changes["permissions"] = sorted(permissions)
    if not changes:
        request.changes = []
        return responses.presence(presence)
    _require(request, presence, "update")
    for name, value in changes.items():
        setattr(presence, name, value)
    presence.updated_at = clock.now()
    presence.save()
    return responses.presence(presence)


def delete(request: Request, *, presence_id: str) -> None:
    """DELETE /presences/{presenceId}: delete the presence, even if it has expired."""
    presence = _find(request, presence_id)
    _require(request, presence, "delete")
    request.add_change(responses.presence(presence))
    presence.delete()
    clear_cache()


def _find(request: Request, presence_id: str) -> Presence:
    """Return the presence if the caller is allowed to read it. Otherwise raise 404 `presence_not_found`."""
    presence = Presence.objects.filter(id=presence_id).first()
    if presence is None or not _is_allowed(request, presence, "read"):
        raise AppwriteError("presence_not_found")
    return presence


def _find_current(request: Request, presence_id: str) -> Presence:
    presence = _find(request, presence_id)
    if presence.expires_at < clock.now():
        raise AppwriteError("presence_not_found")
    return presence


def _is_allowed(request: Request, presence: Presence, action: str) -> bool:
    return request.caller.is_key or PermissionList(presence.permissions).allows(action, request.caller.roles)


def _require(request: Request, presence: Presence, action: str) -> None:
    if not _is_allowed(request, presence, action):
        raise AppwriteError("user_unauthorized", f"No permission to {action} the presence.")
