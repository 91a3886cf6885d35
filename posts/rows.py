"""Read and search rows of the posts table. `posts.schema` describes the table."""

import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from appwrite.models.row import Row
from appwrite.models.row_list import RowList
from appwrite.query import Query
from django.conf import settings

from core.appwrite_client import SessionClient
from posts import new_columns, policy, search
from posts.filters import Filters
from posts.queries import MAX_QUERIED
from posts.schema import POSTS

log = logging.getLogger(__name__)

READ_AT_ONCE = 100  # posts per response, with their text: usually half a megabyte, at worst ten megabytes
MAX_BY_AUTHOR = 500  # maximum number of one author's posts, and of rows per response if their text is not read
MAX_CALLS_BY_AUTHOR = 10  # maximum number of calls for one author's posts, if other people's rows name this author
MAX_READ = 1000  # maximum number of posts that one search reads
MAX_READ_SIZE = 2_000_000  # characters of text after which a search stops reading

# Sets of columns to read. Lists do not load `content`, which has up to 100,000 characters per row.
LINKED = ["title", "status", "language", "publishedAt"]  # the columns for a link to a post
DATED = [*LINKED, "updatedAt"]
LISTED = [*LINKED, "excerpt", "authorId", "authorName", "tags", "campus", "coverId", "coverX", "coverY", "minutes"]
REVIEWED = ["reviewAskedAt", "reviewNote"]
OWN = [*DATED, *REVIEWED, "excerpt", "coverId", "coverX", "coverY", "scheduledAt"]
MANAGED = [*DATED, "authorId", "authorName", "campus", "createdAt", "scheduledAt", "reviewAskedAt"]
OWNED = ["status", "authorId", "publishedAt", "coverId"]
SCHEDULED_COLUMNS = [*MANAGED, "coverId"]
WHOLE = [*LISTED, "content", "coverAlt", "createdAt", "updatedAt"]

AnyRow: TypeAlias = Row[dict[str, Any]]


class Matches(NamedTuple):
    """One page of rows, and the total number.

    `is_partial` means that not all rows were searched. `is_ranked` means that the best match is first.
    """

    rows: list[AnyRow]
    total: int
    is_partial: bool = False
    is_ranked: bool = False


