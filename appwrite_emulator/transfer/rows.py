"""The rows of a table as a seed has them: their columns beside `$id`, `$permissions`, `$createdAt` and `$updatedAt`.

What stands in a table may not fit its columns any more (an enum lost a word, a range was made narrower), so a value of
the right kind is always taken; one that does not fit is noted.
"""

# Names come from rows.shapes; values only ever go through places.
# ruff: noqa: S608

import sqlite3
from collections import defaultdict
from typing import Any

from appwrite_emulator import clock, moments, queries
from appwrite_emulator import ids as known_ids
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Column, Table
from appwrite_emulator.rows import reading, values, writing
from appwrite_emulator.rows.connection import execute
from appwrite_emulator.rows.relations import Relation
from appwrite_emulator.rows.shapes import Shape, quoted
from appwrite_emulator.transfer.fields import WHOLE_NUMBERS, Refused, granted

SYSTEM = ("$id", "$permissions", "$createdAt", "$updatedAt")
# An answer of the API may be copied into a seed as it is.
IGNORED = {"$sequence", "$tableId", "$databaseId", "$collectionId"}
ACTIONS = ("read", "update", "delete")


def of(table: Table) -> list[dict[str, Any]]:
    """All rows, in the order in which they were made; a list that was never set is null."""
    shape = Shape(table)
    related = {relation.key: _related(relation) for relation in told_here(shape)}
    written = []
    for row in reading.find(shape, queries.Queries(limit=-1), None):
        system = {"$id": row.id, "$permissions": row.permissions, "$createdAt": row.created, "$updatedAt": row.updated}
        others = {key: ids.get(row.id.lower(), []) for key, ids in related.items()}
        written.append(system | plain(shape, row) | others)
    return written


def told_here(shape: Shape) -> list[Relation]:
    """The relationships whose related rows stand in lists in this table's rows, since no column holds their ids.

    Of the others either the row's own column holds an id, or a column of the related row does.
    """
    return [each for each in shape.relations if each.side == "parent" and (each.pairs or _hidden(each))]


def _hidden(relation: Relation) -> bool:
    """Whether the related rows hold the id in a column that people do not see."""
    return relation.type == "oneToMany" and not relation.two_way


def _related(relation: Relation, row_id: str | None = None) -> dict[str, list[str]]:
    """Row's id -> ids of its related rows; of all rows, or of one."""
    here, there, where = "parent", "child", relation.pairs
    if not where:
        here, there, where = quoted(relation.back_column), "_id", relation.rows
    one = "" if row_id is None else f"AND {here} = ?"
    sql = f"SELECT {here}, {there} FROM {where} WHERE {here} IS NOT NULL {one} ORDER BY rowid"
    found: defaultdict[str, list[str]] = defaultdict(list)
    for mine, other in execute(sql, [] if row_id is None else [row_id]):
        found[mine.lower()].append(other)
    return found


def related(shape: Shape, row_id: str) -> dict[str, list[str]]:
    """The lists of related rows of one row."""
    return {each.key: _related(each, row_id).get(row_id.lower(), []) for each in told_here(shape)}


def plain(shape: Shape, row: reading.Row) -> dict[str, Any]:
    """The row's own columns."""
    return {
        key: show(value) if value is not None and (show := shape.show[key]) else value
        for key, value in row.data.items()
    }


def put(table: Table, records: list[tuple[str, Any]], notes: list[str]) -> int:
    """Store rows, each told with its place in the file, beside those that are there; how many were not there yet."""
    shape = Shape(table)
    taken = {found[0].lower() for found in execute(f"SELECT _id FROM {shape.rows}")}
    there, seen = frozenset(taken), set[str]()
    for place, record in records:
        if not isinstance(record, dict):
            raise Refused(place, "a row is an object.")
        row_id = str(record.get("$id", "")).lower()
        if row_id in seen:
            raise Refused(f"{place}.$id", f"there is another row {record['$id']} in this table.")
        seen.add(row_id)
        if row_id not in there:
            _insert(shape, record, place, notes)
    return len(seen - there)


