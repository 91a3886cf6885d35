"""One WebSocket. The event loop's thread reads and writes frames. Other methods can be called on any thread."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN

if TYPE_CHECKING:
    from websockets.server import ServerProtocol

MAX_MESSAGE = 64_000
"""Maximum size of a client's message, in bytes."""
MAX_UNSENT = 4 * 1024 * 1024
"""A client with more unread bytes than this is disconnected."""
MAX_PENDING = 64
"""Maximum number of messages without a response. Reading pauses while there are this many."""
CLOSE_TIMEOUT = 5.0
"""Time to wait for the client to close its side, in seconds."""

_RESET = struct.pack("ii", 1, 0)
"""Value of SO_LINGER that makes closing the socket reset the connection."""

# The operating system probes idle connections. If the client has disappeared, the system closes the connection after
# two minutes.
_KEEP_ALIVE = {"TCP_KEEPIDLE": 60, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4}


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Return the event loop of all connections. Its thread starts with the first connection."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="realtime sockets", daemon=True).start()
    return loop


class WebSocket(asyncio.Protocol):
    def __init__(
        self, protocol: "ServerProtocol", on_message: Callable[[str], None], on_close: Callable[[], None]
    ) -> None:
        self._protocol = protocol
        self._on_message, self._on_close = on_message, on_close
        self._transport: asyncio.Transport | None = None
        self._message = bytearray()  # fragments received so far
        self._pending = 0
        self._received = b""
        self._free_at = 0.0  # loop time at which the last delayed frame is sent

    def attach(self, sock: socket.socket, received: bytes) -> None:
        """Serve this socket after its handshake. `received`: bytes after the handshake that have already been read."""
        self._received = received
        with suppress(OSError):  # the client has closed the connection already
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE.items():
                if hasattr(socket, name):  # missing on some systems
                    sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        attached = asyncio.run_coroutine_threadsafe(loop().connect_accepted_socket(lambda: self, sock), loop())
        attached.add_done_callback(lambda done: self._on_close() if done.exception() else None)

    def close(self, code: int, reason: str = "") -> None:
        """Close the connection with a close frame."""
        loop().call_soon_threadsafe(self._close, code, reason)

    def finish_message(self) -> None:
        """Record that the response to a message has been sent."""
        loop().call_soon_threadsafe(self._finish_message)

    # -- on the loop's thread ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flush()
        if self._received:
            self.data_received(self._received)

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            if isinstance(frame, Frame) and frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._message += frame.data
                if frame.fin:
                    self._read_message()
        self._flush()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, _: Exception | None) -> None:
        self._on_close()

    def _read_message(self) -> None:
        message, self._message = self._message, bytearray()
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self._protocol.fail(CloseCode.INVALID_DATA, "invalid UTF-8")
            return
        self._pending += 1
        if self._pending == MAX_PENDING and self._transport:
            self._transport.pause_reading()
        self._on_message(text)

    def _finish_message(self) -> None:
        self._pending -= 1
        if self._pending == MAX_PENDING - 1 and self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def send_after(self, message: bytes, delay: float) -> None:
        time = max(loop().time() + delay, self._free_at)
        if time <= loop().time():
            self._send(message)
            return
        self._free_at = time + 1e-6  # the event loop may reorder timers with equal times
        loop().call_at(self._free_at, self._send, message)

    def _send(self, message: bytes) -> None:
        if self._protocol.state is not OPEN:
            return
        self._protocol.send_text(message)
        self._flush()

    def _close(self, code: int, reason: str) -> None:
        if self._protocol.state is OPEN:
            self._protocol.send_close(code, reason)
            self._flush()

    def _disconnect(self, transport: asyncio.Transport) -> None:
        """Disconnect a client that reads neither frames nor the responses to its pings."""
        # Otherwise the operating system would keep trying to send the data that it has accepted.
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()

    def _flush(self) -> None:
        if self._transport is None:
            return  # the protocol holds the frames until the transport exists
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._disconnect(self._transport)
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()
        if self._protocol.close_expected():
            loop().call_later(CLOSE_TIMEOUT, self._transport.abort)


def send(messages: list[tuple[WebSocket, bytes, float]]) -> None:
    """Send each message after its delay in seconds. One connection's messages keep their order."""

    def send_all() -> None:
        for websocket, message, delay in messages:
            websocket.send_after(message, delay)

    loop().call_soon_threadsafe(send_all)


def wait(seconds: float) -> None:
    """Wait until the event loop has done all work queued so far, for at most `seconds`."""
    done = threading.Event()
    loop().call_soon_threadsafe(done.set)
    done.wait(seconds)
