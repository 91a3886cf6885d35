"""The table of books, for the tests of TablesDB."""

import pytest
from appwrite.client import Client
from appwrite.services.tables_db import TablesDB

from tests.data import Books, make_books


@pytest.fixture
def tables(server: Client) -> TablesDB:
    """The service of a server, with the table of books."""
    return make_books(server)


@pytest.fixture
def books(tables: TablesDB, server: Client) -> Books:
    return Books(server)
