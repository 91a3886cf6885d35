"""Functions' cron expressions, and the runs that are due by the project's clock."""

import datetime
import threading
from dataclasses import dataclass, field

from appwrite_emulator.common import clock
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db.models import Function

MAX_RUNS = 10
"""Maximum number of a function's runs that start when the clock is moved. Only the latest runs start."""
_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass
class _State:
    lock: threading.Lock = field(default_factory=threading.Lock)
    checked_at: datetime.datetime | None = None
    """Time up to which scheduled times have been handled."""


_state = PerProject(_State)


def is_schedule(text: str) -> bool:
    """Return whether `text` is a cron expression with five fields, or a nickname such as `@daily`."""
    from cronsim import CronSim, CronSimError

    fields = text.split()
    if text.lower() in _NICKNAMES:
        return True
    if len(fields) != 5:
        return False
    for index, part in enumerate(fields):
        # Like Appwrite's library, check each field separately, so that `0 0 30 2 *` is accepted, although it never
        # runs. In the day fields, the library accepts `?` as a synonym for `*`.
        expression = ["*"] * 5
        expression[index] = "*" if part == "?" and index in (2, 4) else part
        try:
            CronSim(" ".join(expression), clock.now())
        except CronSimError:
            return False
    return True


def times_around(schedule: str) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return the times at which a valid schedule was last due and is next due.

    If the schedule is never due, both are None.
    """
    from cronsim import CronSim, CronSimError

    expression = _expression(schedule)
    try:
        return next(CronSim(expression, clock.now(), reverse=True)), next(CronSim(expression, clock.now()))
    except (CronSimError, StopIteration):
        return None, None


def _expression(schedule: str) -> str:
    """Return a valid schedule as a cron expression that cronsim can parse."""
    return _NICKNAMES.get(schedule.lower(), schedule).replace("?", "*")


def begin() -> None:
    """Start handling scheduled times. This has no effect if the project's schedules are already being handled."""
    state = _state()
    with state.lock:
        state.checked_at = state.checked_at or clock.now()


def restart() -> None:
    """Forget which times have been handled. This is called after a reset."""
    _state().checked_at = None


def take_due() -> list[str]:
    """Return the IDs of the functions that have become due since the last call, one ID for each run."""
    state = _state()
    with state.lock:
        now = clock.now()
        start, state.checked_at = state.checked_at, now
    if start is None or start >= now:
        return []
    due: list[tuple[datetime.datetime, str]] = []
    for function in Function.objects.exclude(schedule=""):
        since = max(start, function.updated_at)
        due += [(time, function.id) for time in times_between(function.schedule, since, now)]
    return [function_id for _, function_id in sorted(due)]


def times_between(schedule: str, start: datetime.datetime, end: datetime.datetime) -> list[datetime.datetime]:
    """Return the times after `start`, up to and including `end`, at which the schedule is due.

    If there are more than MAX_RUNS, return the latest.
    """
    from cronsim import CronSim, CronSimError

    times: list[datetime.datetime] = []
    try:
        # Go back from the end, because a test may move the clock by years.
        for time in CronSim(_expression(schedule), end + datetime.timedelta(seconds=1), reverse=True):
            if time <= start or len(times) == MAX_RUNS:
                break
            times.append(time)
    except CronSimError:  # a date that does not exist: 30 February
        return []
    return times[::-1]
