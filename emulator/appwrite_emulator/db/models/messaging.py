"""Messaging: providers, topics, subscribers and messages."""

from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from appwrite_emulator.common import clock
from appwrite_emulator.db.models.fields import IdField
from appwrite_emulator.db.models.timestamps import TimestampedModel
from appwrite_emulator.db.models.users import Target


class Provider(TimestampedModel):
    """A messaging provider. It delivers nothing, because all messages go to the inbox."""

    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    provider = models.CharField(max_length=16)
    type = models.CharField(max_length=8, help_text="email, sms or push")
    enabled = models.BooleanField(default=False)
    credentials = models.JSONField(default=dict)
    options = models.JSONField(default=dict)


class Topic(TimestampedModel):
    id = IdField(primary_key=True)
    name = models.CharField(max_length=128)
    subscribe = models.JSONField(default=list, help_text="roles that may subscribe")
    email_total = models.IntegerField(default=0)
    sms_total = models.IntegerField(default=0)
    push_total = models.IntegerField(default=0)


class Subscriber(TimestampedModel):
    """A target subscribed to a topic."""

    id = IdField(primary_key=True)
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="subscribers")
    target = models.ForeignKey(Target, models.CASCADE, related_name="subscriptions")
    user_id = models.CharField(max_length=36)
    provider_type = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "target"], name="one_subscription_per_target")]


@receiver(post_save, sender=Subscriber)
def _subscribed(instance: Subscriber, created: bool, **_: Any) -> None:
    if created:
        _count(instance, 1)


@receiver(post_delete, sender=Subscriber)
def _unsubscribed(instance: Subscriber, **_: Any) -> None:
    _count(instance, -1)


def _count(subscriber: Subscriber, change: int) -> None:
    """Update the topic's totals. Signals call this, so that indirect changes, such as deleting a user, also count."""
    field = f"{subscriber.provider_type}_total"
    Topic.objects.filter(pk=subscriber.topic_id).update(**{field: F(field) + change}, updated_at=clock.now())


class Message(TimestampedModel):
    """One e-mail, text message or push message. `data` is its content."""

    id = IdField(primary_key=True)
    provider_type = models.CharField(max_length=8, help_text="email, sms or push")
    topics = models.JSONField(default=list)
    users = models.JSONField(default=list)
    targets = models.JSONField(default=list)
    data = models.JSONField(default=dict)
    status = models.CharField(max_length=16)
    scheduled_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="when it is sent; not shown for a new text message")
    delivered_at = models.DateTimeField(null=True)
    delivered_total = models.IntegerField(default=0)
    delivery_errors = models.JSONField(default=list)
    search = models.TextField(help_text="text the real server searches: ID, status, type and first text field")

    def save(self, *args: Any, **kwargs: Any) -> None:
        first = {"email": "subject", "sms": "content", "push": "title"}[self.provider_type]
        self.search = f"{self.id} {self.status} {self.data.get(first, '')} {self.provider_type}"
        super().save(*args, **kwargs)
