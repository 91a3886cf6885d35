"""The GraphQL schema, derived from the routes.

Each operation becomes a field, whose arguments are the parameters that the handler declares.
"""

import inspect
from collections.abc import Iterable
from functools import cache
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from appwrite_emulator.api_docs import response_models
from appwrite_emulator.api_docs.graphql import names
from appwrite_emulator.api_docs.graphql.scalars import ASSOC, INPUT_FILE, JSON
from appwrite_emulator.common import php_json
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.http import parameters
from appwrite_emulator.http.parameters import Param
from appwrite_emulator.http.route import Route

# Prefixes of paths that the schema omits, as Appwrite's schema does.
EXCLUDED_PATHS = ("mock/", "graphql", "account/sessions/oauth2", "projects", "console/")


def build(routes: Iterable[Route]) -> GraphQLSchema:
    """Build the schema. GET routes become queries, and all others become mutations.

    A renamed operation has one field for each of its names.
    """
    queries: dict[str, GraphQLField] = {}
    mutations: dict[str, GraphQLField] = {}
    for route in routes:
        if route.path.startswith(EXCLUDED_PATHS):
            continue
        fields = queries if route.method == "GET" else mutations
        for operation, model in route.models.items():
            for name in {operation, names.earlier_name(operation)}:
                fields.setdefault(names.field_name(name), _operation(route, operation, model))
    return GraphQLSchema(
        GraphQLObjectType("Query", dict(sorted(queries.items()))),
        GraphQLObjectType("Mutation", dict(sorted(mutations.items()))),
    )


def _operation(route: Route, operation: str, model: str) -> GraphQLField:
    def resolve(_: None, info: "GraphQLResolveInfo[Any]", **arguments: Any) -> Any:
        return info.context.call_route(route, arguments)

    return GraphQLField(
        _output_type(model),
        {name: GraphQLArgument(type) for name, type in _arguments(route, operation).items()},
        resolve,
        description=(inspect.getdoc(route.handler) or "").split("\n\n")[0],
    )


def _arguments(route: Route, operation: str) -> dict[str, GraphQLInputType]:
    declared: dict[str, Param] = getattr(route.handler, "params", {})
    in_path = {name: declared.get(name, parameters.URL_PART) for name in route.placeholders}
    arguments = {param.wire or camel(name): _input_type(param) for name, param in (in_path | declared).items()}
    if not route.parameters:
        return arguments
    own = {camel(name): arguments[camel(name)] for name in in_path}
    for word in dict(zip(route.operations, route.parameters, strict=True))[operation].split():
        name = word.removesuffix("!")
        own[name] = _required(arguments[name]) if word.endswith("!") else arguments[name]
    return own


# -- input types -------------------------------------------------------------------------------------------------------

_PERMISSIONS = GraphQLList(GraphQLString)

# Parameter class -> GraphQL type. The first match applies. All other parameters are strings.
_INPUT_TYPES = {
    parameters.Boolean: GraphQLBoolean,
    parameters.Integer: GraphQLInt,
    parameters.Numeric: GraphQLInt,
    parameters.Float: GraphQLFloat,
    parameters.Upload: INPUT_FILE,
    parameters.Anything: JSON,
    parameters.Assoc: ASSOC,
    parameters.Json: JSON,
    parameters.Permissions: _PERMISSIONS,
}


def _input_type(param: Param) -> GraphQLInputType:
    type = _nullable_input_type(param)
    is_required = (param.required and not param.nullable) or isinstance(param, parameters.Upload)
    return _required(type) if is_required else type


def _required(type: Any) -> GraphQLInputType:
    """Return the non-null type. The items of a required list are also non-null, except permissions."""
    if isinstance(type, GraphQLNonNull):
        return type
    if isinstance(type, GraphQLList) and type is not _PERMISSIONS:
        type = GraphQLList(_required(type.of_type))
    return GraphQLNonNull(type)


def _nullable_input_type(param: Param) -> Any:
    if isinstance(param, parameters.ListOf):
        return GraphQLList(_nullable_input_type(param.kind))
    return next((type for kind, type in _INPUT_TYPES.items() if isinstance(param, kind)), GraphQLString)


# -- output types ------------------------------------------------------------------------------------------------------

_SCALARS = {
    "Boolean": GraphQLBoolean,
    "Float": GraphQLFloat,
    "Int": GraphQLInt,
    "Json": JSON,
    "String": GraphQLString,
}


@cache
def _output_type(name: str) -> Any:
    """Return the type with this name: a scalar, a model or a union of models."""
    if name in _SCALARS:
        return _SCALARS[name]
    if name in response_models.UNIONS:
        kinds = [_output_type(kind) for kind in response_models.UNIONS[name]]
        return GraphQLUnionType(name, kinds, lambda value, *_: response_models.resolve_union(name, value))
    return GraphQLObjectType(name, lambda: _fields(name))


def _fields(model: str) -> dict[str, GraphQLField]:
    """Return the model's fields, with `$` replaced by `_` (`$id` becomes `_id`).

    `data` contains the fields that are not known in advance. A model without fields gets a `status` field.
    """
    fields = {"data": GraphQLField(GraphQLString, resolve=_data)} if response_models.has_unknown_fields(model) else {}
    for key, (kind, many) in response_models.fields(model).items():
        fields[key.replace("$", "_")] = _field(key, GraphQLList(_output_type(kind)) if many else _output_type(kind))
    return fields or {"status": GraphQLField(GraphQLString, resolve=lambda *_: "OK")}


def _field(key: str, type: GraphQLOutputType) -> GraphQLField:
    return GraphQLField(type, resolve=lambda source, _: source.get(key))


def _data(source: dict[str, Any], _: "GraphQLResolveInfo[Any]") -> str:
    """Return a row's columns, or preferences, as JSON formatted as in PHP.

    The JSON also contains system fields that are lists or objects, such as `$permissions`.
    """
    data = {key: value for key, value in _to_php_object(source).items() if not key.startswith("_")}
    return php_json.dumps(data, ensure_ascii=True)


def _to_php_object(value: Any) -> Any:
    """Rename `$` to `_` in keys, and convert lists to objects with numeric keys."""
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    if not isinstance(value, dict):
        return value
    known: dict[str, Any] = {}
    for key in [key for key in value if key.startswith("$")]:
        known[f"_{key[1:]}"] = value[key]
        if isinstance(value[key], dict | list):  # Appwrite also returns these values with the original key
            known[key] = _to_php_object(value[key])
    return {key: _to_php_object(item) for key, item in value.items() if not key.startswith("$")} | known
