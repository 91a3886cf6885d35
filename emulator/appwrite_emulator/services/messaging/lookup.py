"""Look up the provider, topic or message that a URL names. If it does not exist, raise the matching error."""

from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Message, Provider, Topic
from appwrite_emulator.mail import delivery


def find_provider(provider_id: str) -> Provider:
    """Return the provider, or raise 404 `provider_not_found`."""
    provider = Provider.objects.filter(id=provider_id).first()
    if provider is None:
        raise AppwriteError("provider_not_found")
    return provider


def find_topic(topic_id: str) -> Topic:
    """Return the topic, or raise 404 `topic_not_found`."""
    topic = Topic.objects.filter(id=topic_id).first()
    if topic is None:
        raise AppwriteError("topic_not_found")
    return topic


def find_message(message_id: str) -> Message:
    """Send messages that are due. Then return the message, or raise 404 `message_not_found`."""
    delivery.send_due()
    message = Message.objects.filter(id=message_id).first()
    if message is None:
        raise AppwriteError("message_not_found")
    return message
