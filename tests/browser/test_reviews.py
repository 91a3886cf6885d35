"""If only editors can publish, an author asks for a review and an admin responds, with and without scripts."""

import pytest
from playwright.sync_api import expect

from tests.browser.acts import own_post, press, usually_with_scripts, write

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kaffe på lesesalen", "Det er **kaffe** igjen."
NOTE = "Skriv litt mer om melken."


@usually_with_scripts
def test_admin_sends_a_draft_back_and_publishes_it_after_the_author_has_asked_again(
    browse, people, editors_publish, scripts
):
    author, admin = (
        browse(as_=people[name], base_url=editors_publish.url, java_script_enabled=scripts)
        for name in ("Ada", "Ingrid")
    )
    author.goto("/")
    write(author, TITLE, TEXT)
    press(author, "Be om gjennomlesning")
    expect(author.get_by_role("status").first).to_contain_text("En administrator leser utkastet")
    expect(author.get_by_role("complementary", name="Status")).to_contain_text("Utkastet venter på gjennomlesning.")
    expect(author.get_by_role("main").get_by_role("button", name="Publiser")).to_have_count(0)

    admin.goto("/manage/")
    admin.get_by_role("navigation", name="Administrer").get_by_role("link", name="Til gjennomlesning 1").click()
    row = admin.get_by_role("row").filter(has_text=TITLE)
    expect(row).to_contain_text("Ada Nordlys")
    row.get_by_role("link", name="Send tilbake").click()
    press(admin, "Send tilbake")
    note = admin.get_by_label("Hva bør forfatteren endre?")
    expect(note).to_have_attribute("aria-invalid", "true")
    note.fill(NOTE)
    press(admin, "Send tilbake")
    expect(admin.get_by_role("status")).to_contain_text("Utkastet er sendt tilbake.")
    expect(admin.get_by_role("heading", name="Ingen utkast venter")).to_be_visible()

    author.goto("/posts/mine/")
    expect(own_post(author, TITLE)).to_contain_text(NOTE)
    own_post(author, TITLE).get_by_role("link", name="Rediger").click()
    expect(author.get_by_role("main")).to_contain_text(NOTE)
    author.get_by_label("Tekst", exact=True).fill(f"{TEXT} Melken er ny.")
    press(author, "Be om gjennomlesning")
    expect(author.get_by_role("complementary", name="Status")).to_contain_text("Utkastet venter på gjennomlesning.")
    expect(author.get_by_role("main")).not_to_contain_text(NOTE)

    admin.goto("/manage/reviews/")
    admin.get_by_role("link", name=TITLE).click()
    expect(admin.get_by_role("main")).to_contain_text("Melken er ny.")
    press(admin, "Publiser")
    expect(admin.get_by_role("heading", level=1)).to_have_text("Publisere en annens utkast?")
    press(admin, "Publiser")
    expect(admin.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    reader = browse(base_url=editors_publish.url)
    reader.goto("/posts/")
    expect(reader.get_by_role("link", name=TITLE).first).to_be_visible()


@usually_with_scripts
def test_author_withdraws_the_request_in_my_posts(browse, people, editors_publish, scripts):
    author = browse(as_=people["Ada"], base_url=editors_publish.url, java_script_enabled=scripts)
    author.goto("/")
    write(author, TITLE, TEXT)
    press(author, "Be om gjennomlesning")
    author.goto("/posts/mine/")
    expect(own_post(author, TITLE)).to_contain_text("Til gjennomlesning")
    own_post(author, TITLE).get_by_role("button", name="Avbryt gjennomlesningen").click()
    expect(own_post(author, TITLE)).not_to_contain_text("Til gjennomlesning")
    expect(own_post(author, TITLE).get_by_role("button", name="Be om gjennomlesning")).to_be_visible()
