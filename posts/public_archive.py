"""The published posts by year and month, read as a guest."""

from datetime import datetime
from typing import Any

from appwrite.query import Query
from django.utils import timezone

from core.calls import run_concurrently
from posts.archive import FIRST_YEAR, bounds, months_until_now
from posts.models import Post
from posts.public_copies import ARCHIVE, MONTHS, OTHERS, GuestReader, as_json, public_now, read_listing
from posts.queries import public

PER_PAGE_OF_ARCHIVE = 50  # posts per page of a month
MAX_YEARS = 40  # years per page of the archive


class PublicArchive(GuestReader):
    """The archive of published posts."""

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
            return {**as_json(rows), "cursor": rows[-1].id if has_more else ""}

        listing = read_listing(OTHERS, f"archive/{year}/{month}/{after}", call)
        return public_now(listing.posts), listing.cursor


def _between(start: datetime, end: datetime) -> list[str]:
    """Return the queries for posts published from `start` until just before `end`."""
    return [
        Query.greater_than_equal("publishedAt", start.isoformat()),
        Query.less_than("publishedAt", end.isoformat()),
    ]
