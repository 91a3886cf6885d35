"""The queries of subscriptions, which decide what payloads a subscription receives.

Values are compared as in Appwrite's RuntimeQuery, which uses PHP's comparisons. Unlike in the database, these are
case-sensitive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appwrite_emulator.common import php_json
from appwrite_emulator.common.php_values import is_numeric

COMPARING = ("equal", "notEqual", "lessThan", "lessThanEqual", "greaterThan", "greaterThanEqual")
ALLOWED = (*COMPARING, "isNull", "isNotNull", "and", "or", "select")
MAX_DEPTH = 32
SELECT_ALL = '{"method":"select","values":["*"]}'


class QueryError(Exception):
    """An invalid query. The message is Appwrite's own."""


class SelectError(Exception):
    """A query selects individual attributes, which causes a server error in Appwrite."""


@dataclass(frozen=True)
class Query:
    method: str
    attribute: str
    values: tuple[Any, ...]

    def matches(self, payload: Mapping[str, Any]) -> bool:
        match self.method:
            case "select":
                return True
            case "and":
                return all(query.matches(payload) for query in self.values)
            case "or":
                return any(query.matches(payload) for query in self.values)
        return self.attribute in payload and self._compare(payload[self.attribute])

    def _compare(self, value: Any) -> bool:
        match self.method:
            case "equal":
                return any(_identical(value, each) for each in self.values)
            case "notEqual":
                return not any(_identical(value, each) for each in self.values)
            case "lessThan":
                return any(_order(value, each) < 0 for each in self.values)
            case "lessThanEqual":
                return any(_order(value, each) <= 0 for each in self.values)
            case "greaterThan":
                return any(_order(value, each) > 0 for each in self.values)
            case "greaterThanEqual":
                return any(_order(value, each) >= 0 for each in self.values)
            case "isNull":
                return value is None
        return value is not None

    def to_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"method": self.method}
        if self.attribute:
            shown["attribute"] = self.attribute
        shown["values"] = [value.to_dict() if isinstance(value, Query) else value for value in self.values]
        return shown

    def __str__(self) -> str:
        """Return the query as JSON for a response."""
        return php_json.dumps(self.to_dict(), ensure_ascii=True)

    @property
    def attributes(self) -> set[str]:
        """Names of the attributes that the query compares with values."""
        if self.method in ("and", "or"):
            return {attribute for query in self.values for attribute in query.attributes}
        return set() if self.method == "select" else {self.attribute}

    @property
    def has_or(self) -> bool:
        return self.method == "or" or (self.method == "and" and any(query.has_or for query in self.values))


def all_match(queries: Sequence[Query], payload: Mapping[str, Any]) -> bool:
    """Return whether the payload matches all queries.

    Also return True if there are no queries, or if one of them selects everything.
    """
    if any(query.method == "select" for query in queries):
        return True
    # A payload without one of the attributes does not match, unless the queries include an `or`.
    if not any(query.has_or for query in queries):
        attributes = {attribute for query in queries for attribute in query.attributes}
        if not attributes <= payload.keys():
            return False
    return all(query.matches(payload) for query in queries)


def _identical(value: Any, other: Any) -> bool:
    """Compare like PHP's `===`."""
    return type(value) is type(other) and bool(value == other)


def _order(value: Any, other: Any) -> int:
    """Compare like PHP's `<=>`: 0 if equal, negative if `value` is less."""
    if value is None and isinstance(other, str):
        value = ""
    elif other is None and isinstance(value, str):
        other = ""
    if isinstance(value, list | dict) or isinstance(other, list | dict):
        return int(isinstance(value, list | dict)) - int(isinstance(other, list | dict))
    if value is None or other is None or isinstance(value, bool) or isinstance(other, bool):
        value, other = _is_true(value), _is_true(other)
    elif is_numeric(value) and is_numeric(other):
        value, other = float(value), float(other)
    else:
        value, other = str(value), str(other)
    return int(value > other) - int(value < other)


def _is_true(value: Any) -> bool:
    return bool(value) and value != "0"


def parse_all(texts: Sequence[Any]) -> tuple[Query, ...]:
    """Parse one subscription's queries.

    Raise QueryError or SelectError for an invalid query, or TypeError for a query that is not a string.
    """
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a query must be a string")
    queries = tuple(_parse(text) for text in texts)
    for query in queries:
        _check_allowed(query)
    return queries


def _parse(text: str) -> Query:
    try:
        parsed = php_json.loads(text)
    except ValueError:
        raise QueryError("Invalid query: Syntax error") from None
    return _build(parsed, 0)


def _build(parsed: Any, depth: int) -> Query:
    if not isinstance(parsed, dict) or depth > MAX_DEPTH:
        raise QueryError("Invalid query. Must be an array")
    method, attribute, values = (parsed.get("method", ""), parsed.get("attribute", ""), parsed.get("values", []))
    if not isinstance(method, str):
        raise QueryError("Invalid query method. Must be a string")
    if not isinstance(attribute, str):
        raise QueryError("Invalid query attribute. Must be a string")
    if not isinstance(values, list):
        raise QueryError("Invalid query values. Must be an array")
    if method in ("and", "or"):
        values = [_build(value, depth + 1) for value in values]
    return Query(method, attribute, tuple(values))


def _check_allowed(query: Query) -> None:
    if query.method not in ALLOWED:
        raise QueryError(
            f"Query method '{query.method}' is not supported in Realtime queries. Allowed: {', '.join(ALLOWED)}"
        )
    if query.method == "select" and query.values != ("*",):
        raise SelectError
    if query.method in ("and", "or"):
        for value in query.values:
            _check_allowed(value)
