"""Column types: validate values, convert them for SQLite, and convert them for display.

The rules follow the recorded behaviour of Appwrite's Structure validator. Values are not converted, and lengths are in
characters, not bytes.
"""

import ipaddress
import json
import math
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from appwrite_emulator.common import email_addresses
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import geometry, php_dates
from appwrite_emulator.db.collation import SqlValue
from appwrite_emulator.db.models import Column
from appwrite_emulator.db.models.databases import DEFAULT_RANGES, MAX_VARCHAR_SIZE, TEXT_TYPES


class InvalidValueError(ValueError):
    """The column does not accept the value.

    The message names the column and gives the reason. `description` is only what the column accepts.
    """

    def __init__(self, message: str, description: str = "") -> None:
        self.description = description or message
        super().__init__(message)


class ColumnType:
    """The type of one column. Each value is validated once, by `normalise`. All other methods rely on this.

    A normalised value has the form that responses show. `encode` and `show` convert between this form and SQLite's.
    """

    can_become_invalid = False
    """Whether a change to the column (a smaller size, fewer enum elements) can make stored values invalid."""
    null_item: Any = None
    """Replacement for null in a list. PHP casts the items of lists of numbers or booleans to that type."""

    def __init__(self, column: Column) -> None:
        self.column = column

    def parse(self, value: Any) -> SqlValue:
        """Return a value from a payload in the form that SQLite stores.

        If the column has a default, null becomes the default. Raise `InvalidValueError` if the column does not accept
        the value.
        """
        if value is None:
            value = self.column.default
        return None if value is None else self.encode(self.normalise(value))

    def normalise(self, value: Any) -> Any:
        """Return the validated value in its normal form. Accept null, because `required` is checked for whole rows."""
        if value is None:
            return None
        if not self.column.array:
            return self.normalise_one(value)
        if not isinstance(value, list):
            raise InvalidValueError(f'Attribute "{self.column.key}" must be an array')
        return [self._normalise_item(place, item) for place, item in enumerate(value)]

    def _normalise_item(self, place: int, item: Any) -> Any:
        if item is None and not self.column.required:
            return self.null_item
        try:
            return self.normalise_one(item)
        except InvalidValueError as error:
            raise self.error(error.description, f"['{place}']") from None

    def normalise_one(self, value: Any) -> Any:
        """Like `normalise`, but for a single value that is not null: the whole value, or an item of an array."""
        raise NotImplementedError

    def check_stored(self, value: Any) -> None:
        """Raise `InvalidValueError` if this stored value has become invalid, because the column was changed.

        `value` is in displayed form.
        """
        if self.can_become_invalid or self.column.array:
            self.normalise(value)

    def encode(self, value: Any) -> SqlValue:
        """Convert a normalised value for SQLite: lists and geometries as JSON, booleans as 1 and 0."""
        if value is None:
            return None
        return _json(value) if self.column.array else self._encode_one(value)

    def _encode_one(self, value: Any) -> SqlValue:
        encoded: SqlValue = value
        return encoded

    @property
    def show(self) -> Callable[[Any], Any] | None:
        """Function that converts stored values for display, or None if they are shown as stored."""
        return _show_list if self.column.array else self._show_one

    _show_one: Callable[[Any], Any] | None = None

    def error(self, description: str, place: str = "") -> InvalidValueError:
        """Return the error for a value that the column, or the item of an array at `place`, does not accept."""
        has_format = self.column.format or self.column.type in DEFAULT_RANGES
        label = "format" if has_format else "type"
        return InvalidValueError(
            f'Attribute "{self.column.key}{place}" has invalid {label}. {description}', description
        )


class TextType(ColumnType):
    can_become_invalid = True

    def normalise_one(self, value: Any) -> str:
        column = self.column
        if not isinstance(value, str):
            raise self.error(self._length)
        if column.format == "enum":
            if value not in column.elements:
                raise self.error(f"Value must be one of ({', '.join(column.elements)})")
        elif len(value) > column.size:
            raise self.error(self._length)
        elif column.format and not FORMATS[column.format](value):
            raise self.error(FORMAT_DESCRIPTIONS[column.format])
        return value

    @property
    def _length(self) -> str:
        return f"Value must be a valid string and no longer than {self.column.size} chars"

    def _encode_one(self, value: Any) -> str:
        if self.column.size > MAX_VARCHAR_SIZE and len(value.encode()) > max_bytes(self.column):
            # The text has few enough characters but too many bytes. The real server fails with the same error.
            message = f"Column `{self.column.key}` has too many bytes; use a larger text type."
            raise AppwriteError("general_unknown", message)
        return str(value)


