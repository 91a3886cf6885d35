"""GraphQL: run one or more API operations in one request, each as if it were a request of its own."""

from typing import Any

from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http.parameters import Anything, Text, accepts
from appwrite_emulator.http.responses import Response


@accepts(
    query=Text(required=True),
    operation_name=Text(256, min=0, default=""),
    variables=Text(min=0, default=""),
)
def get(request: Request, *, query: str, operation_name: str, variables: str) -> Response:
    """GET /graphql with one query in the URL, its variables as JSON. Mutations are accepted too."""
    return _execute(request, [{"query": query, "operationName": operation_name, "variables": _parse(variables)}])


# The fields of a JSON or form body. `_read_queries` also reads bodies that are a list or a bare query.
_BODY = {
    "query": Anything(),
    "variables": Anything(),
    "operation_name": Anything(),
    "operations": Anything(),
    "map": Anything(),
}


@accepts(**_BODY)
def query(request: Request, **body: Any) -> Response:
    """POST /graphql: one or more queries, as JSON, multipart form with files, or `application/graphql`."""
    return _execute(request, _read_queries(request, body))


@accepts(**_BODY)
def mutation(request: Request, **body: Any) -> Response:
    """POST /graphql/mutation: same as POST /graphql, queries included."""
    return _execute(request, _read_queries(request, body))


def _execute(request: Request, queries: list[Any]) -> Response:
    # Imported late because it takes longer than all other imports.
    from appwrite_emulator.routes.graphql import execution

    return execution.execute_queries(request, queries)


def _read_queries(request: Request, body: dict[str, Any]) -> list[Any]:
    """Return the queries in a POST body, by its content type as Appwrite does. SDKs nest them in `query`."""
    content_type = request.headers.get("Content-Type", "")
    if content_type.startswith("application/graphql"):
        return [{"query": request.http.body.decode(errors="replace")}]
    if content_type.startswith("multipart/form-data"):
        return [_read_multipart(request, body)]
    if request.headers.get("X-SDK-GraphQL") == "true":
        queries = body["query"] or []
    else:
        document = _parse(request.http.body) if content_type.startswith("application/json") else None
        queries = document if isinstance(document, list) else {**body, "operationName": body["operation_name"]}
    if not isinstance(queries, dict | list):
        raise AppwriteError("general_argument_invalid", "Invalid `query`: it must be an object or a list of objects.")
    return queries if isinstance(queries, list) else [queries]


def _read_multipart(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return the query of a multipart request: `operations` is the query, `map` the place of each file in it."""
    # `map` may have the keys "0" and "1", and its paths may lead into empty variables.
    operations, file_map = (_parse(body[name], plain=True) for name in ("operations", "map"))
    if not isinstance(operations, dict) or not isinstance(file_map, dict):
        raise AppwriteError("graphql_no_query")
    for name, paths in file_map.items():
        for path in paths if isinstance(paths, list) else ():
            _set(operations, str(path).split("."), request.http.FILES.get(name))
    return operations


def _set(node: Any, path: list[str], value: Any) -> None:
    """Set the value at `path` in nested objects and lists; do nothing if the path does not exist."""
    *parents, last = path
    for key in parents:
        node = _get(node, key)
    if isinstance(node, dict):
        node[last] = value
    elif isinstance(node, list) and last.isdecimal() and int(last) < len(node):
        node[int(last)] = value


def _get(node: Any, key: str) -> Any:
    if isinstance(node, dict):
        return node.get(key)
    return node[int(key)] if isinstance(node, list) and key.isdecimal() and int(key) < len(node) else None


def _parse(text: Any, *, plain: bool = False) -> Any:
    """Parse JSON; return None if it is invalid."""
    try:
        return php_json.loads(text, plain=plain)
    except (ValueError, TypeError):
        return None
