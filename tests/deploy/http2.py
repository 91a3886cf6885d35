"""HTTP/2 requests with any header names and values, including those that libraries refuse to send."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY = 0, 1, 3, 4, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def literal(text: str) -> bytes:
    """Encode a string of at most 126 characters for HPACK, without Huffman coding."""
    assert len(text) < 127
    return bytes([len(text)]) + text.encode("latin1")


def request(headers: list[tuple[str, str]], body: str = "") -> bytes:
    """Return a connection's first bytes: the preface, and one request in stream 1."""
    block = b"".join(b"\x00" + literal(name) + literal(value) for name, value in headers)
    last = END_STREAM if not body else 0
    sent = PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_HEADERS | last, 1, block)
    return sent + (frame(DATA, END_STREAM, 1, body.encode("latin1")) if body else b"")


def answers(line: socket.socket) -> list[tuple[int, int]]:
    """Return the kind and stream of each frame until the response or an error ends stream 1 or the connection."""
    received, frames = b"", []
    while True:
        while len(received) < 9 or len(received) < 9 + int.from_bytes(received[:3], "big"):
            more = line.recv(65536)
            if not more:
                return frames
            received += more
        length = int.from_bytes(received[:3], "big")
        kind, flags, stream = struct.unpack(">BBI", received[3:9])
        frames.append((kind, stream))
        received = received[9 + length :]
        if kind in (RST_STREAM, GOAWAY) or (stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM):
            return frames
