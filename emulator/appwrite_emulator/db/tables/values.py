"""Column values: validation by type, storage in SQLite, display.

The rules are those of Appwrite's Structure validator as measured: values are not converted, and lengths count
characters, not bytes.
"""

import ipaddress
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from appwrite_emulator.common import email_addresses
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.php_values import is_list_like
from appwrite_emulator.db import geometry, php_dates
from appwrite_emulator.db.models import Column
from appwrite_emulator.db.models.databases import MAX_VARCHAR_SIZE


class InvalidValueError(ValueError):
    """A value that its column does not accept; the message gives the reason."""


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(\.{_LABEL})*\.?\Z|\[[0-9A-Fa-f:.]+\]\Z")


_HOSTLESS = ("mailto:", "news:", "file:")


def is_url(value: str) -> bool:
    """Return whether PHP's filter_var accepts the URL: ASCII, with a scheme and a host (a valid one for HTTP(S))."""
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


FORMATS: dict[str, Callable[[str], bool]] = {"email": email_addresses.is_address, "url": is_url, "ip": is_ip}


def as_sent(column: Column, value: Any) -> Any:
    """Return the value as PHP reads it: an object whose keys count up from 0 is a list."""
    if column.array and isinstance(value, dict) and is_list_like(value):
        return list(value.values())
    return value


def check(column: Column, value: Any) -> None:
    """Raise `InvalidValueError` if the column rejects the value. Null passes: `required` is checked for whole rows."""
    if value is None:
        return
    if not column.array:
        check_one(column, value)
    elif not isinstance(value, list):
        raise InvalidValueError(f"column `{column.key}` must be a list")
    else:
        for item in value:
            if item is not None or column.required:
                check_one(column, item)


def check_one(column: Column, value: Any) -> None:
    """Like `check`, for a single value, whether or not the column is an array."""
    kind = column.type
    if column.is_text:
        _check_text(column, value)
    elif column.is_geometric:
        try:
            geometry.normal(kind, value)
        except geometry.InvalidGeometryError as reason:
            raise InvalidValueError(f"column `{column.key}` {reason}") from None
    elif kind == "relationship":
        if not isinstance(value, str):
            raise InvalidValueError(f"column `{column.key}` must be a row ID")
    elif kind == "boolean":
        if not isinstance(value, bool):
            raise InvalidValueError(f"column `{column.key}` must be true or false")
    elif kind == "datetime":
        try:
            php_dates.normal(value if isinstance(value, str) else "no text")
        except ValueError:
            raise InvalidValueError(
                f"column `{column.key}` must be a date and time between the years 1000 and 9999"
            ) from None
    else:
        whole = kind in ("integer", "bigint")
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise InvalidValueError(f"column `{column.key}` must be {'an integer' if whole else 'a number'}")
        smallest, greatest = column.range
        if not smallest <= value <= greatest:
            raise InvalidValueError(f"column `{column.key}` must be between {smallest} and {greatest}")


def _check_text(column: Column, value: Any) -> None:
    if not isinstance(value, str):
        raise InvalidValueError(f"column `{column.key}` must be a string")
    if column.format == "enum":
        if value not in column.elements:
            raise InvalidValueError(f"column `{column.key}` must be one of {', '.join(column.elements)}")
    elif len(value) > column.size:
        raise InvalidValueError(f"column `{column.key}` must be at most {column.size} characters long")
    elif column.format and not FORMATS[column.format](value):
        raise InvalidValueError(
            f"column `{column.key}` must be {'an' if column.format[0] in 'ei' else 'a'} {column.format}"
        )


def _bytes_room(column: Column) -> int:
    """Return how many bytes MariaDB stores of a text kept outside the row; `size` itself counts characters."""
    for room in (65535, 16777215):
        if column.size <= room:
            return room
    return 4294967295


def stored(column: Column, value: Any) -> Any:
    """Convert a validated value for SQLite: lists as JSON, booleans as 1 and 0, timestamps in one normal form."""
    if value is None:
        return None
    if column.array:
        if column.type == "datetime":
            value = [item if item is None else php_dates.normal(item) for item in value]
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if column.type == "datetime":
        return php_dates.normal(value)
    if column.is_geometric:
        return json.dumps(geometry.normal(column.type, value), separators=(",", ":"))
    if column.type == "boolean":
        return int(value)
    if column.type == "double":
        return float(value) + 0.0  # turns -0.0 into 0.0
    if column.is_text and column.size > MAX_VARCHAR_SIZE and len(value.encode()) > _bytes_room(column):
        # The characters fit but the bytes do not: the real server fails here with the same error.
        raise AppwriteError("general_unknown", f"Column `{column.key}` has too many bytes; use a larger text type.")
    return value


def shower(column: Column) -> Callable[[Any], Any] | None:
    """Return the function that converts stored values for display, or None if they are shown as stored."""
    if column.array:
        return _show_list
    if column.type == "boolean":
        return _show_boolean
    if column.type == "double":
        return _show_float
    return _show_geometry if column.is_geometric else None


def _show_list(value: str | None) -> list[Any]:
    """Decode a list; one that was never set is shown as an empty list."""
    return [] if value is None else json.loads(value)


def _show_geometry(value: str | None) -> list[Any] | None:
    return None if value is None else json.loads(value)


def _show_boolean(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _show_float(value: float | None) -> float | int | None:
    """Show whole numbers without `.0`, as PHP's JSON encoder does."""
    return int(value) if value is not None and value.is_integer() and abs(value) < 1e15 else value
