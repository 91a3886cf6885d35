"""Run tasks after the response has been sent, in the request's own thread, so that visitors do not wait for them.

A task is lost if the process is killed before the task finishes. A page must therefore not promise anything that
depends on a task.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core import errors, transport

log = logging.getLogger(__name__)
Task = Callable[[], object]

DEADLINE = 5  # seconds for all calls of one task; the task occupies a thread that could serve visitors
_tasks: ContextVar[list[Task] | None] = ContextVar("tasks", default=None)


def after_response(task: Task) -> None:
    """Run `task` after the response to the current request, or immediately if there is no request. Log any failure."""
    tasks = _tasks.get()
    if tasks is None:
        run(task)
    else:
        tasks.append(task)


@contextmanager
def collected_tasks() -> Iterator[list[Task]]:
    """Yield the list in which `after_response` collects the tasks of this block."""
    tasks: list[Task] = []
    token = _tasks.set(tasks)
    try:
        yield tasks
    finally:
        _tasks.reset(token)


def run(task: Task) -> None:
    """Run the task. Log any exception."""
    try:
        with transport.deadline(DEADLINE):
            task()
    except errors.SiteError as error:
        log.warning("A task after a response failed: %s", error)
    except Exception:
        log.exception("A task after a response failed")
