"""Values of columns: what each type takes, how it is stored in SQLite, how it is shown.

The rules are those of Appwrite's Structure validator as measured: nothing is converted, letters are counted, not bytes.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from appwrite_emulator import emails, geometry, moments
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Column
from appwrite_emulator.models.databases import LONGEST_INSIDE
from appwrite_emulator.params import is_like_list


class Invalid(ValueError):
    """A value its column does not take; the text says why."""


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(\.{_LABEL})*\.?\Z|\[[0-9A-Fa-f:.]+\]\Z")


_HOSTLESS = ("mailto:", "news:", "file:")


def is_url(value: str) -> bool:
    """As PHP's filter_var sees it: ASCII, with a scheme and a host, which of the Web's is a host name."""
    if not value.isascii() or any(char <= " " for char in value):
        return False
    try:
        parts = urlsplit(value)
        host = parts.netloc.rpartition("@")[2]
        _ = parts.port
    except ValueError:
        return False
    host = re.sub(r":\d*\Z", "", host)
    if parts.scheme in ("http", "https"):
        return bool(_HOST.match(host))
    return bool(_SCHEME.match(parts.scheme) and (host or value.startswith(_HOSTLESS)))


def is_ip(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return "%" not in value


FORMATS: dict[str, Callable[[str], bool]] = {"email": emails.is_address, "url": is_url, "ip": is_ip}


def as_sent(column: Column, value: Any) -> Any:
    """The value as PHP reads it: an object whose keys count from 0 is a list."""
    if column.array and isinstance(value, dict) and is_like_list(value):
        return list(value.values())
    return value


def check(column: Column, value: Any) -> None:
    """Refuse with `Invalid` what the column does not take. Null is fine here; `required` is judged for whole rows."""
    if value is None:
        return
    if not column.array:
        check_one(column, value)
    elif not isinstance(value, list):
        raise Invalid(f"{column.key} must be a list")
    else:
        for item in value:
            if item is not None or column.required:
                check_one(column, item)


def check_one(column: Column, value: Any) -> None:
    """The same for one value, be the column a list or not."""
    kind = column.type
    if column.is_text:
        _check_text(column, value)
    elif column.is_geometric:
        try:
            geometry.normal(kind, value)
        except geometry.Invalid as reason:
            raise Invalid(f"{column.key} {reason}") from None
    elif kind == "relationship":
        if not isinstance(value, str):
            raise Invalid(f"{column.key} must be the id of a row")
    elif kind == "boolean":
        if not isinstance(value, bool):
            raise Invalid(f"{column.key} must be true or false")
    elif kind == "datetime":
        try:
            moments.normal(value if isinstance(value, str) else "no text")
        except ValueError:
            raise Invalid(f"{column.key} must be a time from the year 1000 to 9999") from None
    else:
        whole = kind in ("integer", "bigint")
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise Invalid(f"{column.key} must be a {'whole ' if whole else ''}number")
        smallest, greatest = column.range
        if not smallest <= value <= greatest:
            raise Invalid(f"{column.key} must be from {smallest} to {greatest}")


def _check_text(column: Column, value: Any) -> None:
    if not isinstance(value, str):
        raise Invalid(f"{column.key} must be a text")
    if column.format == "enum":
        if value not in column.elements:
            raise Invalid(f"{column.key} must be one of {', '.join(column.elements)}")
    elif len(value) > column.size:
        raise Invalid(f"{column.key} must be at most {column.size} characters long")
    elif column.format and not FORMATS[column.format](value):
        raise Invalid(f"{column.key} must be {'an' if column.format[0] in 'ei' else 'a'} {column.format}")


def _bytes_room(column: Column) -> int:
    """How many bytes MariaDB keeps of a text that lies outside the row; its sizes are counted in letters before."""
    for room in (65535, 16777215):
        if column.size <= room:
            return room
    return 4294967295


def stored(column: Column, value: Any) -> Any:
    """A checked value as it stands in SQLite; lists as JSON, booleans as 1 and 0, times in one form."""
    if value is None:
        return None
    if column.array:
        if column.type == "datetime":
            value = [item if item is None else moments.normal(item) for item in value]
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if column.type == "datetime":
        return moments.normal(value)
    if column.is_geometric:
        return json.dumps(geometry.normal(column.type, value), separators=(",", ":"))
    if column.type == "boolean":
        return int(value)
    if column.type == "double":
        return float(value) + 0.0  # no minus zero
    if column.is_text and column.size > LONGEST_INSIDE and len(value.encode()) > _bytes_room(column):
        # The letters fit, the bytes do not: the real server fails here as well.
        raise AppwriteError("general_unknown", f"{column.key} is too long in bytes; use a larger type of text.")
    return value


def shower(column: Column) -> Callable[[Any], Any] | None:
    """What turns the stored value into the shown one; None where they are the same."""
    if column.array:
        return _show_list
    if column.type == "boolean":
        return _show_boolean
    if column.type == "double":
        return _show_float
    return _show_shape if column.is_geometric else None


def _show_list(value: str | None) -> list[Any]:
    """A list that was never set is shown as an empty one."""
    return [] if value is None else json.loads(value)


def _show_shape(value: str | None) -> list[Any] | None:
    return None if value is None else json.loads(value)


def _show_boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _show_float(value: float | None) -> float | int | None:
    """Whole numbers without `.0`, as PHP writes them."""
    return int(value) if value is not None and value.is_integer() and abs(value) < 1e15 else value
