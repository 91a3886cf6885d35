"""Authors' bios in the form, on the author's page and below posts."""

import feedparser
import pytest

from core import errors, rate_limits
from core.appwrite_client import AppwriteClient, create_admin_client
from core.revalidation import current_generation
from posts import new_tables
from posts.profiles import ProfileRepository, public_bio
from posts.repository import PostRepository
from posts.syndication import feeds
from tests.conftest import fields
from tests.site import NOTHING
from tests.users import words

FORM = "/auth/account/bio/"
LINE = "Går tredje året på økonomi, og skriver om kaffe."


def save(person, bio: str):
    return person.browser().post(FORM, {"bio": bio}, follow=True)


def test_bio_is_shown_on_the_authors_page_and_below_posts(alice, guest, published):
    for path in (f"/posts/by/{alice.id}/", f"/posts/{published.id}/"):
        assert LINE not in words(guest.get(path))
    assert "Lagret." in words(save(alice, f"  {LINE}\n"))
    for path in (f"/posts/by/{alice.id}/", f"/posts/{published.id}/", f"/en/posts/{published.id}/"):
        assert LINE in words(guest.get(path)), path
    assert LINE in alice.browser().get(FORM).content.decode()


def test_empty_bio_deletes_the_profile(alice, guest, published):
    save(alice, LINE)
    save(alice, " ")
    assert LINE not in words(guest.get(f"/posts/{published.id}/"))
    assert create_admin_client().db.list_rows("app", "profiles").total == 0
    assert "Lagret." in words(save(alice, ""))


def test_bio_that_is_too_long_is_kept_in_the_form(alice):
    answer = alice.browser().post(FORM, {"bio": "x" * 201})
    assert "x" * 201 in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert create_admin_client().db.list_rows("app", "profiles").total == 0


def test_members_cannot_read_or_write_profiles_over_rest(alice, bob):
    save(alice, LINE)
    for person in (alice, bob):
        with pytest.raises(errors.SiteError):
            person.appwrite.db.update_row("app", "profiles", alice.id, {"bio": "Kapret"})
        with pytest.raises(errors.SiteError):
            person.appwrite.db.create_row("app", "profiles", bob.id, {"bio": "Kapret"}, ['read("any")'])
        with pytest.raises(errors.SiteError):
            person.appwrite.db.get_row("app", "profiles", alice.id)
    assert ProfileRepository(create_admin_client()).bio(alice.id) == LINE


def test_bio_written_with_markup_is_shown_as_text(alice, guest, published):
    create_admin_client().db.create_row("app", "profiles", alice.id, {"bio": "<b>x</b>\n\x0b <script>"})
    assert "&lt;b&gt;x&lt;/b&gt; &lt;script&gt;" in guest.get(f"/posts/{published.id}/").content.decode()


def test_bio_is_not_saved_after_the_session_has_ended(alice):
    browser = alice.browser()
    browser.get(FORM)
    alice.end_session()
    assert browser.post(FORM, {"bio": LINE}).status_code == 302
    assert ProfileRepository(create_admin_client()).bio(alice.id) == ""


def test_saves_are_rate_limited(bob, monkeypatch):
    """Without a limit, one person could repeatedly invalidate all cached pages."""
    monkeypatch.setattr(rate_limits, "BIOS", rate_limits.Limit("bios", 1, 60))
    browser = bob.browser()
    assert browser.post("/auth/account/bio/", {"bio": "En"}).status_code == 302
    generation = current_generation()
    page = browser.post("/auth/account/bio/", {"bio": "To"})
    assert page.status_code == 429
    assert 0 < int(page["Retry-After"]) <= 61
    assert page.context["form"]["bio"].value() == "To"
    assert "Prøv igjen om" in words(page)
    assert current_generation() == generation


def test_text_is_kept_during_an_outage(alice, settings):
    browser = alice.browser()
    browser.get(FORM)
    settings.APPWRITE_ENDPOINT = NOTHING
    answer = browser.post(FORM, {"bio": LINE})
    assert (answer.status_code, LINE in answer.content.decode()) == (503, True)


@pytest.mark.parametrize(("path", "form"), [(FORM, {"bio": LINE}), ("/auth/account/name/", {"name": LINE})])
def test_text_is_kept_if_appwrite_is_busy(path, form, alice, monkeypatch):
    browser = alice.browser()
    browser.get(path)

    def busy(*_: object, **__: object) -> None:
        raise errors.AppwriteRateLimitedError(retry_after=7)

    monkeypatch.setattr(AppwriteClient, "call", busy)
    answer = browser.post(path, form)
    assert (answer.status_code, answer["Retry-After"], LINE in answer.content.decode()) == (429, "7", True)


def test_site_works_without_the_table(alice, guest, published, caplog):
    create_admin_client().db.delete_table("app", "profiles")
    new_tables._warn.cache_clear()
    assert guest.get(f"/posts/{published.id}/").status_code == 200
    assert guest.get(f"/posts/by/{alice.id}/").status_code == 200
    assert "oppdatert databasen" in words(alice.browser().get(FORM))
    answer = alice.browser().post(FORM, {"bio": LINE})
    assert (answer.status_code, LINE in answer.content.decode()) == (503, True)
    ProfileRepository(create_admin_client()).delete(alice.id)
    assert caplog.text.count("Table profiles does not exist") == 1


def test_author_page_works_if_the_profile_cannot_be_read(alice, guest, published, monkeypatch):
    def unavailable(*_: object) -> None:
        raise errors.UnavailableError("slow")

    save(alice, LINE)
    monkeypatch.setattr(ProfileRepository, "bio", unavailable)
    answer = guest.get(f"/posts/by/{alice.id}/")
    assert (answer.status_code, LINE in answer.content.decode()) == (200, False)
    assert public_bio(alice.id) == ""


def test_feed_of_an_author_contains_only_their_published_posts(alice, bob, guest, draft, published):
    PostRepository(bob.appwrite).create("bobspost", bob.user, fields(title="Bobs"), publish=True)
    page = guest.get(f"/posts/by/{alice.id}/").content.decode()
    path = f"/posts/by/{alice.id}/feed/"
    assert page.count(f'href="{path}"') == 2
    answer = guest.get(path)
    feed = feedparser.parse(answer.content)
    assert (feed.version, feed.bozo, feed.feed.title) == ("atom10", False, "Innlegg av Alice")
    assert [entry.title for entry in feed.entries] == ["Alices innlegg"]
    assert "<strong>kaffe</strong>" in feed.entries[0].content[0].value
    assert guest.get(path, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert guest.get("/posts/by/nobody/feed/").status_code == 404


def test_other_peoples_rows_do_not_empty_an_authors_feed(alice, bob, guest, published):
    permissions = ['read("any")', f'update("user:{bob.id}")']
    date = "2026-06-01T00:00:00.000+00:00"
    dates = {"createdAt": date, "updatedAt": date, "publishedAt": date}
    for number in range(2 * feeds.LENGTH):
        row = {"title": "Falsk", "content": "x", "language": "nb", "status": "published", "authorId": alice.id, **dates}
        bob.appwrite.db.create_row("app", "posts", f"false{number}", row, permissions)
    create_admin_client().db.update_row("app", "posts", published.id, {"publishedAt": "2026-01-01T00:00:00.000+00:00"})
    feed = feedparser.parse(guest.get("/posts/by/alice/feed/").content)
    assert [entry.title for entry in feed.entries] == [published.title]
