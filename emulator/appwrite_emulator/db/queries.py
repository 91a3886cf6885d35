"""Parse Appwrite's query strings, and validate them against a list's attributes.

    parsed = queries.parse(strings, attributes)
    parsed.filters, parsed.orders, parsed.limit, parsed.cursor ...

db/query_sql.py converts the parsed queries to SQL. The rules follow the recorded behaviour of a real Appwrite 1.9.6
with MariaDB (tests/contract, tablesdb.queries).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from appwrite_emulator.common import ids, php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import geometry, php_dates
from appwrite_emulator.db.collation import SqlValue

DEFAULT_LIMIT = 25
MAX_VALUES = 500

COMPARISONS = {"lessThan": "<", "lessThanEqual": "<=", "greaterThan": ">", "greaterThanEqual": ">="}
ONE_VALUE = {"notEqual", "startsWith", "notStartsWith", "endsWith", "notEndsWith", "search", "notSearch", *COMPARISONS}
TWO_VALUES = {"between", "notBetween"}
SOME_VALUES = {"equal", "contains", "notContains", "containsAny", "containsAll"}
NO_VALUES = {"isNull", "isNotNull"}
ON_TEXT = {"startsWith", "notStartsWith", "endsWith", "notEndsWith", "search", "notSearch"}
ON_LISTS = {"contains", "notContains", "containsAny", "containsAll", "isNull", "isNotNull"}
LOGICAL = {"and", "or"}
# Spatial relations, named as in shapely.
SPATIAL_ONLY = {name: name for name in ("crosses", "intersects", "overlaps", "touches")}
SPATIAL = {**SPATIAL_ONLY, "contains": "contains", "equal": "equals"}
NEGATED_SPATIAL = {f"not{name[0].upper()}{name[1:]}": relation for name, relation in SPATIAL.items()}
DISTANCES = {"distanceEqual": "=", "distanceNotEqual": "<>", "distanceGreaterThan": ">", "distanceLessThan": "<"}
ON_GEOMETRY = {
    *SPATIAL_ONLY,
    *(name for name, relation in NEGATED_SPATIAL.items() if relation in SPATIAL_ONLY),
    *DISTANCES,
}
FILTERS = ONE_VALUE | TWO_VALUES | SOME_VALUES | NO_VALUES | ON_GEOMETRY
ORDERS = {"orderAsc", "orderDesc"}
OTHERS = {"select", "limit", "offset", "cursorAfter", "cursorBefore", "orderRandom"}
METHODS = FILTERS | LOGICAL | ORDERS | OTHERS

TEXT_KINDS = ("text", "id", "relation")
"""Kinds of attributes whose values are strings."""

Sql = tuple[str, Sequence[SqlValue]]
"""An SQL condition and the values for its placeholders."""


class QueryError(ValueError):
    """A query is invalid. The message gives the reason."""


class MissingFulltextIndexError(QueryError):
    """The searched column has no full-text index.

    Appwrite detects this only when it reads the rows, not when it validates the queries.
    """


class UnsupportedMethodError(QueryError):
    """The list does not support the query's method."""


class SyntaxQueryError(QueryError):
    """The query is not an object with a method, an attribute and values of the right types."""


class RelatedTable(Protocol):
    """The target of a relationship."""

    @property
    def attributes(self) -> Mapping[str, "Attribute"]: ...


