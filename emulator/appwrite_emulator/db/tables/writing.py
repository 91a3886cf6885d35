"""Write rows, and check permissions, timestamps and structure.

All writes have the same steps: split the payload, check permissions, validate and convert the values, write the row,
and return it as written.

`roles` are the caller's roles. None means an API key, which can perform every action and set timestamps. All
functions run in the request's transaction, which holds the write lock, so no other request can change data meanwhile.
"""

# Table and column names come from table_schema, and values are always bound as parameters.
# ruff: noqa: S608

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList, missing_permission_message
from appwrite_emulator.db import php_dates, queries
from appwrite_emulator.db.collation import SqlValue
from appwrite_emulator.db.models import Column
from appwrite_emulator.db.tables import operators, reading
from appwrite_emulator.db.tables.column_types import ColumnType, InvalidValueError
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.operators import Operator
from appwrite_emulator.db.tables.reading import Roles, Row
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted

Stored = dict[str, SqlValue]
"""Columns of a row, as SQLite stores them."""
ROW_ACTIONS = ("read", "update", "delete")
"""Actions that a row's permissions can allow."""
_NOT_DATA = {"$id", "$sequence", "$permissions", "$createdAt", "$updatedAt", "$tableId", "$databaseId", "$collectionId"}


@dataclass
class _Changes:
    """The changes in a payload: columns, operators, and timestamps if the caller is allowed to set them."""

    columns: dict[str, Any]
    operators: dict[str, Operator] = field(default_factory=dict)
    created: str | None = None
    updated: str | None = None

    def sets(self, key: str) -> bool:
        return key in self.columns or key in self.operators


def _invalid(reason: object) -> AppwriteError:
    return AppwriteError("row_invalid_structure", "Invalid document structure: %s", subject=str(reason))


def _split(payload: dict[str, Any], roles: Roles, *, with_operators: bool = False) -> _Changes:
    """Split a payload into columns, timestamps and operators.

    Ignore system columns that the caller cannot set, so that clients can send back a complete row.
    """
    changes = _Changes({})
    for key, value in payload.items():
        if key in _NOT_DATA:
            continue
        if with_operators and (operator := operators.parse(value)):
            changes.operators[key] = operator
        else:
            changes.columns[key] = value
    if roles is None:
        changes.created, changes.updated = _time(payload.get("$createdAt")), _time(payload.get("$updatedAt"))
    return changes


def _time(value: Any) -> str | None:
    """Normalise `$createdAt` or `$updatedAt`. An empty string is invalid, unlike in datetime columns."""
    if value is None:
        return None
    if isinstance(value, str) and value:
        with suppress(ValueError):
            return php_dates.normal(value)
    raise _invalid("$createdAt and $updatedAt must be dates and times")


# -- permissions -------------------------------------------------------------------------------------------------------


def is_allowed(schema: TableSchema, action: str, row: Row | None, roles: Roles) -> bool:
    """Return whether `roles` can perform `action`.

    The table's permissions or, with row security, the row's permissions must allow it.
    """
    if roles is None or schema.permissions.allows(action, roles):
        return True
    return bool(row and schema.row_security and row.permissions.allows(action, roles))


def require(schema: TableSchema, action: str, row: Row | None, roles: Roles) -> None:
    """Raise 401 `user_unauthorized` unless one of `roles` can perform `action`."""
    if not is_allowed(schema, action, row, roles):
        # As in Appwrite, only the error for a new row says which permissions are missing.
        if action == "create":
            message = missing_permission_message(action, schema.permissions.roles_for(action), roles or ())
            raise AppwriteError("user_unauthorized", "%s", subject=message)
        raise AppwriteError("user_unauthorized")


def check_unchanged(row: Row, stamp: str | None) -> None:
    """Raise 409 `row_update_conflict` if the row has changed since the time `stamp`."""
    if stamp is not None and row.updated > stamp:
        raise AppwriteError("row_update_conflict")


def existing(schema: TableSchema, row_id: str) -> Row:
    """Return the row with the ID `row_id`, or raise 404 `row_not_found`."""
    row = reading.get(schema, row_id)
    if row is None:
        raise AppwriteError("row_not_found", subject=row_id)
    return row


# -- validation --------------------------------------------------------------------------------------------------------


