"""The emulator's clock: real time plus an offset that tests can set."""

import datetime

from django.utils import timezone

_offset = datetime.timedelta()

MAX_OFFSET = datetime.timedelta(days=365 * 1000)
"""Maximum offset: `datetime` has limits, and expiry dates after now must fit too."""


def now() -> datetime.datetime:
    """Return the emulator's time in UTC, in whole milliseconds like Appwrite's."""
    time = timezone.now() + _offset
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def move_to(time: datetime.datetime) -> None:
    """Set the clock to `time`; it runs on from there. Raise ValueError beyond `MAX_OFFSET`."""
    _set_offset(time - timezone.now())


def advance(seconds: float) -> None:
    """Move the clock forward, or back if negative. Raise ValueError beyond `MAX_OFFSET`, or for NaN and infinity."""
    try:
        _set_offset(_offset + datetime.timedelta(seconds=seconds))
    except (OverflowError, ValueError) as error:
        raise ValueError("the clock cannot be moved more than 1000 years") from error


def _set_offset(offset: datetime.timedelta) -> None:
    global _offset
    if abs(offset) > MAX_OFFSET:
        raise ValueError("the clock cannot be moved more than 1000 years")
    _offset = offset


def reset() -> None:
    """Reset the clock to real time."""
    global _offset
    _offset = datetime.timedelta()


def offset() -> datetime.timedelta:
    """Return the offset from real time."""
    return _offset


def database_format(time: datetime.datetime) -> str:
    """Format as `2026-11-21 21:39:15.089`, as Appwrite's database does; a few responses use it."""
    return time.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", timespec="milliseconds")


def iso(time: datetime.datetime | None) -> str:
    """Format as `2026-11-21T21:39:15.089+00:00`; "" for None."""
    return time.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if time else ""
