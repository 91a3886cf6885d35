"""Start executions for events and schedules. If no function has events or a schedule, nothing runs in the background.

A write queues executions for its events. A thread checks schedules against the clock. Worker threads run the queued
executions.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import connection
from django.db.models.signals import post_save

from appwrite_emulator.common import events, project_state
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.project_state import PerProject, ProjectClosedError, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Function
from appwrite_emulator.functions import code_folder, executions, schedules
from appwrite_emulator.functions.triggers import OWN_EVENTS

MAX_WORKERS = 2
"""Number of executions that run at the same time. All others wait."""
INTERVAL = 1.0
"""Interval at which schedules are checked, in seconds."""

log = logging.getLogger(__name__)


@dataclass
class _Watch:
    """The triggers that a project's functions use."""

    has_events: bool = False
    """False if no function subscribes to events."""
    generation: int = 0
    """Number of resets. Executions that were queued before a reset do not run."""


_watch = PerProject(_Watch)
_workers = ThreadPoolExecutor(MAX_WORKERS, "function")
_has_schedules = threading.Event()
_origin = ""


def start(origin: str, projects: Callable[[], Iterable[ProjectState]]) -> None:
    """Start watching events and the clock. `origin`: the URL of the API that functions call."""
    global _origin
    _origin = origin
    events.listen(_on_event, lambda: _watch().has_events)
    post_save.connect(_function_saved, sender=Function)
    threading.Thread(target=_watch_clock, args=[projects], name="schedules", daemon=True).start()
    for project in projects():
        with project.use():
            notice_functions()


def stop() -> None:
    """Cancel queued executions and wait for running ones.

    Call this after closing the projects, but before closing the database.
    """
    _workers.shutdown(cancel_futures=True)


def notice_functions() -> None:
    """Watch events and schedules if the current project's functions use them.

    Call this after a start, a reset or an import.
    """
    _watch().has_events = False
    if _origin:
        for function in Function.objects.all():
            _notice(function)


@state.on_reset
def _reset() -> None:
    _watch().generation += 1
    schedules.restart()
    notice_functions()


def _function_saved(instance: Function, **_: Any) -> None:
    _notice(instance)


def _notice(function: Function) -> None:
    if function.events:
        _watch().has_events = True
    if function.schedule:
        schedules.begin()
        _has_schedules.set()


def _on_event(event: Event) -> None:
    """Queue an execution of each function with a matching event. This runs on the thread that made the write."""
    if event.pattern.startswith(OWN_EVENTS):
        # Functions from a seed may subscribe to function events. Such functions would trigger each other endlessly.
        return
    names = set(event.names)
    for function in Function.objects.exclude(events=[]).only("id", "events"):
        if not names.isdisjoint(function.events):
            _queue(function.id, event)


def _watch_clock(projects: Callable[[], Iterable[ProjectState]]) -> None:
    while True:
        _has_schedules.wait()
        for project in list(projects()):
            with suppress(ProjectClosedError), project.use():
                start_due()
        threading.Event().wait(INTERVAL)


def start_due() -> None:
    """Start everything that is due by the project's clock: scheduled executions, and functions with a schedule."""
    try:
        executions.start_due()
        for function_id in schedules.take_due():
            _queue(function_id)
    except Exception:
        log.exception("Scheduled executions could not be started")


def _queue(function_id: str, event: Event | None = None) -> None:
    project, number = project_state.current(), _watch().generation
    _workers.submit(partial(_run, project, number, function_id, event))


def _run(project: ProjectState, generation: int, function_id: str, event: Event | None) -> None:
    with suppress(ProjectClosedError), project.use():
        try:
            function = Function.objects.select_related("deployment").filter(id=function_id).first()
            if function and generation == _watch().generation:
                code_folder.update_deployment(function)
                execution = executions.create_background_execution(function, _origin, event)
                if execution.status == "waiting":
                    executions.execute_in_background(execution)
        except Exception:
            log.exception("The function %s could not be executed", function_id)
        finally:
            connection.close()
