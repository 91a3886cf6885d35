"""/manage/bulk/: an admin publishes, unpublishes or deletes several posts at once."""

import html
import logging
import re

import html5lib
import pytest
from django.core.cache import cache

from core.appwrite_client import create_admin_client
from posts.repository import PostRepository
from tests.conftest import fields
from tests.users import Browser, words

BULK = "/manage/bulk/"


@pytest.fixture
def admin_browser(ingrid) -> Browser:
    """Return an admin's browser."""
    return ingrid.browser()


@pytest.fixture
def posts(alice, bob) -> None:
    """Create two drafts and a published post by Alice, and a published post by Bob."""
    hers = PostRepository(alice.appwrite)
    for post_id, title in (("draftone", "Første kladd"), ("drafttwo", "Andre kladd")):
        hers.create(post_id, alice.user, fields(title=title))
    hers.create("hers", alice.user, fields(title="Alices innlegg"), publish=True)
    PostRepository(bob.appwrite).create("his", bob.user, fields(title="Bobs innlegg"), publish=True)


def checkboxes(browser: Browser) -> dict[str, str]:
    """Return a dictionary of post id -> value of the post's checkbox in the list."""
    page = browser.get("/manage/").content.decode()
    return {value.split()[0]: value for value in re.findall(r'name="posts" value="([^"]+)"', page)}


def hidden(answer) -> dict[str, list[str]]:
    """Return the hidden fields of the form that confirms the action."""
    form = re.search(rf'<form class="line" method="post" action="{BULK}".*?</form>', answer.content.decode(), re.DOTALL)
    assert form is not None, words(answer)
    values: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0]):
        values.setdefault(name, []).append(html.unescape(value))
    return values


def statuses() -> dict[str, str]:
    return {row.id: row.data["status"] for row in create_admin_client().db.list_rows("app", "posts").rows}


def test_admin_publishes_the_selected_drafts_after_confirmation(admin_browser, posts, appwrite, guest, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    boxes = checkboxes(admin_browser)
    chosen = [boxes["draftone"], boxes["drafttwo"], boxes["his"]]
    back = "/manage/?status=draft"
    asked = admin_browser.post(BULK, {"act": "publish", "posts": chosen, "next": back})
    page = words(asked)
    for said in ("Publisere 2 innlegg?", "Første kladd Av Alice", "Andre kladd Av Alice"):
        assert said in page
    assert "Bobs innlegg er allerede publisert" in page
    assert (statuses()["draftone"], caplog.text) == ("draft", "")
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "publish"}, follow=True)
    assert answer.redirect_chain == [(back, 302)]
    assert "2 innlegg er publisert." in words(answer)
    assert {*statuses().values()} == {"published"}
    assert guest.get("/posts/drafttwo/").status_code == 200
    for post_id in ("draftone", "drafttwo"):
        assert f"user=ingrid act=publish post={post_id} author=alice" in caplog.text
        row = create_admin_client().db.get_row("app", "posts", post_id)
        assert {'read("any")', 'update("user:alice")'} <= {*row.permissions}
    [mail] = appwrite.inbox.mails()
    assert mail["to"] == "alice@example.com"


def test_admin_unpublishes_the_selected_posts(admin_browser, posts, guest):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "unpublish", "posts": [boxes["hers"], boxes["his"]]})
    assert "2 innlegg er utkast igjen." in words(
        admin_browser.post(BULK, {**hidden(asked), "act": "unpublish"}, follow=True)
    )
    assert {*statuses().values()} == {"draft"}
    assert guest.get("/posts/his/").status_code == 404


def test_deleted_posts_can_be_restored_one_by_one(admin_browser, posts, guest, caplog):
    caplog.set_level(logging.INFO, logger="audit")
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "delete", "posts": [boxes["hers"], boxes["draftone"]]})
    assert "De lagrede versjonene slettes for godt." in words(asked)
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "delete"}, follow=True)
    assert answer.redirect_chain == [("/posts/mine/", 302)]
    assert {*statuses()} == {"drafttwo", "his"}
    assert "act=delete post=hers author=alice" in caplog.text
    for post_id in ("hers", "draftone"):
        admin_browser.post(f"/posts/{post_id}/undo/")
    assert statuses() == {"draftone": "draft", "drafttwo": "draft", "hers": "published", "his": "published"}
    assert "Alices innlegg" in words(guest.get("/posts/hers/"))


