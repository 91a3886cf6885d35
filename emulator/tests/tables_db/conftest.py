"""The books table for the TablesDB tests."""

import pytest
from appwrite.client import Client
from appwrite.services.tables_db import TablesDB

from appwrite_emulator.testing import Emulator
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, client


@pytest.fixture(scope="session")
def books_checkpoint(appwrite_process: Emulator) -> str:
    """Create the books table and save it in a checkpoint. Tests that use `tables` start from this checkpoint."""
    appwrite_process.reset()
    create_books_table(client(appwrite_process, key=KEY))
    appwrite_process.checkpoint("books")
    return "books"


@pytest.fixture
def appwrite_checkpoint(request: pytest.FixtureRequest) -> str:
    return "books" if "books_checkpoint" in request.fixturenames else ""


@pytest.fixture
def tables(books_checkpoint: str, server: Client) -> TablesDB:
    """Return a TablesDB service that uses an API key. The books table already exists."""
    return TablesDB(server)


@pytest.fixture
def books(tables: TablesDB, server: Client) -> BooksTable:
    return BooksTable(server)
