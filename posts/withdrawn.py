"""Posts that were unpublished or deleted within a day, in the cache that all workers share.

During an outage, pages are made from copies that may be older. A post that readers must no longer see stays out of
them. What other programs remove is known only if Appwrite calls our webhook.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.cache import cache

from core import errors
from core.read_cache import KEPT_TTL


@contextmanager
def withdrawing(post_id: str, version: datetime) -> Iterator[None]:
    """Run a block that hides this version of the post from readers.

    Nothing is stored if it is certain that it failed.
    """
    try:
        yield
    except errors.SiteError as error:
        if error.may_have_happened:
            add(post_id, version)
        raise
    add(post_id, version)


def add(post_id: str, version: datetime) -> None:
    """Store that readers do not see this version of the post any more, nor an earlier one."""
    cache.set(_key(post_id), version, KEPT_TTL)


def readmit(post_id: str, version: datetime) -> None:
    """Forget that the post was withdrawn if `version` is later: it is published again.

    The webhook may report that a post was published after it was withdrawn.
    """
    withdrawn = cache.get(_key(post_id))
    if isinstance(withdrawn, datetime) and withdrawn < version:
        cache.delete(_key(post_id))


def among(post_ids: Iterable[str]) -> set[str]:
    """Return which of these posts were withdrawn."""
    keys = {_key(post_id): post_id for post_id in post_ids}
    return {keys[key] for key in cache.get_many(list(keys))}


def _key(post_id: str) -> str:
    return f"withdrawn:{post_id}"
