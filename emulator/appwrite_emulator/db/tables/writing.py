"""Write rows, with the checks between a request and a change: permissions, timestamps, structure.

`roles` are the caller's roles; None means an API key, which may do everything and set timestamps itself. All functions
run inside the request's transaction, which holds the write lock, so data that was read stays valid until it is written.
"""

# Table and column names come from table_schema; values are always bound as parameters.
# ruff: noqa: S608

import json
import sqlite3
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from appwrite_emulator.common import clock, permissions
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import php_dates, queries
from appwrite_emulator.db.tables import operators, reading, values
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.reading import Row
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted

Roles = Collection[str] | None
_NOT_DATA = {"$id", "$sequence", "$permissions", "$createdAt", "$updatedAt", "$tableId", "$databaseId", "$collectionId"}


@dataclass
class _Sent:
    """The changes a request makes: columns, operators, and timestamps if the caller may set them."""

    data: dict[str, Any]
    created: str | None = None
    updated: str | None = None
    operations: dict[str, operators.Operator] = field(default_factory=dict)


def _invalid(reason: object) -> AppwriteError:
    return AppwriteError("row_invalid_structure", f"Invalid row: {reason}.")


def _sort_out(sent: dict[str, Any], roles: Roles, *, with_operators: bool = False) -> _Sent:
    """Split a payload into columns, timestamps and operators.

    System columns that a caller cannot set are ignored, so that a row can be sent back whole.
    """
    sorted_out = _Sent({key: value for key, value in sent.items() if key not in _NOT_DATA})
    if roles is None:
        sorted_out.created, sorted_out.updated = _time(sent.get("$createdAt")), _time(sent.get("$updatedAt"))
    if with_operators:
        found = {key: operators.parse(value) for key, value in sorted_out.data.items()}
        sorted_out.operations = {key: operator for key, operator in found.items() if operator}
        for key in sorted_out.operations:
            del sorted_out.data[key]
    return sorted_out


def _time(sent: Any) -> str | None:
    """Normalise one of the row's timestamps. Unlike in a column, an empty string is invalid here."""
    if sent is None:
        return None
    if isinstance(sent, str) and sent:
        with suppress(ValueError):
            return php_dates.normal(sent)
    raise _invalid("$createdAt and $updatedAt must be dates and times")


def _fit(schema: TableSchema, data: dict[str, Any]) -> dict[str, Any]:
    """Validate columns and convert them for storage. Null becomes the default, if there is one."""
    fitting = {}
    try:
        for key, value in data.items():
            column = schema.columns.get(key)
            if column is None:
                raise _invalid(f"unknown column `{key}`")
            value = column.default if value is None else values.as_sent(column, value)
            values.check(column, value)
            fitting[key] = values.stored(column, value)
    except values.InvalidValueError as reason:
        raise _invalid(reason) from None
    return fitting


def _check_required(schema: TableSchema, data: dict[str, Any]) -> None:
    for key, column in schema.columns.items():
        if column.required and data.get(key) is None:
            raise _invalid(f"column `{key}` is required")


def _shown(schema: TableSchema, row: Row) -> dict[str, Any]:
    """Return the row's values as shown, except that lists that were never set stay None."""
    return {
        key: show(value) if (show := schema.show[key]) and value is not None else value
        for key, value in row.data.items()
    }


def is_allowed(schema: TableSchema, action: str, row: Row | None, roles: Roles) -> bool:
    """Return whether the table's permissions, or with row security the row's, let one of `roles` do `action`."""
    if roles is None or not schema.allowed[action].isdisjoint(roles):
        return True
    return bool(row and schema.row_security and permissions.allows(row.permissions, action, roles))


def require(schema: TableSchema, action: str, row: Row | None, roles: Roles) -> None:
    """Raise 401 `user_unauthorized` unless one of `roles` may do `action`."""
    if not is_allowed(schema, action, row, roles):
        raise AppwriteError("user_unauthorized", f"No permission to {action} rows of table `{schema.id}`.")


def check_unchanged(row: Row, stamp: str | None) -> None:
    """Raise 409 `row_update_conflict` if the row changed after `stamp`."""
    if stamp is not None and row.updated > stamp:
        raise AppwriteError("row_update_conflict")


def existing(schema: TableSchema, row_id: str) -> Row:
    """Return the row with this ID, or raise 404 `row_not_found`."""
    row = reading.get(schema, row_id)
    if row is None:
        raise AppwriteError("row_not_found")
    return row


# -- one row -----------------------------------------------------------------------------------------------------------


def create(schema: TableSchema, row_id: str, sent: dict[str, Any], allowed: list[str], roles: Roles) -> Row:
    """Insert a row with these permissions, filling in defaults."""
    require(schema, "create", None, roles)
    wanted = _sort_out(sent, roles)
    _check_required(schema, wanted.data)
    return _insert(schema, row_id, wanted, allowed)


