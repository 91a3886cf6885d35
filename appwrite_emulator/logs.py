"""The activity log: what happened to an account, a team, a database and what is in it; from where, by what browser."""

from typing import Any

from django.db.models import QuerySet

from appwrite_emulator import clients, languages, lists, responses
from appwrite_emulator.callers import Request
from appwrite_emulator.models import Log, User
from appwrite_emulator.queries import DEFAULT_LIMIT, parse

# The words of addresses that stand for something with events of its own, in the newer and the older names.
_NOUNS = {
    "tablesdb": "database",
    "databases": "database",
    "tables": "table",
    "collections": "collection",
    "columns": "column",
    "attributes": "attribute",
    "indexes": "index",
    "rows": "row",
    "documents": "document",
}
_RESOURCES = ("table", "collection", "row", "document")
"""What has a log of its own, beside the database. A column's events are its table's."""

_VERBS = {"POST": "create", "PATCH": "update", "PUT": "update", "DELETE": "delete"}


def event_of_data(method: str, path: str) -> str:
    """The event that a route's call is, if it changes a database or something in it; else an empty text."""
    words = path.split("/")
    if words[0] not in ("tablesdb", "databases") or "transactions" in words or method not in _VERBS:
        return ""
    noun = next(_NOUNS[word] for word in reversed(words) if word in _NOUNS)
    verb = words[-1] if words[-1] in ("increment", "decrement") else _VERBS[method]
    return f"{noun}.{'upsert' if method == 'PUT' and noun in ('row', 'document') else verb}"


def data_resource(path: str, made: str = "") -> str:
    """The database, table or row that an address is about, as `database/ID/table/ID/row/ID`; empty for other things.

    `made`: the id of what a POST to the address made. Rows that are made are events of their table.
    """
    service, *words = path.removeprefix("/v1/").strip("/").split("/")
    if service not in ("tablesdb", "databases"):
        return ""
    if not words or words[-1] in ("tables", "collections"):
        words.append(made)
    resource = f"database/{words[0]}"
    for word, id in zip(words[1::2], words[2::2], strict=False):
        if _NOUNS.get(word) not in _RESOURCES:
            break
        resource += f"/{_NOUNS[word]}/{id}"
    return resource.lower()


def keep(request: Request, event: str, body: Any) -> None:
    """Note the event for the resource, and for the user it concerns: the caller, or else the one in the answer."""
    body = body if isinstance(body, dict) else {}
    resource = request.resource or data_resource(request.http.path, str(body.get("$id", "")))
    if request.caller.actor:
        user_id = request.caller.actor.id
    elif resource.startswith("database/"):
        user_id = ""  # what rows say of users is their own affair
    else:
        user_id = body.get("userId") or ("" if resource else body.get("$id", ""))
    user = User.objects.filter(id=user_id).first() if user_id else None
    if user or resource:
        Log.objects.create(
            user=user,
            resource=resource,
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
