"""Read rows: one row (`get`), lists of rows (`find`), totals (`total`)."""

# Table and column names come from table_schema, conditions come from query_sql, and values are always bound as
# parameters.
# ruff: noqa: S608

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import transaction

from appwrite_emulator.common import permissions
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import queries, query_sql, state
from appwrite_emulator.db.collation import SqlValue
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.table_schema import TableSchema, sql_columns

MAX_TOTAL = 5000
"""Maximum value of `total`."""

MAX_IN_SUBQUERY = 500
"""Check permissions with an IN subquery if at most this many rows are readable, otherwise with EXISTS for each row."""

MIN_WALKED = 1000
"""If at least this many rows match, walking the sort index and filtering is faster than sorting the matches."""

Roles = Collection[str] | None
"""A caller's roles, or None for an API key, which is allowed to do everything."""
Filters = Sequence[queries.Filter | queries.Group | queries.Through]


@dataclass
class Row:
    """One stored row. `data` contains the columns that were read, as SQLite stores them.

    `related` contains the nested rows (nested_reads.py). Without nested rows, it is None.
    """

    sequence: int
    id: str
    created: str
    updated: str
    permissions: PermissionList
    data: dict[str, Any]
    related: dict[str, Any] | None = None


def row_of(stored: tuple[Any, ...], keys: Iterable[str]) -> Row:
    """Convert the result of selecting `sql_columns(keys)` to a row."""
    sequence, row_id, created, updated, allowed, *data = stored
    return Row(sequence, row_id, created, updated, permissions.from_json(allowed), dict(zip(keys, data, strict=True)))


def get(schema: TableSchema, row_id: str, select: Collection[str] = ()) -> Row | None:
    """Return the row with the ID `row_id`, or None if it does not exist. Permissions are not checked."""
    keys = selected(schema, select)
    stored = execute(f"SELECT {sql_columns(keys)} FROM {schema.rows} WHERE _id = ?", [row_id]).fetchone()
    return row_of(stored, keys) if stored else None


def selected(schema: TableSchema, select: Collection[str]) -> list[str]:
    """Return the keys of the columns to read, in table order. An empty selection, or `*`, means all columns."""
    if not select or "*" in select:
        return list(schema.columns)
    return [key for key in schema.columns if key in select]


def find(schema: TableSchema, parsed: queries.Queries, roles: Roles) -> list[Row]:
    """Return the requested rows that one of `roles` can read.

    If `roles` is None, do not check permissions.
    """
    keys = selected(schema, parsed.select)
    filters = _unindexed(parsed.filters) if _should_walk_index(schema, parsed) else parsed.filters
    condition, values = _condition(schema, filters, roles)
    order = query_sql.ordering(parsed, "_sequence")
    if parsed.cursor is not None:
        after, more = query_sql.after_cursor(order, _position(schema, parsed.cursor, order), parsed.backwards)
        condition, values = f"{condition} AND ({after})", [*values, *more]
    sort = "random()" if parsed.random else query_sql.order_by(order, parsed.backwards)
    limit = queries.DEFAULT_LIMIT if parsed.limit is None else parsed.limit
    sql = f"SELECT {sql_columns(keys)} FROM {schema.rows} WHERE {condition} ORDER BY {sort} LIMIT ? OFFSET ?"
    rows = [row_of(stored, keys) for stored in execute(sql, [*values, limit, parsed.offset or 0])]
    return rows[::-1] if parsed.backwards else rows


def find_by(
    schema: TableSchema, column: str, condition: str, values: Sequence[Any], select: Collection[str]
) -> list[tuple[Any, Row]]:
    """Return (value of an SQL column, row) for each row that matches an SQL condition, in order of creation."""
    keys = selected(schema, select)
    sql = f"SELECT {column}, {sql_columns(keys)} FROM {schema.rows} WHERE {condition} ORDER BY _sequence"
    return [(stored[0], row_of(stored[1:], keys)) for stored in execute(sql, values)]


def _position(schema: TableSchema, cursor: str, order: list[tuple[str, bool]]) -> list[SqlValue]:
    """Return the cursor row's sort values.

    The cursor row need not match the filters, and the caller need not be able to read it.
    """
    keys = ", ".join(sql for sql, _ in order)
    position = execute(f"SELECT {keys} FROM {schema.rows} WHERE _id = ?", [cursor]).fetchone()
    if position is None:
        raise AppwriteError("general_cursor_not_found")
    if None in position:
        raise AppwriteError("database_query_order_null")
    return list(position)


def _condition(schema: TableSchema, filters: Filters, roles: Roles) -> queries.Sql:
    condition, values = query_sql.where(filters)
    if roles is None:
        return condition, values
    readable_sql, more = _readable_by(schema, roles)
    return f"({condition}) AND {readable_sql}", [*values, *more]


def _readable_by(schema: TableSchema, roles: Collection[str]) -> queries.Sql:
    """Return the SQL condition for rows that one of `roles` can read according to the row's own permissions."""
    names = sorted(roles)
    places = ", ".join("?" * len(names))
    if _count_readable(schema, names, places) <= MAX_IN_SUBQUERY:
        condition = f"_sequence IN (SELECT row FROM {schema.readers} WHERE role IN ({places}))"
    else:
        condition = f"EXISTS (SELECT 1 FROM {schema.readers} WHERE row = _sequence AND role IN ({places}))"
    return condition, names


