"""Databases, tables, columns, indexes, rows and transactions, in TablesDB's terms (legacy: services/databases.py)."""

from collections.abc import Iterable
from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models
from appwrite_emulator.db.tables.nested_reads import RelatedRow
from appwrite_emulator.db.tables.reading import Row
from appwrite_emulator.db.tables.table_schema import TableSchema


def database(database: models.Database) -> dict[str, Any]:
    return {
        "$id": database.id,
        "name": database.name,
        "$createdAt": iso(database.created_at),
        "$updatedAt": iso(database.updated_at),
        "enabled": database.enabled,
        "type": database.type,
    }


def table(table: models.Table, *, fresh: bool = False) -> dict[str, Any]:
    """Return a table.

    If the table has just been created (`fresh`), omit its columns and indexes, as the real server does.
    """
    columns = [] if fresh else [column(each) for each in table.columns.all()]
    indexes = [] if fresh else [index(each) for each in table.indexes.all()]
    return {
        "$id": table.id,
        "$createdAt": iso(table.created_at),
        "$updatedAt": iso(table.updated_at),
        "$permissions": table.permissions,
        "databaseId": table.database.id,
        "name": table.name,
        "enabled": table.enabled,
        "rowSecurity": table.row_security,
        "columns": columns,
        "indexes": indexes,
        "bytesMax": table.BYTES_MAX,
        "bytesUsed": table.BYTES_EMPTY if fresh else table.bytes_used,
    }


def column(column: models.Column, *, status: str = "available", moment: str = "read") -> dict[str, Any]:
    """Return a column. As on the real server, `encrypt` depends on `moment`: `made`, `changed`, `listed` or `read`."""
    model: dict[str, Any] = {
        "key": column.key,
        "type": column.type,
        "status": status,
        "error": "",
        "required": column.required,
        "array": column.array,
        "$createdAt": iso(column.created_at),
        "$updatedAt": iso(column.updated_at),
    }
    if column.type in ("integer", "bigint", "double"):
        model |= {name: each for name, each in (("min", column.min), ("max", column.max)) if each is not None}
    elif column.relationship:
        return model | _relationship(column.relationship, column.side)
    elif column.format:
        model |= {"elements": column.elements} if column.format == "enum" else {}
        model["format"] = column.format
    elif column.type == "datetime":
        model["format"] = ""
    elif column.is_text:
        model |= {"size": column.size} if column.type in ("string", "varchar") else {}
        omitted = moment == "changed" or (moment == "listed" and column.type != "string")
        model["encrypt"] = None if omitted else column.encrypt
    model["default"] = column.default
    return model


def _relationship(relationship: models.Relationship, side: str) -> dict[str, Any]:
    """Return a relationship's fields, as shown in the column on this side."""
    is_parent = side == "parent"
    return {
        "relatedTable": relationship.child.id if is_parent else relationship.parent.id,
        "relationType": relationship.type,
        "twoWay": relationship.two_way,
        "twoWayKey": relationship.two_way_key if is_parent else relationship.key,
        "onDelete": relationship.on_delete,
        "side": side,
    }


def index(index: models.Index, *, status: str = "available") -> dict[str, Any]:
    return {
        "$id": index.id,
        "$createdAt": iso(index.created_at),
        "$updatedAt": iso(index.updated_at),
        "key": index.key,
        "type": index.type,
        "status": status,
        "error": "",
        "columns": index.columns,
        "lengths": index.lengths,
        "orders": index.orders,
    }


def row(schema: TableSchema, row: Row) -> dict[str, Any]:
    """Return a row: the columns that were read, then the system columns."""
    model = {key: show(value) if (show := schema.show[key]) else value for key, value in row.data.items()}
    model["$sequence"] = str(row.sequence)
    model["$id"] = row.id
    model["$createdAt"] = row.created
    model["$updatedAt"] = row.updated
    model["$permissions"] = list(row.permissions.texts)
    model["$databaseId"] = schema.database_id
    model["$tableId"] = schema.id
    if row.related:
        model |= {key: _related(value) for key, value in row.related.items()}
    return model


def _related(value: list[RelatedRow] | RelatedRow) -> Any:
    if isinstance(value, list):
        return [_related(each) for each in value]
    if value.row is None:
        return {"$databaseId": value.schema.database_id, "$tableId": value.schema.id}
    return row(value.schema, value.row)


def rows(schema: TableSchema, total: int, items: Iterable[Row]) -> dict[str, Any]:
    return {"total": total, "rows": [row(schema, each) for each in items]}


def transaction(transaction: models.Transaction) -> dict[str, Any]:
    return {
        "$id": transaction.id,
        "$createdAt": iso(transaction.created_at),
        "$updatedAt": iso(transaction.updated_at),
        "status": transaction.status,
        "operations": transaction.operations.count(),
        "expiresAt": iso(transaction.expires_at),
    }
