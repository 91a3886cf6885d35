"""The Back button after signing out, with Chromium's back/forward cache, which Playwright disables by default."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.acts import alternately_with_scripts, sign_out
from tests.browser.conftest import ARGUMENTS, HABITS, PATIENCE, hand_over
from tests.pages import DRAFT, PUBLISHED

pytestmark = pytest.mark.browser
# Three pages per test, because Chromium's back/forward cache holds only a few.
PRIVATE = {
    "posts": [DRAFT, f"{DRAFT}edit/", "/posts/mine/"],
    "account": [f"{DRAFT}delete/", "/auth/account/", "/auth/account/name/"],
}
on_private_pages = alternately_with_scripts("paths", PRIVATE, "page", indirect=["page"])


@pytest.fixture(scope="module")
def chromium_with_cache(chromium: Browser) -> Iterator[Browser]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed; the headless shell has no back/forward cache.")
    browser = chromium.browser_type.launch(
        executable_path=path,
        args=ARGUMENTS.split(),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield browser
    browser.close()


@pytest.fixture
def page(request, chromium_with_cache, site, people) -> Iterator[Page]:
    """Return a page in Ada's browser. Scripts run if the fixture's parameter is True."""
    context = chromium_with_cache.new_context(**HABITS, base_url=site, java_script_enabled=request.param)
    context.set_default_timeout(PATIENCE)
    hand_over(context, people["Ada"], site)
    yield context.new_page()
    context.close()


def expect_nothing_private(page: Page) -> None:
    """Check that the page shows neither Ada's name, nor her address, nor the menu for signed-in users."""
    expect(page.get_by_role("link", name="Logg inn", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Mine innlegg")).to_have_count(0)
    assert "ada@example.com" not in page.content()


def test_back_forward_cache_is_enabled(chromium_with_cache, site):
    """Without the back/forward cache, the tests below could not fail."""
    page = chromium_with_cache.new_page(base_url=site)
    page.goto("/posts/")
    page.evaluate("window.left = true")
    page.goto(PUBLISHED)
    page.go_back(wait_until="commit")  # a page restored from the cache fires no load event
    assert page.evaluate("window.left") is True
    page.close()


@on_private_pages
def test_back_button_shows_nothing_private_after_signing_out(paths, page):
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("button", name="Logg ut", exact=True).first).to_be_visible()
    page.goto(PUBLISHED)
    sign_out(page)
    for _ in [PUBLISHED, *paths]:
        page.go_back()
        expect_nothing_private(page)


@pytest.mark.parametrize("page", [True], ids=["with scripts"], indirect=True)
def test_back_button_does_not_show_typed_text_after_signing_out(page):
    page.goto("/posts/new/")
    page.get_by_label("Tittel").fill("Hemmelig")
    page.get_by_label("Tekst", exact=True).fill("Hemmelig tekst")
    page.on("dialog", lambda dialog: dialog.accept())
    sign_out(page)
    page.go_back(wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logg inn")
    expect_nothing_private(page)


@on_private_pages
def test_back_button_shows_nothing_private_after_the_session_was_ended_elsewhere(paths, page, people, deployed):
    for path in paths:
        page.goto(path)
    page.goto(PUBLISHED)
    people["Ada"].end_session()
    deployed[1].forget()  # the site caches users for a minute, so clear its cache
    for _ in paths:
        page.go_back()
        expect_nothing_private(page)
