"""Rate limits of routes: calls are counted in fixed windows, as in the real server's abuse protection.

Routes declare their limits, and response headers report them. The emulator enforces limits only with `--limits`,
because test suites sign in often. API keys have no limit.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.auth.request import client_ip
from appwrite_emulator.common import clock
from appwrite_emulator.common.hosts import hostname_of, public_address_of
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

BY_IP = "url:{url},ip:{ip}"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/")


@dataclass(frozen=True)
class RateLimit:
    """The number of calls allowed per period, the period in seconds, and which calls are counted together."""

    limit: int
    seconds: int = 3600
    keys: tuple[str, ...] = (BY_IP,)
    """Calls with the same key are counted together; the limit applies per key.

    Placeholders: `url` (host and path of the route), `method`, `ip`, `userId`, `chunkId`, and `param-NAME`.
    """
    reset_status: int = 0
    """A response with this status clears the count."""


_BY_USER = ("ip:{ip},method:{method},url:{url},userId:{userId}",)
SIXTY_WRITES = RateLimit(60, 60, keys=_BY_USER)
WRITES = RateLimit(120, 60, keys=_BY_USER)


@dataclass
class _Window:
    start: int
    count: int


# Rate limit key and window length in seconds -> the latest window.
_windows: PerProject[dict[tuple[str, int], _Window]] = PerProject(dict)
_lock = threading.Lock()


@state.on_reset
def clear() -> None:
    _windows().clear()


class Counter:
    """Count one API call against its route's rate limit."""

    def __init__(
        self, rate_limit: RateLimit, http: HttpRequest, path: str, caller: Caller, parameters: Mapping[str, Any]
    ) -> None:
        self.rate_limit = rate_limit
        self.headers: dict[str, str] = {}
        """Rate limit headers, for the key with the fewest remaining calls."""
        self._keys: list[str] = []
        if settings.LIMITS and not caller.is_key:
            names = _placeholders(http, path, caller)
            self._keys = [_fill(key, names, parameters) for key in rate_limit.keys]

    def count_call(self) -> bool:
        """Count the call and set the headers. Return False if the call exceeds the limit."""
        limit, seconds = self.rate_limit.limit, self.rate_limit.seconds
        now = int(clock.now().timestamp())
        start = now - now % seconds
        counts = list(self._count(start))
        self.headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(0, limit - max(counts, default=1))),
            "X-RateLimit-Reset": str(start + seconds),
        }
        return max(counts, default=1) <= limit

    def _count(self, start: int) -> Iterator[int]:
        """Count the call for each key, and yield the counts. Stop at the first key whose count exceeds the limit."""
        windows = _windows()
        with _lock:
            for key in self._keys:
                name = (key, self.rate_limit.seconds)
                window = windows.get(name)
                if window is None or window.start != start:
                    window = windows[name] = _Window(start, 0)
                yield window.count + 1
                if window.count >= self.rate_limit.limit:
                    return
                window.count += 1

    def clear_after(self, status: int) -> None:
        """Clear the counts if `status` is the one that resets the limit."""
        if status == self.rate_limit.reset_status:
            for key in self._keys:
                _windows().pop((key, self.rate_limit.seconds), None)


def _placeholders(http: HttpRequest, path: str, caller: Caller) -> dict[str, str]:
    return {
        "userId": caller.user.id if caller.user else "",
        "ip": client_ip(http),
        "url": f"{hostname_of(public_address_of(http))}/v1/{path}",
        "method": http.method or "",
        "chunkId": str(_chunk(http)),
    }


def _chunk(http: HttpRequest) -> int:
    """Return the number of the uploaded chunk, counting from 0."""
    match = _CONTENT_RANGE.match(http.headers.get("Content-Range", ""))
    if not match:
        return 0
    start, end = int(match[1]), int(match[2])
    return start // (end + 1 - start) if end >= start else 0


def _fill(key: str, names: Mapping[str, str], parameters: Mapping[str, Any]) -> str:
    """Replace the placeholders. As on the real server, the placeholder of an empty parameter stays in the key."""

    def value_of(placeholder: re.Match[str]) -> str:
        name = placeholder[1]
        if not name.startswith("param-"):
            return names[name]
        value = parameters.get(name.removeprefix("param-")) or placeholder[0]
        return value if isinstance(value, str) else json.dumps(value, default=str)

    return re.sub(r"\{([^}]+)\}", value_of, key)
