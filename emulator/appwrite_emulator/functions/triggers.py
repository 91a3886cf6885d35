"""Functions' triggers: event patterns such as `users.*.create`. Cron expressions are in `schedules`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OWN_EVENTS = "functions."
"""Prefix of the event patterns that cannot trigger a function."""
_CRUD = ("create", "update", "delete")


@dataclass(frozen=True)
class _Resource:
    """A resource type: its actions, each with the attributes that an event can name, and its nested resource types."""

    actions: Mapping[str, tuple[str, ...]]
    children: Mapping[str, _Resource]


def _resource(*actions: str, updates: tuple[str, ...] = (), **children: _Resource) -> _Resource:
    """Describe a resource type. `updates`: attributes with their own update event."""
    return _Resource({action: updates if action == "update" else () for action in actions}, children)


_ROWS = _resource("create", "update", "delete", "upsert")
# From the real server's app/config/events.php.
_EVENTS = {
    "users": _resource(
        *_CRUD,
        updates=(
            *("email", "name", "password", "phone", "prefs", "status", "mfa", "labels"),
            *("emailVerification", "phoneVerification"),
        ),
        sessions=_resource("create", "delete"),
        recovery=_resource("create", "update"),
        verification=_resource("create", "update"),
        targets=_resource(*_CRUD),
    ),
    "databases": _resource(
        *_CRUD,
        collections=_resource(
            *_CRUD, documents=_ROWS, attributes=_resource("create", "delete"), indexes=_resource("create", "delete")
        ),
        tables=_resource(
            *_CRUD, rows=_ROWS, columns=_resource("create", "delete"), indexes=_resource("create", "delete")
        ),
    ),
    "buckets": _resource(*_CRUD, files=_resource(*_CRUD)),
    "teams": _resource(*_CRUD, updates=("prefs",), memberships=_resource(*_CRUD, updates=("status",))),
    "functions": _resource(*_CRUD, deployments=_resource(*_CRUD), executions=_resource(*_CRUD)),
    "sites": _resource(*_CRUD, deployments=_resource(*_CRUD)),
    "providers": _resource(*_CRUD),
    "topics": _resource(*_CRUD, subscribers=_resource("create", "delete")),
    "messages": _resource(*_CRUD),
    "rules": _resource(*_CRUD),
    "proxy": _resource(*_CRUD),
}


def is_event(text: str) -> bool:
    """Return whether `text` is an event pattern, such as `users.*.create` or `buckets.covers.files.*`."""
    parts = text.split(".")
    resources: Mapping[str, _Resource] = _EVENTS
    while len(parts) >= 2 and parts[0] in resources and parts[1]:
        resource, parts = resources[parts[0]], parts[2:]
        if not parts:
            return True
        if parts[0] in resource.actions:
            return len(parts) == 1 or (len(parts) == 2 and parts[1] in resource.actions[parts[0]])
        resources = resource.children
    return False