def _parse(schema: TableSchema, columns: dict[str, Any]) -> Stored:
    """Validate a payload's columns and convert them for storage.

    If the column has a default, null becomes the default.
    """
    try:
        return {key: _type(schema, key).parse(value) for key, value in columns.items()}
    except InvalidValueError as reason:
        raise _invalid(reason) from None


def _type(schema: TableSchema, key: str) -> ColumnType:
    if key not in schema.types:
        raise InvalidValueError(f'Unknown attribute: "{key}"')
    return schema.types[key]


def _check_required(schema: TableSchema, columns: dict[str, Any]) -> None:
    for key, column in schema.columns.items():
        if column.required and columns.get(key) is None:
            raise _invalid(f'Missing required attribute "{key}"')


def _check_stored(schema: TableSchema, columns: dict[str, Any]) -> None:
    """Check the values that the write leaves unchanged, because the whole row must be valid after every write."""
    try:
        for key, value in columns.items():
            schema.types[key].check_stored(value)
    except InvalidValueError as reason:
        raise _invalid(reason) from None


def _apply(schema: TableSchema, changes: _Changes, before: dict[str, Any]) -> Stored:
    """Return the stored values of the columns that operators change."""
    try:
        return {
            key: operators.apply(operator, _type(schema, key), before.get(key))
            for key, operator in changes.operators.items()
        }
    except InvalidValueError as reason:
        raise _invalid(reason) from None


def _show_as_sent(schema: TableSchema, row: Row, sent: dict[str, Any]) -> Row:
    """Return the row with the floats that the client sent. Later reads return the stored, rounded values."""
    for key in schema.floats:
        value = sent.get(key)
        if isinstance(value, float):
            row.data[key] = value
    return row


def _changed_row(schema: TableSchema, before: dict[str, Any], changes: _Changes) -> Stored:
    """Validate the whole row as it will be after the write. Return the stored values of the columns to write.

    A null column with a default gets the default on any write, even if nothing else changes.
    """
    unset = {key: None for key, value in before.items() if value is None and schema.columns[key].default is not None}
    columns = {key: value for key, value in unset.items() if not changes.sets(key)} | changes.columns
    new = _parse(schema, columns)
    _check_stored(schema, {key: value for key, value in before.items() if not changes.sets(key)})
    return new | _apply(schema, changes, before)


# -- one row -----------------------------------------------------------------------------------------------------------


def create(schema: TableSchema, row_id: str, payload: dict[str, Any], allowed: PermissionList, roles: Roles) -> Row:
    """Insert a row with the permissions `allowed`, filling in defaults."""
    require(schema, "create", None, roles)
    changes = _split(payload, roles)
    _check_required(schema, changes.columns)
    return _insert(schema, row_id, changes, allowed)


def update(
    schema: TableSchema,
    old: Row,
    payload: dict[str, Any],
    allowed: PermissionList | None,
    roles: Roles,
    stamp: str | None = None,
    *,
    changes_relations: bool = False,
) -> Row:
    """Update the columns in the payload. The whole row must be valid afterwards.

    An update that changes nothing needs only read permission. `changes_relations`: whether the write also changes
    related rows. The payload does not contain these changes.
    """
    if roles is not None and allowed is not None:
        allowed.check_grants(roles)
    changes = _split(payload, roles, with_operators=True)
    before = schema.shown(old.data)
    is_change = (
        changes_relations
        or bool(changes.operators)
        or any(key not in before or not _same(before[key], value) for key, value in changes.columns.items())
        or (allowed is not None and not allowed.has_same(old.permissions))
        or changes.created not in (None, old.created)
        or changes.updated not in (None, old.updated)
    )
    require(schema, "update" if is_change else "read", old, roles)
    check_unchanged(old, stamp)
    new = _changed_row(schema, before, changes)
    _check_required(schema, old.data | {key: value for key, value in new.items() if key not in changes.operators})
    if is_change:
        changed = _change(schema, old, new, allowed, changes.created, changes.updated)
        return _show_as_sent(schema, changed, changes.columns)
    if all(map(changes.sets, new)):
        return old
    return _change(schema, old, new, None, None, old.updated)


