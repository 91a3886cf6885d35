"""Request ids, and the log lines about requests."""

import json
import logging
import re
import select
import subprocess
import sys
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.urls import reverse

from biso_site import log_lines
from biso_site.malformed_requests import OneLine
from biso_site.observing import Observed
from biso_site.page_cache import PageCache
from core import observation
from core.transport import POOL
from tests.site import NOTHING, ROOT
from tests.wsgi import WsgiClient

NEW_ID = observation.new_id
FROM_PROXY = "3f0c9a1e5b2d8064-from-nginx"


@pytest.fixture(autouse=True)
def _random_ids(_same_request_id, monkeypatch) -> None:
    monkeypatch.setattr(observation, "new_id", NEW_ID)


@pytest.fixture
def access_lines(monkeypatch, settings) -> list[dict[str, Any]]:
    """Return a list to which each request adds its parsed log line."""
    settings.LOG_FORMAT = "json"
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr(log_lines, "write", lambda line: lines.append(json.loads(line)))
    return lines


@pytest.fixture
def deployed(appwrite, access_lines) -> WsgiClient:
    """Return a client for the site with the request log and the page cache, as in `biso_site.wsgi`."""
    return WsgiClient(Observed(PageCache(WSGIHandler())))


@pytest.mark.parametrize(
    ("proxies", "sent", "is_accepted"),
    [
        (1, FROM_PROXY, True),
        (0, FROM_PROXY, False),  # no proxy is trusted, so the visitor sent the header
        (1, "short", False),
        (1, "x" * 65, False),
        (1, 'quote"and space', False),
        (1, FROM_PROXY + "\n", False),
    ],
)
def test_only_a_well_formed_id_from_a_trusted_proxy_is_accepted(proxies, sent, is_accepted, guest, settings):
    settings.TRUSTED_PROXIES = proxies
    used = guest.get("/healthz", headers={"X-Request-ID": sent})["X-Request-ID"]
    assert (used == sent) is is_accepted
    assert re.fullmatch(observation.REQUEST_ID, used)


def test_error_page_shows_the_id_of_its_request(guest, alice):
    for browser in (guest, alice.browser()):
        page = browser.get("/no/such/page/")
        assert page["X-Request-ID"] in page.content.decode()


def test_id_is_sent_to_appwrite_with_every_call_even_from_other_threads(alice, monkeypatch, settings):
    settings.TRUSTED_PROXIES = 1
    sent = []
    send = POOL.send
    monkeypatch.setattr(POOL, "send", lambda call, **options: sent.append(call.headers) or send(call, **options))
    alice.browser().get(reverse("accounts:account"), headers={"X-Request-ID": FROM_PROXY})
    assert len(sent) > 2  # some calls are concurrent
    assert {headers.get("X-Request-ID") for headers in sent} == {FROM_PROXY}


def test_each_response_from_the_cache_has_its_own_request_id(deployed, published, access_lines):
    first, second = (deployed.get(f"/posts/{published.id}/") for _ in range(2))
    assert first.body == second.body
    ids = [answer.headers["X-Request-ID"] for answer in (first, second)]
    assert ids[0] != ids[1]
    assert [line["request_id"] for line in access_lines] == ids
    assert [line["cache"] for line in access_lines] == ["miss", "hit"]
    assert {line["page"] for line in access_lines} == {"posts:detail"}
    assert "calls" not in access_lines[1]


def test_missing_page_is_not_cached_with_an_id(deployed, published):
    answers = [deployed.get("/posts/nosuchpost/") for _ in range(2)]
    for answer in answers:
        assert answer.status == 404
        assert answer.headers["X-Request-ID"] in answer.body.decode()


def test_line_names_the_page_the_person_and_the_calls_but_no_address(alice, draft, access_lines):
    alice.browser().get(reverse("posts:edit", args=[draft.id]) + "?note=alice@example.com")
    (line,) = access_lines
    assert line | {"time": "", "ms": 0, "request_id": ""} == line | {
        "level": "INFO", "logger": "access", "method": "GET", "page": "posts:edit", "status": 200, "cache": "bypass",
        "user": "alice", "time": "", "ms": 0, "request_id": "",
    }  # fmt: skip
    assert line["calls"] == len(line["appwrite"])
    assert {call["call"] for call in line["appwrite"]} == {"Account.get", "TablesDB.get_row"}
    assert {call["outcome"] for call in line["appwrite"]} == {"ok"}
    assert "@" not in json.dumps(line)


def test_line_about_many_calls_is_short_enough_to_be_written_atomically():
    call = observation.Call("PreferencesOfAll.delete_everything", "not_called", 1234.5678)
    notes = observation.Observation("x" * 64, "people:remove_everything", "u" * 36, 200, calls=[call] * 1000)
    line = log_lines.json_access_line(notes, "POST", 1234.5678)
    assert json.loads(line)["calls"] == 1000
    assert len(line) <= select.PIPE_BUF


def test_log_line_reports_a_failed_call(guest, appwrite, access_lines, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    guest.get(reverse("posts:list"))
    (line,) = access_lines
    assert line["status"] == 503
    assert "failed" in {call["outcome"] for call in line["appwrite"]}


def test_static_files_write_no_log_line(guest, access_lines):
    found = guest.get("/static/css/biso.css")
    assert found.getvalue()
    found.close()
    assert guest.get("/static/none.css").status_code == 404
    assert [line["page"] for line in access_lines] == ["static"]


def test_json_line_contains_only_known_fields_on_one_line(deployed):
    record = logging.LogRecord("posts", logging.ERROR, "", 0, "failed:\n%s", ("æ",), None)
    record.request = "<WSGIRequest: GET '/?secret=s3cret'>"
    line = log_lines.Json().format(record)
    assert "\n" not in line
    assert json.loads(line).keys() == {"time", "level", "logger", "message"}
    assert "æ" in line


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/auth/callback/%3FuserId=alice&secret=s3cret", "/auth/callback/…"),
        ("/posts/%0AFAKE", "/posts/…"),
        ("/" + "x" * 3000, "/" + "x" * 199),
        ("/wp-login.php", "/wp-login.php"),
    ],
)
def test_warning_about_a_missing_page_shows_no_secret_from_its_path(path, logged, guest, caplog):
    guest.get(path)
    (record,) = [record for record in caplog.records if record.name == "django.request"]
    OneLine().filter(record)
    assert record.getMessage() == f"Not Found: {logged}"


def test_closed_standard_error_is_not_mistaken_for_another_file(tmp_path):
    code = """if True:
        import sys
        from biso_site import log_lines
        with open(sys.argv[1], "w") as file:
            assert file.fileno() == 2
            log_lines.write("a line")
    """
    command = ["sh", "-c", 'exec "$0" -c "$1" "$2" 2>&-', sys.executable, code, str(tmp_path / "file")]
    subprocess.run(command, cwd=ROOT, check=True)
    assert (tmp_path / "file").read_text() == ""
