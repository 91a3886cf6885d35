"""/posts/<id>/history/: a post's saved versions, one version next to the current text, and restoring a version."""

import pytest
from appwrite.query import Query

from core import errors
from core.appwrite_client import create_admin_client
from posts import new_tables
from posts.models import Post
from posts.repository import PostRepository
from posts.revisions import MAX_REVISIONS, RevisionRepository
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.posts.test_conflict import form_data, open_form, save
from tests.posts.test_new import NEW, typed
from tests.users import words


def kept(post_id: str) -> list[str]:
    """Return the text of each stored version, newest first."""
    queries = [Query.equal("postId", [post_id]), Query.order_desc("savedAt"), Query.limit(100)]
    return [row.data["content"] for row in create_admin_client().db.list_rows("app", "revisions", queries).rows]


def save_texts(browser, post: Post, *texts: str) -> None:
    for text in texts:
        assert save(browser, post, open_form(browser, post), content=text).status_code == 302


def history(browser, post: Post, prefix: str = ""):
    return browser.get(f"{prefix}/posts/{post.id}/history/")


def versions(browser, post: Post) -> list[str]:
    """Return the URLs of the versions on the history page, newest first."""
    entries = history(browser, post).context["entries"]
    return [f"/posts/{post.id}/history/{entry.revision.id}/" for entry in entries]


def test_each_explicit_save_is_kept_with_its_time_and_person(alice, ingrid, draft):
    save_texts(alice.browser(), draft, "Det er te igjen.")
    save_texts(ingrid.browser(), draft, "Det er te og kake igjen.")
    assert kept(draft.id) == ["Det er te og kake igjen.", "Det er te igjen.", draft.content]
    page = words(history(alice.browser(), draft))
    assert "I dag kl." in page
    assert "Gjeldende tekst Ingrid 2 ord lagt til" in page
    assert "Alice 1 ord lagt til 1 ord fjernet" in page
    assert "Today at" in words(history(alice.browser(), draft, "/en"))


def test_first_version_of_a_new_post_is_kept(alice):
    alice.browser().post(NEW, typed(content="Første."))
    assert kept("abcdefgh27") == ["Første."]


def test_autosaves_are_not_stored_until_someone_saves(alice):
    browser = alice.browser()
    browser.post(NEW, typed(content="Halv", act="autosave"))
    assert kept("abcdefgh27") == []
    form = form_data(browser.get("/posts/abcdefgh27/edit/"))
    browser.post("/posts/abcdefgh27/edit/", {**form, "content": "Halvveis", "act": "autosave"})
    assert kept("abcdefgh27") == []
    form = form_data(browser.get("/posts/abcdefgh27/edit/"))
    browser.post("/posts/abcdefgh27/edit/", {**form, "act": "save"})  # the text is already stored
    assert kept("abcdefgh27") == ["Halvveis"]


def test_published_text_is_kept(alice, draft):
    alice.browser().post(f"/posts/{draft.id}/publish/")
    assert kept(draft.id) == [draft.content]


def test_save_without_changes_adds_no_version(alice, ingrid, draft):
    save_texts(alice.browser(), draft, "Te", "Te")
    browser = ingrid.browser()
    save(browser, draft, open_form(browser, draft))
    assert kept(draft.id) == ["Te", draft.content]
    assert "Ingrid" not in words(history(alice.browser(), draft))


def test_version_is_not_opened_if_the_current_text_cannot_be_kept(appwrite, alice, draft):
    """Saving the opened version would replace the current text.

    No version of the current text exists, because it was saved automatically.
    """
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    browser.post(f"/posts/{draft.id}/edit/", {**open_form(browser, draft), "content": "Nyest", "act": "autosave"})
    version = versions(browser, draft)[-1]
    appwrite.faults.add("tablesDB.upsertRow", status=500)
    assert browser.post(f"{version}restore/").status_code == 503


def test_oldest_version_can_be_restored_if_the_history_is_full(alice, draft):
    """Before a restore, the site stores the current text.

    This must not remove the restored version from the history.
    """
    browser = alice.browser()
    save_texts(browser, draft, *(f"Versjon {number}" for number in range(MAX_REVISIONS)))
    browser.post(f"/posts/{draft.id}/edit/", {**open_form(browser, draft), "content": "Nyest", "act": "autosave"})
    answer = browser.post(f"{versions(browser, draft)[-1]}restore/")
    assert form_data(browser.get(answer["Location"]))["content"] == "Versjon 0"
    texts = kept(draft.id)
    assert (len(texts), texts[0], texts[-1]) == (MAX_REVISIONS, "Nyest", "Versjon 0")


