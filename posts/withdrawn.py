"""Posts that were unpublished or deleted during the last day, in the cache that all workers share.

During an outage, the site renders pages from copies that may be older. It omits withdrawn posts even if the copies
contain them. If another program removes a post, the site notices only if Appwrite calls our webhook.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.cache import cache

from core import errors
from core.read_cache import KEPT_TTL


@contextmanager
def withdrawing(post_id: str, version: datetime) -> Iterator[None]:
    """Run a block that hides this version of the post from readers, and record the post as withdrawn.

    If the block has certainly failed, record nothing.
    """
    try:
        yield
    except errors.SiteError as error:
        if error.may_have_happened:
            add(post_id, version)
        raise
    add(post_id, version)


def add(post_id: str, version: datetime) -> None:
    """Record that readers must no longer see this version of the post or an earlier version."""
    cache.set(_key(post_id), version, KEPT_TTL)


def readmit(post_id: str, version: datetime) -> None:
    """Remove the post's entry after the post is published again, if `version` is later than the withdrawn version.

    An earlier version is ignored, because a webhook call may arrive late.
    """
    withdrawn = cache.get(_key(post_id))
    if isinstance(withdrawn, datetime) and withdrawn < version:
        cache.delete(_key(post_id))


def among(post_ids: Iterable[str]) -> set[str]:
    """Return the ids of those posts that are withdrawn."""
    keys = {_key(post_id): post_id for post_id in post_ids}
    return {keys[key] for key in cache.get_many(list(keys))}


def _key(post_id: str) -> str:
    return f"withdrawn:{post_id}"
