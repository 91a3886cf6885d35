"""Table schemas, prepared for row access. They are computed once, and cached until a table changes."""

# Table names are built from integers, and column names from keys that parameters.Key has validated.
# ruff: noqa: S608

import json
from collections.abc import Iterable
from functools import cached_property, partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db import geometry, queries, state
from appwrite_emulator.db.models import Column, Index, Table
from appwrite_emulator.db.models.databases import INT32_MAX
from appwrite_emulator.db.tables import column_types, relationships
from appwrite_emulator.db.tables.relationships import Relation

SYSTEM = {
    "$id": queries.Attribute("$id", "id", "_id"),
    "$sequence": queries.Attribute("$sequence", "sequence", "_sequence"),
    "$createdAt": queries.Attribute("$createdAt", "datetime", "_created"),
    "$updatedAt": queries.Attribute("$updatedAt", "datetime", "_updated"),
}
"""System columns of every row, as attributes that queries can use."""

# Column type -> type that queries compare. Text types are not listed, because they all become "text".
_KINDS = {
    "integer": "integer",
    "bigint": "integer",
    "double": "float",
    "boolean": "boolean",
    "datetime": "datetime",
    **{type: type for type in geometry.TYPES},
}


def is_indexed_automatically(column: Column) -> bool:
    """Return whether the column always has an index.

    Datetime columns do, because lists are usually sorted by time.
    """
    return column.type == "datetime" and not column.array


def quoted(key: str) -> str:
    """Quote a column key as an SQL name. Keys contain no quotes, and only system columns start with an underscore."""
    return f'"{key}"'


def fulltext_table(column: Column) -> str:
    """Return the name of the SQL table that contains the column's full-text index."""
    return f"rows_{column.table_id}_words_{column.sequence}"


def sql_columns(keys: Iterable[str]) -> str:
    """Return the SQL column list for rows with the columns `keys`. The system columns come first."""
    return ", ".join(["_sequence, _id, _created, _updated, _permissions", *map(quoted, keys)])


