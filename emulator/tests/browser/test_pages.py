"""The emulator's own pages pass axe's accessibility checks and fit a window 320 px wide.

`make test` checks each page once. `make test COVER=1` checks each page in light and dark and at every window width.
"""

from typing import Any

import pytest
import requests
from appwrite.permission import Permission
from appwrite.role import Role
from appwrite.services.account import Account
from appwrite.services.users import Users
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.admin.test_pages import PAGES
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, PASSWORD, client

pytestmark = pytest.mark.browser

# By default, axe skips `target-size`, its only rule for a criterion that is new in WCAG 2.2.
ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Colour scheme and window width in pixels.
LIGHT_DESKTOP = ("light", 1280)
OTHER_APPEARANCES = [("dark", 1280), ("dark", 375), ("light", 375)]
# Rules whose results depend on colours or layout. The other rules check the markup, which is always the same.
APPEARANCE_RULES = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"

# The service `avatars` has few operations, but they include every coverage state that has its own style.
STATES = ["", *(f"{name}/" for name in PAGES), "coverage/?service=avatars", "requests/?operation=nothing"]


def assert_axe_finds_nothing(page: Page, looks: list[tuple[str, int]]) -> None:
    """Check the open page with axe in each colour scheme and window width in `looks`.

    In `LIGHT_DESKTOP`, check all rules. Otherwise, check only `APPEARANCE_RULES`.
    """
    page.evaluate(Axe().axe_script)
    results = {}
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        options = (
            ALL if (scheme, width) == LIGHT_DESKTOP else {"resultTypes": ["violations"], "runOnly": APPEARANCE_RULES}
        )
        results[f"{scheme}, {width} px"] = violations(page, options)
    assert {look: violated for look, violated in results.items() if violated} == {}


def violations(page: Page, options: dict[str, Any]) -> list[str]:
    rules = page.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in rules for node in rule["nodes"]]


@pytest.fixture
def busy(emulator):
    """Return the emulator with a fault and some failed requests."""
    fault = {"operation": "users.get", "status": 503, "first": 2}
    requests.post(f"{emulator.origin}/_emulator/faults.json", json=fault, timeout=20).raise_for_status()
    headers = {"X-Appwrite-Project": "default", "X-Appwrite-Response-Format": "1.4.0"}
    for path in ("account", "locale?unknown=1", "nonsense"):
        requests.get(f"{emulator.endpoint}/{path}", headers=headers, timeout=20)
    return emulator


every_state = pytest.mark.parametrize("state", STATES, ids=lambda state: state or "start")


@every_state
def test_page_is_accessible(browse, busy, state):
    tab = browse()
    tab.goto(f"{busy.origin}/_emulator/{state}")
    assert_axe_finds_nothing(tab, [LIGHT_DESKTOP])
    tab.set_viewport_size({"width": 320, "height": 800})
    scroll, window = tab.evaluate(WIDTHS)
    assert scroll <= window


@pytest.mark.thorough
@every_state
def test_page_is_accessible_in_every_colour_scheme_and_size(browse, busy, state):
    tab = browse()
    tab.goto(f"{busy.origin}/_emulator/{state}")
    assert_axe_finds_nothing(tab, OTHER_APPEARANCES)


def test_fault_is_added_and_removed_by_keyboard_without_scripts(browse, emulator):
    tab = browse(java_script_enabled=False)
    tab.goto(f"{emulator.origin}/_emulator/faults/")
    tab.get_by_label("Operation").focus()
    tab.keyboard.type("account.get")
    tab.get_by_role("button", name="Add fault").press("Enter")
    expect(tab.get_by_role("cell", name="responds with 503 general_unknown")).to_be_visible()
    tab.get_by_role("button", name="Remove fault of account.get").press("Enter")
    expect(tab.get_by_text("No active faults: every call gets its normal response.")).to_be_visible()


def test_user_is_added_and_signed_in_without_scripts(browse, emulator):
    tab = browse(java_script_enabled=False, viewport={"width": 320, "height": 800})
    tab.goto(f"{emulator.origin}/_emulator/data/users/")
    tab.get_by_text("Add a user").click()
    tab.get_by_label("E-mail address").fill("ada@example.com")
    tab.get_by_role("button", name="Add user").click()
    tab.get_by_text("Sign in as this user").click()
    tab.get_by_role("button", name="Create session").click()
    expect(tab.get_by_text("a_session_default=").first).to_be_visible()


def test_forms_of_data_pages_are_accessible(browse, long_named):
    tab = browse()
    for path in ("data/users/", f"data/users/{'u' * 36}/", BOOKS, f"{BOOKS}rows/{'r' * 36}/"):
        tab.goto(f"{long_named.origin}/_emulator/{path}")
        tab.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        assert_axe_finds_nothing(tab, [LIGHT_DESKTOP, *OTHER_APPEARANCES])
        tab.set_viewport_size({"width": 320, "height": 800})
        scroll, window = tab.evaluate(WIDTHS)
        assert scroll <= window


LONGEST = "Lopadotemachoselachogaleokranioleipsano"  # browsers cannot wrap this word


@pytest.fixture
def server(emulator):
    return client(emulator, key=KEY)


