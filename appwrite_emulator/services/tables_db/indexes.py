"""Indexes: list, create, get, delete."""

from typing import Any

from appwrite_emulator import clock, lists
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Column, Index, Project, Table
from appwrite_emulator.params import Anything, Boolean, Integer, Invalid, Key, ListOf, Text, accepts
from appwrite_emulator.responses import Answer, databases
from appwrite_emulator.rows import shapes, storage
from appwrite_emulator.services.tables_db import described as described_
from appwrite_emulator.services.tables_db.lookup import find_table

ATTRIBUTES = lists.attributes(Index, key="key", type="type", columns="columns", lengths="lengths", orders="orders")
TYPES = ("key", "fulltext", "unique", "spatial")
LONGEST = 768
"""How many letters the columns of an index may have together (3072 bytes for InnoDB)."""
MOST = 58
"""MariaDB takes 64 per table, of which the real server uses some itself."""


class Order(Text):
    """ASC or DESC."""

    def clean(self, value: Any, project: Project) -> str:
        text = super().clean(value, project)
        if text.upper() not in ("ASC", "DESC"):
            raise Invalid("must be ASC or DESC")
        return text.upper()


class Indexed(Key):
    """The key of a column, or one of the system's that can be indexed."""

    SYSTEM = ("$id", "$createdAt", "$updatedAt")

    def clean(self, value: Any, project: Project) -> str:
        return value if value in self.SYSTEM else super().clean(value, project)


class Length(Integer):
    """How many letters of a text are indexed; null and 0 are all of them."""

    def clean(self, value: Any, project: Project) -> int:
        return 0 if value is None else super().clean(value, project)


_DECLARED = {
    "key": Key(required=True),
    "type": Text(choices=TYPES, required=True),
    "orders": ListOf(Order(), default=()),
    "lengths": ListOf(Length(), default=()),
}
_COLUMNS = ListOf(Indexed(), required=True)
# Inside "create table" orders are spelt exactly, or left open.
_INLINE = {
    **_DECLARED,
    "orders": ListOf(Anything(), default=()),
    "lengths": ListOf(Length(0), default=()),
    "attributes": _COLUMNS,
}


def find(table: Table, key: str) -> Index:
    """The index with this key, or 404 `column_index_not_found`."""
    index = table.indexes.select_related("table").filter(key=key).first()
    if index is None:
        raise AppwriteError("column_index_not_found")
    return index


def from_descriptions(table: Table, described: list[dict[str, Any]]) -> list[Index]:
    """The indexes described inside "create table", where their columns are called `attributes`.

    400 `general_argument_invalid` for what has not the form of an index, `column_index_invalid` for an unknown column.
    """
    read = [_from_description(each) for each in described]
    if len({index.key for index in read}) < len(read):
        raise AppwriteError("general_argument_invalid", "Invalid `indexes`: a key is there twice.")
    known = {column.key for column in table.columns.all()}.union(Indexed.SYSTEM)
    if not all(known.issuperset(index.columns) for index in read):
        raise AppwriteError("column_index_invalid", "The index is on columns that the table does not have.")
    return read


def _from_description(described: dict[str, Any]) -> Index:
    read = described_.read(described, _INLINE, "indexes")
    columns, orders, lengths = read.pop("attributes"), read["orders"], read["lengths"]
    wrong = any(order not in ("ASC", "DESC", "", None) for order in orders) or not columns
    if wrong or any(len(each) != len(columns) for each in (orders, lengths) if each):
        raise AppwriteError(
            "general_argument_invalid", "Invalid `indexes`: an index has columns, and one order and length for each."
        )
    return Index(columns=columns, **read)


def add(table: Table, index: Index) -> Index:
    """Make the index, after all that can be wrong with it has been looked at."""
    if table.indexes.filter(key=index.key).exists():
        raise AppwriteError("column_index_already_exists")
    if table.indexes.count() >= MOST:
        raise AppwriteError("column_index_limit_exceeded")
    lengths = [*index.lengths, *[0] * len(index.columns)][: len(index.columns)]
    index.lengths, index.orders = lengths, list(index.orders)
    _check(table, index)
    index.table = table
    index.created_at = index.updated_at = clock.now()
    index.save()
    storage.create_index(index)
    shapes.changed()
    return index


def _check(table: Table, index: Index) -> None:
    columns = {column.key: column for column in table.columns.all()}
    if not set(index.columns) <= columns.keys() | set(Indexed.SYSTEM):
        raise AppwriteError("column_unknown")
    if not index.columns or len({key.lower() for key in index.columns}) < len(index.columns):
        raise AppwriteError("column_index_invalid", "An index is on one column or several different ones.")
    if index.type == "spatial":
        _check_spatial([columns.get(key) for key in index.columns])
        return
    letters = 0
    for key, length in zip(index.columns, index.lengths, strict=True):
        column = columns.get(key)
        if column and column.array:
            raise AppwriteError("index_invalid", "Lists cannot be indexed.")
        if column and column.relationship_id:
            raise AppwriteError("column_type_invalid", "A relationship cannot be indexed.")
        if column and column.is_geometric:
            raise AppwriteError("column_index_invalid", f"{key} takes a spatial index only.")
        is_text = column.is_text if column else key == "$id"
        if index.type == "fulltext" and not is_text:
            raise AppwriteError("column_index_invalid", "Only texts have words to be searched.")
        size = (column.size if column else 36) if is_text else 1
        if not 0 <= length <= size:
            raise AppwriteError("column_index_invalid", f"{key} has no {length} letters.")
        letters += length or size
    if index.type != "fulltext" and letters > LONGEST:
        raise AppwriteError("column_index_invalid", f"An index has at most {LONGEST} letters; use lengths.")


def _check_spatial(columns: list[Column | None]) -> None:
    column = columns[0] if len(columns) == 1 else None
    if column is None or not column.is_geometric or not column.required:
        raise AppwriteError("column_index_invalid", "A spatial index is on one shape that every row has.")


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_indexes(
    request: Request, *, database_id: str, table_id: str, queries: list[str], total: bool
) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/indexes"""
    indexes = find_table(database_id, table_id).indexes.select_related("table")
    found = lists.page(indexes, queries, ATTRIBUTES, total=total)
    return {"total": found.total, "indexes": [databases.index(index) for index in found.items]}


@accepts(columns=_COLUMNS, **_DECLARED)
def create_index(request: Request, *, database_id: str, table_id: str, **read: Any) -> Answer:
    """POST /tablesdb/{databaseId}/tables/{tableId}/indexes. The answer says "processing"; it is ready at once."""
    index = add(find_table(database_id, table_id), Index(**read))
    return Answer(databases.index(index, status="processing"), 202)


def get_index(request: Request, *, database_id: str, table_id: str, key: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/indexes/{key}"""
    return databases.index(find(find_table(database_id, table_id), key))


def delete_index(request: Request, *, database_id: str, table_id: str, key: str) -> None:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}/indexes/{key}"""
    index = find(find_table(database_id, table_id), key)
    storage.drop_index(index)
    index.delete()
    shapes.changed()