class RowReader:
    """Reads rows of the posts table with the permissions of `client`."""

    def __init__(self, client: SessionClient) -> None:
        self._db = client.db

    def get(self, row_id: str) -> AnyRow:
        """Return the row with all columns. Raise NotFoundError if it is missing or hidden from this client."""
        return self._db.get_row(settings.APPWRITE_DATABASE, POSTS, row_id)

    def select(
        self, queries: list[str], *, count: bool = False, columns: list[str] = LISTED
    ) -> RowList[dict[str, Any]]:
        """Return these columns of the rows that match `queries`.

        If `count` is true, also return the total, up to 5,000. Omit new columns (see `schema.Column`) that the project
        does not have yet.
        """

        def call(columns: list[str]) -> RowList[dict[str, Any]]:
            # `total` is 0 instead of False, because the SDK sends False as "false", which Appwrite treats as true.
            return self._db.list_rows(
                settings.APPWRITE_DATABASE, POSTS, [*queries, Query.select(columns)], total=None if count else 0
            )

        return new_columns.read(columns, call)

    def valid(
        self, queries: list[str], is_valid: Callable[[AnyRow], bool], *, columns: list[str], forged: str
    ) -> list[AnyRow]:
        """Return at most about MAX_BY_AUTHOR rows for which `is_valid` is true, in the order of `queries`.

        Any writer can create invalid rows that match `queries`, for example with someone else as their author.
        Therefore, if a response contains invalid rows, read more rows, in at most MAX_CALLS_BY_AUTHOR calls. If these
        calls are not enough, log the warning `forged`.
        """
        found: list[AnyRow] = []
        for call in range(MAX_CALLS_BY_AUTHOR):
            range_ = [Query.limit(MAX_BY_AUTHOR), Query.offset(call * MAX_BY_AUTHOR)]
            rows = self.select([*queries, *range_], columns=columns).rows
            found += filter(is_valid, rows)
            if len(rows) < MAX_BY_AUTHOR or len(found) >= MAX_BY_AUTHOR:
                return found
        log.warning("%s Only the first %d rows were read.", forged, MAX_CALLS_BY_AUTHOR * MAX_BY_AUTHOR)
        return found

    def by_author(self, author_id: str, queries: list[str], *, columns: list[str]) -> list[AnyRow]:
        """Return the rows of the posts by this author that match `queries`, as `valid` does."""
        return self.valid(
            [*queries, Query.equal("authorId", [author_id])],
            lambda row: is_by(author_id, row),
            columns=columns,
            forged=f"Rows of other people name {author_id} as their author.",
        )

    def chosen(self, authors: dict[str, str], *, columns: list[str] = LISTED) -> list[AnyRow]:
        """Return the rows with these ids and authors, in this order.

        Omit rows that this client cannot read. `authors` maps post ids to author ids. If `authors` is empty, make no
        call to Appwrite.
        """
        if not authors:
            return []
        ids = list(authors)
        rows = self.select([Query.equal("$id", ids), Query.limit(len(ids))], columns=columns).rows
        theirs = [row for row in rows if row.id in authors and is_by(authors[row.id], row)]
        return sorted(theirs, key=lambda row: ids.index(row.id))

    def page(
        self,
        queries: list[str],
        filters: Filters,
        page: int,
        size: int,
        *,
        count: bool = True,
        columns: list[str] = LISTED,
        best_first: bool = False,
    ) -> Matches:
        """Return one page of the rows that match `queries` and the search of `filters`.

        For a search, read the rows that may contain the words, check them, and split the matches into pages. If there
        are many rows and the full-text indexes cover all words, Appwrite searches and paginates instead; “a” may then
        also find “å”. A search without any word has no matches and does not call Appwrite.

        If `best_first` is true, a search returns the best matches first, and the rows contain their text. Equally good
        matches are in the order of `queries`. If Appwrite searches and paginates, all rows are in this order.
        """
        if filters.search and not filters.words:
            return Matches([], 0)
        start = (page - 1) * size
        if filters.words:
            is_indexed = all(word.is_indexed for word in filters.words) and len(filters.words) <= MAX_QUERIED
            found, is_partial = self._read(queries, filters.words, READ_AT_ONCE if is_indexed else MAX_READ)
            if not (is_indexed and is_partial):
                if best_first:
                    found.sort(key=lambda match: search.rank(match[1], filters.words), reverse=True)
                rows = [row for row, _ in found[start : start + size]]
                return Matches(rows, len(found), is_partial, best_first)
            columns = WHOLE if best_first else columns
        matches = self.select([*queries, Query.limit(size), Query.offset(start)], count=count, columns=columns)
        return Matches(matches.rows, int(matches.total))

    def _read(
        self, queries: list[str], words: tuple[search.Word, ...], limit: int
    ) -> tuple[list[tuple[AnyRow, search.Text]], bool]:
        """Return the rows that match `queries` and contain all `words`, and whether there may be more matches.

        Read at most `limit` rows, and fewer if the posts are very long.
        """
        matches: list[tuple[AnyRow, search.Text]] = []
        rows = length = 0
        while rows < limit and length < MAX_READ_SIZE:
            range_ = [Query.limit(READ_AT_ONCE), Query.offset(rows)]
            batch = self.select([*queries, *range_], columns=WHOLE).rows
            for row in batch:
                if length >= MAX_READ_SIZE:  # searching a batch of the longest posts takes many seconds of CPU time
                    return matches, True
                data = row.data if isinstance(row.data, dict) else {}
                length += len(str(data.get("content")))
                text = search.Text(data)
                if search.contains(text, words):
                    matches.append((row, text))
            rows += len(batch)
            if len(batch) < READ_AT_ONCE:
                return matches, False
        return matches, True


def is_by(author_id: str, row: AnyRow) -> bool:
    """Return whether the row is a valid post by this author."""
    return policy.owners_of(row.permissions) == {author_id}
