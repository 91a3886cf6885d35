"""The result of pressing a button in the editor is visible, focused and announced, even if the text is long."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import cycle, product
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from posts.repository import PostRepository
from tests.browser import conftest
from tests.browser.acts import alternately_with_scripts, ask_for_a_code, next_page, press
from tests.conftest import fields
from tests.users import Person

pytestmark = pytest.mark.browser

LONG_TEXT = "\n\n".join(f"Avsnitt {number}. Det er **kaffe** på lesesalen." for number in range(150))
WINDOWS = {"small phone": (320, 568), "landscape": (640, 320), "screen": (1280, 900), "phone": (375, 740)}


def usually_in(window: str) -> pytest.MarkDecorator:
    """Parametrize a test with the size `window` in every run, and with the other sizes only in `make test COVER=1`."""
    others = [pytest.param(other, marks=pytest.mark.thorough) for other in WINDOWS if other != window]
    return pytest.mark.parametrize("window", [window, *others])


NEVER = "document.querySelector('form.editor').dataset.saveAfter = 10 ** 8"
# Records later announcements by the live regions that are now visible on the page.
LISTEN = """() => {
    window.announced = [];
    for (const region of document.querySelectorAll("[role=alert], [role=status], [aria-live]")) {
        if (!region.checkVisibility()) continue;
        const listen = () => announced.push(region.innerText.trim());
        new MutationObserver(listen).observe(region, {
            childList: true, characterData: true, subtree: true, attributes: true, attributeFilter: ["hidden"],
        });
    }
}"""


@pytest.fixture
def ada(people) -> Person:
    return people["Ada"]


@pytest.fixture
def open_form(browse, ada) -> Callable[..., Page]:
    """Return a function that opens the edit form of Ada's long draft, scrolled to its end."""
    draft = PostRepository(ada.appwrite).create("adaskladd2", ada.user, fields(content=LONG_TEXT))

    def opened(window: str = "screen", *, scripts: bool = True, **options) -> Page:
        width, height = WINDOWS[window]
        viewport = {"width": width, "height": height}
        page = browse(as_=ada, viewport=viewport, java_script_enabled=scripts, **options)
        page.goto(f"/posts/{draft.id}/edit/")
        if scripts:
            page.evaluate(NEVER)
        content(page).fill(f"{LONG_TEXT}\n\nSlutt.")
        return page

    return opened


def content(page: Page) -> Locator:
    return page.get_by_label("Tekst", exact=True)


def bar(page: Page) -> Locator:
    return page.locator(".bar")


def save_and_get_a_page(page: Page) -> None:
    """Save in a way that opens a new page, and wait for that page and its scripts."""
    with next_page(page):
        save(page)
    page.evaluate(NEVER)


def scroll_to_the_end(page: Page) -> None:
    page.get_by_label("Tema").scroll_into_view_if_needed()


def save(page: Page) -> None:
    press(page, "Lagre utkast")


def expect_seen(note: Locator) -> None:
    """Expect that the note is entirely inside the window and that nothing covers it."""
    expect(note).to_be_in_viewport(ratio=1)
    covered = """note => {
        const {left, top, width, height} = note.getBoundingClientRect();
        return !note.contains(document.elementFromPoint(left + width / 2, top + height - 2));
    }"""
    assert not note.evaluate(covered)


# -- failures: each function causes one and yields its message -------------------------------------------------
@contextmanager
def ended_session(page: Page, ada: Person, emulator) -> Iterator[str]:
    ada.end_session()
    yield "Du ble logget ut"


@contextmanager
def outage(page: Page, ada: Person, emulator) -> Iterator[str]:
    with conftest.outage(emulator):
        yield "er fortsatt her"


@contextmanager
def rate_limit(page: Page, ada: Person, emulator) -> Iterator[str]:
    emulator.faults.add("tablesDB.updateRow", status=429)
    yield "er fortsatt her"


@contextmanager
def missing_title(page: Page, ada: Person, emulator) -> Iterator[str]:
    page.get_by_label("Tittel").fill("")
    yield "Gi innlegget en tittel."


@contextmanager
def conflict(page: Page, ada: Person, emulator) -> Iterator[str]:
    posts = PostRepository(ada.appwrite)
    posts.update(posts.get("adaskladd2"), fields(content="Fra et annet sted"))
    yield "To versjoner av samme innlegg"


