"""Cache for row lists requested with `ttl`: served unchanged until they expire, even if rows change."""

from typing import Any

from appwrite_emulator.common import clock
from appwrite_emulator.db import state

_kept: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = {}
_MAX_PAGES = 500


def kept(name: tuple[Any, ...]) -> dict[str, Any] | None:
    """Return the cached page, or None if it is missing or expired."""
    until, page = _kept.get(name, (0.0, None))
    return page if until > clock.now().timestamp() else None


def keep(name: tuple[Any, ...], page: dict[str, Any], seconds: int) -> None:
    """Cache a page for `seconds`. The key must start with the table's sequence, which `purge` uses."""
    if len(_kept) >= _MAX_PAGES:
        _kept.clear()
    _kept[name] = clock.now().timestamp() + seconds, page


def purge(sequence: int) -> None:
    """Drop the cached pages of one table."""
    for name in [name for name in _kept if name[0] == sequence]:
        _kept.pop(name, None)


@state.on_cache_clear
def forget() -> None:
    _kept.clear()
