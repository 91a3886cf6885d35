"""The posts to which a post's page links: its neighbours, related posts and other posts by the author."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from appwrite.models.row import Row
from appwrite.query import Query

from core import errors, read_age
from core.calls import run_concurrently
from core.formats import appwrite_time
from core.text_fields import forms_of
from posts import policy
from posts.models import Post
from posts.profiles import public_bio
from posts.public_copies import (
    FIRST,
    NEIGHBOURS,
    SUGGESTED,
    GuestReader,
    as_json,
    optional,
    public_now,
    read_listing,
)
from posts.queries import public
from posts.row_mapping import post_of
from posts.rows import LINKED, AnyRow, is_by

log = logging.getLogger(__name__)

MAX_NEAR_NEWEST = 50  # newest posts whose neighbours are found with one shared request
AROUND = 5  # the request for an older post's neighbours is expected to find this many posts on each side
MAX_AROUND = 20  # the maximum number of rows that this request reads
RELATED_SHOWN = 3  # posts on the same topics
BY_AUTHOR_SHOWN = 2  # posts by the same author
SUGGESTED_FROM = 20  # newest posts on these topics, or by this author, from which the suggestions are chosen


@dataclass(frozen=True)
class Suggestions:
    """The posts to which a post's page links."""

    before: Post | None = None
    after: Post | None = None
    related: tuple[Post, ...] = ()
    by_author: tuple[Post, ...] = ()
    bio: str = ""  # the author's bio


class SuggestedPosts(GuestReader):
    """Finds the suggestions for a post."""

    def suggestions(self, post: Post) -> Suggestions:
        """Return the posts to which this post's page links. Omit posts that Appwrite does not return in time."""
        reads: tuple[Callable[[], Any], ...] = (
            lambda: self.neighbours(post),
            lambda: optional(list[Post], lambda: self._related(post)),
            lambda: optional(list[Post], lambda: self._by_author(post)),
            lambda: public_bio(post.author_id),
        )
        if SUGGESTED.is_at_hand(_author_key(post)):
            results = [read() for read in reads]
        else:
            try:
                results = run_concurrently(*reads)
            except errors.UnavailableError:  # the time for all calls is used up
                return Suggestions()
        (before, after), related, by_author, bio = results
        chosen = _closest(post, related)
        shown = {post.id, *(each.id for each in chosen)}
        others = [each for each in by_author if each.id not in shown]
        return Suggestions(before, after, chosen, tuple(others[:BY_AUTHOR_SHOWN]), bio)

    def _related(self, post: Post) -> list[Post]:
        """Return the newest posts that share a topic with this post."""
        if not post.tags:
            return []

        def call() -> dict[str, Any]:
            forms = list(dict.fromkeys(form for tag in post.tags for form in forms_of(tag)))
            queries = [*public(), Query.contains("tags", forms), Query.limit(SUGGESTED_FROM)]
            return as_json(self._rows.select(queries).rows)

        return public_now(read_listing(SUGGESTED, "topics/" + "/".join(sorted(post.tags)), call).posts)

    def _by_author(self, post: Post) -> list[Post]:
        """Return the newest posts by the author of this post."""
        author = post.author_id

        def call() -> dict[str, Any]:
            queries = [*public(), Query.equal("authorId", [author]), Query.limit(SUGGESTED_FROM)]
            return as_json(row for row in self._rows.select(queries).rows if is_by(author, row))

        return public_now(read_listing(SUGGESTED, _author_key(post), call).posts)

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Return the published posts before and after this post by date, or None for a missing neighbour.

        One request finds the neighbours of the newest posts (MAX_NEAR_NEWEST). An older post needs its own request, and
        one more for each side on which no post is near its date. During an outage, return (None, None) if there is no
        copy of the neighbours.
        """
        try:
            return self._neighbours(post)
        except errors.UnavailableError as error:
            log.warning("The page of %s has no links to its neighbours: %s", post.id, error)
            read_age.record(time.time(), None, is_outdated=True)
            return None, None

    def _neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        def newest() -> dict[str, Any]:
            return as_json(self._rows.select([*public(), Query.limit(MAX_NEAR_NEWEST)], columns=LINKED).rows)

        posts = public_now(read_listing(FIRST, "neighbours", newest).posts)
        ids = [each.id for each in posts]
        if post.id in ids[:-1] or len(posts) < MAX_NEAR_NEWEST:
            return _beside(post.id, posts)
        gap = _mean_gap(posts)
        around = read_listing(NEIGHBOURS, post.id, lambda: as_json(self._around(post, gap)))
        return _beside(post.id, public_now(around.posts))

    def _around(self, post: Post, gap: timedelta) -> list[AnyRow]:
        """Return the rows of this post and its neighbours, newest first.

        `gap` is the mean time between two posts. It determines the period to search.
        """
        if post.published_at is None:
            return []
        near = Query.between(
            "publishedAt",
            appwrite_time(post.published_at - AROUND * gap),
            appwrite_time(post.published_at + AROUND * gap),
        )
        rows = self._visible([*public(), near, Query.limit(MAX_AROUND)])
        position = next((index for index, row in enumerate(rows) if row.id == post.id), None)
        if position is None:
            return [*self._side(Query.cursor_before(post.id)), _own(post), *self._side(Query.cursor_after(post.id))]
        newer = rows[:position] or self._side(Query.cursor_before(post.id))
        older = rows[position + 1 :] or self._side(Query.cursor_after(post.id))
        return [*newer[-1:], rows[position], *older[:1]]

    def _side(self, cursor: str) -> list[AnyRow]:
        """Return the rows next to the cursor, newest first. Read three rows, because some may not be valid posts."""
        try:
            return self._visible([*public(), cursor, Query.limit(3)])
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            return []  # the post has been deleted since we read it

    def _visible(self, queries: list[str]) -> list[AnyRow]:
        rows = self._rows.select(queries, columns=LINKED).rows
        return [row for row in rows if (post := post_of(row)) is not None and post.is_published]


def _own(post: Post) -> AnyRow:
    """Return a row that represents `post` in a list of rows, with only the columns needed to parse it."""
    system = {"$id": post.id, "$permissions": policy.owner_of(post).permissions(published=True)}
    dates = {"$createdAt": appwrite_time(post.created_at), "$updatedAt": appwrite_time(post.version)}
    published = {"status": post.status, "publishedAt": post.published_at and appwrite_time(post.published_at)}
    return Row.with_data({**system, **dates, **published})


def _author_key(post: Post) -> str:
    return f"author/{post.author_id}"


def _closest(post: Post, posts: list[Post]) -> tuple[Post, ...]:
    """Return at most RELATED_SHOWN posts on the same topics. Prefer the same language, then the most shared topics."""
    tags = set(post.tags)

    def rank(each: Post) -> tuple[bool, int]:
        return each.language != post.language, -len(tags.intersection(each.tags))

    others = [each for each in posts if each.id != post.id and not tags.isdisjoint(each.tags)]
    return tuple(sorted(others, key=rank)[:RELATED_SHOWN])


def _beside(post_id: str, posts: list[Post]) -> tuple[Post | None, Post | None]:
    """Return the next older and the next newer post than the post with this id. `posts` are newest first."""
    position = next((index for index, post in enumerate(posts) if post.id == post_id), None)
    if position is None:
        return None, None
    older = posts[position + 1] if position + 1 < len(posts) else None
    return older, posts[position - 1] if position else None


def _mean_gap(posts: list[Post]) -> timedelta:
    dates = [post.published_at for post in posts if post.published_at]
    return max((dates[0] - dates[-1]) / len(dates), timedelta(seconds=1))
