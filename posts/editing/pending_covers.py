"""Pictures from forms that are not saved yet, in the cache that all workers share.

When the site shows a form again, the browser does not resend the file, so the form contains the picture's key instead.
"""

import secrets

from django.core import signing
from django.core.cache import cache

from core import redis_store

TTL = 2 * 3600  # seconds after which the author must choose the picture again
SIGNER = signing.Signer(salt="posts.kept")


def keep(picture: bytes) -> str:
    """Store the picture and return its key, or "" if the picture cannot be stored.

    Anyone with the key can see the picture, but only the author's form contains the key.
    """
    name = secrets.token_urlsafe(16)
    return SIGNER.sign(name) if cache.add(f"picture:{name}", picture, TTL) else ""


def find(key: str) -> bytes | None:
    """Return the picture, or None if this site did not issue the key, or if the picture is no longer in the cache."""
    try:
        picture = cache.get(f"picture:{SIGNER.unsign(key)}")
    except signing.BadSignature:
        return None
    return picture if isinstance(picture, bytes) else None


def is_available() -> bool:
    """Return False if Redis is down, because pictures then cannot be read even if they are stored."""
    return not redis_store.is_down()
