"""URLs that pass values back to a website."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_query(url: str, added: Mapping[str, str]) -> str:
    """Return `url` with the parameters added to its query. They replace existing parameters of the same name.

    The query is parsed and written as in PHP. `y[]=1` becomes `y[0]=1`, and `a.b=1` becomes `a_b=1`. The items of a
    list are grouped, and the last value of a repeated name applies.
    """
    parts = urlsplit(url)
    query: dict[str, Any] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        _insert(query, _path(name), value)
    return urlunsplit(parts._replace(query=urlencode(list(_pairs({**query, **added}))).replace("~", "%7E")))


_NESTED = re.compile(r"([^\[]+)((?:\[[^\]]*\])+)")


def _path(name: str) -> list[str]:
    """Split `a[b][]` into a, b and "". Dots, spaces and an unclosed bracket in the first part become underscores."""
    nested = _NESTED.match(name)
    head, rest = (nested[1], nested[2][1:-1].split("][")) if nested else (name, [])
    return [re.sub(r"[. \[]", "_", head.lstrip(" ")), *rest]


def _insert(query: dict[str, Any], path: list[str], value: str) -> None:
    """Set the value at `path`. An empty part means the next index of the list."""
    node = query
    for depth, part in enumerate(path):
        key = part if part or depth == 0 else str(max((int(key) + 1 for key in node if key.isdecimal()), default=0))
        if depth == len(path) - 1:
            node[key] = value
        else:
            if not isinstance(node.get(key), dict):
                node[key] = {}
            node = node[key]


def _pairs(node: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, str]]:
    for key, value in node.items():
        full = f"{name}[{key}]" if name else key
        if isinstance(value, dict):
            yield from _pairs(value, full)
        else:
            yield full, value
