"""The admin pages for posts: filtering, unpublishing, ordering the front page and deleting orphan rows."""

import pytest
from playwright.sync_api import Locator, Page, expect

from core.appwrite_client import create_admin_client
from tests.browser.acts import (
    on_phone_and_screen_alternately_with_scripts,
    press,
    tab_to,
    titles,
    usually_with_scripts,
)

pytestmark = pytest.mark.browser

MIDNIGHT = "Lesesalene som holder lyset på til midnatt"
REVUE = "Vi satte opp revy på tolv uker"
SKIING = "Skikurs for deg som aldri har stått på ski"
CYCLES = "Sykkelverkstedet åpner igjen på torsdag"
BACK = "Innlegget er et utkast igjen. Bare forfatteren og administratorer ser det."


@on_phone_and_screen_alternately_with_scripts
def test_admin_unpublishes_in_a_filtered_list_and_returns_to_it(browse, people, scripts, viewport):
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts, viewport=viewport)
    admin.goto("/")
    admin.get_by_role("link", name="Administrer").click()
    expect(statuses(admin)).to_have_text(["Alle26", "Utkast4", "Planlagte0", "Publisert22"])
    admin.get_by_role("main").get_by_role("search").locator("summary").click()
    admin.get_by_label("Campus", exact=True).select_option("Trondheim")
    press(admin, "Filtrer")
    expect(statuses(admin)).to_have_text(["Alle4", "Utkast1", "Planlagte0", "Publisert3"])
    admin.get_by_role("link", name="Publisert 3").click()
    address = "/manage/?campus=trondheim&status=published"
    expect(admin).to_have_url(address)
    expect(posts(admin)).to_have_count(3)

    more(post(admin, CYCLES)).get_by_role("button", name="Trekk tilbake").click()
    expect(admin.get_by_role("status")).to_have_text(BACK)
    expect(admin).to_have_url(address)
    expect(statuses(admin)).to_have_text(["Alle4", "Utkast2", "Planlagte0", "Publisert2"])
    expect(post(admin, CYCLES)).to_have_count(0)
    reader = browse()
    expect(titles_in(reader, "/posts/?campus=trondheim").filter(has_text=CYCLES)).to_have_count(0)

    admin.get_by_role("link", name="Utkast 2").click()
    more(post(admin, CYCLES)).get_by_role("button", name="Publiser").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Publisere en annens utkast?")
    expect(admin.get_by_role("main")).to_contain_text("Sofia Havn har skrevet dette utkastet.")
    press(admin, "Publiser")
    expect(admin.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    expect(admin).to_have_url("/manage/?campus=trondheim&status=draft")
    expect(titles_in(reader, "/posts/?campus=trondheim").filter(has_text=CYCLES)).to_have_count(1)


@usually_with_scripts
def test_admin_must_confirm_publishing_another_persons_draft_in_the_editor(browse, people, scripts):
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts)
    admin.goto("/posts/m3h77k6fm4/edit/")
    admin.get_by_label("Tekst", exact=True).fill("Teksten er rettet.")
    press(admin, "Publiser")
    heading = admin.get_by_role("heading", level=1)
    expect(heading).to_have_text("Publisere en annens utkast?")
    expect(admin.get_by_role("main")).to_contain_text("Ada Nordlys har skrevet dette utkastet.")
    press(admin, "Skriv videre")
    expect(admin.get_by_label("Tekst", exact=True)).to_have_value("Teksten er rettet.")
    press(admin, "Publiser")
    expect(heading).to_have_text("Publisere en annens utkast?")
    press(admin, "Publiser")
    expect(admin).to_have_url("/posts/m3h77k6fm4/")
    expect(admin.get_by_role("main")).to_contain_text("Teksten er rettet.")
    reader = browse()
    reader.goto("/posts/m3h77k6fm4/")
    expect(reader.get_by_role("main")).to_contain_text("Teksten er rettet.")


