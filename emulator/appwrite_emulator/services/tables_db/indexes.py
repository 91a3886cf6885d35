"""Indexes: list, create, get, delete."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Column, Index, Table
from appwrite_emulator.db.models.databases import INDEX_TYPES
from appwrite_emulator.db.tables import storage, table_schema
from appwrite_emulator.http.parameters import Anything, Boolean, Integer, Key, ListOf, ParameterError, Text, accepts
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services import lists
from appwrite_emulator.services.tables_db import inline_objects
from appwrite_emulator.services.tables_db.lookup import find_table

ATTRIBUTES = lists.attributes(Index, key="key", type="type", attributes="columns") | lists.constants(
    status="available", error=""
)
SYSTEM = {"$id": 255, "$createdAt": 0, "$updatedAt": 0}
"""System column that can be indexed -> its size in characters."""
RESERVED = "primary"
"""Key that is reserved for MariaDB's primary index."""
MAX_LENGTH = 768
"""Maximum total length of an index, in characters (3072 bytes in InnoDB)."""
MAX_INDEXES = 58
"""Maximum number of indexes per table. MariaDB allows 64, but the real server needs some for itself."""


class Order(Text):
    description = "Value must be one of (ASC, DESC)"

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text.upper() not in ("ASC", "DESC"):
            raise ParameterError
        return text.upper()


class Type(Text):
    """An index type. As on the real server, an upper-case type is accepted here, but `_check` rejects it."""

    description = f"Value must be one of ({', '.join(INDEX_TYPES)})"

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text.lower() not in INDEX_TYPES:
            raise ParameterError
        return text


class Indexed(Key):
    """Key of a column, or of a system column that can be indexed."""

    def clean(self, value: Any) -> str:
        return value if isinstance(value, str) and value in SYSTEM else super().clean(value)


class Length(Integer):
    """How many characters of a string are indexed. Null and 0 mean all characters."""

    def __init__(self, min: int = -(2**31)) -> None:
        super().__init__(min, 2**31 - 1, strict=True)

    def clean(self, value: Any) -> int:
        return 0 if value is None else super().clean(value)


_DECLARED = {
    "key": Key(required=True),
    "type": Type(required=True),
    "orders": ListOf(Order(), default=()),
    "lengths": ListOf(Length(), default=()),
}
_COLUMNS = ListOf(Indexed(), required=True)
# In "create table", sort orders are case-sensitive and can be empty.
_INLINE = {
    **_DECLARED,
    "type": Text(choices=INDEX_TYPES, required=True),
    "orders": ListOf(Anything(), default=()),
    "lengths": ListOf(Length(0), default=()),
    "attributes": _COLUMNS,
}


def find(table: Table, key: str) -> Index:
    """Return the index with the key `key`, or raise 404 `column_index_not_found`."""
    index = table.indexes.select_related("table").filter(key=key).first()
    if index is None:
        raise AppwriteError("column_index_not_found", subject=key)
    return index


def from_descriptions(table: Table, described: list[dict[str, Any]]) -> list[Index]:
    """Build the indexes that "create table" describes inline. There, the columns of an index are called `attributes`.

    Raise 400 `general_argument_invalid` for a malformed index, or `column_index_invalid` for an unknown column.
    """
    read = [_from_description(each) for each in described]
    keys = [index.key for index in read]
    for key in keys:
        if keys.count(key) > 1:
            raise AppwriteError("general_argument_invalid", "Duplicate index key: %s", subject=key)
    known = {column.key for column in table.columns.all()} | SYSTEM.keys()
    for index in read:
        for key in index.columns:
            if key not in known:
                raise AppwriteError("column_index_invalid", f'Invalid index attribute "{key}" not found')
    return read


def _from_description(described: dict[str, Any]) -> Index:
    read = inline_objects.read(described, _INLINE, "indexes")
    columns, orders, lengths = read.pop("attributes"), read["orders"], read["lengths"]
    wrong = any(order not in ("ASC", "DESC", "", None) for order in orders) or not columns
    if wrong or any(len(each) != len(columns) for each in (orders, lengths) if each):
        raise AppwriteError(
            "general_argument_invalid",
            f"Index '{described['key']}' must have attributes, with one order and one length each",
        )
    return Index(columns=columns, **read)


def add(table: Table, index: Index) -> Index:
    """Check and create the index."""
    if table.indexes.count() >= MAX_INDEXES:
        raise AppwriteError("column_index_limit_exceeded", subject=table.id)
    unsaid = len(index.columns) - len(index.lengths)
    index.lengths, index.orders = [*index.lengths, *[0] * unsaid], list(index.orders)
    _check(index, _indexable(index, _columns(table)))
    if table.indexes.filter(key=index.key).exists():
        raise AppwriteError("column_index_already_exists", subject=index.key)
    index.table = table
    index.created_at = index.updated_at = clock.now()
    index.save()
    storage.create_index(index)
    table_schema.invalidate()
    return index


