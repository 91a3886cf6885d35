"""Error reports to Sentry, or to another server that accepts Sentry's events, if SENTRY_DSN is set.

Another organisation may run the server, so a report contains only a fixed list of fields: the place in the code, the
template of the log message, the page, the request id and the person's id. A report contains no variables, URLs,
headers, cookies, form data or exception messages, because each may contain a secret, an address or the text of a draft.
The exception's message is in the site's log, in the line with the same request id.
"""

import logging
from typing import Any

from biso_site.malformed_requests import OneLine
from core import observation

OF_A_FRAME = ("filename", "function", "module", "lineno", "in_app", "context_line", "pre_context", "post_context")
OF_AN_EVENT = ("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk")


def start(dsn: str, **options: Any) -> logging.Handler:
    """Report ERROR log records to the server at `dsn`. Return the log handler that sends them."""
    import sentry_sdk
    from sentry_sdk.integrations.logging import EventHandler

    sentry_sdk.init(
        dsn,
        before_send=cleaned,  # type: ignore[arg-type]
        default_integrations=False,  # the default integrations would report URLs, and patch Django, requests and redis
        auto_enabling_integrations=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        **options,
    )
    handler: logging.Handler = EventHandler(level=logging.ERROR)
    handler.addFilter(OneLine())
    logging.getLogger().addHandler(handler)
    return handler


def cleaned(event: dict[str, Any], _hint: dict[str, Any]) -> dict[str, Any]:
    """Return the report to send for this event: a copy that contains only allowed fields."""
    report = {name: event[name] for name in OF_AN_EVENT if name in event}
    if "logentry" in event:
        # The template of the message, without its values.
        report["logentry"] = {"message": event["logentry"].get("message", "")}
    if "exception" in event:
        report["exception"] = {"values": [_exception(each) for each in event["exception"].get("values", [])]}
    if notes := observation.current():
        report["transaction"] = notes.page
        report["tags"] = {"request_id": notes.request_id}
        report["user"] = {"id": notes.user_id} if notes.user_id else {}
    return report


def _exception(value: dict[str, Any]) -> dict[str, Any]:
    """Return the exception's type and stack frames, without its message or the values of variables."""
    frames = (value.get("stacktrace") or {}).get("frames", [])
    kept = [{name: frame[name] for name in OF_A_FRAME if name in frame} for frame in frames]
    return {"type": value.get("type"), "module": value.get("module"), "stacktrace": {"frames": kept}}
