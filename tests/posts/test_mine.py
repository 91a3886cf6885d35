"""/posts/mine/: the signed-in user's own posts."""

from posts.repository import PostRepository
from tests.conftest import fields


def test_own_posts_list_shows_drafts_first(alice, draft, published):
    PostRepository(alice.appwrite).create("alicelater", alice.user, fields(title="Enda en kladd"))
    page = alice.browser().get("/posts/mine/").context["page"]
    assert [post.id for post in page.items] == ["alicelater", draft.id, published.id]


def test_restored_post_is_sorted_by_its_own_date(alice, published):
    posts = PostRepository(alice.appwrite)
    later = posts.create("alicelater", alice.user, fields(title="Alices neste innlegg"), publish=True)
    alice.browser().post(f"/posts/{published.id}/delete/")
    alice.browser().post(f"/posts/{published.id}/undo/")
    page = alice.browser().get("/posts/mine/").context["page"]
    assert [post.id for post in page.items] == [later.id, published.id]


def test_own_posts_list_contains_no_posts_by_other_users(bob, ingrid, draft, published):
    assert bob.browser().get("/posts/mine/").context["page"].items == []
    assert ingrid.browser().get("/posts/mine/").context["page"].items == []


def test_ended_session_redirects_to_sign_in_instead_of_an_empty_list(alice, draft):
    browser = alice.browser()
    assert browser.get("/posts/mine/").context["page"].items
    alice.end_session()
    assert browser.get("/posts/mine/")["Location"] == "/auth/login/?next=%2Fposts%2Fmine%2F"


def test_long_list_is_split_into_numbered_pages(alice):
    posts = PostRepository(alice.appwrite)
    for number in range(21):
        posts.create(f"alicemine{number:02d}", alice.user, fields())
    page = alice.browser().get("/posts/mine/", {"page": 2}).context["page"]
    assert [post.id for post in page.items] == ["alicemine00"]
    assert alice.browser().get("/posts/mine/", {"page": 3}).status_code == 404
