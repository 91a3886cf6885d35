"""Regular expressions for the parts of PHP's date-times.

As in PHP, the longest match at each position is used. If several are equally long, the first pattern applies.
Not supported: months in Roman numerals, working days (“weekdays”), and the formats of log files and databases.
"""

import datetime
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import cache

from appwrite_emulator.db.php_dates import zones
from appwrite_emulator.db.php_dates.draft import DAYS, SECONDS, WEEKDAYS, Draft

Match = re.Match[str]

_MONTHS = {
    name[:length]: number
    for number, name in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
    for length in (3, len(name))
} | {"sept": 9}
_AMOUNTS = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        1,
    )
} | {"eight": 8, "next": 1, "last": -1, "previous": -1, "this": 0}


def read(text: str, draft: Draft) -> None:
    """Parse the text into the draft. Raise ValueError if PHP cannot parse the text."""
    position = 0
    while position < len(text):
        matches = [(match, reader) for pattern, reader in _compiled() if (match := pattern.match(text, position))]
        if not matches:
            raise ValueError(f"{text[position:]!r} is not part of a date-time")
        match, reader = max(matches, key=lambda each: each[0].end())
        reader(draft, match)
        position = match.end()


# -- readers -----------------------------------------------------------------------------------------------------------


def _nothing(_draft: Draft, _: Match) -> None:
    pass


def _date(draft: Draft, match: Match) -> None:
    parts = match.groupdict()
    month = _MONTHS[match["name"].lower()] if "name" in parts else int(match["month"])
    year, day = parts.get("year"), parts.get("day")
    draft.set_date(None if year is None else _year(year), month, None if day is None else int(day))


def _first_of_month(draft: Draft, match: Match) -> None:
    _date(draft, match)
    draft.day = 1


def _year(digits: str) -> int:
    """Return the year. A number below 100 with at most three digits means a year from 1970 to 2069."""
    year = int(digits)
    if len(digits) == 4 or year >= 100:
        return year
    return year + (2000 if year < 70 else 1900)


def _lone_year(draft: Draft, match: Match) -> None:
    draft.year = int(match["year"])


def _day_of_year(draft: Draft, match: Match) -> None:
    draft.set_date(int(match["year"]), 1, int(match["day"]))


def _iso_week(draft: Draft, match: Match) -> None:
    """Read a day of an ISO week as a number of days after 1 January.

    Day 0 is the Sunday before the week, and day 7 is its last day.
    """
    new_year = datetime.date(int(match["year"]), 1, 1)
    first_week = datetime.date.fromisocalendar(new_year.year, 1, 1) - new_year
    draft.set_date(new_year.year, 1, 1)
    draft.days = first_week.days + 7 * (int(match["week"]) - 1) + int(match["weekday"] or 1) - 1


def _time(draft: Draft, match: Match) -> None:
    parts = match.groupdict()
    hour = int(match["hour"])
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half in "pP" else 0)
    microsecond = int(((parts.get("fraction") or "") + "000000")[:6])
    minute, second = int(parts.get("minute") or 0), int(parts.get("second") or 0)
    draft.set_time(timedelta(hours=hour, minutes=minute, seconds=second, microseconds=microsecond))


def _four_digits(draft: Draft, match: Match) -> None:
    """Read an hour and a minute, or a year if the text already contains a time."""
    if draft.has_time:
        draft.year = int(match["hour"] + match["minute"])
    else:
        _time(draft, match)


def _noon(draft: Draft, _: Match) -> None:
    draft.clear_time()
    draft.set_time(timedelta(hours=12))


def _midnight(draft: Draft, _: Match) -> None:
    draft.clear_time()


def _neighbour(days: int) -> Callable[[Draft, Match], None]:
    def read_neighbour(draft: Draft, _: Match) -> None:
        draft.clear_time()
        draft.days = days

    return read_neighbour


def _timestamp(draft: Draft, match: Match) -> None:
    draft.has_date = draft.has_time = False
    draft.set_zone(datetime.UTC)
    draft.year, draft.month, draft.day, draft.time = 1970, 1, 1, timedelta()
    draft.seconds += float(match["seconds"]) if "." in match["seconds"] else int(match["seconds"])


def _zone(draft: Draft, match: Match) -> None:
    zone = zones.find(match["zone"])
    if zone is None:
        raise ValueError(f"unknown time zone {match['zone']}")
    draft.set_zone(zone)


def _offset(draft: Draft, match: Match) -> None:
    hours, _, minutes = match["offset"].partition(":")
    if not minutes and len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    draft.set_zone(datetime.timezone(-offset if match["sign"] == "-" else offset))


def _number_of_units(draft: Draft, match: Match) -> None:
    number = int(match["number"]) * (-1) ** match["signs"].count("-")
    draft.add(number, match["unit"].lower(), weekday_rule=1)


def _words_of_units(draft: Draft, match: Match) -> None:
    word = match["amount"].lower()
    if match["unit"].lower() in WEEKDAYS:
        draft.clear_time()
    draft.add(_AMOUNTS[word], match["unit"].lower(), weekday_rule=1 if word == "this" else 0)


def _week(draft: Draft, match: Match) -> None:
    """Read “next week”: move to the weekday in the text, or to Monday if there is none."""
    draft.days += 7 * _AMOUNTS[match["amount"].lower()]
    draft.weekday_rule = 2
    draft.weekday = 1 if draft.weekday is None else draft.weekday


def _weekday(draft: Draft, match: Match) -> None:
    draft.clear_time()
    draft.weekday = WEEKDAYS[match["weekday"].lower()]
    draft.weekday_rule = draft.weekday_rule or 1


