"""GraphQL: run one or more API operations in one request, each like a separate request."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http.parameters import Anything, Text, accepts
from appwrite_emulator.http.responses import Response


@accepts(
    query=Text(min=0, required=True),
    operation_name=Text(256, min=0, default=""),
    variables=Text(min=0, default=""),
)
def get(request: Request, *, query: str, operation_name: str, variables: str) -> Response:
    """GET /graphql with one query in the URL and its variables as JSON. Mutations are also accepted."""
    return _execute(request, [{"query": query, "operationName": operation_name, "variables": _parse(variables)}])


# The fields of a JSON or form body. `_read_queries` also accepts a body that is a list or only a query.
_BODY = {
    "query": Anything(),
    "variables": Anything(),
    "operation_name": Anything(),
    "operations": Anything(),
    "map": Anything(),
}


@accepts(**_BODY)
def query(request: Request, **body: Any) -> Response:
    """POST /graphql: one or more queries, as JSON, as a multipart form with files, or as `application/graphql`."""
    return _execute(request, _read_queries(request, body))


@accepts(**_BODY)
def mutation(request: Request, **body: Any) -> Response:
    """POST /graphql/mutation: same as POST /graphql. Queries are also accepted."""
    return _execute(request, _read_queries(request, body))


def _execute(request: Request, queries: list[Any]) -> Response:
    is_server = bool(request.headers.get("X-Appwrite-Key"))  # not validated here, because each operation does that
    if "graphql" in request.project.disabled_protocols and not is_server:
        raise AppwriteError("general_api_disabled")
    # Imported late, because this import takes longer than all others together.
    from appwrite_emulator.routes.graphql import execution

    return execution.execute_queries(request, queries)


def _read_queries(request: Request, body: dict[str, Any]) -> list[Any]:
    """Return the queries in a POST body. As in Appwrite, the content type determines how the body is parsed.

    SDKs nest queries in `query`.
    """
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
        raise AppwriteError(
            "general_argument_invalid", "Invalid `query` param: Value must be an object or a list of objects"
        )
    return queries if isinstance(queries, list) else [queries]


def _read_multipart(request: Request, body: dict[str, Any]) -> dict[str, Any]:
    """Return the query of a multipart request. `operations` is the query, and `map` contains each file's path.

    As in Appwrite, a `map` that is not JSON is treated as empty, and an unknown part name refers to the first file.
    """
    # Parsed as plain objects, because `map` may have the keys "0" and "1", and its paths may refer to empty variables.
    operations, file_map = (_parse(body[name], plain=True) for name in ("operations", "map"))
    if not isinstance(operations, dict):
        raise AppwriteError("graphql_no_query")
    files = request.http.FILES
    first = next(iter(files.values()), [])
    for name, paths in _items(file_map):
        for _, path in _items(paths):
            _set(operations, str(path).split("."), files.get(name, first))
    return {
        "query": operations.get("query"),
        "variables": operations.get("variables"),
        "operationName": body["operation_name"],
    }


def _items(value: Any) -> list[tuple[str, Any]]:
    """Return the keys and values of an object.

    For a list, the keys are numbers. For any other value, return nothing.
    """
    if isinstance(value, list):
        value = {str(number): item for number, item in enumerate(value)}
    return list(value.items()) if isinstance(value, dict) else []


def _set(node: dict[str, Any], path: list[str], value: Any) -> None:
    """Set the value at `path` in nested objects and lists. Create missing objects."""
    *parents, last = path
    for key in parents:
        items = dict(_items(node.get(key)))
        node[key] = items
        node = items
    node[last] = value


def _parse(text: Any, *, plain: bool = False) -> Any:
    """Parse JSON. Return None if `text` is invalid JSON or not a string."""
    if not isinstance(text, str | bytes):
        return None
    try:
        return php_json.loads(text, plain=plain)
    except ValueError:
        return None
