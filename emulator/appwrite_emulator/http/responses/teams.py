"""Teams and memberships."""

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


def membership(
    membership: models.Membership,
    *,
    private: bool = False,
    fresh: bool = False,
    deleted: bool = False,
    mfa: bool = False,
) -> dict[str, Any]:
    """Return a membership.

    `private` hides the member; a `fresh` one (just created or updated) shows only name and address, and a `deleted` one
    only IDs and roles.

    `mfa`: whether the member has enabled MFA.
    """
    user = membership.user
    full = not (private or fresh or deleted)
    return {
        "$id": membership.id,
        "$createdAt": iso(membership.created_at),
        "$updatedAt": iso(membership.updated_at),
        "userId": "" if private else user.id,
        "userName": "" if private or deleted else user.name,
        "userEmail": "" if private or deleted else user.email or "",
        "userPhone": user.phone or "" if full else "",
        "teamId": membership.team_id,
        "teamName": "" if deleted else membership.team.name,
        "invited": iso(membership.invited),
        "joined": iso(membership.joined),
        "confirm": membership.confirm,
        "mfa": mfa,
        "userAccessedAt": iso(user.accessed_at) if full else "",
        "roles": membership.roles,
    }
