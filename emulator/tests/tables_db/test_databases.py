"""Databases through the official SDK."""

from appwrite.query import Query
from appwrite.services.tables_db import TablesDB

from tests.books import BooksTable, create_books_table


def test_create(server, expect_error):
    database = TablesDB(server).create("lib", "Library")
    assert (database.id, database.name, database.enabled, database.type.value) == ("lib", "Library", True, "tablesdb")
    with expect_error("database_already_exists", 409):
        TablesDB(server).create("LIB", "Its letters' case does not matter")


def test_list(tables):
    tables.create("second", "Another")
    assert [each.id for each in tables.list(search="libr").databases] == ["lib"]
    page = tables.list([Query.order_desc("name"), Query.limit(1)])
    assert (page.total, page.databases[0].id) == (2, "lib")


def test_get(tables, expect_error):
    assert tables.get("lib").name == "Library"
    with expect_error("database_not_found", 404):
        tables.get("nowhere")


def test_update(tables, books, guest, expect_error):
    books.create("salt")
    assert tables.update("lib", "Old library", enabled=False).name == "Old library"
    with expect_error("database_not_found", 404):
        BooksTable(guest).get("salt")
    assert books.get("salt").id == "salt", "a key still sees what is in a disabled database"


def test_delete(tables, books, expect_error):
    books.create("salt")
    tables.delete("lib")
    with expect_error("database_not_found", 404):
        books.get("salt")
    create_books_table(tables.client)
    assert books.find() == []