class NumberType(ColumnType):
    can_become_invalid = True
    null_item = 0

    def check_range(self, value: float) -> None:
        min, max = self.column.range
        if not min <= value <= max:
            raise self.error(f"Value must be a valid range between {_rounded(min)} and {_rounded(max)}")


class IntegerType(NumberType):
    def normalise_one(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            bits = 8 * self.column.bytes
            raise self.error(
                f"Value must be a valid signed {bits}-bit integer "
                f"between {-(2 ** (bits - 1)):,} and {2 ** (bits - 1) - 1:,}"
            )
        self.check_range(value)
        return value


class FloatType(NumberType):
    def normalise_one(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error("Value must be a valid float")
        self.check_range(value)
        return value

    def parse(self, value: Any) -> SqlValue:
        """Like the base class, but round floats to 14 digits, as PHP does when it passes them to the database.

        Integers are not rounded.
        """
        stored = super().parse(value)
        sent = self.column.default if value is None else value
        return float(f"{stored:.14g}") if isinstance(stored, float) and isinstance(sent, float) else stored

    def _encode_one(self, value: Any) -> float:
        return float(value) + 0.0  # turns -0.0 into 0.0

    @staticmethod
    def _show_one(value: float | None) -> float | None:
        return None if value is None else float(value)  # RETURNING yields integers for whole numbers in REAL columns


class BooleanType(ColumnType):
    null_item = False

    def normalise_one(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise self.error("Value must be a valid boolean")
        return value

    def _encode_one(self, value: Any) -> int:
        return int(value)

    @staticmethod
    def _show_one(value: int | None) -> bool | None:
        return None if value is None else bool(value)


_DATE = (
    f"Value must be valid date between {php_dates.EARLIEST:%Y-%m-%d %H:%M:%S} and {php_dates.LATEST:%Y-%m-%d %H:%M:%S}."
)


class DatetimeType(ColumnType):
    def normalise_one(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.error(_DATE)
        try:
            return php_dates.normal(value)
        except ValueError:
            raise self.error(_DATE) from None


class GeometryType(ColumnType):
    def normalise_one(self, value: Any) -> list[Any]:
        try:
            return geometry.normal(self.column.type, value)
        except geometry.InvalidGeometryError as reason:
            raise self.error(f"Value {reason}") from None

    def _encode_one(self, value: Any) -> str:
        return _json(value)

    @staticmethod
    def _show_one(value: str | None) -> list[Any] | None:
        return None if value is None else json.loads(value)


class RelationshipType(ColumnType):
    """A related row's ID."""

    def normalise_one(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.error("Value must be a row ID")
        return value


_TYPES: dict[str, type[ColumnType]] = {
    **dict.fromkeys(TEXT_TYPES, TextType),
    **dict.fromkeys(geometry.TYPES, GeometryType),
    "integer": IntegerType,
    "bigint": IntegerType,
    "double": FloatType,
    "boolean": BooleanType,
    "datetime": DatetimeType,
    "relationship": RelationshipType,
}


def type_of(column: Column) -> ColumnType:
    return _TYPES[column.type](column)


def max_bytes(column: Column) -> int:
    """Return the maximum number of bytes in a string that MariaDB stores outside the row. `size` is in characters."""
    return next((size for size in (65535, 16777215) if column.size <= size), 4294967295)


def _rounded(bound: float) -> str:
    """Return the bound as PHP's `number_format` does: rounded to an integer, with commas."""
    return f"{bound if isinstance(bound, int) else math.floor(bound + 0.5):,}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _show_list(value: str | None) -> Any:
    """Decode a list. A list that was never set is shown as an empty list."""
    return [] if value is None else json.loads(value)


# -- formats of text columns ------------------------------------------------------------------------------------------

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,254}}\Z){_LABEL}(\.{_LABEL})*\.?\Z|\[[0-9A-Fa-f:.]+\]\Z")
_HOSTLESS = ("mailto:", "news:", "file:")


def is_url(value: str) -> bool:
    """Return whether PHP's `filter_var` accepts the URL.

    The URL must be ASCII and have a scheme and a host. For HTTP and HTTPS, the host must be valid.
    """
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
FORMAT_DESCRIPTIONS = {
    "email": "Value must be a valid email address",
    "url": "Value must be a valid URL",
    "ip": "Value must be a valid IP address",
}
