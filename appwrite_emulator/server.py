"""The HTTP server: Django's own threaded one, kept alive, without the Nagle stall, on threads that are used again."""

import queue
import socket
import threading
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HANG_UP = "appwrite_emulator.hang_up"
"""In the environ of a request: the function that ends its connection, so that no answer arrives."""


class RequestHandler(WSGIRequestHandler):
    # Headers and body leave in one packet, at once. Sent apart and delayed, each answer on a kept-alive connection
    # waits 44 ms for the client's acknowledgement.
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        super().handle_one_request()
        self.wfile.flush()  # an answer to HEAD has no body, whose writing would flush

    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), HANG_UP: self.hang_up}

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def parse_request(self) -> bool:
        """A length that is no number is refused here; everything behind would stumble over it."""
        if not super().parse_request():
            return False
        length = self.headers.get("Content-Length", "0")
        if length.isascii() and length.isdecimal() and len(length) < 19:
            return True
        self.send_error(400, "The Content-Length is no number")
        return False

    def handle_expect_100(self) -> bool:
        answered = super().handle_expect_100()
        self.wfile.flush()
        return answered

    def log_request(self, *args: Any) -> None:
        """Nothing: query strings hold secrets, and the request log is a page."""


class Server(ThreadedWSGIServer):
    """Serves each connection on a thread of its own, taken from those that are idle.

    A thread keeps its database connection, so a client that opens a connection per call does not pay for a new one
    of ours each time.
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

    def _close_connections(self) -> None:
        """Not after each request: the thread's database connection is for its next one as well."""

    @property
    def port(self) -> int:
        return self.server_address[1]
