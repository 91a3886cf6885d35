"""The API as an OpenAPI 3.1 document, generated from ROUTES and the handlers' `@accepts` declarations.

It describes parameters, authentication and errors. For successful responses, it states only the status. Their schemas
are Appwrite's models (`responses/`).
"""

import inspect
import re
from functools import cache, singledispatch
from typing import Any

from appwrite_emulator import VERSION
from appwrite_emulator.common import ids
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import ERRORS
from appwrite_emulator.http import parameters
from appwrite_emulator.http.parameters import Param
from appwrite_emulator.http.route import Route

OAUTH2_STEPS = {"account.callback", "account.redirect", "mock.mockProvider", "mock.success", "mock.failure"}
"""Operations that only browsers call, during an OAuth2 sign-in. Appwrite's own document leaves them out as well."""

JSON = "application/json"
MULTIPART = "multipart/form-data"

# Authentication: the project is always required. A key, session or JWT is optional.
SCHEMES = {
    "Project": {"type": "apiKey", "in": "header", "name": "X-Appwrite-Project"},
    "Key": {"type": "apiKey", "in": "header", "name": "X-Appwrite-Key"},
    "Session": {"type": "apiKey", "in": "header", "name": "X-Appwrite-Session"},
    "JWT": {"type": "apiKey", "in": "header", "name": "X-Appwrite-JWT"},
}
SECURITY: list[dict[str, list[str]]] = [
    {"Project": []},
    {"Project": [], "Key": []},
    {"Project": [], "Session": []},
    {"Project": [], "JWT": []},
]

ERROR = {
    "type": "object",
    "required": ["message", "code", "type", "version"],
    "properties": {
        "message": {"type": "string"},
        "code": {"type": "integer", "description": "same as the HTTP status"},
        "type": {"type": "string", "enum": sorted(ERRORS)},
        "version": {"const": VERSION},
    },
}


@cache
def document(routes: tuple[Route, ...]) -> dict[str, Any]:
    """Return the OpenAPI document for `routes`. Deprecated paths have no operation ID."""
    paths: dict[str, dict[str, Any]] = {}
    for route in (route for route in routes if route.name not in OAUTH2_STEPS):
        operation = _operation(route)
        if route.deprecated:
            operation["deprecated"] = True
        else:
            operation["operationId"] = route.name
        paths.setdefault(template(route.path), {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Appwrite emulator",
            "version": VERSION,
            "description": "The emulated Appwrite API. This description is generated from the emulator's code.",
        },
        "servers": [{"url": "/v1"}],
        "security": SECURITY,
        "paths": paths,
        "components": {"securitySchemes": SCHEMES, "schemas": {"Error": ERROR}},
    }


def template(path: str) -> str:
    """Convert `teams/<team_id>` to `/teams/{teamId}`."""
    return "/" + re.sub(r"<(\w+)>", lambda part: f"{{{camel(part[1])}}}", path.lstrip("/"))


def _operation(route: Route) -> dict[str, Any]:
    declared: dict[str, Param] = getattr(route.handler, "params", {})
    in_path = re.findall(r"<(\w+)>", route.path)
    in_request = {param.wire or camel(name): param for name, param in declared.items() if name not in in_path}
    operation: dict[str, Any] = {
        "tags": [route.name.partition(".")[0]],
        "summary": _summary(route),
        "x-appwrite": {"scopes": sorted(route.scopes), "names": list(route.operations)},
        "parameters": [_path_parameter(name, declared.get(name)) for name in in_path],
        "responses": _responses(route),
    }
    if route.method == "GET":
        operation["parameters"] += [_query_parameter(name, param) for name, param in in_request.items()]
    elif in_request:
        operation["requestBody"] = _request_body(in_request)
    return operation


def _summary(route: Route) -> str:
    """Return the first line of the handler's docstring, without the method and path."""
    line = inspect.cleandoc(route.handler.__doc__ or route.name).splitlines()[0]
    words = re.sub(r"^(GET|POST|PUT|PATCH|DELETE) /[^\s:,]+[:,.]?\s*", "", line) or route.name
    return words[0].upper() + words[1:]


