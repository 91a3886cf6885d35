"""Convert parsed queries to SQL: the condition for their filters, the order, and the position of a cursor.

    sql, values = query_sql.where(parsed.filters)

An `Attribute` contains its column's SQL, so the same conditions work for rows in their own tables
(db/tables/reading.py) and for Django models (services/lists.py). The rules follow the recorded behaviour of a real
Appwrite 1.9.6 with MariaDB (tests/contract, tablesdb.queries).
"""

# Column names come from validated keys, and values are always bound as parameters.
# ruff: noqa: S608

from collections.abc import Iterable, Sequence
from typing import Any

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import collation, geometry
from appwrite_emulator.db.collation import SqlValue
from appwrite_emulator.db.queries import (
    COMPARISONS,
    DISTANCES,
    NEGATED_SPATIAL,
    NO_VALUES,
    ON_LISTS,
    ON_TEXT,
    SPATIAL,
    TEXT_KINDS,
    TWO_VALUES,
    Attribute,
    Filter,
    Group,
    Queries,
    Sql,
    Through,
)


def where(filters: Iterable[Filter | Group | Through], joint: str = "AND") -> Sql:
    """Return the filters as one SQL condition, or `1` if there are none."""
    conditions: list[str] = []
    values: list[SqlValue] = []
    for part in filters:
        if isinstance(part, Filter):
            sql, more = _condition(part)
        elif isinstance(part, Group):
            sql, more = where(part.filters, part.method.upper())
        else:
            inner, more = where(part.filters)
            sql, more = part.relation.exists_sql.format(f"({inner}) AND {part.also[0]}"), [*more, *part.also[1]]
        conditions.append(f"({sql})")
        values += more
    return f" {joint} ".join(conditions) or "1", values


def _condition(filter_: Filter) -> Sql:
    method, attribute = filter_.method, filter_.attribute
    values: list[Any] = list(filter_.values)  # values of the type that `attribute` accepts
    if method in NO_VALUES:
        return f"{attribute.sql} IS {'NOT ' if method == 'isNotNull' else ''}NULL", []
    if attribute.kind in geometry.TYPES:
        return _spatial_condition(method, attribute, values)
    if method in ("search", "notSearch"):
        return _search(attribute, values[0], method == "notSearch")
    if attribute.array:
        return _in_list(method, attribute, values)
    if method in ON_TEXT or method in ON_LISTS:
        return _in_text(method, attribute, values)
    if attribute.kind == "text":
        values = [collation.fold(value) for value in values]
    sql = attribute.compared
    if method == "equal":
        return (f"{sql} = ?" if len(values) == 1 else f"{sql} IN ({_places(values)})"), values
    if method == "notEqual":
        return f"{sql} <> ?", values
    if method in TWO_VALUES:
        return f"{sql} {'NOT ' if method == 'notBetween' else ''}BETWEEN ? AND ?", values
    return f"{sql} {COMPARISONS[method]} ?", values


def _spatial_condition(method: str, attribute: Attribute, values: list[SqlValue]) -> Sql:
    """Return a condition that calls the SQL functions registered by `geometry`."""
    if method in DISTANCES:
        return f"distance({attribute.sql}, ?, ?) {DISTANCES[method]} ?", values
    if method in SPATIAL:
        return f"spatial_relation(?, {attribute.sql}, ?)", [SPATIAL[method], *values]
    return f"NOT spatial_relation(?, {attribute.sql}, ?)", [NEGATED_SPATIAL[method], *values]


def _places(values: Sequence[SqlValue]) -> str:
    return ", ".join("?" * len(values))


def _search(attribute: Attribute, sought: str, negated: bool) -> Sql:
    """Return a full-text condition. For a phrase, the condition also checks that the words are in order."""
    search = parse_search(sought)
    if not search.match:
        return ("1" if negated else "0"), []
    sql, values = attribute.search_sql, [search.match]
    if search.is_phrase:
        sql, values = f"{sql} AND has_phrase({attribute.sql}, ?)", [search.match, search.phrase]
    return (f"NOT ({sql})" if negated else sql), values


def parse_search(sought: str) -> collation.Search:
    """Return the parsed search. Raise AppwriteError with status 500 if the search makes the real server fail."""
    try:
        return collation.Search(sought)
    except collation.SearchError:
        raise AppwriteError(
            "general_unknown", "MariaDB cannot parse a search that contains only percent signs."
        ) from None


