"""Direct SQLite access without Django's cursor wrapper, for speed. Rows are read several hundred times a second."""

import sqlite3
from collections.abc import Sequence

from django.db import connection

from appwrite_emulator.db.collation import SqlValue


def execute(sql: str, values: Sequence[SqlValue] = ()) -> sqlite3.Cursor:
    """Execute one statement on this thread's connection, in its current transaction."""
    connection.ensure_connection()
    cursor: sqlite3.Cursor = connection.connection.execute(sql, values)
    return cursor
