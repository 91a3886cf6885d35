"""Date-times: parse them as PHP does, and convert them to the form used for storage and display."""

import datetime
import re
from contextlib import suppress

from appwrite_emulator.common import clock
from appwrite_emulator.db.php_dates import patterns
from appwrite_emulator.db.php_dates.draft import Draft, to_milliseconds

EARLIEST = datetime.datetime(1000, 1, 1, tzinfo=datetime.UTC)
LATEST = datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC)
"""Range of datetime columns. A fraction after the last second is out of range."""

_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)


def parse(text: str) -> datetime.datetime:
    """Parse `text` as PHP's DateTime does. Raise ValueError if PHP cannot parse it.

    Return the time in UTC, in whole milliseconds. Text without a time zone is in UTC. Empty text means now.
    """
    if _ISO.fullmatch(text):
        with suppress(ValueError, OverflowError):  # for example 30 February, hour 24 or the year 10000
            return to_milliseconds(datetime.datetime.fromisoformat(text).astimezone(datetime.UTC))
    stripped = text.strip(" \t\n\r\v\f")
    if text and not stripped:
        raise ValueError("only whitespace")
    draft = Draft()
    patterns.read(stripped, draft)
    try:
        return draft.resolve(clock.now())
    except OverflowError:
        raise ValueError(text) from None


def parse_with_year(text: str) -> datetime.datetime:
    """Parse `text` as Appwrite's date validator does: it must contain a year and be in the range of datetime columns.

    The validator rejects `tomorrow` and `@1700000000`. Row values can have these forms, because Appwrite normalises
    them before it validates them.
    """
    year = _YEAR.search(text)
    if year is None or not EARLIEST.year <= int(year[0]) <= LATEST.year:
        raise ValueError(text)
    return _in_range(parse(text))


def normal(text: str) -> str:
    """Return `text` in the stored form: `2023-05-06T07:08:09.123+00:00`.

    Raise ValueError if it is not a date-time or is out of range.
    """
    return stored(parse(text))


def stored(moment: datetime.datetime) -> str:
    """Return `moment` in the stored form. Raise ValueError if it is out of range."""
    return clock.iso(_in_range(moment))


def _in_range(moment: datetime.datetime) -> datetime.datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(moment)
    return moment
