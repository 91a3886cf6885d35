"""Posts in Appwrite. `posts.schema` describes the tables.

A post's cover is a file in another service. Both are written here, in an order that never shows an incomplete post.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

from appwrite.models.row import Row
from appwrite.models.row_list import RowList
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core import errors
from core.appwrite_client import SessionClient, confirm, confirm_done, run_concurrently
from core.pagination import Page
from core.revalidation import revalidating
from posts import models, policy, search
from posts.covers.storage import CoverRepository
from posts.filters import EVERYTHING, AllFilters, Filters
from posts.models import OrphanRow, Post
from posts.queries import matching, matching_all, public
from posts.row_mapping import columns_of, is_same, orphan_of, post_of, posts_of, written_post
from posts.schema import POSTS

PER_PAGE = 10  # posts on a page of a list
PER_PAGE_OF_TABLES = 20  # rows on a page of "My posts" and of the admins' list
MAX_BY_AUTHOR = 500  # posts of one person, without their texts
SUMMARISED_AT_ONCE = 25  # posts in one response, each with a text of up to 100,000 characters
READ_AT_ONCE = 100  # posts with their texts in one response: usually half a megabyte, at worst ten
MAX_READ = 1000  # posts that one search reads
MAX_READ_SIZE = 2_000_000  # characters after which a search reads no further

# What lists show. Without `content`, which has up to 100,000 characters per row.
LISTED = [
    *("title", "excerpt", "authorId", "authorName", "status", "language", "tags", "campus"),
    *("coverId", "coverAlt", "createdAt", "updatedAt", "publishedAt"),
]
WHOLE = [*LISTED, "content"]
ADDRESSED = ["title", "status", "language", "updatedAt", "publishedAt"]  # what a link to a post needs


class Matches(NamedTuple):
    """One page of rows, and the total. `is_partial`: not all rows were searched."""

    rows: list[Row[dict[str, Any]]]
    total: int
    is_partial: bool = False


class PostRepository:
    """Posts, with the rights of `client`."""

    def __init__(self, client: SessionClient) -> None:
        self._client = client
        self._db = client.db
        self._covers = CoverRepository(client)

    # -- reading ------------------------------------------------------------------------------------------------------
    def get(self, post_id: str) -> Post:
        """Return the post, also a draft. Raise NotFoundError if it is missing, or this client may not read it."""
        post = post_of(self._db.get_row(settings.APPWRITE_DATABASE, POSTS, post_id))
        if post is None:
            raise errors.NotFoundError(f"row {post_id} is not a post")
        return post

    def published(self, page: int = 1, filters: Filters = EVERYTHING, *, size: int = PER_PAGE) -> Page[Post]:
        """Return one page of published posts, newest first. Raise NotFoundError for a page past the end."""
        Page.check(page, size)
        queries = [*public(), *matching(filters), Query.order_desc("publishedAt")]
        matches = self._matches(queries, filters, page, size)
        posts = [post for post in posts_of(matches.rows) if post.is_published]
        return Page(page, posts, matches.total, size, matches.is_partial).existing()

    def published_by(self, author_id: str, page: int = 1, *, size: int = PER_PAGE) -> Page[Post]:
        """Return one page of this author's published posts, newest first.

        Raise NotFoundError for a page past the end.
        """
        Page.check(page, size)
        posts = self._by(author_id, [*public(), Query.order_desc("publishedAt")])
        return _page([post for post in posts if post.is_published], page, size)

    def newest(self, limit: int, filters: Filters = EVERYTHING, *, columns: list[str] = LISTED) -> list[Post]:
        """Return the newest published posts, without counting all of them."""
        queries = [*public(), *matching(filters), Query.order_desc("publishedAt")]
        matches = self._matches(queries, filters, 1, limit, count=False, columns=columns)
        return [post for post in posts_of(matches.rows) if post.is_published]

    def neighbours(self, post: Post) -> tuple[Post | None, Post | None]:
        """Return the published posts before and after this one in the order of lists; None at the ends.

        Two calls at the same time. They use cursors, so that posts with the same time have the same order as in lists.
        """
        older, newer = Query.cursor_after(post.id), Query.cursor_before(post.id)
        before, after = run_concurrently(lambda: self._beside(older), lambda: self._beside(newer)[::-1])
        return next(iter(before), None), next(iter(after), None)

    def _beside(self, cursor: str) -> list[Post]:
        """Return the posts next to the cursor, newest first. Three rows are read, because some might not be posts."""
        queries = [*public(), Query.order_desc("publishedAt"), cursor, Query.limit(3)]
        try:
            rows = self._rows(queries, count=False, columns=ADDRESSED)
        except errors.InvalidInputError as error:
            if error.type != "general_cursor_not_found":
                raise
            return []  # the post was deleted after we read it
        return [post for post in posts_of(rows.rows) if post.is_published]

    def get_many(self, authors: dict[str, str]) -> list[Post]:
        """Return the posts with these ids and authors, in this order, without those that this client may not read.

        Without ids, Appwrite is not called.
        """
        if not authors:
            return []
        ids = list(authors)
        posts = posts_of(self._rows([Query.equal("$id", ids), Query.limit(len(ids))], count=False).rows)
        theirs = [post for post in posts if authors.get(post.id) == post.author_id]
        return sorted(theirs, key=lambda post: ids.index(post.id))

    def all_rows(self, page: int, filters: AllFilters, *, size: int = PER_PAGE_OF_TABLES) -> Page[Post | OrphanRow]:
        """Return one page of all rows, drafts and orphan rows too, last change first.

        For an admin's client: with another client, only the rows that it may read.
        """
        Page.check(page, size)
        matches = self._matches([*matching_all(filters), Query.order_desc("updatedAt")], filters, page, size)
        items = [post_of(row) or orphan_of(row) for row in matches.rows]
        return Page(page, items, matches.total, size, matches.is_partial).existing()

    def count(self, filters: AllFilters) -> int:
        """Return the number of rows that match; Appwrite counts to 5,000."""
        return self._matches(matching_all(filters), filters, 1, 1, columns=["status"]).total

    def remove_orphan(self, row_id: str) -> None:
        """Delete an orphan row. Raise ConflictError if it is a post, for which another page asks for confirmation."""
        row = self._db.get_row(settings.APPWRITE_DATABASE, POSTS, row_id)
        if post_of(row) is not None:
            raise errors.ConflictError(f"row {row_id} is a post")
        with revalidating():
            self._delete(self._db, row.id)

    def mine(self, user: User, page: int = 1, *, size: int = PER_PAGE_OF_TABLES) -> Page[Post]:
        """Return one page of the posts of `user`, drafts first, then by the latest change."""
        Page.check(page, size)
        return _page(self._by(user.id, [Query.order_asc("status"), Query.order_desc("updatedAt")]), page, size)

    def _by(self, author_id: str, queries: list[str]) -> list[Post]:
        """Return all posts of one person, for any page.

        Everyone can write rows that name another person as their author, so a page from Appwrite could have only those.
        """
        rows = self._rows([*queries, Query.equal("authorId", [author_id]), Query.limit(MAX_BY_AUTHOR)], count=False)
        return [post for post in posts_of(rows.rows) if post.author_id == author_id]

    def _matches(
        self,
        queries: list[str],
        filters: Filters,
        page: int,
        size: int,
        *,
        count: bool = True,
        columns: list[str] = LISTED,
    ) -> Matches:
        """Return one page of the rows that match `queries` and the search of `filters`.

        With a search, this reads the rows that may contain its words, checks them and splits them into pages. If there
        are many, and all words are in the full-text indexes, Appwrite does that instead; then “a” may also find “å”. A
        search without a word finds nothing, and Appwrite is not called.
        """
        if filters.search and not filters.words:
            return Matches([], 0)
        start = (page - 1) * size
        if filters.words:
            is_indexed = all(word.is_indexed for word in filters.words)
            rows, is_partial = self._read(queries, filters.words, READ_AT_ONCE if is_indexed else MAX_READ)
            if not (is_indexed and is_partial):
                return Matches(rows[start : start + size], len(rows), is_partial)
        matches = self._rows([*queries, Query.limit(size), Query.offset(start)], count=count, columns=columns)
        return Matches(matches.rows, int(matches.total))

    def _read(self, queries: list[str], words: list[search.Word], limit: int) -> tuple[list[Row[dict[str, Any]]], bool]:
        """Return the rows that match `queries` and contain all of `words`, and whether there may be more.

        Reads at most `limit` rows, and fewer if their texts are very long.
        """
        matches: list[Row[dict[str, Any]]] = []
        rows = length = 0
        while rows < limit and length < MAX_READ_SIZE:
            range_ = [Query.limit(READ_AT_ONCE), Query.offset(rows)]
            batch = self._rows([*queries, *range_], count=False, columns=WHOLE).rows
            for row in batch:
                if length >= MAX_READ_SIZE:  # a batch of the longest texts takes many seconds of CPU time
                    return matches, True
                text = row.data if isinstance(row.data, dict) else {}
                length += len(str(text.get("content")))
                if search.contains(text, words):
                    matches.append(row)
            rows += len(batch)
            if len(batch) < READ_AT_ONCE:
                return matches, False
        return matches, True

    def _rows(self, queries: list[str], *, count: bool = True, columns: list[str] = LISTED) -> RowList[dict[str, Any]]:
        # 0 instead of False, because the SDK sends False as the text "false", which Appwrite regards as true.
        return self._db.list_rows(
            settings.APPWRITE_DATABASE, POSTS, [*queries, Query.select(columns)], total=None if count else 0
        )

    # -- writing ------------------------------------------------------------------------------------------------------
    def create(self, post_id: str, author: User, fields: dict[str, Any], *, publish: bool = False) -> Post:
        """Return a new post by `author`: a draft, or published at once. Raise ConflictError if the id is taken."""
        now = _now()
        data = {
            **columns_of(fields),
            "authorId": author.id,
            "authorName": author.name,
            "status": models.PUBLISHED if publish else models.DRAFT,
            "createdAt": now,
            "updatedAt": now,
            "publishedAt": now if publish else None,
        }
        permissions = policy.row_permissions(author.id, published=publish)
        with self._cover(post_id, author.id, fields, published=publish) as cover:
            row = self._create(post_id, {**data, **cover}, permissions)
        return written_post(row)

    def restore(self, post: Post, picture: bytes | None) -> Post:
        """Restore a deleted post with its id, author, dates, readers and cover.

        Raise ConflictError if the id is taken.
        """
        data = {
            **columns_of(vars(post)),
            "authorId": post.author_id,
            "authorName": post.author_name,
            "status": post.status,
            "createdAt": post.created_at.isoformat(),
            "updatedAt": post.updated_at.isoformat(),
            "publishedAt": post.published_at.isoformat() if post.published_at else None,
        }
        published = post.status == models.PUBLISHED
        permissions = policy.row_permissions(post.author_id, published=published)
        with self._cover(post.id, post.author_id, {"cover": picture}, published=published) as cover:
            row = self._create(post.id, {**data, **cover}, permissions)
        return written_post(row)

    def update(self, post: Post, fields: dict[str, Any]) -> Post:
        """Change the post, but not who may read it. Raise ConflictError if `post` is not the newest version."""
        data = {**columns_of(fields), "updatedAt": _now()}
        published = post.status == models.PUBLISHED
        with self._cover(post.id, post.author_id, fields, published=published, old=post.cover_id) as cover:
            row = self._update(self._over(post), post.id, {**data, **cover})
        return written_post(row)

    def publish(self, post: Post, fields: dict[str, Any] | None = None) -> Post:
        """Publish the post, with its text changed to `fields` if given. It keeps the date of the first time.

        Raise ConflictError if `fields` are given and `post` is not the newest version.
        """
        return self._set_published(post, fields, published=True)

    def unpublish(self, post: Post) -> Post:
        """Make the post a draft again, which only its author and admins can read."""
        return self._set_published(post, None, published=False)

    def _set_published(self, post: Post, fields: dict[str, Any] | None, *, published: bool) -> Post:
        data: dict[str, Any] = {**(columns_of(fields) if fields else {}), "updatedAt": _now()}
        data["status"] = models.PUBLISHED if published else models.DRAFT
        if published and (post.published_at is None or post.published_at > timezone.now()):
            data["publishedAt"] = _now()
        permissions = policy.row_permissions(post.author_id, published=published)
        db = self._over(post) if fields else self._db
        with self._cover(
            post.id, post.author_id, fields or {}, published=published, old=post.cover_id, closing=not published
        ) as cover:
            row = self._update(db, post.id, {**data, **cover}, permissions)
        return written_post(row)

    def _create(self, post_id: str, data: dict[str, Any], permissions: list[str]) -> Row[dict[str, Any]]:
        return confirm(
            lambda: self._db.create_row(settings.APPWRITE_DATABASE, POSTS, post_id, data, permissions),
            lambda: self._row_with(post_id, data, permissions),
        )

    def _update(
        self, db: TablesDB, post_id: str, data: dict[str, Any], permissions: list[str] | None = None
    ) -> Row[dict[str, Any]]:
        return confirm(
            lambda: db.update_row(settings.APPWRITE_DATABASE, POSTS, post_id, data, permissions),
            lambda: self._row_with(post_id, data, permissions),
        )

    def _delete(self, db: TablesDB, row_id: str) -> None:
        confirm_done(
            lambda: db.delete_row(settings.APPWRITE_DATABASE, POSTS, row_id), lambda: self._row(row_id) is None
        )

    def _row(self, row_id: str) -> Row[dict[str, Any]] | None:
        try:
            return self._db.get_row(settings.APPWRITE_DATABASE, POSTS, row_id)
        except errors.NotFoundError:
            return None

    def _row_with(self, row_id: str, data: dict[str, Any], permissions: list[str] | None) -> Row[dict[str, Any]] | None:
        """Return the row if it holds what a write of `data` would leave. The time in `data` identifies the write."""
        row = self._row(row_id)
        if row is None or (permissions is not None and set(row.permissions) != set(permissions)):
            return None
        return row if all(is_same(row.data.get(key), value) for key, value in data.items()) else None

    def _over(self, post: Post) -> TablesDB:
        """Return the service for writing over this version of the post only."""
        return self._client.unless_changed_since(post.version).db

    def rebuild_summaries(self) -> int:
        """Replace stored summaries that an earlier release made by those of `models.summarise`. Return how many.

        Needs the site's key, because other clients see only some of the rows.
        """
        rebuilt, place = 0, [Query.limit(SUMMARISED_AT_ONCE)]
        while rows := self._rows(place, count=False, columns=WHOLE).rows:
            for post in filter(None, map(post_of, rows)):
                if post.excerpt and post.summary != post.excerpt:
                    with suppress(errors.ConflictError):  # the author has just saved the post, with a new summary
                        data = {"excerpt": post.summary}
                        self._over(post).update_row(settings.APPWRITE_DATABASE, POSTS, post.id, data)
                        rebuilt += 1
            place = [Query.limit(SUMMARISED_AT_ONCE), Query.cursor_after(rows[-1].id)]
        return rebuilt

    def delete(self, post: Post) -> None:
        """Delete the post, then its cover, so that readers never see the post without it.

        Raise ConflictError if `post` is not the newest version.
        """
        with revalidating(post.status == models.PUBLISHED):
            self._delete(self._over(post), post.id)
            self.discard_cover(post)

    def discard_cover(self, post: Post) -> None:
        """Delete the cover of a deleted post. A failure is only logged."""
        if post.cover_id:
            self._covers.discard(post.cover_id)

    def picture(self, post: Post) -> bytes | None:
        """Return the post's cover as it was uploaded; None without a cover."""
        if not post.cover_id:
            return None
        try:
            return self._covers.original(post.cover_id)
        except errors.NotFoundError:
            return None

    @contextmanager
    def _cover(
        self,
        post_id: str,
        author_id: str,
        fields: dict[str, Any],
        *,
        published: bool,
        old: str = "",
        closing: bool = False,
    ) -> Iterator[dict[str, Any]]:
        """Update the cover's file around a block that writes the row. Yield the columns that the block has to change.

        A new file is created before the row is written, and gets its readers before the row does, so that no failure
        leaves a post without its cover. When readers are removed (`closing`), the row is first, so that a draft's cover
        is not public. If a file has too many readers after a failure, the next save of the draft removes them.

        The generation changes at the end if readers see the post, or saw it before.
        """
        with revalidating(published or closing):
            picture, columns = fields.get("cover"), dict[str, Any]()
            if picture:
                columns["coverId"] = self._covers.add(picture, post_id, author_id, published=published)
            elif fields.get("remove_cover"):
                columns["coverId"] = None
            elif old and not closing:
                self._covers.set_readers(old, author_id, published=published)
            try:
                yield columns
            except errors.SiteError as error:
                if picture and not error.may_have_happened:  # otherwise the row may name the file
                    self._covers.discard(columns["coverId"])
                raise
            if old and columns:
                self._covers.discard(old)
            elif old and closing:
                self._covers.set_readers(old, author_id, published=False)


def _page(posts: list[Post], number: int, size: int) -> Page[Post]:
    """Return one page of these posts. Raise NotFoundError past the end."""
    return Page(number, posts[(number - 1) * size : number * size], len(posts), size).existing()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
