"""Update operators, which a payload contains instead of a value: `{"method": "increment", "values": [2]}`.

As on the real server, a string that can be parsed as an operator is treated as one. Arguments are validated as in
utopia-php/database's operator validator, and results are computed as in MariaDB's SQL. Neither step checks the column's
own range, its format, or the types of list items.
"""

import datetime
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from appwrite_emulator.common import clock, php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.php_values import to_number
from appwrite_emulator.db import php_dates
from appwrite_emulator.db.collation import SqlValue
from appwrite_emulator.db.models import Column
from appwrite_emulator.db.models.databases import INT32_MAX
from appwrite_emulator.db.tables.column_types import ColumnType, InvalidValueError

Number = int | float


@dataclass(frozen=True)
class Operator:
    method: str
    values: list[Any]


def parse(value: Any) -> Operator | None:
    """Parse `value`, an object or its JSON text, as an operator. Return None if `value` is not an operator.

    Raise 400 `general_bad_request` if it is a malformed operator.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = php_json.loads(value)
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


def apply(operator: Operator, type: ColumnType, old: Any) -> SqlValue:
    """Return the column's new value as SQLite stores it, or None if the operator leaves a null value unchanged.

    Raise `InvalidValueError` if the operator does
    not support the column's type, or if its arguments are invalid.
    """
    column = type.column
    kind, function = _METHODS[operator.method]
    if _kind(column) != kind:
        raise InvalidValueError(f"{operator.method} does not support attribute '{column.key}'")
    try:
        new = function(type, old, *operator.values)
    except (TypeError, ValueError, ArithmeticError):
        raise InvalidValueError(f"{operator.method} cannot be applied to attribute '{column.key}'") from None
    return type.encode(new)


def _kind(column: Column) -> str:
    if column.array:
        return "list"
    # As in utopia-php/database, operators do not support bigint columns. Only the `incrementRowColumn` and
    # `decrementRowColumn` methods do.
    return "text" if column.is_text else "number" if column.type in ("integer", "double") else column.type


# -- numbers -----------------------------------------------------------------------------------------------------------


Limited = Callable[[Number, Number, Number, Number], Number]


def _numeric(compute: Callable[[Number, Number], Number], limited: Limited) -> Callable[..., Number]:
    """Return an operator function. `compute` takes the old value and the operand, and returns the result.

    If the operator has a limit, call `limited` with the old value, the operand, the limit and this result. `limited`
    returns the final result.
    """

    def function(type: ColumnType, old: Number | None, by: Any, limit: Any = None, *_: Any) -> Number:
        by, limit = to_number(by), None if limit is None else to_number(limit)
        new = compute(old or 0, by)
        if limit is not None:
            return _as_stored(type.column, limited(old or 0, by, limit, new))
        # Without a limit, the result must fit in 32 bits, regardless of the column's size.
        if type.column.type == "integer" and not -INT32_MAX - 1 <= new <= INT32_MAX:
            raise ValueError(new)
        return _as_stored(type.column, new)

    return function


def _as_stored(column: Column, new: Number | Fraction) -> Number:
    """Convert a result to the column's type.

    In an integer column, the exact quotient of two integers is rounded half away from zero. A float is rounded half to
    even.
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


def _power_up_to(old: Number, _by: Number, limit: Number, new: Number) -> Number:
    return min(limit, old if old <= 1 else new)


_increment = _numeric(lambda old, by: old + by, lambda old, _by, limit, new: limit if old >= limit else min(limit, new))
_decrement = _numeric(lambda old, by: old - by, lambda old, _by, limit, new: limit if old <= limit else max(limit, new))
_multiply = _numeric(lambda old, by: old * by, _multiplied_up_to)
_divide = _numeric(_divided, lambda _old, _by, limit, new: max(limit, new))
# As in SQL, the result has the sign of the dividend.
_modulo = _numeric(math.fmod, lambda _old, _by, _limit, new: new)
_power = _numeric(lambda old, by: float(old) ** by, _power_up_to)


# -- strings, flags, times ---------------------------------------------------------------------------------------------