@contextmanager
def deleted_post(page: Page, ada: Person, emulator) -> Iterator[str]:
    posts = PostRepository(ada.appwrite)
    posts.delete(posts.get("adaskladd2"))
    yield "Teksten din er fortsatt her"


Trouble = Callable[..., AbstractContextManager[str]]
TROUBLES: list[Trouble] = [ended_session, outage, rate_limit, missing_title, conflict, deleted_post]


def every_trouble() -> Iterator[Any]:
    """Yield each failure in portrait and landscape, with and without scripts. `make test` runs each failure once."""
    in_every_run = cycle([("phone", True), ("landscape", False)])
    for trouble, usual in zip(TROUBLES, in_every_run, strict=False):
        for window, scripts in product(["phone", "landscape"], [True, False]):
            id = f"{trouble.__name__}-{window}-{'with' if scripts else 'without'} scripts"
            marks = [] if (window, scripts) == usual else [pytest.mark.thorough]
            yield pytest.param(trouble, window, scripts, id=id, marks=marks)


@pytest.mark.parametrize(("trouble", "window", "scripts"), list(every_trouble()))
def test_failed_submit_scrolls_to_the_reason(trouble, window, scripts, open_form, ada, emulator):
    page = open_form(window, scripts=scripts)
    with trouble(page, ada, emulator) as sentence:
        scroll_to_the_end(page)
        save(page)
        note = page.get_by_role("alert")
        expect(note).to_contain_text(sentence)
        expect(note).to_be_focused()
        expect_seen(note)


def test_lost_connection_is_shown_and_announced(open_form):
    page = open_form("phone")
    scroll_to_the_end(page)
    page.evaluate(LISTEN)
    page.context.set_offline(True)
    save(page)
    note = page.get_by_role("alert")
    expect(note).to_be_focused()
    expect_seen(note)
    assert any("Ikke lagret" in said for said in page.evaluate("announced"))


@pytest.mark.parametrize(
    "trouble",
    [rate_limit, pytest.param(ended_session, marks=pytest.mark.thorough)],
    ids=lambda trouble: trouble.__name__,
)
def test_reason_is_announced_by_existing_live_regions(trouble, open_form, ada, emulator):
    page = open_form()
    page.evaluate(LISTEN)
    with trouble(page, ada, emulator) as sentence:
        save(page)
        expect(page.get_by_role("alert")).to_contain_text(sentence)
        assert any(sentence in said for said in page.evaluate("announced"))
        assert page.get_by_role("alert").inner_text().startswith(bar(page).get_by_role("status").inner_text())


@usually_in("landscape")
def test_saving_is_confirmed_in_view(window, open_form):
    page = open_form(window)
    scroll_to_the_end(page)
    page.evaluate(LISTEN)
    save(page)
    said = bar(page).get_by_text(re.compile(r"Lagret kl\."))
    expect_seen(said)
    assert any("Lagret kl." in text for text in page.evaluate("announced"))


@usually_in("small phone")
def test_saving_with_the_keyboard_is_confirmed_in_view(window, open_form):
    page = open_form(window)
    content(page).press("Control+s")
    expect_seen(bar(page).get_by_text(re.compile(r"Lagret kl\.")))
    expect(content(page)).to_be_focused()


@alternately_with_scripts("window", ["screen", "small phone"])
def test_publishing_is_confirmed_in_view(window, scripts, open_form):
    page = open_form(window, scripts=scripts)
    scroll_to_the_end(page)
    press(page, "Publiser")
    expect_seen(page.get_by_role("status").filter(has_text="Publisert."))


def test_session_that_ends_while_writing_is_reported_in_the_bar(open_form, ada):
    page = open_form()
    page.evaluate("document.querySelector('form.editor').dataset.saveAfter = 0")
    ada.end_session()
    content(page).press_sequentially("x")
    said = bar(page).get_by_text("Du ble logget ut.")
    expect_seen(said)
    content(page).press_sequentially("y")
    expect_seen(said)  # the next key press does not remove the message
    expect(content(page)).to_be_focused()


