"""Rate limits of routes: calls are counted in fixed windows, as the real server's abuse protection does.

Routes declare their limit, and each response to them tells it. Limits are enforced with `--limits` only, because test
suites sign in often. API keys have no limit.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from appwrite_emulator.auth.callers import Caller, client_ip
from appwrite_emulator.common import clock
from appwrite_emulator.common.project_state import PerProject
from appwrite_emulator.db import state

BY_IP = "url:{url},ip:{ip}"
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/")


@dataclass(frozen=True)
class RateLimit:
    """How many calls are allowed, in how many seconds, and which calls are counted together."""

    limit: int
    seconds: int = 3600
    keys: tuple[str, ...] = (BY_IP,)
    """Calls with the same key are counted together; the limit applies to each key.

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


# Key and length in seconds -> the latest window.
_windows: PerProject[dict[tuple[str, int], _Window]] = PerProject(dict)


@state.on_reset
def clear() -> None:
    _windows().clear()


class Counter:
    """The rate limit of one call."""

    def __init__(
        self, rate_limit: RateLimit, http: HttpRequest, path: str, caller: Caller, parameters: Mapping[str, Any]
    ) -> None:
        self.rate_limit, self._is_enforced = rate_limit, settings.LIMITS and not caller.is_key
        names = _placeholders(http, path, caller) | {f"param-{name}": value for name, value in parameters.items()}
        self._keys = [_fill(key, names) for key in rate_limit.keys]
        self.headers: dict[str, str] = {}
        """Headers about the key with the fewest remaining calls."""

    def count_call(self) -> bool:
        """Count the call and set the headers. Return False if it exceeds the limit."""
        limit, seconds = self.rate_limit.limit, self.rate_limit.seconds
        now = int(clock.now().timestamp())
        start = now - now % seconds
        fewest = limit
        for key in self._keys:
            window = self._window(key, start)
            remaining = max(0, limit - window.count - 1)
            if remaining < fewest:
                fewest = remaining
                self.headers = {
                    "X-RateLimit-Limit": str(limit),
                    "X-RateLimit-Remaining": str(remaining),
                    "X-RateLimit-Reset": str(start + seconds),
                }
            if self._is_enforced:
                if window.count >= limit:
                    return False
                window.count += 1
        return True

    def clear_after(self, status: int) -> None:
        """Clear the counts if a response with this status does so."""
        if status == self.rate_limit.reset_status:
            for key in self._keys:
                _windows().pop((key, self.rate_limit.seconds), None)

    def _window(self, key: str, start: int) -> _Window:
        """Return the current window; it is kept only if the limit is enforced."""
        windows, name = _windows(), (key, self.rate_limit.seconds)
        window = windows.get(name)
        if window is None or window.start != start:
            window = _Window(start, 0)
            if self._is_enforced:
                windows[name] = window
        return window


def _placeholders(http: HttpRequest, path: str, caller: Caller) -> dict[str, Any]:
    host = http.get_host().rpartition(":")[0] or http.get_host()
    return {
        "userId": caller.user.id if caller.user else "",
        "ip": client_ip(http),
        "url": f"{host}/v1/{path}",
        "method": http.method,
        "chunkId": _chunk(http),
    }


def _chunk(http: HttpRequest) -> int:
    """Return the number of the uploaded chunk, from 0."""
    match = _CONTENT_RANGE.match(http.headers.get("Content-Range", ""))
    if not match:
        return 0
    start, end = int(match[1]), int(match[2])
    return start // (end + 1 - start) if end >= start else 0


def _fill(key: str, names: Mapping[str, Any]) -> str:
    """Replace the placeholders. As on the real server, those of empty parameters stay."""
    for name, value in names.items():
        if value or not name.startswith("param-"):
            key = key.replace(f"{{{name}}}", value if isinstance(value, str) else json.dumps(value, default=str))
    return key
