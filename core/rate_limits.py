"""Rate limits of the site.

Appwrite's own rate limits are not enough: they do not apply to calls with an API key, and they count all visitors
together, because all calls come from the site's IP address.

With Redis, an atomic script counts the attempts. Without Redis, attempts are counted in the shared cache under a lock:
the file cache reads and writes in two steps, so two workers could otherwise both take the last attempt. While Redis is
unavailable, each process counts in its own memory and allows a third of the attempts.
"""

import hashlib
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.utils.translation import ngettext

from core import errors, metrics, observation
from core.formats import in_words
from core.locks import one_at_a_time
from core.redis_store import PREFIX, OutageError, RedisStore, store

audit = logging.getLogger("audit")
T = TypeVar("T")


class Counter(Protocol):
    """Store the time of each attempt that still counts towards the limit."""

    def take(self, key: str, limit: "Limit") -> int:
        """Consume one attempt and return 0. If no attempt is left, return the seconds until the next one."""

    def give_back(self, key: str, limit: "Limit") -> None:
        """Give back the last attempt."""

    def left(self, key: str, limit: "Limit") -> int:
        """Return how many attempts are left."""


class CacheCounter:
    """Count attempts in a cache. Allow only 1/`share` of the limit. The lock makes reading and writing atomic."""

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
    """Count attempts in Redis. Use the Redis server's clock, because the clocks of the site's machines may differ."""

    # KEYS: the sorted set. ARGV: attempts, seconds, a unique member for the new attempt. Returns 0 or seconds to wait.
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
    # KEYS: the sorted set. ARGV: seconds. Returns how many attempts still count.
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
    """Call `act` with the currently available counter, and return its result."""
    redis = store()
    if redis is None:
        return act(SHARED)
    try:
        return act(RedisCounter(redis))
    except OutageError:
        return act(OWN)


@dataclass(frozen=True)
class Limit:
    """A limit of `attempts` in `seconds` for each `key`, such as a person, an e-mail address or a client."""

    name: str
    attempts: int
    seconds: int

    def take(self, key: str) -> int:
        """Consume one attempt and return 0. If no attempt is left, return the seconds until the next one."""
        wait = _count(lambda counter: counter.take(self._key(key), self))
        if wait:
            metrics.count_limited(self.name)
            audit.info("user=%s act=limited limit=%s", observation.user_id() or "-", self.name)
        return wait

    def require(self, key: str) -> None:
        """Consume one attempt.

        If no attempt is left, raise RateLimitedError with a sentence that says when to try again.
        """
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
        """Give back the last attempt. Call this method if the rate-limited action was not carried out."""
        _count(lambda counter: counter.give_back(self._key(key), self))

    def left(self, key: str) -> int:
        """Return how many attempts are left."""
        return _count(lambda counter: counter.left(self._key(key), self))

    def _key(self, key: str) -> str:
        # E-mail addresses are personal data, and the cache may be files on a disk.
        return f"limit:{self.name}:{hashlib.sha256(key.lower().encode()).hexdigest()}"


# The limits for signing in allow for a person who mistypes twice and requests two e-mails. docs/security.md lists them.
SENDS_PER_ADDRESS = Limit("sends-address", 5, 15 * 60)
SENDS_PER_ADDRESS_A_DAY = Limit("sends-address-day", 20, 24 * 3600)
# The next three limits are for accounts.sign_in.browsers. Everyone on a campus may have the same IP address, and
# hundreds of people may sign in on the first evening.
SENDS_PER_BROWSER = Limit("sends-browser", 10, 60 * 60)
SENDS_PER_NETWORK = Limit("sends-network", 1000, 60 * 60)  # all browsers with a cookie behind one IP address
SENDS_PER_CLIENT = Limit("sends-client", 30, 60 * 60)  # all requests without a cookie from one IP address
TRIES_PER_CODE = Limit("tries-code", 5, 15 * 60)
# Shared by all codes sent to an address, because six digits can be guessed.
TRIES_PER_ADDRESS = Limit("tries-address", 15, 60 * 60)
TRIES_PER_BROWSER = Limit("tries-browser", 30, 60 * 60)  # this limit and the next two count only wrong codes
TRIES_PER_NETWORK = Limit("tries-network", 200, 60 * 60)
TRIES_PER_CLIENT = Limit("tries-client", 60, 60 * 60)
PICTURES = Limit("pictures", 40, 60 * 60)  # processing takes up to a second; the cache stores a picture for two hours
PREVIEW_LINKS = Limit("preview-links", 20, 60 * 60)
# Reads of one draft through its private link; these pages are never cached.
PREVIEW_READS = Limit("preview-reads", 120, 60)
LONG_PREVIEWS = Limit("long-previews", 20, 60)  # each preview may take half a second of CPU time
RESTRICTED_WRITES = Limit("restricted-writes", 60, 60)  # writes by people whose drafts are written with the API key
REVIEWS = Limit("reviews", 10, 60 * 60)
REVIEW_MAILS = Limit("review-mails", 5, 60 * 60)  # e-mails to all admins about the drafts of one author
REVIEW_MAILS_IN_ALL = Limit("review-mails-in-all", 30, 60 * 60)  # e-mails to all admins about all drafts
INVITATIONS = Limit("invitations", 30, 60 * 60)  # each invitation creates an account and sends an e-mail
BIOS = Limit("bios", 20, 60 * 60)  # each save invalidates all cached pages, and everyone can save a bio
EXPORTS = Limit("exports", 10, 60 * 60)  # each export may read a hundred posts with their covers
AUTOSAVES = Limit("autosaves", 40, 60)  # twice what two windows need; this stops a runaway script