def _concat(type: ColumnType, old: str | None, more: Any, *_: Any) -> str:
    new = (old or "") + _text(more)
    if len(new.encode()) > type.column.size:
        raise ValueError("too many bytes")
    return new


def _replace(type: ColumnType, old: str | None, sought: Any, by: Any) -> str | None:
    if old is None:
        return None
    new = old.replace(_text(sought), _text(by)) if sought else old
    if len(new) > type.column.size:
        raise ValueError("too long")
    return new


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _toggle(_: ColumnType, old: bool | None, *_arguments: Any) -> bool:
    return not old


def _add_days(_: ColumnType, old: str | None, days: Any, *_arguments: Any) -> str | None:
    distance = datetime.timedelta(days=_whole(days))
    return old and php_dates.stored(php_dates.parse(old) + distance)


def _sub_days(type: ColumnType, old: str | None, days: Any, *_: Any) -> str | None:
    return _add_days(type, old, -_whole(days))


def _now(*_: Any) -> str:
    return clock.iso(clock.now())


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(value)
    return value


# -- lists -------------------------------------------------------------------------------------------------------------


def _append(type: ColumnType, old: list[Any] | None, *items: Any) -> list[Any]:
    return [*(old or []), *_addable(type, items)]


def _prepend(type: ColumnType, old: list[Any] | None, *items: Any) -> list[Any]:
    return [*_addable(type, items), *(old or [])]


def _insert(type: ColumnType, old: list[Any] | None, index: Any, item: Any) -> list[Any] | None:
    (item,) = _addable(type, [item])
    if not 0 <= _whole(index) <= len(old or []):
        raise ValueError(index)
    return None if old is None else [*old[:index], item, *old[index:]]


def _addable(type: ColumnType, items: Iterable[Any]) -> list[Any]:
    """Return the items in their stored form. Raise ValueError if an item could be stored but not read back."""
    if type.column.type == "datetime":
        return [type.normalise_one(item) for item in items]
    items = list(items)
    if type.column.type == "integer" and any(isinstance(item, int | float) and abs(item) > INT32_MAX for item in items):
        raise ValueError(items)
    return items


def _remove(_: ColumnType, old: list[Any] | None, item: Any, *_arguments: Any) -> list[Any]:
    return [other for other in old or [] if _as_text(other) != _as_text(item)]


def _unique(_: ColumnType, old: list[Any] | None, *_arguments: Any) -> list[Any]:
    return list({_as_text(item): item for item in old or []}.values())


def _intersect(_: ColumnType, old: list[Any] | None, first: Any, *more: Any) -> list[Any]:
    sought = {_as_text(item) for item in (first, *more)}
    return [item for item in old or [] if _as_text(item) in sought]


def _diff(_: ColumnType, old: list[Any] | None, *items: Any) -> list[Any]:
    sought = {_as_text(item) for item in items}
    return [item for item in old or [] if _as_text(item) not in sought]


def _as_text(item: Any) -> str:
    """Return a list item as text, because MariaDB compares items as text."""
    return str(item)


def _as_number(item: Any) -> float:
    """Convert an item to a number as MariaDB does: 0 if it is not numeric."""
    try:
        return float(to_number(item))
    except (TypeError, ValueError):
        return 0.0


_CONDITIONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda item, value: _as_text(item) == _as_text(value),
    "notEqual": lambda item, value: _as_text(item) != _as_text(value),
    "greaterThan": lambda item, value: _as_number(item) > _as_number(value),
    "greaterThanEqual": lambda item, value: _as_number(item) >= _as_number(value),
    "lessThan": lambda item, value: _as_number(item) < _as_number(value),
    "lessThanEqual": lambda item, value: _as_number(item) <= _as_number(value),
    "isNull": lambda item, _: item is None,
    "isNotNull": lambda item, _: item is not None,
}


def _filter(_: ColumnType, old: list[Any] | None, condition: Any, value: Any = None) -> list[Any]:
    if condition not in _CONDITIONS:
        raise ValueError(condition)
    return [item for item in old or [] if _CONDITIONS[condition](item, value)]


# Method name -> (supported kind of column, function).
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
