"""The suggestions on a post's page: posts on the same topics, and other posts by the same author."""

from datetime import UTC, datetime, timedelta

import pytest

from core import errors
from core.appwrite_client import create_admin_client
from core.formats import appwrite_time
from posts.policy import row_permissions
from posts.repository import PostRepository
from posts.suggestions import SuggestedPosts
from tests.conftest import fields


@pytest.fixture
def publish(alice, bob):
    """Return a function that publishes a post, by default Bob's, and returns it."""

    def published(post_id: str, *tags: str, by=bob, **changes: object):
        posts = PostRepository(by.appwrite)
        return posts.create(post_id, by.user, fields(title=post_id, tags=tags, **changes), publish=True)

    return published


def suggested(guest, post_id: str = "thispost") -> tuple[list[str], list[str]]:
    """Return the ids of the related posts and of the author's other posts."""
    context = guest.get(f"/posts/{post_id}/").context
    return [post.id for post in context["related"]], [post.id for post in context["by_author"]]


def test_related_posts_share_a_topic_and_start_with_the_same_language(guest, alice, publish):
    publish("thispost", "kaffe", "eksamen", by=alice)
    publish("onetopic", "kaffe")
    publish("bothtopics", "eksamen", "kaffe")
    publish("english", "kaffe", "eksamen", language="en")
    publish("nothing", "ski")
    assert suggested(guest) == (["bothtopics", "onetopic", "english"], [])
    page = guest.get("/posts/thispost/").content.decode()
    assert page.index("bothtopics") < page.index("onetopic") < page.index("english")


def test_at_most_three_related_posts_and_two_by_the_author_are_shown(guest, alice, publish):
    publish("thispost", "kaffe", by=alice)
    for number in range(5):
        publish(f"related{number}", "kaffe")
        publish(f"byalice{number}", by=alice)
    assert suggested(guest) == (["related4", "related3", "related2"], ["byalice4", "byalice3"])


def test_post_is_suggested_only_once_and_never_on_its_own_page(guest, alice, publish):
    publish("thispost", "kaffe", by=alice)
    publish("sametopic", "kaffe", by=alice)
    publish("othertopic", by=alice)
    assert suggested(guest) == (["sametopic"], ["othertopic"])


def test_post_without_topics_shows_no_related_posts(guest, alice, publish):
    publish("thispost", by=alice)
    publish("notopic")
    assert suggested(guest) == ([], [])
    assert 'class="band' not in guest.get("/posts/thispost/").content.decode()


def test_drafts_and_posts_with_a_later_date_are_not_suggested(guest, alice, publish):
    publish("thispost", "kaffe", by=alice)
    PostRepository(alice.appwrite).create("adraft", alice.user, fields(tags=("kaffe",)))
    later = publish("laterpost", "kaffe", by=alice)
    date = appwrite_time(datetime.now(UTC) + timedelta(hours=1))
    create_admin_client().db.update_row("app", "posts", later.id, {"publishedAt": date})
    assert suggested(guest) == ([], [])


def test_row_that_names_another_person_as_its_author_is_not_suggested_as_theirs(guest, alice, bob, publish):
    publish("thispost", by=alice)
    now = appwrite_time(datetime.now(UTC))
    row = {"title": "x", "content": "x", "status": "published", "createdAt": now, "publishedAt": now}
    author = {"authorId": alice.id, "authorName": "Alice"}
    bob.appwrite.db.create_row("app", "posts", "fakepost", {**row, **author}, row_permissions(bob.id, published=True))
    assert suggested(guest) == ([], [])


@pytest.mark.parametrize("part", ["_related", "_by_author"])
def test_post_is_shown_without_suggestions_that_cannot_be_read(guest, alice, publish, monkeypatch, part):
    def unavailable(*_: object) -> None:
        raise errors.UnavailableError("slow")

    publish("thispost", "kaffe", by=alice)
    publish("related", "kaffe")
    publish("byalice", by=alice)
    monkeypatch.setattr(SuggestedPosts, part, unavailable)
    answer = guest.get("/posts/thispost/")
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-store"
    assert suggested(guest) == {"_related": ([], ["byalice"]), "_by_author": (["related"], [])}[part]


def test_unpublished_post_is_no_longer_suggested(guest, alice, publish):
    publish("thispost", "kaffe", by=alice)
    post = publish("byalice", by=alice)
    assert suggested(guest) == ([], ["byalice"])
    alice.browser().post(f"/posts/{post.id}/unpublish/")
    assert suggested(guest) == ([], [])
