"""Dates, times and numbers as the interface writes them.

The formats are messages, so that each language keeps its own beside its words.
"""

from datetime import date, datetime
from typing import Any

from django.utils import dateformat, timezone
from django.utils.translation import gettext, pgettext


def date_words(moment: datetime | date) -> str:
    """19 November 2026, 19. november 2026."""
    return dateformat.format(_local(moment), pgettext("date in words", "j F Y"))


def date_short(moment: datetime | date) -> str:
    """19 Nov, 19. nov.; with the year when it is another than this one."""
    day = _local(moment)
    if day.year == timezone.localdate().year:
        return dateformat.format(day, pgettext("short date", "j M"))
    return dateformat.format(day, pgettext("short date with year", "j M Y"))


def clock(moment: datetime) -> str:
    """14:32, kl. 14.32."""
    return dateformat.format(_local(moment), pgettext("time of day", "H:i"))


def moment(moment: datetime) -> str:
    """Today at 14:32, i dag kl. 14.32; another day as `date_short` writes it."""
    if _local(moment).date() == timezone.localdate():
        return gettext("today at %(clock)s") % {"clock": clock(moment)}
    return date_short(moment)


def in_words(number: int) -> str:
    """The number in words from two to twelve, in digits otherwise."""
    words = gettext("two three four five six seven eight nine ten eleven twelve").split()
    return words[number - 2] if 2 <= number <= 12 else str(number)


def _local(moment: Any) -> Any:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment
