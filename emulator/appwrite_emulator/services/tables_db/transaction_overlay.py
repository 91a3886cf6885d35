"""Combine stored rows with a transaction's staged operations, for reads inside that transaction.

The rules are those of Appwrite's TransactionState. No operation is executed, and staged data is not validated.
Increments only take effect on commit. The same applies to bulk changes to rows that no earlier operation has
changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import queries
from appwrite_emulator.db.models import Operation
from appwrite_emulator.db.tables import nested_reads, reading, writing
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services.tables_db import staged_operations


@dataclass
class _Staged:
    """One row as the transaction leaves it. `data` is the submitted data, which has not been validated."""

    action: str
    """create, update, upsert or delete."""
    data: dict[str, Any] = field(default_factory=dict)


def _staged_rows(transaction_id: str, schema: TableSchema, caller: Caller) -> dict[str, _Staged]:
    """Return row ID -> staged row, for each row of the table that the transaction changes.

    Return {} if the transaction is not pending.
    """
    try:
        transaction = staged_operations.find(transaction_id, caller)
    except AppwriteError:
        return {}
    rows: dict[str, _Staged] = {}
    if transaction.status == "pending":
        for operation in transaction.operations.filter(database=schema.database_id, table=schema.id):
            _apply_operation(operation, schema, rows)
    return rows


def _apply_operation(operation: Operation, schema: TableSchema, rows: dict[str, _Staged]) -> None:
    action, row_id, data = operation.action, operation.row, operation.data
    if action in ("create", "upsert"):
        rows[row_id] = _Staged(action, staged_row(schema, row_id, data["data"], data["permissions"]))
    elif action == "update":
        changes = dict(data["data"] or {})
        if data["permissions"] is not None:
            changes["$permissions"] = data["permissions"]
        rows.setdefault(row_id, _Staged("update")).data |= changes
    elif action == "delete":
        rows[row_id] = _Staged("delete")
    elif action in ("bulkCreate", "bulkUpsert"):
        _apply_new_rows(operation, schema, rows)
    elif action in ("bulkUpdate", "bulkDelete"):
        filters = queries.parse(data["queries"], schema.attributes).filters
        for row in (row for row in rows.values() if row.action != "delete" and _matches(row.data, filters)):
            if action == "bulkDelete":
                row.action = "delete"
            else:
                row.data |= data["data"]


def _apply_new_rows(operation: Operation, schema: TableSchema, rows: dict[str, _Staged]) -> None:
    is_upsert = operation.action == "bulkUpsert"
    for row in operation.data["rows"]:
        if is_upsert and row["id"] in rows:
            rows[row["id"]].data |= row["data"]
        else:
            data = staged_row(schema, row["id"], row["data"], row["permissions"])
            rows[row["id"]] = _Staged("upsert" if is_upsert else "create", data)


def overlay_row(
    transaction_id: str, schema: TableSchema, row_id: str, caller: Caller, parsed: queries.Queries | None = None
) -> dict[str, Any] | None:
    """Return the row as the transaction sees it.

    Return None if it does not exist or the caller cannot read it.
    """
    parsed = parsed or queries.Queries()
    staged = _staged_rows(transaction_id, schema, caller).get(row_id, _Staged("update"))
    if staged.action == "delete":
        return None
    if staged.action == "create":
        return _selected(staged.data, parsed)
    roles = None if caller.is_key else caller.roles
    row = reading.get(schema, row_id, parsed.select)
    if row is not None and writing.is_allowed(schema, "read", row, roles):
        if parsed.nested:
            nested_reads.populate(schema, [row], parsed.nested, roles)
        return _selected(databases.row(schema, row) | _columns(staged.data), parsed)
    return _selected(staged.data, parsed) if staged.action == "upsert" else None


def overlay_page(
    transaction_id: str,
    schema: TableSchema,
    stored: list[dict[str, Any]],
    total: int,
    parsed: queries.Queries,
    caller: Caller,
) -> tuple[int, list[dict[str, Any]]]:
    """Return the total and a page of rows as the transaction sees them.

    New rows are appended even if they do not match the queries, but the total counts only those that match.
    """
    rows = {row["$id"]: row for row in stored}
    for row_id, staged in _staged_rows(transaction_id, schema, caller).items():
        before, fits = row_id in rows, _matches(staged.data, parsed.filters)
        if staged.action == "delete":
            total -= bool(rows.pop(row_id, None))
        elif staged.action == "create" or (staged.action == "upsert" and not before):
            rows[row_id] = _selected(staged.data, parsed)
            total += fits
        elif before:
            rows[row_id] = _selected(rows[row_id] | _columns(staged.data), parsed)
            total -= not fits
    return max(0, total), list(rows.values())


def staged_row(schema: TableSchema, row_id: str, data: dict[str, Any], allowed: Iterable[str] | None) -> dict[str, Any]:
    """Return a staged row with the submitted data and empty system columns."""
    return {**row_location(schema, row_id), **data, "$permissions": list(allowed or ()), "$sequence": ""}


def row_location(schema: TableSchema, row_id: str) -> dict[str, Any]:
    """Return the fields that locate a row: `$id`, `$tableId` and `$databaseId`."""
    return {"$id": row_id, "$tableId": schema.id, "$databaseId": schema.database_id}


def _columns(data: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if not key.startswith("$")}


def _selected(row: dict[str, Any], parsed: queries.Queries) -> dict[str, Any]:
    """Return the row's selected keys, and both timestamps even if they are not set yet."""
    if not parsed.select or "*" in parsed.select:
        return row
    times = {"$createdAt": row.get("$createdAt"), "$updatedAt": row.get("$updatedAt")}
    return times | {key: value for key, value in row.items() if key.startswith("$") or key in parsed.select}


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda value, expected: value in expected,
    "notEqual": lambda value, expected: value not in expected,
    "contains": lambda value, expected: isinstance(value, list) and any(each in value for each in expected),
    "startsWith": lambda value, expected: isinstance(value, str) and value.startswith(expected[0]),
    "endsWith": lambda value, expected: isinstance(value, str) and value.endswith(expected[0]),
    "greaterThan": lambda value, expected: value > expected[0],
    "greaterThanEqual": lambda value, expected: value >= expected[0],
    "lessThan": lambda value, expected: value < expected[0],
    "lessThanEqual": lambda value, expected: value <= expected[0],
    "between": lambda value, expected: expected[0] <= value <= expected[1],
    "isNull": lambda value, _: value is None,
    "isNotNull": lambda value, _: value is not None,
}


def _matches(data: dict[str, Any], filters: reading.Filters) -> bool:
    """Return whether the staged data matches the filters.

    As on the real server, comparisons are case-sensitive, and filters with other methods are ignored.
    """
    return all(
        _compares(_COMPARISONS[each.method], data.get(each.attribute.key), each.values)
        for each in filters
        if isinstance(each, queries.Filter) and each.method in _COMPARISONS
    )


def _compares(comparison: Callable[[Any, Any], bool], value: Any, expected: tuple[Any, ...]) -> bool:
    try:
        return comparison(value, expected)
    except TypeError:  # a number cannot be compared with a string or null
        return False
