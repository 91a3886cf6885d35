"""A project's state outside its database (locks, caches, clock, faults, logs), and which project is the current one.

One process can serve several projects. Each request belongs to one project (`ProjectState.use`); code outside a request
uses the first project.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

_closers: list[Callable[[], None]] = []


class ProjectClosedError(Exception):
    """The project accepts no new work, because it is being deleted or the emulator is stopping."""


class ProjectState:
    """The connections to one project's database, and the project's values, keyed by their `PerProject` objects.

    The first project has neither `id` nor `database`. Its ID is in `bootstrap.identity`, and its database is in the
    settings. Each thread has its own connection to this database. Connections to other projects' databases are pooled.
    """

    def __init__(self, id: str = "", database: Path | None = None) -> None:
        self.id, self.database = id, database
        self.values: dict[PerProject[Any], Any] = {}
        self._idle: list[BaseDatabaseWrapper] = []
        self.is_closed = False
        self._users = 0  # number of `use` blocks that are running
        self._users_changed = threading.Condition()

    @contextmanager
    def use(self) -> Iterator[None]:
        """Make this the current thread's project inside the block.

        Raise ProjectClosedError if the project is closed.
        """
        if self is _current.get():
            yield
            return
        with self._users_changed:
            if self.is_closed:
                raise ProjectClosedError
            self._users += 1
        token = _current.set(self)
        try:
            with self._connected():
                yield
        finally:
            _current.reset(token)
            with self._users_changed:
                self._users -= 1
                self._users_changed.notify_all()

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Make this project's database the current thread's default database."""
        before = connections[DEFAULT_DB_ALIAS]
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._new_connection()
        connections[DEFAULT_DB_ALIAS] = connection
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = before
            self._idle.append(connection)
            if self.is_closed:
                self._close_connections()

    def _new_connection(self) -> BaseDatabaseWrapper:
        connection = connections.create_connection(DEFAULT_DB_ALIAS)
        connection.inc_thread_sharing()
        if self.database:
            connection.settings_dict = {**connection.settings_dict, "NAME": str(self.database)}
        return connection

    def close(self, timeout: float = 0) -> bool:
        """Accept no new work, stop background work, and wait at most `timeout` seconds for running work.

        Return whether all work has finished. Connections in use are closed when they are returned to the pool. The
        current thread must not be using the project.
        """
        with self._users_changed:
            self.is_closed = True
        token = _current.set(self)
        try:
            for end_work in _closers:
                end_work()
        finally:
            _current.reset(token)
        with self._users_changed:
            has_ended = self._users_changed.wait_for(lambda: not self._users, timeout)
        self._close_connections()
        return has_ended

    def reopen(self) -> None:
        """Accept work again after `close` has timed out."""
        self.is_closed = False

    def _close_connections(self) -> None:
        with suppress(IndexError):  # other threads may take connections at the same time
            while True:
                self._idle.pop().close()


FIRST = ProjectState()
CONSOLE = ProjectState("console")
"""The console project, which has its own users. It has a database only with `--console-user`."""
PROJECTS: dict[str, ProjectState] = {}
"""Project ID -> state, for the projects of this process. The first project comes first."""
_current: ContextVar[ProjectState] = ContextVar("project_state", default=FIRST)


def current() -> ProjectState:
    """Return the state of the current thread's project."""
    return _current.get()


def on_close(function: Callable[[], None]) -> Callable[[], None]:
    """Decorate a function that stops the current project's background work.

    It is called before the database is closed.
    """
    _closers.append(function)
    return function


class PerProject(Generic[T]):
    """A separate value for each project. Call it to get the current project's value, created on first use."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create

    def __call__(self) -> T:
        values = _current.get().values
        try:
            value: T = values[self]
        except KeyError:
            value = values.setdefault(self, self._create())  # atomic, because two threads may create the value at once
        return value

    def pop(self) -> T | None:
        """Remove and return the current project's value, or return None if there is none."""
        value: T | None = _current.get().values.pop(self, None)
        return value
