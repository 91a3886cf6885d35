"""A partly parsed date-time, and its conversion to a point in time."""

import datetime
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

SECONDS = {"ms": 0.001, "msec": 0.001, "millisecond": 0.001}
SECONDS |= {"sec": 1, "second": 1, "min": 60, "minute": 60, "hour": 3600}
DAYS = {"day": 1, "week": 7, "fortnight": 14, "forthnight": 14}
WEEKDAYS = {
    name[:length]: number
    for number, name in enumerate(("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"))
    for length in (3, len(name))
}


@dataclass
class Draft:
    """The parts of a date-time. A part that is missing from the text is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    time: timedelta | None = None
    """Time since midnight."""
    has_date: bool = False
    has_time: bool = False
    zone: datetime.tzinfo = datetime.UTC
    zone_count: int = 0
    """Number of time zones in the text. The first is used, a second is ignored, a third is an error."""

    months: int = 0
    days: int = 0
    seconds: float = 0
    """Months, days and seconds to add."""
    weekday: int | None = None
    """Weekday to move forward to. Sunday is 0."""
    weekday_rule: int = 0
    """Where to start looking for the weekday.

    0: tomorrow; 1: today; 2: Monday of this week, even if it is in the past.
    """
    edge_of_month: str = ""
    """"first" or "last" day of the month; empty for neither."""
    weekday_of_month: str = ""
    """"first" or "last", as in “first Monday of”; empty for neither."""

    def set_date(self, year: int | None = None, month: int | None = None, day: int | None = None) -> None:
        if self.has_date:
            raise ValueError("the text has two dates")
        self.has_date = True
        self.year = self.year if year is None else year
        self.month = self.month if month is None else month
        self.day = self.day if day is None else day

    def set_time(self, time: timedelta) -> None:
        if self.has_time:
            raise ValueError("the text has two times")
        self.has_time, self.time = True, time

    def clear_time(self) -> None:
        """Set the time to midnight. A later part of the text can change it."""
        self.has_time, self.time = False, timedelta()

    def set_zone(self, zone: datetime.tzinfo) -> None:
        self.zone_count += 1
        if self.zone_count > 2:
            raise ValueError("the text has three time zones")
        if self.zone_count == 1:
            self.zone = zone

    def add(self, amount: int, unit: str, *, weekday_rule: int) -> None:
        """Add `amount` units. If the unit is a weekday, move to the next such day, then by whole weeks."""
        if unit in WEEKDAYS:
            self.weekday, self.weekday_rule = WEEKDAYS[unit], weekday_rule
            self.days += 7 * (amount - 1 if amount > 0 else amount)
        elif unit in SECONDS:
            self.seconds += amount * SECONDS[unit]
        elif unit in DAYS:
            self.days += amount * DAYS[unit]
        else:
            self.months += amount * (12 if unit == "year" else 1)

    def invert(self) -> None:
        """Negate everything added so far."""
        self.months, self.days, self.seconds = -self.months, -self.days, -self.seconds

    # -- conversion ----------------------------------------------------------------------------------------------------

    def resolve(self, now: datetime.datetime) -> datetime.datetime:
        """Return the time in UTC, in whole milliseconds. Parts that the text does not contain are taken from `now`.

        As in PHP, 31 April overflows into May, and hour 24 into the next day. If a local time is skipped when daylight
        saving starts, the offset before the change is used. `today` is the date in the named time zone, or the date in
        UTC if the text contains only an offset. Raise ValueError or OverflowError if the year is not between 1 and
        9999.
        """
        local = (now.astimezone(self.zone) if isinstance(self.zone, ZoneInfo) else now).replace(tzinfo=None)
        date = self._move(self._start_date(local))
        moment = (date + self._time_of_day(local)).replace(tzinfo=self.zone).astimezone(datetime.UTC)
        moment += timedelta(seconds=self.seconds)
        return to_milliseconds(moment)

    def _time_of_day(self, now: datetime.datetime) -> timedelta:
        if self.time is not None:
            return self.time
        return timedelta() if self.has_date else now - now.replace(hour=0, minute=0, second=0, microsecond=0)

    def _start_date(self, now: datetime.datetime) -> datetime.datetime:
        """Return the date in the text, before the weekday, months and days are applied."""
        year = now.year if self.year is None else self.year
        month = now.month if self.month is None else self.month
        day = now.day if self.day is None else self.day
        if self.edge_of_month:
            return _edge_of_month(year, month, self.edge_of_month)
        if self.weekday_of_month:
            month, day = month + self.months + (self.weekday_of_month == "last"), 1
            self.months = 0
        return _midnight(year, month, day)

    def _move(self, date: datetime.datetime) -> datetime.datetime:
        """Return `date` moved to the weekday, then by months, then by days or to the first or last day of the month."""
        if self.weekday is not None:
            date += timedelta(days=self._days_to_weekday(date.isoweekday() % 7))
        year, month = date.year, date.month + self.months
        if self.edge_of_month:
            return _edge_of_month(year, month, self.edge_of_month)
        return _midnight(year, month, date.day) + timedelta(days=self.days)

    def _days_to_weekday(self, today: int) -> int:
        weekday = self.weekday or 0
        if self.weekday_rule == 2:
            return (weekday or 7) - (today or 7)
        distance = weekday - today
        if (self.days < 0 and distance < 0) or (self.days >= 0 and distance <= -self.weekday_rule):
            return distance + 7
        return distance


def _midnight(year: int, month: int, day: int) -> datetime.datetime:
    """Return the start of a day in local time.

    An out-of-range month overflows into another year, and an out-of-range day into another month.
    """
    years, month = divmod(month - 1, 12)
    return datetime.datetime(year + years, month + 1, 1) + timedelta(days=day - 1)


def _edge_of_month(year: int, month: int, edge: str) -> datetime.datetime:
    """Return the first or last day of a month."""
    return _midnight(year, month, 1) if edge == "first" else _midnight(year, month + 1, 0)


def to_milliseconds(moment: datetime.datetime) -> datetime.datetime:
    """Truncate `moment` to whole milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