def test_message_disappears_when_saving_works_again(open_form):
    page = open_form()
    page.context.set_offline(True)
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("Ikke lagret")
    page.context.set_offline(False)
    save(page)
    expect(bar(page)).to_contain_text("Lagret kl.")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_server_message_disappears_when_saving_works_again(open_form, ada, emulator):
    """The draft was deleted elsewhere, so the first save fails and the second save creates a new post."""
    page = open_form()
    posts = PostRepository(ada.appwrite)
    posts.delete(posts.get("adaskladd2"))
    save_and_get_a_page(page)
    expect(bar(page).get_by_role("status")).to_contain_text("ikke lenger")
    save(page)
    expect(bar(page)).to_contain_text("Lagret kl.")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_failed_preview_shows_a_message_in_view(open_form):
    page = open_form("phone")
    page.evaluate(LISTEN)
    page.context.set_offline(True)
    content(page).press_sequentially("x")
    press(page, "Forhåndsvis")
    expect_seen(page.get_by_text("Forhåndsvisningen er ikke oppdatert."))
    assert "Forhåndsvisningen er ikke oppdatert." in page.evaluate("announced")


@alternately_with_scripts("window", ["small phone", "landscape", "screen"], in_every_run=2)
def test_error_summary_link_scrolls_to_the_field_with_its_label(window, scripts, open_form):
    page = open_form(window, scripts=scripts)
    page.get_by_label("Tema").fill("en,to,tre,fire,fem,seks")
    save(page)
    page.get_by_role("alert").get_by_role("link").click()
    topics = page.get_by_label("Tema")
    expect(topics).to_be_focused()
    expect_seen(topics)
    expect(page.locator("label[for=id_tags]")).to_be_in_viewport()


