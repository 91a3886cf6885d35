"""Writing: preview, autosave, unsaved copies and conflicts."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from posts.repository import PostRepository
from tests.browser.acts import next_page, press, sign_in, sign_out, usually_with_scripts, usually_without_scripts, write
from tests.browser.conftest import hand_over, hanging
from tests.conftest import fields
from tests.users import Person

pytestmark = pytest.mark.browser

TITLE, TEXT = "Kakebytte på mandag", "Ta med **kake**."
PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True}
usually_on_a_desktop = pytest.mark.parametrize(
    "options", [pytest.param({}, id="desktop"), pytest.param(PHONE, id="phone", marks=pytest.mark.thorough)]
)
usually_on_a_phone = pytest.mark.parametrize(
    "options", [pytest.param(PHONE, id="phone"), pytest.param({}, id="desktop", marks=pytest.mark.thorough)]
)
AT_ONCE = "document.querySelector('form.editor').dataset.saveAfter = 0"
NEVER = "document.querySelector('form.editor').dataset.saveAfter = 10 ** 8"
# When the user leaves, a page saves its text, possibly after the test's next step. This script disables that save.
NO_SAVE_ON_LEAVING = "addEventListener('visibilitychange', event => event.stopImmediatePropagation(), true)"
STORED = "JSON.stringify(Object.entries(localStorage).filter(([name]) => name.startsWith('text:')))"


def text_of(page: Page) -> Locator:
    return page.get_by_label("Tekst", exact=True)


def save_state(page: Page) -> Locator:
    """Return the save status shown next to the title."""
    return page.locator("[data-said]")


def copies(page: Page) -> list[str]:
    """Return the unsaved copies that the browser stores."""
    return [name for name, _ in json.loads(page.evaluate(STORED))]


@pytest.fixture
def ada(people) -> Person:
    return people["Ada"]


@pytest.fixture
def draft(ada, emulator):
    """Return the id of one of Ada's drafts."""
    return PostRepository(ada.appwrite).create("adaskladd2", ada.user, fields(title=TITLE, content=TEXT))


@pytest.fixture
def public(ada, emulator):
    """Return the id of one of Ada's published posts."""
    return PostRepository(ada.appwrite).create("adasinnleg", ada.user, fields(title=TITLE, content=TEXT), publish=True)


@pytest.fixture
def stored(ada) -> Callable[[str], str]:
    """Return a function that reads a post's text from Appwrite."""
    return lambda post_id: PostRepository(ada.appwrite).get(post_id).content


@pytest.fixture
def open_form(browse, ada):
    """Return a function that opens the edit form of Ada's post in a tab."""

    def opened(post, **options) -> Page:
        page = browse(as_=ada, **options)
        page.goto(f"/posts/{post.id}/edit/")
        return page

    return opened


# -- preview ----------------------------------------------------------------------------------------------------------
@usually_on_a_phone
def test_preview_updates_while_typing(options, open_form, draft):
    page = open_form(draft, **options)
    shown = page.get_by_role("region", name="Slik ser leserne det")
    expect(shown.locator("strong")).to_have_text("kake")
    text_of(page).press_sequentially(" Og *te*.")
    expect(shown.locator("em")).to_have_text("te")
    page.get_by_label("Tittel").fill("Kaffe <b>nå</b>")
    expect(shown.get_by_text("Kaffe <b>nå</b>")).to_be_visible()
    expect(page.get_by_label("Tittel")).to_be_focused()


