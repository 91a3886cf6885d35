"""Nest related rows in the rows that refer to them (`populateDocumentsRelationships` in utopia-php/database).

Reads nest the selected columns (`author.*`). Writes nest everything, three levels deep. In a two-way relationship, a
nested row omits the reference back to the outer row, so that nesting cannot recurse forever.
"""

# Table and column names come from table_schema and relationships, and values are always bound as parameters.
# ruff: noqa: S608

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import queries
from appwrite_emulator.db.tables import reading
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.reading import Roles, Row
from appwrite_emulator.db.tables.relationships import MAX_DEPTH, Relation
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted

Selected = Mapping[str, Sequence[str]] | None
"""Selected columns by relationship key. None selects everything."""


@dataclass(frozen=True)
class RelatedRow:
    """A nested row.

    `row` is None if the row was deleted or the caller is not allowed to read it. In its place, the real server then
    returns only the IDs of its database and table after a write, and an empty list on a read.
    """

    schema: TableSchema
    row: Row | None


def populate(schema: TableSchema, rows: Sequence[Row], nested: Selected, roles: Roles) -> None:
    """Nest the related rows in `rows`, but only those that one of `roles` can read.

    If `roles` is None, all rows are readable. Raise 401 `user_unauthorized` if the roles cannot read any row of the
    related table.
    """
    if rows:
        _populate(schema, rows, nested, roles, depth=0, back="")


def _populate(
    schema: TableSchema, rows: Sequence[Row], nested: Selected, roles: Roles, *, depth: int, back: str
) -> None:
    for key, relation in schema.related.items():
        if key == back or (nested is not None and key not in nested):
            continue
        if depth + 1 >= MAX_DEPTH:
            for row in rows:
                row.data.pop(key, None)
            continue
        related = schema.related_schema(relation)
        keys = None if nested is None else nested[key]
        selection = queries.Queries() if keys is None else queries.selection(keys, related.attributes)
        unseen: RelatedRow | list[RelatedRow] = RelatedRow(related, None) if nested is None else []
        children = _find(relation, related, rows, selection.select, roles, unseen)
        if children:
            deeper = None if nested is None else selection.nested
            way_back = relation.back_key if relation.two_way else ""
            for row in children:
                row.data.pop(way_back, None)
            _populate(related, children, deeper, roles, depth=depth + 1, back=way_back)


def _find(
    relation: Relation,
    related: TableSchema,
    rows: Sequence[Row],
    select: list[str],
    roles: Roles,
    unseen: RelatedRow | list[RelatedRow],
) -> list[Row]:
    """Nest each related row in the rows that refer to it. Return the related rows."""
    if relation.to_many:
        return _find_lists(relation, related, rows, select, roles)
    parents = [row for row in rows if row.data.get(relation.key) is not None]
    if not parents:
        return []
    children = _rows(related, "_id", {row.data[relation.key] for row in parents}, select, roles)
    by_id = {row.id.lower(): row for _, row in children}
    for row in parents:
        related_row = by_id.get(row.data[relation.key].lower())
        _put(row, relation.key, RelatedRow(related, related_row) if related_row else unseen)
    return list(by_id.values())


def _find_lists(
    relation: Relation, related: TableSchema, rows: Sequence[Row], select: list[str], roles: Roles
) -> list[Row]:
    lists: dict[str, list[Row]] = defaultdict(list)
    ids = {row.id for row in rows}
    if relation.pairs:
        pairs = _pairs(relation, ids)
        children = _rows(related, "_id", {there for _, there in pairs}, select, roles)
        by_id = {row.id.lower(): row for _, row in children}
        for here, there in pairs:
            if there.lower() in by_id:
                lists[here.lower()].append(by_id[there.lower()])
    else:
        children = _rows(related, relation.back_column, ids, select, roles)
        for parent_id, row in children:
            lists[parent_id.lower()].append(row)
    for row in rows:
        _put(row, relation.key, [RelatedRow(related, each) for each in lists[row.id.lower()]])
    return [row for _, row in children]


def _put(row: Row, key: str, related: Any) -> None:
    row.data.pop(key, None)
    row.related = {**(row.related or {}), key: related}


def _pairs(relation: Relation, ids: Iterable[str]) -> list[tuple[str, str]]:
    here, there = relation.side, relation.other_side
    sql = (
        f"SELECT {here}, {there} FROM {relation.pairs} WHERE {here} IN (SELECT value FROM json_each(?)) ORDER BY rowid"
    )
    return execute(sql, [json.dumps(sorted(ids))]).fetchall()


def _rows(
    schema: TableSchema, column: str, values: Iterable[str], select: list[str], roles: Roles
) -> list[tuple[str, Row]]:
    """Return (column value, row) for the rows whose column has one of these values, in order of creation."""
    readable = reading.readable(schema, roles)
    if readable is None:
        raise AppwriteError("user_unauthorized", f"No permission to read rows of table `{schema.id}`.")
    condition, more = readable
    condition = f"{quoted(column)} IN (SELECT value FROM json_each(?)) AND {condition}"
    return reading.find_by(schema, quoted(column), condition, [json.dumps(sorted(values)), *more], select)
