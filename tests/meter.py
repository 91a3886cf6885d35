"""What a page asks of Appwrite, counted where every call passes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import requests

from biso_site.appwrite_client import POOL


@contextmanager
def metered() -> Iterator[list[str]]:
    """`with metered() as asked:` lists the calls made meanwhile, each as its method and path."""
    asked: list[str] = []
    send = POOL.send

    def counted(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        asked.append(f"{request.method} {request.path_url.partition('?')[0]}")
        return send(request, **options)

    with mock.patch.object(POOL, "send", counted):
        yield asked
