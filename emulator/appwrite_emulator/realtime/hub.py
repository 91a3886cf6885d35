"""The hub of all open connections. It sends each connection the events to which it has subscribed.

One thread does all the work for connections, in the order of its inbox. Writers put events in the inbox while they hold
the write lock. Messages from clients go to the same inbox. Therefore no state here needs a lock, and a request never
waits for a connection.
"""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common import events, php_json, project_state
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.project_state import FIRST, ProjectClosedError, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Membership, Session, User
from appwrite_emulator.db.tables import table_schema
from appwrite_emulator.http import faults, request_log
from appwrite_emulator.http.server import REALTIME
from appwrite_emulator.realtime import messages, presences, websocket
from appwrite_emulator.realtime.audience import Audience, audience_of
from appwrite_emulator.realtime.connection import Connection
from appwrite_emulator.realtime.messages import MessageError
from appwrite_emulator.realtime.websocket import WebSocket, send

log = logging.getLogger(__name__)

GOING_AWAY, SERVICE_RESTART = 1001, 1012
ENDED = "The project was reset or deleted."


class Hub:
    def __init__(self) -> None:
        self._inbox: queue.SimpleQueue[tuple[ProjectState, Callable[[], None]]] = queue.SimpleQueue()
        self._connections: dict[Connection, None] = {}
        self._count = 0  # number of connections, including those still in the inbox
        self._count_lock = threading.Lock()
        self._started = False

    def open(self, connection: Connection, connected: dict[str, Any]) -> None:
        """Add a connection, and send its first frame.

        The caller must hold the write lock, and must have acquired it before reading the user's roles.
        """
        self._start()
        with self._count_lock:
            self._count += 1
        self._post(self._add, connection, project=FIRST)
        self._post(self._greet, connection, connected)

    def receive(self, connection: Connection, text: str) -> None:
        self._post(self._answer, connection, text, project=connection.project)

    def closed(self, connection: Connection) -> None:
        self._post(self._remove, connection, project=connection.project)

    def close_all(self, code: int, reason: str) -> None:
        """Close the connections of all projects."""
        self._post(self._close, lambda _: True, code, reason, project=FIRST)

    def close_project(self, code: int, reason: str) -> None:
        """Close the connections of the current project."""
        self._post(self._close, _is_of(project_state.current()), code, reason, project=FIRST)

    def wait(self, seconds: float) -> None:
        """Wait until all tasks in the inbox are done."""
        if self._started:
            done = threading.Event()
            self._post(done.set, project=FIRST)
            done.wait(seconds)

    def _start(self) -> None:
        """Start the hub's thread, on the first connection."""
        if self._started:
            return
        self._started = True
        threading.Thread(target=self._run, name="realtime hub", daemon=True).start()
        events.listen(self._publish, lambda: self._count > 0)
        for signal in (post_save, post_delete):
            signal.connect(self._membership_changed, sender=Membership)
            signal.connect(self._user_changed, sender=User)
        post_delete.connect(self._session_ended, sender=Session)

    def _post(self, function: Callable[..., None], *arguments: Any, project: ProjectState | None = None) -> None:
        """Put a task in the inbox. It belongs to the given project or, by default, to the current one.

        The task does not run if the project has been closed by then. The first project's tasks always run.
        """
        if self._started:
            self._inbox.put((project or project_state.current(), partial(function, *arguments)))

    def _run(self) -> None:
        while True:
            project, task = self._inbox.get()
            try:
                with project.use():
                    task()
            except ProjectClosedError:  # connections may have opened since `close_project`
                self._close(_is_of(project), SERVICE_RESTART, ENDED)
            except Exception:
                log.exception("The hub of realtime connections failed")

    # -- on the threads of writers, which hold the write lock ----------------------------------------------------------

    def _publish(self, event: Event) -> None:
        if self._count:
            audience = audience_of(event)
            if audience.channels and audience.roles:
                self._post(self._deliver, event, audience, php_json.as_stored(_without_related_rows(event)))

    def _membership_changed(self, instance: Membership, **_: Any) -> None:
        if self._count:
            transaction.on_commit(partial(self._post, self._update_roles, instance.user_id))

    def _session_ended(self, instance: Session, **_: Any) -> None:
        if self._count:
            session_id = instance.id
            transaction.on_commit(partial(self._end, lambda connection: connection.depends_on(session_id)))

    def _user_changed(self, signal: Any, instance: User, **_: Any) -> None:
        if self._count and (signal is post_delete or not instance.status):
            user_id = instance.id
            transaction.on_commit(partial(self._end, lambda connection: connection.is_of(user_id)))

    def _end(self, is_ended: Callable[[Connection], bool]) -> None:
        self._post(self._close_after_events, is_ended)

    # -- on the hub's thread -------------------------------------------------------------------------------------------

    def _add(self, connection: Connection) -> None:
        self._connections[connection] = None

    def _greet(self, connection: Connection, connected: dict[str, Any]) -> None:
        _send([_Frame(connection.socket, messages.encode(connected), "realtime.connected")])

    def _remove(self, connection: Connection) -> None:
        if connection in self._connections:
            del self._connections[connection]
            with suppress(ProjectClosedError), connection.project.use():
                presences.remove(connection.presences)
            with self._count_lock:
                self._count -= 1

    def _update_roles(self, user_id: str) -> None:
        """Update the roles of the user's connections."""
        with state.write_lock():
            user = User.objects.filter(id=user_id).first()
            roles = Caller(user=user).roles if user else None
        for connection in self._connections:
            if roles and connection.is_of(user_id):
                connection.roles = roles

    def _close_after_events(self, is_ended: Callable[[Connection], bool]) -> None:
        """Close connections after they have received the events of the write that deleted their sessions."""
        with state.write_lock():  # the writer puts its events in the inbox before it releases the lock
            self._post(self._close, is_ended, messages.POLICY_VIOLATION, "The session has ended.")

    def _close(self, is_ended: Callable[[Connection], bool], code: int, reason: str) -> None:
        for connection in filter(is_ended, list(self._connections)):
            connection.socket.close(code, reason)
            self._remove(connection)

    def _answer(self, connection: Connection, text: str) -> None:
        if connection not in self._connections:
            return  # the connection was closed while the message was in the inbox
        entry = request_log.Entry("MESSAGE", REALTIME, "realtime.message", {}, name=connection.user_id, status=200)
        entry.caller = "user" if connection.user_id else "guest"
        try:
            if not connection.counter.count_call():
                raise MessageError(messages.TRY_AGAIN_LATER, "Too many messages.")
            type_, data = messages.parse(text)
            entry.operation = f"realtime.{type_}"
            answer = messages.answer(connection, type_, data)
        except MessageError as error:
            entry.status, answer = error.code, messages.error_frame(error)
        except Exception:
            log.exception("A message failed")
            answer = messages.error_frame(MessageError(0))
            entry.status = 0
        finally:
            connection.socket.finish_message()
        frame = _Frame(connection.socket, messages.encode(answer), entry.operation)
        _send([frame])
        entry.faults, entry.dropped = frame.faults, frame.is_dropped
        request_log.add(entry)

    def _deliver(self, event: Event, audience: Audience, payload: dict[str, Any]) -> None:
        """Send the event to each connection with a matching subscription, one frame per connection."""
        data = {"events": event.names, "channels": audience.channels, "timestamp": event.time, "payload": payload}
        common = php_json.dumps({"type": "event", "data": data}).removesuffix("}}")
        frames = []
        for connection in self._connections:
            if connection.project_id == event.project_id and (ids := connection.matching(audience, payload)):
                text = f'{common},"subscriptions":{php_json.dumps(ids)}}}}}'
                frames.append(_Frame(connection.socket, text.encode(), "realtime.event"))
        if frames:
            _send(frames)
            entry = request_log.Entry("EVENT", event.name[: request_log.MAX_LENGTH], "realtime.event", {}, status=200)
            entry.name = f"{len(frames)} connection{'s' if len(frames) > 1 else ''}"
            entry.faults = sorted({fault for frame in frames for fault in frame.faults})
            request_log.add(entry)


