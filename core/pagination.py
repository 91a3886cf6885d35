"""Numbered pages over Appwrite's limit and offset."""

import math
import re
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import HttpRequest

from core import errors

Item = TypeVar("Item")

MAX_TOTAL = 5000  # rows: Appwrite's totals stop here (behaviour of 1.9.6), so no page can lie beyond


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of posts or people. `total` is what Appwrite counts: a row that is no post is counted and not shown."""

    number: int
    items: list[Item]
    total: int
    size: int
    is_partial: bool = False  # a search that stopped before the oldest posts

    @staticmethod
    def check(number: int, size: int) -> None:
        """Raises NotFound for a page that cannot exist, before Appwrite is asked."""
        if not 1 <= number <= MAX_TOTAL // size:
            raise errors.NotFound(f"no page {number}")

    def existing(self) -> "Page[Item]":
        """This page. Raises NotFound past the end; the first page exists even when there is nothing on it."""
        if self.number > max(1, self.count):
            raise errors.NotFound(f"no page {self.number} of {self.count}")
        return self

    @property
    def count(self) -> int:
        return math.ceil(self.total / self.size)

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.count else None

    @property
    def numbers(self) -> list[int | None]:
        """The page numbers to offer: the first, the last, this one and its neighbours; None for a gap."""
        wanted = sorted({1, self.number - 1, self.number, self.number + 1, self.count} & set(range(1, self.count + 1)))
        numbers: list[int | None] = []
        for number in wanted:
            if numbers and (last := numbers[-1]) is not None and number > last + 1:
                numbers.append(None)
            numbers.append(number)
        return numbers


def page_number(request: HttpRequest) -> int:
    """The page asked for. Raises NotFound for what is no positive number."""
    number = request.GET.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
        raise errors.NotFound(f"no page {number[:20]!r}")
    return int(number)
