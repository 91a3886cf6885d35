"""Execute GraphQL queries: each field calls a route, and the results form one response."""

import logging
import threading
from functools import cache
from typing import Any

from graphql import GraphQLError, GraphQLSchema, execute, parse, validate

from appwrite_emulator.api_docs.graphql import schema
from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http.responses import Answer
from appwrite_emulator.http.responses.formats import older
from appwrite_emulator.http.route import Route
from appwrite_emulator.routes.runner import Road

log = logging.getLogger(__name__)

MOST_QUERIES = 10
"""Maximum number of queries per request."""

NO_JSON = "null"
"""Content type of a response without content (literally `null`)."""

_building = threading.Lock()


class Asking:
    """State shared by the queries of one request: access to routes, and effects of their answers besides JSON."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.instead: Answer | None = None
        self.signs_in, self.signs_out = "", False

    def ask(self, route: Route, sent: dict[str, Any]) -> Any:
        """Call the route and return its body.

        As on the real server, the first answer that is not JSON (no content after a deletion, an image, a redirect)
        becomes the response to the whole request.
        """
        http = self.request.http
        answer = self.request.road.ask(http, route, sent)
        self.signs_in = answer.signs_in or self.signs_in
        self.signs_out = answer.signs_out or self.signs_out
        if answer.body is None or answer.content_type:
            self.instead = self.instead or answer
            return {}
        return older(answer.body, http.headers.get("X-Appwrite-Response-Format", ""))


def run(request: Request, asked: list[Any]) -> Answer:
    """Return the results of one or more queries, each with `query` and optionally `variables` and `operationName`.

    Raise `graphql_too_many_queries` or `graphql_no_query` for the whole request; other errors become part of the
    results.
    """
    if len(asked) > MOST_QUERIES:
        raise AppwriteError("graphql_too_many_queries")
    if not asked or not all(isinstance(query, dict) and query.get("query") for query in asked):
        raise AppwriteError("graphql_no_query")
    for query in asked:
        _check(query)
    asking = Asking(request)
    results = [_result(asking, query) for query in asked]
    if answer := asking.instead:
        answer.content_type = answer.content_type or ("" if answer.headers else NO_JSON)
        return answer
    body = results if len(results) > 1 else results[0]
    return Answer(body, signs_in=asking.signs_in, signs_out=asking.signs_out)


def _check(query: dict[str, Any]) -> None:
    kinds = {"query": str, "variables": dict, "operationName": str}
    if any(query.get(name) and not isinstance(query[name], kind) for name, kind in kinds.items()):
        raise AppwriteError(
            "general_argument_invalid", "`query` and `operationName` must be strings, and `variables` an object."
        )


def _result(asking: Asking, query: dict[str, Any]) -> dict[str, Any]:
    try:
        document = parse(query["query"])
        known = schema_of(asking.request.road)
        if errors := validate(known, document):
            return {"errors": [_shown(error) for error in errors]}
        variables, operation = query.get("variables") or {}, query.get("operationName") or None
        result = execute(known, document, None, asking, variables, operation)
    except GraphQLError as error:
        return {"errors": [_shown(error)]}
    except RecursionError:
        return {"errors": [{"message": "The query is nested too deeply."}]}
    errors = {"errors": [_shown(error) for error in result.errors]} if result.errors else {}
    return errors | ({"data": result.data} if result.data is not None else {})


def _shown(error: GraphQLError) -> dict[str, Any]:
    """Return the error with its locations, without details of internal errors."""
    cause = error.original_error
    if isinstance(cause, AppwriteError):
        return {**error.formatted, "message": cause.message}
    if cause and not isinstance(cause, GraphQLError):
        log.error("A field of a query failed", exc_info=cause)
        return {**error.formatted, "message": AppwriteError("general_unknown").message}
    return dict(error.formatted)


def schema_of(road: Road) -> GraphQLSchema:
    """Return the schema of the dispatcher's routes, built on first use."""
    with _building:
        return _built(road)


@cache
def _built(road: Road) -> GraphQLSchema:
    return schema.build(road.routes)
