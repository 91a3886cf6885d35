"""Changes that are told instead of values: `{"method": "increment", "values": [2]}` in the place of a number.

A text that reads as one of them is taken for it, as the real server does.
"""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from appwrite_emulator import clock, moments
from appwrite_emulator.models import Column
from appwrite_emulator.params import parse_json
from appwrite_emulator.rows import values
from appwrite_emulator.rows.values import Invalid

Number = int | float


@dataclass(frozen=True)
class Operator:
    method: str
    values: list[Any]


def parse(value: Any) -> Operator | None:
    """The operator that `value` is (an object, or the text of one), or None for any other value."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        try:
            value = parse_json(value)
        except ValueError:
            return None
    if not isinstance(value, dict):
        return None
    method, arguments = value.get("method"), value.get("values", [])
    if not isinstance(method, str) or method not in _METHODS or not isinstance(arguments, list):
        return None
    return Operator(method, arguments)


def apply(operator: Operator, column: Column, old: Any) -> Any:
    """The column's new value; `Invalid` when the operator is none for its type or its arguments are wrong.

    A column's own range is not looked at here, only the operator's own limit.
    """
    kind = "list" if column.array else "text" if column.is_text else column.type
    kind = "number" if kind in ("integer", "bigint", "double") else kind
    wanted, function = _METHODS[operator.method]
    if kind != wanted:
        raise Invalid(f"{operator.method} is not possible on {column.key}")
    try:
        new = function(old, *operator.values)
    except (TypeError, ValueError, ArithmeticError):
        raise Invalid(f"{operator.method} cannot be applied to {column.key}") from None
    if kind == "number":
        return _fitting_number(column, new)
    values.check(column, new)
    return new


def _fitting_number(column: Column, new: Number) -> Number:
    if column.type == "double":
        if not math.isfinite(new):
            raise Invalid(f"{column.key} would be no number")
        return float(new)
    whole = int(new)
    if not -(2**63) <= whole < 2**63:
        raise Invalid(f"{column.key} would not fit 64 bits")
    return whole


def _number(value: Any) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return value


def _up_to(new: Number, limit: Any) -> Number:
    return new if limit is None else min(new, _number(limit))


def _down_to(new: Number, limit: Any) -> Number:
    return new if limit is None else max(new, _number(limit))


def _increment(old: Number | None, by: Any = 1, limit: Any = None) -> Number:
    return _up_to((old or 0) + _number(by), limit)


def _decrement(old: Number | None, by: Any = 1, limit: Any = None) -> Number:
    return _down_to((old or 0) - _number(by), limit)


def _multiply(old: Number | None, by: Any, limit: Any = None) -> Number:
    return _up_to((old or 0) * _number(by), limit)


def _divide(old: Number | None, by: Any, limit: Any = None) -> Number:
    return _down_to((old or 0) / _number(by), limit)


def _modulo(old: Number | None, by: Any) -> Number:
    return math.fmod(old or 0, _number(by))  # the sign of the dividend, as in SQL


def _power(old: Number | None, by: Any, limit: Any = None) -> Number:
    base, exponent = old or 0, _number(by)
    return _up_to(float(base) ** exponent, limit)


def _concat(old: str | None, more: str) -> str:
    return (old or "") + more


def _replace(old: str | None, sought: str, new: str) -> str:
    return (old or "").replace(sought, new) if sought else old or ""


def _toggle(old: bool | None) -> bool:
    return not old


def _append(old: list[Any], *items: Any) -> list[Any]:
    return [*old, *items]


def _prepend(old: list[Any], *items: Any) -> list[Any]:
    return [*items, *old]


def _insert(old: list[Any], index: int, item: Any) -> list[Any]:
    if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= len(old):
        raise ValueError(index)
    return [*old[:index], item, *old[index:]]


def _remove(old: list[Any], item: Any) -> list[Any]:
    return [other for other in old if other != item]


def _unique(old: list[Any]) -> list[Any]:
    return [item for n, item in enumerate(old) if item not in old[:n]]


def _intersect(old: list[Any], *items: Any) -> list[Any]:
    return [item for item in old if item in items]


def _diff(old: list[Any], *items: Any) -> list[Any]:
    return [item for item in old if item not in items]


_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda item, value: item == value,
    "notEqual": lambda item, value: item != value,
    "greaterThan": lambda item, value: item > value,
    "greaterThanEqual": lambda item, value: item >= value,
    "lessThan": lambda item, value: item < value,
    "lessThanEqual": lambda item, value: item <= value,
    "isNull": lambda item, _: item is None,
    "isNotNull": lambda item, _: item is not None,
}


def _filter(old: list[Any], condition: str, value: Any = None) -> list[Any]:
    if condition not in _CONDITIONS:
        raise ValueError(condition)
    return [item for item in old if _CONDITIONS[condition](item, value)]


def _add_days(old: str | None, days: Any) -> str | None:
    if isinstance(days, bool) or not isinstance(days, int):
        raise TypeError(days)
    return old and clock.iso(moments.parse(old) + datetime.timedelta(days=days))


def _sub_days(old: str | None, days: Any) -> str | None:
    return _add_days(old, -_number(days))


def _now(old: str | None) -> str:
    return clock.iso(clock.now())


# method -> (what it works on, how)
_METHODS: dict[str, tuple[str, Callable[..., Any]]] = {
    "increment": ("number", _increment),
    "decrement": ("number", _decrement),
    "multiply": ("number", _multiply),
    "divide": ("number", _divide),
    "modulo": ("number", _modulo),
    "power": ("number", _power),
    "stringConcat": ("text", _concat),
    "stringReplace": ("text", _replace),
    "toggle": ("boolean", _toggle),
    "arrayAppend": ("list", _append),
    "arrayPrepend": ("list", _prepend),
    "arrayInsert": ("list", _insert),
    "arrayRemove": ("list", _remove),
    "arrayUnique": ("list", _unique),
    "arrayIntersect": ("list", _intersect),
    "arrayDiff": ("list", _diff),
    "arrayFilter": ("list", _filter),
    "dateAddDays": ("datetime", _add_days),
    "dateSubDays": ("datetime", _sub_days),
    "dateSetNow": ("datetime", _now),
}
