"""Accepting an invitation to a team, from the e-mail to the membership."""

import pytest
from playwright.sync_api import expect

from tests.browser.acts import expect_a_guest, open_the_link, press, usually_without_scripts

pytestmark = pytest.mark.browser

OLGA, TEAM = "olga@example.com", "Redaksjonen"


@usually_without_scripts
def test_invited_user_signs_in_by_email_and_joins_and_the_link_works_once(browse, emulator, people, site, scripts):
    teams = people["Ada"].appwrite.teams
    team = teams.create("unique()", TEAM)
    teams.create_membership(team.id, ["member"], email=OLGA, url=f"{site}/auth/invite/")
    invitation = emulator.inbox.link(OLGA)

    # Mikkel is signed in to this browser, so he has to sign out first.
    page = browse(as_=people["Mikkel"], java_script_enabled=scripts)
    open_the_link(page, emulator, OLGA)
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitasjonen er til noen andre")
    expect(page.get_by_role("main")).to_contain_text(people["Mikkel"].email)
    press(page, "Logg ut")
    expect(page.get_by_role("status")).to_have_text("Du er logget ut.")

    # Opening the link does not sign anyone in: the page only shows who is invited.
    page.goto(invitation)
    expect(page).to_have_url("/auth/invite/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Du er invitert")
    expect(page.get_by_role("main")).to_contain_text(TEAM)
    expect(page.get_by_role("main")).to_contain_text("o…@example.com")
    expect_a_guest(page)

    # After signing in by e-mail, she is back on the invitation page and joins with its button.
    page.goto("/auth/invite/")
    page.get_by_role("link", name="Logg inn for å bli med").click()
    page.get_by_label("E-post").fill(OLGA)
    press(page, "Send meg en lenke")
    open_the_link(page, emulator, OLGA)
    if not scripts:
        press(page, "Logg inn")
    expect(page.get_by_role("main")).to_contain_text(OLGA)
    assert teams.get(team.id).total == 1
    press(page, "Bli med i teamet")
    expect(page.get_by_role("status")).to_have_text(f"Du er nå med i {TEAM}.")
    assert teams.get(team.id).total == 2

    # The link does not work a second time.
    page.goto(invitation)
    expect(page.get_by_role("heading", level=1)).to_have_text("Invitasjonen er brukt")
