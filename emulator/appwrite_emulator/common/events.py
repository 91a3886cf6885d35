"""Events, which describe the changes that a write made. Realtime connections and functions subscribe to event names.

A route declares the pattern of its events, such as `teams.[teamId].update.prefs`. Listeners are called on the request's
thread, after the write has been committed, in the order of the writes.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from appwrite_emulator.common import clock

log = logging.getLogger(__name__)

_PLACEHOLDER = re.compile(r"\[(\w+)\]")
# Resource types in the Databases service -> resource types in TablesDB.
_TO_ROWS = {"collections": "tables", "documents": "rows", "attributes": "columns"}
_TO_DOCUMENTS = {current: legacy for legacy, current in _TO_ROWS.items()}


@dataclass(frozen=True)
class Event:
    """One event. Payloads are shared by all listeners, which must not change them."""

    pattern: str
    """As declared by the route: `teams.[teamId].update.prefs`."""
    params: Mapping[str, str]
    """The IDs in the name."""
    names: tuple[str, ...]
    """All names, with every combination of IDs and `*`. The full name, with all IDs, comes first."""
    payload: dict[str, Any]
    """The changed resource, as the API returns it."""
    project_id: str
    user_id: str = ""
    """ID of the user whose request caused the event.

    If a guest or an API key calls the account service or signs a user in, that user's ID. Otherwise empty for them.
    """
    readers: frozenset[str] | None = None
    """Roles that can see the event. Set only if they cannot be determined after the write."""
    time: str = field(default_factory=lambda: clock.iso(clock.now()))

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def client_payload(self) -> dict[str, Any]:
        """The payload for realtime clients. Only webhooks and functions get the secrets of a user's tokens."""
        if not _is_about_token(self.pattern):
            return self.payload
        return {key: value for key, value in self.payload.items() if key != "secret"}


_SECRETS = ("password", "hash", "hashOptions", "secret", "uri", "recoveryCodes")
caused_by: ContextVar[str] = ContextVar("caused_by", default="")
"""The `user_id` of the current request's events. The runner sets it before the commit."""


def _is_about_token(pattern: str) -> bool:
    return pattern.startswith("users.") and "[tokenId]" in pattern


def without_secrets(pattern: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload. For user events, leave out password hashes and secrets other than those of tokens.

    In session events, the secret is empty, as in responses to the session's user. Events about preferences contain
    either an account, which has no secrets, or only the preferences, whose names do not matter.
    """
    if not pattern.startswith("users.") or pattern.endswith(".prefs") or _is_about_token(pattern):
        return dict(payload)
    public = {key: value for key, value in payload.items() if key not in _SECRETS}
    return public | ({"secret": ""} if "[sessionId]" in pattern else {})


_listeners: list[tuple[Callable[[Event], None], Callable[[], bool]]] = []


def listen(listener: Callable[[Event], None], is_active: Callable[[], bool] = lambda: True) -> None:
    """Call `listener` with every event from now on. It runs under the write lock, so it must be quick.

    `is_active` returns whether the listener currently needs events. If none do, writes do not compute event names.
    """
    _listeners.append((listener, is_active))


def has_listeners() -> bool:
    return any(is_active() for _, is_active in _listeners)


def publish(events: Iterable[Event]) -> None:
    """Pass the events to all listeners.

    If a listener fails, log the error instead of raising it, because the write has succeeded.
    """
    for event in events:
        for listener, _ in _listeners:
            try:
                listener(event)
            except Exception:
                log.exception("A listener failed for %s", event.name)


def names_of(pattern: str, params: Mapping[str, str], database_type: str = "") -> tuple[str, ...]:
    """Return the event's names, as Appwrite's `Event::generateEvents` does. The full name comes first.

    `params` are the values of the pattern's placeholders. Events in databases have names for both services. In a
    database of type `tablesdb`, they also have names that start with `tablesdb`.
    """
    names = [name for each in _patterns(pattern) for name in _filled(each, params)]
    if pattern.startswith("databases."):
        names = [mirror for name in names for mirror in _mirrored(name, database_type)]
    return tuple(dict.fromkeys(names))


def _patterns(pattern: str) -> Iterator[str]:
    """Yield the pattern, its shorter forms (without the changed attribute, without the action), and its parents."""
    parts = pattern.split(".")
    depth = 2  # number of parts that identify the resource
    while depth + 1 < len(parts) and parts[depth + 1].startswith("["):
        depth += 2
    resource, rest = parts[:depth], parts[depth:]
    if len(rest) <= 2:
        yield pattern
    if rest:
        yield ".".join([*resource, rest[0]])
    if len(rest) == 2 and depth > 2:
        yield ".".join([*parts[:2], *rest])  # a membership's event is also `teams.[teamId].update.status`
    for end in range(depth, 0, -2):
        yield ".".join(parts[:end])


def _filled(pattern: str, params: Mapping[str, str]) -> Iterator[str]:
    """Yield the pattern once for every way to replace each placeholder with its value or with `*`."""
    keys = _PLACEHOLDER.findall(pattern)
    for values in product(*[(params[key], "*") for key in keys]):
        remaining = iter(values)
        yield _PLACEHOLDER.sub(lambda _, remaining=remaining: next(remaining), pattern)  # type: ignore[misc]


def _mirrored(name: str, database_type: str) -> Iterator[str]:
    """Yield a database event's names in both services. The service that matches the database's type comes first."""
    if database_type == "tablesdb":
        rows = _renamed(name, _TO_ROWS)
        yield "tablesdb" + rows.removeprefix("databases")
        yield _renamed(rows, _TO_DOCUMENTS)
        yield rows
        return
    yield name
    yield _renamed(name, _TO_DOCUMENTS)
    yield _renamed(name, _TO_ROWS)


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """Rename the resource types, which are every second part of the name."""
    parts = name.split(".")
    parts[::2] = [names.get(part, part) for part in parts[::2]]
    return ".".join(parts)


def params_of(pattern: str, payload: Mapping[str, Any], known: Mapping[str, str], user_id: str) -> dict[str, str]:
    """Return the values of the pattern's placeholders, from `known` (the URL's parameters) or else from the payload.

    If neither contains a placeholder's name, use the payload's `$id`. If the payload has no `$id` either, use the
    caller's ID as the user ID.
    """
    params: dict[str, str] = {}
    for key in _PLACEHOLDER.findall(pattern):
        found = known.get(key) or payload.get(key) or payload.get(f"${key}") or payload.get("$id")
        fallback = user_id if key == "userId" else payload.get("key") or known.get("key") or ""
        params[key] = str(found or fallback)
    return params
