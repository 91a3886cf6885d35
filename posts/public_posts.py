"""The posts that everyone can read, signed in or not.

They are read from Appwrite as a guest, and all visitors share cached copies (`posts.public_copies`).
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from appwrite.query import Query

from core import errors
from core.calls import run_concurrently
from core.pagination import Page
from posts import search
from posts.featured import FeaturedRepository
from posts.filters import EVERYTHING, Filters
from posts.models import Post
from posts.profiles import public_bio
from posts.public_copies import (
    FIRST,
    OTHERS,
    POST_CACHE,
    GuestReader,
    as_json,
    not_withdrawn,
    public_now,
    read_listing,
)
from posts.queries import matching, public
from posts.row_mapping import post_of
from posts.rows import DATED, LINKED, LISTED, WHOLE, Matches

PER_PAGE = 10  # posts per list page
NEWEST_SHOWN = 9  # newest posts read for the front page, which omits those that it shows as featured posts
MAX_OFFERED = 5  # the maximum number of posts suggested if a page cannot be shown


class PublicPosts(GuestReader):
    """The published posts, read as a guest."""

    def probe(self) -> None:
        """Read the newest post from Appwrite even if a copy exists. Raise SiteError if the request fails."""
        self._rows.select([*public(), Query.limit(1)], columns=LINKED)

    def get(self, post_id: str) -> Post:
        """Return a public post. Raise NotFoundError if the post is missing or not public."""

        def call() -> dict[str, Any]:
            row = self._rows.get(post_id)
            if post_of(row) is None:
                raise errors.NotFoundError(f"row {post_id} is not a post")
            return as_json([row])

        return read_listing(POST_CACHE, _key(post_id), call, may_be_empty=False).posts[0]

    def published(self, page: int = 1, filters: Filters = EVERYTHING, *, size: int = PER_PAGE) -> Page[Post]:
        """Return one page of published posts, newest first. Raise NotFoundError for a page past the end.

        A search returns the best matches first, unless Appwrite does the search (see `RowReader.page`). In search
        results, each excerpt shows a hit.
        """
        Page.check(page, size)

        def call() -> dict[str, Any]:
            queries = [*public(), *matching(filters)]
            matches = self._rows.page(queries, filters, page, size, best_first=True)
            Page(page, matches.rows, matches.total, size).existing()
            if filters.words:
                for row in matches.rows:
                    row.data["excerpt"] = search.excerpt(row.data, filters.words)
            return _without_texts(matches)

        is_first = page == 1 and not filters.search and not filters.tag
        cache = FIRST if is_first else OTHERS
        listing = read_listing(cache, _list_key(page, size, filters), call, may_be_empty=False)
        flags = listing.is_partial, listing.is_ranked
        return Page(page, public_now(listing.posts), listing.total, size, *flags).existing()

    def published_by(self, author_id: str, page: int = 1, *, size: int = PER_PAGE) -> Page[Post]:
        """Return one page of this author's published posts, newest first.

        Raise NotFoundError if the page is past the end, or if the author has no published posts.
        """
        Page.check(page, size)

        def call() -> dict[str, Any]:
            # Read all rows before splitting them into pages, because other people's rows, which are filtered out, could
            # otherwise leave a page empty.
            rows = self._rows.by_author(author_id, public(), columns=LISTED)
            if not rows:
                raise errors.NotFoundError(f"{author_id} has published nothing")
            return as_json(rows)

        posts = public_now(read_listing(OTHERS, f"by/{author_id}", call, may_be_empty=False).posts)
        if not posts:
            raise errors.NotFoundError(f"{author_id} has published nothing")
        return Page(page, posts[(page - 1) * size : page * size], len(posts), size).existing()

    def author_page(self, author_id: str, page: int) -> tuple[Page[Post], str]:
        """Return one page of this author's posts, as `published_by` does, and the author's bio."""
        # For an unknown id, this read fails. It comes first, so that unknown ids do not fill the cache with empty bios.
        posts = self.published_by(author_id, page)
        return posts, public_bio(author_id)

    def front_page(self) -> tuple[list[Post], list[Post]]:
        """Return the featured posts, in the order set by admins, and the newest posts.

        All posts have only the columns in `LISTED`.
        """

        def newest() -> list[Post]:
            return self._newest(NEWEST_SHOWN, EVERYTHING, "newest", LISTED)

        if not FIRST.is_at_hand(FEATURED_KEY) and not FIRST.is_at_hand(FRONT_PAGE_KEY):
            with suppress(errors.NotCalledError):  # the site can still read copies, without calling Appwrite
                featured, posts = run_concurrently(self.featured, newest)
                return featured, posts
        return self.featured(), newest()

    def newest_texts(self, limit: int, filters: Filters = EVERYTHING) -> list[Post]:
        """Return the newest published posts with their text, without counting all published posts."""
        return self._newest(limit, filters, "texts", WHOLE)

    def newest_texts_by(self, author_id: str, limit: int) -> list[Post]:
        """Return the newest posts by this author with their text. Raise NotFoundError if there are none.

        Any writer can create rows that name someone else as their author. Therefore first check as many rows as the
        author's page does, without their text.
        """

        def call() -> dict[str, Any]:
            rows = self._rows.by_author(author_id, public(), columns=LINKED)
            return as_json(self._rows.chosen({row.id: author_id for row in rows[:limit]}, columns=WHOLE))

        posts = public_now(read_listing(OTHERS, f"texts-by/{author_id}/{limit}", call).posts)
        if not posts:
            raise errors.NotFoundError(f"{author_id} has published nothing")
        return posts

    def newest_links(self, limit: int) -> list[Post]:
        """Return the newest published posts with only the columns for a link and the time of the latest change."""
        return self._newest(limit, EVERYTHING, "links", DATED)

    def _newest(self, limit: int, filters: Filters, name: str, columns: list[str]) -> list[Post]:
        def call() -> dict[str, Any]:
            queries = [*public(), *matching(filters)]
            matches = self._rows.page(queries, filters, 1, limit, count=False, columns=columns)
            return as_json(matches.rows) if columns is WHOLE else _without_texts(matches)

        is_few = not filters.search and not filters.tag
        return public_now(read_listing(FIRST if is_few else OTHERS, _newest_key(name, limit, filters), call).posts)

    def featured(self) -> list[Post]:
        """Return the featured posts that are published, in the admins' order."""

        def call() -> dict[str, Any]:
            return as_json(self._rows.chosen(FeaturedRepository(self._client).chosen()))

        return public_now(read_listing(FIRST, FEATURED_KEY, call).posts)