@pytest.fixture
def long_named(emulator, server):
    """Return the emulator with names, IDs, addresses and values that have the maximum length and no spaces."""
    address = f"{'a' * 64}@{'b' * 60}.example.com"
    Users(server).create("u" * 36, email=address, name=LONGEST * 3, password=PASSWORD)
    Account(server).create_email_token("u" * 36, address)
    create_books_table(server)
    everybody = [Permission.read(Role.user("u" * 36)), Permission.update(Role.user("u" * 36))]
    BooksTable(server).create("r" * 36, everybody, title=LONGEST * 2, slug=LONGEST * 2, tags=["t" * 30])
    return emulator


BOOKS = "data/databases/lib/books/"
LONG_PAGES = [*STATES, "data/users/", f"data/users/{'u' * 36}/", BOOKS, f"{BOOKS}rows/{'r' * 36}/"]


@pytest.mark.parametrize(
    "widths",
    [
        pytest.param(range(320, 1441, 160), id="some widths"),
        pytest.param(range(320, 1441, 16), id="every width", marks=pytest.mark.thorough),
    ],
)
def test_longest_names_cause_no_horizontal_scrolling(browse, long_named, widths):
    tab = browse()
    session = tab.context.new_cdp_session(tab)
    wrong = []
    for path in LONG_PAGES:
        tab.goto(f"{long_named.origin}/_emulator/{path}")
        for width in widths:
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            session.send("Emulation.setDeviceMetricsOverride", size)
            scroll, window = tab.evaluate(WIDTHS)
            if scroll > window:
                wrong.append((path, width, scroll))
    assert wrong == []


def test_selected_email_is_visible_on_a_phone(browse, emulator, server):
    for n in range(12):
        Account(server).create_email_token(f"ada{n}", f"ada{n}@example.com")
    tab = browse(viewport={"width": 375, "height": 800})
    tab.goto(emulator.inbox.url)
    tab.get_by_role("link", name="ada3@example.com").click()
    expect(tab.locator("dd", has_text="ada3@example.com")).to_be_in_viewport()


def test_new_emails_appear_in_the_inbox(browse, emulator, server):
    tab = browse()
    tab.goto(emulator.inbox.url)
    expect(tab.get_by_text("No messages yet.")).to_be_visible()
    Account(server).create_email_token("ada", "ada@example.com")
    expect(tab.locator("dd", has_text="ada@example.com")).to_be_visible()
    expect(tab.get_by_role("button", name="Copy code")).to_be_visible()
    Account(server).create_email_token("bob", "bob@example.com")
    expect(tab.locator("dd", has_text="bob@example.com")).to_be_visible()
    tab.get_by_role("link", name="ada@example.com").click()
    Account(server).create_email_token("eve", "eve@example.com")
    expect(tab.get_by_role("link", name="eve@example.com")).to_be_visible()
    expect(tab.locator("dd", has_text="ada@example.com")).to_be_visible()


def test_start_page_copies_code(browse, emulator):
    tab = browse()
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(f"{emulator.origin}/_emulator/?sdk=node")
    tab.get_by_role("button", name="Copy code").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    assert 'from "node-appwrite"' in tab.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("view", ["html", "text", "source"])
def test_long_link_fits_in_the_inbox(browse, emulator, server, view):
    Account(server).create_magic_url_token("ada", "ada@example.com", f"http://localhost/{'callback' * 40}")
    tab = browse(viewport={"width": 375, "height": 800})
    tab.goto(f"{emulator.origin}/_emulator/inbox/{emulator.inbox.newest()['id']}/?view={view}")
    scroll, window = tab.evaluate(WIDTHS)
    assert scroll <= window
    if view == "text":
        assert tab.locator("pre").evaluate("text => text.scrollWidth <= text.clientWidth")


def test_link_in_an_email_wraps_on_a_phone(browse, emulator, server):
    Account(server).create_magic_url_token("ada", "ada@example.com", "http://localhost/callback")
    page = browse(viewport={"width": 375, "height": 800})
    page.goto(f"{emulator.origin}/_emulator/inbox/{emulator.inbox.newest()['id']}/html")
    scroll, window = page.evaluate(WIDTHS)
    assert scroll <= window


@pytest.fixture
def workers(emulator):
    """Create twelve projects with long IDs, as parallel test workers do. Return the IDs."""
    names = [f"a-worker-with-a-long-name-{number}" for number in range(12)]
    for name in names:
        emulator.open_project(name)
    yield names
    for name in names:
        emulator.control("DELETE", f"projects/{name}")


def test_project_selector_is_accessible_and_works(browse, emulator, workers):
    tab = browse(viewport={"width": 320, "height": 800})
    tab.goto(f"{emulator.origin}/_emulator/clock/")
    scroll, window = tab.evaluate(WIDTHS)
    assert scroll <= window
    assert_axe_finds_nothing(tab, [LIGHT_DESKTOP])
    tab.get_by_role("link", name=workers[7]).click()
    tab.goto(f"{emulator.origin}/_emulator/clock/")
    expect(tab.get_by_role("contentinfo")).to_contain_text(f"Project {workers[7]} ")
