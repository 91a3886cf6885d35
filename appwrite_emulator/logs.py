"""The activity log of each user: what happened to the account, from where, with which browser."""

from typing import Any

from appwrite_emulator import clients, languages, responses
from appwrite_emulator.callers import Request
from appwrite_emulator.models import Log, User
from appwrite_emulator.queries import DEFAULT_LIMIT, parse


def keep(request: Request, event: str, body: Any) -> None:
    """Note the event for the user it concerns: the one in the answer, or else the caller."""
    body = body if isinstance(body, dict) else {}
    user = request.caller.user
    if user is None:
        user = User.objects.filter(id=body.get("userId") or body.get("$id") or "").first()
    if user and User.objects.filter(pk=user.pk).exists():
        Log.objects.create(user=user, event=event, ip=request.ip, client=clients.describe(request.user_agent))


def page(request: Request, user: User, queries: list[str], *, total: bool) -> dict[str, Any]:
    """The user's log, newest first. Only limit and offset can be asked for."""
    lines = Log.objects.filter(user=user).select_related("user").order_by("-pk")
    language = languages.resolve(request.locale)
    wanted = parse(queries, {}, only=("limit", "offset"), error="general_argument_invalid")
    start = wanted.offset or 0
    shown = lines[start : start + min(wanted.limit or DEFAULT_LIMIT, 2**31)]
    return {
        "total": lines.count() if total else 0,
        "logs": [responses.log(line, language=language) for line in shown],
    }