def update(
    schema: TableSchema,
    row_id: str,
    sent: dict[str, Any],
    allowed: list[str] | None,
    roles: Roles,
    stamp: str | None = None,
    *,
    changes: bool = False,
) -> Row:
    """Update the columns in `sent`; the whole row must be valid afterwards.

    An update that changes nothing needs only read permission. `changes`: related rows change, which `sent` does not
    show.
    """
    old = existing(schema, row_id)
    if roles is not None and allowed is not None:
        permissions.check_grants(allowed, roles)
    wanted = _sort_out(sent, roles, with_operators=True)
    before = _shown(schema, old)
    changes = (
        changes
        or bool(wanted.operations)
        or any(key not in before or not _same(before[key], value) for key, value in wanted.data.items())
        or (allowed is not None and set(allowed) != set(old.permissions))
        or wanted.created not in (None, old.created)
        or wanted.updated not in (None, old.updated)
    )
    require(schema, "update" if changes else "read", old, roles)
    check_unchanged(old, stamp)
    new = _fit(schema, _without(before | wanted.data, wanted.operations))
    _check_required(schema, old.data | new)
    new |= _operate(schema, wanted.operations, before)
    sent_keys = wanted.data.keys() | wanted.operations.keys()
    # A null column with a default gets the default on any write, even one that changes nothing else.
    new = {key: value for key, value in new.items() if key in sent_keys or (before[key] is None and value is not None)}
    if changes:
        _change(schema, old, new, allowed, wanted)
    elif new.keys() - sent_keys:
        _change(schema, old, new, None, _Sent({}, updated=old.updated))
    return existing(schema, row_id)


def upsert(
    schema: TableSchema, row_id: str, sent: dict[str, Any], allowed: list[str] | None, roles: Roles, default: list[str]
) -> Row:
    """Create or update the row; either way the payload must contain every required column.

    The caller must hold the roles in the row's stored permissions, as if they had sent them. Unlike the real server,
    which would overwrite the other row, this raises an error if another row has the same value in a unique index.
    """
    old = reading.get(schema, row_id)
    if allowed is None:
        allowed = old.permissions if old else default
    if roles is not None:
        permissions.check_grants(allowed, roles)
    require(schema, "update" if old else "create", old, roles)
    wanted = _sort_out(sent, roles, with_operators=True)
    _check_required(schema, wanted.data | dict.fromkeys(wanted.operations, True))
    before = _shown(schema, old) if old else {key: column.default for key, column in schema.columns.items()}
    new = _operate(schema, wanted.operations, before)
    if old is None:
        return _insert(schema, row_id, wanted, allowed, new)
    # The whole row must be valid, and null columns get their defaults.
    new |= _fit(schema, _without(before | wanted.data, wanted.operations))
    _change(schema, old, new, allowed, wanted)
    return existing(schema, row_id)


def delete(schema: TableSchema, row_id: str, roles: Roles, stamp: str | None = None) -> None:
    row = existing(schema, row_id)
    require(schema, "delete", row, roles)
    check_unchanged(row, stamp)
    _remove(schema, row)


def assign(schema: TableSchema, row_id: str, column: str, value: str | None, roles: Roles) -> None:
    """Set the SQL column that stores a relationship; a change needs update permission."""
    row = existing(schema, row_id)
    (old,) = execute(f"SELECT {quoted(column)} FROM {schema.rows} WHERE _sequence = ?", [row.sequence]).fetchone()
    if old != value:
        require(schema, "update", row, roles)
        _change(schema, row, {column: value}, None, _Sent({}))


def increment(schema: TableSchema, row_id: str, key: str, by: float, limit: float | None, roles: Roles) -> Row:
    """Add `by`, which may be negative, unless the sum passes `limit`. The column's own range is ignored.

    The response contains the sum, counting null as 0. As on the real server, the stored value is what SQL computes:
    null stays null, and integer columns round fractions.
    """
    column = schema.columns.get(key)
    if column is None:
        raise AppwriteError("column_not_found")
    if column.array or column.type not in ("integer", "bigint", "double"):
        raise AppwriteError("attribute_type_invalid", f"Column `{key}` is not a number.")
    row = reading.get(schema, row_id)
    if row is None:
        raise AppwriteError("column_not_found", "There is no row with this id.")  # the type the real server answers
    require(schema, "update", row, roles)
    old: float | None = row.data[key]
    value = (old or 0) + by
    if limit is not None and (value > limit if by > 0 else value < limit):
        raise AppwriteError("column_limit_exceeded", f"Column `{key}` would exceed the limit.")
    try:
        whole = round(value)  # raises OverflowError for infinity
        kept = float(value) if column.type == "double" else column.check_fits(whole)
    except OverflowError:
        raise AppwriteError("column_limit_exceeded", f"Column `{key}` would exceed the size of its type.") from None
    _change(schema, row, {key: None if old is None else kept}, None, _Sent({}))
    changed = existing(schema, row_id)
    changed.data[key] = kept if value == kept else value
    return changed