def _weekday_of_month(draft: Draft, match: Match) -> None:
    amount = _AMOUNTS[match["amount"].lower()]
    draft.clear_time()
    draft.weekday_of_month = "first" if amount > 0 else "last"
    draft.add(amount, match["weekday"].lower(), weekday_rule=1 if amount > 0 else 0)


def _edge_of_month(draft: Draft, match: Match) -> None:
    draft.edge_of_month = match["edge"].lower()


def _ago(draft: Draft, _: Match) -> None:
    draft.invert()


# -- patterns ----------------------------------------------------------------------------------------------------------


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_PARTS = {
    "yyyy": r"(?P<year>\d{4})",
    "yy": r"(?P<year>\d{2})",
    "y": r"(?P<year>\d{1,4})",
    "mm": r"(?P<month>1[0-2]|0\d)",
    "m": r"(?P<month>1[0-2]|0?\d)",
    "month": rf"(?P<name>{_any(_MONTHS)})",
    "dd": r"(?P<day>3[01]|[0-2]\d)",
    "d": r"(?P<day>3[01]|[0-2]?\d)(?:st|nd|rd|th)?",
    "HH": r"(?P<hour>2[0-4]|[01]\d)",
    "H": r"(?P<hour>2[0-4]|[01]?\d)",
    "h": r"(?P<hour>1[0-2]|0?[1-9])",
    "MM": r"(?P<minute>[0-5]\d)",
    "M": r"(?P<minute>[0-5]?\d)",
    "SS": r"(?P<second>60|[0-5]\d)",
    "S": r"(?P<second>60|[0-5]?\d)",
    "half": r"[ \t]*(?P<half>[ap])\.?m\.?(?=[ \t]|\Z)",
    "unit": rf"(?P<unit>{_any((*SECONDS, *DAYS, 'month', 'year', *WEEKDAYS))})s?",
    "amount": rf"(?P<amount>{_any(_AMOUNTS)})[ \t]+",
    "weekday": rf"(?P<weekday>{_any(WEEKDAYS)})",
    "gap": r"[ .\t-]*",
    "comma": r"[,.stndrh\t ]+",
}

_PATTERNS = (
    (r"[ .,\t\n]", _nothing),
    # Words
    (r"yesterday", _neighbour(-1)),
    (r"now", _nothing),
    (r"noon", _noon),
    (r"midnight|today", _midnight),
    (r"tomorrow", _neighbour(1)),
    (r"@(?P<seconds>-?\d{1,12}(\.\d{0,6})?)", _timestamp),
    (r"(?P<edge>first|last) day of", _edge_of_month),
    (r"<amount><weekday>[ \t]+of", _weekday_of_month),
    # Times
    (r"<h><half>", _time),
    (r"<h>[:.]<MM><half>", _time),
    (r"<h>[:.]<M>[:.]<SS><half>", _time),
    (r"t<H>", _time),
    (r"t?<H>[:.]<M>", _time),
    (r"t?<H>[:.]<M>[:.]<S>(\.(?P<fraction>\d+))?", _time),
    (r"t?<HH><MM>", _four_digits),
    (r"t?<HH><MM><SS>", _time),
    # Dates
    (r"<m>/<d>", _date),
    (r"<m>/<d>/<y>", _date),
    (r"<yyyy>/<m>/<d>/?", _date),
    (r"\+?<yyyy>-<mm>-<dd>", _date),
    (r"<yy>-<mm>-<dd>", _date),
    (r"<yyyy>-<m>", _first_of_month),
    (r"<y>-<m>-<d>", _date),
    (r"<d>[ \t.-]*<month>[ \t.-]*<y>", _date),
    (r"<d>[.\t-]<m>[.-]<yyyy>", _date),
    (r"<d>[.\t]<m>\.<yy>", _date),
    (r"<month><gap><yyyy>", _first_of_month),
    (r"<yyyy><gap><month>", _first_of_month),
    (r"<month><gap><d><comma><y>(?![:\d]|\.\d)", _date),  # a number followed by a colon is an hour
    (r"<month><gap><d>(<comma>|\Z)", _date),
    (r"<d><gap><month>", _date),
    (r"<yyyy><mm><dd>", _date),
    (r"<yyyy>[.-]?(?P<day>00[1-9]|0[1-9]\d|[12]\d\d|3[0-5]\d|36[0-6])", _day_of_year),
    (r"<yyyy>-?W(?P<week>0[1-9]|[1-4]\d|5[0-3])(-?(?P<weekday>[0-7]))?", _iso_week),
    (r"<month>-<dd>-<y>", _date),
    (r"<y>-<month>-<dd>", _date),
    (r"<yyyy>", _lone_year),
    # Offsets and days of the week
    (r"ago", _ago),
    (r"<weekday>", _weekday),
    (r"(?P<amount>next|last|previous|this)[ \t]+week", _week),
    (r"<amount><unit>", _words_of_units),
    (r"<month>", _date),
    # Zones
    (r"(GMT)?(?P<sign>[+-])(?P<offset>(2[0-4]|[01]?\d)(:?[0-5]?\d)?)", _offset),
    (r"\(?(?P<zone>[a-z]{1,6})\)?", _zone),
    (r"(?P<zone>(?-i:[A-Z][A-Za-z]+([_/-][A-Za-z]+)+))", _zone),
    (r"(?P<signs>[+-]*)[ \t]*(?P<number>\d{1,13})[ \t]*<unit>", _number_of_units),
)


@cache
def _compiled() -> list[tuple[re.Pattern[str], Callable[[Draft, Match], None]]]:
    """Return the compiled patterns and their readers. They are compiled on first use, because compiling is slow."""
    return [
        (re.compile(re.sub(r"(?<!P)<(\w+)>", lambda part: _PARTS[part[1]], pattern), re.ASCII | re.IGNORECASE), reader)
        for pattern, reader in _PATTERNS
    ]
