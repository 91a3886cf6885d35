"""Every page passes the axe checks, fits a width of 320 px and is usable with the Tab key alone.

`make test` checks each page in Norwegian, in its first state and in its error states. `make test COVER=1` checks every
state in both languages, in light and dark mode, on phone and desktop.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page as Tab
from playwright.sync_api import Response

from appwrite_emulator.testing import Emulator
from tests import pages
from tests.browser.conftest import HABITS, ConsoleWatcher, hand_over
from tests.pages import PAGES, Visitor
from tests.site import Site
from tests.users import Person

pytestmark = pytest.mark.browser

# axe's only rule for a criterion added in WCAG 2.2 is `target-size`, which is disabled by default.
ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# Colour scheme and window width.
LIGHT_DESKTOP = ("light", 1280)
OTHER_LOOKS = [("dark", 1280), ("dark", 375), ("light", 375)]
# Rules that depend on colour scheme and width. The other rules check only the markup, which does not change.
LOOK_RULES = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
SUBMIT = """([path, fields]) => {
    const form = document.createElement("form");
    form.method = "post";
    form.action = path;
    fields = {csrfmiddlewaretoken: document.querySelector("[name=csrfmiddlewaretoken]").value, ...fields};
    for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("textarea");
        field.name = name;
        field.value = value;
        form.append(field);
    }
    document.body.append(form);
    form.submit();
}"""
# The page that the e-mailed link opens submits its form. This script prevents that, so that the page stays open.
STAY = """
const submit = HTMLFormElement.prototype.requestSubmit;
HTMLFormElement.prototype.requestSubmit = function (...button) {
    if (!this.matches("[data-submit]")) submit.apply(this, button);
};"""
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def states() -> Iterator[Any]:
    """Yield every page state. All are `thorough` except each page's first state and those named “…, with an error”."""
    seen = set()
    for page in PAGES:
        name, _, state = page.name.partition(",")
        in_every_run = name not in seen or "with an error" in state or "with errors" in state
        seen.add(name)
        yield page if in_every_run else pytest.param(page, marks=pytest.mark.thorough)


WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"
MAX_STOPS = 150  # no page has as many Tab stops
# No save may end while Tab is pressed repeatedly, because a save may add links above the focused element.
TO_THE_START = """async () => {
    document.querySelector("[data-save-after]")?.removeAttribute("data-save-after");
    const status = document.querySelector("[data-said][data-saving]");
    while (status && status.textContent === status.dataset.saving) await new Promise(requestAnimationFrame);
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    window.reached = [];
}"""
# Returns the faults of the focused element, or null if the focus has left the page or is back at the start.
STOP = """() => {
    const at = document.activeElement;
    if (at === document.body || at === reached[0]?.at) return null;
    const wrong = [];
    const {outlineStyle, outlineWidth} = getComputedStyle(at);
    if (outlineStyle === "none" || parseFloat(outlineWidth) < 2) wrong.push("does not show that it has the focus");
    const box = at.getClientRects()[0];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    const seen = document.elementFromPoint((box.left + box.right) / 2, (top + bottom) / 2);
    if (!at.contains(seen)) wrong.push("is not seen where it has the focus");
    const {left, right, y} = at.getBoundingClientRect();
    const here = {at, left, right, top: y + scrollY, bottom: y + scrollY + at.offsetHeight};
    const before = reached.at(-1);
    if (before && here.bottom <= before.top && left < before.right && before.left < right) {
        wrong.push("comes after an element below it");
    }
    reached.push(here);
    return wrong.map(what => `${at.outerHTML} ${what}`);
}"""
UNREACHED = """() => {
    const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")];
    const stops = new Set(reached.map(stop => stop.at));
    // In a toolbar, arrow keys reach the other buttons.
    const toolbars = [...stops].map(stop => stop.closest("[role=toolbar]")).filter(Boolean);
    const groups = new Set([...stops].filter(stop => stop.type === "radio").map(stop => stop.name));
    return all
        .filter(each => each.checkVisibility() && !each.disabled && each.type !== "hidden" && !stops.has(each))
        .filter(each => !each.closest("[aria-hidden=true]"))
        .filter(each => !(each.type === "radio" && groups.has(each.name)))
        .filter(each => !toolbars.some(toolbar => toolbar.contains(each)))
        .map(each => `${each.outerHTML} is not reached`);
}"""


class Chromium(Visitor):
    """A visitor who uses a real browser."""

    def __init__(self, tab: Tab, emulator: Emulator, site: str, cut_off: Site, editors_publish: Site) -> None:
        self.tab = tab
        self.emulator = emulator
        self._site = site
        self._cut_off = cut_off
        self._editors_publish = editors_publish
        self._answer: Response | None = None

    def sign_in(self, person: Person) -> None:
        hand_over(self.tab.context, person, self._site)

    def open(self, path: str) -> None:
        self._answer = self.tab.goto(self._site + path)

    def submit(self, path: str, form: dict[str, str]) -> None:
        # `expect_navigation` would also return if a script of the open page calls `history.replaceState`.
        with self.tab.expect_event("load"), self.tab.expect_response(_is_of_page) as answer:
            self.tab.evaluate(SUBMIT, [self._site + path, form])
        self._answer = answer.value

    def html(self) -> str:
        return self.tab.content()

    def status(self) -> int:
        assert self._answer is not None
        return self._answer.status

    def cut_off(self) -> None:
        self._site = self._cut_off.url

    def go_where_editors_publish(self) -> None:
        self._site = self._editors_publish.url


