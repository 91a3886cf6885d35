"""Data browser: users with everything they own, teams with their members. Secrets are never shown."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin import browsing
from appwrite_emulator.admin.browsing import Cell, Line, Sheet, Shown, answer, facts_of, find, listed, paged
from appwrite_emulator.admin.data import ROOT
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Membership, Team, User

LINES_OF_LOG = 10


@require_safe
def users(http: HttpRequest) -> HttpResponse:
    """List users, newest first, filtered by `?q=` in ID, name, e-mail address or phone number."""
    found = User.objects.order_by("-created_at", "id")
    if sought := http.GET.get("q", "").strip():
        fields = ("id", "name", "email", "phone")
        wanted = Q()
        for field in fields:
            wanted |= Q(**{f"{field}__icontains": sought})
        found = found.filter(wanted)
    shown = paged(http, found)
    lines = [
        Line(
            user.name or user.id,
            f"{ROOT}users/{user.id}/",
            (
                Cell(user.email or user.phone),
                Cell(user.labels, "codes"),
                Cell(clock.iso(user.created_at), "time"),
                browsing.state(user.status, "Active", "Blocked"),
            ),
            user.id if user.name else "",
        )
        for user in shown
    ]
    empty = f"No users match “{sought}”." if sought else "No users yet."
    sheet = Sheet("Users", "User", ("E-mail or phone", "Labels", "Created", "Status"), lines, empty, shown)
    return answer(
        http,
        listed(shown, map(_user, shown), "users"),
        Shown("Users", sheets=[sheet], search="ID, name, e-mail or phone"),
    )


def _user(user: User) -> dict[str, Any]:
    return facts_of(user) | {"hasPassword": bool(user.password)}


@require_safe
def user(http: HttpRequest, user_id: str) -> HttpResponse:
    """Show a user, without password hash and secrets of sessions and tokens."""
    found = find(User.objects, id=user_id)
    memberships = list(found.memberships.select_related("team"))
    authenticator = getattr(found, "authenticator", None)
    facts = _user(found) | {
        "sessions": [facts_of(each) for each in found.sessions.order_by("-created_at")],
        "tokens": [facts_of(each) for each in found.tokens.order_by("-created_at")],
        "targets": [facts_of(each) for each in found.targets.order_by("created_at")],
        "identities": [facts_of(each) for each in found.identities.order_by("created_at")],
        "memberships": [_membership(each) for each in memberships],
        "authenticator": facts_of(authenticator) if authenticator else None,
        "logs": [facts_of(each) for each in found.logs.order_by("-pk")[:LINES_OF_LOG]],
    }
    own = {name: value for name, value in _user(found).items() if name != "prefs"}
    pairs = [*browsing.pairs_of(own), ("Prefs", Cell(found.prefs, "json"))]
    if authenticator:
        pairs.append(("Authenticator app", Cell("verified" if authenticator.verified else "not verified yet")))
    sheets = [
        _sessions(facts["sessions"]),
        _sheet("Memberships", "Team", facts["memberships"], "team", ("roles", "confirm"), "No memberships.", "teams"),
        _sheet("Targets", "Target", facts["targets"], "identifier", ("providerType", "expired"), "No targets."),
        _sheet("Identities", "Provider", facts["identities"], "provider", ("providerEmail",), "No identities."),
        _sheet("Tokens", "Token", facts["tokens"], "id", ("expire", "type"), "No open tokens."),
        _sheet("Log", "Event", facts["logs"], "event", ("time", "ip"), "No entries yet."),
    ]
    return answer(http, facts, Shown(found.name or found.id, [("Users", f"{ROOT}users/")], pairs, sheets))


def _sessions(sessions: list[dict[str, Any]]) -> Sheet:
    now = clock.iso(clock.now())
    lines = [
        Line(
            each["id"],
            cells=(
                Cell(each["provider"]),
                Cell(each["client"].get("clientName") or None),
                Cell(each["ip"], "code"),
                Cell(each["expire"], "time"),
                browsing.state(each["expire"] > now, "Active", "Expired"),
            ),
        )
        for each in sessions
    ]
    return Sheet("Sessions", "Session", ("Provider", "Client", "IP", "Expires", "Status"), lines, "No sessions.")


def _sheet(
    caption: str,
    first: str,
    facts: list[dict[str, Any]],
    name: str,
    columns: tuple[str, ...],
    empty: str,
    link: str = "",
) -> Sheet:
    lines = [
        Line(
            str(each[name]),
            f"{ROOT}{link}/{each[f'{name}Id']}/" if link else "",
            [browsing.cell_of(column, each[column]) for column in columns],
        )
        for each in facts
    ]
    return Sheet(caption, first, [browsing.in_words(column) for column in columns], lines, empty)


def _membership(membership: Membership) -> dict[str, Any]:
    team = {"team": membership.team.name, "teamId": membership.team_id}
    return facts_of(membership) | team


@require_safe
def teams(http: HttpRequest) -> HttpResponse:
    """List teams, newest first, filtered by `?q=` in ID or name."""
    found = Team.objects.order_by("-created_at", "id")
    if sought := http.GET.get("q", "").strip():
        found = found.filter(Q(id__icontains=sought) | Q(name__icontains=sought))
    shown = paged(http, found)
    lines = [
        Line(
            team.name,
            f"{ROOT}teams/{team.id}/",
            (Cell(clock.iso(team.created_at), "time"), Cell(team.total, "num")),
            team.id,
        )
        for team in shown
    ]
    empty = f"No teams match “{sought}”." if sought else "No teams yet."
    sheet = Sheet("Teams", "Team", ("Created", "Members"), lines, empty, shown)
    facts = listed(shown, map(facts_of, shown), "teams")
    return answer(http, facts, Shown("Teams", sheets=[sheet], search="ID or name"))


@require_safe
def team(http: HttpRequest, team_id: str) -> HttpResponse:
    """Show a team with its members and pending invitations."""
    found = find(Team.objects, id=team_id)
    members = list(found.memberships.select_related("user"))
    facts = facts_of(found) | {
        "memberships": [facts_of(each) | {"user": each.user.name or each.user.email} for each in members]
    }
    lines = [
        Line(
            each.user.name or each.user.email or each.user_id,
            f"{ROOT}users/{each.user_id}/",
            (
                Cell(each.roles, "codes"),
                Cell(clock.iso(each.joined or each.invited), "time"),
                browsing.state(each.confirm, "Member", "Invited"),
            ),
            each.user_id,
        )
        for each in members
    ]
    own = {name: value for name, value in facts_of(found).items() if name != "prefs"}
    pairs = [*browsing.pairs_of(own), ("Prefs", Cell(found.prefs, "json"))]
    sheet = Sheet("Members", "User", ("Roles", "Since", "Status"), lines, "No members.")
    return answer(http, facts, Shown(found.name, [("Teams", f"{ROOT}teams/")], pairs, [sheet]))
