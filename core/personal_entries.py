"""Record which cache entries name a person, so that they can be deleted together with the person's account.

Register an entry before writing it. An entry that is registered but never written does no harm.
"""

import hashlib
import logging
import time
from contextlib import AbstractContextManager

from django.core.cache import cache

from core import errors
from core.locks import CACHE_ONLY, one_at_a_time

log = logging.getLogger(__name__)


def register(person_id: str, *keys: str, ttl: int) -> None:
    """Record that these entries, which expire after `ttl` seconds, name the person.

    Do nothing if all keys are already registered for at least that long.
    """
    now = time.time()
    listed = _read(person_id)
    if all(listed.get(key, 0) > now + ttl for key in keys):
        return
    try:
        with _lock(person_id):
            listed = {key: expires for key, expires in _read(person_id).items() if expires > now}
            # Twice the TTL, so that a rewritten entry stays registered until it expires.
            listed |= dict.fromkeys(keys, now + 2 * ttl)
            cache.set(_index(person_id), listed, max(listed.values()) - now)
    except errors.UnavailableError as error:  # the caller's action must not fail because of an unregistered entry
        log.warning("Cache entries could not be registered: %s", error)


def delete(person_id: str) -> None:
    """Delete all entries that are registered for the person."""
    with _lock(person_id):
        cache.delete_many([*_read(person_id), _index(person_id)])


def _read(person_id: str) -> dict[str, float]:
    listed = cache.get(_index(person_id))
    return listed if isinstance(listed, dict) else {}


def _index(person_id: str) -> str:
    return f"personal:{_digest(person_id)}"


def _lock(person_id: str) -> AbstractContextManager[None]:
    # 16 locks instead of one per person, because lock files are never deleted.
    return one_at_a_time(f"personal-{_digest(person_id)[0]}", seconds=CACHE_ONLY)


def _digest(person_id: str) -> str:
    return hashlib.sha256(person_id.encode()).hexdigest()
