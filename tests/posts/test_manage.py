"""/manage/: all posts, for admins. /manage/featured/: the posts on the front page."""

import logging
from datetime import timedelta

import pytest
from django.utils import timezone

from core import errors
from core.appwrite_client import create_admin_client
from posts import new_columns
from posts.featured import MAX_FEATURED, FeaturedRepository
from posts.models import Plan
from posts.repository import PostRepository
from posts.views import managing
from tests.conftest import fields
from tests.users import words


@pytest.fixture
def admin_browser(ingrid):
    """Return an admin's browser."""
    return ingrid.browser()


@pytest.fixture
def several_posts(alice, bob, draft, published):
    """Create a draft and a published post by Alice, and three published posts by Bob."""
    posts = PostRepository(bob.appwrite)
    for number, campus in enumerate(("bergen", "bergen", "oslo")):
        text = fields(title=f"Bobs nummer {number}", campus=campus)
        posts.create(f"bobspost{number}", bob.user, text, publish=True)


def listed_ids(answer) -> list[str]:
    return [item.id for item in answer.context["page"].items]


def test_admin_sees_all_posts_sorted_by_latest_change(admin_browser, several_posts):
    answer = admin_browser.get("/manage/")
    assert listed_ids(answer) == ["bobspost2", "bobspost1", "bobspost0", "alicespost", "alicedraft"]
    page = words(answer)
    for word in ("Alices kladd", "Utkast", "Publisert", "Bob", "Bergen"):
        assert word in page


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("status=draft", ["alicedraft"]),
        ("status=published&campus=bergen", ["bobspost1", "bobspost0"]),
        ("author=bob", ["bobspost2", "bobspost1", "bobspost0"]),
        ("q=kladd", ["alicedraft"]),
        ("campus=stavanger", []),
    ],
)
def test_admin_list_can_be_filtered(admin_browser, several_posts, query, ids):
    assert listed_ids(admin_browser.get(f"/manage/?{query}")) == ids


@pytest.mark.parametrize("status", ["", "draft", "scheduled", "published"])
def test_counts_are_correct_for_every_filter(admin_browser, several_posts, alice, status):
    plan = Plan(timezone.now() + timedelta(days=1))
    PostRepository(alice.appwrite).create("planned123", alice.user, fields(), plan=plan)
    links = admin_browser.get(f"/manage/?campus=oslo&status={status}").context["statuses"]
    assert [link.count for link in links] == [4, 1, 1, 2]
    assert [link.is_current for link in links].index(True) == ["", "draft", "scheduled", "published"].index(status)


def test_search_counts_only_the_posts_that_it_lists(admin_browser, several_posts):
    links = admin_browser.get("/manage/?q=nummer&status=published").context["statuses"]
    assert [link.count for link in links] == [None, None, None, 3]


def test_scheduled_and_draft_posts_are_listed_while_the_column_is_missing(admin_browser, draft):
    create_admin_client().db.delete_column("app", "posts", "scheduledAt")
    new_columns.forget_missing()
    assert listed_ids(admin_browser.get("/manage/?status=draft")) == ["alicedraft"]
    assert listed_ids(admin_browser.get("/manage/?status=scheduled")) == []
    assert listed_ids(admin_browser.get("/manage/")) == ["alicedraft"]
    new_columns.forget_missing()


def test_title_links_to_the_form_and_the_menu_to_every_other_action(admin_browser, draft, published):
    page = admin_browser.get("/manage/").content.decode()
    for path in ("edit/", "", "publish/", "share/", "history/", "delete/"):
        assert f'"/posts/alicedraft/{path}"' in page
    for path in ("/posts/alicespost/unpublish/", "/posts/alicespost/send/", "/manage/featured/alicespost/"):
        assert f'"{path}"' in page
    assert 'id="post-alicedraft" href="/posts/alicedraft/edit/"' in page


def test_list_omits_numbers_that_appwrite_has_not_counted(admin_browser, several_posts, monkeypatch):
    monkeypatch.setattr(managing, "MAX_TOTAL", 2)  # Appwrite itself stops at 5,000
    links = admin_browser.get("/manage/").context["statuses"]
    assert [link.count is None for link in links] == [False, False, False, True]


