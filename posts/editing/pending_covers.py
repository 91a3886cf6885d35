"""Pictures that came with a form which is not saved yet. No browser sends a file a second time by itself, so they wait
in the cache that all workers share, and the form carries the key."""

import secrets

from django.core import signing
from django.core.cache import cache

TTL = 2 * 3600  # seconds: who comes back later chooses the picture anew
SIGNER = signing.Signer(salt="posts.kept")


def keep(picture: bytes) -> str:
    """Store the picture. Return its key; "" if it cannot be stored.

    The key is enough to see the picture. Only one person's form contains it.
    """
    name = secrets.token_urlsafe(16)
    return SIGNER.sign(name) if cache.add(f"picture:{name}", picture, TTL) else ""


def find(key: str) -> bytes | None:
    """The picture; None where the key is not ours, or the cache has forgotten."""
    try:
        found = cache.get(f"picture:{SIGNER.unsign(key)}")
    except signing.BadSignature:
        return None
    return found if isinstance(found, bytes) else None
