"""Valid and invalid WebSocket frames from clients, and how connections close."""

import datetime
import json
import os
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY
from tests.realtime.conftest import ROWS, TIMEOUT, Live, open_connection

NOON = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC)
MAX_MESSAGE = 64_000
GOING_AWAY, INVALID_DATA, POLICY_VIOLATION, TOO_BIG, SERVICE_RESTART = 1001, 1007, 1008, 1009, 1012
HEAD = (
    "GET /v1/realtime?project=default&channels[]=rows HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def raw_connection(emulator, text=HEAD):
    """Open a TCP connection to the emulator, send `text` and return the socket."""
    address = urlsplit(emulator.endpoint)
    sock = socket.create_connection((address.hostname, address.port), timeout=TIMEOUT)
    sock.sendall(text.encode())
    return sock


def read_until(sock, ending):
    received = b""
    while ending not in received and (chunk := sock.recv(4096)):
        received += chunk
    return received


def masked(text):
    """Return a masked text frame, as clients must send it."""
    mask, body = os.urandom(4), text.encode()
    return bytes([0x81, 0x80 | len(body)]) + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(body))


def test_fragmented_message_is_read_as_one_message(live):
    connection = live()
    connection.socket.send(['{"type":', '"pi', 'ng"}'])
    assert connection.receive() == {"type": "pong"}


def test_message_split_within_a_utf8_sequence_is_read(live):
    connection = live()
    text = json.dumps({"type": "subscribe", "data": [{"channels": ["å"]}]}, ensure_ascii=False).encode()
    middle = text.index("å".encode()) + 1
    connection.socket.send([text[:middle], text[middle:]], text=True)
    assert connection.receive()["data"]["subscriptions"][0]["channels"] == ["å"]


def test_message_of_the_maximum_size_is_read(live):
    connection = live()
    message = json.dumps({"type": "ping", "data": ""})
    connection.socket.send(message.replace('""', f'"{"x" * (MAX_MESSAGE - len(message))}"'))
    assert connection.receive() == {"type": "pong"}


def test_message_above_the_maximum_size_closes_the_connection(live):
    connection = live()
    connection.socket.send("x" * (MAX_MESSAGE + 1))
    assert connection.close_code() == TOO_BIG


def test_fragments_above_the_maximum_size_close_the_connection(live):
    connection = live()
    with suppress(ConnectionClosed):  # the server may close the connection before the client has sent the whole message
        connection.socket.send(["x" * 40_000, "x" * 40_000])
    assert connection.close_code() == TOO_BIG


def test_invalid_utf8_closes_the_connection(live):
    connection = live()
    connection.socket.send(b"\xff\xfe", text=True)
    assert connection.close_code() == INVALID_DATA


def test_binary_message_is_read_as_text(live):
    connection = live()
    connection.socket.send(b'{"type":"ping"}')
    assert connection.receive() == {"type": "pong"}


def test_message_whose_type_is_a_list_is_rejected(live):
    """This message crashes a real server's process."""
    connection = live()
    connection.socket.send('{"type":["ping"],"data":{}}')
    assert connection.receive()["data"]["code"] == 1003
    assert connection.ask("ping") == {"type": "pong"}


def test_ping_frame_gets_a_pong(live):
    assert live().socket.ping().wait(TIMEOUT)


def test_frame_sent_with_the_handshake_is_read(emulator):
    sock = raw_connection(emulator)
    sock.close()
    sock = raw_connection(emulator, "")
    sock.sendall(HEAD.encode() + masked('{"type":"ping"}'))
    received = read_until(sock, b'{"type":"pong"}')
    assert received.startswith(b"HTTP/1.1 101 ")
    assert received.index(b'"connected"') < received.index(b"pong")
    sock.close()


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
        ("Version: 13", "Version: 8", 400),
        ("Connection: Upgrade", "Connection: close", 426),
        ("GET", "POST", 405),
        ("Host:", "Content-Length: 3\r\nHost:", 400),
        ("Host:", "X-Null: a\0b\r\nHost:", 400),
        ("rows", "r" * 70_000, 414),
        ("Host:", f"X-Long: {'a' * 9000}\r\nHost:", 431),
    ],
)
def test_invalid_handshake_is_rejected(emulator, old, new, status):
    sock = raw_connection(emulator, HEAD.replace(old, new))
    assert read_until(sock, b"\r\n\r\n").startswith(f"HTTP/1.1 {status} ".encode())
    sock.close()


