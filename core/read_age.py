"""The age of the data on a page: when each of its reads started, and in which generation (`core.revalidation`).

The time and the generation are those at the start of a read. If a write happens during the read, the read may miss the
write, so a cached copy of the page then counts as stale.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple


class Read(NamedTuple):
    """One read from Appwrite, or from a cached copy of an earlier read."""

    read_at: float
    generation: str | None
    is_outdated: bool


@dataclass(frozen=True)
class Reads:
    """The reads recorded within a block. Several threads may add reads."""

    all: list[Read] = field(default_factory=list)

    @property
    def read_at(self) -> float | None:
        """Return the `time.time()` at which the oldest read started, or None if there were no reads."""
        return min((read.read_at for read in self.all), default=None)

    @property
    def generation(self) -> str | None:
        """Return the generation that all reads have in common.

        Return None if there were no reads, if their generations differ, or if a read has no generation.
        """
        generations = {read.generation for read in self.all}
        return generations.pop() if len(generations) == 1 else None

    @property
    def is_outdated(self) -> bool:
        """Return whether any read used a stale copy because Appwrite was unreachable or slow."""
        return any(read.is_outdated for read in self.all)


MAX_CLOCK_DIFFERENCE = 1  # seconds between the clocks of two machines that share copies
_recorders: ContextVar[tuple[Reads, ...]] = ContextVar("recorders", default=())


def is_younger_than(read_at: float, seconds: float) -> bool:
    """Return whether a read that started at this `time.time()` is younger than `seconds`.

    Return False if `read_at` is in the future because a clock was set back.
    """
    return -MAX_CLOCK_DIFFERENCE <= time.time() - read_at < seconds


@contextmanager
def recorded_reads() -> Iterator[Reads]:
    """Record and yield the reads within this block, including reads in `run_concurrently` threads. Blocks may nest."""
    reads = Reads()
    token = _recorders.set((*_recorders.get(), reads))
    try:
        yield reads
    finally:
        _recorders.reset(token)


def record(read_at: float, generation: str | None, *, is_outdated: bool = False) -> None:
    """Add a read to every enclosing `recorded_reads` block.

    `read_at` is the `time.time()` at which the read started.
    """
    for reads in _recorders.get():
        reads.all.append(Read(read_at, generation, is_outdated))
