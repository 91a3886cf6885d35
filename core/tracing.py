"""Spans for OpenTelemetry. Nothing is traced until `biso_site.traces` sets TRACER."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TRACER: Any = None  # an opentelemetry.trace.Tracer


@contextmanager
def span(name: str, **attributes: str | int) -> Iterator[Any]:
    """Trace this block. Yield the span, or None if there is no tracer. Exception messages are not recorded."""
    if TRACER is None:
        yield None
        return
    with TRACER.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        yield current
