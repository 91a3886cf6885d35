"""Deliver messages: find their recipients, and store the messages in the inbox.

The recipients, the provider and the reported errors are determined as in the real server's worker
(src/Appwrite/Platform/Workers/Messaging.php).
"""

import json
from collections.abc import Iterable
from email.errors import HeaderParseError
from email.headerregistry import Address

from appwrite_emulator.common import clock
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Bucket, File, Mail, Message, Provider, Target
from appwrite_emulator.mail import messages


class DeliveryError(Exception):
    """Delivery failed. The exception's text is stored as the message's delivery error."""


def send_due() -> None:
    """Send the scheduled messages that are due.

    The emulator has no scheduler for messages. Instead, this function runs when messages or the inbox are read.
    """
    due = Message.objects.filter(status="scheduled", due_at__lte=clock.now())
    if due.exists():
        with state.writing():
            for message in due.order_by("due_at"):
                send(message)


def send(message: Message) -> None:
    """Deliver the message to the inbox, once per recipient, and store its status and errors."""
    try:
        message.delivered_total = _deliver(message, _recipients(message))
        message.status, message.delivered_at = "sent", clock.now()
    except DeliveryError as error:
        message.status, message.delivery_errors = "failed", [str(error)]
    message.updated_at = clock.now()
    message.save()


def _recipients(message: Message) -> list[Target]:
    """Return the targets of the message's type: its topics' subscribers, its users' targets, and its own targets.

    Raise DeliveryError if there are none.
    """
    channel = message.provider_type
    targets = Target.objects.filter(provider_type=channel).select_related("user")
    recipients = [
        *targets.filter(subscriptions__topic_id__in=message.topics),
        *targets.filter(user_id__in=message.users),
        *targets.filter(id__in=message.targets),
    ]
    if not recipients:
        raise DeliveryError("No valid recipients found.")
    return recipients


def _deliver(message: Message, targets: list[Target]) -> int:
    """Deliver through each target's provider, once per address, number or device. Return the number of deliveries."""
    channel = message.provider_type
    enabled = {each.id: each for each in Provider.objects.filter(type=channel, enabled=True).order_by("created_at")}
    if not enabled:
        raise DeliveryError("No enabled provider found.")
    first = next(iter(enabled.values()))
    targets_by_provider: dict[str, dict[str, Target]] = {}
    for target in targets:
        targets_by_provider.setdefault(enabled.get(target.provider_id or "", first).id, {})[target.identifier] = target
    deliver = {"email": _deliver_email, "sms": _deliver_text_message, "push": _deliver_push}[channel]
    return sum(
        deliver(message, enabled[provider_id], list(to.values())) for provider_id, to in targets_by_provider.items()
    )


def _deliver_email(message: Message, provider: Provider, to: list[Target]) -> int:
    """Deliver an e-mail. Return the number of recipients, which includes cc and bcc only for SMTP providers."""
    options, data = provider.options, message.data
    cc, bcc = _targets(data.get("cc", [])), _targets(data.get("bcc", []))
    sender = _parse_address(options["fromName"], options["fromEmail"])
    reply_to = _parse_address(
        options["replyToName"] or sender.display_name, options["replyToEmail"] or sender.addr_spec
    )
    files = [_find_file(each) for each in data.get("attachments", [])]
    for target in (*to, *cc, *bcc):
        messages.send_message(message, target, sender=sender, reply_to=reply_to, cc=cc, files=files)
    return len(to) + len(cc) + len(bcc) if provider.provider == "smtp" else len(to)


def _parse_address(name: str, address: str) -> Address:
    try:
        return Address(name, addr_spec=address)
    except (ValueError, HeaderParseError):
        raise DeliveryError(f"Failed sending to targets with error: {address!r} is not an e-mail address.") from None


def _targets(target_ids: Iterable[str]) -> list[Target]:
    return list(Target.objects.filter(id__in=target_ids).select_related("user"))


def _find_file(attachment: dict[str, str]) -> File:
    bucket = Bucket.objects.filter(id=attachment["bucketId"]).first()
    file = bucket.files.filter(id=attachment["fileId"]).first() if bucket else None
    if file is None:
        raise DeliveryError("Failed sending to targets with error: an attached file no longer exists.")
    return file


def _deliver_text_message(message: Message, provider: Provider, to: list[Target]) -> int:
    text = message.data["content"]
    for target in to:
        Mail.objects.create(
            kind="sms",
            recipient=target.user.name,
            to=target.identifier,
            sender=provider.options.get("from", ""),
            subject=text,
            text=text,
            source=text,
            message_id=message.id,
        )
    return len(to)


def _deliver_push(message: Message, provider: Provider, to: list[Target]) -> int:
    """Deliver a push message. Devices show the title and the body. Everything else is data for the app."""
    title, body = message.data.get("title", ""), message.data.get("body", "")
    data = {name: value for name, value in message.data.items() if name not in ("title", "body")}
    for target in to:
        Mail.objects.create(
            kind="push",
            recipient=", ".join(filter(None, (target.user.name, target.name))),
            to=target.identifier,
            sender=provider.name,
            subject=title or body,
            text=body,
            source=json.dumps(message.data, ensure_ascii=False, indent=2),
            data=data,
            message_id=message.id,
        )
    return len(to)