class TableSchema:
    """Schema of one table: columns, indexes, SQL table names and table permissions."""

    def __init__(self, table: Table, family: "dict[int, TableSchema] | None" = None) -> None:
        self.family = {} if family is None else family
        """Table sequence -> schema, for this table and for all tables that are directly or indirectly related to it."""
        self.family[table.sequence] = self
        self.sequence: int = table.sequence
        self.id = table.id
        self.database_id = table.database.id
        self.database_enabled = table.database.enabled
        self.enabled = table.enabled
        self.row_security = table.row_security
        self.relations = relationships.relations_of(table)
        self.related: dict[str, Relation] = {each.key: each for each in self.relations if each.visible}
        self.columns: dict[str, Column] = {
            column.key: column
            for column in table.columns.all()
            if column.key not in self.related or self.related[column.key].column
        }
        self.indexes: list[Index] = list(table.indexes.all())
        sorted_ = [index for index in self.indexes if index.type != "fulltext"]
        self.indexed_first = {"$createdAt", "$updatedAt", *(index.columns[0] for index in sorted_)} | {
            column.key for column in self.columns.values() if is_indexed_automatically(column)
        }
        self.multi_column_indexes = [index for index in sorted_ if len(index.columns) > 1]
        self.permissions = PermissionList(table.permissions)
        self.rows = f"rows_{self.sequence}"
        self.all_sql = sql_columns(self.columns)
        """All SQL columns of a row, as `reading.row_of` expects them."""
        self.readers = f"rows_{self.sequence}_readers"
        self.attributes = SYSTEM | {
            column.key: self._attribute(column) for column in self.columns.values() if column.key not in self.related
        }
        self.attributes |= {key: self._relation_attribute(relation) for key, relation in self.related.items()}
        self.floats = [key for key, column in self.columns.items() if column.type == "double" and not column.array]
        self.types = {key: column_types.type_of(column) for key, column in self.columns.items()}
        self.show = {key: type.show for key, type in self.types.items()}
        """Functions that convert stored values for display. None for columns that are shown as stored."""

    def shown(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return a row's columns as displayed, except that a list that was never set is null."""
        return {
            key: show(value) if value is not None and (show := self.show[key]) else value
            for key, value in stored.items()
        }

    @cached_property
    def fingerprint(self) -> str:
        """Text that changes whenever the table's columns or indexes change."""
        parts = [
            [getattr(each, field.attname) for field in each._meta.concrete_fields]
            for each in (*self.columns.values(), *self.indexes)
        ]
        return json.dumps(parts, default=str)

    @property
    def searchable(self) -> set[str]:
        """Keys of the columns that have a single-column full-text index."""
        return {index.columns[0] for index in self.indexes if index.type == "fulltext" and len(index.columns) == 1}

    def _attribute(self, column: Column) -> queries.Attribute:
        search_sql = ""
        if column.key in self.searchable:
            name = fulltext_table(column)
            search_sql = f'_sequence IN (SELECT rowid FROM "{name}" WHERE "{name}" MATCH ?)'
        return queries.Attribute(
            column.key,
            _KINDS.get(column.type, "text"),
            quoted(column.key),
            array=column.array,
            search_sql=search_sql,
            hidden=column.encrypt,
            largest=INT32_MAX if column.type == "integer" and column.range[1] <= INT32_MAX else 2**63 - 1,
        )

    def _relation_attribute(self, relation: Relation) -> queries.Attribute:
        """Return the attribute that represents a relationship in queries.

        It contains the SQL condition on related rows and, if this row stores the related ID, the column's SQL.
        """
        related_sql = f"SELECT _id FROM {relation.rows} WHERE {{}}"
        if relation.pairs:
            exists_sql = (
                f"_id IN (SELECT {relation.side} FROM {relation.pairs} WHERE {relation.other_side} IN ({related_sql}))"
            )
        elif relation.column:
            exists_sql = f"{quoted(relation.column)} IN ({related_sql})"
        else:
            exists_sql = f"_id IN (SELECT {quoted(relation.back_column)} FROM {relation.rows} WHERE {{}})"
        sql = quoted(relation.column) if relation.column else ""
        return queries.Attribute(
            relation.key, "relation", sql, exists_sql=exists_sql, target=partial(self.related_schema, relation)
        )

    def related_schema(self, relation: Relation) -> "TableSchema":
        """Return the related table's schema. Load the schema if it is not in `family`. The table must exist."""
        if relation.table_sequence not in self.family:
            table = _tables().get(sequence=relation.table_sequence)
            self.family[relation.table_sequence] = TableSchema(table, self.family)
        return self.family[relation.table_sequence]


def _tables() -> QuerySet[Table]:
    return Table.objects.select_related("database").prefetch_related("columns", "indexes")


def find(database_id: str, table_id: str) -> TableSchema | None:
    """Return the table's schema, or None if there is no such table."""
    # As everywhere in Appwrite, IDs are case-insensitive.
    name = database_id.lower(), table_id.lower()
    cache = state.definitions()
    cached: TableSchema | None = cache.values.get(name)
    if cached is not None:
        return cached
    table = _tables().filter(database__id=database_id, id=table_id).first()
    if table is None:
        return None
    schema = TableSchema(table)
    # If the table changed while its schema was being read, do not cache the schema. Only this request uses it.
    if cache is state.definitions() and not transaction.get_connection().in_atomic_block:
        cache.values[name] = schema
        if not schema.relations:  # a schema with relationships loads related schemas later, which may have changed
            cache.kept[name] = schema
    return schema


@state.on_cache_clear
def clear_cache() -> None:
    """Drop all cached schemas."""
    state.forget_definitions()


def invalidate() -> None:
    """Drop all cached schemas when the current transaction is committed. Call this after any change to a table."""
    transaction.on_commit(clear_cache)
