"""Signing in with the e-mailed code, and requesting another e-mail."""

import re
from dataclasses import replace

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from playwright.sync_api import Page, expect

from accounts.sign_in import cookies
from accounts.sign_in.pending import COOL_DOWN, PendingLogin
from tests.browser.acts import (
    ask_for_a_code,
    ask_for_a_link,
    expect_signed_in,
    next_page,
    press,
    read_the_code,
    usually_with_scripts,
    usually_without_scripts,
)

pytestmark = pytest.mark.browser

OLGA = "olga@example.com"


@usually_with_scripts
def test_wrong_code_uses_one_attempt_and_the_right_one_signs_in(browse, emulator, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto("/posts/?campus=bergen")
    ask_for_a_code(page, OLGA)
    code = read_the_code(page, emulator, OLGA)
    field = page.get_by_label("Kode, seks sifre")
    expect(field).to_be_focused()
    with next_page(page):
        page.keyboard.type(f"{(int(code) + 1) % 1_000_000:06d}")  # with scripts, the sixth digit submits the form
        if not scripts:
            press(page, "Logg inn")
    expect(page).to_have_title(re.compile("^Feil:"))
    expect(field).to_have_accessible_description(re.compile("Feil kode. Du har fire forsøk igjen."))
    field.fill("")
    field.focus()
    page.keyboard.insert_text(f" {code[:3]} {code[3:]} ")  # like pasting, this inserts all characters at once
    if not scripts:
        field.press("Enter")
    expect_signed_in(page)
    expect(page).to_have_url("/posts/?campus=bergen")


@usually_without_scripts
def test_code_can_be_requested_instead_of_a_link_and_again_after_a_minute(browse, emulator, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto("/posts/")
    ask_for_a_link(page, OLGA)
    press(page, "Send en kode i stedet")
    field = page.get_by_label("Kode, seks sifre")
    expect(field).to_be_visible()
    expect(page.get_by_text(OLGA)).to_be_visible()
    assert len(emulator.inbox.mails(to=OLGA)) == 2

    again = page.get_by_role("button", name="Send på nytt")
    expect(again).to_contain_text(re.compile(r"om \d\d sekunder"))
    again.click(force=True)  # the button has aria-disabled, so pressing it must have no effect
    expect(field).to_be_visible()
    assert len(emulator.inbox.mails(to=OLGA)) == 2
    a_minute_later(page)
    expect(again).to_have_accessible_name("Send på nytt")
    with next_page(page):
        again.click()
    expect(again).to_contain_text(re.compile(r"om \d\d sekunder"))
    assert len(emulator.inbox.mails(to=OLGA)) == 3

    field.fill(read_the_code(page, emulator, OLGA))
    if not scripts:
        press(page, "Logg inn")
    expect_signed_in(page)
    expect(page).to_have_url("/posts/")


def a_minute_later(page: Page) -> None:
    """Move the request time in the cookie back by a minute, because the test cannot move gunicorn's clock."""
    request, response = RequestFactory().get("/"), HttpResponse()
    request.COOKIES = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    asked = cookies.read_cookie(request, PendingLogin)
    assert asked is not None
    cookies.set_cookie(response, replace(asked, requested_at=asked.requested_at - COOL_DOWN))
    (cookie,) = response.cookies.values()
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": "localhost", "path": "/"}])
    page.reload()


def test_page_counts_down_the_seconds_until_another_email_can_be_requested(page: Page, emulator):
    page.clock.install()
    page.goto("/")
    ask_for_a_code(page, OLGA)
    again = page.get_by_role("button", name="Send på nytt")
    expect(again).to_be_disabled()
    page.clock.fast_forward(30_000)
    expect(again).to_have_accessible_name(re.compile(r"^Send på nytt om (30|[12]?\d) sekunder$"))
    page.clock.fast_forward(31_000)
    expect(again).to_be_enabled()
    expect(again).to_have_accessible_name("Send på nytt")
