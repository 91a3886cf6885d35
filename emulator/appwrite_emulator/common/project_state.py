"""State of a project that is not in its database: locks, caches, clock, faults, logs.

One process can serve several projects. Each request belongs to one of them (`ProjectState.use`); code that no request
has called works on the first project.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class ProjectState:
    """The values of one project, by the `PerProject` that creates them."""

    def __init__(self) -> None:
        self.values: dict[PerProject[Any], Any] = {}


FIRST = ProjectState()
_current: ContextVar[ProjectState] = ContextVar("project_state", default=FIRST)


class PerProject(Generic[T]):
    """A value that each project has for itself; call it for the current project's, created on first use."""

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create

    def __call__(self) -> T:
        values = _current.get().values
        try:
            value: T = values[self]
        except KeyError:
            value = values.setdefault(self, self._create())  # atomic, where two threads create a value at once
        return value