@dataclass(frozen=True)
class Attribute:
    """A column that queries can use.

    `kind` is text, id, sequence, integer, float, boolean, datetime, a geometry type, or relation. `sql` is the column's
    SQL expression. It is empty for a relationship whose IDs are stored on the other side.
    """

    key: str
    kind: str
    sql: str
    array: bool = False
    search_sql: str = ""
    """SQL condition with one placeholder, for an FTS5 expression. Empty if the column has no full-text index."""
    hidden: bool = False
    """Encrypted columns can be selected, but not filtered."""
    largest: int = 2**63 - 1
    """Largest integer that a query may contain."""
    encode: Callable[[str], str | None] = field(default=lambda text: text, compare=False)
    """For datetimes: function that converts a value from the row format to the column's format."""
    exists_sql: str = ""
    """For relationships: SQL condition that is true if a related row matches the condition inserted for `{}`."""
    target: Callable[[], RelatedTable] | None = field(default=None, compare=False)

    @property
    def related(self) -> Mapping[str, "Attribute"]:
        """Attributes of the related table. Empty unless this is a relationship."""
        return self.target().attributes if self.target else {}

    @property
    def compared(self) -> str:
        """SQL expression for comparing and sorting. Expression indexes use the same expression."""
        return f"fold({self.sql})" if self.kind == "text" else self.sql

    def clean(self, value: Any) -> SqlValue:
        """Return `value` in the form that SQL compares. Raise `QueryError` if it does not have the column's type."""
        cleaned = self._clean(value)
        if cleaned is None:
            raise QueryError(f'Query value is invalid for attribute "{self.key}"')
        return cleaned

    def _clean(self, value: Any) -> SqlValue:
        """Like `clean`, but return None if the value does not have the column's type."""
        kind = self.kind
        if kind in TEXT_KINDS:
            return value if isinstance(value, str) else None
        if kind == "boolean":
            return int(value) if isinstance(value, bool) else None
        if kind == "datetime":
            return self._clean_datetime(value)
        if kind == "sequence" and isinstance(value, str):
            return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else None
        if isinstance(value, int) and not isinstance(value, bool):
            return value if -self.largest - 1 <= value <= self.largest else None
        return value if isinstance(value, float) and kind == "float" else None

    def _clean_datetime(self, value: Any) -> SqlValue:
        try:
            return self.encode(php_dates.stored(php_dates.parse_with_year(value))) if isinstance(value, str) else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Filter:
    method: str
    attribute: Attribute
    values: tuple[SqlValue, ...]


@dataclass(frozen=True)
class Group:
    method: str
    filters: tuple["Filter | Group", ...]


@dataclass(frozen=True)
class Through:
    """Filters on related rows. One related row must match all the filters and the SQL condition `also`."""

    relation: Attribute
    filters: tuple["Filter | Group | Through", ...]
    also: Sql = ("1", ())


@dataclass(frozen=True)
class Order:
    attribute: Attribute | None
    """None: order of creation."""
    descending: bool


@dataclass
class Queries:
    """The parsed queries of one list. If there are several limits, offsets or cursors, the first is used."""

    filters: list[Filter | Group | Through] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    random: bool = False
    limit: int | None = None
    offset: int | None = None
    cursor: str | None = None
    backwards: bool = False
    select: list[str] = field(default_factory=list)
    nested: dict[str, list[str]] = field(default_factory=dict)
    """Relationship key -> selected keys of the related rows."""


def parse(
    strings: Iterable[str],
    attributes: Mapping[str, Attribute],
    *,
    only: Iterable[str] | None = None,
    error: str = "general_query_invalid",
) -> Queries:
    """Parse and validate queries. Raise AppwriteError of type `error` for the first invalid query.

    Row lists pass `general_query_invalid`, other lists `general_argument_invalid`. A search without a full-text index
    always raises `general_query_invalid`. `only`: allowed methods, for example select for a single row.
    """
    parsed = Queries()
    allowed = None if only is None else frozenset(only)
    try:
        for string in strings:
            query = _read(string)
            if allowed is not None and query.method not in allowed:
                raise UnsupportedMethodError(f"Invalid query method: {query.method}")
            _add(parsed, query, attributes)
    except QueryError as reason:
        error = "general_query_invalid" if isinstance(reason, MissingFulltextIndexError) else error
        message = _message(reason, is_parameter=error == "general_argument_invalid")
        raise AppwriteError(error, "%s", subject=message) from None
    return parsed