@pytest.mark.parametrize(
    ("act", "language", "subject", "sentence"),
    [
        ("publish", "nb", "2 av innleggene dine er publisert", "har publisert disse innleggene dine."),
        ("unpublish", "nb", "2 av innleggene dine er gjort om til utkast", "har gjort disse innleggene dine om"),
        ("delete", "en", "2 of your posts have been deleted", "has deleted these posts of yours."),
    ],
)
def test_each_author_gets_one_e_mail_about_all_their_posts(
    act, language, subject, sentence, admin_browser, alice, bob, posts, appwrite
):
    alice.browser().post("/auth/account/language/", {"language": language})
    his = PostRepository(bob.appwrite)
    if act == "publish":
        his.unpublish(his.get("his"))
    elif act == "unpublish":
        hers = PostRepository(alice.appwrite)
        hers.publish(hers.get("draftone"))
        hers.publish(hers.get("drafttwo"))
    boxes = checkboxes(admin_browser)
    chosen = [boxes[post_id] for post_id in ("draftone", "his", "drafttwo")]
    asked = admin_browser.post(BULK, {"act": act, "posts": chosen})
    admin_browser.post(BULK, {**hidden(asked), "act": act})
    assert len(appwrite.inbox.mails()) == 2
    [to_bob] = appwrite.inbox.mails("bob@example.com")
    assert "Bobs innlegg" in to_bob["subject"]
    [to_alice] = appwrite.inbox.mails("alice@example.com")
    assert to_alice["subject"] == subject
    assert sentence in to_alice["text"]
    for title, post_id in (("Første kladd", "draftone"), ("Andre kladd", "drafttwo")):
        assert title in to_alice["text"]
        assert (f"/posts/{post_id}/" in to_alice["text"]) == (act != "delete")
    assert "Bobs innlegg" not in to_alice["text"]
    html5lib.HTMLParser(strict=True).parse(to_alice["html"])


def test_e_mail_lists_only_the_posts_that_were_changed(admin_browser, posts, appwrite):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "publish", "posts": [boxes["draftone"], boxes["drafttwo"]]})
    appwrite.faults.add("tablesDB.updateRow", status=400, type="row_invalid_structure", first=1)
    admin_browser.post(BULK, {**hidden(asked), "act": "publish"})
    [mail] = appwrite.inbox.mails("alice@example.com")
    (published,) = [post_id for post_id in ("draftone", "drafttwo") if statuses()[post_id] == "published"]
    assert f"/posts/{published}/" in mail["text"]
    assert mail["text"].count("/posts/draft") == 1


def test_admin_gets_no_e_mail_about_their_own_posts(admin_browser, ingrid, posts, appwrite):
    PostRepository(ingrid.appwrite).create("ingrids", ingrid.user, fields(title="Ingrids kladd"))
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "publish", "posts": [boxes["ingrids"], boxes["draftone"]]})
    admin_browser.post(BULK, {**hidden(asked), "act": "publish"})
    assert [mail["to"] for mail in appwrite.inbox.mails()] == ["alice@example.com"]


def test_post_that_has_changed_since_the_list_was_shown_is_skipped_and_named(admin_browser, posts, alice):
    boxes = checkboxes(admin_browser)
    hers = PostRepository(alice.appwrite)
    hers.update(hers.get("draftone"), fields(title="Ikke ferdig"))
    hers.delete(hers.get("hers"))
    chosen = [boxes["draftone"], boxes["drafttwo"], boxes["hers"]]
    asked = admin_browser.post(BULK, {"act": "publish", "posts": chosen})
    assert "Ikke ferdig er endret etter at du åpnet listen" in words(asked)
    assert "1 valgt innlegg finnes ikke lenger." in words(asked)
    # Alice saves while the admin reads the question.
    hers.update(hers.get("drafttwo"), fields(title="Heller ikke ferdig"))
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "publish"})
    assert "Heller ikke ferdig er endret etter at du åpnet listen" in words(answer)
    assert {statuses()["draftone"], statuses()["drafttwo"]} == {"draft"}


