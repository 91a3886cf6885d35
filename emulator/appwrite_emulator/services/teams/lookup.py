"""Look up the team or membership that a URL names. Raise an error if it does not exist or the caller has no access."""

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Membership, Team

OWNER = "owner"
"""Role of members who can rename and delete the team, invite others and change members' roles."""


def find_team(request: Request, team_id: str) -> Team:
    """Return the team if the caller is a member or an API key. Otherwise raise 404 `team_not_found`."""
    team = Team.objects.filter(id=team_id).first()
    if team is None or not _is_member(request.caller, team):
        raise AppwriteError("team_not_found")
    request.resource = resource_of(team)
    return team


def resource_of(team: Team) -> str:
    """Return the name under which the team's events are logged."""
    return f"team/{team.id}"


def find_own_team(request: Request, team_id: str) -> Team:
    """Return the team if the caller is an owner or an API key. Raise 401 `user_unauthorized` for any other member."""
    team = find_team(request, team_id)
    require_owner(request, team)
    return team


def require_owner(request: Request, team: Team, message: str = "") -> None:
    """Raise 401 `user_unauthorized`, with the message, unless the caller is an owner or an API key."""
    if not request.caller.is_key and f"team:{team.id}/{OWNER}" not in request.caller.roles:
        raise AppwriteError("user_unauthorized", message)


def _is_member(caller: Caller, team: Team) -> bool:
    return caller.is_key or f"team:{team.id}" in caller.roles


def find_membership(request: Request, membership_id: str, *, missing: str = "membership_not_found") -> Membership:
    """Return the membership, which may belong to any team. If it is not found, raise a 404 error of type `missing`.

    Anyone can find the membership of a member who was invited or added. Only team members can find the founder's
    membership.
    """
    membership = Membership.objects.select_related("team", "user").filter(id=membership_id).first()
    if membership is None or (_is_founders(membership) and not _is_member(request.caller, membership.team)):
        raise AppwriteError(missing)
    return membership


def _is_founders(membership: Membership) -> bool:
    """Return whether the membership was created together with its team, without an invitation."""
    return not membership.secret_hash


def require_of_team(membership: Membership, team: Team) -> None:
    """Raise 404 `team_membership_mismatch` unless the membership belongs to this team."""
    if membership.team_id != team.id:
        raise AppwriteError("team_membership_mismatch")
