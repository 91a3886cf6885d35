"""Create, update and delete users' presences, for realtime and the REST API."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.common import clock, events, ids, permissions
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Presence, Project, User

MAX_STATUS = 2048
TTL = datetime.timedelta(days=30)
"""Maximum lifetime of a presence. Presences sent over realtime always have this lifetime."""
ACTIONS = ("read", "update", "delete")


@dataclass(frozen=True)
class Content:
    """The fields that an upsert sets. `permissions` and `metadata` are None if the client did not send them."""

    presence_id: str
    """Only used for a new presence. `unique()` generates an ID."""
    status: str
    source: str
    expires_at: datetime.datetime
    permissions: list[str] | None
    metadata: Any


def read(data: dict[str, Any]) -> Content:
    """Validate a message from a client. Raise ValueError with the reason."""
    status = data.get("status")
    if not isinstance(status, str) or not 0 < len(status) <= MAX_STATUS:
        raise ValueError(f"status: Value must be a valid string and no longer than {MAX_STATUS} chars")
    presence_id, metadata, texts = data.get("presenceId", "unique()"), data.get("metadata"), data.get("permissions")
    if presence_id != "unique()" and not (isinstance(presence_id, str) and ids.ID.fullmatch(presence_id)):
        raise ValueError("presenceId: Value must be a valid string and no longer than 36 chars")
    if metadata is not None and not isinstance(metadata, dict | list):
        raise ValueError("metadata: Value must be a valid JSON object")
    expires_at, granted = clock.now() + TTL, None if texts is None else _expand(texts)
    return Content(presence_id, status, "realtime", expires_at, granted, metadata)


def _expand(texts: Any) -> list[str]:
    try:
        if not isinstance(texts, list) or len(texts) > permissions.MAX_PERMISSIONS:
            raise TypeError(texts)
        parsed = [permissions.parse(text) for text in texts]
        if any(permission.action not in (*ACTIONS, "write") for permission in parsed):
            raise ValueError(texts)
    except (ValueError, TypeError):
        raise ValueError("permissions: Permissions must be an array of strings.") from None
    return permissions.expand(parsed, ACTIONS)


def default_permissions(user_id: str) -> list[str]:
    return sorted(permissions.for_user(user_id, (*ACTIONS, "write")))


def upsert(user: User, content: Content, roles: Collection[str] | None) -> Presence:
    """Create or update the user's presence. `roles`: the caller's roles, or None for an API key.

    Raise 401 if the caller lacks a role that the permissions name, or is not allowed to update the presence.
    """
    granted = default_permissions(user.id) if content.permissions is None else sorted(content.permissions)
    if roles is not None:
        PermissionList(granted).check_grants(roles)
    presence = Presence.objects.filter(user=user).first()
    if presence is None:
        new_id = ids.unique() if content.presence_id == "unique()" else content.presence_id
        if Presence.objects.filter(id=new_id).exists():
            raise AppwriteError("presence_already_exists")
        presence = Presence(id=new_id, user=user)
    elif roles is not None and not PermissionList(presence.permissions).allows("update", roles):
        raise AppwriteError("user_unauthorized", "No permission to update the presence.")
    else:
        presence.updated_at = clock.now()
    presence.status, presence.source, presence.expires_at = content.status, content.source, content.expires_at
    presence.permissions = granted
    if content.metadata is not None:
        presence.metadata = content.metadata
    presence.save()
    return presence


def upsert_from_message(user_id: str, content: Content, roles: Collection[str]) -> Presence:
    """Create or update the presence of a connection's user, and publish the event."""
    with state.writing():
        presence = upsert(User.objects.get(id=user_id), content, roles)
    _publish(presence, "upsert")
    return presence


def remove(presence_ids: Iterable[str]) -> None:
    """Delete the presences of a closed connection, if they still exist."""
    for presence_id in presence_ids:
        with state.writing():
            presence = Presence.objects.filter(id=presence_id).first()
            if presence:
                model = message_model(presence)
                presence.delete()
        if presence:
            _publish(presence, "delete", model)


def message_model(presence: Presence) -> dict[str, Any]:
    """Return the presence in the form that realtime messages and events contain."""
    return {
        "userId": presence.user_id,
        "source": presence.source,
        "status": presence.status,
        "expiresAt": iso(presence.expires_at),
        "metadata": presence.metadata or [],
        "$permissions": presence.permissions,
        "$id": presence.id,
        "$updatedAt": iso(presence.updated_at),
        "$createdAt": iso(presence.created_at),
        "$sequence": str(presence.sequence),
    }


def _publish(presence: Presence, action: str, model: dict[str, Any] | None = None) -> None:
    pattern, params = f"presences.[presenceId].{action}", {"presenceId": presence.id}
    names, project_id = events.names_of(pattern, params), Project.objects.get().id
    with state.write_lock():
        payload = model or message_model(presence)
        events.publish([Event(pattern, params, names, payload, project_id, presence.user_id)])
