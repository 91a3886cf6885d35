"""Stage writes in a transaction, and perform them on commit."""

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
    """One row of a bulk operation. Its ID and permissions are separate from its columns."""

    id: str
    permissions: list[str] | None
    data: dict[str, Any]


MAX_OPERATIONS = 100
NO_PERMISSIONS = PermissionList(())


def find(transaction_id: str, caller: Caller) -> Transaction:
    """Return the transaction.

    Raise 404 `transaction_not_found` unless the caller owns the transaction or is an API key.
    """
    transaction = Transaction.objects.filter(id=transaction_id).first()
    if transaction is None or not (caller.is_key or (caller.user and transaction.owner == owner(caller))):
        raise AppwriteError("transaction_not_found", subject=transaction_id)
    return transaction


def find_open(transaction_id: str, caller: Caller, *, ended: str = "transaction_not_ready") -> Transaction:
    """Return the transaction. Raise an error if it has expired, or an error of type `ended` if it is not pending."""
    transaction = find(transaction_id, caller)
    if transaction.status != "pending":
        raise AppwriteError(ended)
    if transaction.expires_at <= clock.now():
        raise AppwriteError("transaction_expired")
    return transaction


def find_open_or_bad(transaction_id: str, caller: Caller) -> Transaction:
    """Like `find_open`, but raise `general_bad_request`. Bulk operations and increments call this."""
    try:
        return find_open(transaction_id, caller)
    except AppwriteError as error:
        if error.type in ("transaction_not_found", "transaction_not_ready"):
            raise AppwriteError("general_bad_request", "Invalid or non‑pending transaction") from None
        raise


def owner(caller: Caller) -> str:
    """Return the string that a transaction stores as its owner if `caller` creates it."""
    return "key" if caller.is_key else f"user:{caller.user.id}" if caller.user else "guest"


def default_permissions(caller: Caller) -> PermissionList:
    """Return a new row's default permissions.

    A user who creates a row can perform all actions. A row from a key or guest has no permissions.
    """
    return PermissionList(permissions.for_user(caller.user.id, ROW_ACTIONS) if caller.user else ())


def permission_list(texts: list[str] | None) -> PermissionList | None:
    """Convert a request's permissions to the type that db.tables expects. Return None if the request contains none."""
    return None if texts is None else PermissionList(texts)


def stage(transaction: Transaction, schema: TableSchema, action: str, row_id: str = "", **data: Any) -> None:
    """Stage one write.

    The content is validated on commit. Only an increment of a non-numeric column is rejected immediately.
    """
    if transaction.operations.count() >= MAX_OPERATIONS:
        raise AppwriteError("transaction_limit_exceeded")
    if data.get("column") in schema.columns:
        writing.check_countable(schema.columns[data["column"]])
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


# Errors during a commit use the legacy names (documents, attributes), even in the TablesDB API.
_COMMIT_ERRORS = {
    "row_already_exists": "transaction_conflict",
    "row_update_conflict": "transaction_conflict",
    "row_not_found": "document_not_found",
    "column_not_found": "document_not_found",  # raised for an increment of a row that was deleted
    "table_not_found": "document_not_found",
    "row_invalid_structure": "document_invalid_structure",
    "column_limit_exceeded": "attribute_limit_exceeded",
}


@dataclass(frozen=True)
class CommittedRow:
    """A row that a commit changed or deleted, as it was after the change or before the deletion."""

    action: str
    """create, update or delete."""
    schema: TableSchema
    row: Row


def commit(transaction: Transaction, caller: Caller) -> list[CommittedRow]:
    """Perform all staged writes. Return the rows that operations on single rows changed.

    Raise `transaction_conflict` if a row has changed since it was staged, or if a new row already exists.
    """
    writes = _Commit(caller)
    performed: list[tuple[Operation, TableSchema, Row | None]] = []
    try:
        for operation in transaction.operations.all():
            performed.append((operation, *writes.perform(operation)))
    except AppwriteError as error:
        if error.type in _COMMIT_ERRORS:
            raise error.renamed(_COMMIT_ERRORS[error.type]) from None
        raise
    return [changed for each in performed if (changed := _committed_row(*each))]


def _committed_row(operation: Operation, schema: TableSchema, deleted: Row | None) -> CommittedRow | None:
    """Return the row that the operation changed.

    Return None for a bulk operation, or if a later operation deleted the row.
    """
    if deleted:
        return CommittedRow("delete", schema, deleted)
    row = reading.get(schema, operation.row) if operation.row else None
    return CommittedRow("create" if operation.action == "create" else "update", schema, row) if row else None


