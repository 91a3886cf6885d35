"""/posts/ID/delete/: the confirmation page and the deletion."""

import pytest

from core import errors
from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import words


def test_confirmation_page_names_the_post_and_deletes_nothing(alice, draft, stored):
    answer = alice.browser().get(f"/posts/{draft.id}/delete/")
    assert "Alices kladd" in words(answer)
    assert stored(draft.id)


def test_alice_deletes_her_post(alice, published, guest, stored):
    answer = alice.browser().post(f"/posts/{published.id}/delete/", follow=True)
    assert answer.redirect_chain == [("/posts/mine/", 302)]
    assert "Innlegget er slettet. Du kan angre i ti minutter." in words(answer)
    with pytest.raises(errors.NotFoundError):
        stored(published.id)
    assert guest.get(f"/posts/{published.id}/").status_code == 404


def test_admins_deletion_of_another_authors_post_is_written_to_the_audit_log(ingrid, published, caplog, alice):
    with caplog.at_level("INFO", logger="audit"):
        ingrid.browser().post(f"/posts/{published.id}/delete/")
    assert f"user={ingrid.id} act=delete post={published.id} author={alice.id}" in caplog.text


def test_post_that_changed_after_it_was_read_is_not_deleted(alice, draft, stored, monkeypatch):
    """If a post changes between the site's read and its deletion, undo would restore the old text."""
    delete = PostRepository.delete

    def slowly(repository, post, **options):
        repository.update(post, fields(content="Nytt."))
        delete(repository, post, **options)

    monkeypatch.setattr(PostRepository, "delete", slowly)
    browser = alice.browser()
    assert browser.post(f"/posts/{draft.id}/delete/").status_code == 409
    assert stored(draft.id).data["content"] == "Nytt."
    assert browser.get("/posts/mine/").context["deleted"] == []


def test_deleting_twice_redirects_to_the_undo_message(alice, bob, draft):
    """The response to the first attempt may have been lost."""
    browser = alice.browser()
    for _ in range(2):
        answer = browser.post(f"/posts/{draft.id}/delete/", follow=True)
        assert answer.status_code == 200
        assert f"/posts/{draft.id}/undo/" in answer.content.decode()
    assert browser.get(f"/posts/{draft.id}/delete/").status_code == 404
    assert bob.browser().post(f"/posts/{draft.id}/delete/").status_code == 404
