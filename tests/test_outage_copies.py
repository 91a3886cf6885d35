"""During an Appwrite outage, readers get the last good copy of a page, with a note that states its age."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from core import read_cache
from core.appwrite_client import create_admin_client
from posts.featured import FeaturedRepository
from posts.repository import PostRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.site import NOTHING, unnoticed
from tests.test_html import check
from tests.users import Browser, words

NOTE = "BISOs server svarer ikke akkurat nå. Denne siden er fra "
PAGES = ["/", "/posts/", "/posts/?campus=oslo", "/posts/?q=kaffe", "/posts/alicespost/", "/posts/by/alice/"]
FEEDS = ["/posts/feed/", "/posts/feed/rss/", "/sitemap.xml"]


@pytest.fixture
def later(monkeypatch):
    """Return a function that moves the site's clock forward by a number of seconds."""

    def go(seconds: float) -> None:
        clock, now = time.time, timezone.now
        monkeypatch.setattr(time, "time", lambda: clock() + seconds)
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=seconds))

    return go


@pytest.fixture
def away(settings, later):
    """Return a function that moves the clock forward by a number of seconds and then makes Appwrite unreachable."""

    def go(seconds: float = read_cache.REFILL_TTL) -> None:
        later(seconds)
        settings.APPWRITE_ENDPOINT = NOTHING

    return go


@pytest.fixture
def read_before(guest, alice, ingrid, published):
    """Feature the published post, create a second one, and let a guest open each page."""
    PostRepository(alice.appwrite).create("alicesother", alice.user, fields(title="Et annet innlegg"), publish=True)
    FeaturedRepository(ingrid.appwrite).add(published)
    for path in [*PAGES, *FEEDS, "/posts/alicesother/"]:
        assert guest.get(path).status_code == 200
    alice.browser().get("/posts/mine/")


def test_guests_and_members_get_the_last_good_copy_with_its_age(read_before, away, alice):
    away()
    for browser in (Browser(), alice.browser()):
        for path in PAGES:
            page = browser.get(path)
            assert page.status_code == 200, path
            assert "Alices innlegg" in words(page), path
            # If the copy is from before midnight, the note contains a date.
            assert re.search(rf"{NOTE}(i dag kl\. \d\d\.\d\d|\d+\. \w+( \d{{4}})?)", words(page)), path
            assert page["Cache-Control"] == "private, no-store"
    assert re.search(r"This page is from (today at )?\d", words(Browser().get("/en/posts/alicespost/")))
    assert "Ada" not in words(Browser().get("/posts/alicespost/"))


@pytest.mark.parametrize("language", ["nb", "en"])
def test_pages_served_during_an_outage_are_valid_html(read_before, away, guest, language):
    prefix = "" if language == "nb" else "/en"
    away()
    for path in ("/", "/posts/", "/posts/alicespost/", "/posts/?page=2"):
        url = f"{prefix}{path}"
        check(guest.get(url, headers={"Accept-Language": language}).content.decode(), language)


def test_feeds_and_the_sitemap_are_served_from_copies(read_before, away, guest):
    away()
    for path in FEEDS:
        answer = guest.get(path)
        assert answer.status_code == 200
        assert b"alicespost" in answer.content
        assert answer["Cache-Control"] == "private, no-store"


def test_user_who_is_not_in_the_cache_gets_copies_as_a_guest(read_before, away, bob):
    away()
    page = bob.browser().get("/posts/")
    assert page.status_code == 200
    assert "Alices innlegg" in words(page)


def test_current_copy_has_no_note_and_needs_no_call(read_before, away, guest):
    away(read_cache.FRESH_TTL - 20)
    with count_calls() as calls:
        page = guest.get("/posts/")
    assert calls == []
    assert NOTE not in words(page)


def test_copies_are_used_for_a_day(read_before, away, guest):
    away(read_cache.KEPT_TTL + 1)
    assert guest.get("/posts/").status_code == 503


def test_note_disappears_when_appwrite_responds_again(
    read_before, away, guest, settings, appwrite, published, monkeypatch
):
    away()
    assert NOTE in words(guest.get("/posts/"))
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    page = guest.get("/posts/")
    assert NOTE not in words(page)
    assert "Alices innlegg" in words(page)


@pytest.mark.parametrize("act", ["unpublish", "delete"])
def test_withdrawn_post_is_not_shown_from_copies(act, read_before, away, guest, alice):
    assert alice.browser().post(f"/posts/alicespost/{act}/").status_code == 302
    away(1)
    for path in [*PAGES, *FEEDS, "/posts/alicesother/", "/nothing/"]:
        page = Browser().get(path)
        assert b"Alices innlegg" not in page.content, path
        assert b"/posts/alicespost/" not in page.content.replace(path.encode(), b""), path
    assert guest.get("/posts/alicespost/").status_code == 503
    assert guest.get("/posts/alicesother/").status_code == 200
    assert "Et annet innlegg" in words(guest.get("/posts/"))


