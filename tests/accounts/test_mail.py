"""E-mails about new posts: subscribing on the account page, and unsubscribing with the link in each e-mail."""

import pytest
from appwrite.query import Query
from django.core.cache import cache
from django.core.management import call_command
from django.test import override_settings

from accounts.repositories.subscriptions import TOPICS, unsubscribe_token
from biso_site import local_project
from core import errors
from core.appwrite_client import AdminClient, create_admin_client
from tests import users
from tests.conftest import KEY
from tests.count_calls import count_calls
from tests.pages import mailed
from tests.users import Browser, words

ACCOUNT, MAIL, UNSUBSCRIBE = "/auth/account/", "/auth/account/subscribe/", "/auth/unsubscribe/"


def owner() -> AdminClient:
    """Return a client with a key that has all scopes, like the Console."""
    with override_settings(APPWRITE_API_KEY=KEY):
        return create_admin_client()


def subscriptions() -> dict[str, list[str]]:
    """Return a dictionary of topic -> ids of its subscribers, for topics that have subscribers."""
    messaging = create_admin_client().messaging
    listed = {topic: [each.userid for each in messaging.list_subscribers(topic).subscribers] for topic in TOPICS}
    return {topic: people for topic, people in listed.items() if people}


def chosen(browser) -> str:
    return browser.get(ACCOUNT).context["mail"]["topic"].value()


def test_member_subscribes_changes_the_campus_and_unsubscribes(alice, bob):
    browser = alice.browser()
    assert chosen(browser) == ""
    browser.post(MAIL, {"topic": "posts"})
    assert (subscriptions(), chosen(browser)) == ({"posts": ["alice"]}, "posts")
    browser.post(MAIL, {"topic": "posts-bergen"})
    assert (subscriptions(), chosen(browser)) == ({"posts-bergen": ["alice"]}, "posts-bergen")
    bob.browser().post(MAIL, {"topic": "posts"})
    browser.post(MAIL, {"topic": ""})
    assert (subscriptions(), chosen(browser)) == ({"posts": ["bob"]}, "")


def test_subscription_keeps_the_other_preferences(alice):
    browser = alice.browser()
    browser.post("/auth/account/language/", {"language": "en"})
    browser.post(MAIL, {"topic": "posts"})
    assert alice.appwrite.account.get_prefs().data == {"language": "en", "mail": "posts"}


def test_subscribing_twice_creates_one_subscription(alice):
    for _ in range(2):
        answer = alice.browser().post(MAIL, {"topic": "posts"}, follow=True)
    assert subscriptions() == {"posts": ["alice"]}
    assert "Du får nye innlegg på e-post." in words(answer)


def test_subscription_is_replaced_even_if_the_preference_is_lost(alice):
    alice.browser().post(MAIL, {"topic": "posts-oslo"})
    alice.appwrite.account.update_prefs({})
    cache.clear()
    alice.browser().post(MAIL, {"topic": "posts"})
    assert subscriptions() == {"posts": ["alice"]}
    alice.appwrite.account.update_prefs({})
    cache.clear()
    alice.browser().post(MAIL, {"topic": ""})
    assert subscriptions() == {}


def test_target_is_created_if_the_account_has_none(alice):
    appwrite_users = owner().users
    for target in appwrite_users.list_targets(alice.id).targets:
        appwrite_users.delete_target(alice.id, target.id)
    alice.browser().post(MAIL, {"topic": "posts"})
    assert [each.identifier for each in appwrite_users.list_targets(alice.id).targets] == [alice.email]
    assert subscriptions() == {"posts": ["alice"]}


def test_address_that_another_member_has_entered_as_a_target_cannot_subscribe(alice, bob):
    appwrite_users = owner().users
    for target in appwrite_users.list_targets(alice.id).targets:
        appwrite_users.delete_target(alice.id, target.id)
    headers = {"X-Appwrite-Project": "biso", "content-type": "application/json"}
    data = {"targetId": "bobs", "identifier": alice.email}
    bob.appwrite.client.call("post", "/account/targets/push", headers, data)
    answer = alice.browser().post(MAIL, {"topic": "posts"}, follow=True)
    assert "fordi en annen konto bruker den" in words(answer)
    assert subscriptions() == {}


def test_unconfirmed_address_cannot_subscribe(appwrite):
    nora = users.create("Nora")
    create_admin_client().users.update_labels(nora.id, [])
    create_admin_client().users.update_email_verification(nora.id, False)
    answer = nora.browser().post(MAIL, {"topic": "posts"}, follow=True)
    assert "for du har ikke bekreftet adressen" in words(answer)
    assert subscriptions() == {}


@pytest.mark.parametrize("topic", ["posts-paris", "admins", "x" * 500])
def test_unknown_topic_is_not_found(alice, topic):
    assert alice.browser().post(MAIL, {"topic": topic}).status_code == 404


def test_members_cannot_use_the_topics_in_appwrite(alice):
    (target,) = owner().users.list_targets(alice.id).targets
    with pytest.raises((errors.NotAllowedError, errors.SignInRequiredError)):
        alice.appwrite.messaging.create_subscriber("posts", "mine", target.id)


def test_invalid_preference_does_not_break_the_account_page(alice):
    for mail in (["posts"], "../x", "posts-paris", 7, {"a": 1}):
        alice.appwrite.account.update_prefs({"mail": mail})
        cache.clear()
        assert chosen(alice.browser()) == ""


