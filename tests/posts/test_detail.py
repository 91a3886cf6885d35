"""/posts/ID/: one post."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests.conftest import fields


def test_a_guest_reads_a_published_post(guest, published):
    page = guest.get(f"/posts/{published.id}/").content.decode()
    assert "Alices innlegg" in page
    assert "Det er <strong>kaffe</strong> igjen." in page
    assert "Alice" in page
    assert "/edit/" not in page


def test_its_author_is_offered_what_the_policy_allows(alice, published):
    page = alice.browser().get(f"/posts/{published.id}/").content.decode()
    for act in ("edit", "delete", "unpublish"):
        assert f"/posts/{published.id}/{act}/" in page


def test_its_author_sees_that_a_draft_is_one(alice, draft):
    assert "utkast" in alice.browser().get(f"/posts/{draft.id}/").content.decode()


def test_other_spelling_of_an_id_redirects_to_the_canonical_url(guest, published):
    answer = guest.get("/posts/ALICESPOST/")
    assert (answer.status_code, answer["Location"]) == (301, f"/posts/{published.id}/")
    assert guest.get("/en/posts/AlicesPost/")["Location"] == f"/en/posts/{published.id}/"


def test_unknown_id_is_the_sites_404_page(guest):
    answer = guest.get("/posts/nosuchpost/")
    assert answer.status_code == 404
    assert 'class="mast"' in answer.content.decode()


@pytest.mark.parametrize("post_id", ["_x", "a" * 37, "æøå", "a%20b", "a%00b", "..", "-a", "a%2Fb", "a:b", "%2e%2e%2f"])
def test_invalid_id_is_404_without_a_call(guest, settings, post_id):
    settings.APPWRITE_ENDPOINT = "http://127.0.0.1:9/v1"  # asking would be a 503
    assert guest.get(f"/posts/{post_id}/").status_code == 404


@pytest.mark.parametrize(("hour", "edited"), [((14, 1, 30), False), ((14, 23, 59), False), ((15, 0, 1), True)])
def test_edited_means_changed_on_another_local_day(hour, edited, published):
    oslo = ZoneInfo("Europe/Oslo")
    post = replace(published, published_at=datetime(2026, 7, 14, 0, 30, tzinfo=oslo))
    assert replace(post, updated_at=datetime(2026, 7, *hour, tzinfo=oslo)).is_edited is edited


def test_draft_of_another_person_is_the_same_404_as_a_missing_post(guest, draft):
    hidden = guest.get(f"/posts/{draft.id}/").content.decode()
    missing = guest.get("/posts/nosuchpost/").content.decode()
    assert hidden.replace(draft.id, "…") == missing.replace("nosuchpost", "…")


def test_previous_and_next_skip_no_posts_of_the_same_time(guest, alice):
    """The links to older and newer posts follow the order of the list."""
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


def test_post_that_is_deleted_while_it_is_read_has_no_neighbours(guest, published, appwrite):
    appwrite.faults.add("tablesDB.listRows", status=400, type="general_cursor_not_found")
    context = guest.get(f"/posts/{published.id}/").context
    assert (context["before"], context["after"]) == (None, None)
