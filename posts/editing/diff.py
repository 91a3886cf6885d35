"""Compare two versions of a post, line by line and word by word."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from itertools import accumulate

from django.utils.functional import Promise

LINES = re.compile(r".*\n|.+$")
# A word with the spaces after it. If spaces were separate pieces, there would be too many pieces to match, and each run
# of changed words would be split.
WORDS = re.compile(r"(?:\w+|[^\w\s])\s*|\s+")
STEPS = 5_000_000  # maximum number of comparisons for two versions: about half a second

Marked = list[tuple[bool, str]]  # (whether the text is only in this version, text)


@dataclass(frozen=True)
class Part:
    """One field of the form in both versions."""

    name: str
    label: str | Promise
    mine: Marked
    theirs: Marked

    @property
    def differs(self) -> bool:
        return any(marked for marked, _ in (*self.mine, *self.theirs))


def compare(labels: Mapping[str, str | Promise], mine: Mapping[str, str], theirs: Mapping[str, str]) -> list[Part]:
    """Return each field with both versions and their differences, in the order of `labels`."""
    return [Part(name, label, *mark(mine[name], theirs[name])) for name, label in labels.items()]


def mark(mine: str, theirs: str) -> tuple[Marked, Marked]:
    """Return both versions, each with its differences marked.

    Comparing two malicious versions of 100,000 characters could take minutes. The search therefore stops after STEPS
    comparisons, and the rest of both versions is marked as different.
    """
    budget = Budget(STEPS)
    left: Marked = []
    right: Marked = []
    for same, ours, others in _matched(LINES.findall(mine), LINES.findall(theirs), budget):
        if same:
            _add(left, False, "".join(ours))
            _add(right, False, "".join(others))
            continue
        for equal, a, b in _matched(WORDS.findall("".join(ours)), WORDS.findall("".join(others)), budget):
            _add(left, not equal, "".join(a))
            _add(right, not equal, "".join(b))
    return _trimmed(left), _trimmed(right)


class Budget:
    """The number of comparisons left."""

    def __init__(self, steps: int) -> None:
        self.steps = steps

    def take(self, steps: int) -> bool:
        self.steps -= steps
        return self.steps >= 0


class _Bounded(SequenceMatcher[str]):
    """A matcher that stops searching when its budget is used up."""

    def __init__(self, a: list[str], b: list[str], budget: Budget) -> None:
        super().__init__(None, a, b)
        self._pieces = len(a)
        self._budget = budget
        # `_cost[n]` is the number of steps for the first n pieces of `a`: one per piece, plus one per equal piece of
        # `b`.
        equal_pieces = self.b2j  # type: ignore[attr-defined]  # documented, but missing from typeshed
        self._cost = [0, *accumulate(1 + len(equal_pieces.get(piece, ())) for piece in a)]

    def find_longest_match(self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None) -> Match:
        ahi = self._pieces if ahi is None else ahi
        if not self._budget.take(self._cost[ahi] - self._cost[alo]):
            return Match(alo, blo, 0)
        return super().find_longest_match(alo, ahi, blo, bhi)


def _matched(a: list[str], b: list[str], budget: Budget) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Yield (is equal, pieces of `a`, pieces of `b`) for each run of equal or different pieces."""
    # Ignore spaces after a piece. Match equal pieces at the start and end without a search.
    ours, others = [piece.rstrip() for piece in a], [piece.rstrip() for piece in b]
    start = 0
    while start < min(len(a), len(b)) and ours[start] == others[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and ours[-1 - end] == others[-1 - end]:
        end += 1
    yield True, a[:start], b[:start]
    middle = _Bounded(ours[start : len(a) - end], others[start : len(b) - end], budget)
    for tag, alo, ahi, blo, bhi in middle.get_opcodes():
        yield tag == "equal", a[start + alo : start + ahi], b[start + blo : start + bhi]
    yield True, a[len(a) - end :], b[len(b) - end :]


def _add(marked: Marked, only_here: bool, text: str) -> None:
    """Append the text to the last run if it has the same mark, otherwise as a new run."""
    if text and marked and marked[-1][0] == only_here:
        marked[-1] = (only_here, marked[-1][1] + text)
    elif text:
        marked.append((only_here, text))


def _trimmed(marked: Marked) -> Marked:
    """Return the runs without marks on the spaces after each difference, because pages underline marked spaces."""
    trimmed: Marked = []
    for only_here, text in marked:
        words = text.rstrip() if only_here else text
        _add(trimmed, only_here, words)
        _add(trimmed, False, text[len(words) :])
    return trimmed
