"""What the process holds beside the database: the write lock, the checkpoint, and caches that a reset must empty."""

import datetime
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from appwrite_emulator import clock, faults, request_log
from appwrite_emulator.errors import AppwriteError

write_lock = threading.RLock()
"""Held by every request that writes, so that writers queue here and not in SQLite's busy loop."""

_forgetters: list[Callable[[], None]] = []
_beginnings: list[Callable[[], None]] = []
_checkpoints: dict[str, tuple[datetime.datetime, sqlite3.Connection]] = {}
_generation = 0
_touched = False


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
    global _generation
    _generation += 1
    for function in _forgetters:
        function()


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """Keep what `function` read from the database, None excepted, until something it rests on changes.

    What it reads must be of models named in `RESTED_ON`.
    """
    kept: dict[Any, Any] = {}
    forgets(kept.clear)

    @wraps(function)
    def read(*arguments: Any) -> Any:
        if arguments in kept:
            return kept[arguments]
        generation = _generation
        value = function(*arguments)
        if value is not None and generation == _generation:  # else somebody wrote while we read
            kept[arguments] = value
        return value

    return read


@contextmanager
def writing() -> Iterator[None]:
    """One transaction behind the process's write lock: a handler that raises stores nothing."""
    global _touched
    with write_lock:
        try:
            with transaction.atomic():
                yield
        except AppwriteError as error:
            if error.and_then:
                with transaction.atomic():
                    error.and_then()
            raise
        finally:
            if _touched:  # committed or rolled back: what was read meanwhile may be wrong either way
                _touched = False
                forget()


RESTED_ON = {"Project", "Platform", "ApiKey", "OAuth2Provider"}


@receiver([post_save, post_delete])
def _notice(sender: type, **_: Any) -> None:
    global _touched
    if sender.__name__ in RESTED_ON:
        _touched = True
        forget()


def checkpoint(name: str = "") -> None:
    """Let what is stored now be what a `reset` to `name` returns to."""
    with write_lock:
        connection.ensure_connection()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copy)
        if name in _checkpoints:
            discard(name)
        _checkpoints[name] = timezone.now(), copy


def checkpoints() -> dict[str, datetime.datetime]:
    """The checkpoints one can return to, and when each was set, in real time; the oldest first."""
    return {name: made for name, (made, _) in _checkpoints.items()}


def discard(name: str) -> None:
    """Forget a checkpoint, which frees its memory. KeyError for a name that no checkpoint has."""
    with write_lock:
        _, copy = _checkpoints.pop(name)
        copy.close()


def tidy() -> None:
    """Bring everything into the one file; nothing is lost without it."""
    with write_lock, connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def reset(name: str = "") -> None:
    """Return to the checkpoint `name`; to the freshly seeded project where the one without a name was never set. The
    clock shows real time again, no fault is set and the request log is empty. Raises KeyError for a name that no
    checkpoint has.

    The whole database is put back page by page, so tables made at run time come and go with it.
    """
    with write_lock:
        if not name and name not in _checkpoints:
            _begin_anew()
        else:
            connection.ensure_connection()
            _checkpoints[name][1].backup(connection.connection)
        clock.set_right()
        faults.clear()
        request_log.clear()
        forget()


def _begin_anew() -> None:
    """Replace the database by a freshly seeded one, which is made in memory first: other requests see the old state or
    the new one, and where making it fails, the old one stays."""
    settings = connection.settings_dict
    connection.close()
    connection.settings_dict = {**settings, "NAME": ":memory:"}
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        for function in _beginnings:
            function()
        connection.connection.backup(copy)
    except BaseException:
        copy.close()
        raise
    finally:
        connection.settings_dict = settings
        connection.close()
    connection.ensure_connection()
    copy.backup(connection.connection)
    _checkpoints[""] = timezone.now(), copy
