"""The activity log: what happened to an account or a team, from where, with which browser."""

from typing import Any

from django.db.models import QuerySet

from appwrite_emulator import clients, languages, lists, responses
from appwrite_emulator.callers import Request
from appwrite_emulator.models import Log, User
from appwrite_emulator.queries import DEFAULT_LIMIT, parse


def keep(request: Request, event: str, body: Any) -> None:
    """Note the event for the resource, and for the user it concerns: the caller, or else the one in the answer."""
    body = body if isinstance(body, dict) else {}
    user_id = body.get("userId") or ("" if request.resource else body.get("$id", ""))
    user = User.objects.filter(id=request.caller.actor.id if request.caller.actor else user_id).first()
    if user or request.resource:
        Log.objects.create(
            user=user,
            resource=request.resource,
            event=event,
            ip=request.ip,
            client=clients.describe(request.user_agent),
        )


QUERIES = lists.Queries({}, only=("limit", "offset"))
"""What a log can be asked for."""


def page(request: Request, lines: QuerySet[Log], queries: list[str], *, total: bool) -> dict[str, Any]:
    """These lines, newest first."""
    lines = lines.select_related("user").order_by("-pk")
    language = languages.resolve(request.locale)
    wanted = parse(queries, {})
    start = wanted.offset or 0
    shown = lines[start : start + min(wanted.limit or DEFAULT_LIMIT, 2**31)]
    return {
        "total": lines.count() if total else 0,
        "logs": [responses.log(line, language=language) for line in shown],
    }
