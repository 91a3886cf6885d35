"""Posts that were unpublished or deleted within a day, in the cache that all workers share.

During an outage, pages are made from copies that may be older. A post that readers must no longer see stays out of
them. What other programs remove is known only if Appwrite calls our webhook.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

from core import errors
from core.read_cache import KEPT_TTL


@contextmanager
def withdrawing(post_id: str) -> Iterator[None]:
    """Run a block that hides the post from readers. Nothing is stored if it is certain that it failed."""
    try:
        yield
    except errors.SiteError as error:
        if error.may_have_happened:
            add(post_id)
        raise
    add(post_id)


def add(post_id: str) -> None:
    """Store that readers do not see the post any more."""
    cache.set(_key(post_id), True, KEPT_TTL)


def readmit(post_id: str) -> None:
    """Forget that the post was withdrawn: it is published again."""
    cache.delete(_key(post_id))


def among(post_ids: Iterable[str]) -> set[str]:
    """Return which of these posts were withdrawn."""
    keys = {_key(post_id): post_id for post_id in post_ids}
    return {keys[key] for key in cache.get_many(list(keys))}


def _key(post_id: str) -> str:
    return f"withdrawn:{post_id}"
