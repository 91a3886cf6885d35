"""Logs of databases, tables and rows. The Console uses these routes. The SDKs have no methods for them."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Log
from appwrite_emulator.db.tables import reading
from appwrite_emulator.http.parameters import accepts
from appwrite_emulator.services import activity_log
from appwrite_emulator.services.tables_db.lookup import find_database, find_schema, find_table


def _page(request: Request, queries: list[str]) -> dict[str, Any]:
    resource = activity_log.data_resource(request.path.removesuffix("/logs"))
    return activity_log.page(request, Log.objects.filter(resource=resource), queries, total=True)


@accepts(queries=activity_log.QUERIES)
def list_database_logs(request: Request, *, database_id: str, queries: list[str]) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/logs, newest first. Only `limit` and `offset` queries are supported."""
    find_database(database_id)
    return _page(request, queries)


@accepts(queries=activity_log.QUERIES)
def list_table_logs(request: Request, *, database_id: str, table_id: str, queries: list[str]) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/logs. The creation of a row is logged for the row's table."""
    find_table(database_id, table_id)
    return _page(request, queries)


@accepts(queries=activity_log.QUERIES)
def list_row_logs(
    request: Request, *, database_id: str, table_id: str, row_id: str, queries: list[str]
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}/logs.

    Without an API key, raise 404 `table_not_found`.
    """
    find_database(database_id)
    if not request.caller.is_key:
        raise AppwriteError("table_not_found", subject=table_id)
    if reading.get(find_schema(request.caller, database_id, table_id), row_id) is None:
        raise AppwriteError("row_not_found", subject=row_id)
    return _page(request, queries)
