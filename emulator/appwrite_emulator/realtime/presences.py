"""Presences: what signed-in users say they are doing. They are kept in memory, because they end with the connection."""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from appwrite_emulator.common import clock, events, ids, permissions
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

MAX_STATUS = 2048
TTL = datetime.timedelta(days=30)
_ACTIONS = ("read", "update", "delete")


@dataclass(frozen=True)
class Details:
    """The optional parts of a presence message; None: not sent."""

    presence_id: str | None
    metadata: Any
    permissions: list[str] | None

    @staticmethod
    def read(data: dict[str, Any]) -> "Details":
        """Validate the parts. Raise ValueError with what is wrong."""
        presence_id, metadata, texts = data.get("presenceId"), data.get("metadata"), data.get("permissions")
        if presence_id is not None and not (isinstance(presence_id, str) and ids.ID.fullmatch(presence_id)):
            if presence_id != "unique()":
                raise ValueError("presenceId: Value must be a valid string and no longer than 36 chars")
            presence_id = None
        if metadata is not None and not isinstance(metadata, dict | list):
            raise ValueError("metadata: Value must be a valid JSON object")
        return Details(presence_id, metadata, None if texts is None else _expand(texts))


def _expand(texts: Any) -> list[str]:
    try:
        if not isinstance(texts, list) or len(texts) > permissions.MAX_PERMISSIONS:
            raise TypeError(texts)
        parsed = [permissions.parse(text) for text in texts]
        if any(permission.action not in (*_ACTIONS, "write") for permission in parsed):
            raise ValueError(texts)
    except (ValueError, TypeError):
        raise ValueError("permissions: Permissions must be an array of strings.") from None
    return sorted(permissions.expand(parsed, _ACTIONS))


@dataclass
class Presence:
    id: str
    project_id: str
    user_id: str
    sequence: int
    status: str = ""
    metadata: Any = None
    permissions: list[str] = field(default_factory=list)
    created_at: datetime.datetime = field(default_factory=clock.now)
    updated_at: datetime.datetime = field(default_factory=clock.now)

    def model(self) -> dict[str, Any]:
        return {
            "userId": self.user_id,
            "source": "realtime",
            "status": self.status,
            "expiresAt": iso(self.updated_at + TTL),
            "metadata": self.metadata or [],
            "$permissions": self.permissions,
            "$id": self.id,
            "$updatedAt": iso(self.updated_at),
            "$createdAt": iso(self.created_at),
            "$sequence": str(self.sequence),
        }


# Presence ID -> presence. Only the thread of the connections' hub uses it.
_presences: PerProject[dict[str, Presence]] = PerProject(dict)
_sequences = count(1)


def upsert(user_id: str, project_id: str, status: str, details: Details, roles: Collection[str]) -> Presence:
    """Create or update the user's presence. Raise 401 unless they have the roles they name, and may update it."""
    granted = details.permissions
    if granted is None:
        granted = sorted(permissions.for_user(user_id, (*_ACTIONS, "write")))
    PermissionList(granted).check_grants(roles)
    presences = _presences()
    owned = (each for each in presences.values() if (each.user_id, each.project_id) == (user_id, project_id))
    presence = next(owned, None)
    if presence is None:
        presence = Presence(details.presence_id or ids.unique(), project_id, user_id, next(_sequences))
        if presence.id in presences:
            raise AppwriteError("user_unauthorized", "The presence belongs to another user.")
        presences[presence.id] = presence
    elif not PermissionList(presence.permissions).allows("update", roles):
        raise AppwriteError("user_unauthorized", "No permission to update the presence.")
    presence.status, presence.permissions, presence.updated_at = status, granted, clock.now()
    if details.metadata is not None:
        presence.metadata = details.metadata
    _publish(presence, "upsert")
    return presence


def remove(presence_ids: Iterable[str]) -> None:
    """Delete the presences of a connection that has ended."""
    presences = _presences()
    for presence_id in presence_ids:
        if presence := presences.pop(presence_id, None):
            _publish(presence, "delete")


def _publish(presence: Presence, action: str) -> None:
    pattern, params = f"presences.[presenceId].{action}", {"presenceId": presence.id}
    names = events.names_of(pattern, params)
    with state.write_lock():
        events.publish([Event(pattern, params, names, presence.model(), presence.project_id, presence.user_id)])