class _Commit:
    """The writes of one transaction, performed in order."""

    def __init__(self, caller: Caller) -> None:
        self.roles = None if caller.is_key else caller.roles
        self.written: set[tuple[int, str]] = set()
        """Table and ID of each row that this transaction has written."""

    def perform(self, operation: Operation) -> tuple[TableSchema, Row | None]:
        """Perform one operation. Return its table's schema and, after a deletion, the deleted row."""
        schema = table_schema.find(operation.database, operation.table)
        if schema is None:
            raise AppwriteError("table_not_found", subject=operation.table)
        if not operation.row:
            self._note(schema, *(row.id for row in self._perform_bulk(operation, schema)))
            return schema, None
        deleted = self._perform_on_row(operation, schema)
        self._note(schema, operation.row)
        return schema, deleted

    def _note(self, schema: TableSchema, *row_ids: str) -> None:
        self.written.update((schema.sequence, row_id.lower()) for row_id in row_ids)

    def _has_written(self, schema: TableSchema, row_id: str) -> bool:
        return (schema.sequence, row_id.lower()) in self.written

    def _stamp(self, operation: Operation, schema: TableSchema, row_id: str) -> str | None:
        """Return the time after which a change to the row is a conflict.

        Return None if this transaction has changed the row.
        """
        return None if self._has_written(schema, row_id) else clock.iso(operation.created_at)

    def _perform_on_row(self, operation: Operation, schema: TableSchema) -> Row | None:
        row_id, data, action, roles = operation.row, operation.data, operation.action, self.roles
        allowed = permission_list(data.get("permissions"))
        if action == "create":
            nested_writes.create(schema, row_id, data["data"], allowed or NO_PERMISSIONS, roles)
        elif action == "update":
            stamp = self._stamp(operation, schema, row_id)
            nested_writes.update(schema, writing.existing(schema, row_id), data["data"] or {}, allowed, roles, stamp)
        elif action == "upsert":
            self._upsert(operation, schema, {"id": row_id, "data": data["data"], "permissions": data["permissions"]})
        elif action == "delete":
            return deletion.delete(schema, row_id, roles, self._stamp(operation, schema, row_id))
        else:
            by = data["value"] if action == "increment" else -data["value"]
            writing.increment(schema, row_id, data["column"], by, data["limit"], roles, within_range=True)
        return None

    def _upsert(self, operation: Operation, schema: TableSchema, row: StagedRow) -> Row:
        """Create or update a row.

        If this transaction has already written the row, omitted columns keep their values.
        """
        allowed, old = permission_list(row["permissions"]), reading.get(schema, row["id"])
        if old and self._has_written(schema, row["id"]):
            return nested_writes.update(schema, old, row["data"], allowed, self.roles)
        if old:
            writing.check_unchanged(old, self._stamp(operation, schema, row["id"]))
        return nested_writes.upsert(schema, row["id"], row["data"], allowed, self.roles, NO_PERMISSIONS)

    def _perform_bulk(self, operation: Operation, schema: TableSchema) -> list[Row]:
        """Perform a bulk operation, and return the rows that it changed."""
        data = operation.data
        if operation.action == "bulkCreate":
            return create_many(schema, data["rows"])
        if operation.action == "bulkUpsert":
            _check_no_id_twice(data["rows"])
            return [self._upsert(operation, schema, row) for row in data["rows"]]
        matching = queries.parse(data["queries"], schema.attributes)
        for row in writing.all_of(schema, matching):
            writing.check_unchanged(row, self._stamp(operation, schema, row.id))
        if operation.action == "bulkUpdate":
            allowed = permission_list(data["permissions"])
            return writing.update_many(schema, matching, data["data"], allowed)
        return deletion.delete_many(schema, matching)


def create_many(schema: TableSchema, rows: list[StagedRow]) -> list[Row]:
    return [
        nested_writes.create(
            schema, row["id"], row["data"], permission_list(row["permissions"]) or NO_PERMISSIONS, None
        )
        for row in rows
    ]


def upsert_many(schema: TableSchema, rows: list[StagedRow]) -> list[Row]:
    """Create or update all rows. Raise 409 `row_already_exists` if an ID occurs twice."""
    written = [
        nested_writes.upsert(schema, row["id"], row["data"], permission_list(row["permissions"]), None, NO_PERMISSIONS)
        for row in rows
    ]
    _check_no_id_twice(rows)
    return written


def _check_no_id_twice(rows: list[StagedRow]) -> None:
    seen: set[str] = set()
    for row in rows:
        if row["id"] in seen:
            raise AppwriteError("row_already_exists", subject=row["id"])
        seen.add(row["id"])
