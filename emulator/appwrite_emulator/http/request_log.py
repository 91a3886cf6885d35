"""In-memory log of the latest requests to /v1/, for people and tests. A reset empties it.

No values of parameters, cookies or credentials are stored: of query string and body only the names of unknown
parameters.
"""

import datetime
import time
from collections import deque
from dataclasses import dataclass, field

from django.http import HttpRequest

from appwrite_emulator.common import clock
from appwrite_emulator.db import state

MOST_KEPT = 1000
LONGEST_PATH = 300

NO_ANSWER = 444
"""Status logged when the connection was closed without a response, as in nginx."""

# WSGI name -> name of logged headers: they affect responses and are not secret.
TELLING = {
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
    """SDK name, `tablesDB.listRows`; empty if no route matches."""
    headers: dict[str, str]
    at: datetime.datetime = field(default_factory=clock.now)
    begun: float = field(default_factory=time.perf_counter)
    caller: str = ""
    """`guest`, `user` or `key`; empty if the request failed before the caller was identified."""
    name: str = ""
    """User ID or name of the key."""
    unread: list[str] = field(default_factory=list)
    """Names of sent parameters that the endpoint does not declare."""
    faults: list[str] = field(default_factory=list)
    """IDs of the faults that hit it."""
    status: int = 0
    type: str = ""
    """Type of the error."""
    ms: float = 0.0
    """Duration inside the emulator, in milliseconds."""


_entries: deque[Entry] = deque(maxlen=MOST_KEPT)


def begin(http: HttpRequest, operation: str) -> Entry:
    """Create an entry for an incoming request; `end` adds it to the log."""
    meta = http.META
    headers = {name: meta[key][:LONGEST_PATH] for key, name in TELLING.items() if key in meta}
    return Entry(http.method or "", http.path[:LONGEST_PATH], operation, headers)


def end(entry: Entry, status: int) -> None:
    entry.status = status
    entry.ms = round((time.perf_counter() - entry.begun) * 1000, 2)
    _entries.append(entry)


def newest_first() -> list[Entry]:
    return list(reversed(_entries.copy()))


@state.on_reset
def clear() -> None:
    _entries.clear()
