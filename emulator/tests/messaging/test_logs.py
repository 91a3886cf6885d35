"""Logs of providers, topics, subscribers and messages. The SDK has no methods for these routes."""

import json

import pytest
from appwrite.services.graphql import Graphql
from appwrite.services.messaging import Messaging

from tests.conftest import GUEST, CallApi
from tests.messaging.conftest import email_target


@pytest.fixture
def entries(call_api: CallApi):
    """Return a function that reads a log. It returns each entry's event, user ID and user type."""

    def read(path: str, **params) -> list[tuple[str, str, str]]:
        status, _, body = call_api("GET", f"/messaging/{path}/logs", params=params)
        assert status == 200
        return [(entry["event"], entry["userId"], entry["userType"]) for entry in body["logs"]]

    return read


def test_changes_with_a_key_are_in_the_log_of_the_resource(messaging, entries):
    messaging.create_topic("news", "News")
    messaging.update_topic("news", "Good news")
    messaging.create_topic("other", "Other")
    assert entries("topics/news") == [("topic.update", "", "keyProject"), ("topic.create", "", "keyProject")]
    assert entries("topics/news", **{"queries[0]": json.dumps({"method": "limit", "values": [1]})}) == [
        ("topic.update", "", "keyProject")
    ]
    messaging.create_sendgrid_provider("post", "Post", "key", enabled=False)
    messaging.update_sendgrid_provider("post", "Post office")
    assert [event for event, *_ in entries("providers/post")] == ["provider.update", "provider.create"]
    messaging.create_email("hello", "Hello", "Hello", draft=True)
    messaging.update_email("hello", subject="Hi")
    assert [event for event, *_ in entries("messages/hello")] == ["message.update", "message.create"]


@pytest.fixture
def activity(call_api: CallApi):
    """Return a function that reads the events in a user's activity log."""
    return lambda user_id: [log["event"] for log in call_api("GET", f"/users/{user_id}/logs")[2]["logs"]]


def test_subscription_by_a_user_is_in_the_logs_of_the_subscriber_and_the_user(
    messaging, users, alice, entries, activity
):
    messaging.create_topic("news", "News")
    Messaging(alice.client).create_subscriber("news", "hers", email_target(users, alice).id)
    assert entries("subscribers/hers") == [("subscriber.create", "alice", "user")]
    assert "subscriber.create" in activity("alice")


def test_subscription_with_a_key_is_not_in_the_log_of_the_user(messaging, users, alice, entries, activity):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    assert entries("subscribers/hers") == [("subscriber.create", "", "keyProject")]
    assert "subscriber.create" not in activity("alice")


def test_changes_through_graphql_are_logged(server, entries):
    Graphql(server).query({"query": 'mutation { messagingCreateTopic(topicId: "news", name: "News") { _id } }'})
    assert entries("topics/news") == [("topic.create", "", "keyProject")]


def test_users_can_read_only_the_logs_of_subscribers(call_api: CallApi, messaging, users, alice, bob):
    messaging.create_topic("news", "News")
    messaging.create_subscriber("news", "hers", email_target(users, alice).id)
    his = {**GUEST, "X-Appwrite-Session": bob.secret}
    assert call_api("GET", "/messaging/subscribers/hers/logs", his)[0] == 200
    assert call_api("GET", "/messaging/subscribers/hers/logs", GUEST)[:2] == (401, "general_unauthorized_scope")
    assert call_api("GET", "/messaging/topics/news/logs", his)[:2] == (401, "general_unauthorized_scope")
