"""The table of books, for the tests of TablesDB."""

import pytest
from appwrite.client import Client
from appwrite.services.tables_db import TablesDB

from tests.books import BooksTable, create_books_table


@pytest.fixture
def tables(server: Client) -> TablesDB:
    """The TablesDB service of a server, with the table of books."""
    return create_books_table(server)


@pytest.fixture
def books(tables: TablesDB, server: Client) -> BooksTable:
    return BooksTable(server)
