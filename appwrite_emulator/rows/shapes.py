"""A table as reading and writing its rows need it: worked out once, kept until something about the table changes."""

# Names are numbers of ours and keys that params.Key has checked.
# ruff: noqa: S608

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from appwrite_emulator import geometry, permissions, queries, state
from appwrite_emulator.models import Column, Index, Table
from appwrite_emulator.rows import relations, values
from appwrite_emulator.rows.relations import Relation

SYSTEM = {
    "$id": queries.Attribute("$id", "id", "_id"),
    "$sequence": queries.Attribute("$sequence", "sequence", "_sequence"),
    "$createdAt": queries.Attribute("$createdAt", "datetime", "_created"),
    "$updatedAt": queries.Attribute("$updatedAt", "datetime", "_updated"),
}
"""The columns every row has, as they can be asked for."""

# What queries compare each type as; texts of every kind are one.
_KINDS = {
    "integer": "integer",
    "bigint": "integer",
    "double": "float",
    "boolean": "boolean",
    "datetime": "datetime",
    **{type: type for type in geometry.TYPES},
}


INT_MAX = 2**31 - 1
"""What MariaDB keeps in four bytes: whole numbers whose range does not go beyond."""


def is_indexed_anyway(column: Column) -> bool:
    """Whether the column has an index without being asked: lists are ordered by times, mostly."""
    return column.type == "datetime" and not column.array


def quoted(key: str) -> str:
    """A column's key as an SQL name. Keys hold no quotes, and cannot meet the system's, which begin with `_`."""
    return f'"{key}"'


class Shape:
    """One table: its columns and indexes, the names of what it is stored in, and who may do what at table level."""

    def __init__(self, table: Table, family: "dict[int, Shape] | None" = None) -> None:
        self.family = {} if family is None else family
        """The tables that relationships have led to from here, this one among them."""
        self.family[table.sequence] = self
        self.sequence: int = table.sequence
        self.id = table.id
        self.database_id = table.database.id
        self.database_enabled = table.database.enabled
        self.enabled = table.enabled
        self.row_security = table.row_security
        self.relations = relations.of(table)
        self.related: dict[str, Relation] = {each.key: each for each in self.relations if each.visible}
        self.columns: dict[str, Column] = {
            column.key: column
            for column in table.columns.all()
            if column.key not in self.related or self.related[column.key].column
        }
        self.indexes: list[Index] = list(table.indexes.all())
        sorted_ = [index for index in self.indexes if index.type != "fulltext"]
        self.leading = {"$createdAt", "$updatedAt", *(index.columns[0] for index in sorted_)} | {
            column.key for column in self.columns.values() if is_indexed_anyway(column)
        }
        self.joint = [index for index in sorted_ if len(index.columns) > 1]
        self.allowed = {
            action: permissions.roles_for(table.permissions, action)
            for action in ("create", "read", "update", "delete")
        }
        self.rows = f"rows_{self.sequence}"
        self.readers = f"rows_{self.sequence}_readers"
        self.attributes = SYSTEM | {
            column.key: self._attribute(column) for column in self.columns.values() if column.key not in self.related
        }
        self.attributes |= {key: self._relation_attribute(relation) for key, relation in self.related.items()}
        self.show: dict[str, Callable[[Any], Any] | None] = {
            column.key: values.shower(column) for column in self.columns.values()
        }

    def words(self, key: str) -> str:
        """The full-text index over one column."""
        return f"rows_{self.sequence}_words_{self.columns[key].sequence}"

    @property
    def searchable(self) -> set[str]:
        """The columns that have a full-text index to themselves."""
        return {index.columns[0] for index in self.indexes if index.type == "fulltext" and len(index.columns) == 1}

    def _attribute(self, column: Column) -> queries.Attribute:
        found = ""
        if column.key in self.searchable:
            name = self.words(column.key)
            found = f'_sequence IN (SELECT rowid FROM "{name}" WHERE "{name}" MATCH ?)'
        return queries.Attribute(
            column.key,
            _KINDS.get(column.type, "text"),
            quoted(column.key),
            array=column.array,
            search_sql=found,
            hidden=column.encrypt,
            largest=INT_MAX if column.type == "integer" and column.range[1] <= INT_MAX else 2**63 - 1,
        )

    def _relation_attribute(self, relation: Relation) -> queries.Attribute:
        """A relationship as queries see it: an id where the row holds one, and the way to the related row's columns."""
        found = f"SELECT _id FROM {relation.rows} WHERE {{}}"
        if relation.pairs:
            reach = f"_id IN (SELECT {relation.side} FROM {relation.pairs} WHERE {relation.other_side} IN ({found}))"
        elif relation.column:
            reach = f"{quoted(relation.column)} IN ({found})"
        else:
            reach = f"_id IN (SELECT {quoted(relation.back_column)} FROM {relation.rows} WHERE {{}})"
        sql = quoted(relation.column) if relation.column else ""
        return queries.Attribute(relation.key, "relation", sql, reach=reach, leads_to=partial(self.other, relation))

    def other(self, relation: Relation) -> "Shape":
        """The related table, read once; it has to be there."""
        if relation.table_sequence not in self.family:
            table = _tables().get(sequence=relation.table_sequence)
            self.family[relation.table_sequence] = Shape(table, self.family)
        return self.family[relation.table_sequence]


def _tables() -> QuerySet[Table]:
    return Table.objects.select_related("database").prefetch_related("columns", "indexes")


_kept: dict[tuple[str, str], Shape] = {}
_generation = 0


def find(database_id: str, table_id: str) -> Shape | None:
    """The table's shape, or None when there is no such table."""
    # Ids are compared without case, as everywhere.
    name = database_id.lower(), table_id.lower()
    if shape := _kept.get(name):
        return shape
    generation = _generation
    table = _tables().filter(database__id=database_id, id=table_id).first()
    if table is None:
        return None
    shape = Shape(table)
    # Somebody may have changed the table while we read it; then it is right for this request and no other.
    if generation == _generation and not transaction.get_connection().in_atomic_block:
        _kept[name] = shape
    return shape


@state.forgets
def forget() -> None:
    """Drop all shapes: something about a table changed."""
    global _generation
    _generation += 1
    _kept.clear()


def changed() -> None:
    """Say that a table was made, changed or removed; once that is committed, every shape is read anew."""
    transaction.on_commit(forget)