def test_long_lists_of_channels_and_queries_are_accepted(emulator, live):
    channels = [f"channel-{number}" for number in range(1000)]
    first = open_connection(emulator, *channels).receive()
    assert (first["type"], first["data"]["channels"]) == ("connected", channels)


def test_unfinished_handshakes_do_not_block_other_connections(emulator, live):
    unfinished = [raw_connection(emulator, HEAD[:40]) for _ in range(20)]
    assert live().ask("ping") == {"type": "pong"}
    for sock in unfinished:
        sock.close()


def test_presence_is_deleted_when_the_connection_breaks(emulator, live, alice):
    observer = live("presences", session=alice.secret)
    observer.events()
    sock = raw_connection(emulator, HEAD.replace("Host:", f"X-Appwrite-Session: {alice.secret}\r\nHost:"))
    read_until(sock, b'"connected"')
    sock.sendall(masked('{"type":"presence","data":{"status":"online"}}'))
    assert observer.receive()["data"]["events"][0].endswith(".upsert")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # makes close() reset the connection
    sock.close()
    assert observer.receive()["data"]["events"][0].endswith(".delete")


def assert_disconnected(sock):
    """Read from the socket until the server has closed the connection."""
    try:
        while sock.recv(1_000_000):
            pass
    except ConnectionResetError:
        pass


def test_client_that_does_not_read_is_disconnected_and_other_clients_are_not(emulator, notes, live):
    slow = raw_connection(emulator)
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader = live("rows")
    for n in range(40):
        notes("POST", ROWS, json={"rowId": f"n{n}", "data": {"text": "x" * 500_000}})
        assert reader.payloads()[0]["$id"] == f"n{n}"
    assert_disconnected(slow)
    slow.close()


def test_client_that_does_not_read_its_pongs_is_disconnected(emulator):
    pings = (bytes([0x89, 0x80 | 125]) + bytes(4 + 125)) * 800_000
    with raw_connection(emulator) as sock, pytest.raises(ConnectionError):
        sock.sendall(pings)


def test_events_of_concurrent_writers_reach_every_connection_in_order(notes, live):
    connections = [live("rows") for _ in range(5)]

    def write(writer):
        for n in range(10):
            notes("POST", ROWS, json={"rowId": f"w{writer}-{n}", "data": {"title": "x"}})

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for connection in connections:
        numbers = [int(payload["$sequence"]) for payload in connection.payloads()]
        assert numbers == sorted(numbers)
        assert len(numbers) == 60


def test_no_event_is_lost_while_other_connections_open_and_close(emulator, notes, live):
    stop = threading.Event()

    def open_and_close():
        while not stop.is_set():
            open_connection(emulator, "rows").socket.close()

    threads = [threading.Thread(target=open_and_close) for _ in range(4)]
    for thread in threads:
        thread.start()
    observer = live("rows")
    for n in range(30):
        notes("POST", ROWS, json={"rowId": f"n{n}", "data": {"title": "x"}})
    stop.set()
    for thread in threads:
        thread.join()
    assert len(observer.payloads()) == 30


def test_reset_closes_connections(emulator, notes, live):
    connection = live("rows")
    emulator.reset()
    assert connection.close_code() == SERVICE_RESTART
    assert live("rows").ask("ping") == {"type": "pong"}


def test_stopping_the_emulator_closes_connections():
    with Emulator(key=KEY) as emulator:
        connection = open_connection(emulator, "rows")
        connection.receive()
    assert connection.close_code() == GOING_AWAY


def test_limits_option_limits_connections_and_messages():
    with Emulator(key=KEY, limits=True) as emulator:
        emulator.clock.move_to(NOON)  # starts at a full minute, because each minute is counted separately
        connections = [open_connection(emulator) for _ in range(128)]
        refused = open_connection(emulator).receive()
        first: Live = connections[0]
        first.receive()
        answers = [first.ask("ping") for _ in range(33)]
        for connection in connections:
            connection.socket.close()
    assert refused["data"] == {"code": 1013, "message": "Too many requests"}
    assert [answer["type"] for answer in answers] == ["pong"] * 32 + ["error"]
    assert answers[-1]["data"]["code"] == 1013


def test_plain_http_request_does_not_open_a_websocket(emulator):
    sock = raw_connection(emulator, "GET /v1/realtime?project=default HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 404 ")
    sock.close()


def test_compression_is_not_negotiated(emulator):
    url = emulator.endpoint.replace("http", "ws", 1) + "/realtime?project=default"
    with connect(url, proxy=None) as connection:
        assert connection.protocol.extensions == []
        started = time.monotonic()
        connection.recv()
        assert time.monotonic() - started < TIMEOUT
