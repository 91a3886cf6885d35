"""The content of error reports and traces. No log, metric, report or trace contains a secret or a post's text."""

import json
import logging
import re
from typing import Any

import pytest
import sentry_sdk
from django.conf import settings as site_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from biso_site import error_reports, log_lines, traces
from biso_site.observing import Observed
from biso_site.page_cache import PageCache
from core import metrics, tracing
from posts.editing import history
from tests.conftest import picture
from tests.pages import TYPED, mailed
from tests.site import NOTHING
from tests.test_deployed import DEPLOYED, settings_of
from tests.wsgi import WsgiClient

DSN = "https://public@sentry.example.org/1"
ADDRESS = "olga.hemmelig@example.com"
TEXT = "Utkastet handler om rektors avgang."
CLIENT = "203.0.113.77"


@pytest.fixture
def reports():
    """Return a list to which errors are reported, instead of to a server."""
    sent: list[dict[str, Any]] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Envelope) -> None:
            sent.extend(item.payload.json for item in envelope.items)

    handler = error_reports.start(DSN, transport=Kept)
    yield sent
    logging.getLogger().removeHandler(handler)
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def spans(monkeypatch) -> InMemorySpanExporter:
    """Return the exporter that receives all spans."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(tracing, "TRACER", None)
    traces.start(NOTHING, exporter)
    return exporter


def finished(exporter: InMemorySpanExporter) -> list[Any]:
    tracing.TRACER.span_processor.force_flush()
    return list(exporter.get_finished_spans())


def test_report_contains_the_code_location_and_ids_but_no_values(alice, draft, reports, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        typed = f"{TEXT} {ADDRESS}"
        raise ValueError(typed)

    monkeypatch.setattr(history, "keep", fail)
    browser = alice.browser(raise_request_exception=False)
    form = {**TYPED, "post_id": draft.id, "content": TEXT, "version": draft.stamp}
    page = browser.post(f"/posts/{draft.id}/edit/?from={ADDRESS}", form, headers={"X-Forwarded-For": CLIENT})
    assert page.status_code == 500
    (report,) = reports
    assert report["exception"]["values"][-1]["type"] == "ValueError"
    assert report["exception"]["values"][-1]["stacktrace"]["frames"][-1]["function"] == "fail"
    assert report["logentry"] == {"message": "%s: %s"}
    text = json.dumps(report, ensure_ascii=False)
    for secret in (TEXT, ADDRESS, CLIENT, alice.secret, "127.0.0.1", "Cookie", "vars", draft.title):
        assert secret not in text


def test_expected_outage_is_not_reported(guest, settings, reports):
    settings.APPWRITE_ENDPOINT = NOTHING
    assert guest.get("/posts/").status_code == 503
    assert all("exception" not in report for report in reports)


def test_trace_has_a_span_for_the_request_and_one_for_each_call(appwrite, published, spans):
    site = WsgiClient(Observed(traces.Traced(PageCache(WSGIHandler()))))
    identifier = site.get(f"/posts/{published.id}/?q={ADDRESS}").headers["X-Request-ID"]
    site.get(f"/posts/{published.id}/?q={ADDRESS}")
    *calls, request, cached = finished(spans)
    assert calls
    assert {call.name for call in calls} <= {"TablesDB.get_row", "TablesDB.list_rows"}
    assert {call.parent.span_id for call in calls} == {request.context.span_id}
    assert {call.attributes["outcome"] for call in calls} >= {"ok"}
    wanted = {"request_id": identifier, "status": 200, "cache": "miss"}
    assert (request.name, request.attributes) == ("posts:detail", wanted)
    assert cached.attributes["cache"] == "hit"
    assert ADDRESS not in "".join(span.to_json() for span in (*calls, request, cached))


@pytest.mark.parametrize("name", ["SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT"])
def test_missing_package_is_reported_at_the_start(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ImproperlyConfigured, match=f"{name} needs the packages in requirements/monitoring.txt"):
        settings_of({**DEPLOYED, name: DSN})


def test_logs_and_reports_of_a_whole_journey_contain_no_secret_address_or_post_text(
    appwrite, guest, ingrid, reports, spans, settings, monkeypatch
):
    settings.TRUSTED_PROXIES, settings.METRICS_TOKEN = 1, "a-token-for-prometheus-only"
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(log_lines.Json().format(record))
    logging.getLogger().addHandler(handler)
    monkeypatch.setattr(log_lines, "write", written.append)
    metrics.start()
    try:
        guest.defaults["HTTP_X_FORWARDED_FOR"] = CLIENT
        secrets = journey(guest, ingrid, appwrite, settings)
        measured = metrics.exposition().decode()
    finally:
        metrics.stop()
        logging.getLogger().removeHandler(handler)
    everything = {
        "log": "\n".join(written),
        "metrics": measured,
        "reports": json.dumps(reports, ensure_ascii=False),
        "traces": "".join(span.to_json() for span in finished(spans)),
    }
    assert '"act": "publish"' in everything["log"]
    assert "posts:new" in everything["metrics"]
    assert reports
    secrets |= {"key": site_settings.APPWRITE_API_KEY, "secret key": site_settings.SECRET_KEY, "client": CLIENT}
    found = {(name, where) for name, secret in secrets.items() for where, text in everything.items() if secret in text}
    assert found == set()


def journey(guest, ingrid, appwrite, settings) -> dict[str, str]:
    """Sign in, write, share and publish, with wrong secrets and an outage. Return the values that must stay secret."""
    guest.post("/auth/login/", {"email": ADDRESS, "act": "code"})
    code = appwrite.inbox.code(ADDRESS)
    guest.post("/auth/code/", {"code": f"{(int(code) + 1) % 1_000_000:06}"})
    guest.post("/auth/login/", {"email": ADDRESS})
    link = mailed(appwrite)
    page = guest.get(link, follow=True)
    guest.post("/auth/callback/", {"nonce": page.context["fields"]["nonce"]})
    guest.post("/auth/account/name/", {"name": "Olga Hemmelig"})
    form = {**TYPED, "title": "Rektor går av", "content": TEXT, "post_id": "secretrow1", "cover_alt": "Rektors kontor"}
    guest.post("/posts/new/", form | {"act": "save", "cover": SimpleUploadedFile("rektor.webp", picture())})
    shared = guest.post("/posts/secretrow1/share/", {"act": "create"}, follow=True)
    key = re.search(r"key=([\w~%-]+)", shared.content.decode())[1]
    guest.get(f"/posts/shared/?key={key}")
    guest.get(f"/posts/?q={TEXT}")
    guest.get(f"/nothing/?email={ADDRESS}&secret=s3cr3t-in-url")
    ingrid.browser().get("/posts/secretrow1/")
    settings.APPWRITE_ENDPOINT, endpoint = NOTHING, settings.APPWRITE_ENDPOINT
    guest.post("/posts/secretrow1/edit/", form | {"act": "publish"})
    guest.post("/posts/preview/", form)
    settings.APPWRITE_ENDPOINT = endpoint
    guest.post("/posts/secretrow1/publish/")
    session = next(cookie.value for name, cookie in guest.cookies.items() if "a_session" in name)
    guest.post("/auth/logout/")
    return {
        **{"address": ADDRESS, "text": TEXT, "title": "Rektor går av", "name": "Olga Hemmelig", "code": code},
        **{"picture": "Rektors kontor", "link": re.search("secret=([^&]+)", link)[1], "share key": key},
        **{"session": session[:40], "in the URL": "s3cr3t-in-url"},
    }
