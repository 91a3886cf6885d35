"""Which posts are featured, and in which order: a table of their own, for an author can write every column of their
own row. A row's id is its post's."""

import contextlib

from appwrite.query import Query
from django.conf import settings

from biso_site import errors
from biso_site.appwrite_client import SessionClient
from biso_site.ids import is_id
from posts.schema import FEATURED

SHOWN = 4  # on the front page
MOST = 12  # kept in order; more would be a list nobody looks after


class FeaturedRepository:
    """The featured posts' ids as whoever holds `client` may see them: everybody reads, admins write."""

    def __init__(self, client: SessionClient) -> None:
        self._db = client.db

    def ids(self, limit: int = MOST) -> list[str]:
        """The first `limit` ids, in the admins' order."""
        return list(self._positions(limit))

    def add(self, post_id: str) -> None:
        """Put the post first. Raises Conflict where MOST are there already."""
        positions = self._positions(MOST)
        if len(positions) == MOST and post_id not in positions:
            raise errors.Conflict(f"{MOST} posts are featured")
        self._arrange(positions, [post_id, *(each for each in positions if each != post_id)])

    def remove(self, post_id: str) -> None:
        """Take the post away; nothing happens where it is not among them."""
        with contextlib.suppress(errors.NotFound):
            self._db.delete_row(settings.APPWRITE_DATABASE, FEATURED, post_id)

    def move(self, post_id: str, step: int) -> None:
        """Move the post by `step` places, -1 is up. Raises NotFound where it is not among them."""
        positions = self._positions(MOST)
        order = list(positions)
        if post_id not in order:
            raise errors.NotFound(f"{post_id} is not featured")
        place = order.index(post_id)
        order.insert(max(0, place + step), order.pop(place))
        self._arrange(positions, order)

    def _positions(self, limit: int) -> dict[str, int]:
        queries = [Query.order_asc("position"), Query.limit(limit)]
        rows = self._db.list_rows(settings.APPWRITE_DATABASE, FEATURED, queries, total=0).rows
        return {row.id: int((row.data or {}).get("position") or 0) for row in rows if is_id(row.id)}

    def _arrange(self, positions: dict[str, int], order: list[str]) -> None:
        """Write the order down, from the end: whoever reads meanwhile sees a post twice nowhere, and none missing."""
        for place, post_id in reversed(list(enumerate(order))):
            if post_id not in positions:
                self._db.create_row(settings.APPWRITE_DATABASE, FEATURED, post_id, {"position": place})
            elif positions[post_id] != place:
                self._db.update_row(settings.APPWRITE_DATABASE, FEATURED, post_id, {"position": place})
