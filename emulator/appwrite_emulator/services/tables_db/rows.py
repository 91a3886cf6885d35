"""Operations on single rows, and lists of rows. bulk.py contains the operations that change many rows."""

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.common.php_json import is_list_like
from appwrite_emulator.db import php_dates
from appwrite_emulator.db import queries as query_language
from appwrite_emulator.db.tables import (
    deletion,
    list_cache,
    nested_reads,
    nested_writes,
    reading,
    table_schema,
    writing,
)
from appwrite_emulator.db.tables.reading import Roles, Row
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.http.parameters import (
    Boolean,
    Id,
    Integer,
    Json,
    ListOf,
    NewId,
    Numeric,
    Permissions,
    Queries,
    accepts,
)
from appwrite_emulator.http.responses import Response, databases
from appwrite_emulator.services.tables_db import bulk, staged_operations, transaction_overlay
from appwrite_emulator.services.tables_db.bulk import RowData
from appwrite_emulator.services.tables_db.lookup import find_schema

T = TypeVar("T")


def _is_list(data: dict[str, Any] | None) -> bool:
    """Return whether `data` is a list of several values, or an object that PHP cannot distinguish from a list."""
    return data is not None and len(data) > 1 and is_list_like(data)


def _roles(caller: Caller) -> frozenset[str] | None:
    """Return the caller's roles, or None for an API key, which bypasses permissions."""
    return None if caller.is_key else caller.roles


def _stamp(request: Request) -> str | None:
    """Return the `X-Appwrite-Timestamp` header, or None if it is missing or empty.

    Rows that have changed since this time are not overwritten. Handlers call this function first, because an invalid
    timestamp is reported before all other errors.
    """
    timestamp = request.headers.get("X-Appwrite-Timestamp", "")
    try:
        return php_dates.normal(timestamp) if timestamp else None
    except ValueError:
        raise AppwriteError("general_argument_invalid", "Invalid X-Appwrite-Timestamp header value") from None


# -- reading -----------------------------------------------------------------------------------------------------------


def _read(request: Request, database_id: str, table_id: str, read: Callable[[TableSchema], T]) -> T:
    """Call `read` with the table's schema.

    Retry once after an SQLite error. Readers take no lock, so the table may change while it is being read.
    """
    try:
        return read(find_schema(request.caller, database_id, table_id))
    except sqlite3.OperationalError:
        table_schema.clear_cache()
        return read(find_schema(request.caller, database_id, table_id))


@accepts(queries=Queries(), transaction_id=Id(), total=Boolean(default=True), ttl=Integer(0, 86400, default=0))
def list_rows(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    queries: list[str],
    transaction_id: str | None,
    total: bool,
    ttl: int,
) -> Response | dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/rows. With `ttl`, the rows and the total may come from the cache."""

    def read(schema: TableSchema) -> Response | dict[str, Any]:
        listing = _Listing(request, schema, queries)
        if transaction_id is not None:
            count, seen = transaction_overlay.overlay_page(
                transaction_id, schema, listing.rows(), listing.total(), listing.parsed, request.caller
            )
            return {"total": count if total else 0, "rows": seen}
        if not ttl:
            return {"total": listing.total() if total else 0, "rows": listing.rows()}
        key = (schema.sequence, schema.fingerprint, _roles(request.caller), *queries)
        rows, is_cached = list_cache.get_or_read((*key, "rows"), ttl, listing.rows)
        count = list_cache.get_or_read((*key, "total"), ttl, listing.total)[0] if total else 0
        headers = {"X-Appwrite-Cache": "hit" if is_cached else "miss"}
        return Response({"total": count, "rows": rows}, headers=headers)

    return _read(request, database_id, table_id, read)


class _Listing:
    """The rows of one list request.

    The constructor raises an error if a query is invalid or read permission is missing.
    """

    def __init__(self, request: Request, schema: TableSchema, queries: list[str]) -> None:
        self.schema = schema
        self.parsed = query_language.parse(queries, schema.attributes)
        self.roles, self.readers = _roles(request.caller), _readers(schema, request.caller)
        if schema.related:
            self.parsed.filters = reading.on_readable_rows(schema, self.parsed.filters, self.roles)

    def rows(self) -> list[dict[str, Any]]:
        rows = reading.find(self.schema, self.parsed, self.readers)
        if self.parsed.nested:
            nested_reads.populate(self.schema, rows, self.parsed.nested, self.roles)
        return [databases.row(self.schema, row) for row in rows]

    def total(self) -> int:
        return reading.total(self.schema, self.parsed, self.readers)


def _readers(schema: TableSchema, caller: Caller) -> frozenset[str] | None:
    """Return the roles to check against each row's permissions.

    Return None if the table's permissions let the caller read all rows.
    """
    if writing.is_allowed(schema, "read", None, _roles(caller)):
        return None
    if not schema.row_security:
        raise AppwriteError("user_unauthorized")
    return caller.roles


@accepts(queries=Queries(), transaction_id=Id())
def get_row(
    request: Request, *, database_id: str, table_id: str, row_id: str, queries: list[str], transaction_id: str | None
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}.

    If the caller cannot read the row, the error is `row_not_found`.
    """

    def read(schema: TableSchema) -> dict[str, Any]:
        selection = query_language.parse(queries, schema.attributes, only=["select"])
        if transaction_id is not None:
            return _get_in_transaction(request, transaction_id, schema, row_id, selection)
        row, roles = reading.get(schema, row_id, selection.select), _roles(request.caller)
        if row is None or not writing.is_allowed(schema, "read", row, roles):
            raise AppwriteError("row_not_found", subject=row_id)
        if selection.nested:
            nested_reads.populate(schema, [row], selection.nested, roles)
        return databases.row(schema, row)

    return _read(request, database_id, table_id, read)


