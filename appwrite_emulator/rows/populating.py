"""Related rows, put inside the rows that hold them or are held by them (populateDocumentsRelationships).

Reading gives what was selected (`author.*`); after a write everything is given, three levels of it. The way back of a
relationship that goes both ways is left out inside, so that nothing goes round in circles.
"""

# Names come from rows.shapes and rows.relations: values only ever go through places.
# ruff: noqa: S608

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appwrite_emulator import queries
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.rows import reading
from appwrite_emulator.rows.connection import execute
from appwrite_emulator.rows.reading import Row
from appwrite_emulator.rows.relations import MOST_DEEP, Relation
from appwrite_emulator.rows.shapes import Shape, quoted

Roles = Collection[str] | None
Selected = Mapping[str, Sequence[str]] | None
"""Keys by relationship; None is everything there is."""


@dataclass(frozen=True)
class Related:
    """A row inside another one. Of one that is gone, or hidden from the caller, only the table is known: the real
    server shows as much after a write, and an empty list when it reads."""

    shape: Shape
    row: Row | None


def populate(shape: Shape, rows: Sequence[Row], nested: Selected, roles: Roles) -> None:
    """Put the related rows into these rows, those that one of `roles` may read (None reads all).

    401 `user_unauthorized` where neither the related table nor its rows can be read by them.
    """
    if rows:
        _populate(shape, rows, nested, roles, depth=0, back="")


def _populate(shape: Shape, rows: Sequence[Row], nested: Selected, roles: Roles, *, depth: int, back: str) -> None:
    for key, relation in shape.related.items():
        if key == back or (nested is not None and key not in nested):
            continue
        if depth + 1 >= MOST_DEEP:
            for row in rows:
                row.data.pop(key, None)
            continue
        related = shape.other(relation)
        keys = None if nested is None else nested[key]
        wanted = queries.Queries() if keys is None else queries.selection(keys, related.attributes)
        unseen = Related(related, None) if nested is None else []
        found = _find(relation, related, rows, wanted.select, roles, unseen)
        if found:
            deeper = None if nested is None else wanted.nested
            way_back = relation.back_key if relation.two_way else ""
            for row in found:
                row.data.pop(way_back, None)
            _populate(related, found, deeper, roles, depth=depth + 1, back=way_back)


def _find(
    relation: Relation, related: Shape, rows: Sequence[Row], select: list[str], roles: Roles, unseen: Any
) -> list[Row]:
    """The related rows of all these rows, each now inside those it belongs to."""
    if relation.to_many:
        return _find_lists(relation, related, rows, select, roles)
    holders = [row for row in rows if row.data.get(relation.key) is not None]
    if not holders:
        return []
    found = _rows(related, "_id", {row.data[relation.key] for row in holders}, select, roles)
    by_id = {row.id.lower(): row for _, row in found}
    for row in holders:
        held = by_id.get(row.data[relation.key].lower())
        _put(row, relation.key, Related(related, held) if held else unseen)
    return list(by_id.values())


def _find_lists(relation: Relation, related: Shape, rows: Sequence[Row], select: list[str], roles: Roles) -> list[Row]:
    lists: dict[str, list[Row]] = defaultdict(list)
    ids = {row.id for row in rows}
    if relation.pairs:
        pairs = _pairs(relation, ids)
        held = _rows(related, "_id", {there for _, there in pairs}, select, roles)
        by_id = {row.id.lower(): row for _, row in held}
        for here, there in pairs:
            if there.lower() in by_id:
                lists[here.lower()].append(by_id[there.lower()])
    else:
        held = _rows(related, relation.back_column, ids, select, roles)
        for holder, row in held:
            lists[holder.lower()].append(row)
    for row in rows:
        _put(row, relation.key, [Related(related, each) for each in lists[row.id.lower()]])
    return [row for _, row in held]


def _put(row: Row, key: str, related: Any) -> None:
    row.data.pop(key, None)
    row.related = {**(row.related or {}), key: related}


def _pairs(relation: Relation, ids: Iterable[str]) -> list[tuple[str, str]]:
    here, there = relation.side, relation.other_side
    sql = (
        f"SELECT {here}, {there} FROM {relation.pairs} WHERE {here} IN (SELECT value FROM json_each(?)) ORDER BY rowid"
    )
    return execute(sql, [json.dumps(sorted(ids))]).fetchall()


def _rows(shape: Shape, column: str, values: Iterable[str], select: list[str], roles: Roles) -> list[tuple[str, Row]]:
    """The rows with one of these values in the column, in order of creation, each after its value."""
    readable = reading.readable(shape, roles)
    if readable is None:
        raise AppwriteError("user_unauthorized", f"No permission to read the rows of {shape.id}.")
    condition, more = readable
    condition = f"{quoted(column)} IN (SELECT value FROM json_each(?)) AND {condition}"
    return reading.find_by(shape, quoted(column), condition, [json.dumps(sorted(values)), *more], select)