@dataclass(frozen=True)
class ReadablePages:
    """The pages that can be rendered from copies while Appwrite is unreachable."""

    has_front_page: bool
    has_list: bool
    posts: list[Post]

    def __bool__(self) -> bool:
        return self.has_front_page or self.has_list or bool(self.posts)


def readable_pages() -> ReadablePages:
    """Return the pages that can be rendered from copies, including at most MAX_OFFERED of the newest posts."""
    newest = FIRST.kept(FRONT_PAGE_KEY)
    listing = FIRST.kept(_list_key(1, PER_PAGE, EVERYTHING))
    listed = listing or newest
    posts = public_now(not_withdrawn(listed.posts)) if listed else []
    return ReadablePages(
        has_front_page=newest is not None and FIRST.kept(FEATURED_KEY) is not None,
        has_list=listing is not None and bool(posts),
        posts=[post for post in posts if POST_CACHE.kept(_key(post.id))][:MAX_OFFERED],
    )


def _list_key(page: int, size: int, filters: Filters) -> str:
    return f"list/{page}/{size}/{filters.query}"


def _newest_key(name: str, limit: int, filters: Filters) -> str:
    return f"{name}/{limit}/{filters.query}"


FEATURED_KEY = "featured"
FRONT_PAGE_KEY = _newest_key("newest", NEWEST_SHOWN, EVERYTHING)


def _key(post_id: str) -> str:
    """Return the key of a post's copy. Ids that differ only in case share it, because Appwrite ignores case in ids."""
    return post_id.lower()


def _without_texts(matches: Matches) -> dict[str, Any]:
    """Return the matches as JSON data without `content`, which a search reads but lists do not show."""
    for row in matches.rows:
        row.data.pop("content", None)
    return as_json(matches.rows, matches.total, is_partial=matches.is_partial, is_ranked=matches.is_ranked)
