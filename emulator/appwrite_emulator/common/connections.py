"""The total time of a connection to another server. A socket's own timeout limits only each read."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


def hang_up(sock: socket.socket) -> None:
    """Close the connection. A thread that is reading from it stops waiting."""
    with suppress(OSError):  # the server has closed the connection already
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def time_limit(sock: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Hang up if the block runs for more than `seconds`. Yield an event that is then set."""
    is_late = threading.Event()

    def end() -> None:
        is_late.set()
        hang_up(sock)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_late
    finally:
        timer.cancel()
