"""Rate limits. Appwrite's do not apply to calls with an API key, and count all visitors as the site's one IP address.

Counted in the cache that all workers share, with a lock: the file cache reads and writes in two steps, so that two
workers could both take the last attempt.
"""

import hashlib
import math
import re
import time
from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import ngettext

from core import errors
from core.formats import in_words
from core.locks import one_at_a_time


@dataclass(frozen=True)
class Limit:
    """At most `attempts` in `seconds`, counted separately for each `key`: a person, an e-mail address, a client."""

    name: str
    attempts: int
    seconds: int

    def take(self, key: str) -> int:
        """Consume one attempt. Return 0, or the seconds to wait."""
        with one_at_a_time("limits"):
            taken = self._taken(key)
            if len(taken) >= self.attempts:
                return max(1, int(taken[0] + self.seconds - time.time()) + 1)
            cache.set(self._key(key), [*taken, time.time()], self.seconds)
            return 0

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
        with one_at_a_time("limits"):
            if taken := self._taken(key):
                cache.set(self._key(key), taken[:-1], self.seconds)

    def left(self, key: str) -> int:
        """Return how many attempts are left."""
        return self.attempts - len(self._taken(key))

    def _taken(self, key: str) -> list[float]:
        since = time.time() - self.seconds
        return [moment for moment in cache.get(self._key(key), []) if moment > since]

    def _key(self, key: str) -> str:
        # E-mail addresses are personal data, and the cache may be files on a disk.
        return f"limit:{self.name}:{hashlib.sha256(key.lower().encode()).hexdigest()}"


# A person who mistypes twice and asks for a mail twice does not reach any of them.
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
