"""Requests to other servers: the timeout applies to the entire request, and another thread can cancel the request."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

import pytest

from appwrite_emulator.common.http_client import CallError, Calls

LONG = 60.0


@pytest.fixture
def serve() -> Iterator[Callable[[bytes, bytes], SplitResult]]:
    """Return a function that starts a server and returns its URL.

    The server sends `first` once, and then `repeated` until it is stopped.
    """
    listener, done = socket.create_server(("127.0.0.1", 0)), threading.Event()

    def answer(first: bytes, repeated: bytes) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(first)
            with suppress(OSError):  # the client has closed the connection
                while not done.wait(0.02):
                    connection.sendall(repeated)

    def start(first: bytes, repeated: bytes) -> SplitResult:
        threading.Thread(target=answer, args=(first, repeated), daemon=True).start()
        return urlsplit(f"http://127.0.0.1:{listener.getsockname()[1]}/path")

    with listener:
        yield start
        done.set()


def send(calls: Calls, url: SplitResult, seconds: float) -> None:
    calls.send("GET", url, {}, seconds=seconds, max_size=1_000_000)


@pytest.mark.parametrize("first", [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_request_to_a_server_that_responds_byte_by_byte_times_out(serve, first):
    with pytest.raises(CallError, match=r"There was no complete response within 0\.2 seconds\."):
        send(Calls(), serve(first, b"x"), 0.2)


def test_request_without_a_completed_tls_handshake_times_out():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = urlsplit(f"https://127.0.0.1:{silent.getsockname()[1]}/")
        with pytest.raises(CallError, match=r"There was no complete response within 0\.2 seconds\."):
            send(Calls(), url, 0.2)


def test_socket_timeout_is_reported_as_the_request_timeout(monkeypatch):
    """The socket's timeout is as long as the whole request's, so either can expire first."""
    monkeypatch.setattr("threading.Timer.start", lambda _: None)
    for scheme in ("http", "https"):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = urlsplit(f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/")
            with pytest.raises(CallError, match=r"There was no complete response within 0\.2 seconds\."):
                send(Calls(), url, 0.2)


def test_requests_can_be_cancelled_by_another_thread(serve):
    calls = Calls()
    url = serve(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x")
    threading.Timer(0.1, calls.end).start()
    with pytest.raises(CallError):
        send(calls, url, LONG)
    with pytest.raises(CallError):
        send(calls, url, LONG)
