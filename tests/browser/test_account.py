"""The account page: changing the name and language, ending sessions and closing the account."""

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from core.appwrite_client import create_admin_client
from tests.browser.acts import (
    expect_a_guest,
    next_page,
    press,
    sign_in,
    usually_with_scripts,
    usually_without_scripts,
    write,
)
from tests.users import Person

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**.\n\nOg en venn."


def on_another_device(person: Person) -> Person:
    """Open a browser with a second session of this person."""
    return replace(person, made=create_admin_client().users.create_session(person.id))


def open_account(page: Page) -> None:
    page.goto("/auth/account/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Kontoen din")


@usually_without_scripts
def test_name_and_language_apply_on_every_device(browse, emulator, people, scripts):
    laptop = browse(as_=people["Ada"], java_script_enabled=scripts)
    open_account(laptop)
    laptop.get_by_label("Navn").fill("  Ada   Nordlys-Dal ")
    press(laptop, "Lagre navnet")
    expect(laptop.get_by_role("status")).to_have_text("Navnet ditt er lagret.")
    expect(laptop.get_by_label("Navn")).to_have_value("Ada Nordlys-Dal")
    laptop.get_by_label("English").check()
    press(laptop, "Lagre språket")
    expect(laptop.get_by_role("heading", level=1)).to_have_text("Your account")
    expect(laptop.get_by_role("status")).to_have_text("Your language is saved.")
    expect(laptop).to_have_url("/en/auth/account/")

    phone = browse(as_=on_another_device(people["Ada"]), java_script_enabled=scripts)
    phone.goto("/")
    expect(phone).to_have_url("/en/")
    phone.get_by_role("link", name="Account").click()
    expect(phone.get_by_label("Name")).to_have_value("Ada Nordlys-Dal")


@usually_with_scripts
def test_typed_text_is_kept_when_the_session_has_ended(browse, emulator, people, scripts):
    ada = people["Ada"]
    laptop, phone = (browse(as_=person, java_script_enabled=scripts) for person in (ada, on_another_device(ada)))
    phone.goto("/")
    write(phone, TITLE, TEXT)

    # Ada ends one of her other sessions, and then the rest.
    on_another_device(ada)
    open_account(laptop)
    places = laptop.locator("li").filter(has=laptop.get_by_role("button", name="Logg ut", exact=True))
    expect(places).to_have_count(2)
    places.first.get_by_role("button").click()
    expect(laptop.get_by_role("status")).to_have_text("Logget ut der.")
    expect(places).to_have_count(1)
    press(laptop, "Logg ut alle andre")
    expect(laptop.get_by_role("status")).to_have_text("Logget ut ett sted.")
    expect(places).to_have_count(0)
    expect(laptop.get_by_role("listitem").filter(has_text="Denne")).to_be_visible()

    press(phone, "Lagre utkast")
    expect(phone.get_by_role("alert")).to_contain_text("Du ble logget ut. Teksten din er fortsatt her.")
    with phone.expect_popup() as tab:
        phone.get_by_role("link", name="Logg inn i en ny fane").click()
    tab.value.goto("/")
    sign_in(tab.value, emulator, ada.email, scripts=scripts)
    expect(phone.get_by_label("Tittel")).to_have_value(TITLE)
    expect(phone.get_by_label("Tekst", exact=True)).to_have_value(TEXT)
    press(phone, "Lagre utkast")
    expect(phone.get_by_role("status")).to_contain_text("Lagret")


@usually_without_scripts
def test_deleting_an_account_requires_the_address_and_is_final(browse, emulator, people, scripts):
    ada = people["Ada"]
    page = browse(as_=ada, java_script_enabled=scripts)
    open_account(page)
    page.get_by_role("link", name="Last ned dataene mine").click()
    with page.expect_download() as download:
        press(page, "Last ned")
    assert download.value.suggested_filename.startswith("biso-posts-")
    page.get_by_role("link", name="Tilbake til kontoen").click()
    page.get_by_role("link", name="Slett kontoen").click()
    expect(page.get_by_role("main")).to_contain_text("Du har publisert 4 innlegg.")
    page.get_by_label("E-postadressen din").fill("ja")
    press(page, "Slett kontoen")
    expect(page.get_by_role("alert")).to_contain_text("Det er ikke e-postadressen til denne kontoen.")
    page.get_by_role("link", name="Velg hva som skal skje").click()
    expect(page.get_by_label("Slett dem, også bildene")).to_be_focused()
    page.get_by_label("La BISO overta dem").check()
    page.get_by_label("E-postadressen din").fill(ada.email)
    with next_page(page):
        press(page, "Slett kontoen")
    # tests.patient_site deletes one batch per request. A script sends the next request, or without scripts, the person.
    unfinished = page.get_by_role("button", name="Fortsett å slette")
    requests = 1
    while not scripts and unfinished.count():
        requests += 1
        with next_page(page):
            unfinished.click()
    assert scripts or requests > 2
    expect(page.get_by_role("status")).to_have_text("Kontoen din er slettet. Takk for at du skrev hos oss.")
    expect_a_guest(page)
    page.goto("/posts/by/biso/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("BISO")
    expect(page.get_by_role("main").get_by_role("heading", level=3)).to_have_count(4)
