"""This thread's SQLite connection, without Django's cursor in between: rows are read some hundred times a second."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from django.db import connection


def execute(sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
    """Run one statement inside whatever transaction this thread is in."""
    connection.ensure_connection()
    return connection.connection.execute(sql, values)
