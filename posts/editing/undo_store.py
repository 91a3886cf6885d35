"""Deleted posts wait for ten minutes, row and cover, in the cache that all workers share and not in Appwrite.

Each waits for the person who deleted it, and for nobody else. A cache that is emptied forgets them sooner.
"""

from django.core.cache import cache

from accounts.models import User
from posts.models import Post

TTL = 10 * 60  # seconds


def put(user: User, post: Post, picture: bytes | None) -> bool:
    """Store `post`, which `user` is about to delete, and its cover. Return False if that fails."""
    ids = [post.id, *(waits.id for waits in waiting(user) if waits.id != post.id)]
    kept = _put(_picture(user, post.id), picture) and _put(_post(user, post.id), post) and _put(_list(user), ids)
    if not kept:
        forget(user, post.id)
    return kept


def _put(key: str, value: object) -> bool:
    cache.delete(key)
    return cache.add(key, value, TTL)


def waiting(user: User) -> list[Post]:
    """What `user` can still bring back, last deleted first."""
    ids = cache.get(_list(user), [])
    found = cache.get_many([_post(user, post_id) for post_id in ids])
    return [found[key] for post_id in ids if (key := _post(user, post_id)) in found]


def find(user: User, post_id: str) -> tuple[Post, bytes | None] | None:
    """The post and its cover; None where `user` has not deleted it within ten minutes, or the cache has forgotten."""
    post = cache.get(_post(user, post_id))
    return (post, cache.get(_picture(user, post_id))) if post else None


def forget(user: User, post_id: str) -> None:
    """It is back where it belongs."""
    cache.delete_many([_post(user, post_id), _picture(user, post_id)])


def _list(user: User) -> str:
    return f"trash:{user.id}"


def _post(user: User, post_id: str) -> str:
    return f"trash:{user.id}:{post_id}"


def _picture(user: User, post_id: str) -> str:
    return f"trash:{user.id}:{post_id}:picture"
