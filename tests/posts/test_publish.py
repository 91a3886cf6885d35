"""/posts/ID/publish/ and /posts/ID/unpublish/: publishing and unpublishing a post."""

import html
import logging
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from posts.repository import PostRepository
from tests.conftest import fields, picture
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
def test_publishing_by_an_admin_is_logged_and_keeps_the_author(act, ingrid, alice, draft, published, stored, caplog):
    post = {"publish": draft, "unpublish": published}[act]
    with caplog.at_level(logging.INFO, logger="audit"):
        ingrid.browser().post(f"/posts/{post.id}/{act}/", {"confirmed": "alice"})
    row = stored(post.id)
    assert ('read("any")' in row.permissions) is (act == "publish")
    assert f'update("user:{alice.id}")' in row.permissions
    assert f"user={ingrid.id} act={act} post={post.id} author={alice.id}" in caplog.text
    alice.browser().post(f"/posts/{post.id}/edit/", {})
    assert alice.browser().get(f"/posts/{post.id}/").status_code == 200


def test_admin_must_confirm_publishing_another_persons_draft(ingrid, draft, stored, appwrite, caplog):
    browser = ingrid.browser()
    with caplog.at_level(logging.INFO, logger="audit"):
        answer = browser.post(f"/posts/{draft.id}/publish/", {"next": "/manage/?status=draft"})
        wrong = browser.post(f"/posts/{draft.id}/publish/", {"confirmed": "bob"})
    assert (answer.status_code, wrong.status_code) == (200, 200)
    page = words(answer)
    for shown in (draft.title, draft.summary, "Alice har skrevet dette utkastet."):
        assert shown in page
    assert stored(draft.id).data["status"] == "draft"
    assert (caplog.text, appwrite.inbox.mails()) == ("", [])
    confirmed = browser.post(f"/posts/{draft.id}/publish/", submitted(answer))
    assert confirmed["Location"] == "/manage/?status=draft"
    assert stored(draft.id).data["status"] == "published"


def test_admin_must_confirm_publishing_in_the_editor_and_no_text_is_lost(ingrid, draft, stored):
    browser = ingrid.browser()
    form = {**browser.get(f"/posts/{draft.id}/edit/").context["form"].initial, "tags": "kaffe"}
    form |= {"cover": picture_file(), "cover_alt": "En rød flate"}
    typed_words = {"title": "Rettet & <b>", "content": "Linje\n\n  innrykk", "excerpt": 'Et "sitat"', "act": "publish"}
    answer = browser.post(f"/posts/{draft.id}/edit/", {**form, **typed_words})
    assert answer.status_code == 200
    assert stored(draft.id).data["title"] == draft.title
    assert "Rettet & <b>" in words(answer)
    kept = submitted(answer)
    preview = browser.post("/posts/preview/", kept).context["form"]
    assert preview["content"].value() == typed_words["content"]
    confirmed = browser.post(f"/posts/{draft.id}/edit/", {**kept, "act": "publish"})
    assert confirmed["Location"] == f"/posts/{draft.id}/"
    row = stored(draft.id).data
    assert {name: row[name] for name in ("title", "content", "excerpt")} == {
        name: value for name, value in typed_words.items() if name != "act"
    }
    assert (row["status"], row["authorId"], bool(row["coverId"])) == ("published", "alice", True)


def test_script_that_publishes_another_persons_draft_is_sent_to_the_confirmation_page(ingrid, draft, stored):
    form = typed(draft.id, act="publish", state="draft")
    answer = ingrid.browser().post(f"/posts/{draft.id}/edit/", form, headers={"X-Requested-With": "fetch"})
    assert answer.status_code == 409  # the script then submits the form itself
    assert stored(draft.id).data["status"] == "draft"


def submitted(page) -> dict[str, str]:
    """Return the hidden fields of the page's main form."""
    form = re.search(r'<form class="line" method="post".*?</form>', page.content.decode(), re.DOTALL)
    assert form is not None
    fields = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', form[0])
    return {name: html.unescape(value) for name, value in fields}


def picture_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("cover.webp", picture())


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
    page = alice.browser().post(f"/posts/{published.id}/edit/", {**form, "version": published.stamp})
    assert page.status_code == 409
    assert guest.get(f"/posts/{published.id}/").status_code == 200


def test_admin_unpublishes_another_persons_post_in_the_editor(ingrid, published, stored, caplog):
    with caplog.at_level(logging.INFO, logger="audit"):
        ingrid.browser().post(f"/posts/{published.id}/edit/", typed(published.id, state="published", act="unpublish"))
    row = stored(published.id)
    assert row.data["status"] == "draft"
    assert f'update("user:{published.author_id}")' in row.permissions
    assert f"user={ingrid.id} act=unpublish post={published.id}" in caplog.text


def test_pressing_publish_twice_publishes_and_e_mails_the_author_once(draft, ingrid, stored, appwrite):
    form = {"confirmed": "alice", "version": draft.stamp}
    browser = ingrid.browser()
    browser.post(f"/posts/{draft.id}/publish/", form)
    before = stored(draft.id).updatedat
    page = browser.post(f"/posts/{draft.id}/publish/", form, follow=True)
    assert "Publisert. Nå kan alle lese det." in words(page)
    assert "Les det på nytt først" not in words(page)
    assert (stored(draft.id).updatedat, len(appwrite.inbox.mails())) == (before, 1)


def test_deletion_page_offers_to_unpublish_instead(alice, published, draft, stored):
    browser = alice.browser()
    assert (
        f'formaction="/posts/{published.id}/unpublish/"'
        in browser.get(f"/posts/{published.id}/delete/").content.decode()
    )
    assert "formaction" not in browser.get(f"/posts/{draft.id}/delete/").content.decode()
