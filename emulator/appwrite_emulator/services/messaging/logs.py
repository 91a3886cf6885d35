"""Activity logs of providers, topics, subscribers and messages, newest first.

Only `limit` and `offset` queries are supported.
"""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Log, Subscriber
from appwrite_emulator.http.parameters import Boolean, accepts
from appwrite_emulator.services import activity_log
from appwrite_emulator.services.messaging.lookup import find_message, find_provider, find_topic

_accepts_page = accepts(queries=activity_log.QUERIES, total=Boolean(default=True))


@_accepts_page
def list_provider_logs(request: Request, *, provider_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /messaging/providers/{providerId}/logs."""
    return _page(request, "provider", find_provider(provider_id).id, queries, total)


@_accepts_page
def list_topic_logs(request: Request, *, topic_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /messaging/topics/{topicId}/logs."""
    return _page(request, "topic", find_topic(topic_id).id, queries, total)


@_accepts_page
def list_subscriber_logs(request: Request, *, subscriber_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /messaging/subscribers/{subscriberId}/logs. As in Appwrite 1.9.6, any signed-in user can read them."""
    if not Subscriber.objects.filter(id=subscriber_id).exists():
        raise AppwriteError("subscriber_not_found")
    return _page(request, "subscriber", subscriber_id, queries, total)


@_accepts_page
def list_message_logs(request: Request, *, message_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /messaging/messages/{messageId}/logs."""
    return _page(request, "message", find_message(message_id).id, queries, total)


def _page(request: Request, noun: str, id: str, queries: list[str], total: bool) -> dict[str, Any]:
    logs = Log.objects.filter(resource=activity_log.messaging_resource(noun, id))
    return activity_log.page(request, logs, queries, total=total)
