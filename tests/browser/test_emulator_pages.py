"""The emulator's own pages in a browser: axe finds nothing by day and night, on phone and screen; 320 px are enough."""

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.appwrite_emulator.test_pages import PAGES
from tests.browser.test_pages import assert_good_in_every_look

pytestmark = pytest.mark.browser

STATES = ["", *(f"{name}/" for name in PAGES), "coverage/?service=account", "requests/?operation=nothing"]


@pytest.fixture
def busy(emulator):
    """Somebody asked, was refused, and is to be refused again."""
    fault = {"operation": "users.get", "status": 503, "first": 2}
    requests.post(f"{emulator.origin}/_emulator/faults.json", json=fault, timeout=20).raise_for_status()
    asked = {"X-Appwrite-Project": "biso", "X-Appwrite-Response-Format": "1.4.0"}
    for path in ("account", "locale?unknown=1", "nonsense"):
        requests.get(f"{emulator.endpoint}/{path}", headers=asked, timeout=20)
    return emulator


@pytest.mark.parametrize("state", STATES, ids=lambda state: state or "start")
def test_everybody_can_use_it(browse, busy, state):
    tab = browse()
    tab.goto(f"{busy.origin}/_emulator/{state}")
    assert_good_in_every_look(tab, Axe().axe_script)


def test_a_fault_is_set_and_taken_away_by_keyboard_without_scripts(browse, emulator):
    tab = browse(java_script_enabled=False)
    tab.goto(f"{emulator.origin}/_emulator/faults/")
    tab.get_by_label("Operation").focus()
    tab.keyboard.type("account.get")
    tab.get_by_role("button", name="Set the fault").press("Enter")
    expect(tab.get_by_role("cell", name="answers 503 general_unknown")).to_be_visible()
    tab.get_by_role("button", name="Take away the fault of account.get").press("Enter")
    expect(tab.get_by_text("None is set: everything answers as it should.")).to_be_visible()
