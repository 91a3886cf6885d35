"""Setting the emulator's clock, and listing what expires next."""

import datetime
import json

import pytest
import requests
from appwrite.services.account import Account

from tests.admin.test_pages import PAGES
from tests.conftest import CALLBACK


@pytest.fixture
def page(emulator):
    return f"{emulator.origin}/_emulator/clock/"


@pytest.fixture
def current_time(emulator):
    """Return a function that reads the emulator's clock."""

    def read():
        response = requests.get(f"{emulator.origin}/_emulator/clock", timeout=20)
        return datetime.datetime.fromisoformat(response.json()["now"])

    return read


# -- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "seconds"),
    [
        ({"seconds": "3600"}, 3600),
        ({"number": "2", "unit": "days"}, 172800),
        ({"number": "1.5", "unit": "hours"}, 5400),
    ],
)
def test_clock_moves_forward(page, current_time, form, seconds):
    before = current_time()
    text = requests.post(page, data=form, timeout=20).text
    assert "ahead of real time" in text
    assert seconds <= (current_time() - before).total_seconds() < seconds + 60


def test_page_says_that_the_clock_is_behind(page):
    assert "2 days behind real time." in requests.post(page, data={"number": "-2", "unit": "days"}, timeout=20).text


def test_clock_returns_to_real_time(page, current_time):
    requests.post(page, data={"seconds": "86400"}, timeout=20).raise_for_status()
    text = requests.post(page, data={"act": "reset"}, timeout=20).text
    assert "Real time." in text
    assert abs((current_time() - datetime.datetime.now(datetime.UTC)).total_seconds()) < 60


@pytest.mark.parametrize("form", [{"number": "soon"}, {}, {"number": "200000", "unit": "weeks"}, {"number": "nan"}])
def test_invalid_clock_movement_is_rejected_with_a_message(page, current_time, form):
    response = requests.post(page, data=form, timeout=20)
    assert response.status_code == 400
    assert "The clock was not moved." in response.text
    assert abs((current_time() - datetime.datetime.now(datetime.UTC)).total_seconds()) < 60


def test_page_shows_what_expires(page, guest, alice):
    Account(guest).create_magic_url_token("ada", "ada@example.com", CALLBACK)
    text = requests.get(page, timeout=20).text
    assert "<b>token</b>" in text
    assert "<b>session</b>" in text
    later = requests.post(page, data={"seconds": "86400"}, timeout=20).text
    assert "<b>token</b>" not in later
    assert "<b>session</b>" in later


def test_page_says_that_nothing_expires(page, emulator):
    assert "Nothing expires." in requests.get(page, timeout=20).text


def test_every_page_says_that_the_clock_was_moved(emulator):
    assert "clock real" in requests.get(emulator.inbox.url, timeout=20).text
    emulator.clock.advance(60)
    for path in ("", *(f"{name}/" for name in PAGES)):
        assert "clock moved" in requests.get(f"{emulator.origin}/_emulator/{path}", timeout=20).text, path


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_clock_moves_to_a_given_time(emulator, users):
    clock = f"{emulator.origin}/_emulator/clock"
    requests.post(clock, json={"now": "2030-01-01T00:00:00Z"}, timeout=20).raise_for_status()
    assert users.create("ada").createdat.startswith("2030-01-01T00:00:0")
    assert requests.post(clock, json={"later": 1}, timeout=20).status_code == 400


@pytest.mark.parametrize("body", [[], 5, None, {"now": 5}, {"now": ""}, {"advance": None}, {"advance": True}])
def test_invalid_time_is_rejected_with_a_message(emulator, body):
    before = emulator.clock.now()
    response = requests.post(f"{emulator.origin}/_emulator/clock", data=json.dumps(body), timeout=20)
    assert response.status_code == 400
    assert response.json()["message"].startswith('Send {"now": TIME} or {"advance": SECONDS}: ')
    assert "object" not in response.json()["message"]  # the message contains no Python `repr`
    assert emulator.clock.now() - before < datetime.timedelta(seconds=60)


@pytest.mark.parametrize("body", [{"advance": 1e12}, {"advance": 1e300}, {"now": "9999-12-31T00:00:00Z"}])
def test_time_beyond_the_last_supported_date_is_rejected(emulator, users, body):
    assert requests.post(f"{emulator.origin}/_emulator/clock", json=body, timeout=20).status_code == 400
    assert users.create("ada").id == "ada"


def test_new_resources_of_every_type_have_equal_created_and_updated_times(run_in_emulator):
    """The emulator reads the clock once for both times: here each reading returns a later time."""
    assert run_in_emulator("""
from datetime import timedelta
from django.apps import apps
from appwrite_emulator.common import clock

start = clock.now()
times = (start + timedelta(seconds=number) for number in range(10_000))
clock.timezone.now = lambda: next(times)
models = [model for model in apps.get_models() if hasattr(model, "updated_at")]
new = [model() for model in models]
print(json.dumps([[type(each).__name__ for each in new if each.created_at != each.updated_at], len(new) > 20]))
""") == [[], True]
