"""Pages of lists that were asked for with `ttl`: given again while they live, whatever happened to the rows."""

from typing import Any

from appwrite_emulator import clock, state

_kept: dict[tuple[Any, ...], tuple[float, dict[str, Any]]] = {}
_MOST_KEPT = 500


def kept(name: tuple[Any, ...]) -> dict[str, Any] | None:
    """The page of this name, as long as it lives."""
    until, page = _kept.get(name, (0.0, None))
    return page if until > clock.now().timestamp() else None


def keep(name: tuple[Any, ...], page: dict[str, Any], seconds: int) -> None:
    """Keep a page under a name that begins with its table's sequence."""
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[name] = clock.now().timestamp() + seconds, page


def purge(sequence: int) -> None:
    """Forget the pages of one table."""
    for name in [name for name in _kept if name[0] == sequence]:
        _kept.pop(name, None)


@state.forgets
def forget() -> None:
    _kept.clear()
