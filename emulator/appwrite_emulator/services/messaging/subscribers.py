"""Subscribers: targets subscribed to a topic. Users can subscribe if they have one of the topic's `subscribe` roles."""

from typing import Any

from django.db.models import Q, QuerySet

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import missing_permission_message
from appwrite_emulator.db.models import Subscriber, Target, Topic
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Id, NewId, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.messaging.lookup import find_topic

ATTRIBUTES = lists.attributes(
    Subscriber, targetId="target", topicId="topic", userId="user_id", providerType="provider_type"
)


@accepts(subscriber_id=NewId(required=True), target_id=Id(required=True))
def create_subscriber(request: Request, *, topic_id: str, subscriber_id: str, target_id: str) -> dict[str, Any]:
    """POST /messaging/topics/{topicId}/subscribers: only for API keys and the roles in the topic's `subscribe`.

    As in Appwrite 1.9.6, the target need not belong to the caller. The subscription belongs to the target's user.
    """
    topic = find_topic(topic_id)
    if not request.caller.is_key and request.caller.roles.isdisjoint(topic.subscribe):
        raise AppwriteError(
            "user_unauthorized", missing_permission_message("subscribe", topic.subscribe, request.caller.roles)
        )
    target = Target.objects.select_related("user").filter(id=target_id).first()
    if target is None:
        raise AppwriteError("user_target_not_found")
    if Subscriber.objects.filter(Q(id=subscriber_id) | Q(topic=topic, target=target)).exists():
        raise AppwriteError("subscriber_already_exists")
    subscriber = Subscriber.objects.create(
        id=subscriber_id, topic=topic, target=target, user_id=target.user_id, provider_type=target.provider_type
    )
    return responses.subscriber(subscriber)


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_subscribers(
    request: Request, *, topic_id: str, queries: list[str], search: str, total: bool
) -> dict[str, Any]:
    """GET /messaging/topics/{topicId}/subscribers: list the caller's subscribers, or all subscribers for an API key."""
    subscribers = _visible_to(request.caller, find_topic(topic_id))
    searched = ("id", "target", "user_id", "provider_type")
    page = lists.page(subscribers, queries, ATTRIBUTES, search=search, searched=searched, total=total)
    return {"total": page.total, "subscribers": [responses.subscriber(each) for each in page.items]}


def get_subscriber(request: Request, *, topic_id: str, subscriber_id: str) -> dict[str, Any]:
    """GET /messaging/topics/{topicId}/subscribers/{subscriberId}."""
    return responses.subscriber(_find(request, topic_id, subscriber_id))


def delete_subscriber(request: Request, *, topic_id: str, subscriber_id: str) -> None:
    """DELETE /messaging/topics/{topicId}/subscribers/{subscriberId}."""
    _find(request, topic_id, subscriber_id).delete()


def _find(request: Request, topic_id: str, subscriber_id: str) -> Subscriber:
    """Return the subscriber if the caller owns it or is an API key. Otherwise raise 404 `subscriber_not_found`."""
    subscriber = _visible_to(request.caller, find_topic(topic_id)).filter(id=subscriber_id).first()
    if subscriber is None:
        raise AppwriteError("subscriber_not_found")
    return subscriber


def _visible_to(caller: Caller, topic: Topic) -> QuerySet[Subscriber]:
    subscribers = topic.subscribers.select_related("target__user")
    return subscribers if caller.user is None else subscribers.filter(user_id=caller.user.id)
