"""Formatting of dates, times and numbers for the interface, and of times for Appwrite.

The interface's formats are translatable strings, so that each language has its own.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from django.utils import dateformat, timezone
from django.utils.translation import gettext, pgettext

TYPED_TIME = re.compile(
    r"(?:(?P<iso>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})|(?P<day>[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}))"
    r"(?:T|,?\s+(?:kl\.?\s*|at\s+)?)(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.][0-9.]+)?"
)


def appwrite_time(moment: datetime) -> str:
    """Return the time in UTC, in the form in which Appwrite returns times: “2026-11-19T13:32:00.000+00:00”."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def date_words(moment: datetime | date) -> str:
    """Return the date in the form “19 November 2026” or “19. november 2026”."""
    return dateformat.format(_local(moment), pgettext("date in words", "j F Y"))


def date_short(moment: datetime | date) -> str:
    """Return the date in the form “19 Nov” or “19. nov.”, with the year unless it is the current year."""
    day = _local(moment)
    if day.year == timezone.localdate().year:
        return dateformat.format(day, pgettext("short date", "j M"))
    return dateformat.format(day, pgettext("short date with year", "j M Y"))


def clock(moment: datetime) -> str:
    """Return the time of day in the form “14:32” or “kl. 14.32”."""
    return dateformat.format(_local(moment), pgettext("time of day", "H:i"))


def moment(moment: datetime) -> str:
    """Return “today at 14:32” or “i dag kl. 14.32”; for any other day, return `date_short`."""
    if _local(moment).date() == timezone.localdate():
        return gettext("today at %(clock)s") % {"clock": clock(moment)}
    return date_short(moment)


def day_and_time(moment: datetime) -> str:
    """Return date and time in the form “19 November 2026 at 14:32” or “19. november 2026 kl. 14.32”."""
    return gettext("%(date)s at %(clock)s") % {"date": date_words(moment), "clock": clock(moment)}


def local_input(moment: datetime) -> str:
    """Return the time as the value of an `<input type="datetime-local">`, in the site's time zone."""
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def read_local(text: str) -> datetime | None:
    """Return the time that a person entered in a `datetime-local` input, in the site's time zone.

    Browsers that do not support this input send what the person typed, such as “3.12.2026 kl. 08.00” or “3/12/2026
    8:00”. Return None if `text` cannot be parsed, or if the clocks skip that time when summer time begins.
    """
    match = TYPED_TIME.fullmatch(text.strip())
    if not match:
        return None
    year, month, day = match["iso"].split("-") if match["iso"] else re.split("[./]", match["day"])[::-1]
    try:
        typed = datetime(int(year), int(month), int(day), int(match["hour"]), int(match["minute"]))
    except ValueError:
        return None
    moment = timezone.make_aware(typed)
    return moment if timezone.make_naive(moment.astimezone(UTC)) == typed else None


def in_words(number: int) -> str:
    """Return the number as a word if it is from two to twelve, otherwise as digits."""
    words = gettext("two three four five six seven eight nine ten eleven twelve").split()
    return words[number - 2] if 2 <= number <= 12 else str(number)


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment
