"""Logs of databases, tables and rows, and usage of tables. The SDKs have no method for these; the Console uses them."""

import datetime
from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Log
from appwrite_emulator.db.tables import reading
from appwrite_emulator.http.parameters import Text, accepts
from appwrite_emulator.services import activity_log
from appwrite_emulator.services.tables_db.lookup import find_database, find_schema, find_table

PERIODS = {
    "24h": (24, datetime.timedelta(hours=1)),
    "30d": (30, datetime.timedelta(days=1)),
    "90d": (90, datetime.timedelta(days=1)),
}
"""Number of figures per range, and the interval between them."""


def _page(request: Request, queries: list[str]) -> dict[str, Any]:
    resource = activity_log.data_resource(request.http.path.removesuffix("/logs"))
    return activity_log.page(request, Log.objects.filter(resource=resource), queries, total=True)


@accepts(queries=activity_log.QUERIES)
def list_database_logs(request: Request, *, database_id: str, queries: list[str]) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/logs, newest first. Only `limit` and `offset` queries are supported."""
    find_database(database_id)
    return _page(request, queries)


@accepts(queries=activity_log.QUERIES)
def list_table_logs(request: Request, *, database_id: str, table_id: str, queries: list[str]) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/logs. Row creations are logged for the table."""
    find_table(database_id, table_id)
    return _page(request, queries)


@accepts(queries=activity_log.QUERIES)
def list_row_logs(
    request: Request, *, database_id: str, table_id: str, row_id: str, queries: list[str]
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}/logs. Without an API key: 404 `table_not_found`."""
    find_database(database_id)
    if not request.caller.is_key:
        raise AppwriteError("table_not_found")
    if reading.get(find_schema(request.caller, database_id, table_id), row_id) is None:
        raise AppwriteError("row_not_found")
    return _page(request, queries)


@accepts(range=Text(choices=tuple(PERIODS), default="30d"))
def get_table_usage(request: Request, *, database_id: str, table_id: str, range: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/usage: how many of the current rows existed at each time."""
    find_table(database_id, table_id)
    schema = find_schema(request.caller, database_id, table_id)
    figures = []
    for time, end in _periods(range):
        figures.append({"value": reading.count_created_before(schema, clock.iso(end)), "date": clock.iso(time)})
    return {"range": range, "rowsTotal": figures[-1]["value"], "rows": figures}


def _periods(name: str) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Return start and end of each period in the range, oldest first. The last period is still running."""
    number, length = PERIODS[name]
    now = clock.now()
    latest = now.replace(minute=0, second=0, microsecond=0)
    latest = latest.replace(hour=0) if length.days else latest
    beginnings = [latest - ago * length for ago in range(number - 1, -1, -1)]
    return [(beginning, beginning + length) for beginning in beginnings]
