"""/posts/ID/undo/: the user who deleted a post can restore it for ten minutes."""

import logging

import pytest
from django.core.cache import cache

from accounts import session
from core import errors
from core.appwrite_client import create_admin_client
from posts.covers import images
from posts.editing import undo_store
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields
from tests.users import words


@pytest.fixture
def post(covered):
    return covered(publish=True)


def files() -> list[str]:
    return [file.id for file in create_admin_client().storage.list_files("covers").files]


def deleted(person, post):
    browser = person.browser()
    browser.post(f"/posts/{post.id}/delete/")
    return browser


def test_undo_restores_the_post_with_its_permissions_and_cover(alice, guest, post, stored):
    before = stored(post.id)
    browser = deleted(alice, post)
    assert guest.get(f"/posts/{post.id}/").status_code == 404
    assert f'action="/posts/{post.id}/undo/"' in browser.get("/posts/mine/").content.decode()
    answer = browser.post(f"/posts/{post.id}/undo/", follow=True)
    assert answer.redirect_chain == [(f"/posts/{post.id}/", 302)]
    assert "Innlegget er tilbake." in words(answer)
    after = stored(post.id)
    assert set(after.permissions) == set(before.permissions)
    assert {**after.data, "coverId": ""} == {**before.data, "coverId": ""}
    (cover,) = files()
    assert after.data["coverId"] == cover != post.cover_id
    assert guest.get(f"/posts/cover/{cover}/480/").status_code == 200


def test_restored_draft_is_visible_only_to_its_author(alice, guest, draft):
    browser = deleted(alice, draft)
    browser.post(f"/posts/{draft.id}/undo/")
    assert browser.get(f"/posts/{draft.id}/").status_code == 200
    assert guest.get(f"/posts/{draft.id}/").status_code == 404


def test_undo_message_is_shown_until_it_expires(alice, draft, published):
    browser = deleted(alice, draft)
    browser.post(f"/posts/{published.id}/delete/")
    assert [post.id for post in browser.get("/posts/mine/").context["deleted"]] == [published.id, draft.id]
    browser.post(f"/posts/{draft.id}/undo/")
    assert [post.id for post in browser.get("/posts/mine/").context["deleted"]] == [published.id]
    cache.clear()
    assert browser.get("/posts/mine/").context["deleted"] == []


def test_undo_works_for_ten_minutes(alice, post, monkeypatch):
    monkeypatch.setattr(undo_store, "TTL", 0)  # so that the deleted post expires immediately
    browser = deleted(alice, post)
    answer = browser.post(f"/posts/{post.id}/undo/", follow=True)
    assert answer.redirect_chain == [("/posts/mine/", 302)]
    assert "Innlegget kan ikke hentes tilbake lenger. Vi tar vare på det i ti minutter." in words(answer)
    assert files() == []


def test_undo_after_the_cache_was_cleared_shows_a_message(alice, draft):
    browser = deleted(alice, draft)
    cache.clear()
    assert "kan ikke hentes tilbake lenger" in words(browser.post(f"/posts/{draft.id}/undo/", follow=True))


def test_other_users_cannot_undo_the_deletion(alice, bob, ingrid, draft, stored):
    deleted(alice, draft)
    for person in (bob, ingrid):
        answer = person.browser().post(f"/posts/{draft.id}/undo/", follow=True)
        assert "kan ikke hentes tilbake lenger" in words(answer)
    with pytest.raises(errors.NotFoundError):
        stored(draft.id)


def test_post_restored_by_an_admin_keeps_its_author(ingrid, alice, post, stored, caplog):
    browser = deleted(ingrid, post)
    with caplog.at_level(logging.INFO, logger="audit"):
        browser.post(f"/posts/{post.id}/undo/")
    row = stored(post.id)
    assert row.data["authorId"] == alice.id
    assert f'update("user:{alice.id}")' in row.permissions
    assert f"user={ingrid.id} act=undo post={post.id} author={alice.id}" in caplog.text
    assert alice.appwrite.storage.update_file("covers", row.data["coverId"]).id == row.data["coverId"]


