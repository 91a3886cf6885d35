"""Requests to a WSGI application without a server, for tests that Django's test client does not support."""

import gzip
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from wsgiref.validate import validator

import brotli

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
DECODERS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@dataclass(frozen=True)
class Answer:
    """A response. `sent` is the body as transferred, possibly compressed."""

    status: int
    headers: dict[str, str]
    sent: bytes

    @property
    def body(self) -> bytes:
        return DECODERS[self.headers.get("Content-Encoding", "") if self.sent else ""](self.sent)


class WsgiClient:
    """Send requests from localhost to `application`, and check that client and application comply with PEP 3333."""

    def __init__(self, application: Application) -> None:
        self._application = validator(application)

    def get(self, path: str, method: str = "GET", *, environ: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Send a request and return the response.

        In `headers`, underscores replace hyphens. `environ` overrides WSGI variables.
        """
        path, _, query = path.partition("?")
        request: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin1"),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
            **(environ or {}),
        }
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], None]:
            started[:] = [int(status[:3]), headers]
            return io.BytesIO().write  # type: ignore[return-value]

        response = self._application(request, start_response)
        try:
            sent = b"".join(response)
        finally:
            response.close()  # type: ignore[attr-defined]
        status, pairs = started
        assert len({name.lower() for name, _ in pairs} - {"set-cookie"}) == len(
            [name for name, _ in pairs if name.lower() != "set-cookie"]
        ), pairs
        return Answer(status, dict(pairs), sent)
