"""Which posts are featured, and in which order: a table of their own, for an author can write every column of their
own row. A row's id is its post's; whose post was chosen stands in it, for the id of a deleted one can be taken anew."""

import contextlib
from typing import Any

from appwrite.models.row import Row
from appwrite.query import Query
from django.conf import settings

from core import errors
from core.appwrite_client import SessionClient, confirm, confirm_done
from core.ids import is_id
from posts.models import Post
from posts.schema import FEATURED

ON_FRONT_PAGE = 4  # on the front page
MAX_FEATURED = 12  # kept in order; more would be a list nobody looks after


class FeaturedRepository:
    """The featured posts as whoever holds `client` may see them: everybody reads, admins write."""

    def __init__(self, client: SessionClient) -> None:
        self._db = client.db

    def chosen(self) -> dict[str, str]:
        """The posts' ids and their authors', in the admins' order."""
        return _authors(self._rows())

    def add(self, post: Post) -> None:
        """Put the post first. Raises Conflict where MAX_FEATURED are there already."""
        there = self._rows()
        others = {each: author for each, author in _authors(there).items() if each != post.id}
        if len(others) == MAX_FEATURED:
            raise errors.Conflict(f"{MAX_FEATURED} posts are featured")
        self._arrange(there, {post.id: post.author_id, **others})

    def remove(self, post_id: str) -> None:
        """Take the post away; nothing happens where it is not among them."""
        with contextlib.suppress(errors.NotFound):
            confirm_done(
                lambda: self._db.delete_row(settings.APPWRITE_DATABASE, FEATURED, post_id),
                lambda: self._row(post_id) is None,
            )

    def move(self, post_id: str, step: int) -> None:
        """Move the post by `step` places, -1 is up. Raises NotFound where it is not among them."""
        there = self._rows()
        order = list(there)
        if post_id not in order:
            raise errors.NotFound(f"{post_id} is not featured")
        place = order.index(post_id)
        order.insert(max(0, place + step), order.pop(place))
        authors = _authors(there)
        self._arrange(there, {each: authors[each] for each in order})

    def _rows(self) -> dict[str, dict[str, Any]]:
        queries = [Query.order_asc("position"), Query.limit(MAX_FEATURED)]
        rows = self._db.list_rows(settings.APPWRITE_DATABASE, FEATURED, queries, total=0).rows
        return {row.id: row.data or {} for row in rows if is_id(row.id)}

    def _arrange(self, there: dict[str, dict[str, Any]], order: dict[str, str]) -> None:
        """Write the order down, from the end: whoever reads meanwhile sees a post twice nowhere, and none missing."""
        for place, (post_id, author_id) in reversed(list(enumerate(order.items()))):
            wanted = {"position": place, "authorId": author_id}
            if post_id not in there or not _has(there[post_id], wanted):
                self._write(post_id, wanted, is_new=post_id not in there)

    def _write(self, post_id: str, wanted: dict[str, Any], *, is_new: bool) -> None:
        write = self._db.create_row if is_new else self._db.update_row

        def read() -> Row[dict[str, Any]] | None:
            row = self._row(post_id)
            return row if row and _has(row.data, wanted) else None

        confirm(lambda: write(settings.APPWRITE_DATABASE, FEATURED, post_id, wanted), read)

    def _row(self, post_id: str) -> Row[dict[str, Any]] | None:
        try:
            return self._db.get_row(settings.APPWRITE_DATABASE, FEATURED, post_id)
        except errors.NotFound:
            return None


def _has(row: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(row.get(key) == value for key, value in wanted.items())


def _authors(rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {post_id: str(row.get("authorId") or "") for post_id, row in rows.items()}
