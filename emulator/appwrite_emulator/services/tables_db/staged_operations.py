"""Stage writes in a transaction, and carry them out on commit."""

from dataclasses import dataclass
from typing import Any, TypedDict

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common import clock, permissions
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db import queries
from appwrite_emulator.db.models import Operation, Transaction
from appwrite_emulator.db.tables import deletion, nested_writes, reading, table_schema, writing
from appwrite_emulator.db.tables.reading import Row
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.db.tables.writing import ROW_ACTIONS


class StagedRow(TypedDict):
    """One row of a bulk operation, with its ID and permissions separate from its columns."""

    id: str
    permissions: list[str] | None
    data: dict[str, Any]


MAX_OPERATIONS = 100
NO_PERMISSIONS = PermissionList(())


def find(transaction_id: str, caller: Caller) -> Transaction:
    """Return the transaction; raise 404 `transaction_not_found` unless the caller owns it or is an API key."""
    transaction = Transaction.objects.filter(id=transaction_id).first()
    if transaction is None or not (caller.is_key or (caller.user and transaction.owner == owner(caller))):
        raise AppwriteError("transaction_not_found")
    return transaction


def find_open(transaction_id: str, caller: Caller, *, ended: str = "transaction_not_ready") -> Transaction:
    """Return the transaction if it is open; raise an error of type `ended` if it is not pending any more."""
    transaction = find(transaction_id, caller)
    if transaction.status != "pending":
        raise AppwriteError(ended)
    if transaction.expires_at <= clock.now():
        raise AppwriteError("transaction_expired")
    return transaction


def find_open_or_bad(transaction_id: str, caller: Caller) -> Transaction:
    """Like `find_open`, but raise `general_bad_request` instead, as increments and bulk operations do."""
    try:
        return find_open(transaction_id, caller)
    except AppwriteError as error:
        if error.type in ("transaction_not_found", "transaction_not_ready"):
            raise AppwriteError("general_bad_request", error.message) from None
        raise


def owner(caller: Caller) -> str:
    """Return the stored form of a transaction's owner."""
    return "key" if caller.is_key else f"user:{caller.user.id}" if caller.user else "guest"


def default_permissions(caller: Caller) -> PermissionList:
    """Return the permissions of a new row that names none: all for a user, none for an API key or guest."""
    return PermissionList(permissions.for_user(caller.user.id, ROW_ACTIONS) if caller.user else ())


def permission_list(texts: list[str] | None) -> PermissionList | None:
    """Return permissions as the functions of db.tables expect them; None means that a request names none."""
    return None if texts is None else PermissionList(texts)


def stage(transaction: Transaction, schema: TableSchema, action: str, row_id: str = "", **data: Any) -> None:
    """Stage one write. Its content is validated on commit."""
    if transaction.operations.count() >= MAX_OPERATIONS:
        raise AppwriteError("transaction_limit_exceeded")
    Operation.objects.create(
        transaction=transaction,
        created_at=clock.now(),
        database=schema.database_id,
        table=schema.id,
        action=action,
        row=row_id,
        data=data,
    )
    transaction.updated_at = clock.now()
    transaction.save()


# Errors during commit use the legacy names (documents, attributes), also through the TablesDB API.
_COMMIT_ERRORS = {
    "row_already_exists": "transaction_conflict",
    "row_update_conflict": "transaction_conflict",
    "row_not_found": "document_not_found",
    "column_not_found": "document_not_found",  # raised for an increment whose row was deleted
    "table_not_found": "document_not_found",
    "row_invalid_structure": "document_invalid_structure",
    "column_limit_exceeded": "attribute_limit_exceeded",
}


@dataclass(frozen=True)
class CommittedRow:
    """A row that a commit changed, as it is afterwards, or as it was before it was deleted."""

    action: str
    """create, update or delete."""
    schema: TableSchema
    row: Row


def commit(transaction: Transaction, caller: Caller) -> list[CommittedRow]:
    """Carry out all staged writes, and return what the operations on single rows changed.

    Raise `transaction_conflict` if a row changed since it was staged or already exists.
    """
    touched: set[tuple[int, str]] = set()
    performed: list[tuple[Operation, TableSchema, Row | None]] = []
    try:
        for operation in transaction.operations.all():
            performed.append((operation, *_perform(operation, caller, touched)))
    except AppwriteError as error:
        if error.type in _COMMIT_ERRORS:
            raise AppwriteError(_COMMIT_ERRORS[error.type], error.message) from None
        raise
    return [changed for each in performed if (changed := _committed_row(*each))]


def _committed_row(operation: Operation, schema: TableSchema, deleted: Row | None) -> CommittedRow | None:
    """Return what the operation changed. A row that a later operation deleted is returned for that one only."""
    if deleted:
        return CommittedRow("delete", schema, deleted)
    row = reading.get(schema, operation.row) if operation.row else None
    return CommittedRow("create" if operation.action == "create" else "update", schema, row) if row else None


def _perform(operation: Operation, caller: Caller, touched: set[tuple[int, str]]) -> tuple[TableSchema, Row | None]:
    """Carry out one operation; return its table's schema, and the row if it was deleted."""
    schema = table_schema.find(operation.database, operation.table)
    if schema is None:
        raise AppwriteError("table_not_found")
    roles = None if caller.is_key else caller.roles
    row_id, data, action = operation.row, operation.data, operation.action
    # A row written by this transaction has a newer timestamp than its staged operations; that is no conflict.
    mine = (schema.sequence, row_id.lower())
    stamp = None if mine in touched else clock.iso(operation.created_at)
    touched.add(mine)
    allowed = permission_list(data.get("permissions"))
    if action == "create":
        nested_writes.create(schema, row_id, data["data"], allowed or NO_PERMISSIONS, roles)
    elif action == "update":
        old = writing.existing(schema, row_id)
        nested_writes.update(schema, old, data["data"] or {}, allowed, roles, stamp)
    elif action == "upsert":
        nested_writes.upsert(schema, row_id, data["data"], allowed, roles, NO_PERMISSIONS)
    elif action == "delete":
        return schema, deletion.delete(schema, row_id, roles, stamp)
    elif action in ("increment", "decrement"):
        by = data["value"] if action == "increment" else -data["value"]
        writing.increment(schema, row_id, data["column"], by, data["limit"], roles)
    else:
        _perform_bulk(action, schema, data, allowed)
    return schema, None


def _perform_bulk(action: str, schema: TableSchema, data: dict[str, Any], allowed: PermissionList | None) -> None:
    if action == "bulkCreate":
        create_many(schema, data["rows"])
    elif action == "bulkUpsert":
        upsert_many(schema, data["rows"])
    else:
        matching = queries.parse(data["queries"], schema.attributes)
        if action == "bulkUpdate":
            writing.update_many(schema, matching, data["data"], allowed)
        else:
            deletion.delete_many(schema, matching)


def create_many(schema: TableSchema, rows: list[StagedRow]) -> list[Row]:
    return [
        nested_writes.create(
            schema, row["id"], row["data"], permission_list(row["permissions"]) or NO_PERMISSIONS, None
        )
        for row in rows
    ]


def upsert_many(schema: TableSchema, rows: list[StagedRow]) -> list[Row]:
    """Create or update all rows; raise 409 `row_already_exists` if an ID occurs twice."""
    written = [
        nested_writes.upsert(schema, row["id"], row["data"], permission_list(row["permissions"]), None, NO_PERMISSIONS)
        for row in rows
    ]
    if len({row["id"] for row in rows}) < len(rows):
        raise AppwriteError("row_already_exists", "The same row ID occurs twice.")
    return written
