"""Tables that are missing from a project until `setup_appwrite` runs after an upgrade.

Until then, the features that need these tables are off.
"""

import logging
from functools import cache

from core import errors

log = logging.getLogger(__name__)

# Appwrite's error types for a missing table, even with the API key.
MISSING = ("table_not_found", "database_not_found")


def is_missing(error: errors.SiteError, table: str) -> bool:
    """Return whether the call failed because `table` does not exist. Each process logs one warning per table."""
    if error.type not in MISSING:
        return False
    _warn(table)
    return True


@cache
def _warn(table: str) -> None:
    log.warning("Table %s does not exist, so its feature is off. Run manage.py setup_appwrite.", table)
