"""Transactions: writes that are staged together, and then committed or rolled back."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db.models import Project, Transaction
from appwrite_emulator.db.tables import writing
from appwrite_emulator.db.tables.reading import Row
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.http.parameters import (
    Anything,
    Boolean,
    Id,
    Integer,
    Json,
    ListOf,
    NewId,
    Numeric,
    Param,
    ParameterError,
    Permissions,
    Text,
    accepts,
)
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services import lists
from appwrite_emulator.services.tables_db import bulk, staged_operations, transaction_overlay
from appwrite_emulator.services.tables_db.inline_objects import read
from appwrite_emulator.services.tables_db.lookup import find_schema

ATTRIBUTES = lists.attributes(Transaction, status="status", expiresAt="expires_at")
ONE_ROW = ("create", "update", "upsert", "delete", "increment", "decrement")
COUNTING = ("increment", "decrement")
NEW_ROWS = ("bulkCreate", "bulkUpsert")
MANY_ROWS = (*NEW_ROWS, "bulkUpdate", "bulkDelete")
ROW_EVENT = "databases.[databaseId].tables.[tableId].rows.[rowId]."
"""Pattern of row events, without the action."""
_OPERATION = {
    "action": Text(choices=(*ONE_ROW, *MANY_ROWS), required=True),
    "databaseId": Id(required=True),
    "data": Anything(),
}
_COUNT = {"value": Numeric(default=1), "min": Numeric(), "max": Numeric()}
_ROWS = {"data": ListOf(Json(), 100, required=True)}
_ROW = {"data": Json(required=True)}
_QUERIES = ListOf(Text(4096), 100, required=True)
_MORE: dict[str, dict[str, Param]] = {
    "bulkUpdate": {"data": Json(required=True), "queries": _QUERIES},
    "bulkDelete": {"queries": _QUERIES},
}
_PERMISSIONS = {"$permissions": Permissions(*writing.ROW_ACTIONS)}


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_transactions(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /tablesdb/transactions: list the caller's transactions, or all transactions for an API key."""
    visible = Transaction.objects.all() if request.caller.is_key else Transaction.objects.filter(owner=_owner(request))
    page = lists.page(visible, queries, ATTRIBUTES, total=total)
    return {"total": page.total, "transactions": [databases.transaction(each) for each in page.items]}


def _owner(request: Request) -> str:
    return staged_operations.owner(request.caller) if request.caller.user else ""


class Ttl(Integer):
    """Seconds until a transaction expires. Null is rejected with 400, although the real server responds with 500."""

    def read(self, payload: Mapping[str, Any], name: str, project: Project) -> Any:
        if name in payload and payload[name] is None:
            raise ParameterError
        return super().read(payload, name, project)


@accepts(ttl=Ttl(60, 3600, default=300))
def create_transaction(request: Request, *, ttl: int) -> dict[str, Any]:
    """POST /tablesdb/transactions."""
    now = clock.now()
    transaction = Transaction.objects.create(
        owner=staged_operations.owner(request.caller),
        created_at=now,
        updated_at=now,
        expires_at=now + datetime.timedelta(seconds=ttl),
    )
    return databases.transaction(transaction)


def get_transaction(request: Request, *, transaction_id: str) -> dict[str, Any]:
    """GET /tablesdb/transactions/{transactionId}."""
    return databases.transaction(staged_operations.find(transaction_id, request.caller))


@accepts(commit=Boolean(strict=True, default=False), rollback=Boolean(strict=True, default=False))
def update_transaction(request: Request, *, transaction_id: str, commit: bool, rollback: bool) -> dict[str, Any]:
    """PATCH /tablesdb/transactions/{transactionId}: commit or roll back.

    As on the real server, a transaction whose commit fails gets the status `failed`, like one that is rolled back.
    """
    if commit == rollback:
        message = "Cannot commit and rollback at the same time" if commit else "Either commit or rollback must be true"
        raise AppwriteError("general_bad_request", message)
    transaction = staged_operations.find_open(transaction_id, request.caller)
    request.changes = []
    try:
        if commit:
            _commit(request, transaction)
        _end(transaction, "committed" if commit else "failed")
    except AppwriteError as error:
        error.after_rollback = lambda: _end(transaction, "failed")
        raise
    return databases.transaction(transaction)


def _commit(request: Request, transaction: Transaction) -> None:
    """Commit the transaction, and publish an event for each changed row.

    The payload contains the table's ID (`$tableId` and `$collectionId`), but not the database's ID.
    """
    for changed in staged_operations.commit(transaction, request.caller):
        payload = databases.row(changed.schema, changed.row)
        params = {"databaseId": payload.pop("$databaseId")}
        payload["$collectionId"] = changed.schema.id
        request.add_change(payload, event=ROW_EVENT + changed.action, params=params)


def _end(transaction: Transaction, status: str) -> None:
    transaction.status = status
    transaction.updated_at = clock.now()
    transaction.save()


def delete_transaction(request: Request, *, transaction_id: str) -> None:
    """DELETE /tablesdb/transactions/{transactionId}."""
    staged_operations.find(transaction_id, request.caller).delete()


# -- operations --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FieldNames:
    """The names of an operation's table, row and column fields, which differ between TablesDB and Databases."""

    table: str
    row: str
    column: str


@dataclass(frozen=True)
class _Operation:
    """One validated operation, with its table's schema."""

    action: str
    schema: TableSchema
    row_id: str
    data: dict[str, Any]


