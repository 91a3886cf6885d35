"""Language, appearance and keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import press, tab_to

pytestmark = pytest.mark.browser


def test_the_chosen_language_is_remembered(page: Page):
    page.goto("/posts/")
    page.get_by_role("button", name="English").click()
    assert page.url.endswith("/en/posts/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/")
    assert page.url.endswith("/en/")
    page.get_by_role("button", name="Norsk").click()
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "nb")


def test_the_browsers_language_is_asked_at_the_bare_address_only(browse):
    page = browse(locale="en-GB")
    page.goto("/")
    assert page.url.endswith("/en/")
    page.goto("/posts/")
    assert page.url.endswith("/posts/")
    assert page.context.cookies() == []


def test_a_guest_gets_no_cookie_and_keeps_nothing(page: Page):
    for path in ("/", "/posts/", "/posts/gzt6jt5bya/", "/nothing/"):
        page.goto(path)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_the_chosen_appearance_is_remembered(browse):
    page = browse(color_scheme="light")
    page.goto("/")
    day = paper(page)
    page.get_by_label("Mørkt").check()
    night = paper(page)
    assert night != day
    page.goto("/posts/")
    assert paper(page) == night
    expect(page.get_by_label("Mørkt")).to_be_checked()
    page.get_by_label("Som enheten").check()
    assert paper(page) == day


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_without_scripts_no_choice_is_offered_that_would_be_forgotten(browse):
    page = browse(java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_text("Utseende")).to_be_hidden()


def test_the_first_key_skips_to_the_content(page: Page):
    page.goto("/posts/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Hopp til innholdet")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_by_keyboard_alone_to_the_mail(page: Page):
    page.goto("/posts/")
    tab_to(page, "Logg inn")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logg inn")
    tab_to(page, "E-post")
    page.keyboard.type("olga@example.com")
    tab_to(page, "Send meg en lenke")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sjekk e-posten din")


def test_by_keyboard_alone_to_a_published_post(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/posts/")
    tab_to(page, "Skriv")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")
    tab_to(page, "Tittel")
    page.keyboard.type("Skrevet uten mus")
    tab_to(page, "Tekst")
    page.keyboard.type("Bare taster.")
    passed = tab_to(page, "Publiser")
    assert passed[:1] == ["Utdrag (valgfritt)"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skrevet uten mus")


def test_a_post_can_be_previewed_and_gone_on_with(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/posts/new/")
    page.get_by_label("Tittel").fill("Prøve")
    page.get_by_label("Tekst", exact=True).fill("## Overskrift")
    press(page, "Forhåndsvis")
    expect(page.get_by_role("region", name="Slik ser leserne det")).to_be_focused()
    page.get_by_label("Tekst", exact=True).fill("## En annen")
    press(page, "Forhåndsvis")
    expect(
        page.get_by_role("region", name="Slik ser leserne det").get_by_role("heading", name="En annen")
    ).to_be_visible()