def upsert(
    schema: TableSchema,
    row_id: str,
    payload: dict[str, Any],
    allowed: PermissionList | None,
    roles: Roles,
    default: PermissionList,
) -> Row:
    """Create or update the row. In both cases, the payload must contain every required column.

    If the request contains no permissions, the caller must have the roles in the row's stored permissions. If a
    different row already has the same value in a unique index, raise an error. The real server would overwrite that
    row.
    """
    old = reading.get(schema, row_id)
    if allowed is None:
        allowed = old.permissions if old else default
    if roles is not None:
        allowed.check_grants(roles)
    require(schema, "update" if old else "create", old, roles)
    changes = _split(payload, roles, with_operators=True)
    _check_required(schema, changes.columns | dict.fromkeys(changes.operators, True))
    if old is None:
        defaults = {key: column.default for key, column in schema.columns.items()}
        return _insert(schema, row_id, changes, allowed, _apply(schema, changes, defaults))
    new = _changed_row(schema, schema.shown(old.data), changes)
    changed = _change(schema, old, new, allowed, changes.created, changes.updated)
    return _show_as_sent(schema, changed, changes.columns)


def delete(schema: TableSchema, row_id: str, roles: Roles, stamp: str | None = None) -> Row:
    """Delete the row and return it."""
    row = existing(schema, row_id)
    require(schema, "delete", row, roles)
    check_unchanged(row, stamp)
    remove(schema, row)
    return row


def assign(schema: TableSchema, row_id: str, column: str, value: str | None, roles: Roles) -> None:
    """Set the SQL column that stores a relationship. Changing its value requires update permission."""
    rows = reading.find_by(schema, quoted(column), "_id = ?", [row_id], ())
    if not rows:
        raise AppwriteError("row_not_found", subject=row_id)
    ((old_value, row),) = rows
    if old_value != value:
        require(schema, "update", row, roles)
        _change(schema, row, {column: value})


def check_countable(column: Column) -> None:
    """Raise 400 `attribute_type_invalid` unless the column can be incremented."""
    if column.array or column.type not in ("integer", "bigint", "double"):
        raise AppwriteError("attribute_type_invalid", f'tablesDB "{column.key}" is not a number')


def increment(
    schema: TableSchema,
    row_id: str,
    key: str,
    by: float,
    limit: float | None,
    roles: Roles,
    *,
    within_range: bool = False,
) -> Row:
    """Add `by`, which can be negative. Raise 400 `column_limit_exceeded` if the sum exceeds `limit`.

    Check the column's own range only if `within_range` is set.

    The response contains the sum, where null counts as 0. As on the real server, SQL computes the stored value: null
    stays null, and integer columns round fractions.
    """
    column = schema.columns.get(key)
    if column is None:
        raise AppwriteError("column_not_found", subject=key)
    check_countable(column)
    row = reading.get(schema, row_id)
    if row is None:
        raise AppwriteError("column_not_found", "Document not found")  # the real server's error type
    require(schema, "update", row, roles)
    old: float | None = row.data[key]
    value = (old or 0) + by
    if limit is not None and (value > limit if by > 0 else value < limit):
        raise AppwriteError(
            "column_limit_exceeded",
            f'tablesDB "{key}" has reached the {"maximum" if by > 0 else "minimum"} value of {limit}',
        )
    if within_range and not column.range[0] <= value <= column.range[1]:
        raise AppwriteError("column_limit_exceeded", f"Column `{key}` would leave its range.")
    try:
        whole = round(value)  # raises OverflowError for infinity
        stored = float(value) if column.type == "double" else column.check_fits(whole)
    except OverflowError:
        raise AppwriteError("column_limit_exceeded", f"Column `{key}` would exceed the size of its type.") from None
    changed = _change(schema, row, {key: None if old is None else stored})
    changed.data[key] = stored if value == stored else value
    return changed


