"""Reading the front page and posts: links, language, theme, printing and keyboard."""

from urllib.parse import parse_qs, urlsplit

import feedparser
import pytest
from playwright.sync_api import Page, expect

from posts.repository import PostRepository
from tests.browser.acts import expect_first, on_phone_and_screen_alternately_with_scripts, press, tab_to, titles
from tests.conftest import fields

pytestmark = pytest.mark.browser

MIDNIGHT = "Lesesalene som holder lyset på til midnatt"
REVUE = "Vi satte opp revy på tolv uker"
SKIING = "Skikurs for deg som aldri har stått på ski"


@on_phone_and_screen_alternately_with_scripts
def test_reader_browses_from_the_front_page_through_the_posts(browse, scripts, viewport):
    page = browse(java_script_enabled=scripts, viewport=viewport)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(MIDNIGHT)
    expect_first(page, REVUE, SKIING)  # the second featured post, then the newest post
    page.get_by_role("link", name=MIDNIGHT).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MIDNIGHT)
    expect(page.get_by_role("main")).to_contain_text("3 minutter")
    expect(page.get_by_role("img", name="Tegning av en fasade om kvelden")).to_be_visible()

    # The links to the previous and next post. The newest post has no next post.
    turn = page.get_by_role("navigation", name="Flere innlegg").get_by_role("link")
    expect(turn).to_have_text([f"Forrige innlegg {REVUE}"])
    turn.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(REVUE)
    expect(turn).to_have_text([f"Forrige innlegg {SKIING}", f"Neste innlegg {MIDNIGHT}"])
    turn.last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(MIDNIGHT)

    page.get_by_role("link", name="Ada Nordlys").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Nordlys")
    expect_first(page, MIDNIGHT)
    page.get_by_role("main").get_by_role("link", name="Alle innlegg").click()
    expect_first(page, MIDNIGHT, REVUE, SKIING)


SHIFTS = """window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(each => each.value)))
    .observe({type: "layout-shift", buffered: true});"""
LOADED_FONTS = """document.fonts.ready.then(fonts =>
    [...fonts].filter(each => each.status === "loaded").map(each => `${each.family} ${each.weight}`).sort())"""


def test_page_loads_both_fonts_and_its_text_does_not_move(page: Page):
    page.add_init_script(SHIFTS)
    page.goto("/posts/gzt6jt5bya/")
    expect(page.get_by_role("heading", level=1)).to_have_text(MIDNIGHT)
    assert page.evaluate(LOADED_FONTS) == ["BISO Serif 400", "BISO Serif 700"]
    assert page.evaluate("window.shifts") == []


def test_share_links_are_plain_links(page: Page, site):
    """No service is called before a click. Otherwise, the ConsoleWatcher of `browse` would report the request."""
    page.goto("/posts/gzt6jt5bya/")
    links = page.get_by_text("Del innlegget:").get_by_role("link")
    expect(links).to_have_text(["E-post", "LinkedIn", "Facebook"])
    mail, linkedin, facebook = (urlsplit(link.get_attribute("href")) for link in links.all())
    address = f"{site}/posts/gzt6jt5bya/"
    assert mail.scheme == "mailto"
    assert parse_qs(mail.query) == {"subject": [MIDNIGHT], "body": [address]}
    assert (linkedin.hostname, parse_qs(linkedin.query)) == ("www.linkedin.com", {"url": [address]})
    assert (facebook.hostname, parse_qs(facebook.query)) == ("www.facebook.com", {"u": [address]})


