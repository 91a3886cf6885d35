"""Update operators: `{"method": "increment", "values": [2]}` in place of a value.

As on the real server, a string that parses as an operator is treated as one. Arguments are validated as
utopia-php/database's operator validator does, and results are computed as MariaDB does in SQL: neither checks the
column's own range, its format, or the type of list items.
"""

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.php_values import parse_json, to_number
from appwrite_emulator.db import php_dates
from appwrite_emulator.db.models import Column
from appwrite_emulator.db.models.databases import INT32_MAX
from appwrite_emulator.db.tables import values
from appwrite_emulator.db.tables.values import InvalidValueError

Number = int | float


@dataclass(frozen=True)
class Operator:
    method: str
    values: list[Any]


def parse(value: Any) -> Operator | None:
    """Parse `value`, an object or its JSON text, as an operator; return None for any other value.

    Raise 400 `general_bad_request` if it is a malformed operator.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = parse_json(value)
        except ValueError:
            return None
    if not isinstance(value, dict):
        return None
    method, arguments = value.get("method"), value.get("values")
    if not isinstance(method, str) or method not in _METHODS:
        return None
    if not isinstance(arguments, list | None) or not isinstance(value.get("attribute"), str | None):
        raise AppwriteError("general_bad_request", f"The operator {method} must have a list of values.")
    return Operator(method, arguments or [])


def apply(operator: Operator, column: Column, old: Any) -> Any:
    """Return the column's new value, or None if it had none and the operator does not create one.

    Raise `InvalidValueError` if the operator does not support the column's type or its arguments are wrong.
    """
    wanted, function = _METHODS[operator.method]
    if _kind(column) != wanted:
        raise InvalidValueError(f"{operator.method} does not support column `{column.key}`")
    try:
        return function(column, old, *operator.values)
    except (TypeError, ValueError, ArithmeticError):
        raise InvalidValueError(f"{operator.method} cannot be applied to column `{column.key}`") from None


def _kind(column: Column) -> str:
    if column.array:
        return "list"
    return "text" if column.is_text else "number" if column.type in ("integer", "double") else column.type


# -- numbers -----------------------------------------------------------------------------------------------------------


def _counting(reckon: Callable[[Number, Number], Number], limited: Callable[..., Number]) -> Callable[..., Number]:
    def function(column: Column, old: Number | None, by: Any, limit: Any = None, *_: Any) -> Number:
        by, limit = to_number(by), None if limit is None else to_number(limit)
        new = reckon(old or 0, by)
        if limit is not None:
            return _as_kept(column, limited(old or 0, by, limit, new))
        # Without a limit, results must fit 32 bits, whatever the column's size.
        if column.type == "integer" and not -INT32_MAX - 1 <= new <= INT32_MAX:
            raise ValueError(new)
        return _as_kept(column, new)

    return function


def _as_kept(column: Column, new: Number | Fraction) -> Number:
    """Convert a result to the column's type.

    In integer columns, the exact quotient of two integers rounds half away from zero; floats round half to even.
    """
    if column.type == "double":
        if not math.isfinite(new):
            raise ValueError(new)
        return float(new)
    whole = int(math.copysign(math.floor(abs(new) + Fraction(1, 2)), new)) if isinstance(new, Fraction) else round(new)
    return column.check_fits(whole)


def _divided(old: Number, by: Number) -> Any:
    return Fraction(old, by) if isinstance(old, int) and isinstance(by, int) else old / by


def _multiplied_up_to(old: Number, by: Number, limit: Number, new: Number) -> Number:
    exceeds = by and (old > limit / by if by > 0 else old < limit / by)
    return limit if old >= limit or exceeds else new


def _power_up_to(old: Number, by: Number, limit: Number, new: Number) -> Number:
    return min(limit, old if old <= 1 else new)


_increment = _counting(lambda old, by: old + by, lambda old, by, limit, new: limit if old >= limit else min(limit, new))
_decrement = _counting(lambda old, by: old - by, lambda old, by, limit, new: limit if old <= limit else max(limit, new))
_multiply = _counting(lambda old, by: old * by, _multiplied_up_to)
_divide = _counting(_divided, lambda old, by, limit, new: max(limit, new))
# As in SQL, the result has the sign of the dividend.
_modulo = _counting(math.fmod, lambda old, by, limit, new: new)
_power = _counting(lambda old, by: float(old) ** by, _power_up_to)


# -- texts, flags, times -----------------------------------------------------------------------------------------------


def _concat(column: Column, old: str | None, more: Any, *_: Any) -> str:
    new = (old or "") + _text(more)
    if len(new.encode()) > column.size:
        raise ValueError("too many bytes")
    return new


def _replace(column: Column, old: str | None, sought: Any, by: Any) -> str | None:
    if old is None:
        return None
    new = old.replace(_text(sought), _text(by)) if sought else old
    if len(new) > column.size:
        raise ValueError("too long")
    return new


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _toggle(column: Column, old: bool | None, *_: Any) -> bool:
    return not old


def _add_days(column: Column, old: str | None, days: Any, *_: Any) -> str | None:
    distance = datetime.timedelta(days=_whole(days))
    return old and clock.iso(php_dates.parse(old) + distance)


def _sub_days(column: Column, old: str | None, days: Any, *_: Any) -> str | None:
    return _add_days(column, old, -_whole(days))


def _now(column: Column, old: str | None, *_: Any) -> str:
    return clock.iso(clock.now())


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


# -- lists -------------------------------------------------------------------------------------------------------------


def _append(column: Column, old: list[Any] | None, *items: Any) -> list[Any]:
    return [*(old or []), *_addable(column, items)]


def _prepend(column: Column, old: list[Any] | None, *items: Any) -> list[Any]:
    return [*_addable(column, items), *(old or [])]


def _insert(column: Column, old: list[Any] | None, index: Any, item: Any) -> list[Any] | None:
    (item,) = _addable(column, [item])
    if not 0 <= _whole(index) <= len(old or []):
        raise ValueError(index)
    return None if old is None else [*old[:index], item, *old[index:]]


def _addable(column: Column, items: Any) -> Any:
    """Return the items unchanged; raise ValueError if the stored list could not be read back afterwards."""
    for item in items:
        if column.type == "datetime":
            values.check_one(column, item)
        elif column.type == "integer" and isinstance(item, int | float) and abs(item) > INT32_MAX:
            raise ValueError(item)
    return items


def _remove(column: Column, old: list[Any] | None, item: Any, *_: Any) -> list[Any]:
    return [other for other in old or [] if _spelt(other) != _spelt(item)]


def _unique(column: Column, old: list[Any] | None, *_: Any) -> list[Any]:
    return list({_spelt(item): item for item in old or []}.values())


def _intersect(column: Column, old: list[Any] | None, first: Any, *more: Any) -> list[Any]:
    sought = {_spelt(item) for item in (first, *more)}
    return [item for item in old or [] if _spelt(item) in sought]


def _diff(column: Column, old: list[Any] | None, *items: Any) -> list[Any]:
    sought = {_spelt(item) for item in items}
    return [item for item in old or [] if _spelt(item) not in sought]


def _spelt(item: Any) -> str:
    """Return a list item as MariaDB compares it: as text."""
    return str(item)


def _amount(item: Any) -> float:
    """Return an item as MariaDB casts it to a number: 0 if it is not numeric."""
    try:
        return float(to_number(item))
    except (TypeError, ValueError):
        return 0.0


_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda item, value: _spelt(item) == _spelt(value),
    "notEqual": lambda item, value: _spelt(item) != _spelt(value),
    "greaterThan": lambda item, value: _amount(item) > _amount(value),
    "greaterThanEqual": lambda item, value: _amount(item) >= _amount(value),
    "lessThan": lambda item, value: _amount(item) < _amount(value),
    "lessThanEqual": lambda item, value: _amount(item) <= _amount(value),
    "isNull": lambda item, _: item is None,
    "isNotNull": lambda item, _: item is not None,
}


def _filter(column: Column, old: list[Any] | None, condition: Any, value: Any = None) -> list[Any]:
    if condition not in _CONDITIONS:
        raise ValueError(condition)
    return [item for item in old or [] if _CONDITIONS[condition](item, value)]


# Method name -> (column kind it supports, function).
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
