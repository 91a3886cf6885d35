"""Notes about the current request for its log lines: the id, the page, the person and the calls to Appwrite.

The notes are in a context variable, so functions need not pass them as an argument. Threads that run in a copy of the
context (`core.calls.run_concurrently`) add to the same notes. Outside a request, there are no notes.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import getrandbits
from time import perf_counter
from typing import NamedTuple

from core import metrics, tracing

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Call(NamedTuple):
    """A call to Appwrite. `outcome`: `ok`, `refused` (4xx), `failed` or `not_called` (circuit breaker or bulkhead)."""

    operation: str
    outcome: str
    seconds: float


@dataclass(slots=True)
class Observation:
    """The notes about one request."""

    request_id: str
    page: str = ""  # the name of the URL pattern, because a URL may contain a secret or a search term
    user_id: str = ""
    status: int = 0
    cache: str = "bypass"  # the result of the page cache: `hit`, `miss` or `bypass`
    calls: list[Call] = field(default_factory=list)
    is_audited: bool = False  # whether the audit log already contains a line about the request


CURRENT: ContextVar[Observation | None] = ContextVar("observation", default=None)


def current() -> Observation | None:
    """Return the notes about the request in progress, or None outside a request."""
    return CURRENT.get()


def request_id() -> str:
    """Return the id of the request in progress, or "" outside a request."""
    notes = CURRENT.get()
    return notes.request_id if notes else ""


def user_id() -> str:
    """Return the id of the person who sent the request in progress, or "" for a guest and outside a request."""
    notes = CURRENT.get()
    return notes.user_id if notes else ""


def begin(claimed_id: str | None) -> Observation:
    """Return the notes for a new request. Use the id `claimed_id`, which a trusted proxy sent, if it is well-formed."""
    if claimed_id and REQUEST_ID.fullmatch(claimed_id):
        return Observation(claimed_id)
    return Observation(new_id())


def new_id() -> str:
    """Return a random id of 32 characters. The id need not be unpredictable, because it gives access to nothing."""
    return f"{getrandbits(128):032x}"  # Python reseeds the generator after a fork


def note_user(user_id: str) -> None:
    """Note who sent the request in progress."""
    if notes := CURRENT.get():
        notes.user_id = user_id


def note_audited() -> None:
    """Note that the audit log already contains a line about the current request."""
    if notes := CURRENT.get():
        notes.is_audited = True


@contextmanager
def timed_call(operation: str, outcome_of: Callable[[BaseException], str]) -> Iterator[None]:
    """Note and count the call to Appwrite in this block.

    `outcome_of` returns the outcome of a call that raises an exception.
    """
    started = perf_counter()
    outcome = "ok"
    try:
        with tracing.span(operation) as span:
            try:
                yield
            except BaseException as error:
                outcome = outcome_of(error)
                raise
            finally:
                if span:
                    span.set_attribute("outcome", outcome)
    finally:
        seconds = perf_counter() - started
        metrics.count_call(operation, outcome, seconds)
        if notes := CURRENT.get():
            notes.calls.append(Call(operation, outcome, seconds))
