"""No page scrolls horizontally at any width, however long its content is.

`make test` checks the breakpoints in Norwegian, for the pages with the most complex layouts. `test_pages` checks all
pages at the smallest width.
`make test COVER=1` checks every state of every page at every width, in both languages.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from playwright.sync_api import Page as Tab

from tests.browser.acts import tab_to
from tests.browser.test_pages import shared_tab, visitor  # noqa: F401 - fixtures
from tests.max_lengths import PAGES_WITH_LONG_TEXTS, lengthen
from tests.pages import PageState
from tests.site import ROOT

pytestmark = pytest.mark.browser

WIDTHS = range(320, 1441, 16)
OUTSIDE_WIDTHS = {320, 384, 704, 800, 1024, 1440}
# A layout is most likely to overflow at its smallest width, which is a breakpoint of a style sheet, in rem (16 px).
STYLES = "".join(sheet.read_text(encoding="utf-8") for sheet in (ROOT / "static/css").glob("*.css"))
QUERIES = re.findall(r"@(?:media|container) ([^{]+)", STYLES)
BREAKPOINTS = {16 * int(rem) for query in QUERIES for rem in re.findall(r"(\d+)rem", query)}
SOME_WIDTHS = [width for width in WIDTHS if width in OUTSIDE_WIDTHS | BREAKPOINTS]
IN_EVERY_RUN = {"home", "list", "detail", "new, everything too long", "edit", "mine", "manage", "people", "account"}
OTHER_WIDTHS = [width for width in WIDTHS if width not in SOME_WIDTHS]
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Finds elements that extend beyond the window, even if an ancestor clips them, except inside scroll containers.
OUTSIDE = """() => {
    const scrolls = each => /auto|scroll/.test(getComputedStyle(each).overflowX);
    const inside = each => each === document.body || (!scrolls(each) && inside(each.parentElement));
    return [...document.querySelectorAll("body *")]
        .filter(each => each.checkVisibility() && !each.closest(".vh, .skip, thead, caption, svg"))
        .filter(each => {
            const {left, right, width} = each.getBoundingClientRect();
            return width && (left < -1 || right > document.documentElement.clientWidth + 1);
        })
        .filter(each => inside(each.parentElement))
        .map(each => each.outerHTML.slice(0, 150));
}"""

# Returns whether the button is below the site's name or overlaps it.
WRAPPED = """() => {
    const [name, button] = [".mast .brand", ".mast .btn"].map(each => {
        const found = document.querySelectorAll(each);
        if (found.length !== 1) throw new Error(`${each} matches ${found.length} elements`);
        return found[0].getBoundingClientRect();
    });
    return button.y > name.bottom || button.x < name.right;
}"""

# Returns the line number, height and name of each control in the masthead, in visual order.
MASTHEAD = """() => {
    const boxes = [...document.querySelectorAll(".mast :is(a, button)")]
        .filter(each => each.checkVisibility())
        .map(each => ({box: each.getBoundingClientRect(), name: each.textContent.trim()}));
    const tops = [...new Set(boxes.map(({box}) => Math.round(box.y + box.height / 2)))].sort((a, b) => a - b);
    return boxes
        .map(({box, name}) => [tops.indexOf(Math.round(box.y + box.height / 2)), box.x, box.height, name])
        .sort(([line, x], [otherLine, otherX]) => line - otherLine || x - otherX)
        .map(([line, _x, height, name]) => [line, height, name]);
}"""


@pytest.fixture(scope="module")
def longest(deployed) -> str:
    """Create a checkpoint in which every value has its maximum length. Return its name."""
    emulator, _, _ = deployed
    emulator.reset("demo")
    with override_settings(APPWRITE_ENDPOINT=emulator.endpoint):
        lengthen()
    emulator.checkpoint("longest")
    return "longest"


def at_widths(tab: Tab, widths: Iterable[int], script: str) -> Iterator[tuple[int, Any]]:
    """Resize the window to each width and yield the width with the script's result."""
    session = tab.context.new_cdp_session(tab)
    for width in widths:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", size)
        yield width, tab.evaluate(script)
    session.detach()


