"""Topics and their subscribers."""

from appwrite.query import Query
from appwrite.services.messaging import Messaging

from tests.conftest import GUEST, CallApi, client
from tests.messaging.conftest import email_target
from tests.queries import json_query

# -- topics -----------------------------------------------------------------------------------------------------------


def test_create_topic(messaging, expect_error):
    topic = messaging.create_topic("news", "News")
    assert (topic.name, topic.subscribe, topic.emailtotal) == ("News", ["users"], 0)
    with expect_error("topic_already_exists", 409):
        messaging.create_topic("NEWS", "News")


def test_get_topic(messaging, expect_error):
    messaging.create_topic("news", "News", ["label:staff"])
    assert messaging.get_topic("news").subscribe == ["label:staff"]
    with expect_error("topic_not_found", 404):
        messaging.get_topic("staff")


def test_list_topics(messaging):
    for name in ("news", "staff"):
        messaging.create_topic(name, name.title())
    assert [topic.id for topic in messaging.list_topics([Query.order_desc("name")]).topics] == ["staff", "news"]
    assert [topic.id for topic in messaging.list_topics(search="staff").topics] == ["staff"]


def test_topics_can_be_sorted_by_sequence(call_api: CallApi, messaging) -> None:
    for name in ("b", "c", "a"):
        messaging.create_topic(name, name)
    _, _, listed = call_api("GET", "/messaging/topics", params={"queries[0]": json_query("orderDesc", "$sequence")})
    assert [topic["$id"] for topic in listed["topics"]] == ["a", "c", "b"]


def test_update_topic(messaging):
    messaging.create_topic("news", "News")
    topic = messaging.update_topic("news", subscribe=["any"])
    assert (topic.name, topic.subscribe) == ("News", ["any"])


def test_delete_topic(messaging, users, alice, expect_error):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    messaging.delete_topic("news")
    with expect_error("topic_not_found", 404):
        messaging.list_subscribers("news")


# -- subscribers ------------------------------------------------------------------------------------------------------


def test_create_subscriber_by_a_session_or_a_jwt(emulator, messaging, users, alice, bob):
    messaging.create_topic("news", "News")
    hers = Messaging(alice.client).create_subscriber("news", "hers", email_target(users, alice).id)
    assert (hers.userid, hers.username, hers.target.identifier) == ("alice", "Alice", "alice@example.com")
    token = users.create_jwt("bob").jwt
    Messaging(client(emulator, jwt=token)).create_subscriber("news", "his", email_target(users, bob).id)
    assert messaging.get_topic("news").emailtotal == 2


def test_subscribing_requires_a_role_that_the_topic_allows(messaging, users, alice, expect_error):
    messaging.create_topic("staff", "Staff", ["label:staff"])
    target = email_target(users, alice).id
    with expect_error("user_unauthorized", 401):
        Messaging(alice.client).create_subscriber("staff", "hers", target)
    users.update_labels("alice", ["staff"])
    Messaging(alice.client).create_subscriber("staff", "hers", target)
    with expect_error("subscriber_already_exists", 409):
        Messaging(alice.client).create_subscriber("staff", "again", target)


def test_list_subscribers_and_get_subscriber_return_only_the_users_own_subscriptions(
    messaging, users, alice, bob, expect_error
):
    messaging.create_topic("news", "News")
    for user in (alice, bob):
        messaging.create_subscriber("news", f"{user.id}-news", email_target(users, user).id)
    hers = Messaging(alice.client)
    assert [each.id for each in hers.list_subscribers("news").subscribers] == ["alice-news"]
    assert hers.get_subscriber("news", "alice-news").userid == "alice"
    with expect_error("subscriber_not_found", 404):
        hers.get_subscriber("news", "bob-news")
    assert messaging.list_subscribers("news", search="bob").total == 1


def test_delete_subscriber(messaging, users, alice, bob, expect_error):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    with expect_error("subscriber_not_found", 404):
        Messaging(bob.client).delete_subscriber("news", "hers")
    Messaging(alice.client).delete_subscriber("news", "hers")
    assert messaging.get_topic("news").emailtotal == 0


def test_deleting_a_user_removes_their_subscriptions(messaging, users, alice):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    users.delete("alice")
    assert (messaging.list_subscribers("news").total, messaging.get_topic("news").emailtotal) == (0, 0)


def test_subscription_is_in_the_log_of_the_user(messaging, users, alice):
    messaging.create_topic("news", "News")
    Messaging(alice.client).create_subscriber("news", "hers", email_target(users, alice).id)
    response = alice.client.call("get", "/account/logs", GUEST)  # the SDK has no method for this route
    assert response["logs"][0]["event"] == "subscriber.create"
