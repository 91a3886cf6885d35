"""The history of a post and its private link, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.acts import press, usually_with_scripts, usually_without_scripts
from tests.pages import DRAFT

pytestmark = pytest.mark.browser


@usually_with_scripts
def test_earlier_version_is_restored(browse, people, scripts):
    page = browse(as_=people["Ada"], java_script_enabled=scripts)
    page.goto(f"{DRAFT}edit/")
    text = page.get_by_label("Tekst", exact=True)
    before = text.input_value()
    text.fill("Bare tull.")
    press(page, "Lagre utkast")
    expect(page.get_by_role("status").filter(has_text="Lagret kl.")).to_be_visible()
    page.get_by_role("link", name="Historikk").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Historikk")
    versions = page.get_by_role("main").get_by_role("listitem")
    for _ in range(100):  # the site stores versions after sending the response
        if versions.count() > 1:
            break
        page.reload()
    versions.last.get_by_role("link").click()
    expect(page.get_by_role("region", name="Gjeldende tekst").locator("ins").first).to_have_text("Bare tull")
    press(page, "Gjenopprett denne versjonen")
    expect(text).to_have_value(before)
    expect(page.get_by_role("status").filter(has_text="Dette er versjonen fra")).to_be_visible()
    press(page, "Lagre utkast")
    expect(page.get_by_role("status").filter(has_text="Lagret kl.")).to_be_visible()
    page.goto(f"{DRAFT}edit/")
    expect(text).to_have_value(before)


@usually_without_scripts
def test_reader_without_an_account_opens_a_private_link(browse, people, scripts):
    ada = browse(as_=people["Ada"], java_script_enabled=scripts)
    ada.goto(DRAFT)
    title = ada.get_by_role("heading", level=1).inner_text()
    ada.get_by_role("link", name="Del en forhåndsvisning").click()
    press(ada, "Lag en lenke")
    link = ada.get_by_label("Privat lenke").input_value()
    reader = browse(java_script_enabled=scripts)
    reader.goto(link)
    expect(reader.get_by_role("heading", level=1)).to_have_text(title)
    expect(reader.get_by_text("Dette er et utkast.")).to_be_visible()
    press(ada, "Trekk lenken tilbake")
    expect(ada.get_by_role("status").filter(has_text="Lenken virker ikke lenger.")).to_be_visible()
    reader.reload()
    expect(reader.get_by_role("heading", level=1)).to_have_text("Lenken virker ikke lenger")
