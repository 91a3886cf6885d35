"""Teams and memberships."""

from collections.abc import Collection
from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models


def team(team: models.Team) -> dict[str, Any]:
    return {
        "$id": team.id,
        "$createdAt": iso(team.created_at),
        "$updatedAt": iso(team.updated_at),
        "name": team.name,
        "total": team.total,
        "prefs": team.prefs,
    }


CHANGED = frozenset({"userId", "userName", "userEmail"})
"""Member fields in responses to creating or changing a membership."""


def membership(
    membership: models.Membership, *, shown: Collection[str] = CHANGED, deleted: bool = False, mfa: bool = False
) -> dict[str, Any]:
    """Return a membership.

    `shown` names the member's details to include. If `deleted`, return only IDs and roles. `mfa`:
    whether the member has enabled MFA.
    """
    user = membership.user
    member = {
        "userId": user.id,
        "userName": user.name,
        "userEmail": user.email or "",
        "userPhone": user.phone or "",
        "userAccessedAt": iso(user.accessed_at),
    }
    shown = ("userId",) if deleted else shown
    member = {name: value if name in shown else "" for name, value in member.items()}
    return {
        "$id": membership.id,
        "$createdAt": iso(membership.created_at),
        "$updatedAt": iso(membership.updated_at),
        **member,
        "teamId": membership.team_id,
        "teamName": "" if deleted else membership.team.name,
        "invited": iso(membership.invited),
        "joined": iso(membership.joined),
        "confirm": membership.confirm,
        "mfa": mfa,
        "roles": membership.roles,
    }
