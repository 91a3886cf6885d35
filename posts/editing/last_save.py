"""Who saved a post last, and from which form: remembered for a day in the cache that all workers share.

Appwrite says when a row was changed, not by whom. Where this has forgotten, a conflict names nobody and is shown once
more often than it would have to be; nothing is lost by it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

from accounts.models import User
from core import errors
from posts.models import Post
from posts.row_mapping import holds

TTL = 24 * 3600  # seconds: a form that is left open for longer is as good as a new one


@dataclass(frozen=True)
class Save:
    """One saving: the version it made, by whom (id and name), and the key of their form."""

    version: datetime
    by: str
    name: str
    form: str


def remember(post: Post, user: User, form: str) -> None:
    """`user` has just saved `post` from the form with this key."""
    cache.set(_key(post.id), Save(post.version, user.id, user.name, form), TTL)


def forget(post: Post) -> None:
    """It is deleted."""
    cache.delete(_key(post.id))


@contextmanager
def trying(post_id: str, user: User, form: str, fields: dict[str, Any]) -> Iterator[None]:
    """Save `fields` in this block. If it fails, but may have been carried out, remember what was sent."""
    try:
        yield
    except errors.SiteError as error:
        if not error.may_have_happened:
            raise
        cache.set(_tried(post_id), (user.id, form, {**fields, "cover": None}), TTL)
        raise


def last(post: Post) -> Save | None:
    """The saving that made `post` what it is; None where it was another way, or too long ago."""
    save = cache.get(_key(post.id))
    return save if isinstance(save, Save) and save.version == post.version else None


def is_of(post: Post, user: User, form: str) -> bool:
    """Whether `post` is as `user` saved it from this very form, or tried to: what it then saves over is its own."""
    if save := last(post):
        return (save.by, save.form) == (user.id, form)
    by, key, fields = cache.get(_tried(post.id), ("", "", {}))
    return (by, key) == (user.id, form) and holds(post, fields)


def has_saved(user: User, post_id: str) -> bool:
    """Whether `user` was the last to save the post with this id."""
    save = cache.get(_key(post_id))
    return isinstance(save, Save) and save.by == user.id


def _key(post_id: str) -> str:
    return f"saved:{post_id}"


def _tried(post_id: str) -> str:
    return f"tried:{post_id}"
