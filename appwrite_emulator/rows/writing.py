"""Writing rows, with the rules that stand between a request and a change: permissions, time stamps, structure.

`roles` are those of the caller; None is an API key, which may do everything and set the times itself. Everything here
runs inside the request's transaction, behind the write lock, so what was read stays true until it is written.
"""

# Names come from rows.shapes; values only ever go through places.
# ruff: noqa: S608

import json
import sqlite3
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from appwrite_emulator import clock, moments, permissions, queries
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.rows import operators, reading, values
from appwrite_emulator.rows.connection import execute
from appwrite_emulator.rows.reading import Row
from appwrite_emulator.rows.shapes import Shape, quoted

Roles = Collection[str] | None
_NOT_DATA = {"$id", "$sequence", "$permissions", "$createdAt", "$updatedAt", "$tableId", "$databaseId", "$collectionId"}


@dataclass
class _Sent:
    """What a request wants to write: columns, and the times if the caller may set them."""

    data: dict[str, Any]
    created: str | None = None
    updated: str | None = None
    operations: dict[str, operators.Operator] = field(default_factory=dict)


def _invalid(reason: object) -> AppwriteError:
    return AppwriteError("row_invalid_structure", f"Invalid row: {reason}.")


def _sort_out(sent: dict[str, Any], roles: Roles, *, with_operators: bool = False) -> _Sent:
    """Columns, times and operators apart. What the server itself sets is ignored, so a row can be sent back whole."""
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
    """One of the row's own times; unlike in a column, an empty text is none here."""
    if sent is None:
        return None
    if isinstance(sent, str) and sent:
        with suppress(ValueError):
            return moments.normal(sent)
    raise _invalid("$createdAt and $updatedAt must be times")


def _fit(shape: Shape, data: dict[str, Any]) -> dict[str, Any]:
    """The columns as they are stored. Null stands for the default, if there is one."""
    fitting = {}
    try:
        for key, value in data.items():
            column = shape.columns.get(key)
            if column is None:
                raise _invalid(f"there is no column {key}")
            value = column.default if value is None else values.as_sent(column, value)
            values.check(column, value)
            fitting[key] = values.stored(column, value)
    except values.Invalid as reason:
        raise _invalid(reason) from None
    return fitting


def _require(shape: Shape, data: dict[str, Any]) -> None:
    for key, column in shape.columns.items():
        if column.required and data.get(key) is None:
            raise _invalid(f"{key} is required")


def _shown(shape: Shape, row: Row) -> dict[str, Any]:
    """The row's values, those of lists that were never set as null."""
    return {
        key: show(value) if (show := shape.show[key]) and value is not None else value
        for key, value in row.data.items()
    }


def may(shape: Shape, action: str, row: Row | None, roles: Roles) -> bool:
    """Whether the table, or with row security the row, lets one of `roles` do `action`."""
    if roles is None or not shape.allowed[action].isdisjoint(roles):
        return True
    return bool(row and shape.row_security and permissions.allows(row.permissions, action, roles))


def demand(shape: Shape, action: str, row: Row | None, roles: Roles) -> None:
    """401 `user_unauthorized` unless one of `roles` may do `action`."""
    if not may(shape, action, row, roles):
        raise AppwriteError("user_unauthorized", f"No permission to {action} this.")


def demand_unchanged(row: Row, stamp: str | None) -> None:
    """409 `row_update_conflict` if the row changed later than the stamp."""
    if stamp is not None and row.updated > stamp:
        raise AppwriteError("row_update_conflict")


def existing(shape: Shape, row_id: str) -> Row:
    """The row with this id, or 404 `row_not_found`."""
    row = reading.get(shape, row_id)
    if row is None:
        raise AppwriteError("row_not_found")
    return row


# -- one row ----------------------------------------------------------------------------------------------------------


def create(shape: Shape, row_id: str, sent: dict[str, Any], allowed: list[str], roles: Roles) -> Row:
    """A new row with these permissions, its defaults filled in."""
    demand(shape, "create", None, roles)
    wanted = _sort_out(sent, roles)
    _require(shape, wanted.data)
    return _insert(shape, row_id, wanted, allowed)


