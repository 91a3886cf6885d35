"""Time zones, by the names and abbreviations that PHP knows."""

import datetime
import zoneinfo
from functools import cache

_HOURS: dict[str, float] = {
    "utc": 0,
    "gmt": 0,
    "wet": 0,
    "west": 1,
    "bst": 1,
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "msd": 4,
    "wat": 1,
    "cat": 2,
    "sast": 2,
    "eat": 3,
    "ist": 2,  # Israel, not India - codespell:ignore ist
    "idt": 3,
    "pkt": 5,
    "wib": 7,
    "wita": 8,
    "wit": 9,  # codespell:ignore wit
    "hkt": 8,
    "awst": 8,
    "jst": 9,
    "kst": 9,
    "acst": 9.5,
    "acdt": 10.5,
    "aest": 10,
    "aedt": 11,
    "nzst": 12,
    "nzdt": 13,
    "nst": -3.5,
    "ndt": -2.5,
    "ast": -4,
    "adt": -3,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "akst": -9,
    "akdt": -8,
    "hst": -10,
    "sst": -11,
}
"""Abbreviation -> hours ahead of UTC, including the extra hour of summer time."""

_MILITARY = dict(zip("abcdefghiklmnopqrstuvwxyz", [*range(1, 13), *range(-1, -13, -1), 0], strict=True))
"""Military time zones: all letters except J."""


def find(name: str) -> datetime.tzinfo | None:
    """Return the time zone with this abbreviation or IANA name, or None if it is unknown. Case is ignored."""
    name = name.lower()
    hours = _HOURS.get(name, _MILITARY.get(name))
    if hours is not None:
        return datetime.timezone(datetime.timedelta(hours=hours))
    key = _names().get(name)
    return zoneinfo.ZoneInfo(key) if key else None


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}
