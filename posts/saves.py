"""Who saved a post last, and from which form: remembered for a day in the cache that all workers share.

Appwrite says when a row was changed, not by whom. Where this has forgotten, a conflict names nobody and is shown once
more often than it would have to be; nothing is lost by it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from accounts.models import User
from posts.models import Post

REMEMBERED = 24 * 3600  # seconds: a form that is left open for longer is as good as a new one


@dataclass(frozen=True)
class Save:
    """One saving: the version it made, by whom (id and name), and the key of their form."""

    version: datetime
    by: str
    name: str
    form: str


def remember(post: Post, user: User, form: str) -> None:
    """`user` has just saved `post` from the form with this key."""
    cache.set(_key(post), Save(post.version, user.id, user.name, form), REMEMBERED)


def last(post: Post) -> Save | None:
    """The saving that made `post` what it is; None where it was another way, or too long ago."""
    save = cache.get(_key(post))
    return save if isinstance(save, Save) and save.version == post.version else None


def is_of(post: Post, user: User, form: str) -> bool:
    """Whether `post` is as `user` saved it from this very form: what it then saves over is its own."""
    save = last(post)
    return save is not None and (save.by, save.form) == (user.id, form)


def _key(post: Post) -> str:
    return f"saved:{post.id}"
