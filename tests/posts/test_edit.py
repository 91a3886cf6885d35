"""/posts/ID/edit/: editing a post."""

import pytest

from tests.posts.test_new import typed
from tests.users import words


def test_edited_draft_stays_a_draft(alice, draft, guest, stored):
    answer = alice.browser().post(f"/posts/{draft.id}/edit/", typed(draft.id, title="Ny tittel", state="draft"))
    assert answer["Location"] == f"/posts/{draft.id}/edit/"
    assert stored(draft.id).data["title"] == "Ny tittel"
    assert guest.get(f"/posts/{draft.id}/").status_code == 404


def test_edited_published_post_stays_published_and_keeps_its_date(alice, published, guest, stored):
    before = stored(published.id).data
    answer = alice.browser().post(f"/posts/{published.id}/edit/", typed(published.id, title="Ny tittel"))
    assert answer["Location"] == f"/posts/{published.id}/"
    after = stored(published.id)
    assert 'read("any")' in after.permissions
    assert (after.data["publishedAt"], after.data["createdAt"]) == (before["publishedAt"], before["createdAt"])
    assert after.data["updatedAt"] > before["updatedAt"]
    assert "Ny tittel" in guest.get(f"/posts/{published.id}/").content.decode()


def test_publish_button_also_saves_the_changes(alice, draft, guest):
    alice.browser().post(f"/posts/{draft.id}/edit/", typed(draft.id, title="Ny tittel", act="publish"))
    assert "Ny tittel" in guest.get(f"/posts/{draft.id}/").content.decode()


def test_form_shows_the_stored_post(alice, draft):
    form = alice.browser().get(f"/posts/{draft.id}/edit/").context["form"]
    assert (form["title"].value(), form["tags"].value()) == (draft.title, "kaffe")
    assert form["excerpt"].value() == ""  # the stored excerpt was generated from the text, so the field is empty


def test_admin_can_edit_another_authors_post(ingrid, draft, alice, stored, caplog):
    caplog.set_level("INFO", logger="audit")
    ingrid.browser().post(f"/posts/{draft.id}/edit/", typed(draft.id, title="Rettet"))
    row = stored(draft.id)
    assert row.data["title"] == "Rettet"
    assert (row.data["authorId"], row.data["authorName"]) == (alice.id, "Alice")
    assert f'update("user:{alice.id}")' in row.permissions
    assert f"user={ingrid.id} act=edit post={draft.id} author={alice.id}" in caplog.text


def test_member_sees_who_may_edit_the_post(bob, published):
    answer = bob.browser().get(f"/posts/{published.id}/edit/")
    assert answer.status_code == 403
    assert "Bare den som skrev innlegget, kan endre det." in words(answer)


@pytest.mark.parametrize("words", ["", "x" * 201])
def test_invalid_title_changes_nothing(words, alice, published, stored):
    before = stored(published.id).data
    answer = alice.browser().post(f"/posts/{published.id}/edit/", typed(published.id, title=words))
    assert answer.context["form"].errors["title"]
    assert stored(published.id).data == before


def test_form_shown_again_still_belongs_to_its_post(alice, draft, published):
    """The id in the URL, not the one in the form, decides which post is saved."""
    words = {"title": "", "content": "x", "language": "nb", "post_id": published.id}
    answer = alice.browser().post(f"/posts/{draft.id}/edit/", words)
    assert answer.context["action"] == f"/posts/{draft.id}/edit/"


def test_text_of_a_deleted_post_is_offered_as_a_new_post(alice, draft, stored):
    browser = alice.browser()
    browser.post(f"/posts/{draft.id}/delete/")
    answer = browser.post(f"/posts/{draft.id}/edit/", typed(draft.id, state="draft"))
    assert answer.status_code == 404
    assert answer.context["action"] == "/posts/new/"
    again = browser.post(answer.context["action"], answer.context["form"].data)
    new_id = again["Location"].split("/")[2]
    assert new_id != draft.id
    assert stored(new_id).data["content"] == "Det er **kaffe** igjen."


def test_text_is_kept_when_the_session_has_ended(alice, draft):
    browser = alice.browser()
    browser.get("/posts/mine/")
    alice.end_session()
    answer = browser.post(f"/posts/{draft.id}/edit/", typed(draft.id, state="draft", content="Lang tekst"))
    assert answer.status_code == 403
    assert "Lang tekst" in words(answer)
    assert answer.context["action"] == f"/posts/{draft.id}/edit/"
