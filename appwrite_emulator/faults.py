"""Faults on purpose: chosen operations answer badly, late or not at all, as often as was asked for.

Nothing is left to chance: the same calls in the same order meet the same faults. A reset takes all away.
"""

import re
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from appwrite_emulator import ids
from appwrite_emulator.errors import ERRORS, AppwriteError

MALFORMED = b'{"total": 1, "rows": [{"$id": "'
"""What a malformed answer is: JSON that breaks off."""


@dataclass
class Fault:
    """What befalls calls of `operation`: a name such as `tablesDB.listRows`, or a pattern such as `tablesDB.*`.

    One of `status`, `drop` and `malformed`, or a `delay` alone, after which the answer is as always.
    `after`: the call is carried out first, and only its answer is lost or replaced.
    It befalls the `first` N calls, or `every` Nth; without either, each one.
    """

    operation: str
    status: int = 0
    type: str = ""
    delay: float = 0.0
    """Seconds."""
    drop: bool = False
    """The connection ends without an answer."""
    malformed: bool = False
    """A 200 whose body is no JSON."""
    after: bool = False
    first: int = 0
    every: int = 0
    id: str = field(default_factory=ids.unique)
    calls: int = 0
    """How many calls its operation has seen since."""
    struck: int = 0
    """How many of them it befell."""

    @property
    def breaks(self) -> bool:
        """Whether it changes the answer, and does not only delay it."""
        return bool(self.status or self.drop or self.malformed)

    def means(self, operations: tuple[str, ...]) -> bool:
        return any(fnmatchcase(name, self.operation) for name in operations)

    def befalls_next(self) -> bool:
        """Count a call; whether this one is struck."""
        self.calls += 1
        if self.first:
            strikes = self.calls <= self.first
        else:
            strikes = not self.every or self.calls % self.every == 0
        self.struck += strikes
        return strikes


class Refusal(AppwriteError):
    """The error that a fault answers with; its status and type need not be among Appwrite's."""

    def __init__(self, fault: Fault) -> None:
        self.type = fault.type or fitting_type(fault.operation, fault.status)
        self.status = fault.status
        self.message = f"A fault of the emulator, as asked for ({fault.operation})."


_faults: list[Fault] = []
_lock = threading.Lock()


def add(fault: Fault) -> None:
    with _lock:
        _faults.append(fault)


def all_() -> list[Fault]:
    """The faults that are set, oldest first."""
    return list(_faults)


def remove(fault_id: str) -> bool:
    """Take one away; whether there was one."""
    with _lock:
        kept = [fault for fault in _faults if fault.id != fault_id]
        found = len(kept) < len(_faults)
        _faults[:] = kept
    return found


def clear() -> None:
    with _lock:
        _faults.clear()


def befall(operations: tuple[str, ...]) -> list[Fault]:
    """Count a call that has these names; the faults that befall it, oldest first."""
    if not _faults:
        return []
    with _lock:
        return [fault for fault in _faults if fault.means(operations) and fault.befalls_next()]


# For a status that several errors have: the one that can meet any operation.
_GENERAL = {
    400: "general_argument_invalid",
    401: "user_unauthorized",
    403: "general_access_forbidden",
    404: "general_route_not_found",
    405: "general_not_implemented",
    429: "general_rate_limit_exceeded",
}
_OUTCOMES = {404: "not_found", 409: "already_exists"}
_VERB = re.compile(r"^(get|list|create|update|upsert|delete)")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def fitting_type(operation: str, status: int) -> str:
    """The `type` Appwrite would most likely send with this status: `row_not_found` with 404 of `tablesDB.getRow`."""
    service, _, method = operation.partition(".")
    if outcome := _OUTCOMES.get(status):
        noun = _HUMP.sub("_", _VERB.sub("", method)).lower() or service.lower()
        for name in (noun.removesuffix("s"), f"{service}_{noun}".removesuffix("s"), noun.split("_")[0]):
            if f"{name}_{outcome}" in ERRORS:
                return f"{name}_{outcome}"
    return _GENERAL.get(status, "general_unknown")
