"""PHP's reading of JSON and numbers, which Appwrite's responses show."""

import json
import re
from collections.abc import Mapping
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
