"""Messages from clients: `ping`, `authentication`, `subscribe`, `unsubscribe` and `presence`."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.auth.session_secrets import find_session
from appwrite_emulator.common import ids, php_json
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import responses
from appwrite_emulator.realtime import presences, queries
from appwrite_emulator.realtime.connection import Connection
from appwrite_emulator.realtime.queries import QueryError, SelectError
from appwrite_emulator.realtime.subscriptions import Subscription, convert_channels

SERVER_ERROR = "Error: Server Error"
MAX_SESSION = 2048
"""Maximum length of a session's secret in a message."""

INVALID, POLICY_VIOLATION, TRY_AGAIN_LATER = 1003, 1008, 1013


class MessageError(Exception):
    """An error in a message or connection. `code`: close code, HTTP status, or 0 for an internal server error."""

    def __init__(self, code: int, message: str = SERVER_ERROR) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def error_frame(error: MessageError) -> dict[str, Any]:
    return {"type": "error", "data": {"code": error.code, "message": error.message}}


def encode(frame: dict[str, Any]) -> bytes:
    return php_json.dumps(frame).encode()


def parse(text: str) -> tuple[str, Any]:
    """Return the message's type and data. Raise MessageError if the message is invalid."""
    try:
        message = php_json.loads(text)
    except ValueError:
        message = None
    if isinstance(message, str | int | float):
        raise MessageError(0)
    if not isinstance(message, dict) or ("type" not in message and "data" not in message):
        raise MessageError(INVALID, "Message format is not valid.")
    type_ = message.get("type")
    if not isinstance(type_, str) or type_ not in HANDLERS:
        raise MessageError(INVALID, "Message type is not valid.")
    return type_, message.get("data")


def answer(connection: Connection, type_: str, data: Any) -> dict[str, Any]:
    """Return the response to a message. Raise MessageError if the message is rejected."""
    try:
        return HANDLERS[type_](connection, data)
    except AppwriteError as error:
        raise MessageError(error.status, error.message) from None
    except (SelectError, TypeError):
        raise MessageError(0) from None


def _response(to: str, **data: Any) -> dict[str, Any]:
    return {"type": "response", "data": {"to": to, **data}}


def _ping(_connection: Connection, _data: Any) -> dict[str, Any]:
    return {"type": "pong"}


def _authenticate(connection: Connection, data: Any) -> dict[str, Any]:
    """Sign in on the open connection. Its subscriptions are kept, and use the new user's roles."""
    secret = _required(data, "session")
    if not isinstance(secret, str) or not 0 < len(secret) <= MAX_SESSION:
        raise MessageError(INVALID, f"session: Value must be a valid string and no longer than {MAX_SESSION} chars")
    session = find_session(secret)
    if session is None or not session.user.status:
        raise MessageError(INVALID, "Session is not valid.")
    if connection.is_impersonated:
        raise MessageError(INVALID, "Cannot re-authenticate on an impersonated connection.")
    connection.sign_in(Caller(user=session.user, session=session))
    return _response("authentication", success=True, user=responses.account(session.user))


def _required(data: Any, name: str) -> Any:
    if not isinstance(data, dict) or name not in data:
        raise MessageError(INVALID, f"Payload is not valid. {name.title()} is required")
    return data[name]


def _items(data: Any) -> list[dict[str, Any]]:
    """Return the message's data, which must be a list."""
    if data is None:
        raise MessageError(INVALID, "Payload is not valid. Items is required")
    if not isinstance(data, list):
        raise MessageError(INVALID, "items: Payload is not valid.")
    return [each or {} for each in data]  # PHP reads an empty object as a list


def _subscribe(connection: Connection, data: Any) -> dict[str, Any]:
    """Add all subscriptions in the list, or none if one is invalid."""
    items = _items(data)
    for item in items:
        _check_item(item)
    subscriptions = []
    for item in items:
        try:
            parsed = queries.parse_all(item.get("queries", []))
        except QueryError as error:
            raise MessageError(INVALID, f"Invalid query: {error}") from None
        channels = convert_channels(item["channels"], connection.user_id)
        subscriptions.append((item.get("subscriptionId", ids.unique()), channels, parsed))
    for subscription_id, channels, parsed in subscriptions:
        subscription = connection.subscriptions.setdefault(subscription_id, Subscription({}))
        subscription.channels |= dict.fromkeys(channels, parsed)
    shown = [
        {"subscriptionId": subscription_id, "channels": channels, "queries": [str(query) for query in parsed]}
        for subscription_id, channels, parsed in subscriptions
    ]
    return _response("subscribe", success=True, subscriptions=shown)


def _check_item(item: Any) -> None:
    def require(condition: bool, problem: str) -> None:
        if not condition:
            raise MessageError(INVALID, f"items: {problem}")

    require(isinstance(item, dict), "Each subscribe payload must be an object.")
    subscription_id = item.get("subscriptionId", "unique()")
    valid_id = isinstance(subscription_id, str) and (subscription_id == "unique()" or ids.ID.fullmatch(subscription_id))
    require(bool(valid_id), "subscriptionId is not a valid id.")
    require("channels" in item, "channels is not present in payload.")
    require(isinstance(item["channels"], list), "channels is not a valid array.")
    require(all(isinstance(channel, str) for channel in item["channels"]), "channels must contain only strings.")
    require(isinstance(item.get("queries", []), list), "queries is not a valid array.")


def _unsubscribe(connection: Connection, data: Any) -> dict[str, Any]:
    items = _items(data)
    for item in items:
        subscription_id = item.get("subscriptionId") if isinstance(item, dict) else None
        if not isinstance(subscription_id, str) or not subscription_id:
            problem = "Each unsubscribe payload must include a non-empty subscriptionId."
            raise MessageError(INVALID, f"items: {problem}")
    shown = []
    for item in items:
        removed = connection.subscriptions.pop(item["subscriptionId"], None)
        shown.append({"subscriptionId": item["subscriptionId"], "removed": bool(removed and removed.channels)})
    return _response("unsubscribe", success=True, subscriptions=shown)


def _presence(connection: Connection, data: Any) -> dict[str, Any]:
    """Create or update the user's presence. It is deleted when the connection is closed."""
    _required(data, "status")
    try:
        content = presences.read(data)
    except ValueError as error:
        raise MessageError(INVALID, str(error)) from None
    if not connection.user_id:
        raise AppwriteError("user_unauthorized", "User must be authorized")
    presence = presences.upsert_from_message(connection.user_id, content, connection.roles)
    connection.presences.add(presence.id)
    return _response("presence", presence=presences.message_model(presence))


HANDLERS: dict[str, Callable[[Connection, Any], dict[str, Any]]] = {
    "ping": _ping,
    "authentication": _authenticate,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
    "presence": _presence,
}
