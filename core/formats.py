"""Formatting of dates, times and numbers for the interface.

The formats are translatable messages, so that each language file contains its own formats.
"""

from datetime import date, datetime
from typing import Any

from django.utils import dateformat, timezone
from django.utils.translation import gettext, pgettext


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


def in_words(number: int) -> str:
    """Return the number as a word from two to twelve; otherwise as digits."""
    words = gettext("two three four five six seven eight nine ten eleven twelve").split()
    return words[number - 2] if 2 <= number <= 12 else str(number)


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment
