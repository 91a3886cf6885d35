"""Delete rows that have related rows, according to `onDelete`: cascade, restrict or setNull.

The rules are those of utopia-php/database (deleteDocumentRelationships), including its quirks. For example, with
`restrict`, deleting the child of a two-way oneToOne relationship leaves a dangling reference.
"""

# Table and column names come from relationships, and values are always bound as parameters.
# ruff: noqa: S608

from dataclasses import dataclass

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import queries
from appwrite_emulator.db.tables import reading, writing
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.nested_writes import related_ids
from appwrite_emulator.db.tables.reading import Roles, Row
from appwrite_emulator.db.tables.relationships import Relation
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted


@dataclass(frozen=True)
class _Cascade:
    """A relationship whose rows are currently being deleted."""

    schema: TableSchema
    row_id: str
    relation: Relation


def delete(schema: TableSchema, row_id: str, roles: Roles, stamp: str | None = None) -> Row:
    """Delete the row and return it. Raise 403 `row_delete_restricted` if related rows prevent it."""
    if not schema.relations:
        return writing.delete(schema, row_id, roles, stamp)
    row = writing.existing(schema, row_id)
    writing.require(schema, "delete", row, roles)
    writing.check_unchanged(row, stamp)
    _delete(schema, row, roles, ())
    return row


def delete_many(schema: TableSchema, matching: queries.Queries) -> list[Row]:
    """Delete all rows that match the queries."""
    if not schema.relations:
        return writing.delete_many(schema, matching)
    rows = writing.all_of(schema, matching)
    for row in rows:
        if reading.get(schema, row.id):  # a previous cascade may have deleted the row
            _delete(schema, row, None, ())
    return rows


def _delete(schema: TableSchema, row: Row, roles: Roles, stack: tuple[_Cascade, ...]) -> None:
    for relation in schema.relations:
        if relation.on_delete == "restrict":
            _restrict(schema, row, relation)
        elif relation.on_delete == "setNull":
            _set_null(schema, row, relation)
        elif not any(_is_already_visited(each, schema, row, relation) for each in stack):
            _cascade(schema, row, relation, roles, stack)
    writing.remove(schema, row)


def _restrict(schema: TableSchema, row: Row, relation: Relation) -> None:
    if relation.type == "oneToOne" and relation.side == "child" and not relation.two_way:
        _clear_references(schema, row, relation)
        return
    if relation.is_owner and _has_related_rows(schema, row, relation):
        raise AppwriteError("row_delete_restricted")


def _set_null(schema: TableSchema, row: Row, relation: Relation) -> None:
    if relation.pairs:
        execute(f"DELETE FROM {relation.pairs} WHERE {relation.side} = ?", [row.id])
    else:
        _clear_references(schema, row, relation)


def _clear_references(schema: TableSchema, row: Row, relation: Relation) -> None:
    """Clear the references to `row` in all related rows, without checking permissions."""
    if relation.back_column:
        related = schema.related_schema(relation)
        column = quoted(relation.back_column)
        for (row_id,) in execute(f"SELECT _id FROM {related.rows} WHERE {column} = ?", [row.id]).fetchall():
            writing.assign(related, row_id, relation.back_column, None, None)


def _cascade(schema: TableSchema, row: Row, relation: Relation, roles: Roles, stack: tuple[_Cascade, ...]) -> None:
    """Delete the related rows as well. Raise 401 if the caller is not allowed to delete one of them."""
    if relation.is_owner or (relation.type == "oneToOne" and relation.column):
        related = schema.related_schema(relation)
        for row_id in related_ids(schema, row.id, relation):
            if related_row := reading.get(related, row_id):
                writing.require(related, "delete", related_row, roles)
                _delete(related, related_row, roles, (*stack, _Cascade(schema, row.id, relation)))
    if relation.pairs:
        execute(f"DELETE FROM {relation.pairs} WHERE {relation.side} = ?", [row.id])


def _has_related_rows(schema: TableSchema, row: Row, relation: Relation) -> bool:
    related = schema.related_schema(relation)
    return any(reading.get(related, row_id) for row_id in related_ids(schema, row.id, relation))


def _is_already_visited(cascade: _Cascade, schema: TableSchema, row: Row, relation: Relation) -> bool:
    """Return whether an outer cascade already visits the relationship, from either side or through another table."""
    before = cascade.relation
    if cascade.schema.sequence == schema.sequence and cascade.row_id == row.id and before == relation:
        return True
    to_here = before.table_sequence == schema.sequence
    from_there = cascade.schema.sequence == relation.table_sequence
    to_there = before.table_sequence == relation.table_sequence
    return before.side != relation.side and (
        (before.key == relation.back_key and from_there)
        or (before.back_key == relation.key and to_here)
        or (to_there and (before.key == relation.key) != (before.back_key == relation.back_key))
    )