def _same(old: Any, new: Any) -> bool:
    """Compare like PHP's ===, but treat 1.0 and 1 as equal."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


def _without(data: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _operate(schema: TableSchema, wanted: dict[str, operators.Operator], before: dict[str, Any]) -> dict[str, Any]:
    """Return the stored values of columns changed by operators."""
    changed = {}
    try:
        for key, operator in wanted.items():
            column = schema.columns.get(key)
            if column is None:
                raise _invalid(f"unknown column `{key}`")
            changed[key] = values.stored(column, operators.apply(operator, column, before[key]))
    except values.InvalidValueError as reason:
        raise _invalid(reason) from None
    return changed


# -- many rows: the caller is an API key -------------------------------------------------------------------------------


def update_many(
    schema: TableSchema, wanted: queries.Queries, sent: dict[str, Any], allowed: list[str] | None
) -> list[Row]:
    """Update every row that matches the queries; only the columns in `sent` are validated."""
    change = _sort_out(sent, None, with_operators=True)
    new = _fit(schema, change.data)
    for key in change.data:
        if schema.columns[key].required and new[key] is None:
            raise _invalid(f"column `{key}` is required")
    found = all_of(schema, wanted)
    for row in found:
        _change(schema, row, new | _operate(schema, change.operations, _shown(schema, row)), allowed, change)
    return [existing(schema, row.id) for row in found]


def delete_many(schema: TableSchema, wanted: queries.Queries) -> list[Row]:
    """Delete every row that matches the queries."""
    found = all_of(schema, wanted)
    for row in found:
        _remove(schema, row)
    return found


def all_of(schema: TableSchema, wanted: queries.Queries) -> list[Row]:
    """Return every row that matches the queries, with all columns."""
    wanted.limit = -1 if wanted.limit is None else wanted.limit
    wanted.select = []
    return reading.find(schema, wanted, None)


# -- in SQL ------------------------------------------------------------------------------------------------------------


def _insert(
    schema: TableSchema, row_id: str, wanted: _Sent, allowed: list[str], operated: dict[str, Any] | None = None
) -> Row:
    """`operated`: stored values that operators computed from column defaults."""
    defaults = {key: None for key, column in schema.columns.items() if column.default is not None}
    data = _fit(schema, defaults | wanted.data) | (operated or {})
    now = clock.iso(clock.now())
    try:
        store(schema, row_id, wanted.created or now, wanted.updated or now, allowed, data)
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists") from None
    reading.changed(schema)
    return existing(schema, row_id)


def store(
    schema: TableSchema, row_id: str, created: str, updated: str, allowed: list[str], data: dict[str, Any]
) -> None:
    """Insert a row and its reader roles without any checks.

    Raise sqlite3.IntegrityError if another row has the same ID or the same value in a unique index.
    """
    names = ", ".join(["_id", "_created", "_updated", "_permissions", *map(quoted, data)])
    places = ", ".join("?" * (4 + len(data)))
    stored = [row_id, created, updated, json.dumps(allowed), *data.values()]
    sequence = execute(f"INSERT INTO {schema.rows} ({names}) VALUES ({places})", stored).lastrowid
    _admit_readers(schema, int(sequence or 0), allowed)


def _change(schema: TableSchema, row: Row, data: dict[str, Any], allowed: list[str] | None, times: _Sent) -> None:
    """Store these columns, the permissions unless None, and a new `$updatedAt`."""
    new = {"_updated": times.updated or clock.iso(clock.now()), **{quoted(key): value for key, value in data.items()}}
    if times.created:
        new["_created"] = times.created
    if allowed is not None and allowed != row.permissions:
        new["_permissions"] = json.dumps(allowed)
        execute(f"DELETE FROM {schema.readers} WHERE row = ?", [row.sequence])
        _admit_readers(schema, row.sequence, allowed)
    settings = ", ".join(f"{name} = ?" for name in new)
    try:
        execute(f"UPDATE {schema.rows} SET {settings} WHERE _sequence = ?", [*new.values(), row.sequence])
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists", "Another row has the same value in a unique index.") from None
    reading.changed(schema)


def _admit_readers(schema: TableSchema, sequence: int, allowed: list[str]) -> None:
    for role in _readers(tuple(allowed)):
        execute(f"INSERT INTO {schema.readers} (row, role) VALUES (?, ?)", [sequence, role])


@lru_cache(4096)
def _readers(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(permissions.roles_for(allowed, "read"))


def _remove(schema: TableSchema, row: Row) -> None:
    execute(f"DELETE FROM {schema.rows} WHERE _sequence = ?", [row.sequence])
    execute(f"DELETE FROM {schema.readers} WHERE row = ?", [row.sequence])
    reading.changed(schema)
