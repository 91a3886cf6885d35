"""Log Appwrite's version when it becomes known, and when it changes.

Every error response contains the version, so the site notices an Appwrite update without extra calls.
"""

import logging
import re

from django.core.cache import cache

log = logging.getLogger(__name__)

OLDEST = (1, 8)
"""The oldest minor version for which docs/appwrite-versions.md describes the differences."""
NEWEST = (2, 7)
_KEY = "appwrite-version"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})[0-9A-Za-z.+-]{0,30}")
_known = ""


def note(version: object) -> None:
    """Log `version` unless this process, or another process that shares the cache, has already logged it."""
    global _known
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None or version == _known:
        return
    _known = match.group()
    earlier = cache.get(_KEY)
    if earlier == _known:
        return
    cache.set(_KEY, _known, None)
    change = f"; it was {earlier}" if earlier else ""
    log.info("Appwrite's version is %s%s.%s", _known, change, _advice((int(match[1]), int(match[2]))))


def _advice(minor: tuple[int, int]) -> str:
    if OLDEST <= minor <= NEWEST:
        return ""
    return " docs/appwrite-versions.md describes the differences between versions {}.{} and {}.{} only.".format(
        *OLDEST, *NEWEST
    )
