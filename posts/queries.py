"""Appwrite queries for lists of posts."""

from datetime import timedelta

from appwrite.query import Query
from django.utils import timezone

from core.text_fields import forms_of
from posts import models, search
from posts.filters import REVIEW, SCHEDULED, AllFilters, Filters

MAX_QUERIED = 8  # maximum number of search words in a query; each adds 250 to 900 characters to the URL


def public() -> list[str]:
    """Return the queries for posts that everyone can read, newest first.

    The current time is rounded up to the minute, so that a cached copy already contains posts that are due soon.
    """
    now = timezone.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
    is_due = Query.less_than_equal("publishedAt", now.isoformat())
    return [Query.equal("status", [models.PUBLISHED]), is_due, Query.order_desc("publishedAt")]


def matching(filters: Filters) -> list[str]:
    """Return the filters as queries. Each search word has its own query, because Appwrite ORs the words of one query.

    Only the MAX_QUERIED longest words have queries, because proxies reject long URLs. `posts.rows` checks the other
    words.
    """
    queries = [_has(word) for word in sorted(filters.words, key=lambda word: len(word.text))[-MAX_QUERIED:]]
    if filters.tag:
        queries.append(Query.contains("tags", forms_of(filters.tag)))
    if filters.campus:
        queries.append(Query.equal("campus", [filters.campus]))
    if filters.language:
        queries.append(Query.equal("language", [filters.language]))
    return queries


def _has(word: search.Word) -> str:
    """Return a query for rows that contain the word.

    If full-text indexes omit the word, the query may also find rows without it. Full-text indexes treat `_word_` as a
    word that begins with `_`, so the query uses LIKE to find this spelling.
    """
    if word.is_indexed:
        indexed = [Query.search(column, word.text) for column in ("title", "content", "excerpt")]
        return str(
            Query.or_queries(
                [*indexed, Query.contains("title", [word.text]), Query.contains("content", [f"_{word.text}"])]
            )
        )
    return str(Query.or_queries([Query.contains(column, word.pieces) for column in ("title", "content", "excerpt")]))


def matching_all(filters: AllFilters, *, has_new_columns: bool) -> list[str]:
    """Return the filters of the admins' list as queries.

    `has_new_columns` is true if the columns `scheduledAt` and `reviewAskedAt` exist. The statuses SCHEDULED and REVIEW
    need them.
    """
    queries = matching(filters)
    if filters.status:
        is_published = filters.status == models.PUBLISHED
        queries.append(Query.equal("status", [models.PUBLISHED if is_published else models.DRAFT]))
        if filters.status == REVIEW:
            queries.append(Query.is_not_null("reviewAskedAt"))
        elif has_new_columns and not is_published:
            is_scheduled = filters.status == SCHEDULED
            queries.append(Query.is_not_null("scheduledAt") if is_scheduled else Query.is_null("scheduledAt"))
    if filters.author:
        queries.append(Query.equal("authorId", [filters.author]))
    return queries
