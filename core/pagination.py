"""Numbered pages on top of Appwrite's limit and offset queries."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

from django.core.paginator import Paginator
from django.http import HttpRequest

from core import errors

Item = TypeVar("Item")

MAX_TOTAL = 5000  # rows; Appwrite 1.9.6 stops counting here, so no page shows the rows after the 5000th


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of posts or people. `total` is Appwrite's count, which includes rows that are not shown."""

    number: int
    items: list[Item]
    total: int
    size: int
    is_partial: bool = False  # the search stopped before it reached the oldest posts
    is_ranked: bool = False  # whether the best match of a search is first

    @staticmethod
    def check(number: int, size: int) -> None:
        """Raise NotFoundError if no such page can exist. Call this method before calling Appwrite."""
        if not 1 <= number <= MAX_TOTAL // size:
            raise errors.NotFoundError(f"no page {number}")

    def existing(self) -> "Page[Item]":
        """Return this page. Raise NotFoundError if its number is too high. Page 1 always exists."""
        if self.number > self.count:
            raise errors.NotFoundError(f"no page {self.number} of {self.count}")
        return self

    @cached_property
    def _paginator(self) -> "Paginator[int]":
        return Paginator(range(self.total), self.size)

    @property
    def count(self) -> int:
        """Return the number of pages, at least 1."""
        return self._paginator.num_pages

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.count else None

    @property
    def numbers(self) -> list[int | str]:
        """Return the page numbers to link to: first, last, current and adjacent pages, with “…” for each gap."""
        return list(self._paginator.get_elided_page_range(self.number, on_each_side=1, on_ends=1))


def page_number(request: HttpRequest) -> int:
    """Return the requested page number. Raise NotFoundError if the parameter is not a positive integer."""
    number = request.GET.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise errors.NotFoundError(f"no page {number[:20]!r}")
    return int(number)
