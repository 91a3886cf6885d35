"""Open connections to /v1/realtime. A new connection uses the HTTP request's thread until the first frame is sent."""

import logging
import socket
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from websockets.http11 import Request
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from appwrite_emulator.auth.callers import Caller, identify_user
from appwrite_emulator.common import ids, project_state
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Project
from appwrite_emulator.http import faults, request_body, request_log, request_project, responses
from appwrite_emulator.http.rate_limits import Counter, RateLimit
from appwrite_emulator.http.request_log import Entry
from appwrite_emulator.realtime import messages, subscriptions
from appwrite_emulator.realtime.connection import Connection
from appwrite_emulator.realtime.hub import hub
from appwrite_emulator.realtime.messages import POLICY_VIOLATION, TRY_AGAIN_LATER, MessageError
from appwrite_emulator.realtime.queries import QueryError, SelectError
from appwrite_emulator.realtime.websocket import MAX_MESSAGE, WebSocket

log = logging.getLogger(__name__)

OPERATION = "realtime.connect"
END_OF_HEAD = b"\r\n\r\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
CONNECTIONS = RateLimit(128, 60)
MESSAGES = RateLimit(32, 60, keys=("connection:{param-connection}",))


def serve(sock: socket.socket, head: bytes, http: HttpRequest) -> None:
    """Respond to the handshake request at the start of `head`. Then serve the connection.

    As on the real server, the handshake always succeeds. A rejected client gets an error frame. Its socket is then
    closed without a close frame.
    """
    with request_log.record(http, OPERATION) as entry:
        matches = faults.match_faults((OPERATION,))
        entry.faults, entry.status = [fault.id for fault in matches], 101
        time.sleep(sum(fault.delay for fault in matches))
        entry.dropped = any(fault.drop for fault in matches)
        end = head.index(END_OF_HEAD) + len(END_OF_HEAD)
        protocol = None if entry.dropped else _shake_hands(sock, head[:end])
        if protocol is None:
            entry.status = request_log.NO_ANSWER if entry.dropped else 400
            sock.close()
            return
        try:
            for fault in matches:
                if fault.status:
                    raise MessageError(fault.status, faults.FaultError(fault).message)
            _open(http, protocol, entry).attach(sock, head[end:])
        except MessageError as error:
            entry.status = error.code
            _refuse(sock, protocol, error)
        except Exception:
            log.exception("A connection failed")
            entry.status = 0
            _refuse(sock, protocol, MessageError(0))


def _shake_hands(sock: socket.socket, head: bytes) -> ServerProtocol | None:
    """Respond to the WebSocket handshake. Return None if the request is invalid or the client has disconnected."""
    protocol = ServerProtocol(max_size=MAX_MESSAGE)
    protocol.receive_data(head)
    for request in protocol.events_received():  # empty if the request line or the headers are invalid or too long
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
    try:
        sock.sendall(b"".join(protocol.data_to_send()) or BAD_REQUEST)
    except OSError:  # the client has closed the connection already
        return None
    return protocol if protocol.state is OPEN else None


def _refuse(sock: socket.socket, protocol: ServerProtocol, error: MessageError) -> None:
    protocol.send_text(messages.encode(messages.error_frame(error)))
    with sock, suppress(OSError):  # the client has closed the connection already
        sock.sendall(b"".join(protocol.data_to_send()))
        sock.shutdown(socket.SHUT_RDWR)


def _open(http: HttpRequest, protocol: ServerProtocol, entry: Entry) -> WebSocket:
    """Add the connection to the hub, and return its WebSocket. Raise MessageError if the client is rejected."""
    project = _find_project(http)
    if not Counter(CONNECTIONS, http, "realtime", Caller(), {}).count_call():
        raise MessageError(TRY_AGAIN_LATER, "Too many requests")
    _check_origin(http)
    parameters = request_body.expand_query(http.GET)
    with state.write_lock():  # otherwise the user's roles could change before the connection is in the hub
        try:
            caller = identify_user(http, project)
        except AppwriteError as error:
            raise MessageError(error.status, error.message) from None
        if caller.user and not caller.user.status:
            caller = Caller()
        entry.caller, entry.name = caller.log_identity
        counter = Counter(MESSAGES, http, "realtime", caller, {"connection": ids.unique()})
        connection, connected = _connect(project, caller, parameters, counter)
        websocket = WebSocket(protocol, lambda text: hub.receive(connection, text), lambda: hub.closed(connection))
        connection.socket = websocket
        hub.open(connection, connected)
    return websocket


def _find_project(http: HttpRequest) -> Project:
    """Return the project. Unlike the real server, reject a request that does not name a project."""
    project: Project | None = request_project.stored_project(request_project.named_project(http))
    if project is None:
        raise MessageError(POLICY_VIOLATION, "Missing or unknown project ID")
    if "websocket" in project.disabled_protocols:
        disabled = AppwriteError("general_api_disabled")
        raise MessageError(disabled.status, disabled.message)
    return project


def _check_origin(http: HttpRequest) -> None:
    if not request_project.is_origin_allowed(http):
        host = urlsplit(http.headers.get("Origin", "")).hostname or ""
        raise MessageError(
            POLICY_VIOLATION,
            f"Invalid Origin. Register your new client ({host}) as a new Web platform on your project console "
            "dashboard",
        )


def _connect(
    project: Project, caller: Caller, parameters: dict[str, Any], counter: Counter
) -> tuple[Connection, dict[str, Any]]:
    """Return the connection and its first frame."""
    names = parameters.get("channels", {})
    if not isinstance(names, dict):
        raise MessageError(0)
    user_id = caller.user.id if caller.user else ""
    channels = subscriptions.convert_channels(names.values(), user_id)
    try:
        numbered = subscriptions.from_query_string(channels, parameters)
    except QueryError as error:
        raise MessageError(POLICY_VIOLATION, str(error)) from None
    except (SelectError, TypeError):
        raise MessageError(0) from None
    by_id, shown = subscriptions.with_new_ids(numbered)
    connection = Connection(
        project_state.current(),
        project.id,
        user_id,
        caller.session_id,
        caller.roles,
        caller.impersonator is not None,
        by_id,
        counter,
    )
    user = responses.account(caller.user) if caller.user else None
    return connection, {"type": "connected", "data": {"channels": channels, "subscriptions": shown, "user": user}}
