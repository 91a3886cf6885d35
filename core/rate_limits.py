"""Limits of our own. Appwrite's do not apply to callers with an API key, and for all others they count our one address.

Counted in the cache that all workers share, behind a lock: the file cache reads and writes in two steps, so two workers
could both take the last try.
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
    """At most `attempts` times in `seconds`, counted for each `who` alone."""

    name: str
    attempts: int
    seconds: int

    def take(self, who: str) -> int:
        """Consume one attempt. Return 0, or the seconds to wait."""
        with one_at_a_time("limits"):
            taken = self._taken(who)
            if len(taken) >= self.attempts:
                return max(1, int(taken[0] + self.seconds - time.time()) + 1)
            cache.set(self._key(who), [*taken, time.time()], self.seconds)
            return 0

    def require(self, who: str) -> None:
        """Consume one attempt. Raises Limited, with a sentence that says when to try again, if none is left."""
        if wait := self.take(who):
            minutes = math.ceil(wait / 60)
            raise errors.Limited(
                sentence=ngettext(
                    "Too many attempts. Try again in %(minutes)s minute.",
                    "Too many attempts. Try again in %(minutes)s minutes.",
                    minutes,
                )
                % {"minutes": in_words(minutes)},
                retry_after=wait,
            )

    def give_back(self, who: str) -> None:
        """Undo the last taking: what it was taken for did not come about."""
        with one_at_a_time("limits"):
            if taken := self._taken(who):
                cache.set(self._key(who), taken[:-1], self.seconds)

    def left(self, who: str) -> int:
        """How many are left."""
        return self.attempts - len(self._taken(who))

    def _taken(self, who: str) -> list[float]:
        since = time.time() - self.seconds
        return [moment for moment in cache.get(self._key(who), []) if moment > since]

    def _key(self, who: str) -> str:
        # Addresses are personal; the cache may be files on a disk.
        return f"limit:{self.name}:{hashlib.sha256(who.lower().encode()).hexdigest()}"


# A student who mistypes twice and resends twice notices none of them.
SENDS_PER_ADDRESS = Limit("sends-address", 5, 15 * 60)
SENDS_PER_ADDRESS_A_DAY = Limit("sends-address-day", 20, 24 * 3600)
SENDS_PER_CLIENT = Limit("sends-client", 30, 60 * 60)  # a whole lecture hall may share one address
TRIES_PER_CODE = Limit("tries-code", 5, 15 * 60)
TRIES_PER_ADDRESS = Limit("tries-address", 15, 60 * 60)  # over all codes of an address, for each is six digits
TRIES_PER_CLIENT = Limit("tries-client", 60, 60 * 60)
PICTURES = Limit("pictures", 40, 60 * 60)  # each takes up to a second, and its place in the cache for two hours
LONG_PREVIEWS = Limit("long-previews", 20, 60)  # each may take half a second of CPU time
AUTOSAVES = Limit("autosaves", 40, 60)  # twice what two windows need; a stuck one must not hammer Appwrite


def client_address(request: HttpRequest) -> str:
    """Where the request comes from. `X-Forwarded-For` is believed as far as TRUSTED_PROXIES wrote it: each proxy
    appends whom it heard from, so the client is that many from the end. Whatever stands before it may be made up."""
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES and len(hops) >= settings.TRUSTED_PROXIES:
        address = hops[-settings.TRUSTED_PROXIES]
    with_port = re.fullmatch(r"\[(.+)\](?::\d+)?|([\d.]+):\d+", address)  # as some proxies write it
    try:
        parsed = ip_address((with_port[1] or with_port[2]) if with_port else address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        if parsed.ipv4_mapped:  # a socket for both kinds calls an IPv4 client ::ffff:192.0.2.1
            return str(parsed.ipv4_mapped)
        return str(ip_address(int(parsed) >> 64 << 64))  # a household or campus has a whole /64
    return str(parsed)