def _path_parameter(name: str, param: Param | None) -> dict[str, Any]:
    return {"name": camel(name), "in": "path", "required": True, "schema": schema(param or parameters.Id())}


def _query_parameter(name: str, param: Param) -> dict[str, Any]:
    """Describe a query parameter. Lists use PHP's notation, `queries[]=…&queries[]=…`."""
    json_schema = schema(param)
    name = f"{name}[]" if json_schema.get("type") == "array" else name
    return {"name": name, "in": "query", "required": param.required, "schema": json_schema}


def _request_body(declared: dict[str, Param]) -> dict[str, Any]:
    json_schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _nullable(each) for name, each in declared.items()},
    }
    if required := [name for name, param in declared.items() if param.required]:
        json_schema["required"] = required
    uploads = any(isinstance(param, parameters.Upload) for param in declared.values())
    return {"required": bool(required), "content": {MULTIPART if uploads else JSON: {"schema": json_schema}}}


def _nullable(param: Param) -> dict[str, Any]:
    """Return the parameter's schema. Optional parameters also accept null."""
    json_schema = schema(param)
    return json_schema if param.required or not json_schema else {"anyOf": [json_schema, {"type": "null"}]}


def _responses(route: Route) -> dict[str, Any]:
    kind = "text/html" if route.html_errors else JSON
    error = {"description": "Error", "content": {kind: {} if route.html_errors else {"schema": _reference("Error")}}}
    return {**{str(status): {"description": "Success"} for status in route.statuses}, "4XX": error, "5XX": error}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


# -- JSON Schema of each kind of parameter ----------------------------------------------------------------------------

# Schemas that are the same for all parameters of a class and its subclasses.
_SCHEMAS: dict[type[Param], dict[str, Any]] = {
    parameters.Boolean: {"type": "boolean"},
    parameters.Datetime: {"type": "string", "format": "date-time"},
    parameters.Email: {"type": "string", "format": "email"},
    parameters.Id: {"type": "string", "pattern": f"^{ids.ID.pattern}$"},
    parameters.Json: {"type": "object"},
    parameters.NewId: {"type": "string", "pattern": rf"^(unique\(\)|{ids.ID.pattern})$"},
    parameters.NotEmulated: {"type": "null"},
    parameters.Password: {"type": "string", "minLength": 8, "maxLength": 256},
    parameters.Phone: {"type": "string", "pattern": f"^{parameters.Phone.NUMBER.pattern}$"},
    parameters.Upload: {"type": "string", "format": "binary"},
    parameters.Url: {"type": "string", "format": "uri"},
}


@singledispatch
def schema(param: Param) -> dict[str, Any]:
    """Return the parameter's JSON Schema. {} accepts anything."""
    return next((_SCHEMAS[kind] for kind in type(param).__mro__ if kind in _SCHEMAS), {})


@schema.register
def _(param: parameters.Text) -> dict[str, Any]:
    json_schema: dict[str, Any] = {"type": "string"}
    if param.min:
        json_schema["minLength"] = param.min
    if param.max:
        json_schema["maxLength"] = param.max
    if param.choices:
        json_schema["enum"] = list(param.choices)
    return json_schema


@schema.register
def _(param: parameters.Integer) -> dict[str, Any]:
    return {"type": "integer", "minimum": param.min, "maximum": param.max}


@schema.register
def _(param: parameters.Float) -> dict[str, Any]:
    return {"type": "number", "minimum": param.min, "maximum": param.max}


@schema.register
def _(param: parameters.ListOf) -> dict[str, Any]:
    return {"type": "array", "items": schema(param.kind)} | ({"maxItems": param.max} if param.max else {})


@schema.register
def _(param: parameters.Permissions) -> dict[str, Any]:
    actions = "|".join((*param.actions, "write"))
    return {"type": "array", "items": {"type": "string", "pattern": rf'^({actions})\(".+"\)$'}}
