"""Presences."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models


def presence(presence: models.Presence) -> dict[str, Any]:
    return {
        "$id": presence.id,
        "$createdAt": iso(presence.created_at),
        "$updatedAt": iso(presence.updated_at),
        "$permissions": presence.permissions,
        "userId": presence.user_id,
        "status": presence.status,
        "source": presence.source,
        "expiresAt": iso(presence.expires_at),
        "metadata": presence.metadata or {},
    }