# -- the buttons are always visible -----------------------------------------------------------------------------------
@alternately_with_scripts("window", WINDOWS.keys(), in_every_run=2)
def test_buttons_are_in_view_when_the_form_opens(window, scripts, open_form):
    page = open_form(window, scripts=scripts)
    page.keyboard.press("Control+Home")
    for name in ("Publiser", "Lagre utkast", "Forhåndsvis"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    assert share_of_the_window(page) <= 0.25


@alternately_with_scripts("window", WINDOWS.keys(), in_every_run=2)
def test_conflict_buttons_are_in_view(window, scripts, open_form, ada, emulator):
    page = open_form(window, scripts=scripts)
    with conflict(page, ada, emulator):
        save(page)
    for name in ("Behold min", "Flett dem selv"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    assert share_of_the_window(page) <= 0.25
    press(page, "Flett dem selv")
    expect(page.get_by_role("button", name="Lagre utkast", exact=True)).to_be_in_viewport(ratio=1)


def test_buttons_and_the_caret_stay_in_view_above_a_phones_keyboard(open_form):
    page = open_form("phone", has_touch=True)
    page.set_viewport_size({"width": 375, "height": 340})
    content(page).press("Control+End")
    page.keyboard.type("Mer.")
    for name in ("Publiser", "Lagre utkast", "Forhåndsvis"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
    assert share_of_the_window(page) <= 0.25
    content(page).press("Tab")
    expect(page.get_by_text("Slik skriver du")).to_be_in_viewport(ratio=1)


def test_button_bar_is_not_sticky_in_a_tiny_window(open_form):
    """At 400 % zoom, a sticky bar would cover most of the window."""
    page = open_form()
    page.set_viewport_size({"width": 320, "height": 256})
    expect(page.get_by_role("button", name="Publiser", exact=True)).not_to_be_in_viewport()


def share_of_the_window(page: Page) -> float:
    box = bar(page).bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    return box["height"] / page.viewport_size["height"]


# -- corrected errors disappear ---------------------------------------------------------------------------------------
def test_correcting_a_field_removes_its_error(open_form):
    page = open_form()
    page.get_by_label("Tittel").fill("")
    page.get_by_label("Tema").fill("en,to,tre,fire,fem,seks")
    save_and_get_a_page(page)
    summary = page.get_by_role("alert")
    expect(summary.get_by_role("listitem")).to_have_count(2)
    title = page.get_by_label("Tittel")
    title.fill("   ")
    expect(title).to_have_attribute("aria-invalid", "true")  # the title is still empty
    title.fill("En tittel")
    expect(title).not_to_have_attribute("aria-invalid", "true")
    expect(title).not_to_have_accessible_description(re.compile("Gi innlegget"))
    expect(page.get_by_text("Gi innlegget en tittel.")).to_have_count(0)
    expect(summary.get_by_role("listitem")).to_have_count(1)
    page.get_by_label("Tema").fill("en,to")
    expect(summary).to_be_hidden()
    expect(page.locator(".field .error:not(:empty)")).to_have_count(0)
    expect(page).to_have_title(re.compile("^Rediger innlegg"))


def test_saving_removes_all_errors(open_form):
    page = open_form()
    title = page.get_by_label("Tittel")
    title.fill("x" * 201)
    save_and_get_a_page(page)
    title.fill("x" * 202)
    expect(title).to_have_attribute("aria-invalid", "true")  # the title is still too long
    title.fill("x" * 200)
    save(page)
    expect(bar(page)).to_contain_text("Lagret kl.")
    expect(page.locator("[aria-invalid=true], .field .error:not(:empty)")).to_have_count(0)


def test_correcting_the_address_removes_its_error(page):
    page.goto("/auth/login/")
    email = page.get_by_label("E-post")
    email.fill("olga")
    with next_page(page):
        press(page, "Send meg en lenke")
    expect(page.get_by_role("alert")).to_be_focused()
    email.fill("olga@")
    expect(email).to_have_attribute("aria-invalid", "true")
    email.fill("olga@example.com")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(email).not_to_have_attribute("aria-invalid", "true")
    expect(page).to_have_title(re.compile("^Logg inn"))


def test_completing_the_code_submits_it_and_removes_the_error(page):
    page.goto("/")
    ask_for_a_code(page, "olga@example.com")
    code = page.get_by_label("Kode")
    code.fill("123")
    with next_page(page):
        press(page, "Logg inn")
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill("123456")
    expect(page.get_by_text("Koden har seks sifre.")).to_have_count(0)


def test_correcting_the_name_before_the_script_starts_removes_its_error(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/auth/account/name/")
    name = page.get_by_label("Navn")
    name.fill("")

    def correct_first(route):
        name.fill("Ada")
        route.continue_()

    page.route("**/js/errors.*", correct_first)
    with next_page(page):
        press(page, "Lagre og gå videre")
    expect(page.get_by_role("alert")).to_have_count(0)


# -- times ------------------------------------------------------------------------------------------------------------
ZONES = ["America/New_York", pytest.param("Asia/Tokyo", marks=pytest.mark.thorough)]
COPY = """at => {
    const form = document.querySelector("form.editor");
    const words = Object.fromEntries(["title", "content"].map(name => [name, "Fra før"]));
    localStorage.setItem(`text:${form.dataset.user}:adaskladd2`, JSON.stringify({at, state: "draft", ours: {}, words}));
}"""


TIMES = [
    ("2026-01-15T12:00:00Z", "2026-01-15T08:27:00Z", "fra kl. 09.27 "),
    ("2026-01-15T12:00:00Z", "2026-01-13T22:59:00Z", "fra 13. januar 2026 kl. 23.59 "),
    # At this time, it is already 15 January in Oslo, but still 14 January in New York.
    ("2026-01-14T23:30:00Z", "2026-01-14T23:10:00Z", "fra kl. 00.10 "),
    ("2026-07-15T01:00:00Z", "2026-07-14T21:50:00Z", "fra 14. juli 2026 kl. 23.50 "),
]


@pytest.mark.parametrize("zone", ZONES)
def test_unsaved_copy_shows_the_time_in_the_sites_time_zone(zone, open_form):
    page = open_form(timezone_id=zone)
    page.on("dialog", lambda dialog: dialog.accept())
    for now, kept_at, said in TIMES:
        page.evaluate("localStorage.clear()")
        page.clock.set_fixed_time(now)
        page.evaluate(COPY, milliseconds(kept_at, page))
        page.reload()
        expect(page.get_by_role("status").filter(has_text="ikke ble lagret")).to_contain_text(said)


def milliseconds(moment: str, page: Page) -> int:
    return int(page.evaluate("moment => Date.parse(moment)", moment))
