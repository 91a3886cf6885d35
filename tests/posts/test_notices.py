"""An author gets an e-mail when an admin changes their post."""

from datetime import timedelta

import html5lib
import pytest
from django.core.cache import cache
from django.utils import timezone

from core.appwrite_client import create_admin_client
from core.formats import day_and_time, local_input
from posts.repository import PostRepository
from tests.accounts.test_mail import owner
from tests.conftest import fields
from tests.pages import TYPED
from tests.users import words

EDIT = {**TYPED, "state": "draft", "title": "Ny tittel"}


def subjects(appwrite) -> list[str]:
    return [mail["subject"] for mail in reversed(appwrite.inbox.mails("alice@example.com"))]


@pytest.mark.parametrize(
    ("act", "subject"),
    [
        ("edit", "Innlegget ditt er endret: Ny tittel"),
        ("publish", "Innlegget ditt er publisert: Alices kladd"),
        ("delete", "Innlegget ditt er slettet: Alices kladd"),
    ],
)
def test_author_gets_an_e_mail_when_an_admin_changes_a_draft(appwrite, alice, ingrid, draft, act, subject):
    ingrid.browser().post(f"/posts/{draft.id}/{act}/", EDIT if act == "edit" else {"confirmed": "alice"})
    [mail] = appwrite.inbox.mails()
    assert (mail["to"], mail["subject"]) == ("alice@example.com", subject)
    assert "Ingrid, som er administrator, har" in mail["text"]
    assert ("/posts/alicedraft/" in mail["text"]) == (act != "delete")
    html5lib.HTMLParser(strict=True).parse(mail["html"])


def test_author_gets_an_e_mail_when_an_admin_unpublishes_deletes_and_restores(appwrite, alice, ingrid, published):
    browser = ingrid.browser()
    for act in ("unpublish", "publish", "delete", "undo"):
        browser.post(f"/posts/{published.id}/{act}/", {"confirmed": "alice"})
    assert [subject.partition(":")[0] for subject in subjects(appwrite)] == [
        "Innlegget ditt er gjort om til utkast",
        "Innlegget ditt er publisert",
        "Innlegget ditt er slettet",
        "Innlegget ditt er gjenopprettet",
    ]


def test_author_gets_an_e_mail_when_an_admin_schedules_a_draft_or_cancels_the_schedule(appwrite, ingrid, draft):
    browser = ingrid.browser()
    moment = timezone.now() + timedelta(days=1)
    form = {**EDIT, "act": "schedule", "publish_at": local_input(moment), "confirmed": "alice"}
    browser.post(f"/posts/{draft.id}/edit/", form)
    browser.post(f"/posts/{draft.id}/unschedule/")
    assert subjects(appwrite) == [
        "Innlegget ditt er planlagt: Ny tittel",
        "Innlegget ditt er ikke lenger planlagt: Ny tittel",
    ]
    assert day_and_time(moment) in appwrite.inbox.mails()[-1]["text"]


def test_authors_own_changes_cause_no_e_mail(appwrite, alice, draft):
    browser = alice.browser()
    browser.post(f"/posts/{draft.id}/edit/", EDIT)
    for act in ("publish", "unpublish", "delete", "undo"):
        browser.post(f"/posts/{draft.id}/{act}/")
    assert appwrite.inbox.mails() == []


def test_e_mail_is_in_the_authors_language(appwrite, alice, ingrid, draft):
    alice.browser().post("/auth/account/language/", {"language": "en"})
    ingrid.browser().post(f"/posts/{draft.id}/publish/", {"confirmed": "alice"})
    [mail] = appwrite.inbox.mails()
    assert mail["subject"] == "Your post has been published: Alices kladd"
    assert "/en/posts/alicedraft/" in mail["text"]


def test_autosaves_by_an_admin_cause_one_e_mail_an_hour(appwrite, ingrid, alice, draft):
    browser = ingrid.browser()
    browser.post(f"/posts/{draft.id}/edit/", {**EDIT, "act": "autosave"})
    for title in ("En", "To"):
        saved = PostRepository(ingrid.appwrite).get(draft.id)
        version = saved.stamp
        browser.post(f"/posts/{draft.id}/edit/", {**EDIT, "act": "autosave", "title": title, "version": version})
    assert len(subjects(appwrite)) == 1


def test_names_and_titles_are_escaped(appwrite, alice, ingrid):
    title = '<script>x</script> It\'s & "so"'
    post = PostRepository(alice.appwrite).create("hostile1234", alice.user, fields(title=title))
    ingrid.browser().post(f"/posts/{post.id}/publish/", {"confirmed": "alice"})
    [mail] = appwrite.inbox.mails()
    assert "<script>" not in mail["html"]
    assert "It's &amp;" in mail["html"]


@pytest.mark.parametrize("state", ["blocked", "unconfirmed", "other target"])
def test_author_who_must_not_be_e_mailed_gets_no_e_mail(appwrite, alice, ingrid, draft, state):
    users = owner().users
    if state == "blocked":
        users.update_status(alice.id, False)
    elif state == "unconfirmed":
        users.update_labels(alice.id, [])
        users.update_email_verification(alice.id, False)
    else:  # members can change their own targets
        (target,) = users.list_targets(alice.id).targets
        users.update_target(alice.id, target.id, "victim@example.com")
    assert ingrid.browser().post(f"/posts/{draft.id}/publish/", {"confirmed": "alice"}).status_code == 302
    assert appwrite.inbox.mails() == []


@pytest.mark.parametrize("fault", ["no provider", "deleted author", "failing mail"])
def test_action_succeeds_even_if_the_e_mail_fails(appwrite, alice, ingrid, draft, stored, caplog, fault):
    if fault == "no provider":
        owner().messaging.delete_provider("local")
        cache.clear()
    elif fault == "deleted author":
        create_admin_client().users.delete(alice.id)
    else:
        appwrite.faults.add("messaging.createEmail", status=500)
    answer = ingrid.browser().post(f"/posts/{draft.id}/publish/", {"confirmed": "alice"}, follow=True)
    assert "Publisert. Nå kan alle lese det." in words(answer)
    assert stored(draft.id).data["status"] == "published"
    assert appwrite.inbox.mails() == []
    if fault == "failing mail":
        assert f"The author of post {draft.id} gets no e-mail" in caplog.text
