"""/posts/ID/send/: sending a published post to subscribers by e-mail, once."""

import re
from urllib.parse import urlsplit

import html5lib
import pytest
from django.core.cache import cache

from accounts.repositories.subscriptions import SubscriptionRepository
from core import errors
from core.appwrite_client import create_admin_client
from posts.mail import mailings
from posts.repository import PostRepository
from tests import users
from tests.accounts.test_mail import owner
from tests.conftest import fields
from tests.count_calls import count_calls
from tests.test_budget import steps
from tests.users import words

SEND = "/posts/alicespost/send/"  # a post from Oslo


@pytest.fixture
def subscribe():
    """Return a function that subscribes people to a topic."""

    def subscribe(topic: str, *people) -> None:
        for person in people:
            SubscriptionRepository(create_admin_client()).subscribe(person.id, topic)

    return subscribe


@pytest.fixture
def readers(appwrite) -> list:
    return [users.create(name) for name in ("Ane", "Bo", "Cato", "Dina", "Eli")]


def recipients(appwrite) -> list[str]:
    return sorted(mail["to"].partition("@")[0] for mail in appwrite.inbox.mails())


def press(browser, **form):
    return browser.post(SEND, form, follow=True)


def test_post_is_sent_to_subscribers_of_all_posts_and_of_its_campus(appwrite, ingrid, published, readers, subscribe):
    ane, bo, cato, dina, _eli = readers
    subscribe("posts", ane)
    subscribe("posts-oslo", bo)
    subscribe("posts-bergen", cato)
    subscribe("posts-national", dina)
    browser = ingrid.browser()
    page = browser.get(SEND)
    assert (page.context["count"], recipients(appwrite)) == (2, [])
    page = press(browser, act="start")
    assert recipients(appwrite) == ["ane", "bo"]
    assert "Sendt til 2 abonnenter" in words(page)


def test_e_mail_contains_the_post_and_a_link_that_ends_the_subscription(
    appwrite, guest, ingrid, published, readers, subscribe
):
    subscribe("posts", readers[0])
    press(ingrid.browser(), act="start")
    [mail] = appwrite.inbox.mails()
    assert mail["subject"] == "Alices innlegg"
    assert "http://localhost/posts/alicespost/" in mail["text"]
    assert "Av Alice" in mail["text"]
    html5lib.HTMLParser(strict=True).parse(mail["html"])
    link = urlsplit(re.search(r'href="([^"]+/auth/unsubscribe/[^"]+)"', mail["html"])[1].replace("&amp;", "&"))
    page = guest.get(f"{link.path}?{link.query}")
    assert guest.post(link.path, {"t": page.context["token"]}).context["step"] == "ended"
    assert ingrid.browser().get(SEND).context["count"] == 0


def test_text_around_the_post_is_in_the_subscribers_language(appwrite, ingrid, published, alice, bob, subscribe):
    bob.browser().post("/auth/account/language/", {"language": "en"})
    subscribe("posts", alice, bob)
    press(ingrid.browser(), act="start")
    texts = {mail["to"]: mail["text"] for mail in appwrite.inbox.mails()}
    assert "Les innlegget:" in texts["alice@example.com"]
    assert "Read the post:" in texts["bob@example.com"]


def test_names_titles_and_texts_are_escaped(appwrite, alice, ingrid, bob, subscribe):
    title = '<img src=x onerror="x"> It\'s'
    content = "<script>x</script> **tekst**"
    PostRepository(alice.appwrite).create("alicespost", alice.user, fields(title=title, content=content), publish=True)
    subscribe("posts", bob)
    page = ingrid.browser().get(SEND)
    press(ingrid.browser(), act="start")
    [mail] = appwrite.inbox.mails()
    for html in (mail["html"], page.content.decode()):
        assert "<img src=x" not in html
        assert "<script>x" not in html
    assert mail["subject"] == title


