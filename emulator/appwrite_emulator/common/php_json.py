"""JSON as PHP reads and writes it, which affects Appwrite's responses.

PHP has one array type for objects and lists, so it reads empty objects, and objects with the keys 0, 1, 2 and so on, as
lists. It writes whole floats as integers.
"""

import json
import math
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

MAX_DEPTH = 512
"""Maximum nesting of objects and lists, as in PHP."""
_INTEGERS = range(-(2**63), 2**63)
"""Range of PHP's integers. Integers outside it are read as floats."""


def loads(text: str | bytes, *, plain: bool = False) -> Any:
    """Parse JSON, which must be UTF-8. With `plain`, return objects and integers as Python's parser does.

    Raise ValueError if the JSON is invalid or nested too deeply, or contains NaN or a lone surrogate.
    """
    if isinstance(text, bytes):
        text = text.decode()
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _check_depth(text)
    value = (_PLAIN_DECODER if plain else _DECODER).decode(text)
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()  # raises UnicodeEncodeError, a ValueError, for a lone surrogate
    return value


def dumps(value: Any, *, ensure_ascii: bool = False) -> str:
    """Return `value` as compact JSON. Raise ValueError for infinity and NaN."""
    encoder = _ASCII_ENCODER if ensure_ascii else _ENCODER
    if _contains_php_float(value):
        parts: list[str] = []
        _append(parts, value, encode_basestring_ascii if ensure_ascii else encode_basestring)
        text = "".join(parts)
    else:
        text = encoder.encode(value)
    text = text.replace("/", "\\/")
    return text if text.isascii() else text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def as_stored(value: Any) -> Any:
    """Return `value` as read back from stored JSON: whole floats become integers. Raise ValueError for infinity."""
    stored = loads(dumps(value))
    dumps(stored)  # raises ValueError for an integer that became infinite
    return stored


def to_array(value: dict[str, Any]) -> dict[str, Any] | list[Any]:
    """If PHP cannot distinguish the object from a list, return it as a list. Otherwise return it unchanged."""
    return list(value.values()) if is_list_like(value) else value


def is_list_like(value: Mapping[str, Any]) -> bool:
    """Return whether the object is empty or its keys are 0, 1, 2 and so on."""
    if value and "0" not in value:
        return False
    return list(value) == [str(n) for n in range(len(value))]


# -- reading -----------------------------------------------------------------------------------------------------------


def _to_number(text: str) -> float:
    # `int` rejects numbers with thousands of digits.
    number = int(text) if len(text) <= 20 else 2**63
    return number if number in _INTEGERS else float(text)


def _reject_constant(name: str) -> None:
    raise ValueError(name)


def _check_depth(text: str) -> None:
    """Raise ValueError if the JSON is nested too deeply."""
    depth, in_string, escaped = 0, False, False
    for char in text:
        if in_string:
            escaped, in_string = char == "\\" and not escaped, char != '"' or escaped
        elif char == '"':
            in_string = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested more than {MAX_DEPTH} levels deep")
        elif char in "]}":
            depth -= 1


_DECODER = json.JSONDecoder(object_hook=to_array, parse_int=_to_number, parse_constant=_reject_constant)
_PLAIN_DECODER = json.JSONDecoder(parse_constant=_reject_constant)


# -- writing -----------------------------------------------------------------------------------------------------------

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ASCII_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _contains_php_float(value: Any) -> bool:
    """Return whether `value` contains a float that PHP writes differently from Python.

    Otherwise Python's encoder can write it, which is faster.
    """
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else (value,)
    for item in items:
        kind = type(item)
        if kind is str:
            continue
        if kind is float:
            if item.is_integer() or not 1e-4 <= abs(item) < 1e16:
                return True
        elif isinstance(item, dict | list | tuple) and _contains_php_float(item):
            return True
    return False


def _append(parts: list[str], value: Any, quote: Callable[[str], str]) -> None:
    """Append the JSON of `value` to `parts`."""
    kind = type(value)
    if kind is str:
        parts.append(quote(value))
    elif kind is float:
        parts.append(_number(value))
    elif isinstance(value, dict):
        mark = "{"
        for key, item in value.items():
            parts.append(f"{mark}{quote(str(key))}:")
            _append(parts, item, quote)
            mark = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        mark = "["
        for item in value:
            parts.append(mark)
            _append(parts, item, quote)
            mark = ","
        parts.append("]" if value else "[]")
    else:
        parts.append(quote(value) if isinstance(value, str) else _ENCODER.encode(value))


def _number(value: float) -> str:
    """Return the float as PHP writes it, for example `100` and `1.0e+25`.

    The text has the fewest digits that represent the same number.
    """
    if not math.isfinite(value):
        raise ValueError("JSON has no infinite numbers")
    if abs(value) < 1e17 and value.is_integer():
        return f"{value:.0f}"
    mantissa, mark, exponent = repr(value).partition("e")
    if not mark:
        return mantissa
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{int(exponent):+d}"
