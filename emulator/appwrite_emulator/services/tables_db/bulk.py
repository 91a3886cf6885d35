"""Bulk row operations.

They require an API key and change at most 100 rows per call. A call changes either all rows or none.
"""

from typing import Any

from appwrite_emulator.auth.request import Change, Request
from appwrite_emulator.common import events
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import queries
from appwrite_emulator.db.models import Transaction
from appwrite_emulator.db.tables import deletion, writing
from appwrite_emulator.db.tables.reading import Row
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.http.parameters import Id, Json, ListOf, NewId, ParameterError, Permissions, Queries, accepts
from appwrite_emulator.http.responses import Response, databases
from appwrite_emulator.services.tables_db import staged_operations
from appwrite_emulator.services.tables_db.lookup import find_schema

MAX_SHOWN = 100
"""Maximum number of changed rows in a response."""
_ID = NewId()
# Bulk operations accept `create`, although it has no effect on rows. `write` does not expand to `create`.
_PERMISSIONS = Permissions("create", *writing.ROW_ACTIONS, write=writing.ROW_ACTIONS)


class RowData(Json):
    """A row's columns, as an object or as JSON text. As in PHP, a list is treated as an object with numeric keys."""

    def __init__(self) -> None:
        super().__init__(text=True)

    def clean(self, value: Any) -> dict[str, Any]:
        value = self.decode(value)
        if isinstance(value, list):
            return {str(n): item for n, item in enumerate(value)}
        if not isinstance(value, dict):
            raise ParameterError
        return value


def _find_schema(request: Request, database_id: str, table_id: str, action: str) -> TableSchema:
    """Return the table's schema for this bulk action.

    As on the real server, a caller without an API key gets `database_not_found`.
    """
    if not request.caller.is_key:
        raise AppwriteError("database_not_found", subject=database_id)
    return without_relationships(
        find_schema(request.caller, database_id, table_id),
        f"Bulk {action} is not supported for tablesDB with relationship attributes",
    )


def without_relationships(schema: TableSchema, message: str) -> TableSchema:
    """Return the schema. Raise 400 `general_bad_request` with the message if the table has relationships."""
    if schema.related:
        raise AppwriteError("general_bad_request", message)
    return schema


def split_rows(rows: list[dict[str, Any]]) -> list[staged_operations.StagedRow]:
    """Split each row into its ID, permissions and data. A row without an ID gets a new one."""
    staged: list[staged_operations.StagedRow] = []
    try:
        for row in rows:
            row_id = _ID.clean(row.get("$id") or "unique()")
            staged.append({"id": row_id, "permissions": _permissions_in(row), "data": row})
    except ParameterError as reason:
        raise AppwriteError(
            "general_bad_request", str(reason) or "Invalid `$id` or `$permissions`: " + _ID.description
        ) from None
    return staged


def _permissions_in(data: dict[str, Any]) -> list[str] | None:
    allowed = data.get("$permissions")
    return None if allowed is None else _PERMISSIONS.clean(allowed)


def create_rows(
    request: Request, database_id: str, table_id: str, rows: list[dict[str, Any]], transaction_id: str | None
) -> Response | dict[str, Any]:
    """POST /tablesdb/{databaseId}/tables/{tableId}/rows: create the rows in the `rows` parameter.

    `rows.create_row` declares the parameters.
    """
    if not request.caller.is_key:
        raise AppwriteError("general_unauthorized_scope")
    schema = without_relationships(
        find_schema(request.caller, database_id, table_id),
        "Bulk create is not supported for tablesDB with relationship columns",
    )
    if transaction_id is not None:
        transaction = staged_operations.find_open(transaction_id, request.caller)
        return Response(_staged_rows(request, transaction, schema, "bulkCreate", rows), status=200)
    written = staged_operations.create_many(schema, split_rows(rows))
    return _changed(request, schema, written)


@accepts(rows=ListOf(Json(), 100, required=True), transaction_id=Id())
def upsert_rows(
    request: Request, *, database_id: str, table_id: str, rows: list[dict[str, Any]], transaction_id: str | None
) -> dict[str, Any]:
    """PUT /tablesdb/{databaseId}/tables/{tableId}/rows."""
    schema = _find_schema(request, database_id, table_id, "upsert")
    if transaction_id is not None:
        transaction = staged_operations.find_open_or_bad(transaction_id, request.caller)
        return _staged_rows(request, transaction, schema, "bulkUpsert", rows)
    written = staged_operations.upsert_many(schema, split_rows(rows))
    return _changed(request, schema, written)


@accepts(data=RowData(), queries=Queries(), transaction_id=Id())
def update_rows(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    data: dict[str, Any] | None,
    queries: list[str],
    transaction_id: str | None,
) -> dict[str, Any]:
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/rows. Without queries, update all rows.

    New permissions are passed as `$permissions` in `data`.
    """
    if not data:
        raise AppwriteError("row_missing_payload")
    schema = _find_schema(request, database_id, table_id, "update")
    matching = _matching(queries, schema)
    try:
        permissions = _permissions_in(data)
    except ParameterError as reason:
        raise AppwriteError("general_bad_request", str(reason) or Permissions.description) from None
    if transaction_id is not None:
        change = {"data": data, "permissions": permissions, "queries": list(queries)}
        return _staged(request, transaction_id, schema, "bulkUpdate", **change)
    changed = writing.update_many(schema, matching, data, staged_operations.permission_list(permissions))
    return _changed(request, schema, changed)


@accepts(queries=Queries(), transaction_id=Id())
def delete_rows(
    request: Request, *, database_id: str, table_id: str, queries: list[str], transaction_id: str | None
) -> dict[str, Any]:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/rows. Without queries, delete all rows."""
    schema = _find_schema(request, database_id, table_id, "delete")
    matching = _matching(queries, schema)
    if transaction_id is not None:
        return _staged(request, transaction_id, schema, "bulkDelete", queries=list(queries))
    removed: list[Row] = deletion.delete_many(schema, matching)
    return _changed(request, schema, removed)


def _changed(request: Request, schema: TableSchema, rows: list[Row]) -> dict[str, Any]:
    """Publish an event for each row in `rows`. Return the response with the rows."""
    models = [databases.row(schema, row) for row in (rows if events.has_listeners() else rows[:MAX_SHOWN])]
    request.changes = [Change(model) for model in models]
    return {"total": len(rows), "rows": models[:MAX_SHOWN]}


def _matching(strings: list[str], schema: TableSchema) -> queries.Queries:
    return queries.parse(strings, schema.attributes)


def _staged(request: Request, transaction_id: str, schema: TableSchema, action: str, **data: Any) -> dict[str, Any]:
    """Stage a change. The commit applies it to the rows that match the queries at that time.

    The number of rows is not known yet, so the total is 0.
    """
    staged_operations.stage(staged_operations.find_open_or_bad(transaction_id, request.caller), schema, action, **data)
    request.changes = []
    return databases.rows(schema, 0, [])


def _staged_rows(
    request: Request, transaction: Transaction, schema: TableSchema, action: str, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """Stage many rows. The response contains only their number, because no rows have been written yet."""
    staged_operations.stage(transaction, schema, action, rows=split_rows(rows))
    request.changes = []
    return databases.rows(schema, len(rows), [])
