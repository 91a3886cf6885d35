"""Data browser: users with everything they own. Secrets are never shown."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.data.components import (
    ROOT,
    Cell,
    DataPage,
    DataRow,
    DataTable,
    fields_of,
    label_of,
    labelled_cells,
    make_cell,
    page_as_json,
    paginate,
    respond,
    status_cell,
)
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Membership, User

MAX_LOG_ENTRIES = 10


@require_safe
def users(http: HttpRequest) -> HttpResponse:
    """List users, newest first, filtered by `?q=` in ID, name, e-mail address or phone number."""
    matching = User.objects.order_by("-created_at", "id")
    if search := http.GET.get("q", "").strip():
        condition = Q()
        for field in ("id", "name", "email", "phone"):
            condition |= Q(**{f"{field}__icontains": search})
        matching = matching.filter(condition)
    shown = paginate(http, matching)
    rows = [
        DataRow(
            each.name or each.id,
            f"{ROOT}users/{each.id}/",
            (
                Cell(each.email or each.phone),
                Cell(each.labels, "list"),
                Cell(clock.iso(each.created_at), "time"),
                status_cell(each.status, "Active", "Blocked"),
            ),
            each.id if each.name else "",
        )
        for each in shown
    ]
    empty_text = f"No users match “{search}”." if search else "No users yet."
    table = DataTable("Users", "User", ("E-mail or phone", "Labels", "Created", "Status"), rows, empty_text, shown)
    page = DataPage("Users", tables=[table], search_label="ID, name, e-mail or phone")
    return respond(http, page_as_json(shown, map(_user_fields, shown), "users"), page)


def _user_fields(user: User) -> dict[str, Any]:
    return fields_of(user) | {"hasPassword": bool(user.password)}


@require_safe
def user(http: HttpRequest, user_id: str) -> HttpResponse:
    """Show a user, without password hash and secrets of sessions and tokens."""
    shown = get_object_or_404(User, id=user_id)
    authenticator = getattr(shown, "authenticator", None)
    own_fields = _user_fields(shown)
    fields = own_fields | {
        "sessions": _all_fields(shown.sessions.order_by("-created_at")),
        "tokens": _all_fields(shown.tokens.order_by("-created_at")),
        "targets": _all_fields(shown.targets.order_by("created_at")),
        "identities": _all_fields(shown.identities.order_by("created_at")),
        "memberships": [_membership_fields(each) for each in shown.memberships.select_related("team")],
        "authenticator": fields_of(authenticator) if authenticator else None,
        "logs": _all_fields(shown.logs.order_by("-pk")[:MAX_LOG_ENTRIES]),
    }
    cells = labelled_cells({name: value for name, value in own_fields.items() if name != "prefs"})
    cells.append(("Prefs", Cell(shown.prefs, "json")))
    if authenticator:
        cells.append(("Authenticator app", Cell("verified" if authenticator.verified else "not verified yet")))
    tables = [
        _session_table(fields["sessions"]),
        _table(
            "Memberships", "Team", fields["memberships"], "team", ("roles", "confirm"), "No memberships yet.", "teams"
        ),
        _table("Targets", "Target", fields["targets"], "identifier", ("providerType", "expired"), "No targets yet."),
        _table("Identities", "Provider", fields["identities"], "provider", ("providerEmail",), "No identities yet."),
        _table("Tokens", "Token", fields["tokens"], "id", ("expire", "type"), "No tokens yet."),
        _table("Log", "Event", fields["logs"], "event", ("time", "ip"), "No entries yet."),
    ]
    return respond(http, fields, DataPage(shown.name or shown.id, [("Users", f"{ROOT}users/")], cells, tables))


def _all_fields(instances: Iterable[Model]) -> list[dict[str, Any]]:
    return [fields_of(each) for each in instances]


def _membership_fields(membership: Membership) -> dict[str, Any]:
    return fields_of(membership) | {"team": membership.team.name, "teamId": membership.team_id}


def _session_table(sessions: list[dict[str, Any]]) -> DataTable:
    now = clock.iso(clock.now())
    rows = [
        DataRow(
            each["id"],
            cells=(
                Cell(each["provider"]),
                Cell(each["client"].get("clientName") or None),
                Cell(each["ip"], "code"),
                Cell(each["expire"], "time"),
                status_cell(each["expire"] > now, "Active", "Expired"),
            ),
        )
        for each in sessions
    ]
    return DataTable("Sessions", "Session", ("Provider", "Client", "IP", "Expires", "Status"), rows, "No sessions yet.")


def _table(
    caption: str,
    name_heading: str,
    records: list[dict[str, Any]],
    name: str,
    columns: tuple[str, ...],
    empty_text: str,
    path: str = "",
) -> DataTable:
    """Return a table of records called by their field `name`, which link to `path` and their `{name}Id` if given."""
    rows = [
        DataRow(
            str(each[name]),
            f"{ROOT}{path}/{each[f'{name}Id']}/" if path else "",
            [make_cell(column, each[column]) for column in columns],
        )
        for each in records
    ]
    return DataTable(caption, name_heading, [label_of(column) for column in columns], rows, empty_text)
