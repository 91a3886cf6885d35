"""The log names Appwrite's version at the start and when it changes. Noticing a change takes no extra call."""

import logging

import pytest
from django.core.cache import cache

from core import errors, server_version
from core.appwrite_client import create_guest_client, log_server_version
from tests.count_calls import count_calls
from tests.site import NOTHING


@pytest.fixture(autouse=True)
def _unknown_version(monkeypatch):
    monkeypatch.setattr(server_version, "_known", "")
    cache.clear()


def messages(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "core.server_version"]


def test_version_is_logged_once_at_the_start(appwrite, caplog):
    log_server_version()
    log_server_version()
    assert messages(caplog) == ["Appwrite's version is 1.9.6."]


def test_error_response_names_the_version_without_another_call(appwrite, caplog):
    with count_calls() as calls, pytest.raises(errors.NotFoundError):
        create_guest_client().db.get_row("app", "posts", "missing")
    assert len(calls) == 1
    assert messages(caplog) == ["Appwrite's version is 1.9.6."]


def test_update_of_appwrite_is_logged(caplog):
    for version in ("1.9.6", "2.7.1", "2.7.1"):
        server_version.note(version)
    assert messages(caplog) == ["Appwrite's version is 1.9.6.", "Appwrite's version is 2.7.1; it was 1.9.6."]


def test_other_workers_do_not_repeat_the_line(caplog, monkeypatch):
    server_version.note("1.9.6")
    monkeypatch.setattr(server_version, "_known", "")  # as in a worker that has just started
    server_version.note("1.9.6")
    assert len(messages(caplog)) == 1


@pytest.mark.parametrize("version", ["1.7.4", "2.8.0", "3.0.0-rc.1"])
def test_log_says_if_the_guide_does_not_describe_the_version(caplog, version):
    server_version.note(version)
    assert messages(caplog)[0].endswith(
        "docs/appwrite-versions.md describes the differences between versions 1.8 and 2.7 only."
    )


@pytest.mark.parametrize("value", [None, 1.9, "", "1", "1.9\nERROR forged", "<b>2.0</b>", "9" * 50])
def test_value_that_is_not_a_version_is_ignored(caplog, value):
    server_version.note(value)
    assert messages(caplog) == []


def test_unreachable_appwrite_does_not_prevent_the_start(settings, caplog):
    settings.APPWRITE_ENDPOINT = NOTHING
    log_server_version()
    assert messages(caplog) == []
    assert logging.getLogger("core.server_version").isEnabledFor(logging.INFO)
