"""The metrics at /metrics, and the dashboard that shows them."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.core.handlers.wsgi import WSGIHandler

from biso_site import health
from biso_site.observing import Observed
from biso_site.page_cache import PageCache
from core import metrics, rate_limits
from tests.site import NOTHING, ROOT
from tests.wsgi import WsgiClient

TOKEN = "a-token-for-prometheus-only"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def deployed(appwrite, settings):
    """Return a client for the site with the page cache, which counts in this process's memory."""
    settings.METRICS_TOKEN = TOKEN
    metrics.start()
    yield WsgiClient(Observed(PageCache(WSGIHandler())))
    metrics.stop()


def value(series: str) -> float:
    """Return the value of a series, such as `biso_workers`, or 0 if it does not exist."""
    found = re.search(rf"^{re.escape(series)} (\S+)$", metrics.exposition().decode(), re.MULTILINE)
    return float(found[1]) if found else 0


@pytest.mark.parametrize("sent", ["", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer æ", TOKEN])
def test_metrics_require_the_token(sent, deployed, guest):
    refused = guest.get("/metrics", headers={"Authorization": sent})
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert "biso_" not in refused.content.decode()


def test_metrics_are_served_with_the_token_and_never_cached(deployed, guest):
    page = guest.get("/metrics", headers=AUTHORIZED)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert page["Content-Type"].startswith("text/plain; version=0.0.4")
    assert "biso_request_seconds" in page.content.decode()


def test_metrics_are_not_collected_without_the_token(deployed, guest, monkeypatch):
    monkeypatch.setattr(health, "exposition", lambda: pytest.fail("This reads the files of all workers."))
    assert guest.get("/metrics").status_code == 401


WORKER = """
import os, resource, shutil, sys
from pathlib import Path
from core import metrics

folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
metrics.start(folder)
worker = os.fork()
if not worker:
    if sys.argv[1] == "lost":
        shutil.rmtree(folder)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    if sys.argv[1] == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, usual[1]))
    metrics.note_worker_started()
    for page in range(100):
        metrics.count_request(f"page {page}", 200, "hit", 0.1)
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)  # coverage.py writes a file at the end
    os._exit(0)
assert os.waitpid(worker, 0)[1] == 0
if sys.argv[1] != "lost":
    metrics.note_worker_ended(worker)
    print(metrics.exposition().count(b"biso_request_seconds_count"))
"""


@pytest.mark.parametrize(("disk", "counted"), [("usual", "100"), ("full", "0"), ("lost", "")])
def test_worker_keeps_running_if_it_cannot_write_metrics(disk, counted, tmp_path):
    command = [sys.executable, "-c", WORKER, disk]
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics"), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == counted
    assert ran.stderr.count("has stopped counting") == (disk != "usual")
    for file in (tmp_path / "metrics").glob("*.db"):
        size = file.stat().st_size
        # If the file were sparse, writing to it on a full disk could kill the process.
        assert file.stat().st_blocks * 512 >= size or size < 4096
        assert size <= metrics.FILE_SIZE


def test_requests_are_counted_by_page_status_and_cache(deployed, published):
    for _ in range(3):
        deployed.get(f"/posts/{published.id}/?utm=kaffe")
    deployed.get("/wp-login.php?secret=1")
    deployed.get("/posts/nosuchpost/")
    counted = 'biso_request_seconds_count{cache="%s",page="%s",status="%s"}'
    assert value(counted % ("miss", "posts:detail", "2xx")) == 1
    assert value(counted % ("hit", "posts:detail", "2xx")) == 2
    assert value(counted % ("miss", "posts:detail", "4xx")) == 1
    assert value(counted % ("bypass", "unknown", "4xx")) == 1
    assert not re.search("wp-login|nosuchpost|kaffe|secret", metrics.exposition().decode())


def test_calls_reads_and_limits_are_counted(deployed, published, guest, alice, monkeypatch):
    deployed.get("/posts/")
    assert value('biso_appwrite_calls_total{operation="TablesDB.list_rows",outcome="ok"}') > 0
    assert value('biso_appwrite_call_seconds_count{operation="TablesDB.list_rows"}') > 0
    assert "biso_read_cache_total" in metrics.exposition().decode()
    assert value('biso_appwrite_calls_in_progress{slots="all"}') == 0
    monkeypatch.setattr(rate_limits, "BIOS", rate_limits.Limit("bios", 1, 60))
    for _ in range(2):
        alice.browser().post("/auth/account/bio/", {"bio": "Skriver om kaffe."})
    assert value('biso_rate_limited_total{limit="bios"}') == 1


def test_open_circuit_is_shown_in_the_metrics(deployed, guest, settings, pause_of_circuit_breaker, appwrite):
    settings.APPWRITE_ENDPOINT = NOTHING
    for _ in range(6):
        guest.get("/posts/")
    assert value("biso_open_circuits") == 1
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    pause_of_circuit_breaker()
    guest.get("/posts/")
    assert value("biso_open_circuits") == 0


def test_dashboard_shows_only_metrics_that_exist(deployed):
    dashboard = json.loads((ROOT / "docs" / "grafana.json").read_text())
    shown = {
        name
        for panel in dashboard["panels"]
        for target in panel["targets"]
        for name in re.findall(r"\bbiso_\w+", target["expr"])
    }
    existing = set(re.findall(r"^# TYPE (\w+) ", metrics.exposition().decode(), re.MULTILINE))
    assert {re.sub("_(bucket|count|sum)$", "", name) for name in shown} == existing
    documented = set(re.findall(r"`(biso_\w+)`", (ROOT / "docs" / "monitoring.md").read_text()))
    assert documented == existing