def test_form_and_links_keep_all_other_filters(admin_browser, several_posts):
    query = "q=Bobs&tag=kaffe&campus=bergen&language=nb&status=published&author=bob"
    answer = admin_browser.get(f"/manage/?{query}")
    assert listed_ids(answer) == ["bobspost1", "bobspost0"]
    removing = {link.label: link.url for link in answer.context["active"]}
    assert removing["Av Bob"] == "/manage/?q=Bobs&tag=kaffe&campus=bergen&language=nb&status=published"
    assert removing["kaffe"] == "/manage/?q=Bobs&campus=bergen&language=nb&status=published&author=bob"
    assert removing["Norsk"] == "/manage/?q=Bobs&tag=kaffe&campus=bergen&status=published&author=bob"
    drafts = next(link for link in answer.context["statuses"] if link.label == "Utkast")
    assert drafts.url == f"/manage/?{query.replace('published', 'draft')}"
    page = answer.content.decode()
    assert '<input type="hidden" name="author" value="bob">' in page
    assert 'value="kaffe"' in page
    assert "Av et medlem" in words(admin_browser.get("/manage/?author=nobody"))


def test_author_can_be_found_by_exact_address(admin_browser, several_posts):
    answer = admin_browser.get("/manage/?address=%20BOB@example.com&campus=bergen")
    assert answer["Location"] == "/manage/?campus=bergen&author=bob"
    answer = admin_browser.get("/manage/?address=bo@example.com&tag=kaffe")
    assert "Ingen her har adressen bo@example.com." in words(answer)
    assert 'value="kaffe"' in answer.content.decode()


def test_former_admin_cannot_look_up_addresses(admin_browser, ingrid, several_posts):
    admin_browser.get("/manage/")
    create_admin_client().users.update_labels(ingrid.id, [])
    assert admin_browser.get("/manage/?address=bob@example.com").status_code == 403


def test_author_name_is_not_read_from_rows_of_other_users(admin_browser, bob, several_posts):
    data = {"title": "x", "content": "x", "authorId": "alice", "authorName": "Bob", "updatedAt": "2099-01-01T00:00:00Z"}
    data |= {"createdAt": "2026-01-01T00:00:00Z"}
    bob.appwrite.db.create_row("app", "posts", "borrowed", data, [f'update("user:{bob.id}")', f'read("user:{bob.id}")'])
    assert "Av Alice" in words(admin_browser.get("/manage/?author=alice"))


@pytest.mark.parametrize("query", ["status=deleted", "author=../x", "campus=atlantis", "page=0", "page=9"])
def test_invalid_filter_returns_404(admin_browser, several_posts, query):
    assert admin_browser.get(f"/manage/?{query}").status_code == 404


