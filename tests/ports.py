"""Local ports for servers that other processes start, or that start again on the same port."""

import secrets
import socket
from contextlib import suppress

FIRST, COUNT = 20_000, 12_000  # the system uses higher ports for outgoing connections


def free_port() -> int:
    """Return a free port that the system will not give to another program before the server listens."""
    while True:
        port = FIRST + secrets.randbelow(COUNT)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
