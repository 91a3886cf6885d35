"""Parsing of date-times as PHP does, and their normal form for storage and display."""

import datetime
import email.utils
import re
from datetime import timedelta

from appwrite_emulator.common import clock

EARLIEST = datetime.datetime(1000, 1, 1, tzinfo=datetime.UTC)
LATEST = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
"""Range that a datetime column accepts; fractions of the very last second are outside it."""

_ISO = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<zone>[Zz]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?",
    re.ASCII,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})[Tt](?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})"
    r"(?P<zone>[Zz]|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?P<day>)", re.ASCII)
_AMERICAN = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII)
_STAMP = re.compile(r"@(-?\d{1,11})", re.ASCII)
_RELATIVE = re.compile(r"([+-]?\d{1,6})\s*(second|sec|minute|min|hour|day|week|fortnight)s?( ago)?", re.ASCII)
_UNITS = {
    "second": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "fortnight": timedelta(weeks=2),
}
_WRITTEN_OUT = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d.%m.%Y", "%d-%m-%Y", "%Y%m%d")


def parse(text: str) -> datetime.datetime:
    """Parse `text` as PHP's DateTime does, to UTC with whole milliseconds; raise ValueError if PHP cannot.

    As in PHP, a day that the month lacks overflows into the next month, and hour 24 into the next day; without a zone
    the time is UTC, and an empty string means now.
    """
    text = text.strip(" \t\n\r")
    for form in (_ISO, _COMPACT, _MONTH, _AMERICAN):
        if match := form.fullmatch(text):
            return _from_parts(match.groupdict())
    try:
        if match := _STAMP.fullmatch(text):
            return datetime.datetime.fromtimestamp(int(match[1]), datetime.UTC)
        return _from_words(text.lower()) or _written_out(text)
    except OverflowError:
        raise ValueError(text) from None


def _from_parts(parts: dict[str, str | None]) -> datetime.datetime:
    year, month, day = int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 1)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if not (1 <= month <= 12 and day <= 31 and hour <= 24 and minute <= 59 and second <= 60):
        raise ValueError(parts)
    milliseconds = int(((parts.get("fraction") or "") + "000")[:3])
    try:
        moment = datetime.datetime(year, month, 1, tzinfo=datetime.UTC)
        moment += timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second, milliseconds=milliseconds)
        return moment - _offset(parts.get("zone") or "Z")
    except OverflowError:
        raise ValueError(parts) from None


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if zone[0] == "-" else offset


def _from_words(text: str) -> datetime.datetime | None:
    now = clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    known = {
        "": now,
        "now": now,
        "today": midnight,
        "midnight": midnight,
        "noon": midnight + timedelta(hours=12),
        "tomorrow": midnight + timedelta(days=1),
        "yesterday": midnight - timedelta(days=1),
    }
    if text in known:
        return known[text]
    if match := _RELATIVE.fullmatch(text):
        distance = int(match[1]) * _UNITS[match[2]]
        return now - distance if match[3] else now + distance
    return None


def _written_out(text: str) -> datetime.datetime:
    for form in _WRITTEN_OUT:
        try:
            return datetime.datetime.strptime(text, form).replace(tzinfo=datetime.UTC)
        except ValueError:
            continue
    moment = email.utils.parsedate_to_datetime(text)  # format of mails and HTTP headers; raises ValueError otherwise
    return moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)


def normal(text: str) -> str:
    """Return `text` in the stored form, `2023-05-06T07:08:09.123+00:00`.

    Raise ValueError if it is not a date-time, or out of range.
    """
    return stored(parse(text))


def stored(moment: datetime.datetime) -> str:
    """Return `moment` in the stored form; raise ValueError if it is out of range."""
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(moment)
    return clock.iso(moment)
