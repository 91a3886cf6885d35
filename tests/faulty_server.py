"""Faulty servers that replace Appwrite."""

import contextlib
import re
import socket
import threading


class Server:
    """A server that calls `handle` in a separate thread for each connection. `received` contains the request lines."""

    def __init__(self, handle) -> None:
        self.received = []
        self.writes = []  # the request lines and bodies of all requests except GET
        self.sent = 0  # bytes sent by `drip`
        self._handle = handle
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"
        self.is_over = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line) -> None:
        with contextlib.suppress(OSError), line:
            self._handle(self, line)

    def receive(self, line) -> str:
        """Read one request and return its request line, or "" if the client has closed the connection."""
        text = b""
        while b"\r\n\r\n" not in text:
            if not (more := line.recv(65536)):
                return ""
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
        while len(body) < length:
            body += line.recv(65536)
        self.received.append(head.split(b"\r\n")[0].decode())
        if not head.startswith(b"GET "):
            self.writes.append(head.split(b"\r\n")[0] + b"\n" + body)
        return self.received[-1]

    def drip(self, line, text: bytes, after_ten=lambda: None) -> None:
        """Send single bytes until the server is closed, at intervals shorter than the client's read timeout.

        After ten bytes, call `after_ten`.
        """
        while not self.is_over.wait(0.02):
            line.sendall(text[:1])
            self.sent += 1
            if self.sent == 10:
                after_ten()

    def close(self) -> None:
        self.is_over.set()
        self._socket.close()


@contextlib.contextmanager
def unresponsive_server():
    """Yield the address of a server that neither accepts nor refuses connections."""
    with socket.socket() as server, contextlib.ExitStack() as waiting:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(2):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(server.getsockname())
        yield server.getsockname()
