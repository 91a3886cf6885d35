"""Queries in the textual form that clients used before 1.5: `equal("title", ["two", 'three'])`."""

import re
from typing import Any

_QUOTES = ("'", '"')
_ESCAPABLE = (*_QUOTES, ",", "[", "]")
"""Characters that a backslash escapes. Before any other character, the backslash is kept."""
_FILTERS = {
    "equal",
    "notEqual",
    "lessThan",
    "lessThanEqual",
    "greaterThan",
    "greaterThanEqual",
    "contains",
    "search",
    "isNull",
    "isNotNull",
    "startsWith",
    "endsWith",
}
_ORDERS = {"orderAsc", "orderDesc"}
_PAGES = {"limit", "offset", "cursorAfter", "cursorBefore"}


def parse(text: Any) -> dict[str, Any]:
    """Return the query as an object with method, attribute and values.

    Raise ValueError if the text has a different form. Like the real server, accept an unknown method, which becomes a
    query without values.
    """
    method, bracket, rest = text.partition("(") if isinstance(text, str) else ("", "", "")
    if not bracket or "." in method:
        raise ValueError("it must have the form `method(values)`")
    arguments = _arguments(rest[:-1])  # any last character counts as the closing bracket
    query = {"method": method, **_parts(method, arguments)}
    if not isinstance(query.get("attribute", ""), str) or not isinstance(query.get("values", []), list):
        raise ValueError(f"wrong values for {method}")
    return {name: value for name, value in query.items() if value not in ("", [])}


def _parts(method: str, arguments: list[Any]) -> dict[str, Any]:
    """Return the query's attribute and values."""
    first, *others = arguments or [""]
    if method in _FILTERS:
        values = others[0] if others else []
        return {"attribute": first, "values": values if isinstance(values, list) else [values]}
    if method == "between":
        if len(others) < 2:
            raise ValueError("between needs an attribute and two values")
        return {"attribute": first, "values": others[:2]}
    if method == "select":
        return {"values": first}
    if method in _ORDERS:
        return {"attribute": first}
    return {"values": arguments[:1]} if method in _PAGES else {}


def _arguments(text: str) -> list[Any]:
    """Split the text at commas and convert the parts. Square brackets enclose a list.

    Spaces outside of quotes are ignored.
    """
    arguments: list[Any] = []
    items: list[str] | None = None
    word, quote, at = "", "", 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "\\":
            word += text[at : at + 1] if text[at : at + 1] in _ESCAPABLE else char + text[at : at + 1]
            at += 1
        elif quote or char in _QUOTES:
            word += char
            quote = "" if char == quote else quote or char
        elif char == "[":
            items = []
        elif char == "]" or (char == "," and items is None):
            if items is not None:
                arguments.append([_value(item) for item in (*items, word) if item])
                items = None
            elif word:
                arguments.append(_value(word))
            word = ""
        elif char == ",":
            items = [*(items or ()), word]
            word = ""
        elif char != " ":
            word += char
    return [*arguments, _value(word)] if word else arguments


def _value(word: str) -> Any:
    """Convert a word: null, true, false, a number, or a quoted or unquoted string."""
    if word in _WORDS:
        return _WORDS[word]
    if re.fullmatch(r"[+-]?\d+", word, re.ASCII):
        return int(word)
    if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", word, re.ASCII):
        return float(word)
    return word[1:-1] if word.startswith(_QUOTES) else word


_WORDS = {"true": True, "false": False, "null": None}
