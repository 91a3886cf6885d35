"""The activity log.

It records events about accounts, teams, databases, messages and more, with the caller's IP address and client.
"""

from typing import Any

from django.db.models import QuerySet

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import hosts
from appwrite_emulator.db.models import Log, User
from appwrite_emulator.db.queries import DEFAULT_LIMIT, parse
from appwrite_emulator.http import responses
from appwrite_emulator.locale_data import locales
from appwrite_emulator.services import lists

# Path segment -> noun in event names, for current and legacy paths.
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
"""Resources with their own log, in addition to databases. A column's events are logged for its table."""


def data_resource(path: str, created_id: str = "") -> str:
    """Return the database, table or row in a path as `database/ID/table/ID/row/ID`. For other resources, return "".

    `created_id`: ID of the resource that a POST to the path created. The creation of a row is logged for the row's
    table.
    """
    service, *words = path.split("/")
    if service not in ("tablesdb", "databases"):
        return ""
    if not words or words[-1] in ("tables", "collections"):
        words.append(created_id)
    resource = f"database/{words[0]}"
    for word, id in zip(words[1::2], words[2::2], strict=False):
        if _NOUNS.get(word) not in _RESOURCES:
            break
        resource += f"/{_NOUNS[word]}/{id}"
    return resource.lower()


def messaging_resource(noun: str, id: str) -> str:
    """Return the name under which a provider, topic, subscriber or message is logged, for example `topic/ID`."""
    return f"{noun}/{id}".lower()


def _resource(path: str, event: str, created_id: str) -> str:
    """Return the resource in whose log an event at `path` is recorded, or "" if there is no such log."""
    if path.startswith("messaging/"):
        return messaging_resource(event.partition(".")[0], created_id or path.rpartition("/")[2])
    return data_resource(path, created_id)


def record(request: Request, event: str, body: Any) -> None:
    """Record an event in the logs of its resource and its user.

    The user is the caller if the caller is a user, otherwise the user in the response.
    """
    body = body if isinstance(body, dict) else {}
    resource = request.resource or _resource(request.path, event, str(body.get("$id", "")))
    if request.caller.actor:
        user_id = request.caller.actor.id
    elif resource.startswith(("database/", "subscriber/")):
        user_id = ""  # a change to a user's row or subscriber is not the user's own activity
    else:
        user_id = body.get("userId") or ("" if resource else body.get("$id", ""))
    user = User.objects.filter(id=user_id).first() if user_id else None
    if user or resource:
        Log.objects.create(
            user=user,
            resource=resource,
            event=event,
            actor={} if user else _actor(request),
            ip=request.ip,
            client={"userAgent": request.user_agent},
        )


def _actor(request: Request) -> dict[str, str]:
    """Return the log entry's fields that describe a caller who is not a user of the project."""
    if admin := request.caller.admin:
        return {"userType": "admin", "userName": admin.name, "userEmail": admin.email or ""}
    type, name, box = "guest", "Guest", "guest"
    if request.caller.key:
        type, name, box = "keyProject", request.caller.key.name, "app"
    host = hosts.hostname_of(hosts.public_address_of(request.http))
    return {"userType": type, "userName": name, "userEmail": f"{box}.{request.project.id}@service.{host}"}


QUERIES = lists.Queries({}, only=("limit", "offset"))
"""The queries that activity logs support."""


def page(request: Request, logs: QuerySet[Log], queries: list[str], *, total: bool) -> dict[str, Any]:
    """Return a page of log entries, newest first."""
    logs = logs.select_related("user").order_by("-pk")
    language = locales.resolve(request.locale)
    query = parse(queries, {})
    start = query.offset or 0
    logs_on_page = logs[start : start + min(query.limit or DEFAULT_LIMIT, 2**31)]
    return {
        "total": logs.count() if total else 0,
        "logs": [responses.log(log, language=language) for log in logs_on_page],
    }
