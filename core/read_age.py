"""How old the data of a page is: the time and the generation of each read that the page used.

The generation is that of `core.revalidation`. Both are from the start of a read, so that a copy of the page never
counts as current after a write that the read may have missed.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NamedTuple


class Read(NamedTuple):
    """One read of Appwrite, or of a copy that was made from one."""

    read_at: float
    generation: str | None
    is_outdated: bool


@dataclass(frozen=True)
class Reads:
    """The reads within a block. Several threads may add to it."""

    all: list[Read] = field(default_factory=list)

    @property
    def read_at(self) -> float | None:
        """Return the `time.time()` at which the oldest read started; None without reads."""
        return min((read.read_at for read in self.all), default=None)

    @property
    def generation(self) -> str | None:
        """Return the generation of all reads; None if they differ, one had none, or there were none."""
        generations = {read.generation for read in self.all}
        return generations.pop() if len(generations) == 1 else None

    @property
    def is_outdated(self) -> bool:
        """Return whether an old copy was used because Appwrite could not be reached."""
        return any(read.is_outdated for read in self.all)


MAX_CLOCK_DIFFERENCE = 1  # seconds between the clocks of two machines that share copies
_recorders: ContextVar[tuple[Reads, ...]] = ContextVar("recorders", default=())


def is_younger_than(read_at: float, seconds: float) -> bool:
    """Return whether a read at this `time.time()` is younger than `seconds`. False after a clock was set back."""
    return -MAX_CLOCK_DIFFERENCE <= time.time() - read_at < seconds


@contextmanager
def recorded_reads() -> Iterator[Reads]:
    """Yield the reads within this block, also those in the threads of `run_concurrently`. Blocks may nest."""
    reads = Reads()
    token = _recorders.set((*_recorders.get(), reads))
    try:
        yield reads
    finally:
        _recorders.reset(token)


def record(read_at: float, generation: str | None, *, is_outdated: bool = False) -> None:
    """Add a read to every block around the caller. `read_at` is the `time.time()` at which it started."""
    for reads in _recorders.get():
        reads.all.append(Read(read_at, generation, is_outdated))
