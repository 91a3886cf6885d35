"""Topics that targets can subscribe to."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Topic
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, ListOf, NewId, Role, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.messaging.lookup import find_topic

ATTRIBUTES = lists.attributes(
    Topic, name="name", emailTotal="email_total", smsTotal="sms_total", pushTotal="push_total"
)


@accepts(topic_id=NewId(required=True), name=Text(128, required=True), subscribe=ListOf(Role(), default=("users",)))
def create_topic(request: Request, *, topic_id: str, name: str, subscribe: list[str]) -> dict[str, Any]:
    """POST /messaging/topics. By default, every signed-in user can subscribe."""
    if Topic.objects.filter(id=topic_id).exists():
        raise AppwriteError("topic_already_exists")
    topic = Topic.objects.create(id=topic_id, name=name, subscribe=list(subscribe))
    return responses.topic(topic)


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_topics(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /messaging/topics. `search` matches words in the ID and name."""
    page = lists.page(Topic.objects.all(), queries, ATTRIBUTES, search=search, searched=("id", "name"), total=total)
    return {"total": page.total, "topics": [responses.topic(topic) for topic in page.items]}


def get_topic(request: Request, *, topic_id: str) -> dict[str, Any]:
    """GET /messaging/topics/{topicId}."""
    return responses.topic(find_topic(topic_id))


@accepts(name=Text(128), subscribe=ListOf(Role()))
def update_topic(request: Request, *, topic_id: str, name: str | None, subscribe: list[str] | None) -> dict[str, Any]:
    """PATCH /messaging/topics/{topicId}. Omitted parameters stay unchanged."""
    topic = find_topic(topic_id)
    topic.name = topic.name if name is None else name
    topic.subscribe = topic.subscribe if subscribe is None else subscribe
    topic.updated_at = clock.now()
    topic.save()
    return responses.topic(topic)


def delete_topic(request: Request, *, topic_id: str) -> None:
    """DELETE /messaging/topics/{topicId}: delete the topic and all its subscriptions."""
    find_topic(topic_id).delete()