def update(
    shape: Shape,
    row_id: str,
    sent: dict[str, Any],
    allowed: list[str] | None,
    roles: Roles,
    stamp: str | None = None,
    *,
    changes: bool = False,
) -> Row:
    """Change what is sent. The whole row has to fit its table afterwards. Who changes nothing needs only to read.

    `changes`: something about the row changes that is not sent here.
    """
    old = existing(shape, row_id)
    if roles is not None and allowed is not None:
        permissions.refuse_grants(allowed, roles)
    wanted = _sort_out(sent, roles, with_operators=True)
    before = _shown(shape, old)
    changes = (
        changes
        or bool(wanted.operations)
        or any(key not in before or not _same(before[key], value) for key, value in wanted.data.items())
        or (allowed is not None and set(allowed) != set(old.permissions))
        or wanted.created not in (None, old.created)
        or wanted.updated not in (None, old.updated)
    )
    demand(shape, "update" if changes else "read", old, roles)
    demand_unchanged(old, stamp)
    new = _fit(shape, _without(before | wanted.data, wanted.operations))
    _require(shape, old.data | new)
    new |= _operate(shape, wanted.operations, before)
    sent_keys = wanted.data.keys() | wanted.operations.keys()
    # What is null and has a default gets it with whatever is written, be that nothing else.
    new = {key: value for key, value in new.items() if key in sent_keys or (before[key] is None and value is not None)}
    if changes:
        _change(shape, old, new, allowed, wanted)
    elif new.keys() - sent_keys:
        _change(shape, old, new, None, _Sent({}, updated=old.updated))
    return existing(shape, row_id)


def upsert(
    shape: Shape, row_id: str, sent: dict[str, Any], allowed: list[str] | None, roles: Roles, default: list[str]
) -> Row:
    """Make the row, or change it; either way what is sent has to hold every required column.

    The roles of the row's stored permissions are asked for as if the caller had sent them. Unlike the real server, a
    value that another row holds under a unique index is refused, where that one would overwrite the other row.
    """
    old = reading.get(shape, row_id)
    if allowed is None:
        allowed = old.permissions if old else default
    if roles is not None:
        permissions.refuse_grants(allowed, roles)
    demand(shape, "update" if old else "create", old, roles)
    wanted = _sort_out(sent, roles, with_operators=True)
    _require(shape, wanted.data | dict.fromkeys(wanted.operations, True))
    before = _shown(shape, old) if old else {key: column.default for key, column in shape.columns.items()}
    new = _operate(shape, wanted.operations, before)
    if old is None:
        return _insert(shape, row_id, wanted, allowed, new)
    # The whole row has to fit, and what is null and has a default gets it.
    new |= _fit(shape, _without(before | wanted.data, wanted.operations))
    _change(shape, old, new, allowed, wanted)
    return existing(shape, row_id)


def delete(shape: Shape, row_id: str, roles: Roles, stamp: str | None = None) -> None:
    row = existing(shape, row_id)
    demand(shape, "delete", row, roles)
    demand_unchanged(row, stamp)
    _remove(shape, row)


def assign(shape: Shape, row_id: str, column: str, value: str | None, roles: Roles) -> None:
    """Set the SQL column in which a relationship is kept; if that changes it, the caller has to be let."""
    row = existing(shape, row_id)
    (old,) = execute(f"SELECT {quoted(column)} FROM {shape.rows} WHERE _sequence = ?", [row.sequence]).fetchone()
    if old != value:
        demand(shape, "update", row, roles)
        _change(shape, row, {column: value}, None, _Sent({}))


def increment(shape: Shape, row_id: str, key: str, by: float, limit: float | None, roles: Roles) -> Row:
    """Add `by` (below 0: take away) unless that passes `limit`. The column's own range does not matter.

    The answer is the sum, from nought where there was no number; what is kept is what SQL makes of it, as on the real
    server: null stays null, and a fraction in a column of whole numbers is rounded.
    """
    column = shape.columns.get(key)
    if column is None:
        raise AppwriteError("column_not_found")
    if column.array or column.type not in ("integer", "bigint", "double"):
        raise AppwriteError("attribute_type_invalid", f"{key} is no number.")
    row = reading.get(shape, row_id)
    if row is None:
        raise AppwriteError("column_not_found", "There is no row with this id.")  # so the real server says
    demand(shape, "update", row, roles)
    old: float | None = row.data[key]
    value = (old or 0) + by
    if limit is not None and (value > limit if by > 0 else value < limit):
        raise AppwriteError("column_limit_exceeded", f"{key} would pass its limit.")
    try:
        whole = round(value)  # what is beyond all numbers has none
        kept = float(value) if column.type == "double" else column.demand_room_for(whole)
    except OverflowError:
        raise AppwriteError("column_limit_exceeded", f"{key} would not fit its bytes.") from None
    _change(shape, row, {key: None if old is None else kept}, None, _Sent({}))
    changed = existing(shape, row_id)
    changed.data[key] = kept if value == kept else value
    return changed