def _message(reason: QueryError, *, is_parameter: bool) -> str:
    """Return the error's message.

    As in Appwrite, lists of rows parse the queries before they validate them, and other lists validate a parameter.
    """
    if isinstance(reason, UnsupportedMethodError | MissingFulltextIndexError):
        message = str(reason)
    else:
        message = (
            str(reason) if isinstance(reason, SyntaxQueryError) and not is_parameter else f"Invalid query: {reason}"
        )
    return f"Invalid `queries` param: {message}" if is_parameter else message


def split_selections(strings: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return (select queries, all others). The others include invalid queries."""
    selections, others = [], []
    for string in strings:
        with suppress(QueryError):
            if _read(string).method == "select":
                selections.append(string)
                continue
        others.append(string)
    return selections, others


@dataclass(frozen=True)
class _Query:
    """One query from the request. The types of its parts have been checked."""

    method: str
    attribute: str
    values: list[Any]


def _read(query: Any) -> _Query:
    if isinstance(query, str):
        try:
            query = php_json.loads(query)
        except ValueError:
            raise SyntaxQueryError("Invalid query: Syntax error") from None
    if not isinstance(query, dict):
        raise SyntaxQueryError(f"Invalid query. Must be an array, got {_php_type(query)}")
    method, attribute, values = query.get("method"), query.get("attribute"), query.get("values")
    attribute, values = "" if attribute is None else attribute, [] if values is None else values
    if not isinstance(method, str):
        raise SyntaxQueryError(f"Invalid query method. Must be a string, got {_php_type(method)}")
    if method not in METHODS:
        raise SyntaxQueryError(f"Invalid query method: {method}")
    if not isinstance(attribute, str):
        raise SyntaxQueryError(f"Invalid query attribute. Must be a string, got {_php_type(attribute)}")
    if not isinstance(values, list):
        raise SyntaxQueryError(f"Invalid query values. Must be an array, got {_php_type(values)}")
    return _Query(method, attribute, values)


def _title(method: str) -> str:
    """Return the method's name as Appwrite's messages begin with it: with a capital letter."""
    return method[:1].upper() + method[1:]


def _php_type(value: Any) -> str:
    """Return the name that PHP's `gettype` gives the type of a JSON value."""
    names = {str: "string", bool: "boolean", int: "integer", float: "double", type(None): "NULL"}
    return names.get(type(value), "array")


def _add(parsed: Queries, query: _Query, attributes: Mapping[str, Attribute]) -> None:
    method = query.method
    if method in FILTERS or method in LOGICAL:
        parsed.filters = _joined(parsed.filters, _through(query, attributes) or _filter(query, attributes))
    elif method in ORDERS:
        attribute = attributes.get(query.attribute)
        if query.attribute and (attribute is None or not attribute.sql):
            raise QueryError(f"Attribute not found in schema: {query.attribute}")
        parsed.orders.append(Order(attribute, method == "orderDesc"))
    elif method == "orderRandom":
        parsed.random = True
    elif method == "select":
        for key in _selection(query.values, attributes):
            _select(parsed, key, attributes)
    else:
        _add_paging(parsed, query)


def _add_paging(parsed: Queries, query: _Query) -> None:
    if query.method == "limit":
        limit = _number(query, minimum=1)
        parsed.limit = limit if parsed.limit is None else parsed.limit
    elif query.method == "offset":
        offset = _number(query, minimum=0)
        parsed.offset = offset if parsed.offset is None else parsed.offset
    else:
        cursor = query.values[0] if query.values else None
        if not isinstance(cursor, str) or not ids.ID.fullmatch(cursor):
            raise QueryError(f"Invalid cursor: {ids.DESCRIPTION}")
        if parsed.cursor is None:
            parsed.cursor, parsed.backwards = cursor, query.method == "cursorBefore"


def _filtered_attribute(key: str, attributes: Mapping[str, Attribute]) -> Attribute:
    """Return the attribute, or raise `QueryError` if queries cannot filter by it."""
    attribute = attributes.get(key)
    if attribute is None:
        raise QueryError(f"Attribute not found in schema: {key}")
    if attribute.hidden:
        raise QueryError(f"Cannot query encrypted attribute: {key}")
    if not attribute.sql:
        raise QueryError("Cannot query on virtual relationship attribute")
    return attribute


def _filter(query: _Query, attributes: Mapping[str, Attribute]) -> Filter | Group:
    method = query.method
    if method in LOGICAL:
        parts = [_read(value) for value in query.values]
        if any(part.method not in FILTERS | LOGICAL for part in parts):
            raise QueryError(f"{_title(method)} queries can only contain filter queries")
        if len(parts) < 2:
            raise QueryError(f"{_title(method)} queries require at least two queries")
        return Group(method, tuple(_filter(part, attributes) for part in parts))
    attribute = _filtered_attribute(query.attribute, attributes)
    if attribute.kind in geometry.TYPES:
        return _spatial_filter(query, attribute)
    if method in ON_GEOMETRY:
        raise QueryError(f'Spatial query "{method}" cannot be applied on non-spatial attribute: {attribute.key}')
    values = _filter_values(query, attribute)
    _check_method(method, attribute)
    return Filter(method, attribute, values)


def _check_method(method: str, attribute: Attribute) -> None:
    """Raise `QueryError` if the method does not support attributes of this kind."""
    if attribute.array and method not in ON_LISTS:
        raise QueryError(f'Cannot query {method} on attribute "{attribute.key}" because it is an array.')
    if method in ON_LISTS - NO_VALUES and not attribute.array and attribute.kind not in ("text", "id"):
        shown = "notContains" if method == "notContains" else "contains"
        raise QueryError(
            f'Cannot query {shown} on attribute "{attribute.key}" because it is not an array, string, or object.'
        )
    if method in ("search", "notSearch") and not attribute.search_sql:
        raise MissingFulltextIndexError(f'Searching by attribute "{attribute.key}" requires a fulltext index.')


def _filter_values(query: _Query, attribute: Attribute) -> tuple[SqlValue, ...]:
    if query.method in NO_VALUES:
        for value in query.values:  # the values are ignored, but must have the column's type
            attribute.clean(value)
        return ()
    _check_count(query)
    return tuple(map(attribute.clean, query.values))


def _check_count(query: _Query) -> None:
    """Raise `QueryError` if the method does not accept this number of values."""
    method, count = query.method, len(query.values)
    if method in ONE_VALUE and count != 1:
        raise QueryError(f"{_title(method)} queries require exactly one value.")
    if method in TWO_VALUES and count != 2:
        raise QueryError(f"{_title(method)} queries require exactly two values.")
    if not count:
        raise QueryError(f"{_title(method)} queries require at least one value.")
    if count > MAX_VALUES:
        raise QueryError(f"Query on attribute has greater than {MAX_VALUES} values: {query.attribute}")


def _spatial_filter(query: _Query, attribute: Attribute) -> Filter:
    """Build a filter on a geometric column. The value is stored as JSON. If there are several values, use the first."""
    method, values = query.method, query.values
    if method in NO_VALUES:
        return Filter(method, attribute, ())
    if method not in {*SPATIAL, *NEGATED_SPATIAL, *DISTANCES}:
        raise QueryError(f'Query value is invalid for attribute "{attribute.key}"')
    if method in DISTANCES and (len(values) != 1 or not isinstance(values[0], list) or len(values[0]) != 3):
        raise QueryError("Distance query requires [[geometry, distance]] parameters")
    _check_count(query)
    if not all(isinstance(value, list) for value in values):
        raise QueryError("Spatial data must be an array")
    try:
        if method not in DISTANCES:
            return Filter(method, attribute, (json.dumps(geometry.read(values[0])[1]),))
        value, distance, metres = values[0]
        type, coordinates = geometry.read(value)
    except geometry.InvalidGeometryError as reason:
        raise QueryError(f'The value for attribute "{attribute.key}" {reason}') from None
    if isinstance(distance, bool) or not isinstance(distance, int | float):
        raise QueryError("Distance must be a number")
    if metres is True and (type, attribute.kind) != ("point", "point"):
        raise QueryError("Distance in meters is only supported between points")
    return Filter(method, attribute, (json.dumps(coordinates), metres is True, distance))


def _relation(key: str, attributes: Mapping[str, Attribute]) -> tuple[Attribute, str] | None:
    """Split a path such as `author.name` into (relationship, rest). Return None if `key` is not a path."""
    first, dot, rest = key.partition(".")
    attribute = attributes.get(first)
    if not dot or key in attributes or attribute is None or attribute.target is None:
        return None
    return attribute, rest


def _through(query: _Query, attributes: Mapping[str, Attribute]) -> Through | None:
    """Return a filter on related rows if the query's attribute is a path such as `author.name`.

    Otherwise return None.
    """
    parts = _relation(query.attribute, attributes)
    if parts is None:
        return None
    relation, rest = parts
    inner = replace(query, attribute=rest)
    return Through(relation, (_through(inner, relation.related) or _filter(inner, relation.related),))


def _joined(
    filters: Iterable[Filter | Group | Through], new: Filter | Group | Through
) -> list[Filter | Group | Through]:
    """Add a filter. Merge filters on the same relationship, so that a single related row must match all of them."""
    joined = list(filters)
    for n, other in enumerate(joined):
        if isinstance(new, Through) and isinstance(other, Through) and other.relation == new.relation:
            joined[n] = replace(other, filters=tuple(_joined(other.filters, new.filters[0])))
            return joined
    return [*joined, new]


# These keys are always returned, so selecting them is allowed but has no effect.
_SHOWN_ANYWAY = {"$id", "$createdAt", "$updatedAt", "$permissions", "$sequence", "$collection", "$tenant"}


def _selection(keys: list[Any], attributes: Mapping[str, Attribute]) -> list[str]:
    if not keys:
        raise QueryError("No attributes selected")
    for key in keys:
        if not isinstance(key, str) or not _is_selectable(key, attributes):
            raise QueryError(f"Attribute not found in schema: {key}")
    if len(set(keys)) < len(keys):
        raise QueryError("Duplicate attributes selected")
    return keys


def _is_selectable(key: str, attributes: Mapping[str, Attribute]) -> bool:
    """Return whether the key is a column, or a path to related columns: `author.*`, `author.name`."""
    if parts := _relation(key, attributes):
        relation, rest = parts
        return _is_selectable(rest or "*", relation.related)
    attribute = attributes.get(key)
    return bool(attribute.sql) if attribute else key == "*" or key in _SHOWN_ANYWAY


def _select(parsed: Queries, key: str, attributes: Mapping[str, Attribute]) -> None:
    if parts := _relation(key, attributes):
        relation, rest = parts
        parsed.nested.setdefault(relation.key, []).append(rest or "*")
        # if the related rows store the IDs, this row needs no column
        key = relation.key if relation.sql else "$id"
    parsed.select.append(key)


def selection(keys: Iterable[str], attributes: Mapping[str, Attribute]) -> Queries:
    """Return the selection of `keys` in a related row. The keys come from validated paths such as `author.name`."""
    parsed = Queries()
    for key in keys:
        _select(parsed, key, attributes)
    return parsed


def _number(query: _Query, minimum: int) -> int:
    value = query.values[0] if query.values else None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value < 2**63:
        raise QueryError(
            f"Invalid {query.method}: Value must be a valid range between {minimum} and 9,223,372,036,854,775,807"
        )
    return value
