"""In-memory log of the latest requests to /v1/, for people and for tests. A reset clears the log.

The log contains no values of parameters, cookies or credentials. From the query string and the body, it stores only
the names of unknown parameters.
"""

import datetime
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.http import HttpRequest

from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

MAX_ENTRIES = 1000
MAX_LENGTH = 300
"""Maximum length of a logged path or header value."""

NO_ANSWER = 444
"""Status logged when the connection was closed without a response, as in nginx."""

# Headers to log: WSGI name -> header name. These headers affect the response and are not secret.
LOGGED_HEADERS = {
    "HTTP_X_APPWRITE_RESPONSE_FORMAT": "X-Appwrite-Response-Format",
    "HTTP_X_APPWRITE_LOCALE": "X-Appwrite-Locale",
    "HTTP_X_APPWRITE_IMPERSONATE_USER_ID": "X-Appwrite-Impersonate-User-Id",
    "HTTP_X_APPWRITE_IMPERSONATE_USER_EMAIL": "X-Appwrite-Impersonate-User-Email",
    "HTTP_X_APPWRITE_IMPERSONATE_USER_PHONE": "X-Appwrite-Impersonate-User-Phone",
    "HTTP_X_APPWRITE_ID": "X-Appwrite-ID",
    "HTTP_X_FORWARDED_FOR": "X-Forwarded-For",
    "HTTP_ORIGIN": "Origin",
    "HTTP_RANGE": "Range",
    "HTTP_CONTENT_RANGE": "Content-Range",
}


@dataclass(slots=True)
class Entry:
    """One request: caller, operation, duration and response."""

    method: str
    path: str
    operation: str
    """SDK method, such as `tablesDB.listRows`; empty if no route matches."""
    headers: dict[str, str]
    at: datetime.datetime = field(default_factory=clock.now)
    caller: str = ""
    """`guest`, `user` or `key`; empty if the request failed before the caller was identified."""
    name: str = ""
    """The user's ID or the key's name."""
    unread: list[str] = field(default_factory=list)
    """Names of the request's parameters that the endpoint does not declare."""
    faults: list[str] = field(default_factory=list)
    """IDs of the faults applied to the request."""
    status: int = 500
    dropped: bool = False
    """Whether a fault closed the connection without a response."""
    type: str = ""
    """Error type; empty if there was no error."""
    ms: float = 0.0
    """Time spent in the emulator, in milliseconds."""


_entries: PerProject[deque[Entry]] = PerProject(lambda: deque(maxlen=MAX_ENTRIES))


@contextmanager
def record(http: HttpRequest, operation: str) -> Iterator[Entry]:
    """Log a call to the operation when the block ends. The block must set the entry's status."""
    headers = {name: http.META[key][:MAX_LENGTH] for key, name in LOGGED_HEADERS.items() if key in http.META}
    entry = Entry(http.method or "", http.path[:MAX_LENGTH], operation, headers)
    started = time.perf_counter()
    try:
        yield entry
    except AppwriteError as error:
        entry.type, entry.status = error.type, error.status
        raise
    finally:
        entry.ms = round((time.perf_counter() - started) * 1000, 2)
        add(entry)


def add(entry: Entry) -> None:
    _entries().append(entry)


def newest_first() -> list[Entry]:
    return list(reversed(_entries().copy()))


@state.on_reset
def clear() -> None:
    _entries().clear()
