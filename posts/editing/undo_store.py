"""Deleted posts and their covers, which can be restored for ten minutes, in the cache that all workers share.

Only the person who deleted a post can restore it, and only while it is in the cache.

A post's images are too large for the cache, so they stay in Appwrite until the post can no longer be restored.
`remember_images` records these posts, and `take_overdue_images` returns those whose images must be deleted.
"""

import hashlib
import time

from django.core.cache import cache

from accounts.models import User
from core import personal_entries, redis_store
from core.locks import CACHE_ONLY, one_at_a_time
from posts.models import Post

TTL = 10 * 60  # seconds
IMAGES_TTL = 7 * 24 * 3600  # seconds; after that, only the `remove_unused_images` command deletes the images


def put(user: User, post: Post, picture: bytes | None) -> bool:
    """Store `post`, which `user` is about to delete, and its cover. Return False if they cannot be stored."""
    content = (_post_key(user, post.id), _picture_key(user, post.id))
    personal_entries.register(post.author_id, *content, ttl=TTL)
    personal_entries.register(user.id, _ids_key(user), *content, ttl=TTL)
    # 16 locks instead of one per person, because lock files are never deleted.
    with one_at_a_time(f"undo-{hashlib.sha256(user.id.encode()).hexdigest()[0]}", seconds=CACHE_ONLY):
        ids = [post.id, *(deleted.id for deleted in deleted_by(user) if deleted.id != post.id)]
        entries = ((_picture_key(user, post.id), picture), (_post_key(user, post.id), post), (_ids_key(user), ids))
        is_stored = all(_put(key, value) for key, value in entries)
        if not is_stored:
            forget(user, post.id)
    return is_stored


def is_available() -> bool:
    """Return False if Redis is down, because deleted posts then cannot be read even if they are stored."""
    return not redis_store.is_down()


def _put(key: str, value: object) -> bool:
    cache.delete(key)
    return cache.add(key, value, TTL)


def deleted_by(user: User) -> list[Post]:
    """Return the posts that `user` can still restore, most recently deleted first."""
    ids = cache.get(_ids_key(user), [])
    posts = cache.get_many([_post_key(user, post_id) for post_id in ids])
    return [posts[key] for post_id in ids if (key := _post_key(user, post_id)) in posts]


def find(user: User, post_id: str) -> tuple[Post, bytes | None] | None:
    """Return the post and its cover, or None if `user` did not delete it within TTL, or if the cache has lost it."""
    post = cache.get(_post_key(user, post_id))
    return (post, cache.get(_picture_key(user, post_id))) if post else None


def forget(user: User, post_id: str) -> None:
    """Remove the post from the cache, because it has been restored or was not deleted."""
    cache.delete_many([_post_key(user, post_id), _picture_key(user, post_id)])


def remember_images(user: User, post: Post) -> None:
    """Record that the images of `post`, which `user` has deleted, must be deleted after TTL."""
    for person_id in {user.id, post.author_id}:
        personal_entries.register(person_id, _images_key(user), ttl=IMAGES_TTL)
    deleted = {**_with_images(user), post.id: (post.author_id, time.time())}
    cache.set(_images_key(user), deleted, IMAGES_TTL)


def take_overdue_images(user: User) -> dict[str, str]:
    """Return the posts whose images must be deleted now, as a dictionary of post id -> author id.

    These are the posts that `user` has deleted and can no longer restore. Remove them from the record.
    """
    since = time.time() - TTL
    deleted = _with_images(user)
    overdue = {post_id: author_id for post_id, (author_id, moment) in deleted.items() if moment <= since}
    if overdue:
        left = {post_id: entry for post_id, entry in deleted.items() if post_id not in overdue}
        cache.set(_images_key(user), left, IMAGES_TTL)
    return overdue


def _with_images(user: User) -> dict[str, tuple[str, float]]:
    deleted = cache.get(_images_key(user))
    return deleted if isinstance(deleted, dict) else {}


def _images_key(user: User) -> str:
    return f"trash-images:{user.id}"


def _ids_key(user: User) -> str:
    return f"trash:{user.id}"


def _post_key(user: User, post_id: str) -> str:
    return f"trash:{user.id}:{post_id}"


def _picture_key(user: User, post_id: str) -> str:
    return f"trash:{user.id}:{post_id}:picture"
