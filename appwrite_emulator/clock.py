"""The emulator's clock: real time, moved by what a test asked for."""

import datetime

from django.utils import timezone

_offset = datetime.timedelta()


def now() -> datetime.datetime:
    """The time in the emulator, in UTC with whole milliseconds, as Appwrite keeps it."""
    moment = timezone.now() + _offset
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def move_to(moment: datetime.datetime) -> None:
    """Let the clock show `moment` now and go on from there."""
    global _offset
    _offset = moment - timezone.now()


def advance(seconds: float) -> None:
    """Move the clock forward (or, negative, back)."""
    global _offset
    _offset += datetime.timedelta(seconds=seconds)


def set_right() -> None:
    """Let the clock show real time again."""
    global _offset
    _offset = datetime.timedelta()


def plain(moment: datetime.datetime) -> str:
    """`2026-11-21 21:39:15.089`, as Appwrite's database writes it; few answers show it so."""
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(" ", timespec="milliseconds")


def iso(moment: datetime.datetime | None) -> str:
    """`2026-11-21T21:39:15.089+00:00`; an empty text for no time."""
    return moment.astimezone(datetime.UTC).isoformat(timespec="milliseconds") if moment else ""
