"""Numeric strings as PHP interprets them, which affects Appwrite's responses."""

import re
from typing import Any

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def is_numeric(value: Any) -> bool:
    """Return whether `value` is a number or a numeric string, like PHP's is_numeric."""
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def to_number(value: Any) -> int | float:
    """Return `value` as a number; raise TypeError if it is not numeric."""
    if not is_numeric(value):
        raise TypeError(value)
    return float(value) if isinstance(value, str) else value
