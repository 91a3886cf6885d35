"""Typed text is never lost and never saved twice."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import press, sign_in, write
from tests.browser.conftest import outage

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**.\n\nOg en venn."


def mine(page: Page) -> list[str]:
    page.goto("/posts/mine/")
    return page.get_by_role("heading", level=3).get_by_role("link", name=TITLE).all_inner_texts()


def expect_the_text(page: Page) -> None:
    expect(page.get_by_label("Tittel")).to_have_value(TITLE)
    expect(page.get_by_label("Tekst", exact=True)).to_have_value(TEXT)


def test_going_back_and_saving_again_creates_no_second_post(browse, people):
    page = browse(as_=people["Ada"], java_script_enabled=False)  # with scripts, the form stays open after a save
    page.goto("/")
    write(page, TITLE, TEXT)
    press(page, "Lagre utkast")
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")
    page.get_by_label("Tittel").fill(f"{TITLE} igjen")
    page.get_by_label("Tekst", exact=True).fill(TEXT)
    press(page, "Lagre utkast")
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    assert mine(page) == [f"{TITLE} igjen"]


def test_pressing_the_button_twice_creates_no_second_post(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/")
    write(page, TITLE, TEXT)
    page.get_by_role("button", name="Lagre utkast").dblclick()
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    assert mine(page) == [TITLE]


def test_text_is_kept_while_the_user_signs_in_again(browse, emulator, people):
    ada = people["Ada"]
    page = browse(as_=ada)
    page.goto("/")
    write(page, TITLE, TEXT)
    ada.end_session()
    press(page, "Lagre utkast")
    expect(page.get_by_role("alert")).to_contain_text("Du ble logget ut. Teksten din er fortsatt her.")
    expect_the_text(page)
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Logg inn i en ny fane").click()
    sign_in_here(popup.value, emulator, ada.email)
    press(page, "Lagre utkast")
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    expect_the_text(page)


def sign_in_here(page: Page, emulator, address: str) -> None:
    page.goto("/")
    sign_in(page, emulator, address)


def test_text_is_kept_while_appwrite_hangs_and_is_saved_once(browse, emulator, people):
    page = browse(as_=people["Ada"])
    page.goto("/")
    write(page, TITLE, TEXT)
    with outage(emulator):
        press(page, "Lagre utkast")
        expect(page.get_by_role("alert")).to_contain_text("Teksten din kan være lagret")
        expect_the_text(page)
    press(page, "Lagre utkast")
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    assert mine(page) == [TITLE]


def test_errors_are_listed_at_the_top_with_links_to_their_fields(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/")
    write(page, "", TEXT)
    press(page, "Publiser")
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^Feil:"))
    summary.get_by_role("link", name="Gi innlegget en tittel.").click()
    title = page.get_by_label("Tittel")
    expect(title).to_be_focused()
    expect(title).to_have_accessible_description(re.compile("Gi innlegget en tittel."))
    expect(page.get_by_label("Tekst", exact=True)).to_have_value(TEXT)


def test_enter_key_in_a_field_saves_a_draft_and_does_not_publish(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/")
    write(page, TITLE, TEXT)
    page.get_by_label("Tema").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Lagret")
    expect(page.get_by_role("main")).to_contain_text("Utkast")