def test_post_that_changes_during_the_action_is_not_overwritten(admin_browser, posts, alice, monkeypatch):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "unpublish", "posts": [boxes["hers"], boxes["his"]]})
    unpublish = PostRepository.unpublish

    def slowly(repository, post, *arguments, **named):
        if post.id == "hers":
            PostRepository(alice.appwrite).update(post, fields(title="Nyere"))
        return unpublish(repository, post, *arguments, **named)

    monkeypatch.setattr(PostRepository, "unpublish", slowly)
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "unpublish"})
    page = words(answer)
    assert "1 innlegg er et utkast igjen." in page
    assert "Alices innlegg ble endret av noen andre samtidig" in page
    assert (statuses()["hers"], statuses()["his"]) == ("published", "draft")


def test_action_stops_when_appwrite_fails_and_can_be_repeated(admin_browser, posts, appwrite):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "unpublish", "posts": [boxes["hers"], boxes["his"]]})
    appwrite.faults.add("tablesDB.updateRow", status=500)
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "unpublish"})
    assert "Bobs innlegg ble ikke forsøkt" in words(answer) or "Alices innlegg ble ikke forsøkt" in words(answer)
    appwrite.faults.clear()
    answer = admin_browser.post(BULK, {**hidden(answer), "act": "unpublish"}, follow=True)
    assert "2 innlegg er utkast igjen." in words(answer)


def test_post_that_could_not_be_restored_is_not_deleted(admin_browser, posts, monkeypatch):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "delete", "posts": [boxes["hers"]]})
    monkeypatch.setattr(cache, "add", lambda *_arguments, **_named: False)
    answer = admin_browser.post(BULK, {**hidden(asked), "act": "delete"})
    assert "Alices innlegg kunne ikke tas vare på i ti minutter, og ble derfor ikke slettet" in words(answer)
    assert "hers" in statuses()


@pytest.mark.parametrize(("status", "kind"), [(401, "user_unauthorized"), (400, "row_invalid_structure")])
def test_page_names_the_post_that_appwrite_rejected(admin_browser, posts, appwrite, status, kind):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "delete", "posts": [boxes["hers"], boxes["his"]]})
    appwrite.faults.add("tablesDB.deleteRow", status=status, type=kind, first=1)
    page = words(admin_browser.post(BULK, {**hidden(asked), "act": "delete"}))
    assert "1 innlegg er slettet." in page
    assert "Alices innlegg ble avvist av serveren" in page
    assert {*statuses()} == {"draftone", "drafttwo", "hers"}


def test_action_confirmed_twice_is_performed_once(admin_browser, posts, appwrite):
    asked = admin_browser.post(BULK, {"act": "publish", "posts": [checkboxes(admin_browser)["draftone"]]})
    for _press in range(2):
        answer = admin_browser.post(BULK, {**hidden(asked), "act": "publish"})
    assert "Første kladd er allerede publisert" in words(answer)
    assert len(appwrite.inbox.mails()) == 1


def test_former_admin_cannot_confirm(admin_browser, ingrid, posts):
    boxes = checkboxes(admin_browser)
    asked = admin_browser.post(BULK, {"act": "unpublish", "posts": [boxes["hers"]]})
    create_admin_client().users.update_labels(ingrid.id, [])
    assert admin_browser.post(BULK, {**hidden(asked), "act": "unpublish"}).status_code == 403
    assert statuses()["hers"] == "published"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"act": "publish", "next": "/manage/?page=1"}, 302),
        ({"act": "feature", "posts": ["hers 2026-01-01T00:00:00+00:00"]}, 404),
        ({"act": "publish", "posts": ["hers"]}, 404),
        ({"act": "publish", "posts": ["hers 2026-01-01T00:00:00"]}, 404),
        ({"act": "publish", "posts": [f"post{n} 2026-01-01T00:00:00+00:00" for n in range(21)]}, 404),
        ({"act": "publish", "posts": [f"{'a' * 5000} 2026-01-01T00:00:00+00:00"]}, 404),
        ({"act": "unpublish", "posts": ["HERS 2026-01-01T00:00:00+00:00"], "confirmed": "yes"}, 200),
    ],
)
def test_invalid_choice_changes_nothing(admin_browser, posts, form, status):
    assert admin_browser.post(BULK, form).status_code == status
    assert statuses()["hers"] == "published"
