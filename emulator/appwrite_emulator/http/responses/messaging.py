"""Providers, topics, subscribers, messages."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db import models
from appwrite_emulator.http.responses.users import target


def provider(provider: models.Provider) -> dict[str, Any]:
    """Return a provider with its credentials, as on the real server. Empty objects become empty lists, as in PHP."""
    return {
        "$id": provider.id,
        "$createdAt": iso(provider.created_at),
        "$updatedAt": iso(provider.updated_at),
        "name": provider.name,
        "provider": provider.provider,
        "enabled": provider.enabled,
        "type": provider.type,
        "credentials": provider.credentials or [],
        "options": provider.options or [],
    }


def topic(topic: models.Topic) -> dict[str, Any]:
    return {
        "$id": topic.id,
        "$createdAt": iso(topic.created_at),
        "$updatedAt": iso(topic.updated_at),
        "name": topic.name,
        "emailTotal": topic.email_total,
        "smsTotal": topic.sms_total,
        "pushTotal": topic.push_total,
        "subscribe": topic.subscribe,
    }


def subscriber(subscriber: models.Subscriber) -> dict[str, Any]:
    return {
        "$id": subscriber.id,
        "$createdAt": iso(subscriber.created_at),
        "$updatedAt": iso(subscriber.updated_at),
        "targetId": subscriber.target_id,
        "target": target(subscriber.target),
        "userId": subscriber.user_id,
        "userName": subscriber.target.user.name,
        "topicId": subscriber.topic_id,
        "providerType": subscriber.provider_type,
    }


def message(message: models.Message) -> dict[str, Any]:
    return {
        "$id": message.id,
        "$createdAt": iso(message.created_at),
        "$updatedAt": iso(message.updated_at),
        "providerType": message.provider_type,
        "topics": message.topics,
        "users": message.users,
        "targets": message.targets,
        "scheduledAt": iso(message.scheduled_at) or None,
        "deliveredAt": iso(message.delivered_at) or None,
        "deliveryErrors": message.delivery_errors,
        "deliveredTotal": message.delivered_total,
        "data": message.data,
        "status": message.status,
    }
