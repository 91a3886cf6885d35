"""/posts/mine/: the signed-in user's own posts."""

from datetime import timedelta

from django.utils import timezone

from posts.models import Plan
from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import words


def test_own_posts_list_shows_drafts_first(alice, draft, published):
    PostRepository(alice.appwrite).create("alicelater", alice.user, fields(title="Enda en kladd"))
    page = alice.browser().get("/posts/mine/").context["page"]
    assert [post.id for post in page.items] == ["alicelater", draft.id, published.id]


def test_posts_are_in_sections_with_excerpt_and_cover(alice, draft, published, covered):
    posts = PostRepository(alice.appwrite)
    soon, later = (Plan(timezone.now() + timedelta(days=days)) for days in (1, 2))
    posts.create("alicelater", alice.user, fields(title="Nest etter"), plan=later)
    posts.create("alicesoon", alice.user, fields(title="Neste", excerpt="Et eget utdrag"), plan=soon)
    cover = covered(publish=True)
    page = alice.browser().get("/posts/mine/")
    shown = [(name, total, [post.id for post in posts]) for name, total, posts in page.context["sections"]]
    assert shown == [
        ("draft", 1, [draft.id]),
        ("scheduled", 2, ["alicesoon", "alicelater"]),
        ("published", 2, [cover.id, published.id]),
    ]
    assert "Et eget utdrag" in words(page)
    assert f'src="/posts/cover/{cover.cover_id}/480/"' in page.content.decode()


def test_first_page_shows_a_hint_in_each_empty_section(alice, draft):
    page = words(alice.browser().get("/posts/mine/"))
    assert "Ingen planlagte innlegg." in page
    assert "Ingenting er publisert ennå." in page
    PostRepository(alice.appwrite).publish(draft)
    assert "Ingen utkast." in words(alice.browser().get("/posts/mine/"))


def test_published_post_is_unpublished_from_the_list(alice, published, guest):
    browser = alice.browser()
    assert f'action="/posts/{published.id}/unpublish/"' in browser.get("/posts/mine/").content.decode()
    answer = browser.post(f"/posts/{published.id}/unpublish/", {"next": "/posts/mine/"}, follow=True)
    assert answer.redirect_chain == [("/posts/mine/", 302)]
    assert [post.id for post in answer.context["page"].items] == [published.id]
    assert guest.get(f"/posts/{published.id}/").status_code == 404


def test_schedule_is_cancelled_from_the_list(alice, draft, stored):
    PostRepository(alice.appwrite).update(draft, fields(), Plan(timezone.now() + timedelta(days=1)))
    browser = alice.browser()
    assert f'action="/posts/{draft.id}/unschedule/"' in browser.get("/posts/mine/").content.decode()
    answer = browser.post(f"/posts/{draft.id}/unschedule/", {"next": "/posts/mine/"}, follow=True)
    assert "Innlegget er ikke lenger planlagt." in words(answer)
    assert stored(draft.id).data["scheduledAt"] is None


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
    sections = alice.browser().get("/posts/mine/", {"page": 2}).context["sections"]
    assert [(name, total) for name, total, _ in sections] == [("draft", 21)]
    assert alice.browser().get("/posts/mine/", {"page": 3}).status_code == 404
