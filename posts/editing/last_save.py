"""Store who last saved a post, and from which form, in the cache that all workers share.

Appwrite stores when a row was changed, but not who changed it. If the cache entry is missing, a conflict page shows no
name, and a person may see a conflict with their own save. No text is lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

from accounts.models import User
from core import errors, personal_entries
from posts.models import Post
from posts.row_mapping import holds

TTL = 24 * 3600  # seconds; a form that has been open for longer is treated as a new form


@dataclass(frozen=True)
class Save:
    """One save: the version that it created, the person who saved, and the form's key."""

    version: datetime
    user_id: str
    name: str
    form_key: str


def remember(post: Post, user: User, form_key: str) -> None:
    """Store that `user` has just saved `post` from the form with this key."""
    personal_entries.register(user.id, _key(post.id), ttl=TTL)
    cache.set(_key(post.id), Save(post.version, user.id, user.name, form_key), TTL)


def forget(post: Post) -> None:
    """Remove the entry of a deleted post."""
    cache.delete(_key(post.id))


@contextmanager
def trying(post_id: str, user: User, form_key: str, fields: dict[str, Any]) -> Iterator[None]:
    """Run a block that saves `fields`. If it fails but may have saved them, store the fields for `is_of`."""
    try:
        yield
    except errors.SiteError as error:
        if not error.may_have_happened:
            raise
        personal_entries.register(user.id, _tried(post_id), ttl=TTL)
        cache.set(_tried(post_id), (user.id, form_key, {**fields, "cover": None}), TTL)
        raise


def last(post: Post) -> Save | None:
    """Return the save that created this version of `post`, or None if the save is unknown."""
    save = cache.get(_key(post.id))
    return save if isinstance(save, Save) and save.version == post.version else None


def is_of(post: Post, user: User, form_key: str) -> bool:
    """Return whether `user` saved this version of `post` from this form, even if the save seemed to fail."""
    if save := last(post):
        return (save.user_id, save.form_key) == (user.id, form_key)
    user_id, key, fields = cache.get(_tried(post.id), ("", "", {}))
    return (user_id, key) == (user.id, form_key) and holds(post, fields)


def has_saved(user: User, post_id: str) -> bool:
    """Return whether `user` was the last to save the post with this id."""
    save = cache.get(_key(post_id))
    return isinstance(save, Save) and save.user_id == user.id


def _key(post_id: str) -> str:
    return f"saved:{post_id}"


def _tried(post_id: str) -> str:
    return f"tried:{post_id}"