@on_phone_and_screen_alternately_with_scripts
def test_admin_changes_the_order_of_the_front_page(browse, people, scripts, viewport):
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts, viewport=viewport)
    reader = browse()
    assert front_page(reader)[:2] == [MIDNIGHT, REVUE]

    admin.goto("/manage/?q=ski&status=published")
    more(post(admin, SKIING)).get_by_role("button", name="Fremhev").click()
    expect(admin.get_by_role("status")).to_have_text("Innlegget er fremhevet. Det står først på forsiden.")
    expect(admin).to_have_url("/manage/?q=ski&status=published")
    expect(post(admin, SKIING)).to_contain_text("Fremhevet")
    expect(post(admin, SKIING).get_by_role("button", name="Fremhev")).to_have_count(0)
    assert front_page(reader)[:3] == [SKIING, MIDNIGHT, REVUE]

    admin.get_by_role("link", name="Forsiden").click()
    expect(posts(admin)).to_contain_text([SKIING, MIDNIGHT, REVUE])
    expect(post(admin, SKIING).get_by_role("button", name="Opp")).to_have_count(0)
    expect(post(admin, REVUE).get_by_role("button", name="Ned")).to_have_count(0)
    post(admin, SKIING).get_by_role("button", name="Ned").click()
    expect(posts(admin)).to_contain_text([MIDNIGHT, SKIING, REVUE])
    post(admin, REVUE).get_by_role("button", name="Opp").click()
    expect(posts(admin)).to_contain_text([MIDNIGHT, REVUE, SKIING])
    assert front_page(reader)[:3] == [MIDNIGHT, REVUE, SKIING]

    post(admin, MIDNIGHT).get_by_role("button", name="Ta bort").click()
    expect(admin.get_by_role("status")).to_have_text("Innlegget er ikke lenger fremhevet.")
    assert front_page(reader)[:3] == [REVUE, SKIING, MIDNIGHT]  # the third is the newest post that is not featured


def test_featured_post_can_be_moved_to_the_end_with_the_keyboard_alone(browse, people):
    """After each move, the Tab key continues from the moved post's row."""
    db = create_admin_client().db
    for place, post_id in enumerate(("fsvdzyvbkd", "ypgxrctunl"), start=5):
        db.create_row("app", "featured", post_id, {"position": place, "authorId": "sofiahavn"})
    admin = browse(as_=people["Ingrid"])
    admin.goto("/manage/featured/")
    tab_to(admin, MIDNIGHT)
    for others in ([REVUE, MIDNIGHT, SKIING, CYCLES], [REVUE, SKIING, MIDNIGHT, CYCLES]):
        assert len(tab_to(admin, "Ned")) <= 2
        admin.keyboard.press("Enter")
        expect(posts(admin)).to_contain_text(others)
    tab_to(admin, "Ned")
    admin.keyboard.press("Enter")
    expect(posts(admin)).to_contain_text([REVUE, SKIING, CYCLES, MIDNIGHT])


def test_admin_sees_the_posts_of_one_author(browse, people):
    admin = browse(as_=people["Ingrid"])
    admin.goto("/manage/")
    post(admin, MIDNIGHT).get_by_role("link", name="Ada Nordlys").click()
    expect(statuses(admin)).to_have_text(["Alle5", "Utkast1", "Planlagte0", "Publisert4"])
    expect(posts(admin)).to_have_count(5)
    admin.get_by_role("link", name="Fjern filter: Av Ada Nordlys").click()
    expect(admin).to_have_url("/manage/")


@on_phone_and_screen_alternately_with_scripts
def test_admin_unpublishes_the_selected_posts(browse, people, scripts, viewport):
    admin = browse(as_=people["Ingrid"], java_script_enabled=scripts, viewport=viewport)
    address = "/manage/?campus=trondheim&status=published"
    admin.goto(address)
    expect(posts(admin)).to_have_count(3)
    every = admin.get_by_label("Velg alle på denne siden")
    if scripts:
        every.check()
        post(admin, CYCLES).get_by_role("checkbox").uncheck()
        expect(every).not_to_be_checked()
    else:
        expect(every).to_be_hidden()
        for row in posts(admin).filter(has_not_text=CYCLES).all():
            row.get_by_role("checkbox").check()
    admin.locator("#bulk").get_by_role("button", name="Trekk tilbake").click()
    expect(admin.get_by_role("heading", level=1)).to_have_text("Trekke tilbake 2 innlegg?")
    expect(admin.get_by_role("main").get_by_role("listitem").filter(has_text=SKIING)).to_be_visible()
    press(admin, "Trekk tilbake")
    expect(admin.get_by_role("status")).to_have_text("2 innlegg er utkast igjen.")
    expect(admin).to_have_url(address)
    expect(posts(admin)).to_have_count(1)
    expect(post(admin, CYCLES)).to_have_count(1)