def _get_in_transaction(
    request: Request,
    transaction_id: str,
    schema: TableSchema,
    row_id: str,
    selection: query_language.Queries | None = None,
) -> dict[str, Any]:
    """Return the row as the transaction sees it, or raise 404 `row_not_found`."""
    row = transaction_overlay.overlay_row(transaction_id, schema, row_id, request.caller, selection)
    if row is None:
        raise AppwriteError("row_not_found", subject=row_id)
    return row


# -- writing -----------------------------------------------------------------------------------------------------------


def _response(schema: TableSchema, row: Row, roles: Roles) -> dict[str, Any]:
    """Return the written row, with all related rows nested in it."""
    if schema.related:
        nested_reads.populate(schema, [row], None, roles)
    return databases.row(schema, row)


@accepts(
    row_id=NewId(),
    data=RowData(),
    permissions=Permissions(*writing.ROW_ACTIONS),
    rows=ListOf(Json(), 100, default=()),
    transaction_id=Id(),
)
def create_row(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    row_id: str | None,
    data: dict[str, Any] | None,
    permissions: list[str] | None,
    rows: list[dict[str, Any]],
    transaction_id: str | None,
) -> Response | dict[str, Any]:
    """POST /tablesdb/{databaseId}/tables/{tableId}/rows: create one row. With `rows`, create many."""
    if not data and not rows:
        raise AppwriteError("row_missing_data")
    if rows:
        if data or row_id or permissions:
            raise AppwriteError("general_bad_request", "You can only send one of the following parameters: data, rows")
        return bulk.create_rows(request, database_id, table_id, rows, transaction_id)
    if not row_id:
        raise AppwriteError("row_missing_data", "Row ID is required when creating a single row.")
    schema, roles = find_schema(request.caller, database_id, table_id), _roles(request.caller)
    allowed = staged_operations.permission_list(permissions) or staged_operations.default_permissions(request.caller)
    if roles is not None:
        allowed.check_grants(roles)
    data = nested_writes.with_ids(schema, data or {})
    nested_writes.check_nested(schema, data, roles)
    if transaction_id is not None:
        writing.require(schema, "create", None, roles)
        transaction = staged_operations.find_open(transaction_id, request.caller)
        staged_operations.stage(transaction, schema, "create", row_id, data=data, permissions=allowed.texts)
        request.changes = []
        return transaction_overlay.staged_row(schema, row_id, data, allowed.texts)
    row = nested_writes.create(schema, row_id, data, allowed, roles)
    return _response(schema, row, roles)


create_rows = create_row