@pytest.mark.parametrize("act", ["start", "start again in another tab"])
def test_post_is_sent_only_once(appwrite, ingrid, published, bob, subscribe, act):
    subscribe("posts", bob)
    for _ in range(3):
        page = press(ingrid.browser(), act="start")
    assert recipients(appwrite) == ["bob"]
    assert "form" not in re.findall(r"data-continue", page.content.decode())


def test_several_batches_reach_each_person_once(appwrite, ingrid, published, readers, subscribe, monkeypatch):
    monkeypatch.setattr(mailings, "BATCH", 2)
    subscribe("posts", *readers[:4])
    subscribe("posts-oslo", readers[4])
    browser = ingrid.browser()
    page = press(browser, act="start")
    assert (page.context["mailing"].done, len(recipients(appwrite))) == (2, 2)
    assert "Sender: 2 av 5 abonnenter" in words(page)
    for _ in range(6):
        page = press(browser)
    assert page.context["mailing"].sent == 5
    assert recipients(appwrite) == ["ane", "bo", "cato", "dina", "eli"]


def test_repeating_an_interrupted_batch_sends_no_second_e_mail(appwrite, ingrid, published, readers, subscribe):
    subscribe("posts", *readers)
    appwrite.faults.add("tablesDB.updateRow", status=500)
    browser = ingrid.browser()
    page = press(browser, act="start")  # Appwrite sends all e-mails, but the site cannot record this
    assert (page.context["mailing"].sent, "mailing.js" in page.content.decode()) == (0, False)
    appwrite.faults.clear()
    page = press(browser)
    assert (page.context["mailing"].sent, recipients(appwrite)) == (5, ["ane", "bo", "cato", "dina", "eli"])


def test_failed_e_mail_is_sent_when_the_button_is_pressed_again(appwrite, ingrid, published, readers, subscribe):
    subscribe("posts", *readers)
    appwrite.faults.add("messaging.createEmail", status=500, first=2)
    browser = ingrid.browser()
    page = press(browser, act="start")
    assert "derfor stoppet vi" in words(page)
    press(browser)
    assert recipients(appwrite) == ["ane", "bo", "cato", "dina", "eli"]


def test_person_who_unsubscribes_between_batches_does_not_disturb_the_mailing(
    appwrite, ingrid, published, readers, subscribe, monkeypatch
):
    monkeypatch.setattr(mailings, "BATCH", 1)
    subscribe("posts", *readers)
    browser = ingrid.browser()
    press(browser, act="start")
    [first] = recipients(appwrite)
    for reader in readers:
        if reader.name.lower() == first:
            SubscriptionRepository(create_admin_client()).unsubscribe(reader.id)
    for _ in range(8):
        press(browser)
    assert recipients(appwrite) == ["ane", "bo", "cato", "dina", "eli"]


def test_only_active_people_with_a_confirmed_address_get_e_mails(appwrite, ingrid, published, readers, subscribe):
    ane, bo, cato, dina, _eli = readers
    subscribe("posts", *readers)
    appwrite_users = owner().users
    users.block(ane)
    appwrite_users.update_labels(bo.id, [])
    appwrite_users.update_email_verification(bo.id, False)
    (target,) = appwrite_users.list_targets(cato.id).targets  # members can change their own targets
    appwrite_users.update_target(cato.id, target.id, "victim@example.com")
    appwrite_users.delete(dina.id)
    page = press(ingrid.browser(), act="start")
    assert recipients(appwrite) == ["eli"]
    mailing = page.context["mailing"]
    assert (mailing.sent, mailing.skipped) == (1, 3)
    assert "3 abonnenter fikk ingen e-post" in words(page)


