"""Data browser: teams with their members. Secrets are never shown."""

from django.db.models import Q
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
    labelled_cells,
    page_as_json,
    paginate,
    respond,
    status_cell,
)
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Team


@require_safe
def teams(http: HttpRequest) -> HttpResponse:
    """List teams, newest first. `?q=` filters by ID or name."""
    matching = Team.objects.order_by("-created_at", "id")
    if search := http.GET.get("q", "").strip():
        matching = matching.filter(Q(id__icontains=search) | Q(name__icontains=search))
    shown = paginate(http, matching)
    rows = [
        DataRow(
            each.name,
            f"{ROOT}teams/{each.id}/",
            (Cell(clock.iso(each.created_at), "time"), Cell(each.total, "number")),
            each.id,
        )
        for each in shown
    ]
    empty_text = f"No teams match “{search}”." if search else "No teams yet."
    table = DataTable("Teams", "Team", ("Created", "Members"), rows, empty_text, shown)
    page = DataPage("Teams", tables=[table], search_label="ID or name")
    return respond(http, page_as_json(shown, map(fields_of, shown), "teams"), page)


@require_safe
def team(http: HttpRequest, team_id: str) -> HttpResponse:
    """Show a team with its members and pending invitations."""
    shown = get_object_or_404(Team, id=team_id)
    memberships = list(shown.memberships.select_related("user"))
    rows = [
        DataRow(
            each.user.name or each.user.email or each.user_id,
            f"{ROOT}users/{each.user_id}/",
            (
                Cell(each.roles, "list"),
                Cell(clock.iso(each.joined or each.invited), "time"),
                status_cell(each.confirm, "Member", "Invited"),
            ),
            each.user_id,
        )
        for each in memberships
    ]
    table = DataTable("Members", "User", ("Roles", "Since", "Status"), rows, "No members yet.")
    own_fields = fields_of(shown)
    cells = labelled_cells({name: value for name, value in own_fields.items() if name != "prefs"})
    cells.append(("Prefs", Cell(shown.prefs, "json")))
    fields = own_fields | {
        "memberships": [fields_of(each) | {"user": each.user.name or each.user.email} for each in memberships]
    }
    return respond(http, fields, DataPage(shown.name, [("Teams", f"{ROOT}teams/")], cells, [table]))