def test_version_that_is_saved_again_is_kept_once(alice, draft):
    save_texts(alice.browser(), draft, "En", "To", "En")
    assert kept(draft.id) == ["En", "To", draft.content]


def test_only_the_last_twenty_versions_are_kept(alice, draft):
    repository = RevisionRepository(create_admin_client())
    posts = PostRepository(alice.appwrite)
    post = draft
    for number in range(MAX_REVISIONS + 3):
        post = posts.update(post, fields(content=f"Tekst {number}"))
        repository.keep(post, "alice", "Alice")
    last = MAX_REVISIONS + 2
    assert kept(draft.id) == [f"Tekst {last - number}" for number in range(MAX_REVISIONS)]


def test_version_is_shown_next_to_the_current_text(alice, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Det er <b>te</b> igjen.", "Det er kakao igjen.")
    _, older, _ = versions(browser, draft)
    page = browser.get(older).content.decode()
    assert page.index("Denne versjonen") < page.index("Gjeldende tekst</h2>")
    assert "<ins>&lt;b&gt;te&lt;/b&gt;</ins>" in page
    assert "<ins>kakao</ins>" in page
    assert "Gjenopprett denne versjonen" in page


def test_current_version_cannot_be_restored(alice, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    page = words(browser.get(versions(browser, draft)[0]))
    assert "er like" in page
    assert "Gjenopprett" not in page


def restore(browser, url: str):
    return browser.post(f"{url}restore/", follow=True)


def test_restored_version_replaces_the_text_only_when_it_is_saved(alice, draft, stored):
    browser = alice.browser()
    form = open_form(browser, draft)
    save(browser, draft, form, title="Nytt", content="Te", tags="te", campus="bergen", excerpt="Kort", language="en")
    page = restore(browser, versions(browser, draft)[1])
    assert "Dette er versjonen fra i dag kl." in words(page)
    assert stored(draft.id).data["content"] == "Te"
    form = form_data(page)
    assert (form["title"], form["content"], form["tags"]) == (draft.title, draft.content, "kaffe")
    assert save(browser, draft, form, act="save").status_code == 302
    row = stored(draft.id).data
    assert [row[name] for name in ("title", "content", "tags", "campus", "language")] == [
        *(draft.title, draft.content, ["kaffe"], "oslo", "nb"),
    ]
    assert kept(draft.id) == [draft.content, "Te"]


def test_restoring_a_version_keeps_the_autosaved_text(alice, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    save(browser, draft, open_form(browser, draft), content="Te og mye mer", act="autosave")
    assert "Lagret automatisk" in words(history(browser, draft))
    page = restore(browser, versions(browser, draft)[0])
    assert save(browser, draft, form_data(page), act="save").status_code == 302
    assert "Te og mye mer" in kept(draft.id)


def test_restored_version_conflicts_with_a_newer_save(alice, ingrid, draft, stored):
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    form = form_data(restore(browser, versions(browser, draft)[1]))
    save_texts(ingrid.browser(), draft, "Kakao")
    assert save(browser, draft, form, act="save").status_code == 409
    assert stored(draft.id).data["content"] == "Kakao"


def test_restored_version_keeps_the_current_cover_and_its_description(alice, covered, stored):
    browser = alice.browser()
    post = covered(publish=False)
    save_texts(browser, post, "Te")
    form = open_form(browser, post)
    save(browser, post, form, remove_cover="on")
    form = form_data(restore(browser, versions(browser, post)[1]))
    assert (form["cover_id"], form["cover_alt"]) == ("", "")
    assert save(browser, post, form, act="save").status_code == 302
    assert stored(post.id).data["content"] == "Te"


def test_restored_version_keeps_the_current_focal_point(alice, covered, stored):
    browser = alice.browser()
    post = covered(publish=False)
    save_texts(browser, post, "Te")
    save(browser, post, open_form(browser, post), content="Kakao", cover_x="10", cover_y="90")
    form = form_data(restore(browser, versions(browser, post)[1]))
    assert save(browser, post, form, act="save").status_code == 302
    data = stored(post.id).data
    assert (data["content"], data["coverX"], data["coverY"]) == ("Te", 10, 90)


# Who can see the versions.
def test_versions_are_hidden_from_other_members(alice, bob, guest, published):
    browser = alice.browser()
    save_texts(browser, published, "Hemmelig")
    save_texts(browser, published, "Te")
    url = versions(browser, published)[1]
    for path in (f"/posts/{published.id}/history/", url, f"/posts/{published.id}/edit/?version={url.split('/')[4]}"):
        assert bob.browser().get(path).status_code == 403
        assert guest.get(path)["Location"].startswith("/auth/login/")
    assert bob.browser().post(f"{url}restore/").status_code == 403
    for person in (alice, bob):
        with pytest.raises(errors.NotAllowedError):
            person.appwrite.db.list_rows("app", "revisions")


def test_version_of_another_post_is_not_found(alice, bob, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Hemmelig")
    revision = versions(browser, draft)[0].split("/")[4]
    mine = PostRepository(bob.appwrite).create("bobspost11", bob.user, fields())
    for path in (f"history/{revision}/", f"edit/?version={revision}"):
        assert bob.browser().get(f"/posts/{mine.id}/{path}").status_code == 404
    assert bob.browser().post(f"/posts/{mine.id}/history/{revision}/restore/").status_code == 404


def test_versions_are_not_shown_for_another_users_post_with_the_same_id(alice, bob, draft):
    """The author deletes the row over REST, so its versions remain. Another member then reuses the id."""
    browser = alice.browser()
    save_texts(browser, draft, "Hemmelig")
    revision = versions(browser, draft)[0].split("/")[4]
    alice.appwrite.db.delete_row("app", "posts", draft.id)
    PostRepository(bob.appwrite).create(draft.id, bob.user, fields())
    assert history(bob.browser(), draft).context["entries"] == []
    assert bob.browser().get(f"/posts/{draft.id}/history/{revision}/").status_code == 404


# Deletion.
def test_deleting_a_post_deletes_its_versions(alice, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    assert "Lagrede versjoner slettes for godt" in words(browser.get(f"/posts/{draft.id}/delete/"))
    browser.post(f"/posts/{draft.id}/delete/")
    assert kept(draft.id) == []
    browser.post(f"/posts/{draft.id}/undo/")
    assert history(browser, draft).status_code == 200


def test_deleting_a_person_removes_their_name_and_the_versions_of_their_posts(alice, ingrid, draft, bob):
    repository = RevisionRepository(create_admin_client())
    save_texts(alice.browser(), draft, "Te")
    bobs = PostRepository(bob.appwrite).create("bobspost11", bob.user, fields())
    save_texts(ingrid.browser(), bobs, "Kakao")
    repository.forget_person("ingrid")
    repository.forget_person("alice")
    assert kept(draft.id) == []
    assert kept(bobs.id) == ["Kakao", bobs.content]
    rows = create_admin_client().db.list_rows("app", "revisions").rows
    assert {row.data["savedBy"] for row in rows} == {None}
    assert {row.data["savedByName"] for row in rows} == {None}


# Failures.
@pytest.mark.parametrize("operation", ["tablesDB.listRows", "tablesDB.upsertRow"])
def test_post_is_saved_even_if_its_version_cannot_be_stored(operation, alice, draft, appwrite, stored, caplog):
    browser = alice.browser()
    form = open_form(browser, draft)
    appwrite.faults.add(operation, status=500)
    answer = save(browser, draft, form, content="Te")
    assert answer.status_code == 302
    assert stored(draft.id).data["content"] == "Te"
    assert "A task after a response failed" in caplog.text


def test_history_makes_two_calls_after_the_response(alice, draft):
    browser = alice.browser()
    save_texts(browser, draft, "Te")
    form = open_form(browser, draft)
    with count_calls() as sent_calls:
        save(browser, draft, form, content="Kakao")
    after = [call for call in sent_calls if "/tables/revisions/" in call]
    assert len(after) == 2
    assert sent_calls[-2:] == after


def test_site_works_without_the_table(alice, draft, stored, caplog):
    create_admin_client().db.delete_table("app", "revisions")
    new_tables._warn.cache_clear()
    browser = alice.browser()
    save_texts(browser, draft, "Te", "Kakao")
    assert stored(draft.id).data["content"] == "Kakao"
    assert "Historikken er av" in words(history(browser, draft))
    assert browser.post(f"/posts/{draft.id}/delete/").status_code == 302
    assert caplog.text.count("Table revisions does not exist") == 1
