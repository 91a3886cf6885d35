"""/posts/: the published posts, newest first, on numbered pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from posts.repository import PostRepository
from tests.conftest import fields
from tests.site import NOTHING
from tests.users import words


@pytest.fixture
def shelf(alice, start_from):
    """Create twelve published posts and a draft."""

    def create() -> None:
        posts = PostRepository(alice.appwrite)
        for number in range(12):
            posts.create(f"shelfpost{number:02d}", alice.user, fields(title=f"Innlegg {number}"), publish=True)
        posts.create("shelfdraft", alice.user, fields(title="Kladd"))

    start_from("shelf of two pages", create)


def test_list_has_ten_posts_per_page_newest_first(guest, shelf):
    first = guest.get("/posts/").context["page"]
    assert [post.id for post in first.items] == [f"shelfpost{number:02d}" for number in range(11, 1, -1)]
    assert (first.total, first.count, first.previous, first.next) == (12, 2, None, 2)
    second = guest.get("/posts/", {"page": 2}).context["page"]
    assert [post.id for post in second.items] == ["shelfpost01", "shelfpost00"]
    assert (second.previous, second.next) == (1, None)


@pytest.mark.parametrize("page", ["0", "-1", "3", "501", "1000000000", "x", "1.5", "", "٣", "1 ", "\x00", "9" * 5000])
def test_invalid_page_number_returns_404(guest, shelf, page):
    assert guest.get("/posts/", {"page": page}).status_code == 404


@pytest.mark.parametrize("page", ["501", "999999999"])
def test_page_number_that_is_too_high_returns_404_without_a_call(guest, settings, page):
    settings.APPWRITE_ENDPOINT = NOTHING
    assert guest.get("/posts/", {"page": page}).status_code == 404


def test_empty_list_shows_a_message_instead_of_404(guest):
    answer = guest.get("/posts/")
    assert answer.status_code == 200
    assert answer.context["page"].items == []


def test_outage_is_not_shown_as_an_empty_list(guest, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    for url in ("/", "/posts/", "/posts/alicespost/"):
        answer = guest.get(url)
        assert answer.status_code == 503
        assert "Vi får ikke kontakt" in words(answer)


def test_post_with_a_future_date_is_hidden(guest, alice):
    data = {"title": "Nyttår", "content": "x", "authorId": alice.id, "status": "published"}
    data |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2999-01-01T00:00:00Z"}
    permissions = ['read("any")', f'update("user:{alice.id}")']
    alice.appwrite.db.create_row("app", "posts", "newyear", data, permissions)
    assert guest.get("/posts/").context["page"].items == []
    assert guest.get("/posts/newyear/").status_code == 404


def test_both_languages_show_the_same_posts(guest, published):
    norwegian, english = guest.get("/posts/"), guest.get("/en/posts/")
    assert norwegian.context["page"].items == english.context["page"].items
    assert '<html lang="nb"' in norwegian.content.decode()
    assert '<html lang="en"' in english.content.decode()
    assert 'hreflang="en" href="http://localhost/en/posts/"' in norwegian.content.decode()


def test_list_does_not_fetch_post_contents(guest, published):
    assert guest.get("/posts/").context["page"].items[0].content == ""


def test_date_in_a_cached_row_shows_its_year_after_new_year(guest, published, monkeypatch):
    now = timezone.now()
    assert str(now.year) not in words(guest.get("/posts/"))
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=366))
    assert str(timezone.localtime(now).year) in words(guest.get("/posts/"))


def test_cached_row_shows_a_changed_title_in_both_languages(alice, guest, published):
    for title in ("Før", "Etter"):
        changed = PostRepository(alice.appwrite).get(published.id)
        PostRepository(alice.appwrite).update(changed, fields(title=title))
        for path in ("/posts/", "/en/posts/"):
            for _ in range(2):
                page = words(guest.get(path))
                assert title in page, path
                assert ("1 post." in page) == path.startswith("/en/")
