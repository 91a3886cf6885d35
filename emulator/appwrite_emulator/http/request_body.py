"""Read a request's parameters as PHP does, either from the query string or from the body."""

import io
import re
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from appwrite_emulator.common import php_json
from appwrite_emulator.common.errors import AppwriteError

MULTIPART = "multipart/form-data"
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class BinaryField(str):
    """A field of a multipart form that is not UTF-8. As a string, it contains replacement characters."""

    raw: bytes
    """The field as it was sent."""


def read(http: HttpRequest) -> dict[str, Any]:
    """Return the parameters: from the query string of a GET or HEAD request, or from a JSON, form or multipart body.

    As on the real server, a JSON body is read only if its content type is exactly `application/json`. Otherwise, it is
    ignored.
    """
    if http.method in ("GET", "HEAD"):
        return _expand_query(http.GET)
    if http.META.get("CONTENT_TYPE", "").partition(";")[0] == "application/json":
        return _read_json(http.body)
    if http.content_type == MULTIPART:
        return _read_multipart(http)
    if http.content_type == "application/x-www-form-urlencoded":
        return _expand_query(QueryDict(http.body, encoding="utf-8"))
    return {}


def is_malformed(http: HttpRequest) -> bool:
    """Return whether the content type is multipart but the body is not.

    Appwrite's HTTP server rejects these requests.
    """
    if http.content_type != MULTIPART or http.method in ("GET", "HEAD"):
        return False
    boundary = (http.content_params or {}).get("boundary", "")
    return not boundary or bool(http.body and not http.body.startswith(f"--{boundary}".encode()))


def _read_json(body: bytes) -> dict[str, Any]:
    """Parse the body. As on the real server, ignore anything that is not a JSON object."""
    try:
        payload = php_json.loads(body)
    except ValueError:
        return {}
    return payload if isinstance(payload, dict) else {}


def _read_multipart(http: HttpRequest) -> dict[str, Any]:
    try:
        # Django parses only the bodies of POST requests.
        fields, files = (http.POST, http.FILES) if http.method == "POST" else http.parse_file_upload(http.META, http)
    except (MultiPartParserError, TooManyFilesSent):
        raise AppwriteError("general_argument_invalid", "The multipart body is malformed.") from None
    if any(_REPLACEMENT in value for _, values in fields.lists() for value in values):
        pairs = _decode_fields(http)
    else:
        pairs = [(name, value) for name, values in fields.lists() for value in values]
    return expand_brackets(pairs) | {name: files[name] for name in files}


def _decode_fields(http: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of a multipart form, with a `BinaryField` for each value that is not UTF-8.

    Django replaces invalid bytes when it decodes a field. Latin-1 decodes every byte, so the fields are parsed again as
    Latin-1.
    """
    parser = MultiPartParser(http.META, io.BytesIO(http.body), [MemoryFileUploadHandler(http)], "latin-1")
    fields, _ = parser.parse()
    return [
        (name.encode("latin-1").decode(errors="replace"), _decode(value.encode("latin-1")))
        for name, values in fields.lists()
        for value in values
    ]


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        value = BinaryField(raw.decode(errors="replace"))
        value.raw = raw
        return value


def _expand_query(query: QueryDict) -> dict[str, Any]:
    return expand_brackets((name, value) for name, values in query.lists() for value in values)


_BRACKETS = re.compile(r"\[([^\]]*)\]")
_INVALID_IN_NAMES = str.maketrans(". ", "__")
"""PHP replaces dots and spaces, because its variable names cannot contain them."""


def expand_brackets(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Expand bracketed names as PHP does: `a[0]=x&a[]=y` is `{"a": ["x", "y"]}`.

    The last value of a repeated name applies.
    """
    return {name: _to_lists(value) for name, value in _expand(pairs).items()}


def expand_query(query: QueryDict) -> dict[str, Any]:
    """Expand bracketed names in a query string, but leave arrays as dicts with their original keys."""
    return _expand((name, value) for name, values in query.lists() for value in values)


def _expand(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, _ = name.partition("[")
        path = [head, *_BRACKETS.findall(name)] if bracket and head else [name]
        path[0] = path[0].translate(_INVALID_IN_NAMES)
        node = tree
        for part, following in zip(path, [*path[1:], None], strict=True):
            key = part if part or node is tree else str(len(node))
            if following is None:
                node[key] = value
            else:
                if not isinstance(node.get(key), dict):
                    node[key] = {}
                node = node[key]
    return tree


def _to_lists(value: Any) -> Any:
    """Convert dicts with only numeric keys to lists, recursively."""
    if not isinstance(value, dict):
        return value
    items = {key: _to_lists(item) for key, item in value.items()}
    if all(key.isdecimal() for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items