def _same(old: Any, new: Any) -> bool:
    """Return whether the values are equal by PHP's ===, except that 1.0 equals 1."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


# -- operations on many rows, only with an API key
# -----------------------------------------------------------------------------------


def update_many(
    schema: TableSchema, matching: queries.Queries, payload: dict[str, Any], allowed: PermissionList | None
) -> list[Row]:
    """Update every row that matches the queries. Only the columns in the payload are validated."""
    changes = _split(payload, None, with_operators=True)
    new = _parse(schema, changes.columns)
    for key, value in new.items():
        if schema.columns[key].required and value is None:
            raise _invalid(f'Missing required attribute "{key}"')
    changed = (
        _change(
            schema,
            row,
            new | _apply(schema, changes, schema.shown(row.data)),
            allowed,
            changes.created,
            changes.updated,
        )
        for row in all_of(schema, matching)
    )
    return [_show_as_sent(schema, row, changes.columns) for row in changed]


def delete_many(schema: TableSchema, matching: queries.Queries) -> list[Row]:
    """Delete every row that matches the queries."""
    rows = all_of(schema, matching)
    for row in rows:
        remove(schema, row)
    return rows


def all_of(schema: TableSchema, matching: queries.Queries) -> list[Row]:
    """Return every row that matches the queries, with all columns."""
    matching.limit = -1 if matching.limit is None else matching.limit
    matching.select = []
    return reading.find(schema, matching, None)


# -- in SQL ------------------------------------------------------------------------------------------------------------


def _insert(
    schema: TableSchema,
    row_id: str,
    changes: _Changes,
    allowed: PermissionList,
    computed: Stored | None = None,
) -> Row:
    """Insert a row, and fill in the defaults.

    `computed`: stored values that operators have computed from the defaults.
    """
    defaults = {key: None for key, column in schema.columns.items() if column.default is not None}
    data = _parse(schema, defaults | changes.columns) | (computed or {})
    now = clock.iso(clock.now())
    try:
        row = store(schema, row_id, changes.created or now, changes.updated or now, allowed, data)
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists", subject=row_id) from None
    return _show_as_sent(schema, row, changes.columns)


def store(schema: TableSchema, row_id: str, created: str, updated: str, allowed: PermissionList, data: Stored) -> Row:
    """Insert a row and its reader roles without any checks.

    Raise sqlite3.IntegrityError if another row has the same ID, or the same value in a unique index.
    """
    names = ", ".join(["_id", "_created", "_updated", "_permissions", *map(quoted, data)])
    places = ", ".join("?" * (4 + len(data)))
    row = _write(
        schema,
        f"INSERT INTO {schema.rows} ({names}) VALUES ({places})",
        [row_id, created, updated, json.dumps(allowed.texts), *data.values()],
    )
    _store_readers(schema, row)
    return row


def _change(
    schema: TableSchema,
    row: Row,
    data: Stored,
    allowed: PermissionList | None = None,
    created: str | None = None,
    updated: str | None = None,
) -> Row:
    """Store the columns in `data`, a new `$updatedAt`, and the permissions in `allowed` unless it is None."""
    new: Stored = {"_updated": updated or clock.iso(clock.now()), **{quoted(key): value for key, value in data.items()}}
    if created:
        new["_created"] = created
    if allowed is not None and allowed != row.permissions:
        new["_permissions"] = json.dumps(allowed.texts)
    settings = ", ".join(f"{name} = ?" for name in new)
    try:
        changed = _write(
            schema, f"UPDATE {schema.rows} SET {settings} WHERE _sequence = ?", [*new.values(), row.sequence]
        )
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists", subject=row.id) from None
    if "_permissions" in new:
        execute(f"DELETE FROM {schema.readers} WHERE row = ?", [row.sequence])
        _store_readers(schema, changed)
    return changed


def _write(schema: TableSchema, sql: str, values: list[SqlValue]) -> Row:
    """Execute an INSERT or UPDATE of one row, and return the row as written."""
    (stored,) = execute(f"{sql} RETURNING {schema.all_sql}", values).fetchall()
    reading.invalidate_counts(schema)
    return reading.row_of(stored, schema.columns)


def _store_readers(schema: TableSchema, row: Row) -> None:
    for role in row.permissions.roles_for("read"):
        execute(f"INSERT INTO {schema.readers} (row, role) VALUES (?, ?)", [row.sequence, role])


def remove(schema: TableSchema, row: Row) -> None:
    """Delete a row and its reader roles without any checks."""
    execute(f"DELETE FROM {schema.rows} WHERE _sequence = ?", [row.sequence])
    execute(f"DELETE FROM {schema.readers} WHERE row = ?", [row.sequence])
    reading.invalidate_counts(schema)
