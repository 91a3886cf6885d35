"""Appwrite's own scalars, with what each takes for a value."""

import json
from typing import Any

from graphql import (
    BooleanValueNode,
    FloatValueNode,
    GraphQLError,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)


def _json_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    """A value written into the query. Every number is a fraction, and variables inside are null, as in Appwrite."""
    match node:
        case StringValueNode() | BooleanValueNode():
            return node.value
        case IntValueNode() | FloatValueNode():
            return float(node.value)
        case ObjectValueNode():
            return {field.name.value: _json_literal(field.value) for field in node.fields}
        case ListValueNode():
            return [_json_literal(value) for value in node.values]
    return None


def _assoc(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    try:
        return json.loads(value)
    except (ValueError, TypeError, RecursionError):
        raise GraphQLError("An Assoc is an object, or one written out as JSON.") from None


def _assoc_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("Inside a query an Assoc is written out as JSON in a text.", node)
    return _assoc(node.value)


def _no_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    raise GraphQLError("A file cannot stand in a query: send it as a part of a multipart request.", node)


def _as_it_is(value: Any) -> Any:
    return value


JSON = GraphQLScalarType("Json", description="Any JSON value.", parse_value=_as_it_is, parse_literal=_json_literal)
ASSOC = GraphQLScalarType(
    "Assoc",
    description="An object, or one written out as JSON.",
    serialize=lambda value: value if isinstance(value, str) else json.dumps(value),
    parse_value=_assoc,
    parse_literal=_assoc_literal,
)
INPUT_FILE = GraphQLScalarType(
    "InputFile",
    description="A file, sent in the same multipart request.",
    parse_value=_as_it_is,
    parse_literal=_no_literal,
)
