"""Run tasks after the response has been sent, in the request's own thread, so that visitors do not wait for them.

A task is lost if the process is killed before the task ends. So a page must not promise what only a task will do.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from core import errors, transport

log = logging.getLogger(__name__)
Task = Callable[[], object]

DEADLINE = 5  # seconds for all calls of one task, because the task occupies a thread that could serve visitors
_tasks: ContextVar[list[Task] | None] = ContextVar("tasks", default=None)


def after_response(task: Task) -> None:
    """Run `task` after the response to the current request; at once outside a request. A failure is only logged."""
    tasks = _tasks.get()
    if tasks is None:
        run(task)
    else:
        tasks.append(task)


@contextmanager
def collected_tasks() -> Iterator[list[Task]]:
    """Yield the list to which `after_response` adds the tasks of this block."""
    tasks: list[Task] = []
    token = _tasks.set(tasks)
    try:
        yield tasks
    finally:
        _tasks.reset(token)


def run(task: Task) -> None:
    """Run the task, and log its failure."""
    try:
        with transport.deadline(DEADLINE):
            task()
    except errors.SiteError as error:
        log.warning("A task after a response failed: %s", error)
    except Exception:
        log.exception("A task after a response failed")
