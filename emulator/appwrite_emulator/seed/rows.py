"""A table's rows in a seed: their columns, and `$id`, `$permissions`, `$createdAt` and `$updatedAt`.

A stored value may no longer match its column, for example because an enum element was removed or a range narrowed.
Therefore any value of the right type is accepted, and a note reports each value that does not match.
"""

# Table and column names come from table_schema, and values are always bound as parameters.
# ruff: noqa: S608

import sqlite3
from collections import defaultdict
from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.common import ids as known_ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db import php_dates, queries
from appwrite_emulator.db.models import Column, Table
from appwrite_emulator.db.tables import column_types, reading, writing
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.relationships import Relation
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted
from appwrite_emulator.db.tables.writing import ROW_ACTIONS
from appwrite_emulator.seed.fields import WHOLE_NUMBERS, SeedError, granted

SYSTEM = ("$id", "$permissions", "$createdAt", "$updatedAt")
# Keys in API responses that a seed ignores, so that responses can be pasted into a seed.
IGNORED = {"$sequence", "$tableId", "$databaseId", "$collectionId"}


def export(table: Table) -> list[dict[str, Any]]:
    """Return all rows in order of creation. Lists that were never set are null."""
    schema = TableSchema(table)
    related = {relation.key: _related(relation) for relation in exported_as_lists(schema)}
    exported = []
    for row in reading.find(schema, queries.Queries(limit=-1), None):
        system = {
            "$id": row.id,
            "$permissions": list(row.permissions.texts),
            "$createdAt": row.created,
            "$updatedAt": row.updated,
        }
        others = {key: ids.get(row.id.lower(), []) for key, ids in related.items()}
        exported.append(system | schema.shown(row.data) | others)
    return exported


def exported_as_lists(schema: TableSchema) -> list[Relation]:
    """Return the relationships that the table exports as lists of IDs, because no visible column contains them.

    Other relationships are exported in a column of this table or of the related table.
    """
    return [each for each in schema.relations if each.side == "parent" and (each.pairs or _hidden(each))]


def _hidden(relation: Relation) -> bool:
    """Return whether the related rows store the parent row's ID in a hidden column."""
    return relation.type == "oneToMany" and not relation.two_way


def _related(relation: Relation, row_id: str | None = None) -> dict[str, list[str]]:
    """Return row ID -> IDs of its related rows. If `row_id` is given, include only that row."""
    parent, child, source = "parent", "child", relation.pairs
    if not source:
        parent, child, source = quoted(relation.back_column), "_id", relation.rows
    one = "" if row_id is None else f"AND {parent} = ?"
    sql = f"SELECT {parent}, {child} FROM {source} WHERE {parent} IS NOT NULL {one} ORDER BY rowid"
    ids: defaultdict[str, list[str]] = defaultdict(list)
    for parent_id, related_id in execute(sql, [] if row_id is None else [row_id]):
        ids[parent_id.lower()].append(related_id)
    return ids


def related(schema: TableSchema, row_id: str) -> dict[str, list[str]]:
    """Return relationship key -> IDs of the rows that are related to the row."""
    return {each.key: _related(each, row_id).get(row_id.lower(), []) for each in exported_as_lists(schema)}


def insert_missing(table: Table, records: list[tuple[str, Any]], notes: list[str]) -> int:
    """Insert the rows that do not exist yet. Return their number. `records` are pairs (path in the file, row)."""
    schema = TableSchema(table)
    existing = {row_id.lower() for (row_id,) in execute(f"SELECT _id FROM {schema.rows}")}
    seen = set[str]()
    for place, record in records:
        if not isinstance(record, dict):
            raise SeedError(place, "a row must be an object.")
        row_id = str(record.get("$id", "")).lower()
        if row_id in seen:
            raise SeedError(f"{place}.$id", f"row {record['$id']} occurs twice in this table.")
        seen.add(row_id)
        if row_id not in existing:
            _insert(schema, record, place, notes)
    return len(seen - existing)


def relate(table: Table, records: list[tuple[str, Any]], notes: list[str]) -> None:
    """Link rows by their ID lists, after the rows of all tables have been created. Existing links are kept."""
    schema = TableSchema(table)
    for relation in exported_as_lists(schema):
        for place, record in records:
            others = record.get(relation.key) or []
            if not isinstance(others, list) or not all(isinstance(other, str) for other in others):
                raise SeedError(f"{place}.{relation.key}", "must be a list of row IDs.")
            for n, other in enumerate(others):
                if not execute(f"SELECT 1 FROM {relation.rows} WHERE _id = ?", [other]).fetchone():
                    notes.append(f"{place}.{relation.key}[{n}]: ignored; unknown row {other}.")
                elif relation.pairs:
                    sql = f"INSERT OR IGNORE INTO {relation.pairs} (parent, child) VALUES (?, ?)"
                    execute(sql, [record["$id"], other])
                else:
                    column = quoted(relation.back_column)
                    sql = f"UPDATE {relation.rows} SET {column} = ? WHERE _id = ? AND {column} IS NULL"
                    execute(sql, [record["$id"], other])


def _insert(schema: TableSchema, record: dict[str, Any], place: str, notes: list[str]) -> None:
    row_id = record.get("$id")
    if not isinstance(row_id, str) or not known_ids.ID.fullmatch(row_id):
        raise SeedError(
            f"{place}.$id", "must be at most 36 letters, digits and . _ -, and start with a letter or digit."
        )
    allowed = granted(record.get("$permissions", []), f"{place}.$permissions", ROW_ACTIONS)
    created = _time(record, "$createdAt", place) or clock.iso(clock.now())
    updated = _time(record, "$updatedAt", place) or created
    data = _data(schema, record, place, notes)
    try:
        writing.store(schema, row_id, created, updated, PermissionList(allowed), data)
    except sqlite3.IntegrityError:
        raise SeedError(place, "another row has the same value in a unique index.") from None


def _time(record: dict[str, Any], key: str, place: str) -> str | None:
    value = record.get(key)
    if value is None:
        return None
    try:
        return php_dates.normal(value)
    except (ValueError, TypeError, AttributeError):
        raise SeedError(f"{place}.{key}", "must be a date and time, like 2026-11-22T09:30:00.000+00:00.") from None


def _data(schema: TableSchema, record: dict[str, Any], place: str, notes: list[str]) -> dict[str, Any]:
    """Return the columns in their stored form. A missing column gets its default, but null stays null."""
    lists = {relation.key for relation in exported_as_lists(schema)}
    for key in record:
        if key not in schema.columns and key not in lists and key not in SYSTEM and key not in IGNORED:
            raise SeedError(f"{place}.{key}", f"table {schema.id} has no such column.")
    data = {}
    for key, column in schema.columns.items():
        if key not in record and column.required:
            raise SeedError(place, f"column {key} is required.")
        value = record.get(key, column.default)
        data[key] = _stored(column, value, f"{place}.{key}", notes)
    return data


def _stored(column: Column, value: Any, place: str, notes: list[str]) -> Any:
    type_ = column_types.type_of(column)
    try:
        value = type_.normalise(value)
    except column_types.InvalidValueError as reason:
        if not _is_of_its_kind(column, value):
            raise SeedError(place, f"{str(reason).removesuffix('.')}.") from None
        notes.append(f"{place}: {reason}; stored anyway.")
    try:
        return type_.encode(value)
    except (AppwriteError, ValueError, TypeError, OverflowError) as error:
        raise SeedError(place, f"{error}") from None


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
