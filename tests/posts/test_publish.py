"""/posts/ID/publish/ and /posts/ID/unpublish/: publishing and unpublishing a post."""

import logging

import pytest

from posts.repository import PostRepository
from tests.conftest import fields
from tests.posts.test_new import typed
from tests.users import words


def test_author_publishes_a_draft(alice, draft, guest, stored):
    answer = alice.browser().post(f"/posts/{draft.id}/publish/", follow=True)
    assert answer.redirect_chain == [(f"/posts/{draft.id}/", 302)]
    assert "Publisert. Nå kan alle lese det." in words(answer)
    assert guest.get(f"/posts/{draft.id}/").status_code == 200
    assert 'read("any")' in stored(draft.id).permissions


def test_unpublished_post_is_hidden_from_others(alice, bob, published, guest, stored):
    alice.browser().post(f"/posts/{published.id}/unpublish/")
    assert 'read("any")' not in stored(published.id).permissions
    for browser in (guest, bob.browser()):
        assert browser.get(f"/posts/{published.id}/").status_code == 404
        assert browser.get("/posts/").context["page"].total == 0
    assert alice.browser().get(f"/posts/{published.id}/").status_code == 200


def test_republished_post_keeps_its_first_publication_date(alice, published, stored):
    before = stored(published.id).data["publishedAt"]
    browser = alice.browser()
    browser.post(f"/posts/{published.id}/unpublish/")
    browser.post(f"/posts/{published.id}/publish/")
    assert stored(published.id).data["publishedAt"] == before


@pytest.mark.parametrize("act", ["publish", "unpublish"])
def test_publishing_by_an_admin_is_audited_and_keeps_the_author(act, ingrid, alice, draft, published, stored, caplog):
    post = {"publish": draft, "unpublish": published}[act]
    with caplog.at_level(logging.INFO, logger="audit"):
        ingrid.browser().post(f"/posts/{post.id}/{act}/")
    row = stored(post.id)
    assert ('read("any")' in row.permissions) is (act == "publish")
    assert f'update("user:{alice.id}")' in row.permissions
    assert f"user={ingrid.id} act={act} post={post.id} author={alice.id}" in caplog.text
    alice.browser().post(f"/posts/{post.id}/edit/", {})
    assert alice.browser().get(f"/posts/{post.id}/").status_code == 200


def test_action_by_the_author_is_not_audited(alice, draft, caplog):
    with caplog.at_level(logging.INFO, logger="audit"):
        alice.browser().post(f"/posts/{draft.id}/publish/")
    assert "act=" not in caplog.text


def test_message_says_who_can_see_the_draft(alice, ingrid, published):
    told = words(ingrid.browser().post(f"/posts/{published.id}/unpublish/", follow=True))
    assert "Bare forfatteren og administratorer ser det." in told
    alice.browser().post(f"/posts/{published.id}/publish/")
    assert "Bare du og administratorene ser det." in words(
        alice.browser().post(f"/posts/{published.id}/unpublish/", follow=True)
    )


def test_editor_unpublishes_a_post_and_saves_its_changes(alice, published, guest, stored):
    browser = alice.browser()
    assert 'value="unpublish"' in browser.get(f"/posts/{published.id}/edit/").content.decode()
    form = typed(published.id, title="Rettet tittel", state="published", act="unpublish")
    answer = browser.post(f"/posts/{published.id}/edit/", form, follow=True)
    assert answer.redirect_chain == [(f"/posts/{published.id}/edit/", 302)]
    assert "Innlegget er et utkast igjen." in words(answer)
    row = stored(published.id)
    assert (row.data["title"], row.data["status"]) == ("Rettet tittel", "draft")
    assert 'read("any")' not in row.permissions
    assert guest.get("/posts/").context["page"].total == 0


def test_invalid_changes_are_shown_again_instead_of_unpublishing(alice, published, guest):
    form = typed(published.id, title="", content="Beholdes", state="published", act="unpublish")
    page = alice.browser().post(f"/posts/{published.id}/edit/", form)
    assert "Beholdes" in page.content.decode()
    assert guest.get(f"/posts/{published.id}/").status_code == 200


def test_unpublishing_from_an_outdated_form_shows_both_versions(alice, published, guest):
    posts = PostRepository(alice.appwrite)
    posts.update(posts.get(published.id), fields(title="Nyere"))
    form = typed(published.id, title="Min", state="published", act="unpublish")
    page = alice.browser().post(f"/posts/{published.id}/edit/", {**form, "version": published.version.isoformat()})
    assert page.status_code == 409
    assert guest.get(f"/posts/{published.id}/").status_code == 200


def test_admin_unpublishes_another_persons_post_in_the_editor(ingrid, published, stored, caplog):
    with caplog.at_level(logging.INFO, logger="audit"):
        ingrid.browser().post(f"/posts/{published.id}/edit/", typed(published.id, state="published", act="unpublish"))
    row = stored(published.id)
    assert row.data["status"] == "draft"
    assert f'update("user:{published.author_id}")' in row.permissions
    assert f"user={ingrid.id} act=unpublish post={published.id}" in caplog.text


def test_page_that_confirms_a_deletion_offers_to_unpublish_instead(alice, published, draft, stored):
    browser = alice.browser()
    assert (
        f'formaction="/posts/{published.id}/unpublish/"'
        in browser.get(f"/posts/{published.id}/delete/").content.decode()
    )
    assert "formaction" not in browser.get(f"/posts/{draft.id}/delete/").content.decode()
