"""Other Appwrite versions that the emulator can emulate (`--as`), and their differences from 1.9.6.

The differences come from Appwrite's source, changelog and SDKs, not from recordings. `SINCE` lists only those
that affect ordinary requests. docs/differences.md names the source of each.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from appwrite_emulator import VERSION
from appwrite_emulator.http.route import Route

Number = tuple[int, ...]
Fields = dict[str, dict[str, Any]]
"""Model -> the fields that a version added to it, with their values in the emulator."""

_TEXT_COLUMNS = ("Varchar", "Text", "Mediumtext", "Longtext")
_NEW_OPERATIONS: dict[Number, frozenset[str]] = {
    (1, 9, 0): frozenset(
        f"{service}{kind}{suffix}"
        for service, suffix in (("tablesDB", "Column"), ("databases", "Attribute"))
        for verb in ("create", "update")
        for kind in (f".{verb}{column}" for column in _TEXT_COLUMNS)
    ),
}
_OLD_STATUSES: dict[Number, dict[str, int]] = {(1, 9, 0): {"user_blocked": 401}}
_EMAIL_FIELDS = {
    **{"emailCanonical": "", "emailIsFree": False, "emailIsDisposable": False},
    **{"emailIsCorporate": False, "emailIsCanonical": True},
}
_NEW_FIELDS: tuple[tuple[Number, Fields], ...] = (
    (
        (1, 9, 0),
        {
            "Bucket": {"totalSize": 0},
            "File": {"encryption": True, "compression": "none"},
            "Table": {"bytesMax": 0, "bytesUsed": 0},
        },
    ),
    (
        (1, 9, 5),
        {
            "User": _EMAIL_FIELDS,
            "Account": _EMAIL_FIELDS,
            "File": {"sizeActual": 0},
            "Membership": {"userAccessedAt": "", "userPhone": ""},
        },
    ),
    ((2, 0, 0), {"File": {"folder": "", "key": ""}, "MfaFactors": {"custom": False}}),
    ((2, 3, 0), {"Identity": {"providerIdToken": ""}}),
    ((2, 5, 0), {"User": {"passwordPwned": None}, "Topic": {"qos": 0, "expiry": 0}}),
    (
        (2, 6, 0),
        {
            **{name: {"description": ""} for name in ("Database", "Table", "ColumnIndex", "Topic")},
            "Bucket": {"description": "", "stripMetadata": False},
        },
    ),
)
_REFUSES_UNKNOWN_KEYS = (2, 6, 2)


def number() -> str:
    """Return the Appwrite version that is being emulated."""
    return settings.AS or VERSION


def parse(text: str) -> Number:
    return tuple(int(part) for part in text.split("."))


def has(route: Route) -> bool:
    """Return whether this version has the route."""
    operations = {operation for since, new in _NEW_OPERATIONS.items() if _is_older_than(since) for operation in new}
    return operations.isdisjoint(route.operations)


def status(error_type: str, usual: int) -> int:
    """Return the HTTP status of an error. `usual`: the status in 1.9.6."""
    changed = (old[error_type] for since, old in _OLD_STATUSES.items() if _is_older_than(since) and error_type in old)
    return next(changed, usual)


def refuses_unknown_keys() -> bool:
    """Return whether requests with an unknown API key are rejected. 1.9.6 treats them as guest requests."""
    return not _is_older_than(_REFUSES_UNKNOWN_KEYS)


def fields(model: str) -> tuple[frozenset[str], dict[str, Any]]:
    """Return the model's fields that are in 1.9.6 but not in this version, and those that are only in this version."""
    lacking = (new.get(model, {}) for since, new in _NEW_FIELDS if _is_older_than(since))
    return frozenset(name for new in lacking for name in new), dict(_added(model))


def _added(model: str) -> Iterator[tuple[str, Any]]:
    for since, new in _NEW_FIELDS:
        if since > parse(VERSION) and not _is_older_than(since):
            yield from new.get(model, {}).items()


def _is_older_than(since: Number) -> bool:
    return parse(number()) < since
