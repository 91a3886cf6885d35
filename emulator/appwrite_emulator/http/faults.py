"""Fault injection: make selected operations fail, respond late or send no response, for the requested number of calls.

Faults are deterministic: the same calls in the same order hit the same faults. A reset removes all faults.
"""

import re
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from appwrite_emulator.common import ids
from appwrite_emulator.common.errors import ERRORS, AppwriteError
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state
from appwrite_emulator.http.request_log import NO_ANSWER
from appwrite_emulator.http.responses import JSON, Response

MALFORMED = b'{"total": 1, "rows": [{"$id": "'
"""Body of a malformed response: truncated JSON."""


@dataclass
class Fault:
    """A fault for calls to `operation`: a name such as `tablesDB.listRows`, or a pattern such as `tablesDB.*`.

    Set one of `status`, `drop` and `malformed`, or only a `delay` before the normal response. `after`: carry out the
    call first, then drop or replace its response. `first`: apply to the first N calls. `every`: apply to every Nth
    call. Without either, the fault applies to every call.
    """

    operation: str
    status: int = 0
    type: str = ""
    delay: float = 0.0
    """In seconds."""
    drop: bool = False
    """Close the connection without a response."""
    malformed: bool = False
    """Respond with 200 and a body that is not valid JSON."""
    after: bool = False
    first: int = 0
    every: int = 0
    id: str = field(default_factory=ids.unique)
    calls: int = 0
    """Number of calls to the operation since the fault was added."""
    hits: int = 0
    """Number of calls that the fault hit."""

    @property
    def breaks(self) -> bool:
        """Whether the fault replaces the response instead of only delaying it."""
        return bool(self.status or self.drop or self.malformed)

    def applies_to(self, operations: tuple[str, ...]) -> bool:
        return any(fnmatchcase(name, self.operation) for name in operations)

    def count_call(self) -> bool:
        """Count a call, and return whether the fault hits this call."""
        self.calls += 1
        if self.first:
            hit = self.calls <= self.first
        else:
            hit = not self.every or self.calls % self.every == 0
        self.hits += hit
        return hit


class FaultError(AppwriteError):
    """The error that a fault returns as the response. Its status and type may be unknown to Appwrite."""

    def __init__(self, fault: Fault) -> None:
        self.type = fault.type or typical_type(fault.operation, fault.status)
        self.status = fault.status
        self.message = f"Injected fault of the emulator ({fault.operation})."


_faults: PerProject[list[Fault]] = PerProject(list)
_lock = threading.Lock()


def add(fault: Fault) -> None:
    with _lock:
        _faults().append(fault)


def all_() -> list[Fault]:
    """Return the active faults, oldest first."""
    return list(_faults())


def remove(fault_id: str) -> bool:
    """Remove a fault. Return whether the fault existed."""
    with _lock:
        faults = _faults()
        count = len(faults)
        faults[:] = [fault for fault in faults if fault.id != fault_id]
        return len(faults) < count


@state.on_reset
def clear() -> None:
    with _lock:
        _faults().clear()


def match_faults(operations: tuple[str, ...]) -> list[Fault]:
    """Count a call that has the names `operations`. Return the faults that hit it, oldest first."""
    faults = _faults()
    if not faults:
        return []
    with _lock:
        return [fault for fault in faults if fault.applies_to(operations) and fault.count_call()]


def response_of(fault: Fault) -> Response:
    """Return the response that replaces the normal one. If the fault has a status, raise FaultError instead."""
    if fault.status:
        raise FaultError(fault)
    if fault.malformed:
        return Response(MALFORMED, status=200, content_type=JSON)
    return Response(status=NO_ANSWER)


# Status that several error types share -> the type to use. Every operation can raise these types.
_GENERAL_TYPES = {
    400: "general_argument_invalid",
    401: "user_unauthorized",
    403: "general_unknown_origin",
    404: "general_route_not_found",
    405: "general_not_implemented",
    429: "general_rate_limit_exceeded",
}
_TYPE_ENDINGS = {404: "not_found", 409: "already_exists"}
_VERB = re.compile(r"^(get|list|create|update|upsert|delete)")
_WORD_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def typical_type(operation: str, status: int) -> str:
    """Return the error type that Appwrite would most likely use for an error with the HTTP status `status`.

    For a 404 from `tablesDB.getRow`, this is `row_not_found`.
    """
    service, _, method = operation.partition(".")
    if outcome := _TYPE_ENDINGS.get(status):
        noun = _WORD_BOUNDARY.sub("_", _VERB.sub("", method)).lower() or service.lower()
        for name in (noun.removesuffix("s"), f"{service}_{noun}".removesuffix("s"), noun.split("_")[0]):
            if f"{name}_{outcome}" in ERRORS:
                return f"{name}_{outcome}"
    return _GENERAL_TYPES.get(status, "general_unknown")
