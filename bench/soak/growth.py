"""Check whether memory, file descriptors, threads, files and response times grow during a run.

A run can be too short for some of these checks: `not_judged` and `rarely_requested` name them.
"""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

WARM_UP = 0.4  # the fraction of each process's life that is ignored, because its caches and thread pool are filling
MIN_ANSWERS = 200  # in each half of the run; with fewer responses, the 99th percentile would not be reliable


@dataclass(frozen=True)
class Limit:
    """How much a metric may rise: `at_once`, however short the time, plus `an_hour` for each hour.

    A rise within less than `min_seconds` is ignored, because it only shows that the process fills its caches.
    """

    at_once: float
    an_hour: float
    min_seconds: float

    def over(self, seconds: float) -> float:
        return self.at_once + self.an_hour * seconds / 3600


MEMORY, OPEN_FILES, THREADS, DISK = "memory, MB", "open files", "threads", "files, MB"
# Open files include the clients' connections, whose number varies.
LIMITS = {MEMORY: Limit(8, 8, 600), OPEN_FILES: Limit(15, 5, 60), THREADS: Limit(2, 0, 60), DISK: Limit(20, 20, 600)}
# Process or folder -> the metrics that are judged. Appwrite and Redis may grow, because they store more and more data.
SITE = {
    "master": (MEMORY, OPEN_FILES, THREADS),
    "worker": (MEMORY, OPEN_FILES, THREADS),
    "cache folder": (DISK,),
}
LIFE = max(limit.min_seconds for limit in LIMITS.values()) / (1 - WARM_UP)
"""Seconds that a process must run so that all its metrics are judged."""


@dataclass(frozen=True)
class Sample:
    """The value of one metric of one process at one moment. `figure` names the metric."""

    process: str
    figure: str
    at: float
    value: float


@dataclass(frozen=True)
class Trend:
    """The change in one metric of a process after the warm-up. `rise` is the rise of a line fitted to the samples."""

    process: str
    figure: str
    seconds: float
    first: float
    last: float
    highest: float
    rise: float

    @property
    def limit(self) -> float | None:
        """Return the largest rise allowed, or None if this process has no limit or did not run long enough."""
        limit = LIMITS[self.figure]
        is_judged = self.process.startswith(tuple(SITE)) and self.seconds >= limit.min_seconds
        return limit.over(self.seconds) if is_judged else None

    @property
    def fault(self) -> str:
        """Return a message if the metric rose too much, or "" if it did not or has no `limit`."""
        limit = self.limit
        if limit is None or self.rise <= limit:
            return ""
        return (
            f"{self.process}: {self.figure} rose by {self.rise:.1f} in {self.seconds:.0f} seconds; "
            f"the limit is {limit:.1f}."
        )


def trends(samples: Iterable[Sample]) -> list[Trend]:
    """Return the trend of each metric of each process. After a restart, a worker counts as a new process."""
    series: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for sample in samples:
        series[sample.process, sample.figure].append((sample.at, sample.value))
    return [_trend(process, figure, points) for (process, figure), points in series.items()]


def not_judged(trends: Iterable[Trend]) -> list[str]:
    """Return a message for each metric of the site that was not judged in any process, with the reason."""
    longest: dict[tuple[str, str], float] = defaultdict(float)
    for trend in trends:
        for process in SITE:
            if trend.process.startswith(process):
                longest[process, trend.figure] = max(longest[process, trend.figure], trend.seconds)
    return [
        f"{process}: {figure}. This takes {LIMITS[figure].min_seconds:.0f} seconds after the warm-up; "
        f"the longest time was {longest[process, figure]:.0f}."
        for process, figures in SITE.items()
        for figure in figures
        if longest[process, figure] < LIMITS[figure].min_seconds
    ]


def _trend(process: str, figure: str, points: list[tuple[float, float]]) -> Trend:
    start, end = points[0][0], points[-1][0]
    late = [point for point in points if point[0] >= start + WARM_UP * (end - start)]
    seconds = late[-1][0] - late[0][0]
    values = [value for _, value in late]
    return Trend(process, figure, seconds, values[0], values[-1], max(values), seconds * slope(late))


def slope(points: list[tuple[float, float]]) -> float:
    """Return the median of the slopes between all pairs of points (Theil and Sen), which ignores single peaks."""
    slopes = [(b - a) / (later - earlier) for (earlier, a), (later, b) in combinations(points, 2) if later > earlier]
    return statistics.median(slopes) if slopes else 0.0


def percentile(seconds: list[float], share: float) -> float:
    """Return the percentile `share` of these response times in milliseconds. A `share` of 0.99 is the 99th."""
    return sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)] * 1000


def slower(kind: str, early: list[float], late: list[float]) -> str:
    """Return a message if the 99th percentile of the second half is more than twice that of the first plus 50 ms.

    Otherwise, or if a half has fewer than MIN_ANSWERS responses, return "". The allowance of 50 ms is for requests that
    wait while another request uses the processor.
    """
    if _are_few(early, late):
        return ""
    before, after = percentile(early, 0.99), percentile(late, 0.99)
    if after <= 2 * before + 50:
        return ""
    return f"{kind}: the 99th percentile rose from {before:.0f} to {after:.0f} ms."


def rarely_requested(halves: Mapping[str, tuple[list[float], list[float]]]) -> list[str]:
    """Return a list with one message that names the pages with too few responses for `slower`, or an empty list."""
    pages = sorted(page for page, (early, late) in halves.items() if _are_few(early, late))
    if not pages:
        return []
    return [f"Response times of {', '.join(pages)}. This takes {MIN_ANSWERS} responses in each half of the run."]


def _are_few(early: list[float], late: list[float]) -> bool:
    return min(len(early), len(late)) < MIN_ANSWERS
