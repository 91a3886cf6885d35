"""An invitation to a team, from the mail to being in."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import (
    expect_a_guest,
    expect_signed_in,
    open_the_link,
    press,
    sign_out,
    with_and_without_scripts,
)

pytestmark = pytest.mark.browser

OLGA, TEAM = "olga@example.com", "Redaksjonen"


@with_and_without_scripts
def test_accepting_joins_and_signs_in_and_works_once(browse, emulator, people, site, scripts):
    teams = people["Ada"].appwrite.teams
    team = teams.create("unique()", TEAM)
    teams.create_membership(team.id, ["member"], email=OLGA, url=f"{site}/auth/invite/")

    # In a browser where somebody else is signed in, that person signs out first.
    page = browse(as_=people["Mikkel"], java_script_enabled=scripts)
    open_the_link(page, emulator, OLGA)
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitasjonen er til noen andre")
    expect(page.get_by_role("main")).to_contain_text(people["Mikkel"].email)
    press(page, "Logg ut")
    expect(page.get_by_role("status")).to_have_text("Du er logget ut.")

    # Looking joins nothing; the button joins and signs in.
    open_the_invitation(page, emulator)
    assert teams.get(team.id).total == 1
    press(page, "Ta imot invitasjonen")
    expect_signed_in(page)
    assert teams.get(team.id).total == 2

    # A second time the link is good for nothing.
    sign_out(page)
    open_the_invitation(page, emulator)
    press(page, "Ta imot invitasjonen")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitasjonen er brukt")
    expect_a_guest(page)


def open_the_invitation(page: Page, emulator) -> None:
    open_the_link(page, emulator, OLGA)
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er invitert")
    expect(page.get_by_role("main")).to_contain_text(TEAM)
    expect(page).to_have_url("/auth/invite/")
