"""Cache for row lists requested with `ttl`: served unchanged until they expire, even if rows change."""

from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

_pages: PerProject[dict[tuple[Any, ...], tuple[float, dict[str, Any]]]] = PerProject(dict)
_MAX_PAGES = 500


def get(key: tuple[Any, ...]) -> dict[str, Any] | None:
    """Return the cached page, or None if it is missing or expired."""
    until, page = _pages().get(key, (0.0, None))
    return page if until > clock.now().timestamp() else None


def put(key: tuple[Any, ...], page: dict[str, Any], seconds: int) -> None:
    """Cache a page for `seconds`. The key must start with the table's sequence, which `purge` uses."""
    pages = _pages()
    if len(pages) >= _MAX_PAGES:
        pages.clear()
    pages[key] = clock.now().timestamp() + seconds, page


def purge(sequence: int) -> None:
    """Drop the cached pages of one table."""
    pages = _pages()
    for key in [key for key in list(pages) if key[0] == sequence]:  # other threads add pages meanwhile
        pages.pop(key, None)


@state.on_cache_clear
def clear_cache() -> None:
    _pages().clear()