@accepts(data=RowData(), permissions=Permissions(*writing.ROW_ACTIONS), transaction_id=Id())
def update_row(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    row_id: str,
    data: dict[str, Any] | None,
    permissions: list[str] | None,
    transaction_id: str | None,
) -> dict[str, Any]:
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}."""
    stamp = _stamp(request)
    if not data and permissions is None:
        raise AppwriteError("row_missing_payload")
    schema, roles = find_schema(request.caller, database_id, table_id), _roles(request.caller)
    data = nested_writes.with_ids(schema, data or {})
    if transaction_id is not None:
        seen = _get_in_transaction(request, transaction_id, schema, row_id)
        if roles is not None:
            PermissionList(permissions or ()).check_grants(roles)
        transaction = staged_operations.find_open(transaction_id, request.caller)
        staged_operations.stage(transaction, schema, "update", row_id, data=data, permissions=permissions)
        request.changes = []
        return seen | data | ({} if permissions is None else {"$permissions": permissions})
    old = writing.existing(schema, row_id)
    row = nested_writes.update(schema, old, data, staged_operations.permission_list(permissions), roles, stamp)
    return _response(schema, row, roles)


@accepts(data=RowData(), permissions=Permissions(*writing.ROW_ACTIONS), transaction_id=Id())
def upsert_row(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    row_id: str,
    data: dict[str, Any] | None,
    permissions: list[str] | None,
    transaction_id: str | None,
) -> Response | dict[str, Any]:
    """PUT /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}.

    The status is 200 even for new rows. The timestamp header is validated but otherwise ignored.
    """
    _stamp(request)
    if (not data and permissions is None) or _is_list(data):
        raise AppwriteError("row_missing_payload")
    schema, roles = find_schema(request.caller, database_id, table_id), _roles(request.caller)
    allowed = staged_operations.permission_list(permissions)
    data = nested_writes.with_ids(schema, data or {})
    if transaction_id is not None:
        return _staged_upsert(request, transaction_id, schema, row_id, data, allowed)
    default = staged_operations.default_permissions(request.caller)
    row = nested_writes.upsert(schema, row_id, data, allowed, roles, default)
    return _response(schema, row, roles)


@accepts(transaction_id=Id())
def delete_row(request: Request, *, database_id: str, table_id: str, row_id: str, transaction_id: str | None) -> None:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}."""
    stamp = _stamp(request)
    schema = find_schema(request.caller, database_id, table_id)
    if transaction_id is not None:
        _get_in_transaction(request, transaction_id, schema, row_id)
        staged_operations.stage(staged_operations.find_open(transaction_id, request.caller), schema, "delete", row_id)
        request.changes = []
    else:
        row = deletion.delete(schema, row_id, _roles(request.caller), stamp)
        request.add_change(databases.row(schema, row))


@accepts(value=Numeric(default=1), max=Numeric(), transaction_id=Id())
def increment_row_column(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    row_id: str,
    column: str,
    value: float,
    max: float | None,
    transaction_id: str | None,
) -> dict[str, Any]:
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}/{column}/increment."""
    return _count(request, database_id, table_id, row_id, "increment", column, value, max, transaction_id)


@accepts(value=Numeric(default=1), min=Numeric(), transaction_id=Id())
def decrement_row_column(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    row_id: str,
    column: str,
    value: float,
    min: float | None,
    transaction_id: str | None,
) -> dict[str, Any]:
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/rows/{rowId}/{column}/decrement."""
    return _count(request, database_id, table_id, row_id, "decrement", column, value, min, transaction_id)


def _count(
    request: Request,
    database_id: str,
    table_id: str,
    row_id: str,
    action: str,
    column: str,
    value: float,
    limit: float | None,
    transaction_id: str | None,
) -> dict[str, Any]:
    schema, roles = find_schema(request.caller, database_id, table_id), _roles(request.caller)
    if value <= 0:
        raise AppwriteError("general_argument_invalid", "Value must be numeric and greater than 0")
    if transaction_id is not None:
        transaction = staged_operations.find_open_or_bad(transaction_id, request.caller)
        staged_operations.stage(transaction, schema, action, row_id, column=column, value=value, limit=limit)
        request.changes = []
        # The row has not been read, so the response contains the amount instead of the new value.
        counted = int(value) if value == int(value) else value
        return {**transaction_overlay.row_location(schema, row_id), column: counted, "$sequence": ""}
    by = value if action == "increment" else -value
    row = writing.increment(schema, row_id, column, by, limit, roles)
    return _response(schema, row, roles)


def _staged_upsert(
    request: Request,
    transaction_id: str,
    schema: TableSchema,
    row_id: str,
    data: dict[str, Any],
    allowed: PermissionList | None,
) -> Response:
    """Stage an upsert. The response contains the payload and the row's future permissions."""
    transaction = staged_operations.find_open(transaction_id, request.caller)
    if allowed is None:
        old = transaction_overlay.overlay_row(transaction_id, schema, row_id, request.caller)
        allowed = PermissionList(old["$permissions"]) if old else staged_operations.default_permissions(request.caller)
    if not request.caller.is_key:
        allowed.check_grants(request.caller.roles)
    staged_operations.stage(transaction, schema, "upsert", row_id, data=data, permissions=allowed.texts)
    request.changes = []
    return Response(transaction_overlay.staged_row(schema, row_id, data, allowed.texts), 201)
