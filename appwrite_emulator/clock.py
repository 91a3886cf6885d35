"""The emulator's clock: real time, moved by what a test asked for."""

import datetime

from django.utils import timezone

_offset = datetime.timedelta()

FARTHEST = datetime.timedelta(days=365 * 1000)
"""How far it moves from real time: dates have an end, and what is kept until later than now needs room before it."""


def now() -> datetime.datetime:
    """The time in the emulator, in UTC with whole milliseconds, as Appwrite keeps it."""
    moment = timezone.now() + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def move_to(moment: datetime.datetime) -> None:
    """Let the clock show `moment` now and go on from there. ValueError beyond `FARTHEST`."""
    _move(moment - timezone.now())


def advance(seconds: float) -> None:
    """Move the clock forward (or, negative, back). ValueError beyond `FARTHEST`, and for what is no number."""
    try:
        _move(_offset + datetime.timedelta(seconds=seconds))
    except (OverflowError, ValueError) as error:
        raise ValueError("the clock does not reach so far") from error


def _move(offset: datetime.timedelta) -> None:
    global _offset
    if abs(offset) > FARTHEST:
        raise ValueError("the clock does not reach so far")
    _offset = offset


def set_right() -> None:
    """Let the clock show real time again."""
    global _offset
    _offset = datetime.timedelta()


def moved() -> datetime.timedelta:
    """By how much the clock is ahead of real time."""
    return _offset


def plain(moment: datetime.datetime) -> str:
    """`2026-11-21 21:39:15.089`, as Appwrite's database writes it; few answers show it so."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", timespec="milliseconds")


def iso(moment: datetime.datetime | None) -> str:
    """`2026-11-21T21:39:15.089+00:00`; an empty text for no time."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if moment else ""
