"""State of a project that is not in its database: locks, caches, clock, faults, logs; and the choice of a project.

One process can serve several projects. Each request belongs to one of them (`ProjectState.use`); code outside
a request uses the first project.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")


class ProjectState:
    """The values of one project, by the `PerProject` that creates them, and the connections to its database.

    The first project has neither `id` nor `database`: its ID is in `bootstrap.identity`, its database in the settings,
    and each thread keeps a connection to it. Threads share the connections to the other databases one after the other.
    """

    def __init__(self, id: str = "", database: Path | None = None) -> None:
        self.id, self.database = id, database
        self.values: dict[PerProject[Any], Any] = {}
        self._idle: list[BaseDatabaseWrapper] = []
        self._is_closed = False

    @contextmanager
    def use(self) -> Iterator[None]:
        """Let the current thread work on this project for a block."""
        if self is _current.get():
            yield
            return
        token = _current.set(self)
        try:
            with self._connected():
                yield
        finally:
            _current.reset(token)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Make this database the current thread's default one."""
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
            if self._is_closed:
                self.close()

    def _new_connection(self) -> BaseDatabaseWrapper:
        connection = connections.create_connection(DEFAULT_DB_ALIAS)
        connection.inc_thread_sharing()
        if self.database:
            connection.settings_dict = {**connection.settings_dict, "NAME": str(self.database)}
        return connection

    def close(self) -> None:
        """Close the connections now, and those in use when they are returned."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()


FIRST = ProjectState()
_current: ContextVar[ProjectState] = ContextVar("project_state", default=FIRST)


def current() -> ProjectState:
    """Return the state of the project that the current thread works on."""
    return _current.get()


class PerProject(Generic[T]):
    """A separate value for each project. Call it to get the current project's value, created on first use."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create

    def __call__(self) -> T:
        values = _current.get().values
        try:
            value: T = values[self]
        except KeyError:
            value = values.setdefault(self, self._create())  # atomic, if two threads create a value at the same time
        return value