def _operations_in(names: FieldNames) -> Callable[..., dict[str, Any]]:
    @accepts(operations=ListOf(Json(), 0, default=()))
    def create_operations(request: Request, *, transaction_id: str, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """POST /tablesdb/transactions/{transactionId}/operations: stage all operations, or none if one is invalid.

        Missing permissions are reported immediately. Invalid row data is reported only on commit.
        """
        described = [_read(operation, names) for operation in operations]
        if not described:
            raise AppwriteError("general_bad_request", "Operations array cannot be empty")
        transaction = staged_operations.find_open(transaction_id, request.caller, ended="general_bad_request")
        if transaction.operations.count() + len(described) > staged_operations.MAX_OPERATIONS:
            existing = transaction.operations.count()
            raise AppwriteError(
                "transaction_limit_exceeded",
                f"Transaction already has {existing} operations, adding {len(described)} would exceed the maximum of "
                f"{staged_operations.MAX_OPERATIONS}",
            )
        validated = [_find(request, operation, names) for operation in described]
        _check_possible(request, transaction, validated)
        for operation in validated:
            staged_operations.stage(transaction, operation.schema, operation.action, operation.row_id, **operation.data)
        return databases.transaction(transaction)

    return create_operations


create_operations = _operations_in(FieldNames("tableId", "rowId", "column"))
create_operations_under_legacy_names = _operations_in(FieldNames("collectionId", "documentId", "attribute"))


def _read(described: dict[str, Any], names: FieldNames) -> dict[str, Any]:
    """Validate one operation, including the `data` that its action requires."""
    declared = {**_OPERATION, names.table: Id(required=True), names.row: NewId()}
    operation = read(described, declared, "operations")
    action, data = operation["action"], operation["data"]
    if action in ONE_ROW and not operation[names.row]:
        raise AppwriteError(
            "general_argument_invalid",
            f"Invalid `operations` param: Key '{names.row}' is required for action '{action}'",
        )
    if action in NEW_ROWS:
        data = read({"data": data}, _ROWS, "operations")["data"]
    elif action != "delete":
        data = read({"data": data}, _ROW, "operations")["data"]
        more = {**_COUNT, names.column: Text(required=True)} if action in COUNTING else _MORE.get(action, {})
        data = read(data, more, "operations") if more else data
    return {**operation, "data": data}


def _find(request: Request, operation: dict[str, Any], names: FieldNames) -> _Operation:
    """Look up the operation's table. Convert its data to the form in which single-row requests are staged."""
    action, data = operation["action"], operation["data"]
    if action in MANY_ROWS and not request.caller.is_key:
        raise AppwriteError("user_unauthorized")
    try:
        schema = find_schema(request.caller, operation["databaseId"], operation[names.table])
    except AppwriteError as error:
        # The real server uses the legacy error type even for the new path.
        raise error.renamed("collection_not_found") if error.type == "table_not_found" else error from None
    row_id = operation[names.row] or ""
    if action in MANY_ROWS:
        bulk.without_relationships(
            schema, f"Bulk operations are not supported for {names.table} with relationship attributes"
        )
        row_id = ""  # ignored even if sent
    return _Operation(action, schema, row_id, _as_staged(action, data, names))


def _as_staged(action: str, data: Any, names: FieldNames) -> dict[str, Any]:
    if action == "delete":
        return {}
    if action in NEW_ROWS:
        return {"rows": bulk.split_rows(data)}
    if action in COUNTING:
        if data["value"] <= 0:
            raise AppwriteError("general_argument_invalid", "Value must be numeric and greater than 0")
        limit = data["max"] if action == "increment" else data["min"]
        return {"column": data[names.column], "value": data["value"], "limit": limit}
    if action in ("bulkUpdate", "bulkDelete"):
        allowed = read(data.get("data") or {}, _PERMISSIONS, "operations")["$permissions"]
        return {"data": data.get("data"), "permissions": allowed, "queries": data["queries"]}
    allowed = read(data, _PERMISSIONS, "operations")["$permissions"]
    return {"data": {key: value for key, value in data.items() if key != "$permissions"}, "permissions": allowed}


def _check_possible(request: Request, transaction: Transaction, operations: list[_Operation]) -> None:
    """Check each operation's row and permissions.

    Raise 404 `document_not_found` if the row does not exist, or 401 `user_unauthorized` if a permission is missing.
    """
    roles = None if request.caller.is_key else request.caller.roles
    created: set[tuple[int, str]] = set()
    for operation in operations:
        action, schema, row_id = operation.action, operation.schema, operation.row_id
        if action in MANY_ROWS:
            continue
        seen = (
            None
            if action == "create"
            else transaction_overlay.overlay_row(transaction.id, schema, row_id, request.caller)
        )
        if seen is None and action not in ("create", "upsert") and (schema.sequence, row_id) not in created:
            raise AppwriteError("document_not_found", subject=row_id)
        needed = {"create": "create", "delete": "delete", "upsert": "update" if seen else "create"}
        row = Row(0, row_id, "", "", PermissionList(seen["$permissions"]), {}) if seen else None
        writing.require(schema, needed.get(action, "update"), row, roles)
        if roles is not None:
            PermissionList(operation.data.get("permissions") or ()).check_grants(roles)
        if action == "create":
            created.add((schema.sequence, row_id))
