"""Teams: list, create, get, rename and delete. Also, each team's preferences and activity log."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Log, Membership, Team
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Key, ListOf, NewId, Preferences, Text, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services import activity_log, lists
from appwrite_emulator.services.teams.lookup import OWNER, find_own_team, find_team, resource_of

ATTRIBUTES = lists.attributes(Team, name="name", total="total")


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /teams: list the caller's teams, or all teams for an API key."""
    visible = Team.objects.all()
    if not request.caller.is_key:
        own = Membership.objects.filter(user=request.caller.user, confirm=True)
        visible = visible.filter(id__in=own.values("team_id"))
    page = lists.page(visible, queries, ATTRIBUTES, search=search, searched=("id", "name"), total=total)
    return {"total": page.total, "teams": [responses.team(team) for team in page.items]}


@accepts(
    team_id=NewId(required=True),
    name=Text(128, required=True),
    roles=ListOf(Key(), default=(OWNER,)),
)
def create(request: Request, *, team_id: str, name: str, roles: list[str]) -> dict[str, Any]:
    """POST /teams. A user who creates a team always becomes an owner. A team created by an API key has no members."""
    if Team.objects.filter(id=team_id).exists():
        raise AppwriteError("team_already_exists")
    team = Team.objects.create(id=team_id, name=name)
    if user := request.caller.user:
        roles = [*roles] if OWNER in roles else [*roles, OWNER]
        Membership.objects.create(team=team, user=user, roles=roles, joined=clock.now(), confirm=True)
        team.total = 1
        team.save()
    request.resource = resource_of(team)
    return responses.team(team)


def get(request: Request, *, team_id: str) -> dict[str, Any]:
    """GET /teams/{teamId}."""
    return responses.team(find_team(request, team_id))


@accepts(name=Text(128, required=True))
def update_name(request: Request, *, team_id: str, name: str) -> dict[str, Any]:
    """PUT /teams/{teamId}."""
    team = find_own_team(request, team_id)
    team.name = name
    return responses.team(_save(team))


def delete(request: Request, *, team_id: str) -> None:
    """DELETE /teams/{teamId}: delete the team and its memberships. Members lose the team's roles immediately."""
    team = find_own_team(request, team_id)
    # The event is addressed to users, because members no longer have the team's role when it is published.
    members = team.memberships.filter(confirm=True).values_list("user_id", flat=True)
    request.add_change(responses.team(team), readers=frozenset(f"user:{user_id}" for user_id in members))
    team.delete()


def get_prefs(request: Request, *, team_id: str) -> Response:
    """GET /teams/{teamId}/prefs."""
    return Response(find_team(request, team_id).prefs)


@accepts(prefs=Preferences())
def update_prefs(request: Request, *, team_id: str, prefs: dict[str, Any]) -> Response:
    """PUT /teams/{teamId}/prefs: replace all preferences."""
    team = find_own_team(request, team_id)
    team.prefs = prefs
    return Response(_save(team).prefs)


@accepts(queries=activity_log.QUERIES, total=Boolean(default=True))
def list_logs(request: Request, *, team_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /teams/{teamId}/logs: list entries, newest first. Only `limit` and `offset` queries are supported.

    The Console uses this route. The SDKs have no method for it.
    """
    team = find_team(request, team_id)
    return activity_log.page(request, Log.objects.filter(resource=resource_of(team)), queries, total=total)


def _save(team: Team) -> Team:
    team.updated_at = clock.now()
    team.save()
    return team