def relate(table: Table, records: list[tuple[str, Any]], notes: list[str]) -> None:
    """Follow the lists of related rows, when the rows of all tables are there. What is related already stays so."""
    shape = Shape(table)
    for relation in told_here(shape):
        for place, record in records:
            others = record.get(relation.key) or []
            if not isinstance(others, list) or not all(isinstance(other, str) for other in others):
                raise Refused(f"{place}.{relation.key}", "this is a list of ids of rows.")
            for n, other in enumerate(others):
                if not execute(f"SELECT 1 FROM {relation.rows} WHERE _id = ?", [other]).fetchone():
                    notes.append(f"{place}.{relation.key}[{n}]: there is no row {other}; left out.")
                elif relation.pairs:
                    sql = f"INSERT OR IGNORE INTO {relation.pairs} (parent, child) VALUES (?, ?)"
                    execute(sql, [record["$id"], other])
                else:
                    column = quoted(relation.back_column)
                    sql = f"UPDATE {relation.rows} SET {column} = ? WHERE _id = ? AND {column} IS NULL"
                    execute(sql, [record["$id"], other])


def _insert(shape: Shape, record: dict[str, Any], place: str, notes: list[str]) -> None:
    row_id = record.get("$id")
    if not isinstance(row_id, str) or not known_ids.ID.fullmatch(row_id):
        raise Refused(
            f"{place}.$id", "a row has an id: at most 36 letters, digits and . _ -, not beginning with a sign."
        )
    allowed = granted(record.get("$permissions", []), f"{place}.$permissions", ACTIONS)
    created = _moment(record, "$createdAt", place) or clock.iso(clock.now())
    updated = _moment(record, "$updatedAt", place) or created
    data = _data(shape, record, place, notes)
    try:
        writing.store(shape, row_id, created, updated, allowed, data)
    except sqlite3.IntegrityError:
        raise Refused(place, "another row has one of its values, under a unique index.") from None


def _moment(record: dict[str, Any], key: str, place: str) -> str | None:
    value = record.get(key)
    if value is None:
        return None
    try:
        return moments.normal(value)
    except (ValueError, TypeError, AttributeError):
        raise Refused(f"{place}.{key}", "this is a time, like 2026-11-22T09:30:00.000+00:00.") from None


def _data(shape: Shape, record: dict[str, Any], place: str, notes: list[str]) -> dict[str, Any]:
    """The columns as they are stored. One that is left out takes its default; null is null."""
    lists = {relation.key for relation in told_here(shape)}
    for key in record:
        if key not in shape.columns and key not in lists and key not in SYSTEM and key not in IGNORED:
            raise Refused(f"{place}.{key}", f"the table {shape.id} has no such column.")
    data = {}
    for key, column in shape.columns.items():
        if key not in record and column.required:
            raise Refused(place, f"the column {key} is required.")
        value = record.get(key, column.default)
        data[key] = _stored(column, value, f"{place}.{key}", notes)
    return data


def _stored(column: Column, value: Any, place: str, notes: list[str]) -> Any:
    try:
        values.check(column, value)
    except values.Invalid as reason:
        if not _is_of_its_kind(column, value):
            raise Refused(place, f"{reason}.") from None
        notes.append(f"{place}: {reason}; kept as it is.")
    try:
        return values.stored(column, value)
    except (AppwriteError, ValueError, TypeError, OverflowError) as error:
        raise Refused(place, f"{error}") from None


_KINDS: dict[str, Any] = {"boolean": bool, "integer": int, "bigint": int, "double": (int, float)}


def _is_of_its_kind(column: Column, value: Any) -> bool:
    kind = str if column.is_text or column.type == "relationship" else _KINDS.get(column.type)
    if kind is None or column.array != isinstance(value, list):
        return False
    items = [item for item in value if item is not None] if column.array else [value]
    if kind is int and not all(
        isinstance(item, int) and WHOLE_NUMBERS[0] <= item <= WHOLE_NUMBERS[1] for item in items
    ):
        return False
    return all(isinstance(item, kind) and (kind is bool or not isinstance(item, bool)) for item in items)
