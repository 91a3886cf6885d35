"""The HTTP server: Django's threaded server with keep-alive, no Nagle delay, and reused threads."""

import queue
import socket
import threading
from contextlib import suppress
from typing import Any, cast

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HANG_UP = "appwrite_emulator.hang_up"
"""WSGI environ key of a function that closes the request's connection without a response."""


class RequestHandler(WSGIRequestHandler):
    # Headers and body are sent in one packet, without delay. Otherwise each response on a kept-alive connection waits
    # 44 ms for the client's acknowledgement.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.wfile.flush()  # responses to HEAD have no body, whose writing would flush

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), HANG_UP: self.hang_up}

    def hang_up(self) -> None:
        self.close_connection = True
        cast(socket.socket, self.connection).shutdown(socket.SHUT_RDWR)  # the stubs call it a request

    def parse_request(self) -> bool:
        """Reject an invalid Content-Length here, because later code would fail on it."""
        if not super().parse_request():
            return False
        length = self.headers.get("Content-Length", "0")
        if length.isascii() and length.isdecimal() and len(length) < 19:
            return True
        self.send_error(400, "The Content-Length must be a number")
        return False

    def handle_expect_100(self) -> bool:
        accepted = super().handle_expect_100()
        self.wfile.flush()
        return accepted

    def log_request(self, *args: Any) -> None:
        """Log nothing: query strings contain secrets, and the request log is a page."""


class Server(ThreadedWSGIServer):
    """Serve each connection on a thread of its own, and reuse idle threads.

    A thread keeps its database connection, so clients that open a connection per call do not cause a new database
    connection each time.
    """

    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
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
        """Accept connections at this IPv6 address too, on the same port. Raise OSError if that is not possible."""
        listener = socket.create_server((host, self.port), family=socket.AF_INET6, backlog=self.request_queue_size)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            with suppress(OSError):  # the client has closed the connection already
                self.process_request(*listener.accept())

    def _close_connections(self) -> None:
        """Keep the thread's database connection open for its next connection."""

    @property
    def port(self) -> int:
        return self.server_address[1]
