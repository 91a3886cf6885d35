"""User actions on the site. They find elements by their visible labels."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from appwrite_emulator.testing import Emulator

FOCUSED = """() => {
    const at = document.activeElement;
    const words = at.labels?.length ? at.labels[0].innerText : at.innerText;
    const look = getComputedStyle(at);
    const seen = at.matches("input, textarea, select")
        || (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2);
    return [words.trim(), seen];
}"""


def _usually(scripts: bool) -> pytest.MarkDecorator:
    """Parametrize a test with `scripts` in every run, and with its opposite only in `make test COVER=1`."""
    names = {True: "with scripts", False: "without scripts"}
    other = pytest.param(not scripts, id=names[not scripts], marks=pytest.mark.thorough)
    return pytest.mark.parametrize("scripts", [pytest.param(scripts, id=names[scripts]), other])


usually_with_scripts, usually_without_scripts = _usually(True), _usually(False)
WINDOWS = [{"width": 375, "height": 740}, {"width": 1280, "height": 900}]
on_phone_and_screen = pytest.mark.parametrize("viewport", WINDOWS, ids=["phone", "screen"])


def alternately_with_scripts(
    name: str,
    values: Mapping[str, Any] | Iterable[str],
    scripts: str = "scripts",
    in_every_run: int = 100,
    **options: Any,
) -> pytest.MarkDecorator:
    """Parametrize a test with each value, both with and without scripts. The keys of a mapping are the test ids.

    `make test` runs the first `in_every_run` values once each: the first with scripts, the second without, and so on.
    All other combinations run only in `make test COVER=1`. `scripts` is the name of the Boolean parameter that enables
    scripts.
    """
    cases = []
    for number, id in enumerate(values):
        value = values[id] if isinstance(values, Mapping) else id
        for enabled in (True, False):
            marks = [] if number < in_every_run and enabled is (number % 2 == 0) else [pytest.mark.thorough]
            words = "with scripts" if enabled else "without scripts"
            cases.append(pytest.param(value, enabled, id=f"{id}-{words}", marks=marks))
    return pytest.mark.parametrize((name, scripts), cases, **options)


on_phone_and_screen_alternately_with_scripts = alternately_with_scripts(
    "viewport", dict(zip(["phone", "screen"], WINDOWS, strict=True))
)


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """At the end of the block, wait until the page that the block opened has loaded, including its scripts."""
    with page.expect_event("load"):
        yield


def ask_for_a_link(page: Page, address: str) -> None:
    _ask(page, address, "Send meg en lenke")


def ask_for_a_code(page: Page, address: str) -> None:
    _ask(page, address, "Send meg en kode")


def _ask(page: Page, address: str, button: str) -> None:
    """Request an e-mail from any page: click the button at the top, enter the address and submit the form."""
    page.get_by_role("link", name="Logg inn", exact=True).click()
    page.get_by_label("E-post").fill(address)
    with next_page(page):
        page.get_by_role("button", name=button).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sjekk e-posten din")
    expect(page.get_by_text(address)).to_be_visible()


def open_the_link(page: Page, emulator: Emulator, address: str) -> None:
    """Open the mailbox and follow the link."""
    page.goto(f"{emulator.inbox.url}?to={address}")
    page.get_by_role("link", name="Open link").first.click()


def read_the_code(page: Page, emulator: Emulator, address: str) -> str:
    """Open the mailbox in a second tab and return the digits of the code."""
    mailbox = page.context.new_page()
    mailbox.goto(f"{emulator.inbox.url}?to={address}")
    code = mailbox.locator("dt:text-is('Code') + dd").inner_text()
    mailbox.close()
    return code


def go_to_microsoft(page: Page) -> None:
    """Go from any page to Microsoft's sign-in page."""
    page.get_by_role("link", name="Logg inn", exact=True).click()
    page.get_by_role("button", name="Fortsett med Microsoft").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pick an account")


def be_at_microsoft(page: Page, person: str) -> None:
    """On Microsoft's page, choose a person and allow the site to read their name and address."""
    page.get_by_role("button", name=person).click()
    page.get_by_role("button", name="Accept").click()


def sign_in(page: Page, emulator: Emulator, address: str, *, scripts: bool = True) -> None:
    """Sign in with an e-mailed link. Without scripts, press the button on the page that the link opens."""
    ask_for_a_link(page, address)
    open_the_link(page, emulator, address)
    if not scripts:
        expect(page.get_by_role("heading", level=1)).to_have_text("Nesten inne")
        page.get_by_role("main").get_by_role("button", name="Logg inn").click()
    expect_signed_in(page)


def expect_signed_in(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Du er logget inn.")).to_be_visible()
    expect(page.get_by_role("link", name="Logg inn", exact=True)).to_have_count(0)


def expect_a_guest(page: Page) -> None:
    """Open the front page, and expect that nobody is signed in."""
    page.goto("/")
    expect(page.get_by_role("link", name="Logg inn", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Logg ut")).to_have_count(0)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Logg ut").click()
    expect(page.get_by_role("status").filter(has_text="Du er logget ut.")).to_be_visible()


def give_a_name(page: Page, name: str) -> None:
    """Enter the name that the site asks for before a user's first post."""
    page.get_by_role("link", name="Skriv", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hva heter du?")
    page.get_by_label("Navn").fill(name)
    press(page, "Lagre og gå videre")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")


def write(page: Page, title: str, text: str) -> None:
    """Open the form for a new post and fill it in."""
    with next_page(page):
        page.get_by_role("link", name="Skriv", exact=True).click()
    page.get_by_label("Tittel").fill(title)
    page.get_by_label("Tekst", exact=True).fill(text)


def press(page: Page, button: str) -> None:
    """Press a button in the main part of the page, not in the header."""
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def own_post(page: Page | Locator, title: str) -> Locator:
    """Return the entry of the post with this title in “My posts”."""
    return page.get_by_role("listitem").filter(has_text=title)


def titles(page: Page) -> Locator:
    """Return the titles in the list, from top to bottom."""
    return page.get_by_role("main").get_by_role("heading", level=3)


def expect_first(page: Page, *first: str) -> None:
    """Expect that the list begins with the titles `first`."""
    for place, title in enumerate(first):
        expect(titles(page).nth(place)).to_have_text(title)


def tab_to(page: Page, name: str) -> list[str]:
    """Press Tab until the element with this name has the focus. Return the names of the elements focused before it.

    Check at each step that the focus is visible.
    """
    page.wait_for_load_state()
    passed: list[str] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        words, seen = page.evaluate(FOCUSED)
        assert seen, f"{words!r} has no visible focus indicator"
        if words == name:
            return passed
        passed.append(words)
    raise AssertionError(f"{name!r} cannot be reached with Tab, only {passed}")
