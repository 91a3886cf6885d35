"""Formats of the log lines: JSON for programs on a deployed site, text for people in local mode.

The JSON formatter writes only a fixed list of fields. Formatters in libraries write all attributes of a record,
including Django's `request`, whose text contains the query string.

Access lines bypass the logging module, because it needs 15 to 25 µs per line, whereas a whole cached page takes only
200 µs.
"""

import json
import logging
import os
import sys
import time
from functools import lru_cache
from typing import Any

from core import observation
from core.observation import Observation

# The file descriptor of stderr, or -1 if stderr is closed, because the system may then use 2 for another file.
STDERR = 2 if sys.stderr else -1
MAX_CALLS = 40  # calls per line; keeps lines below 4096 bytes, so that the system writes each line in one piece
BESIDE = {"publish_scheduled", "cancel_schedule"}  # actions that the site performs during an unrelated request


class Readable(logging.Formatter):
    """Format a record as one line of text: the time, the level, the logger and the message."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")


class Json(logging.Formatter):
    """Format a record as a JSON object on one line, with the request's id, page and person."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if notes := observation.current():
            line |= {"request_id": notes.request_id, "page": notes.page, "user": notes.user_id}
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value != ""}, ensure_ascii=False, default=str)


class AuditFields(logging.Filter):
    """Add the fields of an audit message, which has the form `user=… act=…`, to its record."""

    def filter(self, record: logging.LogRecord) -> bool:
        pairs = (word.partition("=") for word in record.getMessage().split())
        facts = {name: value for name, _, value in pairs}
        record.facts = {"stream": "audit", **facts}
        if facts.get("act") not in BESIDE:
            observation.note_audited()
        return True


def _time(seconds: float) -> str:
    """Return a `time.time()` value in ISO 8601, in UTC and with milliseconds."""
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def json_access_line(notes: Observation, method: str, seconds: float) -> str:
    """Return the line for a finished request. No value needs escaping: all are the site's own ids, names or numbers."""
    line = (
        f'{{"time": "{_time(time.time())}", "level": "INFO", "logger": "access", "request_id": "{notes.request_id}", '
        f'"method": "{method}", "page": "{notes.page}", "status": {notes.status}, "ms": {seconds * 1000:.1f}, '
        f'"cache": "{notes.cache}"'
    )
    if notes.user_id:
        line += f', "user": "{notes.user_id}"'
    if notes.calls:
        calls = [
            {"call": call.operation, "outcome": call.outcome, "ms": _ms(call.seconds)}
            for call in notes.calls[:MAX_CALLS]
        ]
        line += f', "calls": {len(notes.calls)}, "calls_ms": {_in_calls(notes)}, "appwrite": {json.dumps(calls)}'
    return line + "}\n"


def readable_access_line(notes: Observation, method: str, seconds: float) -> str:
    """Return the line for a finished request."""
    line = f"{time.strftime('%H:%M:%S')} {method} {notes.page} {notes.status} in {seconds * 1000:.0f} ms"
    if notes.calls:
        line += f", {len(notes.calls)} calls to Appwrite in {_in_calls(notes):.0f} ms"
    if notes.user_id:
        line += f", for {notes.user_id}"
    return f"{line} [{notes.request_id}]\n"


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _in_calls(notes: Observation) -> float:
    """Return the total duration of all calls in milliseconds.

    Calls may run concurrently, so the total may exceed the duration of the request.
    """
    return _ms(sum(call.seconds for call in notes.calls))


def write(line: str) -> None:
    """Write the line to standard error. Ignore errors: a closed or full standard error must not break a page."""
    try:  # noqa: SIM105 - `suppress` takes longer
        os.write(STDERR, line.encode())
    except OSError:
        pass
