"""If the end of a request is ambiguous, gunicorn must never read the request's body as the next request."""

import socket

import pytest

from tests.site import NOTHING, Site

pytestmark = pytest.mark.attack

HIDDEN = "GET /zqsmuggled/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNK = f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"
LENGTH = f"Content-Length: {len(HIDDEN)}"
AMBIGUOUS = {
    "both lengths, body of 0 chunks": (["Content-Length: 5", "Transfer-Encoding: chunked"], f"0\r\n\r\n{HIDDEN}"),
    "both lengths, long content": (
        [f"Content-Length: {len(HIDDEN) + 5}", "Transfer-Encoding: chunked"],
        f"0\r\n\r\n{HIDDEN}",
    ),
    "both lengths, short content": (["Content-Length: 4", "Transfer-Encoding: chunked"], CHUNK),
    "two lengths": (["Content-Length: 0", LENGTH], HIDDEN),
    "list of lengths": ([f"Content-Length: 0, {len(HIDDEN)}"], HIDDEN),
    "signed length": ([f"Content-Length: +{len(HIDDEN)}"], HIDDEN),
    "length in another base": ([f"Content-Length: 0x{len(HIDDEN):x}"], HIDDEN),
    "length with an underscore": ([f"Content-Length: {len(HIDDEN) // 10}_{len(HIDDEN) % 10}"], HIDDEN),
    "length after a space": ([f"Content-Length : {len(HIDDEN)}"], HIDDEN),
    "encoding after a space": (["Transfer-Encoding : chunked", "Content-Length: 0"], CHUNK),
    "folded encoding": (["Transfer-Encoding:\r\n chunked", "Content-Length: 0"], CHUNK),
    "folded length": ([f"Content-Length:\r\n {len(HIDDEN)}"], HIDDEN),
    "encoding with a tab": (["Transfer-Encoding:\tchunked", "Content-Length: 0"], CHUNK),
    "unknown encoding": (["Transfer-Encoding: xchunked", "Content-Length: 0"], CHUNK),
    "two encodings": (["Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Content-Length: 4"], CHUNK),
    "chunked is not last": (["Transfer-Encoding: chunked, identity", "Content-Length: 4"], CHUNK),
    "chunked twice": (["Transfer-Encoding: chunked, chunked"], CHUNK),
    "encoding in HTTP/1.0": (["Transfer-Encoding: chunked", "Content-Length: 4"], CHUNK),
    "encoding with a control character": (["Transfer-Encoding: \x0bchunked", "Content-Length: 4"], CHUNK),
    "huge chunk": (["Transfer-Encoding: chunked"], f"{'f' * 17}\r\n{HIDDEN}"),
    "negative chunk": (["Transfer-Encoding: chunked"], f"-1\r\n{HIDDEN}"),
    "chunk size with 0x": (["Transfer-Encoding: chunked"], f"0x0\r\n\r\n{HIDDEN}"),
    "line feeds only": (["X: y\nContent-Length: 0\nX: y"], HIDDEN),
    "bare carriage return": (["X: y\rTransfer-Encoding: chunked", "Content-Length: 4"], CHUNK),
    "line feed in a chunk": (["Transfer-Encoding: chunked"], f"0\n\n{HIDDEN}"),
    "extension of a chunk": (["Transfer-Encoding: chunked"], f"0;a=\nb\r\n\r\n{HIDDEN}"),
    "trailer that sets a length": (["Transfer-Encoding: chunked"], f"0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n"),
    "upgrade": (["Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"], ""),
}


@pytest.fixture(scope="module")
def site():
    with Site(NOTHING) as site:
        yield site


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_request_is_never_read_as_two(name, site):
    """The request is rejected or gets one response. After an error in the body, gunicorn closes the connection."""
    headers, body = AMBIGUOUS[name]
    version = "HTTP/1.0" if name.endswith("1.0") else "HTTP/1.1"
    head = "\r\n".join([f"POST /auth/login/ {version}", "Host: localhost", *headers, "", ""])
    logged = len(site.log())
    with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=30) as line:
        line.sendall((head + body).encode("latin1"))
        line.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: line.recv(65536), b"")).decode()
    statuses = [int(part.split()[0]) for part in received.split("HTTP/1.1 ")[1:]]
    assert "Not Found: /zqsmuggled/" not in site.log()[logged:], statuses
    assert "Traceback" not in site.log()[logged:]
    assert all(status < 500 or status == 501 for status in statuses), statuses
    assert set(statuses[1:]) <= {400}, statuses
