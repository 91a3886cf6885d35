"""A new member's journey from reading to deleting a post, with and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.acts import (
    expect_first,
    give_a_name,
    own_post,
    press,
    sign_in,
    sign_out,
    tab_to,
    titles,
    usually_with_scripts,
    write,
)

pytestmark = pytest.mark.browser

TITLE = "Kakebytte på mandag"
CHANGED = "Kakebytte på tirsdag"


@pytest.mark.parametrize(
    "scripts", [True, pytest.param(False, marks=pytest.mark.thorough)], ids=["with scripts", "without scripts"]
)
def test_new_member_reads_writes_publishes_and_deletes_a_post(browse, emulator, scripts):
    olga = browse(java_script_enabled=scripts)

    # Olga reads the front page, the list and a post.
    olga.goto("/")
    expect(olga).to_have_title(re.compile("BISO posts"))
    olga.get_by_role("main").get_by_role("link", name="Alle innlegg").click()
    expect(olga.get_by_role("heading", level=1)).to_have_text("Innlegg")
    first = titles(olga).first.inner_text()
    olga.get_by_role("link", name=first).click()
    expect(olga.get_by_role("heading", level=1)).to_have_text(first)
    there = olga.url

    # She signs in with the e-mailed link and is back at the post.
    sign_in(olga, emulator, "olga@example.com", scripts=scripts)
    expect(olga).to_have_url(there)

    # She enters her name, writes a post, previews it and saves it.
    give_a_name(olga, "Olga Nordmann")
    write(olga, TITLE, "Ta med **kake**.\n\n- eple\n- gulrot")
    olga.get_by_label("Campus").select_option("Bergen")
    olga.get_by_label("Tema").fill("Kake, mandag")
    press(olga, "Forhåndsvis")
    shown = olga.get_by_role("region", name="Slik ser leserne det")
    expect(shown.locator("strong")).to_have_text("kake")
    expect(shown.get_by_role("listitem")).to_have_text(["eple", "gulrot"])
    press(olga, "Lagre utkast")
    expect(olga.get_by_role("status")).to_contain_text("Lagret kl.")
    address = re.sub("edit/$", "", olga.url)

    # The draft is listed only under "Mine innlegg".
    olga.get_by_role("link", name="Mine innlegg").click()
    expect(own_post(olga.get_by_role("region", name="Utkast"), TITLE)).to_be_visible()
    olga.get_by_role("link", name="Innlegg", exact=True).first.click()
    expect_first(olga, first)
    guest = browse(java_script_enabled=scripts)
    guest.goto(address)
    expect(guest.get_by_role("heading", level=1)).to_have_text("Denne siden finnes ikke")

    # She publishes the post, and everyone immediately sees it at the top of the list.
    olga.get_by_role("link", name="Mine innlegg").click()
    own_post(olga, TITLE).get_by_role("button", name="Publiser").click()
    expect(olga.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    for person in (olga, guest):
        person.goto("/posts/")
        expect_first(person, TITLE, first)

    # Berit can read the post and see who wrote it, but cannot edit or delete it.
    berit = browse(java_script_enabled=scripts)
    berit.goto(address)
    sign_in(berit, emulator, "berit@example.com", scripts=scripts)
    expect(berit.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(berit.get_by_role("link", name="Olga Nordmann")).to_be_visible()
    expect(berit.get_by_role("link", name="Rediger")).to_have_count(0)
    for act in ("edit", "delete"):
        answer = berit.goto(f"{address}{act}/")
        assert answer.status == 403
        expect(berit.get_by_role("main")).to_contain_text("Bare den som skrev innlegget, kan endre det.")

    # Olga signs in again later, edits the post and deletes it.
    sign_out(olga)
    sign_in(olga, emulator, "olga@example.com", scripts=scripts)
    olga.goto(address)
    olga.get_by_role("link", name="Rediger").click()
    olga.get_by_label("Tittel").fill(CHANGED)
    press(olga, "Lagre endringene")
    expect(olga.get_by_role("heading", level=1)).to_have_text(CHANGED)
    expect(olga.locator("article strong")).to_have_text("kake")
    guest.goto("/posts/")
    expect_first(guest, CHANGED)
    olga.get_by_role("link", name="Slett").click()
    expect(olga.get_by_role("main")).to_contain_text(CHANGED)
    press(olga, "Slett innlegget")
    expect(olga.get_by_role("status")).to_contain_text("Innlegget er slettet. Du kan angre i ti minutter.")
    expect(own_post(olga, CHANGED)).to_have_count(0)
    guest.goto("/posts/")
    expect_first(guest, first)
    assert guest.goto(address).status == 404


@usually_with_scripts
def test_post_is_found_written_published_deleted_and_restored_with_the_keyboard_alone(browse, people, scripts):
    def use(*names: str) -> None:
        for name in names:
            tab_to(ada, name)
        ada.keyboard.press("Enter")

    def expect_title(title: str) -> None:
        expect(ada.get_by_role("heading", level=1)).to_have_text(title)

    ada = browse(as_=people["Ada"], java_script_enabled=scripts)
    ada.goto("/")
    tab_to(ada, "Søk")  # the field
    ada.keyboard.type("lesesal")
    ada.keyboard.press("Enter")
    expect_title("Innlegg med «lesesal»")
    use("Lesesalene som holder lyset på til midnatt")
    expect_title("Lesesalene som holder lyset på til midnatt")
    use("Skriv")
    expect_title("Skriv innlegg")
    tab_to(ada, "Tittel")
    ada.keyboard.type(TITLE)
    tab_to(ada, "Tekst")
    ada.keyboard.type("Ta med **kake**.")
    use("Forhåndsvis")
    expect(ada.get_by_role("region", name="Slik ser leserne det").locator("strong")).to_have_text("kake")
    use("Publiser")
    expect(ada.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    use("Trekk tilbake")
    expect(ada.get_by_text("Dette er et utkast.")).to_be_visible()
    use("Slett")
    expect_title("Slett innlegget?")
    use("Slett innlegget")
    expect(ada.get_by_role("status")).to_contain_text("Innlegget er slettet.")
    use("Angre")
    expect(ada.get_by_role("main")).to_contain_text(TITLE)
    expect(ada.get_by_role("status")).to_contain_text("tilbake")


@usually_with_scripts
def test_admin_filters_the_list_and_publishes_with_the_keyboard_alone(browse, people, scripts):
    ingrid = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    ingrid.goto("/manage/")
    tab_to(ingrid, "Filtrer")
    ingrid.keyboard.press("Enter")
    tab_to(ingrid, "Tema")
    ingrid.keyboard.type("lesesal")
    tab_to(ingrid, "Filtrer")
    ingrid.keyboard.press("Enter")
    ingrid.wait_for_url(re.compile("tag=lesesal"))
    tab_to(ingrid, "Ti spørsmål til biblioteket")
    ingrid.keyboard.press("Shift+Tab")  # back to the row's checkbox
    ingrid.keyboard.press("Space")
    tab_to(ingrid, "Publiser")
    ingrid.keyboard.press("Enter")
    expect(ingrid.get_by_role("heading", level=1)).to_have_text("Publisere 1 innlegg?")
    tab_to(ingrid, "Publiser")
    ingrid.keyboard.press("Enter")
    expect(ingrid.get_by_role("status")).to_contain_text("publisert")
