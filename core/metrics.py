"""Metrics for Prometheus. Only a deployed site with METRICS_TOKEN calls `start`; without it, nothing is counted.

Each worker counts in its own files, and `exposition` adds them up (prometheus_client's multiprocess mode). No label
value comes from a request, so the number of series is limited.
"""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

P = ParamSpec("P")
log = logging.getLogger(__name__)

# Upper bounds of the histogram buckets, in seconds. A cached page takes less than a millisecond, and all calls of a
# request together take at most 8 seconds (settings.APPWRITE_DEADLINE).
PAGE_BUCKETS = (0.001, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
# The files of each process; prometheus_client names them `{kind}_{pid}.db`.
FILES = ("counter", "histogram", "gauge_livesum")
FILE_SIZE = 1024 * 1024  # bytes; the size of the files that prometheus_client creates
CALL_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class _Metrics:
    """The metrics of this process."""

    def __init__(self, folder: Path | None) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.folder = folder
        self.registry = registry = CollectorRegistry()
        self.requests = Histogram(
            "biso_request_seconds",
            "Time until the response was ready, by page, status class and page cache result",
            ("page", "status", "cache"),
            buckets=PAGE_BUCKETS,
            registry=registry,
        )
        self.calls = Histogram(
            "biso_appwrite_call_seconds",
            "Duration of calls to Appwrite, including the wait for a slot, by SDK method",
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
            "biso_read_cache", "Reads for public pages, by kind and source", ("kind", "result"),
            registry=registry,
        )  # fmt: skip
        self.limited = Counter(
            "biso_rate_limited", "Attempts rejected by one of the site's rate limits", ("limit",), registry=registry
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
        self.pages: dict[tuple[str, int, str], Callable[[float], None]] = {}  # a cache, because `labels` takes 2 µs


_metrics: _Metrics | None = None


def start(folder: Path | None = None) -> None:
    """Start counting in files in `folder`, or in memory if it is None.

    `folder` must be the folder in PROMETHEUS_MULTIPROC_DIR. Before counting starts, delete the files that earlier
    processes left in the folder.
    """
    global _metrics
    try:
        if folder is not None:
            folder.mkdir(exist_ok=True)
            for file in folder.glob("*.db"):
                file.unlink(missing_ok=True)
            _reserve(folder)
        _metrics = _Metrics(folder)
    except OSError as error:
        _stop_after(error)


def stop() -> None:
    """Stop counting."""
    global _metrics
    _metrics = None


def _stop_after(error: OSError) -> None:
    """Stop counting in this process: pages are more important than metrics."""
    stop()
    log.error("This process has stopped counting for /metrics: %s", error)


def _reserve(folder: Path) -> None:
    """Create this process's files at their full size. Raise OSError if the disk has no space for them.

    prometheus_client maps the files into memory. If a mapped file were sparse and the disk full, the next write could
    kill the process with SIGBUS.
    """
    paths = [folder / f"{kind}_{os.getpid()}.db" for kind in FILES]
    try:
        for path in paths:
            with path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, FILE_SIZE)
    except OSError:
        for path in paths:  # `exposition` cannot read an empty file
            path.unlink(missing_ok=True)
        raise


def exposition() -> bytes | None:
    """Return the metrics of all workers in Prometheus' text format, or None if nothing is counted."""
    if _metrics is None:
        return None
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    if _metrics.folder is None:
        return generate_latest(_metrics.registry)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


# -- what is counted ---------------------------------------------------------------------------------------------------
def _counted(count: Callable[Concatenate[_Metrics, P], None]) -> Callable[P, None]:
    """Return a function that calls `count` with this process's metrics. If metrics are off, it does nothing.

    If `count` raises OSError, stop counting, so that a full disk does not break a page.
    """

    @wraps(count)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        if (metrics := _metrics) is not None:
            try:
                count(metrics, *args, **kwargs)
            except OSError as error:
                _stop_after(error)

    return guarded


@_counted
def count_request(metrics: _Metrics, page: str, status: int, cache: str, seconds: float) -> None:
    key = (page, status // 100, cache)
    observe = metrics.pages.get(key)
    if observe is None:
        observe = metrics.pages[key] = metrics.requests.labels(page, f"{status // 100}xx", cache).observe
    observe(seconds)


@_counted
def count_call(metrics: _Metrics, operation: str, outcome: str, seconds: float) -> None:
    metrics.calls.labels(operation).observe(seconds)
    metrics.outcomes.labels(operation, outcome).inc()


@_counted
def count_read(metrics: _Metrics, kind: str, result: str) -> None:
    """Count a read for a public page. `result` is `memory`, `shared`, `appwrite` or `outdated`."""
    metrics.reads.labels(kind, result).inc()


@_counted
def count_limited(metrics: _Metrics, limit: str) -> None:
    metrics.limited.labels(limit).inc()


@_counted
def note_circuit(metrics: _Metrics, *, is_open: bool) -> None:
    metrics.open_circuits.set(is_open)


@_counted
def note_calls_in_progress(metrics: _Metrics, slots: str, count: int) -> None:
    metrics.calls_in_progress.labels(slots).set(count)


@_counted
def note_worker_started(metrics: _Metrics) -> None:
    if metrics.folder:
        _reserve(metrics.folder)
    metrics.workers.set(1)


@_counted
def note_worker_ended(metrics: _Metrics, pid: int) -> None:
    """Delete the gauges of the worker with this process id. Keep its counters and histograms."""
    if metrics.folder:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]
        for kind in ("counter", "histogram"):
            with suppress(FileNotFoundError), (metrics.folder / f"{kind}_{pid}.db").open("r+b") as file:
                file.truncate(max(8, int.from_bytes(file.read(4), sys.byteorder)))  # remove the unused part
