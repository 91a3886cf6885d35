"""Signing in with Microsoft, whose sign-in page the emulator imitates."""

import pytest
from playwright.sync_api import expect

from tests.browser.acts import (
    be_at_microsoft,
    expect_signed_in,
    go_to_microsoft,
    open_the_link,
    press,
    usually_with_scripts,
    usually_without_scripts,
)

pytestmark = pytest.mark.browser


@usually_without_scripts
def test_cancelled_microsoft_sign_in_can_be_repeated(browse, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto("/posts/?campus=bergen")
    go_to_microsoft(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du avbrøt innloggingen hos Microsoft")
    expect(page.get_by_role("main")).to_contain_text("Ingenting har skjedd.")
    expect(page.get_by_role("main").get_by_role("link", name="Logg inn med e-post i stedet")).to_be_visible()
    press(page, "Prøv Microsoft igjen")
    be_at_microsoft(page, "Jonas Haugen")
    expect_signed_in(page)
    expect(page).to_have_url("/posts/?campus=bergen")
    history = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    assert not [entry["url"] for entry in history if "secret" in entry["url"]]

    # Microsoft reported the name, so the site does not ask for it.
    page.get_by_role("link", name="Skriv", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")
    page.get_by_role("link", name="Konto").click()
    expect(page.get_by_label("Navn")).to_have_value("Jonas Haugen")
    expect(page.get_by_role("listitem").filter(has_text="Microsoft")).to_contain_text("jonas.haugen@example.com")


@usually_with_scripts
def test_user_with_an_account_is_asked_to_sign_in_by_email(browse, emulator, people, scripts):
    ada = people["Ada"]
    page = browse(java_script_enabled=scripts)
    page.goto("/posts/")
    go_to_microsoft(page)
    page.get_by_label("Name").fill(ada.name)
    page.get_by_label("Address").fill(ada.email)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Du har allerede en konto")
    page.get_by_role("main").get_by_role("link", name="Logg inn med e-post").click()
    page.get_by_label("E-post").fill(ada.email)
    press(page, "Send meg en lenke")
    open_the_link(page, emulator, ada.email)
    if not scripts:
        press(page, "Logg inn")
    expect_signed_in(page)
    expect(page).to_have_url("/posts/")
