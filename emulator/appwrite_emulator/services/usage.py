"""Usage metrics. A metric is the number or total size of resources at the end of each period.

The Console uses these routes, and the SDKs have no methods for them. The emulator counts only resources that still
exist, by their creation time. A deleted resource is therefore missing even from earlier periods.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet, Sum

from appwrite_emulator.common import clock
from appwrite_emulator.http.parameters import Text

Measure = Callable[[datetime.datetime], int]
"""Function that returns a metric's value (a number or a size) at a given time."""

PERIODS = {
    "24h": (24, datetime.timedelta(hours=1)),
    "30d": (30, datetime.timedelta(days=1)),
    "90d": (90, datetime.timedelta(days=1)),
}
"""Range -> number of periods, and their length."""

RANGE = Text(choices=tuple(PERIODS), default="30d")
"""The parameter `range`."""


def report(range: str, **measures: Measure) -> dict[str, Any]:
    """Return each metric's figure for each period (such as `rows`), and the latest figure (`rowsTotal`)."""
    answer: dict[str, Any] = {"range": range}
    for name, measure in measures.items():
        figures = [{"value": measure(end), "date": clock.iso(start)} for start, end in _periods(range)]
        answer |= {f"{name}Total": figures[-1]["value"], name: figures}
    return answer


def count(objects: QuerySet[Any]) -> Measure:
    """Return a metric that counts the objects that were created before a given time."""
    return lambda end: objects.filter(created_at__lt=end).count()


def total(objects: QuerySet[Any], field: str) -> Measure:
    """Return a metric that adds up a field of the objects that were created before a given time.

    The sum is rounded down.
    """
    return lambda end: int(objects.filter(created_at__lt=end).aggregate(total=Sum(field))["total"] or 0)


def not_measured(_end: datetime.datetime) -> int:
    """Return 0, for metrics that the emulator does not measure."""
    return 0


def _periods(name: str) -> list[tuple[datetime.datetime, datetime.datetime]]:
    """Return the start and end of each period in the range, oldest first. The last period has not ended yet."""
    number, length = PERIODS[name]
    now = clock.now()
    latest = now.replace(minute=0, second=0, microsecond=0)
    latest = latest.replace(hour=0) if length.days else latest
    beginnings = [latest - ago * length for ago in range(number - 1, -1, -1)]
    return [(beginning, beginning + length) for beginning in beginnings]
