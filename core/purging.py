"""Delete all stored copies of public content, so that no stale copy is used, even during an outage.

A write usually only changes the generation (`core.revalidation`), which makes all copies stale. Stale copies
remain stored, and readers see some of them while Appwrite is unreachable. Each module that stores copies registers a
function that deletes them.
"""

import logging
from collections.abc import Callable

from core.revalidation import revalidate

log = logging.getLogger(__name__)

_stores: list[Callable[[], None]] = []


def register(delete_copies: Callable[[], None]) -> None:
    """Register a function for `purge` to call."""
    _stores.append(delete_copies)


def purge() -> None:
    """Change the generation, and delete all copies that other workers could use. Failures are only logged."""
    revalidate()
    for delete_copies in _stores:
        try:
            delete_copies()
        except Exception:
            log.exception("Copies of public content could not be deleted.")
