"""The archive's years and months, in the site's time zone, and their URL converters."""

from datetime import date, datetime

from django.urls import register_converter
from django.utils import timezone

FIRST_YEAR = 1900  # no post has an earlier date (`row_mapping.YEARS`)


def bounds(year: int, month: int | None = None) -> tuple[datetime, datetime]:
    """Return the start of a year or month, and the start of the following year or month."""
    first = date(year, month or 1, 1)
    following = date(year + (month in (None, 12)), (month or 0) % 12 + 1, 1)
    return _midnight(first), _midnight(following)


def months_until_now(year: int) -> list[int]:
    """Return the months of a year that have begun, latest first.

    For a year outside the archive, return an empty list.
    """
    today = timezone.localdate()
    if not FIRST_YEAR <= year <= today.year:
        return []
    return list(range(today.month if year == today.year else 12, 0, -1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


class YearConverter:
    """`<year:…>` in a URL pattern."""

    regex = "[12][0-9]{3}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04}"


class MonthConverter(YearConverter):
    """`<month:…>` in a URL pattern, with two digits."""

    regex = "0[1-9]|1[0-2]"

    def to_url(self, value: int) -> str:
        return f"{value:02}"


register_converter(YearConverter, "year")
register_converter(MonthConverter, "month")
