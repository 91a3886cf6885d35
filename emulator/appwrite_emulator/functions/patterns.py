"""Triggers of functions: event patterns (`users.*.create`) and cron expressions (`0 4 * * *`)."""

import re
from typing import Any

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


_FIELDS = (  # name, minimum, maximum, value names
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("weekday", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_STEP = re.compile(r"(\*|\?|\w+(?:-\w+)?)(?:/(\d{1,3}))?", re.ASCII)


def is_schedule(text: str) -> bool:
    """Return whether `text` is a cron expression with five fields, or a nickname such as `@daily`."""
    if text.lower() in _NICKNAMES:
        return True
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(
        all(_is_step(step.lower(), lowest, highest, names) for step in field.split(","))
        for field, (_, lowest, highest, names) in zip(fields, _FIELDS, strict=True)
    )


def _is_step(step: str, lowest: int, highest: int, names: tuple[str, ...]) -> bool:
    found = _STEP.fullmatch(step)
    if not found or found[2] == "0":
        return False
    if found[1] in ("*", "?"):
        return True
    ends = [names.index(end) + lowest if end in names else _number(end) for end in found[1].split("-")]
    return all(lowest <= end <= highest for end in ends) and ends == sorted(ends)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -1
