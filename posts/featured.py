"""The featured posts and their order.

They are stored in a separate table, because authors can write every column of their own posts. A row has the same id as
its post. It also contains the author's id, because someone else's post can reuse the id of a deleted post.
"""

import contextlib
from typing import Any

from appwrite.models.row import Row
from appwrite.query import Query
from django.conf import settings

from core import errors
from core.appwrite_client import SessionClient
from core.calls import confirm, confirm_done
from core.ids import is_id
from core.revalidation import revalidating
from posts.models import Post
from posts.schema import FEATURED

ON_FRONT_PAGE = 4  # featured posts shown on the front page
MAX_FEATURED = 12


class FeaturedRepository:
    """The featured posts, accessed with the permissions of `client`. Everyone can read them; admins can change them."""

    def __init__(self, client: SessionClient) -> None:
        self._db = client.db

    def chosen(self) -> dict[str, str]:
        """Return the featured posts in the admins' order, as a dictionary of post id -> author id."""
        return _authors(self._rows())

    @revalidating()
    def add(self, post: Post) -> None:
        """Feature the post in first place. Raise ConflictError if MAX_FEATURED other posts are already featured."""
        rows = self._rows()
        others = {each: author for each, author in _authors(rows).items() if each != post.id}
        if len(others) == MAX_FEATURED:
            raise errors.ConflictError(f"{MAX_FEATURED} posts are featured")
        self._arrange(rows, {post.id: post.author_id, **others})

    @revalidating()
    def remove(self, post_id: str) -> None:
        """Stop featuring the post. Do nothing if the post is not featured."""
        with contextlib.suppress(errors.NotFoundError):
            confirm_done(
                lambda: self._db.delete_row(settings.APPWRITE_DATABASE, FEATURED, post_id),
                lambda: self._row(post_id) is None,
            )

    @revalidating()
    def move(self, post_id: str, step: int) -> None:
        """Move the post down by `step` positions, or up if `step` is negative.

        Raise NotFoundError if the post is not featured.
        """
        rows = self._rows()
        order = list(rows)
        if post_id not in order:
            raise errors.NotFoundError(f"{post_id} is not featured")
        position = order.index(post_id)
        order.insert(max(0, position + step), order.pop(position))
        authors = _authors(rows)
        self._arrange(rows, {each: authors[each] for each in order})

    @revalidating()
    def replace_author(self, author_id: str, other_id: str) -> None:
        """Replace this author's id with `other_id` in all rows.

        If `other_id` is "", stop featuring the author's posts.
        """
        queries = [Query.equal("authorId", [author_id]), Query.limit(100)]
        for row in self._db.list_rows(settings.APPWRITE_DATABASE, FEATURED, queries, total=0).rows:
            with contextlib.suppress(errors.NotFoundError):
                if other_id:
                    self._db.update_row(settings.APPWRITE_DATABASE, FEATURED, row.id, {"authorId": other_id})
                else:
                    self._db.delete_row(settings.APPWRITE_DATABASE, FEATURED, row.id)

    def _rows(self) -> dict[str, dict[str, Any]]:
        queries = [Query.order_asc("position"), Query.limit(MAX_FEATURED)]
        rows = self._db.list_rows(settings.APPWRITE_DATABASE, FEATURED, queries, total=0).rows
        return {row.id: row.data or {} for row in rows if is_id(row.id)}

    def _arrange(self, rows: dict[str, dict[str, Any]], order: dict[str, str]) -> None:
        """Write the positions from last to first, so that meanwhile no reader sees a post twice or misses one."""
        for position, (post_id, author_id) in reversed(list(enumerate(order.items()))):
            data = {"position": position, "authorId": author_id}
            if post_id not in rows or not _has(rows[post_id], data):
                self._write(post_id, data, is_new=post_id not in rows)

    def _write(self, post_id: str, data: dict[str, Any], *, is_new: bool) -> None:
        write = self._db.create_row if is_new else self._db.update_row

        def read() -> Row[dict[str, Any]] | None:
            row = self._row(post_id)
            return row if row and _has(row.data, data) else None

        confirm(lambda: write(settings.APPWRITE_DATABASE, FEATURED, post_id, data), read)

    def _row(self, post_id: str) -> Row[dict[str, Any]] | None:
        try:
            return self._db.get_row(settings.APPWRITE_DATABASE, FEATURED, post_id)
        except errors.NotFoundError:
            return None


def _has(row: dict[str, Any], data: dict[str, Any]) -> bool:
    return all(row.get(key) == value for key, value in data.items())


def _authors(rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {post_id: str(row.get("authorId") or "") for post_id, row in rows.items()}
