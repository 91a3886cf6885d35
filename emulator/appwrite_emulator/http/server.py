"""The HTTP server: Django's threaded server with keep-alive, no Nagle delay, and reused threads."""

import queue
import re
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BufferedReader, BytesIO
from typing import Any, cast

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HANG_UP = "appwrite_emulator.hang_up"
"""WSGI environ key of the function that closes the request's connection without a response."""
RAW_PATH = "appwrite_emulator.raw_path"
"""WSGI environ key of the undecoded path. Appwrite matches routes without decoding the path."""

MAX_BODY = 12 * 1024 * 1024
"""Maximum size of a request's body, in bytes. It does not apply to the emulator's own pages."""
_CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,8}")
OWN_PAGES = "/_emulator/"
REALTIME = "/v1/realtime"
# fmt: off
METHODS = frozenset({
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PURGE",
    "COPY", "MOVE", "MKCOL", "PROPFIND", "PROPPATCH", "LOCK", "UNLOCK",
    "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE",
})
# fmt: on
"""Methods that Swoole, Appwrite's HTTP server, can parse."""


Upgrade = Callable[[socket.socket, bytes, dict[str, Any]], None]
"""A function that takes over a connection. Arguments: socket, the request's head without the query, WSGI environ."""


class RequestHandler(WSGIRequestHandler):
    # Send headers and body in one packet, without delay. Otherwise each response on a kept-alive connection waits 44 ms
    # for the client's acknowledgement.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        connection = self.rfile
        super().handle_one_request()
        self.rfile = connection  # `rfile` may have been replaced by the decoded body
        self.wfile.flush()  # writing a body flushes, but responses to HEAD have no body

    def get_environ(self) -> dict[str, Any]:
        raw_path = self.requestline.split()[1].partition("?")[0]
        return {**super().get_environ(), HANG_UP: self.hang_up, RAW_PATH: raw_path}

    def hang_up(self) -> None:
        self.close_connection = True
        cast(socket.socket, self.connection).shutdown(socket.SHUT_RDWR)  # the type stubs are less precise

    def parse_request(self) -> bool:
        """Reject unknown methods, and a Content-Length that is invalid or too large, as Appwrite's server does."""
        if not super().parse_request():
            return False
        if self.command not in METHODS:
            return self._reject(400)
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._decode_chunks()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal() and len(length) < 19):
            return self._reject(400)
        if self._is_too_big():
            self._reject(413)
            self._discard_body(int(length))
            return False
        upgrade = cast(Server, self.server).websockets.get(self.path.partition("?")[0])
        if upgrade and self.headers.get("Upgrade", "").lower() == "websocket":
            self._hand_over(upgrade)
            return False
        return True

    def _hand_over(self, upgrade: Upgrade) -> None:
        """Pass the socket to `upgrade`, which then serves the connection, and free this thread."""
        # Omit the query, because the WebSocket library has a lower length limit than this server.
        request_line = f"{self.command} {self.path.partition('?')[0]} {self.request_version}"
        lines = [request_line, *(f"{name}: {value}" for name, value in self.headers.items()), "", ""]
        environ = {**self.get_environ(), "wsgi.input": BytesIO(), "wsgi.url_scheme": "http"}
        connection = cast(socket.socket, self.connection)
        connection.setblocking(False)
        early = cast(BufferedReader, self.rfile).peek()  # bytes that the client sent after the head
        taken = socket.socket(fileno=connection.detach())
        taken.setblocking(True)
        self.close_connection = True
        upgrade(taken, "\r\n".join(lines).encode("latin-1") + early, environ)

    def _decode_chunks(self) -> bool:
        """Replace a chunked body with its decoded content. Return whether the chunked body was valid."""
        body = bytearray()
        while True:
            size = self.rfile.readline(100).partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size):
                return self._reject(400)
            length = int(size, 16)
            if len(body) + length > MAX_BODY:
                return self._reject(413)
            body += self.rfile.read(length)
            if not length:
                break
            self.rfile.readline(3)
        while self.rfile.readline(65537).strip():
            pass  # trailers
        del self.headers["Transfer-Encoding"]
        self.headers["Content-Length"] = str(len(body))
        self.rfile = BytesIO(body)
        return True

    def handle_expect_100(self) -> bool:
        if self._is_too_big():
            return True  # `parse_request` rejects the request
        accepted = super().handle_expect_100()
        self.wfile.flush()
        return accepted

    def _is_too_big(self) -> bool:
        length = self.headers.get("Content-Length", "0")
        return length.isdecimal() and int(length) > MAX_BODY and not self.path.startswith(OWN_PAGES)

    def _reject(self, status: int) -> bool:
        """Respond with `status` and no body, and close the connection. Return False."""
        self.close_connection = True
        self.send_response_only(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.flush()
        return False

    def _discard_body(self, length: int) -> None:
        """Read and discard the body, because a client reads the response only after it has sent the body."""
        while length > 0 and (chunk := self.rfile.read(min(length, 64 * 1024))):
            length -= len(chunk)

    def log_request(self, *args: Any) -> None:
        """Log nothing, because query strings contain secrets, and the request log has its own page."""


class Server(ThreadedWSGIServer):
    """Serve each connection on its own thread, and reuse idle threads.

    Each thread keeps its database connection, so that a client that opens a connection for each call does not cause a
    new database connection each time.
    """

    request_queue_size = 128

    def __init__(self, address: tuple[str, int], websockets: Mapping[str, Upgrade]) -> None:
        """Listen on the address. `websockets`: path -> function that takes over WebSocket connections to this path."""
        self.websockets = websockets
        super().__init__(address, RequestHandler, ipv6=":" in address[0])
        self.set_app(WSGIHandler())
        self._waiting: queue.SimpleQueue[tuple[socket.socket, Any]] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._waiting.put((request, client_address))
        if not self._idle.acquire(blocking=False):
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while True:
            self.process_request_thread(*self._waiting.get())
            self._idle.release()

    def also_listen_on(self, host: str) -> None:
        """Also accept connections on the same port of IPv6 address `host`. Raise OSError if that is not possible."""
        listener = socket.create_server((host, self.port), family=socket.AF_INET6, backlog=self.request_queue_size)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            with suppress(OSError):  # the client has closed the connection already
                self.process_request(*listener.accept())

    def _close_connections(self) -> None:
        """Keep the thread's database connection open for the next client."""

    @property
    def port(self) -> int:
        return self.server_address[1]
