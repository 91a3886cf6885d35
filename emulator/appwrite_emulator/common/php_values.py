"""PHP's reading of JSON and numbers, which Appwrite's responses show."""

import json
import re
from collections.abc import Mapping
from typing import Any

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def to_number(value: Any) -> int | float:
    """Return `value` as a number if it is one or a numeric string (PHP's is_numeric); raise TypeError otherwise."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


def is_list_like(value: Mapping[str, Any]) -> bool:
    """Return whether PHP cannot tell the object from a list, because its keys count up from 0."""
    return list(value) == [str(n) for n in range(len(value))]


def parse_json(text: str | bytes) -> Any:
    """Parse JSON as PHP does: UTF-8, no NaN, no lone surrogates, limited depth. Raise ValueError otherwise."""
    try:
        value = json.loads(text.decode() if isinstance(text, bytes) else text, parse_constant=_reject_constant)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if (b"\\u" if isinstance(text, bytes) else "\\u") in text:  # type: ignore[operator]
        json.dumps(value, ensure_ascii=False).encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
    return value


def _reject_constant(name: str) -> None:
    raise ValueError(name)