def test_reader_copies_the_url_and_opens_a_phones_share_sheet(browse, site):
    address = f"{site}/posts/gzt6jt5bya/"
    page = browse(has_touch=True, is_mobile=True, permissions=["clipboard-read", "clipboard-write"])
    page.add_init_script("navigator.share = data => { window.shared = data; return Promise.resolve(); }")
    page.goto(address)
    page.get_by_role("button", name="Kopier lenken").click()
    expect(page.get_by_role("button", name="Lenken er kopiert")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    page.get_by_role("button", name="Flere valg").click()
    assert page.evaluate("window.shared") == {"title": MIDNIGHT, "url": address}

    without_scripts = browse(java_script_enabled=False)
    without_scripts.goto(address)
    expect(without_scripts.get_by_role("button", name="Kopier lenken")).to_be_hidden()


def test_long_titles_take_three_lines_and_phones_show_small_pictures(browse, people):
    title = "Lang tittel som aldri tar slutt " * 6
    ada = people["Ada"]
    PostRepository(ada.appwrite).create("longtitle22", ada.user, fields(title=title), publish=True)
    page = browse(viewport={"width": 375, "height": 800})
    lines = "each => each.getBoundingClientRect().height / parseFloat(getComputedStyle(each).lineHeight)"
    for path in ("/", "/posts/"):
        page.goto(path)
        heading = page.get_by_role("heading", name=title.strip())
        assert heading.evaluate(lines) < 3.5
        heading.get_by_role("link").focus()
    picture = page.locator(".row img").first
    expect(picture).to_be_visible()
    assert picture.bounding_box()["width"] == picture.bounding_box()["height"] == 88


def test_feeds_are_linked_in_the_head_and_in_the_footer(page: Page):
    page.goto("/posts/")
    for name, version in (("Atom", "atom10"), ("RSS", "rss20")):
        found = page.locator(f"head link[type='application/{name.lower()}+xml']").get_attribute("href")
        link = page.get_by_role("contentinfo").get_by_role("link", name=name)
        address = link.get_attribute("href")
        feed = feedparser.parse(page.request.get(str(address)).body())
        assert (feed.version, feed.bozo) == (version, False)
        expect(titles(page)).to_have_text([entry.title for entry in feed.entries][:10])
        assert address == found
    with page.expect_response("**/posts/feed/") as answer:
        page.get_by_role("contentinfo").get_by_role("link", name="Atom").click()
    assert answer.value.ok


LISTS = "\n".join("  " * depth + "- punkt" for depth in range(9))
QUOTES = "> " * 19 + "sitat"
BOTH = "".join("> - " for _ in range(6)) + "punkt i sitat"


def test_deeply_nested_text_fits_a_phone(page, people):
    posts, author = PostRepository(people["Ada"].appwrite), people["Ada"].user
    page.set_viewport_size({"width": 320, "height": 640})
    for name, text in (("lists", LISTS), ("quotations", QUOTES), ("both", BOTH)):
        posts.create(f"deep{name}", author, fields(content=text), publish=True)
        page.goto(f"/posts/deep{name}/")
        assert page.evaluate("document.documentElement.scrollWidth") == 320, name


AFTER = "getComputedStyle(document.querySelector('.prose a[href^=http]'), '::after').content"


def test_printed_page_shows_only_the_article_with_link_addresses(browse, people):
    page = browse(as_=people["Ingrid"], color_scheme="dark")
    page.goto("/posts/bakm4qeila/")
    page.emulate_media(media="print")
    for part in ("banner", "contentinfo", "navigation", "complementary", "button"):
        expect(page.get_by_role(part)).to_have_count(0)
    for words in ("Hopp til innholdet", "Rediger", "Slett", "Del innlegget:"):
        expect(page.get_by_text(words)).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    for words in ("Emil Dal", "november 2026"):
        expect(page.get_by_text(words).first).to_be_visible()
    assert paper(page) == "rgb(255, 255, 255)"
    assert page.evaluate(AFTER) == '" (https://example.org/budsjett)"'
    page.emulate_media(media="screen")
    expect(page.get_by_role("link", name="Rediger")).to_be_visible()
    assert page.evaluate(AFTER) == "none"


FADES = "addEventListener('pagereveal', reveal => { window.fades = reveal.viewTransition !== null })"
MOVES = """[...document.querySelectorAll('*')].some(element => ['', '::before', '::after'].some(part =>
    getComputedStyle(element, part).transitionDuration.split(', ').some(time => time !== '0s')))"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_reduced_motion_is_respected(browse, motion):
    page = browse(reduced_motion=motion)
    page.add_init_script(FADES)
    page.goto("/")
    assert page.evaluate(MOVES) == (motion == "no-preference")
    page.get_by_role("link", name="Innlegg", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Innlegg")
    page.wait_for_function("window.fades !== undefined")
    assert page.evaluate("window.fades") == (motion == "no-preference")


def test_chosen_language_is_remembered(page: Page):
    page.goto("/posts/")
    page.get_by_role("button", name="English").click()
    expect(page).to_have_url("/en/posts/")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto("/")
    expect(page).to_have_url("/en/")
    page.get_by_role("button", name="Norsk").click()
    expect(page).to_have_url("/")
    page.goto("/")
    expect(page.locator("html")).to_have_attribute("lang", "nb")


def test_browser_language_is_used_only_on_the_root_url(browse):
    page = browse(locale="en-GB")
    page.goto("/")
    expect(page).to_have_url("/en/")
    page.goto("/posts/")
    expect(page).to_have_url("/posts/")
    assert page.context.cookies() == []


def test_site_stores_nothing_in_the_browser_of_a_guest(page: Page):
    for path in ("/", "/posts/", "/posts/gzt6jt5bya/", "/nothing/"):
        page.goto(path)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_chosen_theme_is_remembered(browse):
    page = browse(color_scheme="light")
    page.goto("/")
    day = paper(page)
    page.get_by_label("Mørkt").check()
    night = paper(page)
    assert night != day
    page.goto("/posts/")
    assert paper(page) == night
    expect(page.get_by_label("Mørkt")).to_be_checked()
    page.get_by_label("Følg enheten").check()
    assert paper(page) == day


def paper(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_theme_switch_is_hidden_without_scripts(browse):
    page = browse(java_script_enabled=False)
    page.goto("/")
    expect(page.get_by_text("Utseende")).to_be_hidden()


def test_first_tab_stop_skips_to_the_content(page: Page):
    page.goto("/posts/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Hopp til innholdet")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/posts/#main")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_sign_in_email_can_be_requested_with_the_keyboard_alone(page: Page):
    page.goto("/posts/")
    tab_to(page, "Logg inn")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Logg inn")
    tab_to(page, "E-post")
    page.keyboard.type("olga@example.com")
    tab_to(page, "Send meg en lenke")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sjekk e-posten din")


def test_post_can_be_published_with_the_keyboard_alone(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/posts/")
    tab_to(page, "Skriv")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skriv innlegg")
    tab_to(page, "Tittel")
    page.keyboard.type("Skrevet uten mus")
    tab_to(page, "Tekst")
    page.keyboard.type("Bare taster.")
    passed = tab_to(page, "Publiser")
    assert passed[:1] == ["Slik skriver du"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Publisert. Nå kan alle lese det.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Skrevet uten mus")


def test_post_can_be_edited_after_a_preview(browse, people):
    page = browse(as_=people["Ada"])
    page.goto("/posts/new/")
    page.get_by_label("Tittel").fill("Prøve")
    page.get_by_label("Tekst", exact=True).fill("## Overskrift")
    press(page, "Forhåndsvis")
    expect(page.get_by_role("region", name="Slik ser leserne det")).to_be_focused()
    page.get_by_label("Tekst", exact=True).fill("## En annen")
    press(page, "Forhåndsvis")
    expect(
        page.get_by_role("region", name="Slik ser leserne det").get_by_role("heading", name="En annen")
    ).to_be_visible()