def states() -> Iterator[Any]:
    """Yield every page state. All are `thorough` except those in IN_EVERY_RUN."""
    for page in PAGES_WITH_LONG_TEXTS:
        yield page if page.name in IN_EVERY_RUN else pytest.param(page, marks=pytest.mark.thorough)


@pytest.mark.parametrize(
    ("language", "widths"),
    [
        pytest.param("nb", SOME_WIDTHS, id="nb"),
        pytest.param("nb", OTHER_WIDTHS, id="nb, other widths", marks=pytest.mark.thorough),
        pytest.param("en", WIDTHS, id="en", marks=pytest.mark.thorough),
    ],
)
@pytest.mark.parametrize("page", list(states()), ids=lambda page: page.name)
def test_no_page_scrolls_horizontally(page: PageState, language, widths, longest, visitor, deployed, people):  # noqa: F811
    emulator, site, _ = deployed
    emulator.reset(longest)
    site.forget()
    page.show(visitor, people, language)
    wrong = {}
    for width, too_wide_by in at_widths(visitor.tab, widths, TOO_WIDE):
        if too_wide_by:
            wrong[width] = too_wide_by
        elif width in OUTSIDE_WIDTHS and (outside := visitor.tab.evaluate(OUTSIDE)):
            wrong[width] = outside
    assert not wrong, f"{page.name}, {language}: {wrong}"


@pytest.mark.parametrize(
    "prefix", [pytest.param("", id="nb"), pytest.param("/en", id="en", marks=pytest.mark.thorough)]
)
@pytest.mark.parametrize("who", ["", "Ada", "Ingrid"], ids=["guest", "member", "admin"])
def test_masthead_button_stays_next_to_the_name(who, prefix, browse, people):
    page = browse(as_=people[who] if who else None)
    page.goto(f"{prefix}/posts/")
    assert [width for width, wrapped in at_widths(page, WIDTHS, WRAPPED) if wrapped] == []


@pytest.mark.parametrize("path", ["/", "/posts/mine/", "/posts/new/", "/manage/", "/auth/account/"])
def test_masthead_takes_one_line_in_wide_windows(path, browse, people):
    page = browse(as_=people["Ingrid"], java_script_enabled=False)
    page.goto(path)
    for width, controls in at_widths(page, [1024, 1280], MASTHEAD):
        assert {line for line, _height, _name in controls} == {0}, (width, controls)


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["nb", "en"])
@pytest.mark.parametrize("who", ["Ada", "Ingrid"], ids=["member", "admin"])
def test_masthead_takes_two_lines_on_phones_with_all_controls_in_tab_order(who, prefix, browse, people):
    page = browse(as_=people[who], java_script_enabled=False)
    page.goto(f"{prefix}/posts/")
    for width, controls in at_widths(page, range(320, 431, 10), MASTHEAD):
        assert {line for line, _height, _name in controls} == {0, 1}, (width, controls)
        assert min(height for _line, height, _name in controls) >= 44, (width, controls)
    for width in (320, 390):
        page.set_viewport_size({"width": width, "height": 740})
        page.goto(f"{prefix}/posts/")
        _brand, first, *others = (name for _line, _height, name in page.evaluate(MASTHEAD))
        assert len(others) == {"Ada": 6, "Ingrid": 7}[who]
        assert len(tab_to(page, first)) == 2  # the skip link and the site's name come first
        assert [tab_to(page, name) for name in others] == [[] for _ in others]


# Returns the headings of the footer that are broken into several lines.
BROKEN = """() => [...document.querySelectorAll(".foot :is(h2, legend)")].filter(each => {
    const words = document.createRange();
    words.selectNodeContents(each);
    return words.getClientRects().length > 1;
}).map(each => each.textContent)"""


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["nb", "en"])
def test_footer_headings_are_not_broken(prefix, browse):
    page = browse()
    page.goto(f"{prefix}/posts/topics/")
    page.locator("legend").wait_for()
    assert [(width, broken) for width, broken in at_widths(page, [320, 375, 768, 1280], BROKEN) if broken] == []
