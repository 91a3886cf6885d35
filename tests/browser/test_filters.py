"""Filtering posts by words, campus, topic and language: on a phone, on a large screen, without scripts, by keyboard."""

import feedparser
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acts import (
    expect_first,
    on_phone_and_screen,
    on_phone_and_screen_alternately_with_scripts,
    tab_to,
    titles,
    usually_with_scripts,
)

pytestmark = pytest.mark.browser

MIDNIGHT = "Lesesalene som holder lyset på til midnatt"
BREAKFAST = "Gratis frokost i hele eksamensperioden"
NERVES = "Eksamensnerver: det jeg gjør kvelden før"
REVUE = "Vi satte opp revy på tolv uker"
ROOM = "Finding a room in Oslo: what worked for us"


@on_phone_and_screen_alternately_with_scripts
def test_reader_filters_the_list_and_opens_a_post(browse, scripts, viewport):
    page = browse(java_script_enabled=scripts, viewport=viewport)
    page.goto("/")
    if viewport["width"] < 1200:  # the masthead has a link to the search field
        page.get_by_role("link", name="Søk", exact=True).click()
        expect(page.get_by_label("Søk i innlegg")).to_be_focused()
        expect(page.get_by_role("main")).to_contain_text("22 innlegg, nyeste først. Side 1 av 3.")
    else:  # the masthead has a search field
        page.get_by_role("banner").get_by_role("searchbox").fill("eksamen")
        page.keyboard.press("Enter")
        expect(heading(page)).to_have_text("Innlegg med «eksamen»")
        expect(page.locator("mark").first).to_have_text("Eksamen")
        expect(page.get_by_label("Søk i innlegg")).to_have_value("eksamen")
        page.get_by_role("link", name="Fjern filter: «eksamen»").click()
        expect(page).to_have_url("/posts/")

    choose(page, "Campus", "Oslo")
    expect(heading(page)).to_have_text("Innlegg fra Oslo")
    expect(list_summary(page)).to_contain_text("7 innlegg, nyeste først.")
    expect(titles(page)).to_have_count(7)
    choose(page, "Tema på denne siden", "eksamen")
    expect(heading(page)).to_have_text("Innlegg fra Oslo om «eksamen»")
    expect(list_summary(page)).to_contain_text("3 innlegg, nyeste først.")
    expect(titles(page)).to_have_text([MIDNIGHT, BREAKFAST, NERVES])
    if viewport["width"] < 960:
        page.get_by_text("Filtrer").click()
    for filters, chosen in (("Campus", "Oslo"), ("Tema på denne siden", "eksamen"), ("Språk", "Begge")):
        expect(filter_(page, filters, chosen)).to_have_attribute("aria-current", "true")

    # Searching keeps the chosen filters, and choosing a filter keeps the search.
    search(page, "grøt")
    expect(titles(page)).to_have_text([BREAKFAST])
    choose(page, "Tema på denne siden", "eksamen")
    expect(page.get_by_label("Søk i innlegg")).to_have_value("grøt")
    expect(page).to_have_url("/posts/?q=gr%C3%B8t&campus=oslo")
    page.go_back()
    page.go_back()
    expect(titles(page)).to_have_text([MIDNIGHT, BREAKFAST, NERVES])
    page.get_by_role("link", name="Fjern filter: Oslo").click()
    expect(heading(page)).to_have_text("Innlegg om «eksamen»")
    page.get_by_role("main").get_by_role("link", name="Vis alle innlegg").click()
    expect(page).to_have_url("/posts/")


@on_phone_and_screen
def test_list_without_results_links_to_wider_lists(browse, viewport):
    page = browse(viewport=viewport)
    page.goto("/posts/?campus=stavanger")
    search(page, "revy")
    expect(list_summary(page)).to_have_text("Ingen treff")
    expect(page.get_by_role("main")).to_contain_text("Ingen innlegg fra Stavanger nevner «revy».")
    expect(page.get_by_label("Søk i innlegg")).to_have_value("revy")
    page.get_by_role("link", name="Søk i alle innlegg").click()
    expect_first(page, REVUE)

    page.goto("/posts/?campus=stavanger&language=en")
    expect(list_summary(page)).to_have_text("Ingen treff")
    page.get_by_role("link", name="Innlegg på engelsk").click()
    expect(titles(page).filter(has_text=ROOM)).to_have_count(1)


@on_phone_and_screen
def test_list_can_be_filtered_with_the_keyboard_alone(browse, viewport):
    page = browse(viewport=viewport)
    page.goto("/posts/")
    if viewport["width"] < 960:  # the filters are collapsed: open them before tabbing to the links
        tab_to(page, "Filtrer")
        page.keyboard.press("Space")
    tab_to(page, "Oslo")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Innlegg fra Oslo")
    if viewport["width"] < 960:
        tab_to(page, "Filtrer")
        page.keyboard.press("Space")
    tab_to(page, "eksamen")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Innlegg fra Oslo om «eksamen»")
    tab_to(page, NERVES)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(NERVES)


