"""Metrics for Prometheus. A deployed site with METRICS_TOKEN calls `start`; otherwise nothing is counted.

Each worker counts in files of its own, and `exposition` adds them up (prometheus_client's multiprocess mode). No label
has a value from a request, so the number of series is limited.
"""

from collections.abc import Callable
from pathlib import Path

# Upper limits of the histograms' buckets in seconds. A cached page takes less than a millisecond, and all calls of a
# request take at most 8 seconds (settings.APPWRITE_DEADLINE).
PAGE_BUCKETS = (0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class _Metrics:
    """The metrics of this process."""

    def __init__(self, folder: Path | None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.is_shared = folder is not None
        self.registry = registry = CollectorRegistry()
        self.requests = Histogram(
            "biso_request_seconds",
            "Time until the response was ready, by page, class of status and result of the page cache",
            ("page", "status", "cache"),
            buckets=PAGE_BUCKETS,
            registry=registry,
        )
        self.calls = Histogram(
            "biso_appwrite_call_seconds",
            "Time of a call to Appwrite, with the wait for a slot, by SDK method",
            ("operation",),
            buckets=CALL_BUCKETS,
            registry=registry,
        )
        self.outcomes = Counter(
            "biso_appwrite_calls",
            "Calls to Appwrite by SDK method and outcome",
            ("operation", "outcome"),
            registry=registry,
        )
        self.reads = Counter(
            "biso_read_cache", "Reads for public pages by kind and by where they came from", ("kind", "result"),
            registry=registry,
        )  # fmt: skip
        self.limited = Counter(
            "biso_rate_limited", "Attempts that a rate limit of the site refused", ("limit",), registry=registry
        )
        self.open_circuits = Gauge(
            "biso_open_circuits", "Workers whose circuit breaker is open",
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self.calls_in_progress = Gauge(
            "biso_appwrite_calls_in_progress", "Calls to Appwrite in progress, by bulkhead", ("slots",),
            registry=registry, multiprocess_mode="livesum",
        )  # fmt: skip
        self.workers = Gauge("biso_workers", "Running workers", registry=registry, multiprocess_mode="livesum")
        self.pages: dict[tuple[str, int, str], Callable[[float], None]] = {}  # looking up a child takes 2 µs


_metrics: _Metrics | None = None


def start(folder: Path | None = None) -> None:
    """Start to count: in files in `folder`, which PROMETHEUS_MULTIPROC_DIR must name, or in this process's memory.

    Empty the folder, because the numbers of earlier processes would remain in it for ever.
    """
    global _metrics
    if folder is not None:
        folder.mkdir(exist_ok=True)
        for file in folder.glob("*.db"):
            file.unlink(missing_ok=True)
    _metrics = _Metrics(folder)


def stop() -> None:
    """Count nothing any more."""
    global _metrics
    _metrics = None


def exposition() -> bytes | None:
    """Return the metrics of all workers in Prometheus' text format; None if nothing is counted."""
    if _metrics is None:
        return None
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if not _metrics.is_shared:
        return generate_latest(_metrics.registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


# -- what is counted ---------------------------------------------------------------------------------------------------
def count_request(page: str, status: int, cache: str, seconds: float) -> None:
    if _metrics is None:
        return
    key = (page, status // 100, cache)
    observe = _metrics.pages.get(key)
    if observe is None:
        observe = _metrics.pages[key] = _metrics.requests.labels(page, f"{status // 100}xx", cache).observe
    observe(seconds)


def count_call(operation: str, outcome: str, seconds: float) -> None:
    if _metrics:
        _metrics.calls.labels(operation).observe(seconds)
        _metrics.outcomes.labels(operation, outcome).inc()


def count_read(kind: str, result: str) -> None:
    """Count a read for a public page. `result`: `memory`, `shared`, `appwrite` or `outdated`."""
    if _metrics:
        _metrics.reads.labels(kind, result).inc()


def count_limited(limit: str) -> None:
    if _metrics:
        _metrics.limited.labels(limit).inc()


def note_circuit(*, is_open: bool) -> None:
    if _metrics:
        _metrics.open_circuits.set(is_open)


def note_calls_in_progress(slots: str, count: int) -> None:
    if _metrics:
        _metrics.calls_in_progress.labels(slots).set(count)


def note_worker_started() -> None:
    if _metrics:
        _metrics.workers.set(1)


def note_worker_ended(pid: int) -> None:
    """Forget what the worker with this process id was doing. What it has counted remains."""
    if _metrics and _metrics.is_shared:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