def _is_of_page(response: Response) -> bool:
    return response.request.is_navigation_request() and not 300 <= response.status < 400


@pytest.fixture(scope="module")
def axe() -> str:
    """Return the source of axe, a script that defines `window.axe` for accessibility checks."""
    return Axe().axe_script


@pytest.fixture(scope="module")
def shared_tab(chromium, deployed) -> Iterator[tuple[Tab, ConsoleWatcher]]:
    """Share one tab between all tests of this module, because starting a browser takes as long as checking a page."""
    emulator, _, _ = deployed
    context = chromium.new_context(**HABITS)
    tab = context.new_page()
    tab.add_init_script(STAY)
    yield tab, ConsoleWatcher(context, emulator)
    context.close()


@pytest.fixture
def visitor(shared_tab, emulator, site, cut_off, editors_publish) -> Iterator[Chromium]:
    tab, watcher = shared_tab
    tab.context.clear_cookies()
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size({"width": 1280, "height": 900})
    yield Chromium(tab, emulator, site, cut_off, editors_publish)
    assert watcher.complaints() == []


@pytest.mark.parametrize("page", list(states()), ids=lambda page: page.name)
def test_page_is_accessible(page: pages.PageState, visitor, people, axe):
    page.show(visitor, people, "nb")
    tab = visitor.tab
    assert tab.locator("html").get_attribute("lang") == "nb"
    assert_axe_finds_nothing(tab, axe, [LIGHT_DESKTOP])
    assert_fits_320_pixels(tab)
    tab.set_viewport_size({"width": 375, "height": 800})
    assert walked(tab) == []


@pytest.mark.thorough
@every_page
def test_page_is_accessible_in_every_theme_and_width(page: pages.PageState, visitor, people, axe):
    page.show(visitor, people, "nb")
    assert_axe_finds_nothing(visitor.tab, axe, OTHER_LOOKS)


@pytest.mark.thorough
@every_page
def test_english_page_is_accessible_in_every_theme_and_width(page: pages.PageState, visitor, people, axe):
    page.show(visitor, people, "en")
    tab = visitor.tab
    assert tab.locator("html").get_attribute("lang") == "en"
    assert_axe_finds_nothing(tab, axe, [LIGHT_DESKTOP, *OTHER_LOOKS])
    assert_fits_320_pixels(tab)
    tab.set_viewport_size({"width": 1280, "height": 800})
    assert walked(tab) == []


def walked(tab: Tab) -> list[str]:
    """Press Tab repeatedly, from the start of the page to its end. Return the errors."""
    wrong: list[str] = []
    tab.evaluate(TO_THE_START)
    for _ in range(MAX_STOPS):
        tab.keyboard.press("Tab")
        stop = tab.evaluate(STOP)
        if stop is None:
            return [*wrong, *tab.evaluate(UNREACHED)]
        wrong += stop
    return [*wrong, f"there is no way out from {tab.evaluate('document.activeElement.outerHTML')}"]


def assert_axe_finds_nothing(tab: Tab, axe: str, looks: list[tuple[str, int]]) -> None:
    """Check the open page with axe: all rules in `LIGHT_DESKTOP`, and `LOOK_RULES` in other themes and widths."""
    tab.evaluate(axe)
    found = {}
    for scheme, width in looks:
        tab.emulate_media(color_scheme=scheme)
        tab.set_viewport_size({"width": width, "height": 800})
        options = ALL if (scheme, width) == LIGHT_DESKTOP else {"resultTypes": ["violations"], "runOnly": LOOK_RULES}
        found[f"{scheme}, {width} px"] = violations(tab, options)
    assert {look: what for look, what in found.items() if what} == {}


def assert_fits_320_pixels(tab: Tab) -> None:
    tab.set_viewport_size({"width": 320, "height": 800})
    scroll, window = tab.evaluate(WIDTHS)
    assert scroll <= window


def violations(tab: Tab, options: dict[str, Any]) -> list[str]:
    found = tab.evaluate("options => axe.run(options)", options)["violations"]
    return [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def test_axe_check_finds_errors(page: Tab, axe):
    page.goto("/posts/")
    page.evaluate(axe)
    page.evaluate("document.querySelector('h1').style.color = '#eee'")
    for rules in (ALL, {"runOnly": LOOK_RULES}):
        assert [found.partition(":")[0] for found in violations(page, rules)] == ["color-contrast"]


def test_keyboard_check_finds_errors(page: Tab):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto("/posts/")
    assert walked(page) == []
    page.evaluate("document.querySelector('summary').tabIndex = -1")
    page.evaluate("document.querySelector('.brand').tabIndex = 1")
    page.evaluate("document.querySelector('.mast .wrap').style.readingFlow = 'normal'")
    page.evaluate("document.querySelector('h3 a').style.outline = 'none'")
    page.evaluate("document.querySelector('.foot').inert = true")
    page.evaluate("document.querySelector('.tools').style.pointerEvents = 'none'")
    assert {wrong.rpartition(">")[2].strip() for wrong in walked(page)} == {
        "does not show that it has the focus",
        "is not seen where it has the focus",
        "comes after an element below it",
        "is not reached",
    }