def test_former_admin_cannot_undo_a_deletion(published, stored):
    eve = users.create("Eve", "admin")
    deleted(eve, published)
    create_admin_client().users.update_labels(eve.id, [])
    session.forget_user(eve.secret)  # as if a minute had passed
    assert eve.browser().post(f"/posts/{published.id}/undo/").status_code == 403
    with pytest.raises(errors.NotFoundError):
        stored(published.id)


def test_pressing_undo_twice_restores_the_post_once(alice, post):
    browser = deleted(alice, post)
    found = undo_store.find(alice.user, post.id)
    browser.post(f"/posts/{post.id}/undo/")
    undo_store.put(alice.user, *found)  # as if the button were pressed again before the first undo finished
    answer = browser.post(f"/posts/{post.id}/undo/", follow=True)
    assert "Innlegget er tilbake." in words(answer)
    assert [post.id for post in browser.get("/posts/mine/").context["page"].items] == [post.id]
    assert len(files()) == 1


@pytest.mark.parametrize("published", [True, False])
def test_undo_creates_a_new_draft_if_the_id_is_taken(published, alice, bob, post, stored):
    browser = deleted(alice, post)
    PostRepository(bob.appwrite).create(post.id, bob.user, fields(title="Bobs"), publish=published)
    answer = browser.post(f"/posts/{post.id}/undo/", follow=True)
    assert "Et annet innlegg har nå denne adressen. Teksten din er fortsatt her, som et nytt utkast." in words(answer)
    (path, _status), *_ = answer.redirect_chain
    row = stored(path.split("/")[2])
    assert (row.data["title"], row.data["status"], row.data["publishedAt"]) == ("Alices bilde", "draft", None)
    assert 'read("any")' not in row.permissions
    assert files() == [row.data["coverId"]]
    assert stored(post.id).data["title"] == "Bobs"


def test_outage_leaves_the_deleted_post_in_the_undo_store(alice, post, appwrite):
    browser = deleted(alice, post)
    appwrite.faults.add("tablesDB.createRow", status=503)
    assert browser.post(f"/posts/{post.id}/undo/").status_code == 503
    appwrite.faults.clear()
    assert browser.post(f"/posts/{post.id}/undo/", follow=True).status_code == 200
    assert browser.get(f"/posts/{post.id}/").status_code == 200


def test_deletion_with_a_lost_response_can_be_undone(alice, post, appwrite, guest):
    browser = alice.browser()
    appwrite.faults.add("tablesDB.deleteRow", drop=True, after=True, first=1)
    assert browser.post(f"/posts/{post.id}/delete/").status_code == 302
    assert [post.id for post in browser.get("/posts/mine/").context["deleted"]] == [post.id]
    browser.post(f"/posts/{post.id}/undo/")
    assert guest.get(f"/posts/{post.id}/").status_code == 200


def test_post_that_could_not_be_deleted_is_not_shown_as_deleted(alice, post, appwrite):
    browser = alice.browser()
    appwrite.faults.add("tablesDB.deleteRow", status=503, first=1)
    assert browser.post(f"/posts/{post.id}/delete/").status_code == 503
    answer = browser.get("/posts/mine/")
    assert ([item.id for item in answer.context["page"].items], answer.context["deleted"]) == ([post.id], [])


def test_cover_lost_from_the_cache_shows_an_error_at_its_field(alice, post):
    browser = deleted(alice, post)
    cache.delete(undo_store._picture_key(alice.user, post.id))
    answer = browser.post(f"/posts/{post.id}/undo/", follow=True)
    assert "Innlegget er tilbake. Forsidebildet er borte: velg det på nytt." in words(answer)


def test_post_is_not_deleted_if_its_cover_cannot_be_fetched(alice, post, appwrite, stored):
    """If the post were deleted, undo could restore it only without its cover."""
    appwrite.faults.add("storage.getFileDownload", status=503)
    assert alice.browser().post(f"/posts/{post.id}/delete/").status_code == 503
    assert stored(post.id)


def test_undo_restores_the_uploaded_cover(alice, post):
    deleted(alice, post)
    _post, picture = undo_store.find(alice.user, post.id)
    assert images.is_webp(picture)
