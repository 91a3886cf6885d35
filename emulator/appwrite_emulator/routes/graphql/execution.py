"""Execute GraphQL queries. Each field calls a route, and the results form one response."""

import logging
import re
import threading
from functools import cache
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute_sync, parse, validate

from appwrite_emulator.api_docs.graphql import schema
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import request_log
from appwrite_emulator.http.parameters import Upload
from appwrite_emulator.http.responses import Response
from appwrite_emulator.http.route import Route
from appwrite_emulator.routes.runner import Call, run
from appwrite_emulator.routes.table import ROUTES

log = logging.getLogger(__name__)

MAX_QUERIES = 10
"""Maximum number of queries per request."""

NO_JSON = "null"
"""Content type of a response without content (literally `null`)."""

_schema_lock = threading.Lock()


class Context:
    """State that a request's queries share: the parts of their responses that are not JSON."""

    def __init__(self, request: Request) -> None:
        self.http = request.http
        self.replacement: Response | None = None
        self.signs_in, self.signs_out = "", False

    def call_route(self, route: Route, arguments: dict[str, Any]) -> Any:
        """Call the route with this request's headers, and return the response body. The call has its own log entry.

        As on the real server, the first response that is not JSON becomes the response to the whole request. Examples
        are the empty response to a deletion, an image and a redirect.
        """
        url_parts = {name: str(arguments.pop(camel(name), None) or "") for name in route.placeholders}
        self._add_file(route, arguments)
        with request_log.record(self.http, route.name) as entry:
            response = run(Call(self.http, route, url_parts, arguments), entry)
            entry.status = response.status
        self.signs_in = response.signs_in or self.signs_in
        self.signs_out = response.signs_out or self.signs_out
        if response.body is None or response.content_type:
            self.replacement = self.replacement or response
            return {}
        return response.body

    def _add_file(self, route: Route, arguments: dict[str, Any]) -> None:
        """If the route's file argument is not a file, use the request's first file, as Appwrite does."""
        for name, param in getattr(route.handler, "params", {}).items():
            if isinstance(param, Upload) and not isinstance(arguments.get(name), UploadedFile):
                arguments[name] = next(iter(self.http.FILES.values()), None)


def execute_queries(request: Request, queries: list[Any]) -> Response:
    """Return the results of one or more queries. Each has `query`, and optionally `variables` and `operationName`.

    `graphql_too_many_queries` and `graphql_no_query` are raised for the whole request. Other errors become part of the
    results.
    """
    if len(queries) > MAX_QUERIES:
        raise AppwriteError("graphql_too_many_queries")
    if not queries or not all(isinstance(query, dict) and query.get("query") for query in queries):
        raise AppwriteError("graphql_no_query")
    for query in queries:
        _check_types(query)
    context = Context(request)
    results = [_execute(context, query) for query in queries]
    if response := context.replacement:
        response.content_type = response.content_type or ("" if response.headers else NO_JSON)
        return response
    body = results if len(results) > 1 else results[0]
    return Response(body, signs_in=context.signs_in, signs_out=context.signs_out)


def _check_types(query: dict[str, Any]) -> None:
    types = {"query": str, "variables": dict, "operationName": str}
    if any(query.get(name) and not isinstance(query[name], type) for name, type in types.items()):
        raise AppwriteError(
            "general_argument_invalid", "`query` and `operationName` must be strings, and `variables` an object."
        )


def _execute(context: Context, query: dict[str, Any]) -> dict[str, Any]:
    try:
        document = parse(query["query"])
        if errors := validate(_schema(), document):
            return {"errors": [_format(error) for error in errors]}
        variables, operation = query.get("variables") or {}, query.get("operationName") or None
        result = execute_sync(_schema(), document, None, context, variables, operation)
    except GraphQLError as error:
        return {"errors": [_format(error)]}
    except RecursionError:
        return {"errors": [{"message": "The query is nested too deeply."}]}
    return _format_result(result)


def _format_result(result: ExecutionResult) -> dict[str, Any]:
    formatted: dict[str, Any] = {}
    if result.errors:
        formatted["errors"] = [_format(error) for error in result.errors]
    if result.data is not None:
        formatted["data"] = result.data
    return formatted


# Appwrite's GraphQL library puts names in double quotes.
_QUOTED = re.compile(r"(?<![A-Za-z])'([^' ]+)'(?![A-Za-z])")


def _format(error: GraphQLError) -> dict[str, Any]:
    """Return the error with its locations. Hide the details of internal errors."""
    cause = error.original_error
    if isinstance(cause, AppwriteError):
        return {**error.formatted, "message": cause.message}
    if cause and not isinstance(cause, GraphQLError):
        log.error("A field of a query failed", exc_info=cause)
        return {**error.formatted, "message": AppwriteError("general_unknown").message}
    return {**error.formatted, "message": _QUOTED.sub(r'"\1"', error.message)}


def _schema() -> GraphQLSchema:
    """Return the schema, which is built on first use."""
    with _schema_lock:
        return _build_schema()


@cache
def _build_schema() -> GraphQLSchema:
    return schema.build(ROUTES)
