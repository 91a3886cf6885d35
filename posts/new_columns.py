"""Columns of the `posts` table that are missing from a project until `setup_appwrite` runs after an upgrade.

Appwrite rejects queries and writes that name a missing column. Until the column exists, reads omit it, and writes omit
it if it is empty. A write that needs the column fails with an error message and changes nothing.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.utils.translation import gettext as _

from core import errors
from posts.models import Post
from posts.schema import POSTS_COLUMNS

log = logging.getLogger(__name__)
T = TypeVar("T")

NEW = frozenset(column.key for column in POSTS_COLUMNS if column.is_new)
DERIVED = frozenset(column.key for column in POSTS_COLUMNS if column.is_derived)
MISSING_TTL = 60  # seconds until a read tries the new columns again
QUERY_INVALID = "general_query_invalid"  # Appwrite's error types for an unknown column in a query and in a row
ROW_INVALID = "row_invalid_structure"
_lock = threading.Lock()
_missing: dict[tuple[str, ...], float] = {}  # project and database -> when to try again, as a `time.monotonic()` value


def read(columns: list[str], call: Callable[[list[str]], T]) -> T:
    """Return `call(columns)`. If the new columns do not exist yet, repeat the call without them.

    If Appwrite rejected the query for another reason, the second call also fails and raises its error.
    """
    old = [column for column in columns if column not in NEW]
    if len(old) == len(columns):
        return call(columns)
    if are_missing():
        return call(old)
    try:
        return call(columns)
    except errors.InvalidInputError as error:
        if error.type != QUERY_INVALID:
            raise
        result = call(old)
        remember_missing(error)
        return result


def are_missing() -> bool:
    """Return whether a read in the last MISSING_TTL seconds found that new columns do not exist."""
    return time.monotonic() < _missing.get(_project(), 0)


def remember_missing(error: errors.InvalidInputError) -> None:
    """Omit the new columns from reads in the next MISSING_TTL seconds. Log a warning, once per process."""
    with _lock:  # several reads of a page may run concurrently
        is_known = _project() in _missing
        _missing[_project()] = time.monotonic() + MISSING_TTL
    if not is_known:
        log.warning("Table posts lacks columns of this release. Run manage.py setup_appwrite. (%s)", error)


def forget_missing() -> None:
    """Make the next read try the new columns again."""
    _missing.clear()


def to_write(data: dict[str, Any], post: Post | None = None) -> dict[str, Any]:
    """Return the columns that a write must send.

    Omit each new column that is empty in both `data` and `post`. While columns are missing, also omit derived columns.
    `post` is the version that the write changes, or None if the write creates the row.
    """
    omitted = {key for key in NEW & {*data} if _is_empty(data[key]) and _lacks(post, key)}
    if are_missing():
        omitted |= DERIVED
    return {key: value for key, value in data.items() if key not in omitted}


def write(data: dict[str, Any], call: Callable[[dict[str, Any]], T]) -> T:
    """Return `call(data)`, which writes the columns. If a column is missing, retry without derived columns.

    Raise MisconfiguredError if the missing column is not a derived column.
    """
    try:
        return call(data)
    except errors.InvalidInputError as error:
        # Appwrite's message ends with: Unknown attribute: "scheduledAt".
        is_missing = "unknown" in str(error).lower() and any(key in str(error) for key in NEW & {*data})
        if error.type != ROW_INVALID or not is_missing:
            raise
        if DERIVED & {*data}:
            remember_missing(error)
            return write({key: value for key, value in data.items() if key not in DERIVED}, call)
        sentence = _("We can’t save this until an administrator has updated the database (setup_appwrite).")
        raise errors.MisconfiguredError(str(error), type=error.type, code=error.code, sentence=sentence) from error


def _lacks(post: Post | None, key: str) -> bool:
    name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
    return post is None or _is_empty(getattr(post, name))


def _is_empty(value: Any) -> bool:
    return value is None or value is False or value in ("", [], ())


def _project() -> tuple[str, ...]:
    return settings.APPWRITE_ENDPOINT, settings.APPWRITE_PROJECT, settings.APPWRITE_DATABASE