def readable(schema: TableSchema, roles: Roles) -> queries.Sql | None:
    """Return the SQL condition for rows that `roles` can read, or None if they cannot read any row of the table."""
    if roles is None or schema.permissions.allows("read", roles):
        return "1", []
    return _readable_by(schema, roles) if schema.row_security else None


def on_readable_rows(schema: TableSchema, filters: Filters, roles: Roles) -> list[Any]:
    """Return the filters. Those on related rows match only rows that `roles` can read."""
    return [_on_readable_rows(schema, each, roles) if isinstance(each, queries.Through) else each for each in filters]


def _on_readable_rows(schema: TableSchema, through: queries.Through, roles: Roles) -> queries.Through:
    related = schema.related_schema(schema.related[through.relation.key])
    filters = tuple(on_readable_rows(related, through.filters, roles))
    return replace(through, filters=filters, also=readable(related, roles) or ("0", []))


def _should_walk_index(schema: TableSchema, parsed: queries.Queries) -> bool:
    """Return whether SQLite should walk the sort index instead of collecting and sorting the matches.

    SQLite does not know how many rows match. Walking is faster if the filter and the order each have an index, no index
    covers both, and at least `MIN_WALKED` rows match.
    """
    if not parsed.orders or parsed.orders[0].attribute is None or parsed.random:
        return False
    by = parsed.orders[0].attribute.key
    equal = {f.attribute.key for f in parsed.filters if isinstance(f, queries.Filter) and f.method == "equal"}
    if by not in schema.indexed_first or equal.isdisjoint(schema.indexed_first):
        return False
    for index in schema.multi_column_indexes:
        before = index.columns[: index.columns.index(by)] if by in index.columns else []
        if before and equal.issuperset(before):
            return False
    condition, values = query_sql.where(parsed.filters)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {schema.rows} WHERE {condition} LIMIT {MIN_WALKED})"
    return _count(_version(schema), sql, values) >= MIN_WALKED


def _unindexed(filters: Filters) -> Filters:
    """In each `equal` filter, add a unary `+` before the column, so that SQLite uses no index for the filter."""
    return [
        replace(f, attribute=replace(f.attribute, sql=f"+{f.attribute.sql}"))
        if isinstance(f, queries.Filter) and f.method == "equal"
        else f
        for f in filters
    ]


# -- totals ------------------------------------------------------------------------------------------------------------

# Counting is the most expensive part of reading a list. Most lists are requested again before anything changes. The
# cache key contains the table's change counter, read before counting, so that any later change invalidates the count.
_MAX_COUNTS = 2000
_MAX_VALUES_LENGTH = 4000


@dataclass
class _CountCache:
    counts: dict[tuple[Any, ...], int] = field(default_factory=dict)
    changes: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    """Table sequence -> number of changes."""
    resets: int = 0


_cache = PerProject(_CountCache)


def total(schema: TableSchema, parsed: queries.Queries, roles: Roles) -> int:
    """Count the rows that match the filters and that one of `roles` can read, up to 5000.

    The limit and the cursor are ignored.
    """
    version = _version(schema)
    condition, values = _condition(schema, parsed.filters, roles)
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {schema.rows} WHERE {condition} LIMIT {MAX_TOTAL})"
    if any(isinstance(each, queries.Through) for each in parsed.filters):
        return int(execute(sql, values).fetchone()[0])  # not cached: this count also depends on other tables
    return _count(version, sql, values)


def count_created_before(schema: TableSchema, time: str) -> int:
    """Count the rows that were created before `time` and still exist."""
    return int(execute(f"SELECT count(*) FROM {schema.rows} WHERE _created < ?", [time]).fetchone()[0])


def _count_readable(schema: TableSchema, roles: list[str], places: str) -> int:
    """Count the rows that `roles` can read, up to `MAX_IN_SUBQUERY` + 1."""
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {schema.readers} WHERE role IN ({places}) LIMIT {MAX_IN_SUBQUERY + 1})"
    return _count(_version(schema), sql, roles)


def _version(schema: TableSchema) -> tuple[int, int, int]:
    cache = _cache()
    return schema.sequence, cache.resets, cache.changes[schema.sequence]


def _count(version: tuple[int, int, int], sql: str, values: Sequence[SqlValue]) -> int:
    name = (version, sql, *values)
    counts = _cache().counts
    if (count := counts.get(name)) is None:
        (count,) = execute(sql, values).fetchone()
        uncommitted = transaction.get_connection().in_atomic_block
        if not uncommitted and sum(len(str(value)) for value in values) < _MAX_VALUES_LENGTH:
            if len(counts) >= _MAX_COUNTS:
                counts.clear()
            counts[name] = count
    return count


def invalidate_counts(schema: TableSchema) -> None:
    """Invalidate this table's cached counts when the transaction is committed."""
    sequence = schema.sequence

    def increment_version() -> None:
        _cache().changes[sequence] += 1

    transaction.on_commit(increment_version)


@state.on_cache_clear
def clear_cache() -> None:
    """Drop all cached counts."""
    cache = _cache()
    cache.resets += 1
    cache.counts.clear()
