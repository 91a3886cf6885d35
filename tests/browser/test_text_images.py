"""Adding images to the text: with the form or a button, or by pasting or dropping a file."""

import base64
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acts import press, usually_with_scripts, write
from tests.browser.test_cover import BLUE, RED, expect_shown, photo

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**."
CAPTION = 'Foto: "Ada" & *Bo*'
MARKUP = re.compile(r"!\[[^\]]*\]\(/posts/image/[a-z0-9-]+/\)")


def text_of(page: Page):
    return page.get_by_label("Tekst", exact=True)


@usually_with_scripts
def test_image_from_upload_to_publication(browse, people, scripts):
    ada = browse(as_=people["Ada"], java_script_enabled=scripts)
    ada.goto("/")
    write(ada, TITLE, TEXT)
    if scripts:
        with ada.expect_file_chooser() as chooser:
            ada.locator("[data-insert-image]").filter(visible=True).click()
        chooser.value.set_files(photo(RED))
        expect(text_of(ada)).to_have_value(MARKUP)
        ada.keyboard.type("Et rødt eple")  # the caret is between the brackets
        preview = ada.get_by_role("region", name="Slik ser leserne det")
        expect_shown(preview.get_by_role("img", name="Et rødt eple"), RED)
        details = ada.get_by_role("group", name="Om bildet")
        details.get_by_label("Bildetekst").fill(CAPTION)
        details.get_by_label("Bildetekst").press("Enter")
        expect(details).to_have_count(0)
        expect(text_of(ada)).to_be_focused()
        expect(preview.get_by_text(CAPTION)).to_be_visible()
    else:
        ada.get_by_text("Legg til et bilde i teksten").click()
        ada.get_by_label("Bildefil").set_input_files(photo(RED))
        ada.get_by_label("Hva bildet viser").filter(visible=True).fill("Et rødt eple")
        ada.get_by_label("Bildetekst").filter(visible=True).fill(CAPTION)
        press(ada, "Legg til bilde")
        expect(ada.get_by_role("status").filter(has_text="nederst i teksten")).to_be_visible()
    expect(text_of(ada)).to_have_value(re.compile(r"^Ta med \*\*kake\*\*\.\n\n!\[Et rødt eple\]\(/posts/image/"))
    press(ada, "Publiser")
    expect(ada.get_by_role("status").filter(has_text="Publisert.")).to_be_visible()
    guest = browse(java_script_enabled=scripts)
    guest.goto(ada.url)
    expect_shown(guest.get_by_role("img", name="Et rødt eple"), RED)
    expect(guest.get_by_role("figure").get_by_text(CAPTION)).to_be_visible()


def insert(page: Page, event: str, *colours: tuple[int, int, int]) -> None:
    """Paste or drop pictures into the text."""
    pictures = [base64.b64encode(photo(colour)["buffer"]).decode() for colour in colours]
    text_of(page).evaluate(
        """(field, [name, pictures]) => {
          const data = new DataTransfer();
          for (const [number, picture] of pictures.entries()) {
            const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
            data.items.add(new File([bytes], `bilde ${number}.jpg`, { type: "image/jpeg" }));
          }
          const Kind = name === "paste" ? ClipboardEvent : DragEvent;
          const key = name === "paste" ? "clipboardData" : "dataTransfer";
          field.dispatchEvent(new Kind(name, { [key]: data, bubbles: true, cancelable: true }));
        }""",
        [event, pictures],
    )


def test_pasted_and_dropped_images_are_inserted_and_rejected_files_are_explained(browse, people):
    ada = browse(as_=people["Ada"])
    ada.goto("/")
    write(ada, TITLE, "Før\n\nEtter")
    text_of(ada).evaluate("field => field.setSelectionRange(3, 3)")
    insert(ada, "paste", RED)
    expect(text_of(ada)).to_have_value(re.compile(rf"^Før\n\n{MARKUP.pattern}\n\nEtter$"))
    text_of(ada).evaluate("field => field.setSelectionRange(field.value.length, field.value.length)")
    insert(ada, "drop", BLUE, RED)
    expect(text_of(ada)).to_have_value(re.compile(rf"Etter\n\n{MARKUP.pattern}\n\n{MARKUP.pattern}$"))
    expect(ada.get_by_role("region", name="Slik ser leserne det").locator(".prose img")).to_have_count(3)
    before = text_of(ada).input_value()
    file = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4"}
    ada.locator("[data-image-upload]").set_input_files(file)
    expect(ada.get_by_role("alert").filter(has_text="Dette er ikke et bilde vi kan lese.")).to_be_visible()
    expect(text_of(ada)).to_have_value(before)


def test_saving_waits_for_the_upload(browse, people):
    ada = browse(as_=people["Ada"])
    ada.goto("/")
    write(ada, TITLE, TEXT)
    held = []
    ada.route("**/posts/image/", lambda route: held.append(route))
    with ada.expect_request("**/posts/image/"):
        insert(ada, "drop", RED)
    expect(text_of(ada)).to_have_value(re.compile(r"!\[Laster opp bilde 0\.jpg …\]\(\)"))
    press(ada, "Publiser")
    expect(ada.get_by_role("heading", level=1)).to_have_text(re.compile("Skriv innlegg|Rediger"))
    held[0].continue_()
    expect(ada.get_by_role("status").filter(has_text="Publisert.")).to_be_visible()
    expect(ada.locator(".prose img")).to_have_count(1)