def test_menu_of_a_row_can_be_used_with_the_keyboard_alone(browse, people):
    admin = browse(as_=people["Ingrid"])
    admin.goto("/manage/?q=sykkelverkstedet")
    tab_to(admin, CYCLES)
    tab_to(admin, "Mer")  # “Mer” comes after the link to the author
    menu = post(admin, CYCLES).get_by_role("list")
    admin.keyboard.press("Enter")
    expect(menu).to_be_visible()
    tab_to(admin, "Historikk")
    admin.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    admin.keyboard.press("Enter")  # the focus is on “Mer” again
    expect(menu).to_be_visible()


def test_orphan_row_is_shown_and_can_be_deleted(browse, people):
    words = {"title": "En rad uten eier", "content": "x", "authorId": "nobody", "createdAt": "2026-01-01T00:00:00Z"}
    create_admin_client().db.create_row("app", "posts", "orphanrow", words, [])
    admin = browse(as_=people["Ingrid"])
    admin.goto("/manage/?q=uten+eier")
    expect(post(admin, "En rad uten eier")).to_contain_text("Ikke et innlegg")
    press(admin, "Slett raden")
    expect(admin.get_by_role("status").first).to_have_text("Raden er slettet.")
    expect(admin).to_have_url("/manage/?q=uten+eier")
    expect(post(admin, "En rad uten eier")).to_have_count(0)


def test_list_without_matches_shows_a_message_and_links_to_wider_lists(browse, people):
    admin = browse(as_=people["Ingrid"])
    admin.goto("/manage/?q=hyttetur&campus=oslo")
    expect(admin.get_by_role("status")).to_contain_text("Ingen treff")
    expect(admin.get_by_label("Søk i innlegg")).to_have_value("hyttetur")
    expect(admin.get_by_label("Campus")).to_have_value("oslo")
    admin.get_by_role("link", name="Vis alle innlegg").click()
    expect(posts(admin)).to_have_count(20)


def statuses(admin: Page) -> Locator:
    return admin.get_by_role("navigation", name="Status").get_by_role("link")


def posts(admin: Page) -> Locator:
    """Return the table rows without the header."""
    return admin.get_by_role("row").filter(has=admin.get_by_role("cell"))


def post(admin: Page, title: str) -> Locator:
    return posts(admin).filter(has_text=title)


def more(row: Locator) -> Locator:
    """Open the row's menu and return it."""
    row.locator("summary").click()
    return row.get_by_role("group")


def front_page(reader: Page) -> list[str]:
    """Return the titles on the front page, beginning with the lead."""
    reader.goto("/")
    return [reader.get_by_role("heading", level=1).inner_text(), *titles(reader).all_inner_texts()]


def titles_in(reader: Page, path: str) -> Locator:
    reader.goto(path)
    return titles(reader)


# Returns how many lines each row has; parts of a line overlap vertically by more than half of their height.
LINES = """() => [...document.querySelectorAll(".managed tbody tr")].map(row => {
    const boxes = [...row.querySelectorAll(".title, bdi, .chip, summary, td:nth-child(3), td:nth-child(5)")]
        .flatMap(each => [...each.getClientRects()]).sort((a, b) => a.y - b.y);
    let lines = 0, end = -Infinity;
    for (const box of boxes) {
        if (box.y + box.height / 2 > end) { lines += 1; end = box.bottom; }
    }
    return lines;
})"""


@pytest.mark.parametrize("width", [320, 375, 430])
def test_rows_take_three_lines_on_phones_and_show_long_titles_when_opened(browse, people, width):
    title = "Dette er en veldig lang tittel som ikke får plass på én linje på noen telefon"
    create_admin_client().db.update_row("app", "posts", "m3h77k6fm4", {"title": title})
    admin = browse(as_=people["Ingrid"], java_script_enabled=False, viewport={"width": width, "height": 740})
    admin.goto("/manage/")
    assert set(admin.evaluate(LINES)) == {3}
    row = post(admin, title)
    for fact in ["Ada Nordlys", "Utkast", "endret"]:
        expect(row.get_by_text(fact)).to_be_visible()
    link = row.get_by_role("link", name=title)
    height = link.bounding_box()["height"]
    more(row)
    assert link.bounding_box()["height"] > 1.5 * height
