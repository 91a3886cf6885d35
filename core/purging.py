"""Deletion of all stored copies of public content, for changes after which no copy may be used, even in an outage.

Copies become outdated when the generation changes (`core.revalidation`), but remain stored, and readers see some of
them while Appwrite is unreachable. Each store of copies registers a function that deletes its copies.
"""

import logging
from collections.abc import Callable

from core.revalidation import revalidate

log = logging.getLogger(__name__)

_stores: list[Callable[[], None]] = []


def register(delete_copies: Callable[[], None]) -> None:
    """Have `purge` call this function."""
    _stores.append(delete_copies)


def purge() -> None:
    """Change the generation, and delete all copies that other workers could use. Failures are only logged."""
    revalidate()
    for delete_copies in _stores:
        try:
            delete_copies()
        except Exception:
            log.exception("Copies of public content could not be deleted.")