def _same(old: Any, new: Any) -> bool:
    """As PHP's ===, but that a whole float is the number it is."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    return bool(old == new)


def _without(data: dict[str, Any], keys: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in keys}


def _operate(shape: Shape, wanted: dict[str, operators.Operator], before: dict[str, Any]) -> dict[str, Any]:
    """The stored values of columns that were changed by operators."""
    changed = {}
    try:
        for key, operator in wanted.items():
            column = shape.columns.get(key)
            if column is None:
                raise _invalid(f"there is no column {key}")
            changed[key] = values.stored(column, operators.apply(operator, column, before[key]))
    except values.Invalid as reason:
        raise _invalid(reason) from None
    return changed


# -- many rows: the caller is an API key ------------------------------------------------------------------------------


def update_many(shape: Shape, wanted: queries.Queries, sent: dict[str, Any], allowed: list[str] | None) -> list[Row]:
    """Change every row the queries find; only what is sent is looked at."""
    change = _sort_out(sent, None, with_operators=True)
    new = _fit(shape, change.data)
    for key in change.data:
        if shape.columns[key].required and new[key] is None:
            raise _invalid(f"{key} is required")
    found = all_of(shape, wanted)
    for row in found:
        _change(shape, row, new | _operate(shape, change.operations, _shown(shape, row)), allowed, change)
    return [existing(shape, row.id) for row in found]


def delete_many(shape: Shape, wanted: queries.Queries) -> list[Row]:
    """Remove every row the queries find."""
    found = all_of(shape, wanted)
    for row in found:
        _remove(shape, row)
    return found


def all_of(shape: Shape, wanted: queries.Queries) -> list[Row]:
    """Every row the queries find, whole."""
    wanted.limit = -1 if wanted.limit is None else wanted.limit
    wanted.select = []
    return reading.find(shape, wanted, None)


# -- in SQL -----------------------------------------------------------------------------------------------------------


def _insert(
    shape: Shape, row_id: str, wanted: _Sent, allowed: list[str], operated: dict[str, Any] | None = None
) -> Row:
    """`operated`: what operators made of the defaults of their columns, as it is stored."""
    defaults = {key: None for key, column in shape.columns.items() if column.default is not None}
    data = _fit(shape, defaults | wanted.data) | (operated or {})
    now = clock.iso(clock.now())
    try:
        store(shape, row_id, wanted.created or now, wanted.updated or now, allowed, data)
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists") from None
    reading.changed(shape)
    return existing(shape, row_id)


def store(shape: Shape, row_id: str, created: str, updated: str, allowed: list[str], data: dict[str, Any]) -> None:
    """Put a row into its table, and those who may read it beside it; nothing is looked at. Raises
    sqlite3.IntegrityError where another row has its id, or one of its values under a unique index."""
    names = ", ".join(["_id", "_created", "_updated", "_permissions", *map(quoted, data)])
    places = ", ".join("?" * (4 + len(data)))
    stored = [row_id, created, updated, json.dumps(allowed), *data.values()]
    sequence = execute(f"INSERT INTO {shape.rows} ({names}) VALUES ({places})", stored).lastrowid
    _admit_readers(shape, int(sequence or 0), allowed)


def _change(shape: Shape, row: Row, data: dict[str, Any], allowed: list[str] | None, times: _Sent) -> None:
    """Store these columns, and the permissions unless they are None. The time of change moves."""
    new = {"_updated": times.updated or clock.iso(clock.now()), **{quoted(key): value for key, value in data.items()}}
    if times.created:
        new["_created"] = times.created
    if allowed is not None and allowed != row.permissions:
        new["_permissions"] = json.dumps(allowed)
        execute(f"DELETE FROM {shape.readers} WHERE row = ?", [row.sequence])
        _admit_readers(shape, row.sequence, allowed)
    settings = ", ".join(f"{name} = ?" for name in new)
    try:
        execute(f"UPDATE {shape.rows} SET {settings} WHERE _sequence = ?", [*new.values(), row.sequence])
    except sqlite3.IntegrityError:
        raise AppwriteError("row_already_exists", "Another row holds this value under a unique index.") from None
    reading.changed(shape)


def _admit_readers(shape: Shape, sequence: int, allowed: list[str]) -> None:
    for role in _readers(tuple(allowed)):
        execute(f"INSERT INTO {shape.readers} (row, role) VALUES (?, ?)", [sequence, role])


@lru_cache(4096)
def _readers(allowed: tuple[str, ...]) -> frozenset[str]:
    return frozenset(permissions.roles_for(allowed, "read"))


def _remove(shape: Shape, row: Row) -> None:
    execute(f"DELETE FROM {shape.rows} WHERE _sequence = ?", [row.sequence])
    execute(f"DELETE FROM {shape.readers} WHERE row = ?", [row.sequence])
    reading.changed(shape)
