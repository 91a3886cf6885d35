"""Many rows at once: for API keys alone, a hundred a call, all or none."""

from typing import Any

from appwrite_emulator import queries
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Project, Transaction
from appwrite_emulator.params import Id, Invalid, Json, ListOf, NewId, Permissions, Queries, accepts
from appwrite_emulator.responses import Answer, databases
from appwrite_emulator.rows import removing, staging, writing
from appwrite_emulator.rows.reading import Row
from appwrite_emulator.rows.shapes import Shape
from appwrite_emulator.services.tables_db.lookup import find_shape

MOST_SHOWN = 100
"""Of more rows that were changed at once the answer has only so many."""
_ID = NewId()
# A row of many can be given `create`, though it means nothing there; `write` does not stand for it.
_PERMISSIONS = Permissions("create", *staging.ROW_ACTIONS, write=staging.ROW_ACTIONS)


class RowData(Json):
    """A row's columns, as an object or its text. A list is an object whose keys are numbers, as in PHP."""

    def __init__(self) -> None:
        super().__init__(text=True)

    def clean(self, value: Any, project: Project) -> dict[str, Any]:
        value = self.unwritten(value)
        if isinstance(value, list):
            return {str(n): item for n, item in enumerate(value)}
        if not isinstance(value, dict):
            raise Invalid("must be an object")
        return value


def _find_shape(request: Request, database_id: str, table_id: str) -> Shape:
    """As users' callers see it, bulk changes have no database: so the real server answers."""
    if not request.caller.is_key:
        raise AppwriteError("database_not_found")
    return _without_relationships(find_shape(request.caller, database_id, table_id))


def _without_relationships(shape: Shape) -> Shape:
    if shape.related:
        raise AppwriteError("general_bad_request", "Tables with relationships take one row at a time.")
    return shape


def identified(rows: list[dict[str, Any]], project: Project) -> list[staging.StagedRow]:
    """Rows that hold their id and permissions in their own data, the three apart; without an id they get one."""
    found: list[staging.StagedRow] = []
    try:
        for row in rows:
            row_id = _ID.clean(row.get("$id") or "unique()", project)
            found.append({"id": row_id, "permissions": _permissions_in(row, project), "data": row})
    except Invalid as reason:
        raise AppwriteError("general_bad_request", f"A row's id or permissions: it {reason}.") from None
    return found


def _permissions_in(data: dict[str, Any], project: Project) -> list[str] | None:
    allowed = data.get("$permissions")
    return None if allowed is None else _PERMISSIONS.clean(allowed, project)


def create_rows(
    request: Request, database_id: str, table_id: str, rows: list[dict[str, Any]], transaction_id: str | None
) -> Answer:
    """POST /tablesdb/{databaseId}/tables/{tableId}/rows, of many rows (rows.create_row reads the parameters)."""
    if not request.caller.is_key:
        raise AppwriteError("general_unauthorized_scope")
    shape = _without_relationships(find_shape(request.caller, database_id, table_id))
    if transaction_id is not None:
        transaction = staging.find_open(transaction_id, request.caller)
        return Answer(_staged_rows(transaction, shape, "bulkCreate", rows, request.project), 201)
    made = staging.create_many(shape, identified(rows, request.project))
    return Answer(databases.rows(shape, len(made), made), 201)


@accepts(rows=ListOf(Json(), 100, required=True), transaction_id=Id())
def upsert_rows(
    request: Request, *, database_id: str, table_id: str, rows: list[dict[str, Any]], transaction_id: str | None
) -> dict[str, Any]:
    """PUT /tablesdb/{databaseId}/tables/{tableId}/rows"""
    shape = _find_shape(request, database_id, table_id)
    if transaction_id is not None:
        transaction = staging.find_open_or_bad(transaction_id, request.caller)
        return _staged_rows(transaction, shape, "bulkUpsert", rows, request.project)
    made = staging.upsert_many(shape, identified(rows, request.project))
    return databases.rows(shape, len(made), made)


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
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/rows. Without queries it changes all of them.

    Permissions stand in `data`, as `$permissions`.
    """
    if not data:
        raise AppwriteError("row_missing_payload")
    shape = _find_shape(request, database_id, table_id)
    wanted = _wanted(queries, shape)
    try:
        permissions = _permissions_in(data, request.project)
    except Invalid as reason:
        raise AppwriteError("general_bad_request", f"The permissions: it {reason}.") from None
    if transaction_id is not None:
        change = {"data": data, "permissions": permissions, "queries": list(queries)}
        return _staged(request, transaction_id, shape, "bulkUpdate", **change)
    changed = writing.update_many(shape, wanted, data, permissions)
    return databases.rows(shape, len(changed), changed[:MOST_SHOWN])


@accepts(queries=Queries(), transaction_id=Id())
def delete_rows(
    request: Request, *, database_id: str, table_id: str, queries: list[str], transaction_id: str | None
) -> dict[str, Any]:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/rows. Without queries it removes all of them."""
    shape = _find_shape(request, database_id, table_id)
    wanted = _wanted(queries, shape)
    if transaction_id is not None:
        return _staged(request, transaction_id, shape, "bulkDelete", queries=list(queries))
    removed: list[Row] = removing.delete_many(shape, wanted)
    return databases.rows(shape, len(removed), removed[:MOST_SHOWN])


def _wanted(strings: list[str], shape: Shape) -> queries.Queries:
    return queries.parse(strings, shape.attributes)


def _staged(request: Request, transaction_id: str, shape: Shape, action: str, **data: Any) -> dict[str, Any]:
    """Stage a change of whatever the queries find by then: how many rows that will be, nobody knows."""
    staging.stage(staging.find_open_or_bad(transaction_id, request.caller), shape, action, **data)
    return databases.rows(shape, 0, [])


def _staged_rows(
    transaction: Transaction, shape: Shape, action: str, rows: list[dict[str, Any]], project: Project
) -> dict[str, Any]:
    """Stage many rows. Nothing has happened yet, so none is shown; only how many there are."""
    staging.stage(transaction, shape, action, rows=identified(rows, project))
    return databases.rows(shape, len(rows), [])