def test_page_does_not_scroll_when_the_preview_updates(open_form, draft):
    page = open_form(draft)
    text_of(page).fill("\n\n".join(f"Avsnitt {number}" for number in range(80)))
    shown = page.get_by_role("region", name="Slik ser leserne det")
    expect(shown.get_by_text("Avsnitt 79")).to_be_attached()
    page.evaluate("scrollTo(0, 300)")
    text_of(page).evaluate(
        "field => { field.value += ' slutt'; field.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    expect(shown.get_by_text("Avsnitt 79 slutt")).to_be_attached()
    assert page.evaluate("scrollY") == 300


@pytest.mark.parametrize(("link", "later"), [("BI", "BI"), ("BISO", None)], ids=["same link", "removed link"])
def test_focus_stays_in_the_preview_when_it_updates(open_form, draft, link, later):
    """A slow preview may arrive when the author has already pressed Tab as far as one of its links."""
    page = open_form(draft)
    shown = page.get_by_role("region", name="Slik ser leserne det")
    text_of(page).fill("Les [BI](https://bi.no) og [BISO](https://biso.no).")
    shown.get_by_role("link", name=link, exact=True).focus()
    text_of(page).evaluate(
        "field => { field.value = 'Ny: [BI](https://bi.no)'; field.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    expect(shown.get_by_text("Ny:")).to_be_attached()
    expect(shown.get_by_role("link", name=later, exact=True) if later else shown).to_be_focused()


def test_preview_button_moves_focus_to_the_preview_without_leaving_the_page(open_form, draft):
    page = open_form(draft, **PHONE)
    text_of(page).fill("Helt *ny* tekst")
    press(page, "Forhåndsvis")
    shown = page.get_by_role("region", name="Slik ser leserne det")
    expect(shown).to_be_focused()
    expect(shown.locator("em")).to_have_text("ny")
    expect(page).to_have_url(re.compile(f"/posts/{draft.id}/edit/$"))
    expect(text_of(page)).to_be_hidden()  # on a phone, the preview replaces the form
    press(page, "Skriv videre")
    expect(text_of(page)).to_be_focused()


def test_preview_can_fill_the_page_in_a_wide_window(open_form, draft):
    page = open_form(draft, viewport={"width": 1280, "height": 900})
    shown = page.get_by_role("region", name="Slik ser leserne det")
    expect(shown.get_by_text("Ada Nordlys")).to_be_visible()
    press(page, "Vis i full bredde")
    expect(text_of(page)).to_be_hidden()
    press(page, "Vis ved siden av teksten")
    expect(text_of(page)).to_be_visible()
    expect(shown).to_be_visible()


# -- autosave ---------------------------------------------------------------------------------------------------------
@usually_on_a_desktop
def test_draft_is_autosaved_and_the_time_is_shown(options, open_form, draft, stored):
    page = open_form(draft, **options)
    page.evaluate(AT_ONCE)
    text_of(page).fill("En")
    expect(save_state(page)).to_have_text(re.compile(r"^Lagret kl\. \d\d\.\d\d\.$"))
    assert stored(draft.id) == "En"
    text_of(page).fill("En og to")  # the next save continues from the version that the first save created
    expect(save_state(page)).to_contain_text("Lagret kl.")
    page.wait_for_function("!localStorage.length")
    assert stored(draft.id) == "En og to"
    page.reload()
    expect(text_of(page)).to_have_value("En og to")


def test_leaving_a_field_autosaves_immediately(open_form, draft, stored):
    page = open_form(draft)
    page.evaluate(NEVER)
    text_of(page).fill("En")
    text_of(page).press("Tab")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert stored(draft.id) == "En"


def test_new_post_is_saved_as_a_draft_once_it_has_a_title_and_text(browse, ada):
    page = browse(as_=ada)
    page.goto("/posts/new/")
    page.evaluate(AT_ONCE)
    text_of(page).fill(TEXT)
    expect(save_state(page)).to_have_text("Lagres automatisk når det har tittel og tekst")
    page.get_by_label("Tittel").fill(TITLE)
    expect(save_state(page)).to_contain_text("Lagret kl.")
    expect(page).to_have_url(re.compile(r"/posts/[a-z2-7]{10}/edit/$"))
    expect(page).to_have_title(re.compile("^Rediger innlegg"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Rediger innlegg")
    expect(page.get_by_role("link", name="Slett")).to_be_visible()
    text_of(page).fill("Mer tekst")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    page.reload()
    expect(text_of(page)).to_have_value("Mer tekst")
    page.goto("/posts/mine/")
    expect(page.get_by_role("link", name=TITLE)).to_have_count(1)


def test_autosaved_new_post_can_be_continued_in_the_other_language(browse, ada):
    page = browse(as_=ada)
    page.goto("/posts/new/")
    page.get_by_label("Tittel").fill(TITLE)
    text_of(page).fill(TEXT)
    page.keyboard.press("Control+s")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url(re.compile(r"/en/posts/[a-z2-7]{10}/edit/$"))
    expect(page.get_by_label("Title")).to_have_value(TITLE)


def test_published_post_is_never_autosaved(open_form, public, stored):
    page = open_form(public)
    page.evaluate(AT_ONCE)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    text_of(page).fill("Halvferdig")
    expect(page.get_by_role("region", name="Slik ser leserne det")).to_contain_text("Halvferdig")
    text_of(page).press("Tab")
    expect(save_state(page)).to_have_text("Ikke lagret ennå")
    assert stored(public.id) == TEXT
    with next_page(page):
        press(page, "Lagre endringene")
    expect(page.get_by_role("article")).to_contain_text("Halvferdig")
    expect(page.get_by_role("status")).to_contain_text("Lagret kl.")
    assert not [url for url in requests if url.endswith("/edit/")][1:]


def test_text_typed_before_the_scripts_start_is_saved(browse, ada, draft, stored):
    page = browse(as_=ada)

    def write_first(route):
        text_of(page).fill("Skrevet på et tregt nett")
        page.evaluate(AT_ONCE)
        route.continue_()

    page.route("**/js/editor.*", write_first, times=1)
    page.goto(f"/posts/{draft.id}/edit/")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert stored(draft.id) == "Skrevet på et tregt nett"


def test_autosave_sends_nothing_without_changes(open_form, draft):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    requests = []
    page.on("request", lambda request: requests.append(request.method + request.url))
    text_of(page).press("End")
    text_of(page).press("Tab")
    text_of(page).fill(TEXT + " ")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert len([url for url in requests if url.endswith("/edit/")]) == 1


# -- buttons and keys -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("keys", ["Control+s", pytest.param("Meta+s", marks=pytest.mark.thorough)])
def test_ctrl_s_saves(keys, open_form, draft, stored):
    page = open_form(draft)
    page.evaluate(NEVER)
    text_of(page).fill("En")
    text_of(page).press(keys)
    expect(save_state(page)).to_contain_text("Lagret kl.")
    expect(text_of(page)).to_be_focused()
    assert stored(draft.id) == "En"


def test_ctrl_s_on_a_published_post_saves_the_changes(open_form, public):
    page = open_form(public)
    text_of(page).fill("Rettet")
    with next_page(page):
        text_of(page).press("Control+s")
    expect(page.get_by_role("article")).to_contain_text("Rettet")


def test_button_shows_its_progress_and_submits_once(open_form, draft, emulator, stored):
    page = open_form(draft)
    page.evaluate(NEVER)
    text_of(page).fill("En")
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    with hanging(emulator):
        page.get_by_role("button", name="Publiser").click()
        busy = page.get_by_role("button", name="Publiserer")
        expect(busy).to_be_disabled()
        busy.click(force=True)
        page.get_by_role("button", name="Lagre utkast").click(force=True)
    expect(page.get_by_role("status")).to_contain_text("Publisert.")
    assert len([url for url in requests if url.endswith("/edit/")]) == 1
    assert stored(draft.id) == "En"


def test_publishing_during_an_autosave_causes_no_conflict(open_form, draft, emulator, stored):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    with hanging(emulator):
        text_of(page).fill("En")
        expect(save_state(page)).to_have_text("Lagrer")
        text_of(page).fill("En og to")
        page.get_by_role("button", name="Publiser").click()
        expect(page.get_by_role("button", name="Publiserer")).to_be_disabled()
    expect(page.get_by_role("status")).to_contain_text("Publisert.")
    assert stored(draft.id) == "En og to"


def test_title_corrected_while_an_autosave_is_rejected_is_saved_on_the_same_page(open_form, ada, draft):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    title = page.get_by_label("Tittel")

    def correct_and_save(route):
        title.fill("x" * 200)
        press(page, "Lagre utkast")
        expect(page.get_by_role("button", name="Lagrer")).to_be_disabled()
        route.continue_()

    page.route("**/edit/", correct_and_save, times=1)
    title.fill("x" * 201)
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert PostRepository(ada.appwrite).get(draft.id).title == "x" * 200


def test_counter_is_announced_near_the_limit(open_form, draft):
    page = open_form(draft)
    title = page.get_by_label("Tittel")
    title.fill("x" * 100)
    expect(title).not_to_have_accessible_description(re.compile("tegn"))
    title.fill("x" * 185 + "👩")
    expect(title).to_have_accessible_description("14 tegn igjen")
    title.fill("x" * 203)
    expect(title).to_have_accessible_description("3 tegn for mye")
    text_of(page).fill("x" * 101_200)
    expect(page.locator("#id_content_left")).to_have_text("1\xa0200 tegn for mye", use_inner_text=True)


# -- leaving the page -------------------------------------------------------------------------------------------------
def test_leaving_the_page_asks_for_confirmation_only_with_unsaved_changes(open_form, public):
    page = open_form(public)
    requests = []
    page.on("dialog", lambda dialog: (requests.append(dialog.type), dialog.dismiss()))
    text_of(page).press("Control+End")
    page.keyboard.type("x")
    page.get_by_role("link", name="Mine innlegg").click()
    expect(text_of(page)).to_have_value(TEXT + "x")
    assert requests == ["beforeunload"]
    with next_page(page):
        press(page, "Lagre endringene")
    expect(page.get_by_role("article")).to_contain_text("kake.x")
    page.get_by_role("link", name="Mine innlegg").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mine innlegg")
    assert requests == ["beforeunload"]


# -- unsaved copies ---------------------------------------------------------------------------------------------------
def test_text_survives_a_browser_crash(browse, ada, draft):
    page = browse(as_=ada)
    page.goto(f"/posts/{draft.id}/edit/")
    page.evaluate(NEVER)
    text_of(page).fill("Nesten borte")
    tab = page.context.new_page()
    with pytest.raises(Error), page.expect_event("crash"):
        page.goto("chrome://crash")
    tab.goto(f"/posts/{draft.id}/edit/")
    note = tab.get_by_role("status").filter(has_text="som ikke ble lagret")
    expect(note).to_contain_text(re.compile(r"Det ligger en tekst her fra kl\. \d\d\.\d\d som ikke ble lagret\."))
    expect(text_of(tab)).to_have_value(TEXT)  # the stored text is never replaced without asking
    note.get_by_role("button", name="Hent den fram").click()
    expect(text_of(tab)).to_have_value("Nesten borte")
    expect(tab.get_by_role("region", name="Slik ser leserne det")).to_contain_text("Nesten borte")
    tab.keyboard.press("Control+s")
    expect(save_state(tab)).to_contain_text("Lagret kl.")
    assert copies(tab) == []


def test_going_back_to_a_form_does_not_overwrite_a_newer_version(open_form, ada, draft, stored):
    """The browser restores the old text into a new form, whose version Ada has not seen."""
    page = open_form(draft)
    page.evaluate(NEVER)
    page.on("dialog", lambda dialog: dialog.accept())
    page.route("**/*", lambda route: route.continue_())  # so that the browser's cache is not used
    page.evaluate(NO_SAVE_ON_LEAVING)
    text_of(page).fill("Fra før")
    page.goto("/posts/")
    posts = PostRepository(ada.appwrite)
    posts.update(posts.get(draft.id), fields(content="Fra et annet sted"))
    page.go_back()
    expect(text_of(page)).to_have_value("Fra før")
    press(page, "Lagre utkast")
    expect(page.get_by_role("heading", level=1)).to_have_text("To versjoner av samme innlegg")
    assert stored(draft.id) == "Fra et annet sted"


def test_going_back_to_an_unsaved_text_keeps_a_copy_and_asks_before_leaving(open_form, public):
    """The browser restores the text, which is not saved automatically, because the post is published."""
    page = open_form(public)
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.route("**/*", lambda route: route.continue_())  # so that the browser's cache is not used
    text_of(page).fill("Fra før")
    text_of(page).click()  # browsers show the dialog only if the person has interacted with the page
    page.goto("/posts/")
    page.go_back()
    expect(text_of(page)).to_have_value("Fra før")
    expect(save_state(page)).to_have_text("Ikke lagret ennå")
    assert len(copies(page)) == 1
    text_of(page).click()
    page.goto("/posts/")
    assert asked == ["beforeunload", "beforeunload"]


def test_unsaved_copy_can_be_discarded(open_form, draft):
    page = open_form(draft)
    page.evaluate(NEVER)
    text_of(page).fill("Bort med det")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.get_by_role("button", name="Kast den").click()
    expect(text_of(page)).to_have_value(TEXT)
    assert copies(page) == []
    page.reload()
    expect(page.get_by_role("button", name="Kast den")).to_be_hidden()


def test_unsaved_new_post_is_offered_in_the_next_empty_form(browse, ada):
    page = browse(as_=ada)
    page.goto("/")
    write(page, "", TEXT)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/posts/new/")
    page.get_by_role("button", name="Hent den fram").click()
    expect(text_of(page)).to_have_value(TEXT)


def test_unsaved_copy_is_hidden_from_other_users_of_the_computer(browse, people, ada, site, draft):
    page = browse(as_=ada)
    page.goto("/posts/new/")
    text_of(page).fill("Hemmelig")
    page.context.clear_cookies()
    hand_over(page.context, people["Mikkel"], site)
    page.goto("/posts/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")
    expect(page.get_by_role("button", name="Hent den fram")).to_be_hidden()
    page.context.clear_cookies()
    hand_over(page.context, ada, site)
    page.goto("/posts/new/")
    expect(page.get_by_role("button", name="Hent den fram")).to_be_visible()


def test_signing_out_deletes_unsaved_copies(browse, people, emulator):
    page = browse()
    page.goto("/")
    sign_in(page, emulator, people["Ada"].email)
    page.goto("/posts/new/")
    text_of(page).fill("Hemmelig")
    assert len(copies(page)) == 1
    page.goto("/")
    sign_out(page)
    assert copies(page) == []


def test_unsaved_copies_older_than_a_month_are_deleted(open_form, draft):
    page = open_form(draft)
    page.evaluate(
        """localStorage.setItem("text:ada:x", JSON.stringify({at: Date.now() - 31 * 24 * 3600e3, words: {}}))"""
    )
    page.evaluate("""localStorage.setItem("text:ada:y", "no copy at all")""")
    page.reload()
    expect(save_state(page)).to_contain_text("Lagret")
    assert copies(page) == []


def test_lost_connection_shows_a_message_and_saves_after_reconnecting(open_form, draft, stored):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    page.context.set_offline(True)
    text_of(page).fill("Skrevet på toget")
    expect(save_state(page)).to_have_text("Ikke lagret: ingen forbindelse. Teksten er trygg her.")
    assert len(copies(page)) == 1
    press(page, "Publiser")
    expect(page.get_by_role("alert")).to_contain_text("Ikke lagret: ingen forbindelse.")
    page.context.set_offline(False)
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert stored(draft.id) == "Skrevet på toget"
    assert copies(page) == []


def test_captive_portal_page_is_treated_as_no_connection(open_form, draft, stored):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    page.route("**/edit/", lambda route: route.fulfill(body="<p>Romnummer?</p>", content_type="text/html"))
    text_of(page).fill("Skrevet på hotellet")
    expect(save_state(page)).to_have_text("Ikke lagret: ingen forbindelse. Teksten er trygg her.")
    assert len(copies(page)) == 1
    page.unroute("**/edit/")
    page.keyboard.press("Control+s")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    assert stored(draft.id) == "Skrevet på hotellet"


def test_lost_response_causes_no_conflict(open_form, draft, stored):
    page = open_form(draft)
    page.evaluate(NEVER)
    lost = []

    def lose(route):
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/edit/", lose)
    text_of(page).fill("En")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("Ikke lagret: ingen forbindelse.")
    assert lost == [200]
    page.unroute("**/edit/")
    text_of(page).fill("En og to")
    page.keyboard.press("Control+s")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    expect(page.get_by_role("alert")).to_be_hidden()
    assert stored(draft.id) == "En og to"


def test_ended_session_shows_a_note_and_keeps_the_text(open_form, ada, draft, emulator, stored):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    ada.end_session()
    text_of(page).fill("Lenge siden sist")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Du ble logget ut. Teksten din er fortsatt her.")
    with page.expect_popup() as popup:
        alert.get_by_role("link", name="Logg inn i en ny fane").click()
    popup.value.goto("/")
    sign_in(popup.value, emulator, ada.email)
    press(page, "Lagre utkast")
    expect(save_state(page)).to_contain_text("Lagret kl.")
    expect(alert).to_be_hidden()


# -- conflicts --------------------------------------------------------------------------------------------------------
@pytest.fixture
def conflict(browse, people, open_form, draft):
    """Return a function that opens a tab in which Ada's text conflicts with Ingrid's change.

    `scripts` enables scripts.
    """

    def made(*, scripts: bool = True) -> Page:
        hers = open_form(draft, java_script_enabled=scripts)
        theirs = browse(as_=people["Ingrid"])
        theirs.goto(f"/posts/{draft.id}/edit/")
        text_of(theirs).fill("Ta med saft.")
        press(theirs, "Lagre utkast")
        expect(save_state(theirs)).to_contain_text("Lagret kl.")
        text_of(hers).fill("Ta med boller.")
        press(hers, "Lagre utkast")
        expect(hers.get_by_role("heading", level=1)).to_have_text("To versjoner av samme innlegg")
        expect(hers.get_by_role("region", name="Din tekst").locator("ins")).to_have_text("boller")
        expect(hers.get_by_role("region", name="Den lagrede teksten").locator("ins")).to_have_text("saft")
        expect(hers.get_by_role("alert")).to_contain_text(f"{people['Ingrid'].name} lagret en ny versjon i dag kl.")
        return hers

    return made


@usually_with_scripts
def test_ada_can_keep_her_version(scripts, conflict, draft, stored):
    page = conflict(scripts=scripts)
    press(page, "Behold min")
    expect(page.get_by_role("heading", level=1)).to_have_text("Rediger innlegg")
    assert stored(draft.id) == "Ta med boller."


@usually_without_scripts
def test_ada_can_use_the_stored_version(scripts, conflict, draft, stored):
    page = conflict(scripts=scripts)
    page.get_by_role("link", name="Bruk den lagrede").click()
    expect(text_of(page)).to_have_value("Ta med saft.")
    assert stored(draft.id) == "Ta med saft."


@usually_without_scripts
def test_ada_can_merge_both_versions(scripts, conflict, draft, stored):
    page = conflict(scripts=scripts)
    press(page, "Flett dem selv")
    expect(text_of(page)).to_have_value("Ta med boller.")
    expect(page.get_by_role("region", name="Den lagrede teksten")).to_contain_text("Ta med saft.")
    text_of(page).fill("Ta med boller og saft.")
    press(page, "Lagre utkast")
    expect(page.get_by_text(re.compile("Lagret kl.")).first).to_be_visible()
    assert stored(draft.id) == "Ta med boller og saft."


def test_autosave_stops_at_a_conflict_and_links_to_both_versions(open_form, ada, draft, stored):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    PostRepository(ada.appwrite).update(draft, fields(title=TITLE, content="Ta med saft."))
    text_of(page).fill("Ta med boller.")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Noen lagret")
    assert stored(draft.id) == "Ta med saft."
    alert.get_by_role("button", name="Vis begge versjonene").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("To versjoner av samme innlegg")


def test_deleted_post_can_be_saved_as_a_new_one(open_form, ada, draft):
    page = open_form(draft)
    page.evaluate(AT_ONCE)
    PostRepository(ada.appwrite).delete(draft)
    text_of(page).fill("Ta med boller.")
    page.get_by_role("button", name="Lagre som nytt innlegg").click()
    expect(page.get_by_role("alert").filter(has_text="ikke lenger")).to_be_visible()
    expect(text_of(page)).to_have_value("Ta med boller.")
    press(page, "Lagre utkast")
    expect(page).to_have_url(re.compile(r"/posts/[a-z2-7]{10}/edit/$"))


# -- without scripts --------------------------------------------------------------------------------------------------
def test_form_works_without_scripts(open_form, draft, stored):
    page = open_form(draft, java_script_enabled=False)
    text_of(page).fill("Uten *skript*")
    press(page, "Forhåndsvis")
    expect(page.get_by_role("region", name="Slik ser leserne det").locator("em")).to_have_text("skript")
    press(page, "Lagre utkast")
    expect(page.get_by_role("status")).to_contain_text("Lagret kl.")
    assert stored(draft.id) == "Uten *skript*"
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(page.get_by_role("button", name="Hent den fram")).to_have_count(0)
