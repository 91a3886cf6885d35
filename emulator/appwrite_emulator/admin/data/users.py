"""Data browser: users and everything they own. The only secret shown is that of a newly created session."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Model, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

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
from appwrite_emulator.admin.data.forms import Form, FormField, call, delete_form, id_field, lines, submit
from appwrite_emulator.auth.session_secrets import cookie_name
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Membership, Project, User

MAX_LOG_ENTRIES = 10


@require_http_methods(["GET", "HEAD", "POST"])
def users(http: HttpRequest) -> HttpResponse:
    """List users, newest first. `?q=` filters by ID, name, e-mail address or phone number. POST creates a user."""
    form = _new_user_form(http)
    if redirect := submit(http, form):
        return redirect
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
    page = DataPage("Users", tables=[table], search_label="ID, name, e-mail or phone", forms=[form])
    return respond(http, page_as_json(shown, map(_user_fields, shown), "users"), page)


def _new_user_form(http: HttpRequest) -> Form:
    def create(typed: QueryDict) -> str:
        contacts = {name: typed.get(name) or None for name in ("email", "phone", "password", "name")}
        created = call(http, "users.create", user_id=typed.get("id") or "unique()", **contacts)
        return f"{ROOT}users/{created['$id']}/"

    fields = [
        id_field("User ID"),
        FormField("name", "Name"),
        FormField("email", "E-mail address"),
        FormField("phone", "Phone number", help="Such as +4712345678"),
        FormField("password", "Password"),
    ]
    return Form("create", "Add a user", "Add user", create, fields)


def _user_fields(user: User) -> dict[str, Any]:
    return fields_of(user) | {"hasPassword": bool(user.password)}


@require_http_methods(["GET", "HEAD", "POST"])
def user(http: HttpRequest, user_id: str) -> HttpResponse:
    """Show a user, without the password hash and the sessions' and tokens' secrets. POST changes or deletes the user.

    The page can also sign in as the user. Only that response shows the session's secret.
    """
    shown = get_object_or_404(User, id=user_id)
    session: dict[str, Any] = {}

    def sign_in(_: QueryDict) -> str:
        session.update(call(http, "users.createSession", user_id=user_id))
        return ""

    def delete(_: QueryDict) -> str:
        call(http, "users.delete", user_id=user_id)
        return f"{ROOT}users/"

    forms = [
        Form(
            "sign-in", "Sign in as this user", "Create session", sign_in, help="Creates a session and shows its secret."
        ),
        _change_form(http, shown),
        delete_form("user", delete, "Sessions and memberships are deleted as well."),
    ]
    if redirect := submit(http, *forms):
        return redirect
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
    page = DataPage(shown.name or shown.id, [("Users", f"{ROOT}users/")], cells, tables, forms=forms)
    page.context = {"session": _ways_to_use(session["secret"]) if session else []}
    return respond(http, fields, page, "user_page")


def _ways_to_use(secret: str) -> list[tuple[str, str]]:
    """Return (label, code) for each way in which a client can use a session secret."""
    cookie = cookie_name(Project.objects.get())
    return [
        ("In an SDK", f'client.setSession("{secret}")'),
        ("As a header", f"X-Appwrite-Session: {secret}"),
        ("As a cookie", f"{cookie}={secret}"),
        (
            "In the browser’s console, on a page that uses Appwrite’s web SDK",
            f'localStorage.setItem("cookieFallback", JSON.stringify({{"{cookie}": "{secret}"}}))',
        ),
    ]


def _change_form(http: HttpRequest, user: User) -> Form:
    """Return the form that changes a user. Its action calls only the operations for the fields that have changed."""
    before = {
        "name": user.name,
        "email": user.email or "",
        "phone": user.phone or "",
        "labels": "\n".join(user.labels),
        "prefs": json.dumps(user.prefs, ensure_ascii=False, indent=2),
        "password": "",
        "status": "on" if user.status else "",
        "email_verification": "on" if user.email_verification else "",
        "phone_verification": "on" if user.phone_verification else "",
    }

    def change(typed: QueryDict) -> str:
        after = {name: typed.get(name, "").replace("\r\n", "\n") for name in before}
        for name, value in after.items():
            # Changing an address or number makes it unverified, so the checkbox must be applied again.
            source = name.removesuffix("_verification")
            if value != before[name] or (value and source != name and after[source] != before[source]):
                _update(http, user.id, name, value)
        return f"{ROOT}users/{user.id}/"

    labels = {
        "name": FormField("name", "Name"),
        "email": FormField("email", "E-mail address"),
        "phone": FormField("phone", "Phone number"),
        "labels": FormField("labels", "Labels", kind="multiline", help="One per line"),
        "prefs": FormField("prefs", "Preferences", kind="multiline", help="A JSON object"),
        "password": FormField("password", "New password", help="Leave empty to keep the password"),
        "status": FormField("status", "Active (clear to block the user)", kind="checkbox"),
        "email_verification": FormField("email_verification", "E-mail address verified", kind="checkbox"),
        "phone_verification": FormField("phone_verification", "Phone number verified", kind="checkbox"),
    }
    for name, field in labels.items():
        field.value = before[name]
    return Form("change", "Change user", "Save changes", change, list(labels.values()))


def _update(http: HttpRequest, user_id: str, name: str, value: str) -> None:
    """Call the operation that sets the user's field `name` to `value`."""
    operations: dict[str, tuple[str, dict[str, Any]]] = {
        "name": ("users.updateName", {"name": value}),
        "email": ("users.updateEmail", {"email": value}),
        "phone": ("users.updatePhone", {"number": value}),
        "labels": ("users.updateLabels", {"labels": lines(value)}),
        "password": ("users.updatePassword", {"password": value}),
        "status": ("users.updateStatus", {"status": bool(value)}),
        "email_verification": ("users.updateEmailVerification", {"email_verification": bool(value)}),
        "phone_verification": ("users.updatePhoneVerification", {"phone_verification": bool(value)}),
    }
    if name == "prefs":
        operations["prefs"] = ("users.updatePrefs", {"prefs": _parse_prefs(value)})
    operation, arguments = operations[name]
    call(http, operation, user_id=user_id, **arguments)


def _parse_prefs(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise AppwriteError("general_argument_invalid", f"The preferences are not valid JSON: {error}.") from error


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
    """Return a table of records.

    Each row's title is the field `name`. If `path` is given, the title links to `PATH/ID`, with the ID from the field
    `{name}Id`.
    """
    rows = [
        DataRow(
            str(each[name]),
            f"{ROOT}{path}/{each[f'{name}Id']}/" if path else "",
            [make_cell(column, each[column]) for column in columns],
        )
        for each in records
    ]
    return DataTable(caption, name_heading, [label_of(column) for column in columns], rows, empty_text)
