"""Choosing, previewing, publishing, replacing and removing a cover, with and without scripts."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.acts import next_page, press, usually_with_scripts, usually_without_scripts, write

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**."
RED, BLUE = (255, 0, 0), (0, 0, 255)


def photo(colour: tuple[int, int, int]) -> FilePayload:
    written = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(written, "JPEG")
    return {"name": "ferie.jpg", "mimeType": "image/jpeg", "buffer": written.getvalue()}


def choose(page: Page, colour: tuple[int, int, int]) -> None:
    page.get_by_label("Forsidebilde").set_input_files(photo(colour))


def expect_shown(picture: Locator, colour: tuple[int, int, int]) -> None:
    """Expect that the picture has loaded and has the given colour."""
    expect(picture).to_have_js_property("complete", True)
    picture.scroll_into_view_if_needed()
    picture.evaluate("picture => picture.decode()")  # browsers may show a picture after it has loaded
    red, _green, blue = Image.open(io.BytesIO(picture.screenshot())).convert("RGB").getpixel((40, 40))
    assert (red > blue) is (colour is RED)


@usually_with_scripts
def test_cover_from_upload_to_undone_deletion(browse, people, scripts):
    ada = browse(as_=people["Ada"], java_script_enabled=scripts)
    ada.goto("/")
    write(ada, TITLE, TEXT)

    # Ada forgets the description, and the form keeps the picture.
    choose(ada, RED)
    press(ada, "Lagre utkast")
    expect(ada.get_by_role("alert").filter(visible=True)).to_contain_text("Beskriv bildet for dem som ikke ser det.")
    ada.get_by_label("Beskrivelse av bildet").fill("Et rødt eple")
    expect_shown(ada.get_by_role("img", name="Forsidebildet slik det er nå"), RED)
    press(ada, "Publiser")
    expect(ada.get_by_role("status")).to_contain_text("Publisert.")
    there = ada.url

    # Everyone sees the picture, on the post's page and in the lists.
    guest = browse(java_script_enabled=scripts)
    guest.goto(there)
    cover = guest.get_by_role("img", name="Et rødt eple")
    expect_shown(cover, RED)
    address = cover.get_attribute("src")
    guest.goto("/posts/")
    expect_shown(guest.get_by_role("listitem").filter(has_text=TITLE).locator("img"), RED)

    # Ada replaces the picture.
    ada.get_by_role("link", name="Rediger").click()
    choose(ada, BLUE)
    with next_page(ada):
        press(ada, "Lagre endringene")
    expect(ada).to_have_url(there)
    expect(ada.get_by_role("status")).to_contain_text("Lagret")
    guest.goto(there)
    expect_shown(guest.get_by_role("img", name="Et rødt eple"), BLUE)
    assert guest.goto(address).status == 404

    # Ada deletes the post and undoes the deletion, which also restores the picture.
    ada.get_by_role("link", name="Slett").click()
    press(ada, "Slett innlegget")
    expect(ada.get_by_role("status")).to_contain_text("Innlegget er slettet.")
    assert guest.goto(there).status == 404
    press(ada, "Angre")
    expect(ada.get_by_role("status")).to_have_text("Innlegget er tilbake.")
    guest.goto(there)
    expect_shown(guest.get_by_role("img", name="Et rødt eple"), BLUE)

    # Ada removes the picture.
    ada.get_by_role("link", name="Rediger").click()
    ada.get_by_label("Fjern bildet").check()
    press(ada, "Lagre endringene")
    expect(ada).to_have_url(there)
    expect(ada.get_by_role("status")).to_contain_text("Lagret")
    guest.goto(there)
    expect(guest.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(guest.get_by_role("main").locator("img")).to_have_count(0)


@usually_without_scripts
def test_picture_is_shown_in_the_preview_before_saving(browse, people, scripts):
    ada = browse(as_=people["Ada"], java_script_enabled=scripts)
    ada.goto("/")
    write(ada, TITLE, TEXT)
    choose(ada, RED)
    ada.get_by_label("Beskrivelse av bildet").fill("Et rødt eple")
    press(ada, "Forhåndsvis")
    shown = ada.get_by_role("region", name="Slik ser leserne det")
    expect_shown(shown.get_by_role("img", name="Et rødt eple"), RED)
    press(ada, "Lagre utkast")
    expect(ada.get_by_role("status").filter(has_text=re.compile("Lagret"))).to_be_visible()
    expect_shown(ada.get_by_role("img", name="Forsidebildet slik det er nå"), RED)


def half_red() -> FilePayload:
    """Return a tall blue picture whose upper third is red."""
    written = io.BytesIO()
    tall = Image.new("RGB", (900, 1800), BLUE)
    tall.paste(RED, (0, 0, 900, 600))
    tall.save(written, "PNG")
    return {"name": "ferie.png", "mimeType": "image/png", "buffer": written.getvalue()}


def test_focal_point_is_chosen_on_the_picture_before_saving(browse, people):
    ada = browse(as_=people["Ada"])
    ada.goto("/")
    write(ada, TITLE, TEXT)
    from_the_top = ada.get_by_label("Ovenfra")
    expect(from_the_top).to_be_hidden()
    ada.get_by_label("Forsidebilde").set_input_files(half_red())
    chosen = ada.get_by_role("img", name="Bildet du valgte")
    expect(chosen).to_be_visible()
    box = chosen.bounding_box()
    chosen.click(position={"x": box["width"] / 2, "y": box["height"] / 10})
    expect(from_the_top).to_have_value("10")
    from_the_top.press("ArrowRight")
    expect(from_the_top).to_have_value("11")
    ada.get_by_label("Beskrivelse av bildet").fill("Et rødt eple")
    press(ada, "Publiser")
    expect(ada.get_by_role("status")).to_contain_text("Publisert.")
    expect_shown(ada.get_by_role("img", name="Et rødt eple"), RED)
    ada.get_by_role("link", name="Rediger").click()
    expect(ada.get_by_role("img", name="Forsidebildet slik det er nå")).to_be_visible()
    expect(from_the_top).to_have_value("33")  # percentage of the stored part's height
    for _ in range(2):
        from_the_top.press("PageUp")
    press(ada, "Lagre endringene")
    expect(ada.get_by_role("status")).to_contain_text("Lagret")
    expect(ada.get_by_role("img", name="Et rødt eple")).to_have_class("")


def save_with_a_text_as_cover(page: Page) -> Locator:
    """Save a new post with a text file as its cover. Return the cover field."""
    page.goto("/")
    write(page, TITLE, TEXT)
    field = page.get_by_label("Forsidebilde")
    field.set_input_files({"name": "ferie.jpg", "mimeType": "image/jpeg", "buffer": b"bare tekst"})
    with next_page(page):
        press(page, "Lagre utkast")
    return field


def test_invalid_picture_shows_an_error_at_its_field(browse, people):
    ada = browse(as_=people["Ada"])
    field = save_with_a_text_as_cover(ada)
    summary = ada.get_by_role("alert").filter(visible=True)
    summary.get_by_role("link", name="Dette er ikke et bilde vi kan lese.").click()
    expect(field).to_be_focused()
    expect(field).to_have_accessible_description(re.compile("Dette er ikke et bilde vi kan lese"))
    expect(ada.get_by_label("Tekst", exact=True)).to_have_value(TEXT)


def test_cover_error_stays_visible_during_autosaves(browse, people):
    ada = browse(as_=people["Ada"])
    field = save_with_a_text_as_cover(ada)
    expect(ada.get_by_role("alert").get_by_role("link", name="Dette er ikke et bilde vi kan lese.")).to_be_visible()
    ada.evaluate("document.querySelector('form.editor').dataset.saveAfter = 0")
    ada.get_by_label("Tekst", exact=True).fill(f"{TEXT} Mer.")
    expect(ada.get_by_role("status").filter(has_text=re.compile("Lagret kl"))).to_be_visible()
    expect(ada.get_by_role("alert").get_by_role("link", name="Dette er ikke et bilde vi kan lese.")).to_be_visible()
    expect(field).to_have_accessible_description(re.compile("Dette er ikke et bilde vi kan lese"))


SHIFTS = """() => new Promise((done) => {
  let moved = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => (moved += entry.value)))
    .observe({ type: "layout-shift", buffered: true });
  addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => done(moved))));
  if (document.readyState === "complete") requestAnimationFrame(() => requestAnimationFrame(() => done(moved)));
})"""


OTHER_WIDTHS = [("/", 1280), ("/posts/", 375), ("/posts/gzt6jt5bya/", 1280)]


@pytest.mark.parametrize(
    ("path", "width"),
    [
        *[("/", 375), ("/posts/", 1280), ("/posts/gzt6jt5bya/", 375)],
        *(pytest.param(*other, marks=pytest.mark.thorough) for other in OTHER_WIDTHS),
    ],
)
def test_layout_does_not_shift_when_pictures_load(browse, path, width):
    page = browse(viewport={"width": width, "height": 900})
    page.goto(path, wait_until="load")
    assert page.evaluate(SHIFTS) == 0
    assert page.locator("main img").count() > 0
