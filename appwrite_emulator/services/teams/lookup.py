"""What a URL names: the team and the membership; or the error that says what is missing or not allowed."""

from appwrite_emulator.callers import Caller, Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Membership, Team

OWNER = "owner"
"""The role that may rename, invite, change roles and delete."""


def find_team(request: Request, team_id: str) -> Team:
    """The team, for its members and for API keys; 404 `team_not_found` for everybody else."""
    team = Team.objects.filter(id=team_id).first()
    if team is None or not _is_member(request.caller, team):
        raise AppwriteError("team_not_found")
    request.resource = resource_of(team)
    return team


def resource_of(team: Team) -> str:
    """The name of the team's own activity log."""
    return f"team/{team.id}"


def find_own_team(request: Request, team_id: str) -> Team:
    """The team, for its owners and for API keys; 401 `user_unauthorized` for its other members."""
    team = find_team(request, team_id)
    require_owner(request, team)
    return team


def require_owner(request: Request, team: Team) -> None:
    """Let owners and API keys pass."""
    if not request.caller.is_key and f"team:{team.id}/{OWNER}" not in request.caller.roles:
        raise AppwriteError("user_unauthorized", "Only owners of the team may do this.")


def _is_member(caller: Caller, team: Team) -> bool:
    return caller.is_key or f"team:{team.id}" in caller.roles


def find_membership(request: Request, membership_id: str, *, missing: str = "membership_not_found") -> Membership:
    """The membership, whichever team it is of; 404 of the type `missing`.

    Anybody may know of somebody who was invited or added, and only the team's members of who made it.
    """
    membership = Membership.objects.select_related("team", "user").filter(id=membership_id).first()
    if membership is None or (_is_founders(membership) and not _is_member(request.caller, membership.team)):
        raise AppwriteError(missing)
    return membership


def _is_founders(membership: Membership) -> bool:
    """Whether it came with the team, and so without an invitation."""
    return not membership.secret_hash


def require_of_team(membership: Membership, team: Team) -> None:
    """404 `team_membership_mismatch` unless the membership is one of this team."""
    if membership.team_id != team.id:
        raise AppwriteError("team_membership_mismatch")
