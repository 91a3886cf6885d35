"""The e-mailed link, opened in the browser that requested it and in another browser."""

import pytest
from playwright.sync_api import expect

from tests.browser.acts import ask_for_a_link, expect_signed_in, open_the_link, press, sign_in, usually_without_scripts

pytestmark = pytest.mark.browser

OLGA = "olga@example.com"


@usually_without_scripts
def test_link_in_another_browser_shows_its_address_and_asks_first(browse, emulator, scripts):
    laptop, phone = browse(), browse(java_script_enabled=scripts)
    laptop.goto("/posts/")
    ask_for_a_link(laptop, OLGA)
    open_the_link(phone, emulator, OLGA)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Er dette deg?")
    expect(phone.get_by_role("main")).to_contain_text("o…@example.com")
    expect(phone.get_by_role("main")).not_to_contain_text(OLGA)
    press(phone, "Logg inn")
    expect(phone.get_by_role("status")).to_have_text("Du er logget inn.")
    expect(phone).to_have_url("/posts/")
    laptop.goto("/")
    expect(laptop.get_by_role("link", name="Logg inn", exact=True)).to_be_visible()


def test_url_and_history_do_not_contain_the_secret(browse, emulator, page):
    page.goto("/")
    sign_in(page, emulator, OLGA)
    history = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    addresses = [entry["url"] for entry in history]
    assert any("/auth/login/" in address for address in addresses)
    assert not [address for address in addresses if "secret" in address]


def test_going_back_after_sign_in_does_not_resubmit_the_form(emulator, page):
    page.goto("/posts/")
    sign_in(page, emulator, OLGA)
    sent = []
    page.on("request", lambda request: sent.append(request.method))
    page.go_back()
    page.wait_for_load_state("networkidle")
    assert "POST" not in sent
    page.goto("/posts/mine/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine innlegg")


def test_waiting_page_continues_when_the_link_is_opened_in_another_tab(emulator, page):
    page.goto("/posts/?campus=oslo")
    ask_for_a_link(page, OLGA)
    tab = page.context.new_page()
    open_the_link(tab, emulator, OLGA)
    expect_signed_in(tab)
    expect(page).to_have_url("/posts/?campus=oslo")
    expect(page.get_by_role("button", name="Logg ut")).to_be_visible()


def test_link_works_once(browse, emulator, page):
    page.goto("/")
    sign_in(page, emulator, OLGA)
    late = browse()
    open_the_link(late, emulator, OLGA)
    press(late, "Logg inn")
    expect(late.get_by_role("heading", level=1)).to_have_text("Lenken er brukt")
    late.get_by_role("main").get_by_role("link", name="Be om en ny lenke").click()
    late.get_by_label("E-post").fill(OLGA)
    press(late, "Send meg en lenke")
    expect(late.get_by_role("heading", level=1)).to_have_text("Sjekk e-posten din")
    open_the_link(late, emulator, OLGA)
    expect(late.get_by_role("status")).to_have_text("Du er logget inn.")


def test_session_cookie_is_hidden_from_scripts(emulator, page):
    page.goto("/")
    sign_in(page, emulator, OLGA)
    assert "a_session_biso" in {cookie["name"] for cookie in page.context.cookies() if cookie["httpOnly"]}
    assert page.evaluate("document.cookie") == ""