def _is_of(project: ProjectState) -> Callable[[Connection], bool]:
    return lambda connection: connection.project is project


def _without_related_rows(event: Event) -> dict[str, Any]:
    """Return the payload without relationship columns, which the real server does not send either."""
    database_id = event.params.get("databaseId", "")
    table_id = event.params.get("tableId") or event.params.get("collectionId", "")
    schema = table_schema.find(database_id, table_id) if table_id else None
    return {key: value for key, value in event.client_payload.items() if not schema or key not in schema.related}


@dataclass
class _Frame:
    """A frame for one connection. The faults that match its operation have been applied."""

    socket: WebSocket
    message: bytes
    operation: str
    delay: float = 0.0
    is_dropped: bool = False
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for fault in faults.match_faults((self.operation,)):
            self.faults.append(fault.id)
            self.delay += fault.delay
            self.is_dropped = self.is_dropped or fault.drop
            if fault.status:
                error = MessageError(fault.status, faults.FaultError(fault).message)
                self.message = messages.encode(messages.error_frame(error))
            elif fault.malformed:
                self.message = faults.MALFORMED


def _send(frames: list[_Frame]) -> None:
    send([(frame.socket, frame.message, frame.delay) for frame in frames if not frame.is_dropped])


hub = Hub()


@project_state.on_close
@state.on_reset
def close_connections() -> None:
    """Close the project's connections, because their users and sessions may no longer exist.

    Appwrite's SDKs reconnect.
    """
    hub.close_project(SERVICE_RESTART, ENDED)


def stop() -> None:
    """Close all connections before the process exits."""
    hub.close_all(GOING_AWAY, "The emulator is stopping.")
    hub.wait(seconds=1)
    websocket.wait(seconds=1)
