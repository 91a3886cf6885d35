"""Reading rows: one, a list of them, how many there are."""

# Names come from rows.shapes, conditions from queries: values only ever go through places.
# ruff: noqa: S608

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from appwrite_emulator import queries, state
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.rows.connection import execute
from appwrite_emulator.rows.shapes import Shape, quoted

MOST_COUNTED = 5000
"""Where `total` stops."""

FEW = 500
"""Callers who may read no more rows than this have their rows looked up; of all others each row is asked."""

MANY = 1000
"""When this many rows fit the filters, a page of them is found sooner by walking in order and leaving out the rest."""

Filters = Sequence[queries.Filter | queries.Group | queries.Through]
_SYSTEM = ("_sequence", "_id", "_created", "_updated", "_permissions")


@dataclass
class Row:
    """One stored row: `data` holds the columns that were read, as they stand in SQLite.

    `related` holds the rows inside it, where they were asked for (populating.py); a row that is hidden is None.
    """

    sequence: int
    id: str
    created: str
    updated: str
    permissions: list[str]
    data: dict[str, Any]
    related: dict[str, Any] | None = None


def _columns(keys: Iterable[str]) -> str:
    return ", ".join([*_SYSTEM, *map(quoted, keys)])


def _row(stored: tuple[Any, ...], keys: Iterable[str]) -> Row:
    sequence, row_id, created, updated, permissions, *data = stored
    return Row(sequence, row_id, created, updated, json.loads(permissions), dict(zip(keys, data, strict=True)))


def get(shape: Shape, row_id: str, select: Collection[str] = ()) -> Row | None:
    """The row with this id, whoever may see it."""
    keys = selected(shape, select)
    found = execute(f"SELECT {_columns(keys)} FROM {shape.rows} WHERE _id = ?", [row_id]).fetchone()
    return _row(found, keys) if found else None


def selected(shape: Shape, select: Collection[str]) -> list[str]:
    """The columns to read, in the table's order; all of them for nothing selected and for `*`."""
    if not select or "*" in select:
        return list(shape.columns)
    return [key for key in shape.columns if key in select]


def find(shape: Shape, wanted: queries.Queries, roles: Collection[str] | None) -> list[Row]:
    """The rows asked for that one of `roles` may read; None reads all."""
    keys = selected(shape, wanted.select)
    filters = _unindexed(wanted.filters) if _better_walk(shape, wanted) else wanted.filters
    condition, values = _condition(shape, filters, roles)
    order = queries.ordering(wanted, "_sequence")
    if wanted.cursor is not None:
        beyond, more = queries.beyond(order, _position(shape, wanted.cursor, order), wanted.backwards)
        condition, values = f"{condition} AND ({beyond})", [*values, *more]
    sort = "random()" if wanted.random else queries.order_by(order, wanted.backwards)
    limit = queries.DEFAULT_LIMIT if wanted.limit is None else wanted.limit
    sql = f"SELECT {_columns(keys)} FROM {shape.rows} WHERE {condition} ORDER BY {sort} LIMIT ? OFFSET ?"
    rows = [_row(found, keys) for found in execute(sql, [*values, limit, wanted.offset or 0])]
    return rows[::-1] if wanted.backwards else rows


def find_by(
    shape: Shape, column: str, condition: str, values: Sequence[Any], select: Collection[str]
) -> list[tuple[Any, Row]]:
    """The rows that fit a condition in SQL, in order of creation, each after its value in one SQL column."""
    keys = selected(shape, select)
    sql = f"SELECT {column}, {_columns(keys)} FROM {shape.rows} WHERE {condition} ORDER BY _sequence"
    return [(found[0], _row(found[1:], keys)) for found in execute(sql, values)]


def _position(shape: Shape, cursor: str, order: list[tuple[str, bool]]) -> list[Any]:
    """The cursor's keys. It may be a row the caller cannot read, and need not match the filters."""
    keys = ", ".join(sql for sql, _ in order)
    position = execute(f"SELECT {keys} FROM {shape.rows} WHERE _id = ?", [cursor]).fetchone()
    if position is None:
        raise AppwriteError("general_cursor_not_found")
    if None in position:
        raise AppwriteError("database_query_order_null")
    return list(position)


def _condition(shape: Shape, filters: Filters, roles: Collection[str] | None) -> queries.Sql:
    condition, values = queries.where(filters)
    if roles is None:
        return condition, values
    mine, held = _readable_by(shape, roles)
    return f"({condition}) AND {mine}", [*values, *held]


def _readable_by(shape: Shape, roles: Collection[str]) -> queries.Sql:
    """The condition for rows that one of these roles may read, whatever the table says."""
    held = sorted(roles)
    places = ", ".join("?" * len(held))
    if _count_readable(shape, held, places) <= FEW:
        mine = f"_sequence IN (SELECT row FROM {shape.readers} WHERE role IN ({places}))"
    else:
        mine = f"EXISTS (SELECT 1 FROM {shape.readers} WHERE row = _sequence AND role IN ({places}))"
    return mine, held