def _in_list(method: str, attribute: Attribute, values: list[SqlValue]) -> Sql:
    """Build a condition on an array column. Compare items exactly."""
    one = f"EXISTS (SELECT 1 FROM json_each({attribute.sql}) WHERE value = ?)"
    if method == "containsAll":
        return " AND ".join([one] * len(values)), values
    some = f"EXISTS (SELECT 1 FROM json_each({attribute.sql}) WHERE value IN ({_places(values)}))"
    return (f"{attribute.sql} IS NOT NULL AND NOT {some}" if method == "notContains" else some), values


def _in_text(method: str, attribute: Attribute, values: list[SqlValue]) -> Sql:
    """Build the condition of a substring query. As in LIKE, ignore case and accents, but not trailing spaces."""
    sql, sought = _as_text(attribute, values)
    if method in ("startsWith", "notStartsWith"):
        if method == "notStartsWith" or attribute.kind not in TEXT_KINDS:
            sign = "=" if method == "startsWith" else "<>"
            return f"substr({sql}, 1, ?) {sign} ?", [len(sought[0]), sought[0]]
        # The range condition can use an index on fold(). The substring comparison then finds the exact matches.
        first = sought[0].rstrip(" ")
        beginning = f"{attribute.compared} >= ? AND {attribute.compared} < ? AND substr({sql}, 1, ?) = ?"
        return beginning, [first, first + "\U0010ffff", len(sought[0]), sought[0]]
    if method in ("endsWith", "notEndsWith"):
        sign = "=" if method == "endsWith" else "<>"
        return f"substr({sql}, length({sql}) - ? + 1) {sign} ?", [len(sought[0]), sought[0]]
    if method == "containsAll":
        # containsAll is meant for arrays. For a text column, the real server uses LIKE, so one matching value is enough
        # and values may contain wildcards.
        return " OR ".join([f"{sql} LIKE ? ESCAPE '\\'"] * len(sought)), sought
    contains = " OR ".join([f"instr({sql}, ?) > 0"] * len(sought))
    return (f"NOT ({contains})" if method == "notContains" else contains), sought


def _as_text(attribute: Attribute, values: list[Any]) -> tuple[str, list[str]]:
    """Return the column's SQL and the values in the form that LIKE compares. Numbers become strings of digits."""
    sql = attribute.sql
    if attribute.kind in TEXT_KINDS:
        return f"letters({sql})", [collation.letters(value) for value in values]
    if attribute.kind == "float":
        return f"CASE WHEN {sql} IS NOT NULL THEN printf('%.15g', {sql}) END", [f"{value:.15g}" for value in values]
    return f"CAST({sql} AS TEXT)", [str(value) for value in values]


def ordering(parsed: Queries, sequence: str) -> list[tuple[str, bool]]:
    """Return the sort keys as (SQL expression, descending). Rows with equal keys stay in order of creation."""
    keys: list[tuple[str, bool]] = []
    for order in parsed.orders:
        if order.attribute is None:
            return [*keys, (sequence, order.descending)]
        keys.append((order.attribute.compared, order.descending))
    return [*keys, (sequence, False)]


def order_by(keys: Iterable[tuple[str, bool]], backwards: bool = False) -> str:
    """Return the ORDER BY clause. `backwards` reverses it, to read the page before a cursor."""
    return ", ".join(f"{sql} {'DESC' if descending != backwards else 'ASC'}" for sql, descending in keys)


def after_cursor(keys: list[tuple[str, bool]], at: Sequence[SqlValue], backwards: bool) -> Sql:
    """Return the condition for rows after the cursor, or before it if `backwards`.

    `at`: the cursor row's sort values.
    """
    alternatives: list[str] = []
    values: list[SqlValue] = []
    for n, (sql, descending) in enumerate(keys):
        equal = [f"{earlier} = ?" for earlier, _ in keys[:n]]
        alternatives.append(" AND ".join([*equal, f"{sql} {'<' if descending != backwards else '>'} ?"]))
        values += at[: n + 1]
    first, descending = keys[0]
    # This condition is redundant, but it lets SQLite start at the cursor in the index.
    range_ = f"{first} {'<=' if descending != backwards else '>='} ?"
    return f"{range_} AND ({' OR '.join(f'({part})' for part in alternatives)})", [at[0], *values]
