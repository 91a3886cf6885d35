"""GraphQL: run one or more API operations in one request, each as if it were a request of its own."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.php_values import parse_json
from appwrite_emulator.http.parameters import Anything, Text, accepts
from appwrite_emulator.http.responses import Answer


@accepts(
    query=Text(required=True),
    operation_name=Text(256, min=0, default=""),
    variables=Text(min=0, default=""),
)
def get(request: Request, *, query: str, operation_name: str, variables: str) -> Answer:
    """GET /graphql with one query in the URL, its variables as JSON. Mutations are accepted too."""
    return _run(request, [{"query": query, "operationName": operation_name, "variables": _json(variables)}])


def _posted() -> Callable[..., Any]:
    """Declare the fields of a JSON or form body; `_asked` reads bodies that are a list or a bare query."""
    return accepts(
        query=Anything(), variables=Anything(), operation_name=Anything(), operations=Anything(), map=Anything()
    )


@_posted()
def query(request: Request, **sent: Any) -> Answer:
    """POST /graphql: one or more queries, as JSON, multipart form with files, or `application/graphql`."""
    return _run(request, _asked(request, sent))


@_posted()
def mutation(request: Request, **sent: Any) -> Answer:
    """POST /graphql/mutation: same as POST /graphql, queries included."""
    return _run(request, _asked(request, sent))


def _run(request: Request, asked: list[Any]) -> Answer:
    from appwrite_emulator.routes.graphql import (
        execution,  # imported late because it takes longer than all other imports
    )

    return execution.run(request, asked)


def _asked(request: Request, sent: dict[str, Any]) -> list[Any]:
    """Return the queries in a POST body, by its content type as Appwrite does. SDKs nest them in `query`."""
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("application/graphql"):
        return [{"query": request.http.body.decode(errors="replace")}]
    if kind.startswith("multipart/form-data"):
        return [_with_files(request, sent)]
    if request.headers.get("X-SDK-GraphQL") == "true":
        asked = sent["query"] or []
    else:
        listed = _json(request.http.body) if kind.startswith("application/json") else None
        asked = listed if isinstance(listed, list) else {**sent, "operationName": sent["operation_name"]}
    if not isinstance(asked, dict | list):
        raise AppwriteError("general_argument_invalid", "Invalid `query`: it must be an object or a list of objects.")
    return asked if isinstance(asked, list) else [asked]


def _with_files(request: Request, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the query of a multipart request: `operations` is the query, `map` the place of each file in it."""
    operations, places = _json(sent["operations"]), _json(sent["map"])
    if not isinstance(operations, dict) or not isinstance(places, dict):
        raise AppwriteError("graphql_no_query")
    for part, paths in places.items():
        for path in paths if isinstance(paths, list) else ():
            _put(operations, str(path).split("."), request.http.FILES.get(part))
    return operations


def _put(node: Any, path: list[str], value: Any) -> None:
    """Set the value at `path` in nested objects and lists; do nothing if the path does not exist."""
    *before, last = path
    for key in before:
        node = _at(node, key)
    if isinstance(node, dict):
        node[last] = value
    elif isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        node[int(last)] = value


def _at(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node.get(key)
    return node[int(key)] if isinstance(node, list) and key.isdecimal() and int(key) < len(node) else None


def _json(text: Any) -> Any:
    """Parse JSON; return None if it is invalid."""
    try:
        return parse_json(text)
    except (ValueError, TypeError):
        return None
