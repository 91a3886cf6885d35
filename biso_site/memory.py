"""The cache that all workers share, as a memory that may be full: what lies there spares a question or some work."""

import logging
from typing import Any

from django.core.cache import cache

log = logging.getLogger(__name__)


def remember(key: str, value: Any, seconds: int) -> None:
    """Keep `value` under `key`, for `seconds` at the most. Where there is no room for it nothing is kept, and the page
    that wanted it is shown all the same: nothing may be remembered in this way that has to be there."""
    try:
        cache.set(key, value, seconds)
    except OSError as error:
        log.error("the cache keeps nothing: %s", error)
