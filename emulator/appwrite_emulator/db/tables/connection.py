"""Raw SQLite access that bypasses Django's cursor wrapper: rows are read several hundred times a second."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.db import connection


def execute(sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Execute one statement on this thread's connection, inside its current transaction."""
    connection.ensure_connection()
    return connection.connection.execute(sql, values)
