"""/posts/ID/: the page of one post."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.template import engines

from biso_site.templatetags.site import CachedInclude
from core.appwrite_client import create_admin_client
from posts import suggestions
from posts.public_posts import PublicPosts
from posts.repository import PostRepository
from tests.conftest import fields
from tests.site import NOTHING


def test_guest_can_read_a_published_post(guest, published):
    page = guest.get(f"/posts/{published.id}/").content.decode()
    assert "Alices innlegg" in page
    assert "Det er <strong>kaffe</strong> igjen." in page
    assert "Alice" in page
    assert "/edit/" not in page


def test_author_sees_the_actions_that_the_policy_allows(alice, published):
    page = alice.browser().get(f"/posts/{published.id}/").content.decode()
    for act in ("edit", "delete", "unpublish"):
        assert f"/posts/{published.id}/{act}/" in page


def test_author_sees_that_a_post_is_a_draft(alice, draft):
    assert "utkast" in alice.browser().get(f"/posts/{draft.id}/").content.decode()


def test_different_spelling_of_an_id_redirects_to_the_canonical_url(guest, published):
    answer = guest.get("/posts/ALICESPOST/")
    assert (answer.status_code, answer["Location"]) == (301, f"/posts/{published.id}/")
    assert guest.get("/en/posts/AlicesPost/")["Location"] == f"/en/posts/{published.id}/"


def test_unknown_id_shows_the_404_page(guest):
    answer = guest.get("/posts/nosuchpost/")
    assert answer.status_code == 404
    assert 'class="mast"' in answer.content.decode()


@pytest.mark.parametrize("post_id", ["_x", "a" * 37, "æøå", "a%20b", "a%00b", "..", "-a", "a%2Fb", "a:b", "%2e%2e%2f"])
def test_invalid_id_returns_404_without_a_call(guest, settings, post_id):
    settings.APPWRITE_ENDPOINT = NOTHING  # a call would fail with 503
    assert guest.get(f"/posts/{post_id}/").status_code == 404


@pytest.mark.parametrize(("hour", "edited"), [((14, 1, 30), False), ((14, 23, 59), False), ((15, 0, 1), True)])
def test_edited_date_is_shown_if_the_post_changed_on_another_local_day(hour, edited, published):
    oslo = ZoneInfo("Europe/Oslo")
    post = replace(published, published_at=datetime(2026, 7, 14, 0, 30, tzinfo=oslo))
    assert replace(post, updated_at=datetime(2026, 7, *hour, tzinfo=oslo)).is_edited is edited


def test_draft_of_another_user_gets_the_same_404_as_a_missing_post(guest, draft):
    hidden = guest.get(f"/posts/{draft.id}/").content.decode()
    missing = guest.get("/posts/nosuchpost/").content.decode()
    assert hidden.replace(draft.id, "…") == missing.replace("nosuchpost", "…")


def test_previous_and_next_include_posts_with_the_same_time(guest, alice):
    """The links to the previous and next post follow the order of the list."""
    posts, db = PostRepository(alice.appwrite), create_admin_client().db
    for name, second in {"first": 1, "second": 2, "third": 2, "fourth": 2, "fifth": 2, "sixth": 3}.items():
        posts.create(f"{name}post", alice.user, fields(title=name), publish=True)
        db.update_row("app", "posts", f"{name}post", {"publishedAt": f"2026-03-01T10:00:0{second}.000+00:00"})
    listed = [post.id for post in guest.get("/posts/").context["page"].items]
    assert len(listed) == 6
    for post_id, newer, older in zip(listed, [None, *listed], [*listed[1:], None], strict=False):
        context = guest.get(f"/posts/{post_id}/").context
        assert [post and post.id for post in (context["after"], context["before"])] == [newer, older]


def test_invalid_rows_do_not_hide_previous_and_next(guest, alice):
    posts, db = PostRepository(alice.appwrite), create_admin_client().db
    ids = ["oldest", "orphanone", "orphantwo", "newest"]
    for post_id in ids:
        posts.create(post_id, alice.user, fields(), publish=True)
        db.update_row("app", "posts", post_id, {"publishedAt": "2026-03-01T10:00:00.000+00:00"})
    for orphan in ("orphanone", "orphantwo"):
        db.update_row("app", "posts", orphan, permissions=['read("any")'])
    context = guest.get("/posts/oldest/").context
    beside = [post.id for post in (context["before"], context["after"]) if post]
    assert beside == ["newest"]


def test_previous_and_next_of_old_posts_match_the_list(guest, alice, monkeypatch):
    """A single call finds the neighbours of the newest posts.

    An older post needs more calls if it has no neighbours near in time.
    """
    monkeypatch.setattr(suggestions, "MAX_NEAR_NEWEST", 3)
    monkeypatch.setattr(suggestions, "MAX_AROUND", 5)
    posts, db = PostRepository(alice.appwrite), create_admin_client().db
    dates = ["06-30", "06-29", "06-28", "06-27", "06-26", "05-01", "05-01", "05-01", "05-01", "05-01", "05-01", "01-01"]
    for number, date in enumerate(dates):
        posts.create(f"post{number:02}", alice.user, fields(), publish=True)
        db.update_row("app", "posts", f"post{number:02}", {"publishedAt": f"2026-{date}T10:00:00.000+00:00"})
    listed = [post.id for number in (1, 2) for post in guest.get(f"/posts/?page={number}").context["page"].items]
    for post_id, newer, older in zip(listed, [None, *listed], [*listed[1:], None], strict=False):
        context = guest.get(f"/posts/{post_id}/").context
        assert [post and post.id for post in (context["after"], context["before"])] == [newer, older], post_id


def test_post_deleted_while_being_read_has_no_previous_or_next_link(guest, alice, monkeypatch):
    monkeypatch.setattr(suggestions, "MAX_NEAR_NEWEST", 1)
    posts = PostRepository(alice.appwrite)
    post = posts.create("oldpost", alice.user, fields(), publish=True)
    create_admin_client().db.update_row("app", "posts", "oldpost", {"publishedAt": "2026-03-01T10:00:00.000+00:00"})
    posts.create("newpost", alice.user, fields(), publish=True)
    get = PublicPosts.get

    def get_and_delete(*arguments):
        result = get(*arguments)
        create_admin_client().db.delete_row("app", "posts", post.id)
        return result

    monkeypatch.setattr(PublicPosts, "get", get_and_delete)
    context = guest.get("/posts/oldpost/").context
    assert (context["before"], context["after"]) == (None, None)


@pytest.mark.parametrize(("length", "is_kept"), [(5_000, True), (25_000, False)])
def test_worker_does_not_cache_page_parts_of_long_posts(length, is_kept, alice, guest):
    """If a worker cached the compiled page parts of 256 posts of maximum length, they would take 100 MB."""
    values = fields(content="kaffe " * (length // 6))
    PostRepository(alice.appwrite).create(f"long{length}", alice.user, values, publish=True)
    template = engines["django"].engine.get_template("posts/detail.html")
    parts = [part._text for part in template.nodelist.get_nodes_by_type(CachedInclude)]
    before = [part.cache_info().misses for part in parts]
    assert guest.get(f"/posts/long{length}/").status_code == 200
    assert ([part.cache_info().misses for part in parts] != before) == is_kept