def readable(shape: Shape, roles: Collection[str] | None) -> queries.Sql | None:
    """The condition for rows that a caller with these roles may read; None when neither table nor rows let them."""
    if roles is None or not shape.allowed["read"].isdisjoint(roles):
        return "1", []
    return _readable_by(shape, roles) if shape.row_security else None


def within_reach(shape: Shape, filters: Filters, roles: Collection[str] | None) -> list[Any]:
    """The filters, which find no more of related rows than a caller with these roles may read."""
    return [_within_reach(shape, each, roles) if isinstance(each, queries.Through) else each for each in filters]


def _within_reach(shape: Shape, wanted: queries.Through, roles: Collection[str] | None) -> queries.Through:
    related = shape.other(shape.related[wanted.relation.key])
    inside = tuple(within_reach(related, wanted.filters, roles))
    return replace(wanted, filters=inside, also=readable(related, roles) or ("0", []))


def _better_walk(shape: Shape, wanted: queries.Queries) -> bool:
    """Whether SQLite, which does not know how many rows fit, would collect and sort where it should walk in order.

    It is so when filter and order each have an index, no index has both, and the filters leave many rows.
    """
    if not wanted.orders or wanted.orders[0].attribute is None or wanted.random:
        return False
    by = wanted.orders[0].attribute.key
    equal = {f.attribute.key for f in wanted.filters if isinstance(f, queries.Filter) and f.method == "equal"}
    if by not in shape.leading or equal.isdisjoint(shape.leading):
        return False
    for index in shape.joint:
        before = index.columns[: index.columns.index(by)] if by in index.columns else []
        if before and equal.issuperset(before):
            return False
    condition, values = queries.where(wanted.filters)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {shape.rows} WHERE {condition} LIMIT {MANY})"
    return _count(_version(shape), sql, values) >= MANY


def _unindexed(filters: Filters) -> list[queries.Filter | queries.Group]:
    """The filters so written that SQLite finds no index for the equal ones."""
    return [
        replace(f, attribute=replace(f.attribute, sql=f"+{f.attribute.sql}"))
        if isinstance(f, queries.Filter) and f.method == "equal"
        else f
        for f in filters
    ]


# -- totals -----------------------------------------------------------------------------------------------------------

# Counting is the dearest part of a list, and most lists are asked for again before anything changes. A count is kept
# under the number of changes its table had seen before it was made, so that a change makes it worthless at once.
_changes: defaultdict[int, int] = defaultdict(int)
_resets = 0
_counts: dict[tuple[Any, ...], int] = {}
_MOST_KEPT = 2000
_LONGEST_KEPT = 4000


def total(shape: Shape, wanted: queries.Queries, roles: Collection[str] | None) -> int:
    """How many rows the filters find that one of `roles` may read, at most 5000. Pages and cursors do not matter."""
    version = _version(shape)
    condition, values = _condition(shape, wanted.filters, roles)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {shape.rows} WHERE {condition} LIMIT {MOST_COUNTED})"
    if any(isinstance(each, queries.Through) for each in wanted.filters):
        return int(execute(sql, values).fetchone()[0])  # it rests on other tables as well
    return _count(version, sql, values)


def made_before(shape: Shape, time: str) -> int:
    """How many of the rows there are were made before this time."""
    return int(execute(f"SELECT count(*) FROM {shape.rows} WHERE _created < ?", [time]).fetchone()[0])


def _count_readable(shape: Shape, roles: list[str], places: str) -> int:
    """How many rows these roles may read, counted no further than needed to know that they are not few."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {shape.readers} WHERE role IN ({places}) LIMIT {FEW + 1})"
    return _count(_version(shape), sql, roles)


def _version(shape: Shape) -> tuple[int, int, int]:
    return shape.sequence, _resets, _changes[shape.sequence]


def _count(version: tuple[int, int, int], sql: str, values: list[Any]) -> int:
    name = (version, sql, *values)
    if (count := _counts.get(name)) is None:
        (count,) = execute(sql, values).fetchone()
        uncommitted = transaction.get_connection().in_atomic_block
        if not uncommitted and sum(len(str(value)) for value in values) < _LONGEST_KEPT:
            if len(_counts) >= _MOST_KEPT:
                _counts.clear()
            _counts[name] = count
    return count


def changed(shape: Shape) -> None:
    """Say that rows changed: counts made before the commit are then worth nothing."""
    sequence = shape.sequence

    def count_one_more() -> None:
        _changes[sequence] += 1

    transaction.on_commit(count_one_more)


@state.forgets
def forget() -> None:
    """Drop all counts."""
    global _resets
    _resets += 1
    _counts.clear()
