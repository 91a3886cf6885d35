"""What the process holds beside the database: the write lock, the checkpoint, and caches that a reset must empty."""

import sqlite3
import threading
from collections.abc import Callable

from django.db import connection

from appwrite_emulator import clock

write_lock = threading.RLock()
"""Held by every request that writes, so that writers queue here and not in SQLite's busy loop."""

_forgetters: list[Callable[[], None]] = []
_beginnings: list[Callable[[], None]] = []
_checkpoint: sqlite3.Connection | None = None


def forgets(function: Callable[[], None]) -> Callable[[], None]:
    """Register a function (usable as decorator) that drops a cache of what stands in the database."""
    _forgetters.append(function)
    return function


def begins(function: Callable[[], None]) -> Callable[[], None]:
    """Register the function (usable as decorator) that fills an empty database."""
    _beginnings.append(function)
    return function


def forget() -> None:
    """Drop everything kept in memory about the database."""
    for function in _forgetters:
        function()


def checkpoint() -> None:
    """Let what is stored now be what `reset` returns to."""
    global _checkpoint
    with write_lock:
        connection.ensure_connection()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copy)
        _checkpoint = copy


def tidy() -> None:
    """Bring everything into the one file; nothing is lost without it."""
    with write_lock, connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def reset() -> None:
    """Return to the checkpoint; without one, to the freshly seeded project. The clock shows real time again.

    The whole database is put back page by page, so tables made at run time come and go with it.
    """
    with write_lock:
        if _checkpoint is None:
            _begin_anew()
        else:
            connection.ensure_connection()
            _checkpoint.backup(connection.connection)
        clock.set_right()
        forget()


def _begin_anew() -> None:
    connection.ensure_connection()
    with sqlite3.connect(":memory:") as nothing:
        nothing.backup(connection.connection)
    for function in _beginnings:
        function()
    checkpoint()