def test_campus_and_topic_of_a_post_link_to_filtered_lists(page: Page):
    page.goto("/posts/gzt6jt5bya/")
    page.get_by_role("link", name="eksamen", exact=True).click()
    expect(page).to_have_url("/posts/topics/eksamen/")
    expect(titles(page)).to_have_text([MIDNIGHT, BREAKFAST, NERVES])
    page.get_by_role("link", name=NERVES).click()
    page.locator("dl").get_by_role("link", name="Oslo", exact=True).click()
    expect(heading(page)).to_have_text("Innlegg fra Oslo")
    page.get_by_role("listitem").filter(has_text=ROOM).get_by_role("link", name="Tuva Lund").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tuva Lund")
    expect(titles(page).filter(has_text=ROOM)).to_have_count(1)


@usually_with_scripts
def test_footer_links_to_posts_by_topic_and_by_month(browse, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto("/")
    page.get_by_role("contentinfo").get_by_role("link", name="Tema", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="eksamen 3 innlegg").click()
    expect(heading(page)).to_have_text("Innlegg om «eksamen»")
    expect(titles(page)).to_have_text([MIDNIGHT, BREAKFAST, NERVES])
    page.get_by_role("contentinfo").get_by_role("link", name="Arkiv", exact=True).click()
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()  # select the latest year
    page.get_by_role("main").get_by_role("listitem").get_by_role("link").first.click()  # select its latest month
    page.get_by_role("link", name=MIDNIGHT, exact=True).click()
    expect(heading(page)).to_have_text(MIDNIGHT)


@usually_with_scripts
def test_switching_the_language_keeps_the_filters(browse, scripts):
    page = browse(java_script_enabled=scripts)
    page.goto("/posts/?q=eksamen&campus=oslo")
    found = titles(page).all_inner_texts()
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url("/en/posts/?q=eksamen&campus=oslo")
    expect(heading(page)).to_have_text("Posts from Oslo with ‘eksamen’")
    expect(list_summary(page)).to_contain_text("posts, best match first.")
    expect(titles(page)).to_have_text(found)
    page.get_by_role("button", name="Norsk").click()
    expect(page).to_have_url("/posts/?q=eksamen&campus=oslo")


def test_page_links_of_a_filtered_list_keep_the_filters(page: Page):
    page.goto("/posts/?language=nb")
    expect(list_summary(page)).to_contain_text("15 innlegg, nyeste først. Side 1 av 2.")
    page.get_by_role("link", name="Neste", exact=True).click()
    expect(list_summary(page)).to_contain_text("15 innlegg, nyeste først. Side 2 av 2.")
    expect(titles(page)).to_have_count(5)
    page.get_by_role("link", name="Side 1", exact=True).click()
    expect(page).to_have_url("/posts/?language=nb")


def test_filtered_list_has_a_feed_with_the_same_filters(page: Page):
    page.goto("/posts/?campus=oslo&tag=eksamen")
    feed = page.locator("head link[type='application/atom+xml']").get_attribute("href")
    entries = feedparser.parse(page.request.get(str(feed)).body()).entries
    expect(titles(page)).to_have_text([entry.title for entry in entries])


def list_summary(page: Page) -> Locator:
    """Return the sentence that states the number of posts and their order."""
    return page.get_by_role("main").get_by_role("status")


def heading(page: Page) -> Locator:
    """Return the heading, which names the active filters."""
    return page.get_by_role("heading", level=1)


def search(page: Page, words: str) -> None:
    page.get_by_label("Søk i innlegg").fill(words)
    page.get_by_role("main").get_by_role("button", name="Søk").click()


def choose(page: Page, filters: str, chosen: str) -> None:
    """Follow a filter's link. On phones, the filters are collapsed."""
    page.wait_for_load_state()
    link = filter_(page, filters, chosen)
    if not link.is_visible():
        page.get_by_text("Filtrer").click()
    link.click()


def filter_(page: Page, filters: str, chosen: str) -> Locator:
    return page.get_by_role("navigation", name=filters).get_by_role("link", name=chosen, exact=True)


# Returns the chips that are links, and the problems: targets that are too small, or not hit at one of their edges.
CHIPS = """() => {
    const chips = [...document.querySelectorAll("a.chip")].filter(each => each.checkVisibility());
    const problems = chips.flatMap(chip => {
        chip.scrollIntoView({block: "center"});
        const {x, y, width, height} = chip.getBoundingClientRect();
        const sides = [[x + 1, y + height / 2], [x + width - 1, y + height / 2]];
        const points = [...sides, [x + width / 2, y + 1], [x + width / 2, y + height - 1]];
        const isHit = points.every(point => chip.contains(document.elementFromPoint(...point)));
        return height >= 44 && isHit ? [] : [`${chip.textContent}: ${height} ${isHit}`];
    });
    return [chips.length, problems];
}"""


@pytest.mark.parametrize("width", [320, 375, 1024])
def test_chips_are_large_targets_for_fingers_and_do_not_overlap(browse, people, width):
    size = {"width": width, "height": 800}
    touch = browse(as_=people["Ingrid"], java_script_enabled=False, viewport=size, has_touch=True, is_mobile=True)
    for path in ["/", "/posts/?campus=oslo&language=nb", "/posts/gzt6jt5bya/", "/manage/?campus=oslo&status=draft"]:
        touch.goto(path)
        for details in touch.locator("details:has(.chip) > summary:visible").all():
            details.click()
        count, problems = touch.evaluate(CHIPS)
        assert count >= 3, path
        assert problems == [], path
