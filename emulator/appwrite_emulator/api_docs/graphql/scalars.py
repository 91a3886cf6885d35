"""Appwrite's own scalar types, and the functions that parse their values."""

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

from appwrite_emulator.common import php_json


def _json_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    """Parse a literal in the query.

    As in Appwrite, all numbers become floats, and variables inside objects become null.
    """
    match node:
        case StringValueNode() | BooleanValueNode():
            return node.value
        case IntValueNode() | FloatValueNode():
            return float(node.value)
        case ObjectValueNode():
            return php_json.to_array({field.name.value: _json_literal(field.value) for field in node.fields})
        case ListValueNode():
            return [_json_literal(value) for value in node.values]
    return None


def _assoc(value: Any) -> Any:
    if isinstance(value, dict | list):
        return value
    try:
        return php_json.loads(value)
    except (ValueError, TypeError, RecursionError):
        raise GraphQLError("An Assoc must be an object or a JSON string.") from None


def _assoc_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("An Assoc literal in a query must be a JSON string.", node)
    return _assoc(node.value)


def _no_literal(node: ValueNode, _variables: dict[str, Any] | None = None) -> Any:
    raise GraphQLError("A file cannot be a literal in a query. Send it as part of a multipart request.", node)


def _unchanged(value: Any) -> Any:
    return value


JSON = GraphQLScalarType("Json", description="Any JSON value.", parse_value=_unchanged, parse_literal=_json_literal)
ASSOC = GraphQLScalarType(
    "Assoc",
    description="An object, or an object as a JSON string.",
    serialize=lambda value: value if isinstance(value, str) else php_json.dumps(value),
    parse_value=_assoc,
    parse_literal=_assoc_literal,
)
INPUT_FILE = GraphQLScalarType(
    "InputFile",
    description="A file, sent in the same multipart request.",
    parse_value=_unchanged,
    parse_literal=_no_literal,
)
