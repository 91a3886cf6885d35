"""The posts that everyone can read, signed in or not.

They are read from Appwrite as a guest, and all visitors share cached copies (`core.read_cache`).
"""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

from appwrite.models.row import Row
from appwrite.query import Query
from django.conf import settings
from django.utils import timezone

from core import errors, read_age, transport
from core.appwrite_client import SessionClient, create_admin_client, create_guest_client, run_concurrently
from core.formats import appwrite_time
from core.pagination import Page
from core.read_cache import Copy, ReadCache
from core.text_fields import forms_of
from posts import policy, search, withdrawn
from posts.archive import FIRST_YEAR, bounds, months_until_now
from posts.featured import FeaturedRepository
from posts.filters import EVERYTHING, Filters
from posts.models import Post
from posts.profiles import ProfileRepository
from posts.queries import matching, public
from posts.row_mapping import post_of, posts_of
from posts.rows import DATED, LINKED, LISTED, WHOLE, AnyRow, Matches, RowReader, is_by

log = logging.getLogger(__name__)
T = TypeVar("T")

PER_PAGE = 10  # posts per list page
PER_PAGE_OF_ARCHIVE = 50  # posts per page of a month
MAX_YEARS = 40  # years per page of the archive
NEWEST_SHOWN = 9  # newest posts read for the front page, which omits those that it shows as featured posts
MAX_OFFERED = 5  # the maximum number of posts suggested if a page cannot be shown
NEWEST = 50  # newest posts whose neighbours are found with one shared request
AROUND = 5  # the request for an older post's neighbours is expected to find this many posts on each side
MAX_AROUND = 20  # the maximum number of rows that this request reads
RELATED_SHOWN = 3  # suggestions on a post's page: posts on the same topics
BY_AUTHOR_SHOWN = 2  # suggestions on a post's page: posts by the same author
SUGGESTED_FROM = 20  # newest posts on these topics, or by this author, from which the suggestions are chosen


@dataclass(frozen=True)
class Suggestions:
    """The posts to which a post's page links."""

    before: Post | None = None
    after: Post | None = None
    related: tuple[Post, ...] = ()
    by_author: tuple[Post, ...] = ()
    bio: str = ""  # of the author


@dataclass(frozen=True)
class Listing:
    """Posts in order. `total` is Appwrite's count; see `rows.Matches` for the other fields."""

    posts: tuple[Post, ...]
    total: int
    is_partial: bool = False
    is_ranked: bool = False
    cursor: str = ""  # the id of the last row, if there are more rows


def _listing(data: dict[str, Any]) -> Listing:
    """Return the listing from data that `_json` wrote, possibly in an earlier or later release."""
    posts = posts_of(Row.with_data(row) for row in data["rows"])
    flags = data.get("is_partial", False), data.get("is_ranked", False)
    return Listing(tuple(posts), data.get("total", 0), *flags, data.get("cursor", ""))


def _json(
    rows: Iterable[AnyRow], total: int = 0, *, is_partial: bool = False, is_ranked: bool = False
) -> dict[str, Any]:
    return {"rows": [_row(row) for row in rows], "total": total, "is_partial": is_partial, "is_ranked": is_ranked}


def _row(row: AnyRow) -> dict[str, Any]:
    dates = {"$createdAt": row.createdat, "$updatedAt": row.updatedat}
    return {**(row.data or {}), "$id": row.id, "$permissions": row.permissions, **dates}


# Sizes in bytes. Compressed, a typical post takes 2 kB, and a list page 1 kB. `FIRST` has a limited set of keys, for
# pages that do not depend on free text. Pages that do, such as searches, share the smaller cache `OTHERS`.
FIRST = ReadCache("first", _listing, max_size=512 * 1024, memory=2 * 1024 * 1024)
POSTS = ReadCache("post", _listing, slots=1024, max_size=64 * 1024, memory=4 * 1024 * 1024)
SUGGESTED = ReadCache("suggested", _listing, slots=1024, max_size=32 * 1024, memory=1024 * 1024)
BIOS = ReadCache("bio", str, slots=256, max_size=2 * 1024, memory=128 * 1024)
NEIGHBOURS = ReadCache("beside", _listing, slots=1024, max_size=8 * 1024, memory=1024 * 1024)
OTHERS = ReadCache("other", _listing, slots=256, max_size=64 * 1024, memory=1024 * 1024)