def test_copies_are_not_shown_once_an_admin_has_closed_the_table_to_guests(read_before, guest, later, away):
    """Appwrite then rejects guests' reads with an error, which is not an outage."""
    with unnoticed():
        create_admin_client().db.update_table("app", "posts", "Posts", [], row_security=False)
    later(read_cache.REFILL_TTL)
    for path in ("/posts/", "/posts/alicespost/"):
        assert "Alices innlegg" not in words(guest.get(path)), path
    away(0)
    for path in ("/posts/", "/posts/alicespost/"):
        page = Browser().get(path)
        assert page.status_code == 503, path
        assert "Alices innlegg" not in words(page), path


def test_republished_post_is_shown_from_copies(read_before, away, guest, alice):
    for act in ("unpublish", "publish"):
        alice.browser().post(f"/posts/alicespost/{act}/")
    away(1)
    assert "Alices innlegg" in words(guest.get("/posts/alicespost/"))


def test_page_without_a_copy_links_to_pages_with_copies(read_before, away, guest, alice):
    PostRepository(alice.appwrite).create("unreadpost", alice.user, fields(title="Et ulest innlegg"), publish=True)
    away()
    for path in ("/posts/unreadpost/", "/posts/?page=2"):
        page = guest.get(path)
        assert page.status_code == 503
        assert page["Retry-After"]
        assert "Disse sidene kan du lese nå" in words(page)
        links = re.findall(r'<li><a href="([^"]+)"', page.content.decode())
        assert set(links) == {"/", "/posts/", "/posts/alicespost/", "/posts/alicesother/"}
        assert [guest.get(link).status_code for link in links] == [200] * 4


def test_outage_page_links_to_no_pages_without_copies(away, guest, published):
    away()
    page = guest.get("/posts/")
    assert page.status_code == 503
    assert "Disse sidene kan du lese nå" not in words(page)
    assert "Ingen innlegg" not in words(page)


def test_list_is_not_called_empty_if_all_its_posts_were_withdrawn(guest, published, alice, away):
    guest.get("/posts/")
    alice.browser().post("/posts/alicespost/unpublish/")
    away(1)
    page = guest.get("/posts/")
    assert page.status_code == 503
    assert "Alices innlegg" not in words(page)


def test_post_is_shown_without_previous_and_next_if_they_have_no_copies(guest, published, away, monkeypatch):
    guest.get("/posts/alicespost/")
    away()
    monkeypatch.setattr("posts.suggestions.FIRST", read_cache.ReadCache("none", dict, max_size=1, memory=1))
    page = guest.get("/posts/alicespost/")
    assert page.status_code == 200
    assert NOTE in words(page)


def test_unpublished_post_is_not_shown_from_copies_if_its_cover_failed(guest, alice, covered, appwrite, away):
    """The row is already unpublished, so readers must not see the post, even though its author gets an error."""
    path = f"/posts/{covered(publish=True).id}/"
    for page in (path, "/posts/"):
        assert guest.get(page).status_code == 200
    appwrite.faults.add("storage.updateFile", status=503)
    assert alice.browser().post(f"{path}unpublish/").status_code == 503
    away(1)
    for page in (path, "/posts/"):
        assert guest.get(page).status_code == 503


@pytest.mark.parametrize("change", ["delete", "unpublish", "hide"])
def test_missing_post_is_not_shown_from_copies(change, guest, published, away, settings, appwrite):
    """Another program removed the post, and since then, a reader has got a 404 response."""
    path = f"/posts/{published.id}/"
    for page in (path, "/posts/"):
        assert guest.get(page).status_code == 200
    db = create_admin_client().db
    with unnoticed():
        if change == "delete":
            db.delete_row("app", "posts", published.id)
        elif change == "unpublish":
            db.update_row("app", "posts", published.id, {"status": "draft"}, [])
        else:
            db.update_row("app", "posts", published.id, {}, ['read("any")'])  # a row without an owner is not a post
    away(read_cache.REFILL_TTL)
    settings.APPWRITE_ENDPOINT = appwrite.endpoint
    assert guest.get(path).status_code == 404
    settings.APPWRITE_ENDPOINT = NOTHING
    page = guest.get(path)
    assert page.status_code == 503
    assert "Alices innlegg" not in words(page)


def test_post_id_in_a_different_case_creates_no_copy(guest, published):
    """Appwrite ignores case in ids, so a visitor could otherwise evict the copies of all other posts."""
    guest.get(f"/posts/{published.id}/")
    with count_calls() as calls:
        for post_id in ("ALICESPOST", "AlicesPost", "alicesposT"):
            assert guest.get(f"/posts/{post_id}/").status_code == 301
    assert calls == []
