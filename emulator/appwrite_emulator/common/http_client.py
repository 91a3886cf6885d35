"""HTTP requests to other servers. The total time is limited, so that a slow response is cut off."""

import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult

from appwrite_emulator.common import connections

PORTS = {"http": 80, "https": 443}


class CallError(Exception):
    """The server cannot be reached, or its response is invalid or takes too long; the message gives the reason."""


@dataclass(frozen=True)
class ServerResponse:
    status: int
    content: bytes
    """The body, truncated to the caller's maximum size."""
    location: str
    """The `Location` header of a redirect, unchanged."""


class Calls:
    """Running calls, which another thread can abort."""

    def __init__(self) -> None:
        self._sockets: set[socket.socket] = set()
        self.has_ended = False

    def end(self) -> None:
        """Abort all running calls and any later ones. Each of them raises CallError."""
        self.has_ended = True
        for sock in list(self._sockets):
            connections.hang_up(sock)

    def send(
        self,
        method: str,
        url: SplitResult,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        seconds: float,
        max_size: int,
        verify: bool = True,
    ) -> ServerResponse:
        """Send a request, and return the response with at most `max_size` bytes of its body.

        Redirects are not followed. `seconds`: time limit for connecting to one of the host's addresses. The rest of the
        call has a second limit of the same length. `verify`: whether to check the certificate. Raise CallError if the
        call fails.
        """
        try:
            sock = socket.create_connection((url.hostname or "", url.port or PORTS[url.scheme]), seconds)
            if url.scheme == "https":
                sock = _wrap(sock, url.hostname or "", verify=verify)
            return self._send(sock, method, url, headers, body, seconds, max_size)
        except TimeoutError as error:
            raise CallError(f"There was no complete response within {seconds:g} seconds.") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise CallError(str(error)) from error

    def _send(
        self,
        sock: socket.socket,
        method: str,
        url: SplitResult,
        headers: Mapping[str, str],
        body: bytes | None,
        seconds: float,
        max_size: int,
    ) -> ServerResponse:
        client = http.client.HTTPConnection(url.hostname or "", url.port or PORTS[url.scheme])
        client.default_port = PORTS[url.scheme]  # omitted from the Host header
        client.sock = sock
        self._sockets.add(sock)
        with connections.time_limit(sock, seconds) as is_late:
            try:
                if self.has_ended:  # `end` may have run before this socket was in `_sockets`
                    raise ConnectionAbortedError
                if isinstance(sock, ssl.SSLSocket):
                    sock.do_handshake()
                client.request(method, (url.path or "/") + (f"?{url.query}" if url.query else ""), body, dict(headers))
                response = client.getresponse()
                content = response.read(max_size)
                # A closed connection may look like the end of the response.
                if is_late.is_set() or self.has_ended:
                    raise ConnectionAbortedError
                return ServerResponse(response.status, content, response.headers.get("Location", ""))
            except (OSError, http.client.HTTPException, ValueError) as error:
                if is_late.is_set():
                    raise TimeoutError from error
                raise
            finally:
                self._sockets.discard(sock)
                client.close()


def _wrap(sock: socket.socket, host: str, *, verify: bool) -> ssl.SSLSocket:
    """Wrap the socket in TLS, without a handshake. The caller must perform the handshake and limit its duration."""
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
