"""No page scrolls sideways at any width, however long its content."""

import pytest
from django.test import override_settings

from tests.browser.test_pages import shared_tab, visitor  # noqa: F401 - fixtures
from tests.max_lengths import PAGES_WITH_LONG_TEXTS, lengthen
from tests.pages import PageState

pytestmark = pytest.mark.browser

WIDTHS = range(320, 1441, 16)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Elements that extend beyond the window, even if an ancestor clips them. Scroll containers may.
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


@pytest.fixture(scope="module")
def longest(deployed) -> str:
    """Create the checkpoint with the longest content."""
    emulator, _, _ = deployed
    emulator.reset("demo")
    with override_settings(APPWRITE_ENDPOINT=emulator.endpoint):
        lengthen()
    emulator.checkpoint("longest")
    return "longest"


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("page", PAGES_WITH_LONG_TEXTS, ids=lambda page: page.name)
def test_no_width_scrolls_sideways(page: PageState, language, longest, visitor, deployed, people):  # noqa: F811
    emulator, site, _ = deployed
    emulator.reset(longest)
    site.forget()
    page.show(visitor, people, language)
    tab = visitor.tab
    session = tab.context.new_cdp_session(tab)
    wrong = {}
    for width in WIDTHS:
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", size)
        if by := tab.evaluate(TOO_WIDE):
            wrong[width] = by
        elif width in (320, 384, 704, 800, 1024, 1440) and (outside := tab.evaluate(OUTSIDE)):
            wrong[width] = outside
    session.detach()
    assert not wrong, f"{page.name}, {language}: {wrong}"


@pytest.mark.parametrize("prefix", ["", "/en"], ids=["nb", "en"])
@pytest.mark.parametrize("who", ["", "Ada", "Ingrid"], ids=["guest", "member", "admin"])
def test_button_in_the_masthead_stays_beside_the_name(who, prefix, browse, people):
    page = browse(as_=people[who] if who else None)
    page.goto(f"{prefix}/posts/")
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        name, button = page.locator(".mast .brand").bounding_box(), page.locator(".mast .btn").bounding_box()
        if button["y"] > name["y"] + name["height"] or button["x"] < name["x"] + name["width"]:
            wrong.append(width)
    assert wrong == []