def check_changed_column(table: Table, column: Column) -> None:
    """Raise 400 `column_index_invalid` if an index would be invalid with the changed, unsaved column."""
    columns = _columns(table) | {column.key: column}
    for index in table.indexes.all():
        if column.key in index.columns:
            _check(index, [columns[key] for key in index.columns])


def _columns(table: Table) -> dict[str, Column]:
    """Return the table's columns and the system columns that can be indexed, by key."""
    system = [Column(key=key, type="string" if size else "datetime", size=size) for key, size in SYSTEM.items()]
    return {column.key: column for column in (*table.columns.all(), *system)}


def _indexable(index: Index, columns: dict[str, Column]) -> list[Column]:
    """Return the index's columns. Raise an error if one of them does not exist or cannot be indexed."""
    for key in index.columns:
        column = columns.get(key)
        if column is None:
            raise AppwriteError("column_unknown", subject=key)
        if column.relationship_id:
            raise AppwriteError(
                "column_type_invalid", "Cannot create an index for a relationship column: %s", subject=key
            )
        if column.array:
            raise AppwriteError("index_invalid", "Creating indexes on array attributes is not currently supported.")
    return [columns[key] for key in index.columns]


def _invalid(message: str) -> AppwriteError:
    return AppwriteError("column_index_invalid", "%s", subject=message)


def _check(index: Index, columns: list[Column]) -> None:
    """Raise 400 `column_index_invalid` for an invalid index.

    The checks are in the same order as in utopia-php/database.
    """
    if index.type not in INDEX_TYPES:
        raise _invalid(f"Unknown index type: {index.type}. Must be one of {', '.join(INDEX_TYPES)}")
    if not columns:
        raise _invalid("No attributes provided for index")
    if len({column.key.lower() for column in columns}) < len(columns):
        raise _invalid("Duplicate attributes provided")
    _check_types(index, columns)
    if index.type != "fulltext":
        _check_lengths(index, columns)
    if index.key.lower() == RESERVED:
        raise _invalid("Index key name is reserved")
    if index.type == "spatial":
        _check_spatial(columns)
    else:
        _check_not_spatial(index, columns)


def _check_types(index: Index, columns: list[Column]) -> None:
    for column in columns:
        if index.type == "fulltext" and not column.is_text:
            raise _invalid(f'Attribute "{column.key}" cannot be part of a fulltext index, must be of type string')
    for column, length in zip(columns, index.lengths, strict=False):
        if length and not column.is_text:
            raise _invalid(f'Cannot set a length on "{column.type}" attributes')


def _check_not_spatial(index: Index, columns: list[Column]) -> None:
    for column in columns:
        if column.is_geometric:
            raise _invalid(
                f'Cannot create {index.type} index on spatial attribute "{column.key}". '
                "Spatial attributes require spatial indexes."
            )


def _check_spatial(columns: list[Column]) -> None:
    if len(columns) > 1:
        raise _invalid("Spatial index must have exactly one attribute")
    column = columns[0]
    if not column.is_geometric:
        raise _invalid(
            "Spatial index can only be created on spatial attributes (point, linestring, polygon). "
            f'Attribute "{column.key}" is of type "{column.type}"'
        )
    if not column.required:
        raise _invalid(
            f'Spatial indexes do not allow null values. Mark the attribute "{column.key}" as required '
            "or create the index on a column with no null values."
        )


def _check_lengths(index: Index, columns: list[Column]) -> None:
    if len(index.lengths) > len(columns):
        raise _invalid("Invalid index lengths. Count of lengths must be equal or less than the number of attributes.")
    letters = 0
    for column, length in zip(columns, index.lengths, strict=True):
        size = column.size if column.is_text else 2 if column.type == "double" else 1
        if length < 0:
            raise _invalid(f"Negative index length provided for {column.key}")
        if length > size:
            raise _invalid(f'Index length {length} is larger than the size for {column.key}: {size}"')
        letters += length or size
    if letters > MAX_LENGTH:
        raise _invalid(f"Index length is longer than the maximum: {MAX_LENGTH}")


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_indexes(
    request: Request, *, database_id: str, table_id: str, queries: list[str], total: bool
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/indexes."""
    indexes = find_table(database_id, table_id).indexes.select_related("table")
    page = lists.page(indexes, queries, ATTRIBUTES, total=total)
    return {"total": page.total, "indexes": [databases.index(index) for index in page.items]}


@accepts(columns=_COLUMNS, **_DECLARED)
def create_index(request: Request, *, database_id: str, table_id: str, **read: Any) -> dict[str, Any]:
    """POST /tablesdb/{databaseId}/tables/{tableId}/indexes.

    The index is ready immediately, although its status is "processing".
    """
    index = add(find_table(database_id, table_id), Index(**read))
    return databases.index(index, status="processing")


def get_index(request: Request, *, database_id: str, table_id: str, key: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/indexes/{key}."""
    return databases.index(find(find_table(database_id, table_id), key))


def delete_index(request: Request, *, database_id: str, table_id: str, key: str) -> None:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/indexes/{key}."""
    index = find(find_table(database_id, table_id), key)
    request.add_change(databases.index(index, status="deleting"))
    storage.drop_index(index)
    index.delete()
    table_schema.invalidate()
