"""The channels of an event, and the roles that can see the event, as in Appwrite's `Realtime::fromPayload`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.common.events import Event
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db.models import Bucket
from appwrite_emulator.db.tables import table_schema
from appwrite_emulator.realtime.subscriptions import ACTIONS

# Channels that end with one of these names, or with such a name and an ID, also exist with an action appended.
_RESOURCES = {"documents", "rows", "files", "executions", "functions", "account", "teams", "memberships", "presences"}


@dataclass(frozen=True)
class Audience:
    channels: tuple[str, ...]
    roles: frozenset[str]


NOBODY = Audience((), frozenset())


def audience_of(event: Event) -> Audience:
    """Return the event's channels and roles. No client gets events about the schema (tables, buckets…)."""
    parts = event.pattern.split(".")  # split the pattern, not the name, because IDs may contain dots
    ids = list(event.params.values())
    match parts:
        case ["users", *_]:
            audience = Audience(("account", f"account.{ids[0]}"), frozenset({f"user:{ids[0]}"}))
        case ["teams", _, "memberships", *_]:
            audience = Audience(("memberships", f"memberships.{ids[1]}"), frozenset({f"team:{ids[0]}"}))
        case ["teams", *_]:
            audience = Audience(("teams", f"teams.{ids[0]}"), frozenset({f"team:{ids[0]}"}))
        case ["databases", _, _, _, "rows" | "documents", *_]:
            audience = _of_row(ids, event.payload)
        case ["buckets", _, "files", *_]:
            audience = _of_file(ids, event.payload)
        case ["functions", _, "executions", *_]:
            audience = _of_execution(ids, event)
        case ["presences", *_]:
            audience = Audience(("presences", f"presences.{ids[0]}"), _readers(event.payload))
        case _:
            return NOBODY
    roles = audience.roles if event.readers is None else event.readers
    return Audience((*audience.channels, *_with_action(audience.channels, parts)), roles)


def _of_row(ids: list[str], payload: dict[str, Any]) -> Audience:
    database_id, table_id, row_id = ids
    schema = table_schema.find(database_id, table_id)
    if schema is None:
        return NOBODY
    roles = schema.permissions.roles_for("read")
    documents = f"databases.{database_id}.collections.{table_id}.documents"
    rows = f"{database_id}.tables.{table_id}.rows"
    channels = (
        *("documents", documents, f"{documents}.{row_id}"),
        *("rows", f"databases.{rows}", f"databases.{rows}.{row_id}", f"tablesdb.{rows}", f"tablesdb.{rows}.{row_id}"),
    )
    return Audience(channels, roles | _readers(payload) if schema.row_security else roles)


def _of_file(ids: list[str], payload: dict[str, Any]) -> Audience:
    bucket_id, file_id = ids
    bucket = Bucket.objects.filter(id=bucket_id).first()
    if bucket is None:
        return NOBODY
    roles = PermissionList(bucket.permissions).roles_for("read")
    channels = ("files", f"buckets.{bucket_id}.files", f"buckets.{bucket_id}.files.{file_id}")
    return Audience(channels, roles | _readers(payload) if bucket.file_security else roles)


def _of_execution(ids: list[str], event: Event) -> Audience:
    function_id, execution_id = ids
    channels = ("executions", f"executions.{execution_id}", f"functions.{function_id}")
    return Audience(("console", f"projects.{event.project_id}", *channels), _readers(event.payload))


def _readers(payload: dict[str, Any]) -> frozenset[str]:
    """Return the roles that can read the payload according to its own permissions."""
    return PermissionList(payload.get("$permissions") or ()).roles_for("read")


def _with_action(channels: Iterable[str], parts: list[str]) -> list[str]:
    """Return the channels with the event's action appended, such as `rows.create`.

    Of the events below `users`, only those about the user itself have these channels. An event about a session does not
    have the channel `account.update`.
    """
    action = next((part for part in reversed(parts[-2:]) if part in ACTIONS), "")
    if not action or (parts[0] == "users" and parts[2] != action):
        return []
    return [f"{channel}.{action}" for channel in channels if not _RESOURCES.isdisjoint(channel.split(".")[-2:])]
