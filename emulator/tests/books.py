"""The books table, with convenience methods for reading and writing its rows."""

from collections.abc import Iterable
from typing import Any

from appwrite.client import Client
from appwrite.models import Row
from appwrite.services.tables_db import TablesDB

TABLE = "/tablesdb/lib/tables/books"
ROWS = f"{TABLE}/rows"

COLUMNS = [
    {"key": "title", "type": "string", "size": 100, "required": True},
    {"key": "slug", "type": "string", "size": 100},
    {"key": "state", "type": "string", "format": "enum", "size": 20, "elements": ["draft", "out"], "default": "draft"},
    {"key": "pages", "type": "integer", "min": 0, "max": 5000},
    {"key": "price", "type": "double"},
    {"key": "lent", "type": "boolean", "default": False},
    {"key": "born", "type": "datetime"},
    {"key": "tags", "type": "string", "size": 30, "array": True},
    {"key": "body", "type": "mediumtext"},
]
INDEXES = [
    {"key": "once", "type": "unique", "attributes": ["slug"]},
    {"key": "words", "type": "fulltext", "attributes": ["body"]},
    {"key": "newest", "type": "key", "attributes": ["state", "born"], "orders": ["ASC", "DESC"]},
]


def create_books_table(server: Client, *, permissions: Iterable[str] = (), row_security: bool = False) -> TablesDB:
    """Create the table `books` in the database `lib` and return the TablesDB service."""
    tables = TablesDB(server)
    tables.create("lib", "Library")
    tables.create_table("lib", "books", "Books", list(permissions), row_security, columns=COLUMNS, indexes=INDEXES)
    return tables


class BooksTable:
    """The rows of the table `books`, read and written as one caller."""

    def __init__(self, client: Client) -> None:
        self.tables = TablesDB(client)

    def create(self, row_id: str, permissions: list[str] | None = None, **data: Any) -> Row:
        return self.tables.create_row("lib", "books", row_id, {"title": row_id.title(), **data}, permissions)

    def get(self, row_id: str, queries: list[str] | None = None) -> Row:
        return self.tables.get_row("lib", "books", row_id, queries)

    def update(self, row_id: str, permissions: list[str] | None = None, **data: Any) -> Row:
        return self.tables.update_row("lib", "books", row_id, data, permissions)

    def upsert(self, row_id: str, permissions: list[str] | None = None, **data: Any) -> Row:
        return self.tables.upsert_row("lib", "books", row_id, data, permissions)

    def delete(self, row_id: str) -> None:
        self.tables.delete_row("lib", "books", row_id)

    def find(self, *queries: str) -> list[str]:
        """Return the matching rows' IDs in the order of the response."""
        return [row.id for row in self.tables.list_rows("lib", "books", list(queries)).rows]

    def total(self, *queries: str) -> int:
        return int(self.tables.list_rows("lib", "books", list(queries)).total)
