"""The project's clock: real time plus an offset that tests can set."""

import datetime
from dataclasses import dataclass, field

from django.utils import timezone

from appwrite_emulator.common.project_state import PerProject


@dataclass
class _Clock:
    offset: datetime.timedelta = field(default_factory=datetime.timedelta)


_clock = PerProject(_Clock)

MAX_OFFSET = datetime.timedelta(days=365 * 1000)
"""Maximum offset, which keeps expiry dates within the range of `datetime`."""


def now() -> datetime.datetime:
    """Return the project's time in UTC, in whole milliseconds like Appwrite's."""
    time = timezone.now() + _clock().offset
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def move_to(time: datetime.datetime) -> None:
    """Set the clock to `time`, from which it keeps running. Raise ValueError if the offset exceeds `MAX_OFFSET`."""
    _set_offset(time - timezone.now())


def advance(seconds: float) -> None:
    """Move the clock forward, or back if negative.

    Raise ValueError for NaN, for infinity, and if the offset would exceed `MAX_OFFSET`.
    """
    try:
        _set_offset(_clock().offset + datetime.timedelta(seconds=seconds))
    except (OverflowError, ValueError) as error:
        raise ValueError("the clock cannot be moved more than 1000 years") from error


def _set_offset(offset: datetime.timedelta) -> None:
    if abs(offset) > MAX_OFFSET:
        raise ValueError("the clock cannot be moved more than 1000 years")
    _clock().offset = offset


def reset() -> None:
    """Reset the clock to real time."""
    _clock().offset = datetime.timedelta()


def offset() -> datetime.timedelta:
    """Return the offset from real time."""
    return _clock().offset


def database_format(time: datetime.datetime) -> str:
    """Return `time` in the format of Appwrite's database, `2026-11-21 21:39:15.089`. A few responses use it."""
    return time.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", timespec="milliseconds")


def iso(time: datetime.datetime | None) -> str:
    """Return `time` as `2026-11-21T21:39:15.089+00:00`, or "" for None."""
    return time.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if time else ""