def test_unpublishing_from_the_admin_list_returns_to_it(admin_browser, several_posts, stored, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    answer = admin_browser.post("/posts/bobspost0/unpublish/", {"next": "/manage/?campus=bergen"})
    assert answer["Location"] == "/manage/?campus=bergen"
    assert stored("bobspost0").data["status"] == "draft"
    assert "user=ingrid act=unpublish post=bobspost0 author=bob" in caplog.text


def test_next_url_on_another_site_is_ignored(admin_browser, several_posts):
    assert admin_browser.post("/posts/bobspost0/unpublish/", {"next": "https://evil.example/"})["Location"] == "/"


# -- the front page ---------------------------------------------------------------------------------------------------
def test_featured_post_leads_the_front_page(admin_browser, guest, several_posts, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    admin_browser.post("/manage/featured/bobspost0/")
    admin_browser.post("/manage/featured/alicespost/")
    home = guest.get("/").context
    assert home["lead"].id == "alicespost"
    assert home["cards"][0].id == "bobspost0"
    assert "user=ingrid act=feature post=alicespost author=alice" in caplog.text
    assert "Fremhevet" in words(admin_browser.get("/manage/"))


def test_admin_can_reorder_the_featured_posts(admin_browser, guest, several_posts):
    for post_id in ("bobspost2", "bobspost1", "bobspost0"):
        admin_browser.post(f"/manage/featured/{post_id}/")
    assert featured_order() == ["bobspost0", "bobspost1", "bobspost2"]
    admin_browser.post("/manage/featured/bobspost2/move/", {"act": "up"})
    assert featured_order() == ["bobspost0", "bobspost2", "bobspost1"]
    admin_browser.post("/manage/featured/bobspost0/move/", {"act": "down"})
    assert featured_order() == ["bobspost2", "bobspost0", "bobspost1"]
    # This has no effect, because the post is already first.
    admin_browser.post("/manage/featured/bobspost2/move/", {"act": "up"})
    assert featured_order() == ["bobspost2", "bobspost0", "bobspost1"]
    assert guest.get("/").context["lead"].id == "bobspost2"


def test_featuring_twice_has_no_effect(admin_browser, several_posts):
    for post_id in ("bobspost0", "bobspost1", "bobspost0"):
        admin_browser.post(f"/manage/featured/{post_id}/")
    assert featured_order() == ["bobspost0", "bobspost1"]


def test_deleted_post_can_be_unfeatured(admin_browser, bob, several_posts, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    admin_browser.post("/manage/featured/bobspost0/")
    bob.appwrite.db.delete_row("app", "posts", "bobspost0")
    assert "Borte" in words(admin_browser.get("/manage/featured/"))
    admin_browser.post("/manage/featured/bobspost0/remove/")
    assert featured_order() == []
    assert "user=ingrid act=unfeature post=bobspost0" in caplog.text
    assert admin_browser.post("/manage/featured/bobspost0/remove/").status_code == 302


def test_new_post_with_the_id_of_a_deleted_featured_post_is_not_featured(admin_browser, bob, alice, guest, published):
    admin_browser.post("/manage/featured/alicespost/")
    alice.browser().post("/posts/alicespost/delete/")
    PostRepository(bob.appwrite).create("alicespost", bob.user, fields(title="Bobs"), publish=True)
    assert guest.get("/").context["lead"] is None
    assert "Borte" in words(admin_browser.get("/manage/featured/"))
    assert "Fremhevet" not in words(admin_browser.get("/manage/"))
    admin_browser.post("/manage/featured/alicespost/")  # an admin can feature the new post
    assert guest.get("/").context["lead"].title == "Bobs"
    assert featured_order() == ["alicespost"]


def test_restored_post_is_featured_as_before(admin_browser, alice, guest, published):
    admin_browser.post("/manage/featured/alicespost/")
    browser = alice.browser()
    browser.post("/posts/alicespost/delete/")
    browser.post("/posts/alicespost/undo/")
    assert guest.get("/").context["lead"].id == "alicespost"


def test_draft_cannot_be_featured(admin_browser, draft):
    answer = admin_browser.post("/manage/featured/alicedraft/")
    assert answer.status_code == 409
    assert "Bare et publisert innlegg kan fremheves" in words(answer)
    assert featured_order() == []


def test_number_of_featured_posts_is_limited(admin_browser, alice):
    posts = PostRepository(alice.appwrite)
    for number in range(MAX_FEATURED + 1):
        posts.create(f"many{number}", alice.user, fields(), publish=True)
        answer = admin_browser.post(f"/manage/featured/many{number}/", follow=True)
    assert len(featured_order()) == MAX_FEATURED
    assert "Ta bort ett av dem først" in words(answer)


def test_author_cannot_feature_their_own_post(alice, published):
    """Neither the site nor Appwrite's API allows an author to feature their own post."""
    assert alice.browser().post("/manage/featured/alicespost/").status_code == 403
    with pytest.raises(errors.SiteError):
        FeaturedRepository(alice.appwrite).add(published)
    assert featured_order() == []


def featured_order() -> list[str]:
    return list(FeaturedRepository(create_admin_client()).chosen())


# -- orphan rows ------------------------------------------------------------------------------------------------------
@pytest.fixture
def orphan(bob):
    """As Bob, create a row directly in Appwrite with Alice's id as its `authorId`."""
    data = {"title": "Ingens rad", "content": "x", "authorId": "alice", "status": "published"}
    data |= {"createdAt": "2026-01-01T00:00:00Z", "publishedAt": "2026-01-01T00:00:00Z"}
    bob.appwrite.db.create_row("app", "posts", "orphanrow", data, ['read("any")'])


def test_admin_can_find_and_delete_an_orphan_row(admin_browser, guest, orphan, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    assert guest.get("/posts/orphanrow/").status_code == 404
    page = words(admin_browser.get("/manage/"))
    assert "Ingens rad" in page
    assert "Raden har ingen eier" in page
    answer = admin_browser.post("/manage/rows/orphanrow/delete/", {"next": "/manage/?page=1"})
    assert answer["Location"] == "/manage/?page=1"
    assert listed_ids(admin_browser.get("/manage/")) == []
    assert "user=ingrid act=remove_orphan row=orphanrow" in caplog.text


def test_post_cannot_be_deleted_as_an_orphan_row(admin_browser, published, stored):
    assert admin_browser.post("/manage/rows/alicespost/delete/").status_code == 409
    assert stored("alicespost").id == "alicespost"
