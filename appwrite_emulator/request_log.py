"""The last requests to /v1/ in memory, for people and tests to look at. A reset empties it.

No value of a parameter, cookie or credential is kept: of the query string and the body only names, and only of what
nobody read.
"""

import datetime
import time
from collections import deque
from dataclasses import dataclass, field

from django.http import HttpRequest

from appwrite_emulator import clock

MOST_KEPT = 1000
LONGEST_PATH = 300

NO_ANSWER = 444
"""The status kept of a request whose connection ended without an answer; nginx writes it so."""

# Headers that change an answer and are no secrets, by their names in WSGI.
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
    """One request: who, what, how long, and the answer."""

    method: str
    path: str
    operation: str
    """The SDK's name for it, `tablesDB.listRows`; empty where no route answers."""
    headers: dict[str, str]
    at: datetime.datetime = field(default_factory=clock.now)
    begun: float = field(default_factory=time.perf_counter)
    caller: str = ""
    """`guest`, `user` or `key`; empty where it ended before that was asked."""
    name: str = ""
    """The user's id, or the key's name."""
    unread: list[str] = field(default_factory=list)
    """Parameters that were sent and that nobody read."""
    faults: list[str] = field(default_factory=list)
    """The ids of the faults that befell it."""
    status: int = 0
    type: str = ""
    """Of the error."""
    ms: float = 0.0
    """How long it took inside the emulator."""


_entries: deque[Entry] = deque(maxlen=MOST_KEPT)


def begin(http: HttpRequest, operation: str) -> Entry:
    """An entry for a request that has just come in; `end` keeps it."""
    meta = http.META
    headers = {name: meta[key][:LONGEST_PATH] for key, name in TELLING.items() if key in meta}
    return Entry(http.method or "", http.path[:LONGEST_PATH], operation, headers)


def end(entry: Entry, status: int) -> None:
    entry.status = status
    entry.ms = round((time.perf_counter() - entry.begun) * 1000, 2)
    _entries.append(entry)


def newest_first() -> list[Entry]:
    return list(reversed(_entries.copy()))


def clear() -> None:
    _entries.clear()
