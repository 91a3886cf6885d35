"""Rate limits. Appwrite's do not apply to calls with an API key, and count all visitors as the site's one IP address.

Counted in Redis, with a script that Redis runs as a whole; or in the cache that all workers share, with a lock, because
the file cache reads and writes in two steps, and two workers could both take the last attempt. While Redis cannot be
used, each process counts in its own memory, to a third of the limit.
"""

import hashlib
import math
import re
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.utils.translation import ngettext

from core import errors
from core.formats import in_words
from core.locks import one_at_a_time
from core.redis_store import PREFIX, OutageError, RedisStore, store

T = TypeVar("T")


class Counter(Protocol):
    """Where attempts are counted, as the times of those that still count."""

    def take(self, key: str, limit: "Limit") -> int:
        """Consume one attempt. Return 0, or the seconds to wait."""

    def give_back(self, key: str, limit: "Limit") -> None:
        """Give back the last attempt."""

    def left(self, key: str, limit: "Limit") -> int:
        """Return how many attempts are left."""


class CacheCounter:
    """Counts in a cache, to the `share`-th part of a limit. The lock makes reading and writing one step."""

    def __init__(self, cache: BaseCache, lock: Callable[[], AbstractContextManager[object]], share: int = 1) -> None:
        self._cache = cache
        self._lock = lock
        self._share = share

    def take(self, key: str, limit: "Limit") -> int:
        with self._lock():
            taken = self._taken(key, limit)
            if len(taken) >= self._attempts(limit):
                return max(1, int(taken[0] + limit.seconds - time.time()) + 1)
            self._cache.set(key, [*taken, time.time()], limit.seconds)
            return 0

    def give_back(self, key: str, limit: "Limit") -> None:
        with self._lock():
            if taken := self._taken(key, limit):
                self._cache.set(key, taken[:-1], limit.seconds)

    def left(self, key: str, limit: "Limit") -> int:
        return self._attempts(limit) - len(self._taken(key, limit))

    def _attempts(self, limit: "Limit") -> int:
        return math.ceil(limit.attempts / self._share)

    def _taken(self, key: str, limit: "Limit") -> list[float]:
        since = time.time() - limit.seconds
        return [moment for moment in self._cache.get(key, []) if moment > since]


class RedisCounter:
    """Counts in Redis, by its clock, because the clocks of several machines differ."""

    # KEYS: the key. ARGV: attempts, seconds, a new member. Returns 0, or the seconds to wait.
    TAKE = """
    local time = redis.call('TIME')
    local now = time[1] + time[2] / 1000000
    redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
    if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
        local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
        return math.max(1, math.floor(oldest + ARGV[2] - now) + 1)
    end
    redis.call('ZADD', KEYS[1], now, ARGV[3])
    redis.call('EXPIRE', KEYS[1], ARGV[2])
    return 0
    """
    # KEYS: the key. ARGV: seconds. Returns how many attempts still count.
    TAKEN = """
    local time = redis.call('TIME')
    return redis.call('ZCOUNT', KEYS[1], '(' .. (time[1] + time[2] / 1000000 - ARGV[1]), '+inf')
    """

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis

    def take(self, key: str, limit: "Limit") -> int:
        arguments = (limit.attempts, limit.seconds, secrets.token_hex(8))
        return int(self._redis.call(lambda client: client.eval(self.TAKE, 1, PREFIX + key, *arguments)))

    def give_back(self, key: str, limit: "Limit") -> None:  # noqa: ARG002 - as in Counter
        self._redis.call(lambda client: client.zpopmax(PREFIX + key))

    def left(self, key: str, limit: "Limit") -> int:
        taken = self._redis.call(lambda client: client.eval(self.TAKEN, 1, PREFIX + key, limit.seconds))
        return limit.attempts - int(taken)


SHARED = CacheCounter(cache, lambda: one_at_a_time("limits"))
_memory_lock = threading.Lock()
OWN = CacheCounter(LocMemCache("limits", {"OPTIONS": {"MAX_ENTRIES": 10_000}}), lambda: _memory_lock, share=3)


def _count(act: Callable[[Counter], T]) -> T:
    """Return what `act` returns for the place where attempts are counted now."""
    redis = store()
    if redis is None:
        return act(SHARED)
    try:
        return act(RedisCounter(redis))
    except OutageError:
        return act(OWN)


@dataclass(frozen=True)
class Limit:
    """At most `attempts` in `seconds`, counted separately for each `key`: a person, an e-mail address, a client."""

    name: str
    attempts: int
    seconds: int

    def take(self, key: str) -> int:
        """Consume one attempt. Return 0, or the seconds to wait."""
        return _count(lambda counter: counter.take(self._key(key), self))

    def require(self, key: str) -> None:
        """Consume one attempt. Raise RateLimitedError, with a sentence that says when to try again, if none is left."""
        if wait := self.take(key):
            minutes = math.ceil(wait / 60)
            raise errors.RateLimitedError(
                sentence=ngettext(
                    "Too many attempts. Try again in %(minutes)s minute.",
                    "Too many attempts. Try again in %(minutes)s minutes.",
                    minutes,
                )
                % {"minutes": in_words(minutes)},
                retry_after=wait,
            )

    def give_back(self, key: str) -> None:
        """Give back the last attempt, because it was not carried out."""
        _count(lambda counter: counter.give_back(self._key(key), self))

    def left(self, key: str) -> int:
        """Return how many attempts are left."""
        return _count(lambda counter: counter.left(self._key(key), self))

    def _key(self, key: str) -> str:
        # E-mail addresses are personal data, and the cache may be files on a disk.
        return f"limit:{self.name}:{hashlib.sha256(key.lower().encode()).hexdigest()}"


# A person who mistypes twice and requests two mails reaches none of these limits.
SENDS_PER_ADDRESS = Limit("sends-address", 5, 15 * 60)
SENDS_PER_ADDRESS_A_DAY = Limit("sends-address-day", 20, 24 * 3600)
SENDS_PER_CLIENT = Limit("sends-client", 30, 60 * 60)  # a whole lecture hall may share one IP address
TRIES_PER_CODE = Limit("tries-code", 5, 15 * 60)
TRIES_PER_ADDRESS = Limit("tries-address", 15, 60 * 60)  # for all codes of an e-mail address, as a code has six digits
TRIES_PER_CLIENT = Limit("tries-client", 60, 60 * 60)
PICTURES = Limit("pictures", 40, 60 * 60)  # each takes up to a second, and stays in the cache for two hours
LONG_PREVIEWS = Limit("long-previews", 20, 60)  # each may take half a second of CPU time
AUTOSAVES = Limit("autosaves", 40, 60)  # twice what two windows need; stops a script that repeats itself


def client_address(request: HttpRequest) -> str:
    """Return the IP address of the client; for IPv6, its /64 network.

    Each trusted proxy has appended the address of its client to `X-Forwarded-For`, so with N of them the site's client
    is the N-th entry from the end. Entries before it may be forged.
    """
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        address = hops[-settings.TRUSTED_PROXIES]
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+", address)  # some proxies append the port
    try:
        parsed = ip_address((with_port[1] or with_port[2]) if with_port else address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped:  # on a dual-stack socket, an IPv4 client is ::ffff:192.0.2.1
            return str(parsed.ipv4_mapped)
        return str(ip_address(int(parsed) >> 64 << 64))  # one household or campus has a /64
    return str(parsed)