ARCHIVE: ReadCache[tuple[int, ...]] = ReadCache("archive", tuple, slots=64, max_size=4 * 1024, memory=64 * 1024)


def _month_counts(pairs: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((month, count) for month, count in pairs)


MONTHS = ReadCache("months", _month_counts, slots=64, max_size=4 * 1024, memory=64 * 1024)


class PublicPosts:
    """The published posts, read as a guest."""

    @cached_property
    def _client(self) -> SessionClient:  # created only for a call, because most reads find a cached copy
        return create_guest_client()

    @cached_property
    def _rows(self) -> RowReader:
        return RowReader(self._client)

    def probe(self) -> None:
        """Read the newest post from Appwrite even if a copy exists. Raise SiteError if the request fails."""
        self._rows.select([*public(), Query.limit(1)], columns=LINKED)

    def get(self, post_id: str) -> Post:
        """Return a public post. Raise NotFoundError if the post is missing or not public."""

        def call() -> dict[str, Any]:
            row = self._rows.get(post_id)
            if post_of(row) is None:
                raise errors.NotFoundError(f"row {post_id} is not a post")
            return _json([row])

        return _read(POSTS, _key(post_id), call, may_be_empty=False).posts[0]

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
        listing = _read(cache, _list_key(page, size, filters), call, may_be_empty=False)
        flags = listing.is_partial, listing.is_ranked
        return Page(page, _now(listing.posts), listing.total, size, *flags).existing()

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
            return _json(rows)

        posts = _now(_read(OTHERS, f"by/{author_id}", call, may_be_empty=False).posts)
        if not posts:
            raise errors.NotFoundError(f"{author_id} has published nothing")
        return Page(page, posts[(page - 1) * size : page * size], len(posts), size).existing()

    def author_page(self, author_id: str, page: int) -> tuple[Page[Post], str]:
        """Return one page of this author's posts, as `published_by` does, and the author's bio."""
        # For an unknown id, this read fails. It comes first, so that unknown ids do not fill the cache with empty bios.
        posts = self.published_by(author_id, page)
        return posts, self.bio(author_id)

    def years(self, before: int) -> tuple[tuple[int, ...], bool]:
        """Return at most MAX_YEARS years with published posts, latest first, and whether there are earlier ones.

        All these years are before the year `before`. Each takes one call, which finds the year's newest post.
        """

        def call() -> list[int]:
            years: list[int] = []
            start, end = bounds(FIRST_YEAR)[0], bounds(before)[0]
            while len(years) <= MAX_YEARS and (newest := self._newest_date(start, end)):
                years.append(newest.year)
                end = bounds(newest.year)[0]
            return years

        years = ARCHIVE.read(f"years/{before}", call).value
        return years[:MAX_YEARS], len(years) > MAX_YEARS

    def months(self, year: int) -> tuple[tuple[int, int], ...]:
        """Return the months of this year with published posts, latest first, and the number of posts in each.

        The numbers include rows that are not valid posts, and are at most 5,000. Each month takes one call.
        """

        def count(month: int) -> int:
            queries = [*public(), *_between(*bounds(year, month)), Query.limit(1)]
            return int(self._rows.select(queries, columns=["publishedAt"], count=True).total)

        def call() -> list[tuple[int, int]]:
            months = months_until_now(year)
            counts = run_concurrently(*(lambda month=month: count(month) for month in months))
            return [(month, number) for month, number in zip(months, counts, strict=True) if number]

        return MONTHS.read(str(year), call).value

    def _newest_date(self, start: datetime, end: datetime) -> datetime | None:
        """Return the date of the newest row between these times, even if the row is not a valid post.

        Invalid rows are not skipped, because a member could otherwise hide older posts behind many invalid rows.
        """
        rows = self._rows.select([*public(), *_between(start, end), Query.limit(1)], columns=["publishedAt"]).rows
        return timezone.localtime(datetime.fromisoformat(rows[0].data["publishedAt"])) if rows else None

    def in_month(self, year: int, month: int, after: str = "") -> tuple[list[Post], str]:
        """Return a page of the month's posts, newest first.

        Also return the value of `after` for the next page, or "" if this is the last page. `after` is the id of a row,
        and the page begins with the next older post. Raise NotFoundError if guests cannot read that row, because
        Appwrite would also accept a draft as the cursor. The first page needs one call, and each later page two.
        """

        def call() -> dict[str, Any]:
            queries = [*public(), *_between(*bounds(year, month)), Query.limit(PER_PAGE_OF_ARCHIVE + 1)]
            if after:
                self._rows.get(after)
                queries.append(Query.cursor_after(after))
            rows = self._rows.select(queries).rows
            has_more = len(rows) > PER_PAGE_OF_ARCHIVE
            rows = rows[:PER_PAGE_OF_ARCHIVE]
            return {**_json(rows), "cursor": rows[-1].id if has_more else ""}

        listing = _read(OTHERS, f"archive/{year}/{month}/{after}", call)
        return _now(listing.posts), listing.cursor

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
        """Return the newest published posts with their texts, without counting all published posts."""
        return self._newest(limit, filters, "texts", WHOLE)

    def newest_texts_by(self, author_id: str, limit: int) -> list[Post]:
        """Return the newest posts by this author with their texts. Raise NotFoundError if there are none.

        Any writer can create rows that name someone else as their author. Therefore first check as many rows as the
        author's page does, without their texts.
        """

        def call() -> dict[str, Any]:
            rows = self._rows.by_author(author_id, public(), columns=LINKED)
            return _json(self._rows.chosen({row.id: author_id for row in rows[:limit]}, columns=WHOLE))

        posts = _now(_read(OTHERS, f"texts-by/{author_id}/{limit}", call).posts)
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
            return _json(matches.rows) if columns is WHOLE else _without_texts(matches)

        is_few = not filters.search and not filters.tag
        return _now(_read(FIRST if is_few else OTHERS, _newest_key(name, limit, filters), call).posts)

    def featured(self) -> list[Post]:
        """Return the featured posts that are published, in the admins' order."""

        def call() -> dict[str, Any]:
            return _json(self._rows.chosen(FeaturedRepository(self._client).chosen()))

        return _now(_read(FIRST, FEATURED_KEY, call).posts)

    def suggestions(self, post: Post) -> Suggestions:
        """Return the posts to which this post's page links. Omit posts that Appwrite does not return in time."""
        reads: tuple[Callable[[], Any], ...] = (
            lambda: self.neighbours(post),
            lambda: _optional(list[Post], lambda: self._related(post)),
            lambda: _optional(list[Post], lambda: self._by_author(post)),
            lambda: self.bio(post.author_id),
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

    def bio(self, user_id: str) -> str:
        """Return the person's bio, or "" if they have none or Appwrite does not return it in time."""

        def call() -> str:
            return ProfileRepository(create_admin_client()).bio(user_id) or ""

        return _optional(str, lambda: BIOS.read(user_id, call).value)

    def _related(self, post: Post) -> list[Post]:
        """Return the newest posts that share a topic with this post."""
        if not post.tags:
            return []

        def call() -> dict[str, Any]:
            forms = list(dict.fromkeys(form for tag in post.tags for form in forms_of(tag)))
            queries = [*public(), Query.contains("tags", forms), Query.limit(SUGGESTED_FROM)]
            return _json(self._rows.select(queries).rows)

        return _now(_read(SUGGESTED, "topics/" + "/".join(sorted(post.tags)), call).posts)

    def _by_author(self, post: Post) -> list[Post]:
        """Return the newest posts by the author of this post."""
        author = post.author_id

        def call() -> dict[str, Any]:
            queries = [*public(), Query.equal("authorId", [author]), Query.limit(SUGGESTED_FROM)]
            return _json(row for row in self._rows.select(queries).rows if is_by(author, row))

        return _now(_read(SUGGESTED, _author_key(post), call).posts)

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Return the published posts before and after this post by date, or None for a missing neighbour.

        One request finds the neighbours of the newest posts (NEWEST). An older post needs its own request, and one more
        for each side on which no post is near its date. During an outage, return (None, None) if there is no copy of
        the neighbours.
        """
        try:
            return self._neighbours(post)
        except errors.UnavailableError as error:
            log.warning("The page of %s has no links to its neighbours: %s", post.id, error)
            read_age.record(time.time(), None, is_outdated=True)
            return None, None

    def _neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        def newest() -> dict[str, Any]:
            return _json(self._rows.select([*public(), Query.limit(NEWEST)], columns=LINKED).rows)

        posts = _now(_read(FIRST, "neighbours", newest).posts)
        ids = [each.id for each in posts]
        if post.id in ids[:-1] or len(posts) < NEWEST:
            return _beside(post.id, posts)
        gap = _mean_gap(posts)
        around = _read(NEIGHBOURS, post.id, lambda: _json(self._around(post, gap)))
        return _beside(post.id, _now(around.posts))

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
    posts = _now(_not_withdrawn(listed.posts)) if listed else []
    return ReadablePages(
        has_front_page=newest is not None and FIRST.kept(FEATURED_KEY) is not None,
        has_list=listing is not None and bool(posts),
        posts=[post for post in posts if POSTS.kept(_key(post.id))][:MAX_OFFERED],
    )


def _read(
    cache: ReadCache[Listing], key: str, call: Callable[[], dict[str, Any]], *, may_be_empty: bool = True
) -> Listing:
    """Return the cached listing. If it is not cached, fetch it with `call`.

    If the cached copy is outdated, omit posts that have been withdrawn since. If no posts remain and `may_be_empty` is
    false, raise UnavailableError.
    """
    copy: Copy[Listing] = cache.read(key, call)
    if not copy.is_outdated:
        return copy.value
    posts = _not_withdrawn(copy.value.posts)
    if not posts and not may_be_empty:
        raise errors.UnavailableError(f"the copy of {key} has no posts")
    return replace(copy.value, posts=posts)


def _list_key(page: int, size: int, filters: Filters) -> str:
    return f"list/{page}/{size}/{filters.query}"


def _newest_key(name: str, limit: int, filters: Filters) -> str:
    return f"{name}/{limit}/{filters.query}"


FEATURED_KEY = "featured"
FRONT_PAGE_KEY = _newest_key("newest", NEWEST_SHOWN, EVERYTHING)


def _key(post_id: str) -> str:
    """Return the key of a post's copy. Ids that differ only in case share it, because Appwrite ignores case in ids."""
    return post_id.lower()


def _not_withdrawn(posts: tuple[Post, ...]) -> tuple[Post, ...]:
    gone = withdrawn.among(post.id for post in posts)
    return tuple(post for post in posts if post.id not in gone)


def _now(posts: Iterable[Post]) -> list[Post]:
    """Return the posts that are public now.

    Queries also find posts that become public within a minute, so that copies already contain these posts.
    """
    now = timezone.now()
    return [post for post in posts if post.is_published_at(now)]


def _own(post: Post) -> AnyRow:
    """Return a row that represents `post` in a list of rows, with only the columns needed to parse it."""
    system = {"$id": post.id, "$permissions": policy.owner_of(post).permissions(published=True)}
    dates = {"$createdAt": appwrite_time(post.created_at), "$updatedAt": appwrite_time(post.version)}
    published = {"status": post.status, "publishedAt": post.published_at and appwrite_time(post.published_at)}
    return Row.with_data({**system, **dates, **published})


def _without_texts(matches: Matches) -> dict[str, Any]:
    """Return the matches as JSON data without `content`, which a search reads but lists do not show."""
    for row in matches.rows:
        row.data.pop("content", None)
    return _json(matches.rows, matches.total, is_partial=matches.is_partial, is_ranked=matches.is_ranked)


def _optional(default: Callable[[], T], read: Callable[[], T]) -> T:
    """Return the result of `read`.

    Return `default()` if `read` fails or takes more than a quarter of the request's time.
    """
    seconds = settings.APPWRITE_DEADLINE / 4
    left = transport.seconds_left()
    try:
        with transport.deadline(seconds if left is None else min(seconds, left)):
            return read()
    except errors.UnavailableError as error:
        log.warning("A part of a page is missing: %s", error)
        read_age.record(time.time(), None, is_outdated=True)
        return default()


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


def _between(start: datetime, end: datetime) -> list[str]:
    """Return the queries for posts published from `start` until just before `end`."""
    return [
        Query.greater_than_equal("publishedAt", start.isoformat()),
        Query.less_than("publishedAt", end.isoformat()),
    ]
