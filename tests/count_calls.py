"""Record the calls to Appwrite."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import requests

from core.transport import POOL


@contextmanager
def count_calls() -> Iterator[list[str]]:
    """Yield a list that records the method and path of each call during the block."""
    sent_calls: list[str] = []
    send = POOL.send

    def counted(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent_calls.append(f"{request.method} {request.path_url.partition('?')[0]}")
        return send(request, **options)

    with mock.patch.object(POOL, "send", counted):
        yield sent_calls


@dataclass(frozen=True)
class ListCall:
    """A request that lists, changes or deletes all matching rows: its queries in order, and the response's status."""

    path: str
    queries: list[str]
    search: str
    status: int


@contextmanager
def recorded_lists() -> Iterator[list[ListCall]]:
    """Yield a list that records each request with queries or a search during the block."""
    calls: list[ListCall] = []
    send = POOL.send

    def recorded(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        response = send(request, **options)
        url = urlsplit(request.url or "")
        parameters = parse_qsl(url.query)
        queries = [value for name, value in parameters if name.startswith("queries[")]
        search = dict(parameters).get("search", "")
        if request.method in ("PATCH", "DELETE") and request.body:
            queries = json.loads(request.body).get("queries", [])
        if queries or search:
            calls.append(ListCall(url.path.removeprefix("/v1"), queries, search, response.status_code))
        return response

    with mock.patch.object(POOL, "send", recorded):
        yield calls
