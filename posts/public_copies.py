"""Cached copies of what guests can read, shared by all visitors (`core.read_cache`)."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from appwrite.models.row import Row
from django.conf import settings
from django.utils import timezone

from core import errors, read_age, transport
from core.appwrite_client import SessionClient, create_guest_client
from core.read_cache import Copy, ReadCache
from posts import withdrawn
from posts.models import Post
from posts.row_mapping import posts_of
from posts.rows import AnyRow, RowReader

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Listing:
    """Posts in order. `total` is Appwrite's count; see `rows.Matches` for the other fields."""

    posts: tuple[Post, ...]
    total: int
    is_partial: bool = False
    is_ranked: bool = False
    cursor: str = ""  # the id of the last row, if there are more rows


def _listing(data: dict[str, Any]) -> Listing:
    """Return the listing from data that `as_json` wrote, possibly in an earlier or later release."""
    posts = posts_of(Row.with_data(row) for row in data["rows"])
    flags = data.get("is_partial", False), data.get("is_ranked", False)
    return Listing(tuple(posts), data.get("total", 0), *flags, data.get("cursor", ""))


def as_json(
    rows: Iterable[AnyRow], total: int = 0, *, is_partial: bool = False, is_ranked: bool = False
) -> dict[str, Any]:
    """Return the rows and flags as the JSON data of a `Listing`."""
    return {"rows": [_row(row) for row in rows], "total": total, "is_partial": is_partial, "is_ranked": is_ranked}


def _row(row: AnyRow) -> dict[str, Any]:
    dates = {"$createdAt": row.createdat, "$updatedAt": row.updatedat}
    return {**(row.data or {}), "$id": row.id, "$permissions": row.permissions, **dates}


# Sizes in bytes. Compressed, a typical post takes 2 kB, and a list page 1 kB. `FIRST` has a limited set of keys, for
# pages that do not depend on free text. Pages that do, such as searches, share the smaller cache `OTHERS`.
FIRST = ReadCache("first", _listing, max_size=512 * 1024, memory=2 * 1024 * 1024)
POST_CACHE = ReadCache("post", _listing, slots=1024, max_size=64 * 1024, memory=4 * 1024 * 1024)
SUGGESTED = ReadCache("suggested", _listing, slots=1024, max_size=32 * 1024, memory=1024 * 1024)
BIOS = ReadCache("bio", str, slots=256, max_size=2 * 1024, memory=128 * 1024)
NEIGHBOURS = ReadCache("beside", _listing, slots=1024, max_size=8 * 1024, memory=1024 * 1024)
OTHERS = ReadCache("other", _listing, slots=256, max_size=64 * 1024, memory=1024 * 1024)
ARCHIVE: ReadCache[tuple[int, ...]] = ReadCache("archive", tuple, slots=64, max_size=4 * 1024, memory=64 * 1024)


def _month_counts(pairs: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((month, count) for month, count in pairs)


MONTHS = ReadCache("months", _month_counts, slots=64, max_size=4 * 1024, memory=64 * 1024)


class GuestReader:
    """Reads rows with the permissions of a guest."""

    @cached_property
    def _client(self) -> SessionClient:  # created only for a call, because most reads find a cached copy
        return create_guest_client()

    @cached_property
    def _rows(self) -> RowReader:
        return RowReader(self._client)


def read_listing(
    cache: ReadCache[Listing], key: str, call: Callable[[], dict[str, Any]], *, may_be_empty: bool = True
) -> Listing:
    """Return the cached listing. If it is not cached, fetch it with `call`.

    If the cached copy is outdated, omit posts that have been withdrawn since. If no posts remain and `may_be_empty` is
    false, raise UnavailableError.
    """
    copy: Copy[Listing] = cache.read(key, call)
    if not copy.is_outdated:
        return copy.value
    posts = not_withdrawn(copy.value.posts)
    if not posts and not may_be_empty:
        raise errors.UnavailableError(f"the copy of {key} has no posts")
    return replace(copy.value, posts=posts)


def not_withdrawn(posts: tuple[Post, ...]) -> tuple[Post, ...]:
    """Return the posts without those that were unpublished or deleted during the last day."""
    gone = withdrawn.among(post.id for post in posts)
    return tuple(post for post in posts if post.id not in gone)


def public_now(posts: Iterable[Post]) -> list[Post]:
    """Return the posts that are public now.

    Queries also find posts that become public within a minute, so that copies already contain these posts.
    """
    now = timezone.now()
    return [post for post in posts if post.is_published_at(now)]


def optional(default: Callable[[], T], read: Callable[[], T]) -> T:
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
