"""Trace requests and their calls to Appwrite with OpenTelemetry if OTEL_EXPORTER_OTLP_ENDPOINT is set.

Spans contain names, ids and durations, but no URLs, headers or content, because these may contain secrets.
"""

from collections.abc import Callable, Iterable
from typing import Any

from core import observation, tracing


def start(endpoint: str, exporter: Any = None) -> None:
    """Send spans to the collector at `endpoint`."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporter = exporter or OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider = TracerProvider(resource=Resource({"service.name": "biso-posts"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))  # its thread is restarted in each worker
    tracing.TRACER = provider.get_tracer("biso-posts")


class Traced:
    """A WSGI application that traces each request to `application`, inside `biso_site.observing.Observed`."""

    def __init__(self, application: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with tracing.span("request") as span:
            response = self._application(environ, start_response)
            if span and (notes := observation.current()):
                span.update_name(notes.page or "request")
                span.set_attributes({"request_id": notes.request_id, "status": notes.status, "cache": notes.cache})
                if notes.user_id:
                    span.set_attribute("user", notes.user_id)
            return response
