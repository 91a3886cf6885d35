"""Fixtures: connections to /v1/realtime, and a table that anyone can read."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from appwrite_emulator.testing import Emulator
from tests.conftest import CallApi

TIMEOUT = 30  # seconds, long enough for a busy machine
ROWS = "/tablesdb/app/tables/notes/rows"


class Live:
    """A connection to /v1/realtime."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, type: str, data: Any = None) -> None:
        self.socket.send(json.dumps({"type": type, **({} if data is None else {"data": data})}))

    def receive(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=TIMEOUT))

    def ask(self, type: str, data: Any = None) -> dict[str, Any]:
        self.send(type, data)
        return self.receive()

    def events(self) -> list[dict[str, Any]]:
        """Send a ping, read every frame before the pong, and return the events' data."""
        self.send("ping")
        events = []
        while (frame := self.receive())["type"] != "pong":
            events.append(frame["data"])
        return events

    def payloads(self) -> list[dict[str, Any]]:
        return [event["payload"] for event in self.events()]

    def close_code(self) -> int:
        """Read the remaining frames and return the server's close code, or 1006 if the connection breaks."""
        try:
            while True:
                self.receive()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


Connect = Callable[..., Live]


def open_connection(
    emulator: Emulator, *channels: str, project: str = "default", query: str = "", **headers: str
) -> Live:
    """Connect without reading the first frame. `query` is appended to the query string.

    In header names, write `_` instead of `-`.
    """
    named_channels = urlencode([("project", project), *(("channels[]", channel) for channel in channels)])
    url = f"{emulator.endpoint.replace('http', 'ws', 1)}/realtime?{named_channels}{query}"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection = connect(url, additional_headers=named, open_timeout=TIMEOUT, compression=None, proxy=None)
    return Live(ExitStack().enter_context(connection))  # the caller closes the connection


@pytest.fixture
def live(emulator: Emulator) -> Iterator[Connect]:
    """Return a function that opens a connection: `live("rows", session=alice.secret)`."""
    opened: list[Live] = []

    def connect_to(*channels: str, session: str = "", **options: str) -> Live:
        headers = {"X_Appwrite_Session": session} if session else {}
        connection = open_connection(emulator, *channels, **headers, **options)
        opened.append(connection)
        first = connection.receive()
        assert first["type"] == "connected", first
        return connection

    yield connect_to
    for connection in opened:
        connection.socket.close()


@pytest.fixture
def notes(call_api: CallApi) -> CallApi:
    """Create the notes table and return `call_api`."""
    call_api("POST", "/tablesdb", json={"databaseId": "app", "name": "App"})
    columns = [{"key": "title", "type": "string", "size": 100, "required": False}, {"key": "text", "type": "longtext"}]
    table = {"tableId": "notes", "name": "Notes", "permissions": ['read("any")'], "columns": columns}
    status, _, answer = call_api("POST", "/tablesdb/app/tables", json=table)
    assert status == 201, answer
    return call_api