# -- who may send -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "writers", "status"),
    [((), "users", 403), (("editor",), "users", 200), (("writer",), "users", 403), (("writer",), "label:writer", 200)],
)
def test_editors_may_send_their_own_posts(appwrite, settings, labels, writers, status):
    settings.POSTS_WRITERS = writers
    nora = users.create("Nora", *labels)
    post = PostRepository(create_admin_client()).create("norasposts1", nora.user, fields(), publish=True)
    page = nora.browser().get(f"/posts/{post.id}/")
    assert ("/send/" in page.content.decode()) == (status == 200)
    assert nora.browser().get(f"/posts/{post.id}/send/").status_code == status
    answer = nora.browser().post(f"/posts/{post.id}/send/", {"act": "start"})
    assert answer.status_code == (302 if status == 200 else 403)


def test_editors_cannot_send_other_peoples_posts(appwrite, published):
    nora = users.create("Nora", "editor")
    assert nora.browser().post(SEND, {"act": "start"}).status_code == 403


def test_admin_who_was_demoted_a_moment_ago_cannot_send(appwrite, ingrid, published, bob, subscribe):
    subscribe("posts", bob)
    browser = ingrid.browser()
    browser.get(SEND)
    create_admin_client().users.update_labels(ingrid.id, [])
    assert browser.post(SEND, {"act": "start"}).status_code == 403
    assert appwrite.inbox.mails() == []


def test_unpublishing_a_post_stops_its_mailing(appwrite, ingrid, alice, published, readers, subscribe, monkeypatch):
    monkeypatch.setattr(mailings, "BATCH", 2)
    subscribe("posts", *readers)
    press(ingrid.browser(), act="start")
    alice.browser().post("/posts/alicespost/unpublish/")
    assert ingrid.browser().post(SEND).status_code == 409
    assert len(recipients(appwrite)) == 2


def test_sending_is_written_to_the_audit_log_once(ingrid, published, bob, subscribe, caplog):
    subscribe("posts", bob)
    with caplog.at_level("INFO", logger="audit"):
        for _ in range(2):
            press(ingrid.browser(), act="start")
    assert caplog.text.count(f"user={ingrid.id} act=send post={published.id} author=alice") == 1


def test_members_cannot_read_or_write_mailings(ingrid, alice, published, bob, subscribe):
    subscribe("posts", bob)
    press(ingrid.browser(), act="start")
    for person in (alice, ingrid):
        with pytest.raises(errors.NotAllowedError):
            person.appwrite.db.create_row("app", "mailings", "x", {"recipients": 0, "startedAt": "2026-12-01"})
        with pytest.raises(errors.NotFoundError):
            person.appwrite.db.get_row("app", "mailings", published.id)


# -- switched off -----------------------------------------------------------------------------------------------------
def test_page_says_why_nothing_can_be_sent(appwrite, ingrid, published, bob, subscribe):
    subscribe("posts", bob)
    browser = ingrid.browser()
    owner().db.delete_table("app", "mailings")
    page = press(browser, act="start")
    assert "til en administrator har oppdatert databasen" in words(page)
    owner().messaging.delete_provider("local")
    cache.clear()
    page = press(browser, act="start")
    assert "fordi ingen e-postserver er koblet til" in words(page)
    assert appwrite.inbox.mails() == []


def test_page_says_if_nobody_subscribes(ingrid, published):
    page = ingrid.browser().get(SEND)
    assert "Ingen abonnerer på disse innleggene ennå." in words(page)
    assert 'value="start"' not in page.content.decode()


def test_batch_makes_the_documented_number_of_calls(ingrid, published, subscribe):
    subscribe("posts", *(users.create(f"Reader{number}") for number in range(41)))
    browser, expected = ingrid.browser(), steps("Sending")
    for name, form in (("start, and send to 20 subscribers", {"act": "start"}), ("send to the next 20", {})):
        browser.get(SEND)
        with count_calls() as sent_calls:
            browser.post(SEND, form)
        assert len(sent_calls) == expected[name], sent_calls
    with count_calls() as sent_calls:
        browser.get(SEND)
    assert len(sent_calls) == expected["page with the progress"], sent_calls
