"""The admin pages for people: finding a person, changing roles, blocking and ending sessions."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import expect_a_guest, press, sign_in, usually_without_scripts, write

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**."


@usually_without_scripts
def test_admin_finds_a_person_and_blocks_them(browse, emulator, people, scripts):
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    mikkel = browse(as_=people["Mikkel"], java_script_enabled=scripts)

    # The admin gives Mikkel a role.
    find(admin, "Mikkel Fjære")
    admin.get_by_label("Redaktør").check()
    press(admin, "Lagre rollene")
    expect(admin.get_by_role("status")).to_have_text("Rollene er lagret. De gjelder innen ett minutt.")
    expect(admin.get_by_label("Redaktør")).to_be_checked()

    # Mikkel is blocked while he writes. He sees a message, keeps his text and continues as a guest. Then he is
    # unblocked.
    mikkel.goto("/")
    write(mikkel, TITLE, TEXT)
    press(admin, "Sperr kontoen")
    expect(admin.get_by_role("status")).to_have_text("Kontoen er sperret.")
    expect(admin.get_by_text("Sperret", exact=True)).to_be_visible()
    press(mikkel, "Lagre utkast")
    expect(
        mikkel.get_by_text("Kontoen din er sperret, så ingenting ble lagret. Teksten din er fortsatt her.")
    ).to_be_visible()
    expect(mikkel.get_by_label("Tekst", exact=True)).to_have_value(TEXT)
    expect_a_guest(mikkel)
    press(admin, "Åpne kontoen igjen")
    expect(admin.get_by_role("status")).to_have_text("Kontoen er åpen igjen.")

    # Mikkel is blocked while reading. Public pages may take a minute to show this, but his own pages show it
    # immediately.
    sign_in(mikkel, emulator, people["Mikkel"].email, scripts=scripts)
    press(admin, "Sperr kontoen")
    expect(admin.get_by_role("status")).to_have_text("Kontoen er sperret.")
    mikkel.goto("/posts/mine/")
    expect(mikkel.get_by_role("heading", level=1)).to_have_text("Logg inn")
    expect(mikkel.get_by_role("alert")).to_contain_text("Kontoen din er sperret, så du er logget ut.")
    expect_a_guest(mikkel)
    press(admin, "Åpne kontoen igjen")
    expect(admin.get_by_role("status")).to_have_text("Kontoen er åpen igjen.")

    # The admin ends all of Mikkel's sessions.
    sign_in(mikkel, emulator, people["Mikkel"].email, scripts=scripts)
    mikkel.goto("/auth/account/")
    admin.reload()
    press(admin, "Logg ut overalt")
    expect(admin.get_by_role("status")).to_have_text("Logget ut overalt.")
    expect(admin.get_by_role("main")).to_contain_text("Ingen steder akkurat nå.")
    mikkel.reload()
    expect(mikkel.get_by_role("status")).to_have_text("Du ble logget ut. Logg inn igjen for å fortsette.")
    expect_a_guest(mikkel)

    # The last admin can neither be demoted nor blocked.
    find(admin, "Ingrid Moen")
    expect(admin.get_by_role("main")).to_contain_text("Dette er deg.")
    admin.get_by_label("Administrator").uncheck()
    press(admin, "Lagre rollene")
    expect(admin.get_by_role("alert")).to_contain_text("Dette er den siste administratoren.")
    expect(admin.get_by_label("Administrator")).to_be_checked()
    press(admin, "Sperr kontoen")
    expect(admin.get_by_role("alert")).to_contain_text("Dette er den siste administratoren.")
    expect(admin.get_by_text("Aktiv", exact=True)).to_be_visible()


def find(admin: Page, name: str) -> None:
    """Open a person's page through the menu and the search."""
    admin.goto("/")
    admin.get_by_role("link", name="Administrer").click()
    admin.get_by_role("link", name="Personer").click()
    admin.get_by_label("Søk etter navn eller e-post").fill(name.split()[0])
    press(admin, "Søk")
    admin.get_by_role("row", name=name).get_by_role("link", name="Endre").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text(name)
