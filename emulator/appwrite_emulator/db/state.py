"""The current project's state outside the database: write lock, checkpoints, and caches that a reset clears."""

import datetime
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import PerProject

_cache_clearers: list[Callable[[], None]] = []
_resetters: list[Callable[[], None]] = []
_bootstrappers: list[Callable[[], None]] = []


class Definitions:
    """Table schemas that have been read from the database. A change to a table replaces this object.

    `kept`: the schemas that the next reset to the same checkpoint restores, because reading a schema takes longer than
    the reset.
    """

    def __init__(self, kept: dict[Any, Any] | None = None) -> None:
        self.kept: dict[Any, Any] = {} if kept is None else kept
        self.values = dict(self.kept)


@dataclass
class _Checkpoint:
    time: datetime.datetime
    copy: sqlite3.Connection
    definitions: dict[Any, Any] = field(default_factory=dict)
    """`Definitions.kept` after a reset to this checkpoint."""


@dataclass
class _State:
    """The state of one project."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    checkpoints: dict[str, _Checkpoint] = field(default_factory=dict)
    definitions: Definitions = field(default_factory=Definitions)
    generation: int = 0
    """How often the caches have been cleared."""
    is_touched: bool = False
    """Whether the running transaction has written to `CACHED_MODELS`."""


_state = PerProject(_State)


def write_lock() -> threading.RLock:
    """Return the lock that every writing request holds. Waiting for it avoids SQLite's busy loop."""
    return _state().lock


def on_cache_clear(function: Callable[[], None]) -> Callable[[], None]:
    """Decorate a function that clears a cache of database content."""
    _cache_clearers.append(function)
    return function


def on_reset(function: Callable[[], None]) -> Callable[[], None]:
    """Decorate a function that clears state outside the database. A reset calls it."""
    _resetters.append(function)
    return function


def on_bootstrap(function: Callable[[], None]) -> Callable[[], None]:
    """Decorate a function that fills an empty database."""
    _bootstrappers.append(function)
    return function


def definitions() -> Definitions:
    """Return the cache of table schemas.

    After reading a schema, add it only if this function still returns the same object as before the read.
    """
    return _state().definitions


def forget_definitions() -> None:
    """Start an empty cache of table schemas."""
    _state().definitions = Definitions()


def clear_caches() -> None:
    """Clear all registered caches."""
    _state().generation += 1
    for function in _cache_clearers:
        function()


def cached_until_write(function: Callable[..., Any]) -> Callable[..., Any]:
    """Cache the results of `function`, except None, until the data that it reads changes.

    `function` must read only the models in `CACHED_MODELS`.
    """
    project_cache: PerProject[dict[Any, Any]] = PerProject(dict)
    on_cache_clear(lambda: project_cache().clear())

    @wraps(function)
    def read(*arguments: Any) -> Any:
        cache = project_cache()
        if arguments in cache:
            return cache[arguments]
        state = _state()
        generation = state.generation
        value = function(*arguments)
        if value is not None and generation == state.generation:  # otherwise the data may have changed meanwhile
            cache[arguments] = value
        return value

    return read


@contextmanager
def writing() -> Iterator[None]:
    """Run a block in a transaction that holds the write lock. An exception rolls the transaction back."""
    state = _state()
    with state.lock:
        try:
            with transaction.atomic():
                yield
        except AppwriteError as error:
            if error.after_rollback:
                with transaction.atomic():
                    error.after_rollback()
            raise
        finally:
            if state.is_touched:  # values cached during the transaction may be out of date, even after a rollback
                state.is_touched = False
                clear_caches()


CACHED_MODELS = {"Project", "Platform", "ApiKey", "OAuth2Provider"}


@receiver([post_save, post_delete])
def _notice(sender: type, **_: Any) -> None:
    if sender.__name__ in CACHED_MODELS:
        _state().is_touched = True
        clear_caches()


def checkpoint(name: str = "") -> None:
    """Save the database's current state as the checkpoint `name`, so that `reset(name)` can return to it."""
    with write_lock():
        connection.ensure_connection()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(copy)
        checkpoints = _state().checkpoints
        if name in checkpoints:
            discard(name)
        checkpoints[name] = _Checkpoint(timezone.now(), copy)


def checkpoints() -> dict[str, datetime.datetime]:
    """Return checkpoint name -> the real time at which it was saved, oldest first."""
    return {name: checkpoint.time for name, checkpoint in _state().checkpoints.items()}


def discard(name: str) -> None:
    """Delete a checkpoint and free its memory. Raise KeyError if the checkpoint does not exist."""
    with write_lock():
        _state().checkpoints.pop(name).copy.close()


def checkpoint_wal() -> None:
    """Merge SQLite's write-ahead log into the database file. Skipping this loses no data."""
    with write_lock(), connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def reset(name: str = "", *, from_seed: bool = False) -> None:
    """Return to the checkpoint `name`.

    Without a name, return to the unnamed checkpoint or, if there is none, to the freshly seeded project. Also reset the
    clock to real time, remove all faults and clear the request log (`on_reset`). Raise KeyError if the checkpoint does
    not exist. `from_seed`: read the seed again, even if there is an unnamed checkpoint. The whole database is restored
    page by page, including the tables created at run time.
    """
    with write_lock():
        state = _state()
        if from_seed or (not name and name not in state.checkpoints):
            _reset_to_seed()
        else:
            restored = state.checkpoints[name]
            # A request that reads a schema during the reset must not add it to a checkpoint's definitions.
            forget_definitions()
            connection.ensure_connection()
            restored.copy.backup(connection.connection)
        clock.reset()
        for function in _resetters:
            function()
        clear_caches()
        state.definitions = Definitions(state.checkpoints[name].definitions)


def _reset_to_seed() -> None:
    """Replace the database with a freshly seeded one.

    The new database is first built in memory, so that other requests see either the old or the new database. If this
    fails, the old database is kept.
    """
    settings = connection.settings_dict
    connection.close()
    connection.settings_dict = {**settings, "NAME": ":memory:"}
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        for function in _bootstrappers:
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
    if "" in _state().checkpoints:
        discard("")
    _state().checkpoints[""] = _Checkpoint(timezone.now(), copy)
