"""GraphQL: any of the other operations, and several in one request. Each is asked as if it had come by itself."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator import params
from appwrite_emulator.callers import Request
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.params import Anything, Text, accepts
from appwrite_emulator.responses import Answer


@accepts(
    query=Text(required=True),
    operation_name=Text(256, min=0, default=""),
    variables=Text(min=0, default=""),
)
def get(request: Request, *, query: str, operation_name: str, variables: str) -> Answer:
    """GET /graphql: one query in the address, its variables as JSON. A mutation is carried out too."""
    return _run(request, [{"query": query, "operationName": operation_name, "variables": _json(variables)}])


def _posted() -> Callable[..., Any]:
    """What a body may hold; a body that is a list, or a query itself, is read by `_asked`."""
    return accepts(
        query=Anything(), variables=Anything(), operation_name=Anything(), operations=Anything(), map=Anything()
    )


@_posted()
def query(request: Request, **sent: Any) -> Answer:
    """POST /graphql: a query, or a list of them, as JSON, as a form with files, or as `application/graphql`."""
    return _run(request, _asked(request, sent))


@_posted()
def mutation(request: Request, **sent: Any) -> Answer:
    """POST /graphql/mutation: the same; queries are answered here too."""
    return _run(request, _asked(request, sent))


def _run(request: Request, asked: list[Any]) -> Answer:
    from appwrite_emulator.graphql import execution  # takes longer to import than everything else

    return execution.run(request, asked)


def _asked(request: Request, sent: dict[str, Any]) -> list[Any]:
    """The queries of a POST, as Appwrite finds them in each kind of body. An SDK's are inside `query`."""
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
        raise AppwriteError("general_argument_invalid", "Invalid `query`: it must be an object or a list of them.")
    return asked if isinstance(asked, list) else [asked]


def _with_files(request: Request, sent: dict[str, Any]) -> dict[str, Any]:
    """The query of a multipart request: `operations` holds it, `map` says of each file where it belongs.

    https://github.com/jaydenseric/graphql-multipart-request-spec
    """
    operations, places = _json(sent["operations"]), _json(sent["map"])
    if not isinstance(operations, dict) or not isinstance(places, dict):
        raise AppwriteError("graphql_no_query")
    for part, paths in places.items():
        for path in paths if isinstance(paths, list) else ():
            _put(operations, str(path).split("."), request.http.FILES.get(part))
    return operations


def _put(node: Any, path: list[str], value: Any) -> None:
    """Set what stands at `path` inside objects and lists; nothing where there is no such place."""
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
    """What a text says as JSON; None where it says nothing."""
    try:
        return params.parse_json(text)
    except (ValueError, TypeError):
        return None