# -- unsubscribing ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("prefix", ["", "/en"])
def test_link_ends_the_subscription_without_a_sign_in(alice, guest, prefix):
    alice.browser().post(MAIL, {"topic": "posts-oslo"})
    link = {"t": unsubscribe_token("alice", "posts-oslo")}
    page = guest.get(prefix + UNSUBSCRIBE, link)
    assert subscriptions() == {"posts-oslo": ["alice"]}  # opened by a scanner, for example
    assert "alice" not in words(page).lower()
    first = guest.post(prefix + UNSUBSCRIBE, link)
    assert (first.status_code, first.context["step"], subscriptions()) == (200, "ended", {})
    assert guest.post(prefix + UNSUBSCRIBE, link).context["step"] == "ended before"
    assert chosen(alice.browser()) == ""


def test_old_link_also_ends_a_newer_subscription(alice, guest):
    alice.browser().post(MAIL, {"topic": "posts-oslo"})
    alice.browser().post(MAIL, {"topic": "posts"})
    guest.post(UNSUBSCRIBE, {"t": unsubscribe_token("alice", "posts-oslo")})
    assert subscriptions() == {}


@pytest.mark.parametrize("token", ["", "alice:posts", "alice:posts:AAAA", "x" * 9000, "\x00"])
def test_unsigned_link_does_nothing(alice, guest, token):
    alice.browser().post(MAIL, {"topic": "posts"})
    with count_calls() as sent_calls:
        assert guest.get(UNSUBSCRIBE, {"t": token}).status_code == 400
        assert guest.post(UNSUBSCRIBE, {"t": token}).status_code == 400
    assert sent_calls == []
    assert subscriptions() == {"posts": ["alice"]}


def test_unsubscribe_link_shows_a_deleted_person_the_page_of_a_used_link(alice, guest):
    alice.browser().post(MAIL, {"topic": "posts"})
    create_admin_client().users.delete(alice.id)
    assert guest.post(UNSUBSCRIBE, {"t": unsubscribe_token("alice", "posts")}).context["step"] == "ended before"


# -- switched off -----------------------------------------------------------------------------------------------------
def off(browser) -> str:
    cache.clear()
    answer = browser.get(ACCOUNT)
    assert MAIL not in answer.content.decode()
    return answer.context["mail"].state


def test_account_page_says_why_e_mails_are_off(alice, caplog):
    browser, messaging = alice.browser(), owner().messaging
    messaging.delete_provider("local")
    assert off(browser) == "provider"
    assert "fordi ingen e-postserver er koblet til" in words(browser.get(ACCOUNT))
    messaging.delete_topic("posts")
    assert off(browser) == "topics"
    assert "E-mails about posts are off" in caplog.text
    caplog.clear()
    browser.get(ACCOUNT)
    assert caplog.text == ""  # no second warning, because the state is cached


def without_scopes(appwrite, *scopes: str) -> str:
    """Add an API key that lacks `scopes`, like a key from an earlier release, and return its secret."""
    key = {
        "name": "Old",
        "secret": "old-key",
        "scopes": [each for each in local_project.KEY_SCOPES if each not in scopes],
    }
    appwrite.control("POST", "import", body={"format": "appwrite-emulator/1", "project": {"keys": [key]}})
    return "old-key"


def test_account_page_works_with_an_api_key_without_mail_scopes(appwrite, alice, settings):
    settings.APPWRITE_API_KEY = without_scopes(appwrite, "providers.read", "topics.read", "topics.write")
    assert off(alice.browser()) == "scope"
    call_command("setup_appwrite", verbosity=0)


def test_missing_scope_for_subscribers_turns_e_mails_off(appwrite, alice, settings):
    settings.APPWRITE_API_KEY = without_scopes(appwrite, "subscribers.write")
    answer = alice.browser().post(MAIL, {"topic": "posts"}, follow=True)
    assert answer.context["mail"].state == "scope"
    assert "er ikke lagret" in words(answer)


def test_setup_creates_the_topics_and_lets_nobody_subscribe_directly(appwrite):
    messaging = create_admin_client().messaging
    messaging.delete_topic("posts-oslo")
    messaging.update_topic("posts", subscribe=["users"])
    call_command("setup_appwrite", verbosity=0)
    topics = {topic.id: topic.subscribe for topic in messaging.list_topics([Query.limit(50)]).topics}
    assert topics == {topic: [] for topic in TOPICS}


# -- after signing in -------------------------------------------------------------------------------------------------
OFFER = "Vil du ha nye innlegg på e-post?"


def sign_in(appwrite) -> Browser:
    browser = Browser()
    browser.post("/auth/login/", {"email": "alice@example.com"})
    page = browser.get(mailed(appwrite), follow=True)
    browser.post("/auth/callback/", page.context["fields"])
    return browser


def test_e_mails_are_offered_after_signing_in_until_the_person_chooses(appwrite, alice):
    browser = sign_in(appwrite)
    assert OFFER in words(browser.get("/posts/"))
    assert OFFER not in words(browser.get("/posts/"))
    browser.post(MAIL, {"topic": "", "next": "/posts/"})
    assert OFFER not in words(sign_in(appwrite).get("/posts/"))
    assert subscriptions() == {}


def test_subscription_is_not_offered_while_mail_is_disabled(appwrite, alice):
    owner().messaging.delete_provider("local")
    assert OFFER not in words(sign_in(appwrite).get("/posts/"))
