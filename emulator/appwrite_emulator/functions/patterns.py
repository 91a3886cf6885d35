"""Triggers of functions: event patterns (`users.*.create`) and cron expressions (`0 4 * * *`)."""

from typing import Any

from appwrite_emulator.common import clock

_CHANGES = ("create", "update", "delete")


def _things(*actions: str, **inside: Any) -> dict[str, Any]:
    """Describe a resource type: its actions, and the resource types inside it."""
    return {"actions": dict.fromkeys(actions, ()), "inside": inside}


def _updated(kind: dict[str, Any], *attributes: str) -> dict[str, Any]:
    """Add attributes whose update is an event of its own."""
    kind["actions"]["update"] = attributes
    return kind


_ROWS = _things("create", "update", "delete", "upsert")
# From app/config/events.php of the real server.
_EVENTS = {
    "users": _updated(
        _things(
            *_CHANGES,
            sessions=_things("create", "delete"),
            recovery=_things("create", "update"),
            verification=_things("create", "update"),
            targets=_things(*_CHANGES),
        ),
        *("email", "name", "password", "phone", "prefs", "status", "mfa", "labels"),
        *("emailVerification", "phoneVerification"),
    ),
    "databases": _things(
        *_CHANGES,
        collections=_things(
            *_CHANGES, documents=_ROWS, attributes=_things("create", "delete"), indexes=_things("create", "delete")
        ),
        tables=_things(*_CHANGES, rows=_ROWS, columns=_things("create", "delete"), indexes=_things("create", "delete")),
    ),
    "buckets": _things(*_CHANGES, files=_things(*_CHANGES)),
    "teams": _updated(_things(*_CHANGES, memberships=_updated(_things(*_CHANGES), "status")), "prefs"),
    "functions": _things(*_CHANGES, deployments=_things(*_CHANGES), executions=_things(*_CHANGES)),
    "sites": _things(*_CHANGES, deployments=_things(*_CHANGES)),
    "providers": _things(*_CHANGES),
    "topics": _things(*_CHANGES, subscribers=_things("create", "delete")),
    "messages": _things(*_CHANGES),
    "rules": _things(*_CHANGES),
    "proxy": _things(*_CHANGES),
}


def is_event(text: str) -> bool:
    """Return whether `text` is an event pattern: `users.*`, `buckets.covers.files.*.create`, `users.*.update.email`."""
    parts = text.split(".")
    kinds: dict[str, Any] = _EVENTS
    while len(parts) >= 2 and parts[0] in kinds and parts[1]:
        kind, parts = kinds[parts[0]], parts[2:]
        if not parts:
            return True
        if parts[0] in kind["actions"]:
            return len(parts) == 1 or (len(parts) == 2 and parts[1] in kind["actions"][parts[0]])
        kinds = kind["inside"]
    return False


_NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")


def is_schedule(text: str) -> bool:
    """Return whether `text` is a cron expression with five fields, or a nickname such as `@daily`."""
    from cronsim import CronSim, CronSimError

    fields = text.split()
    if text.lower() in _NICKNAMES:
        return True
    if len(fields) != 5:
        return False
    for index, field in enumerate(fields):
        # Like Appwrite's library, check the fields one by one: `0 0 30 2 *` is accepted, though it never runs. That
        # library knows `?` as another `*` in the fields of days.
        expression = ["*"] * 5
        expression[index] = "*" if field == "?" and index in (2, 4) else field
        try:
            CronSim(" ".join(expression), clock.now())
        except CronSimError:
            return False
    return True
