"""E-mails, text messages and push messages. A message can be a draft, scheduled, or sent immediately."""

import datetime
from collections.abc import Iterable
from typing import Any

from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Bucket, File, Message, Target
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import (
    Boolean,
    CompoundId,
    Datetime,
    Id,
    Integer,
    ListOf,
    NewId,
    Param,
    StoredJson,
    Text,
    accepts,
)
from appwrite_emulator.mail import delivery
from appwrite_emulator.services import lists
from appwrite_emulator.services.messaging.lookup import find_message

ATTRIBUTES = lists.attributes(
    Message,
    scheduledAt="scheduled_at",
    deliveredAt="delivered_at",
    deliveredTotal="delivered_total",
    status="status",
    providerType="provider_type",
)
TARGET_QUERIES = lists.attributes(
    Target, userId="user", providerId="provider_id", identifier="identifier", providerType="provider_type"
)
MAX_TEXT = 64230
UNLIMITED = 0
PUSH_IMAGE_TYPES = ("image/png", "image/jpeg")
IMAGE_TTL = datetime.timedelta(days=15)

IDS = ListOf(Id(), UNLIMITED)
NO_IDS = ListOf(Id(), UNLIMITED, default=())
FILES = ListOf(CompoundId(), UNLIMITED)
FILE = CompoundId()

# Parameters of every message type, for create and for update.
CREATE_PARAMETERS: dict[str, Param] = {
    "message_id": NewId(required=True),
    "topics": NO_IDS,
    "users": NO_IDS,
    "targets": NO_IDS,
    "draft": Boolean(strict=True, default=False),
    "scheduled_at": Datetime(future=True),
}
UPDATE_PARAMETERS: dict[str, Param] = {
    "topics": IDS,
    "users": IDS,
    "targets": IDS,
    "draft": Boolean(strict=True),
    "scheduled_at": Datetime(future=True),
}
# Parameters of a push message, except image and badge.
PUSH_PARAMETERS: dict[str, Param] = {
    "title": Text(256),
    "body": Text(MAX_TEXT),
    "data": StoredJson(),
    "action": Text(256),
    "icon": Text(256),
    "sound": Text(256),
    "color": Text(256),
    "tag": Text(256),
}
PRIORITIES = ("normal", "high")


# -- create ------------------------------------------------------------------------------------------------------------


@accepts(
    **CREATE_PARAMETERS,
    subject=Text(998, required=True),
    content=Text(MAX_TEXT, required=True),
    cc=NO_IDS,
    bcc=NO_IDS,
    attachments=ListOf(CompoundId(), UNLIMITED, default=()),
    html=Boolean(strict=True, default=False),
)
def create_email(
    request: Request,
    *,
    subject: str,
    content: str,
    cc: list[str],
    bcc: list[str],
    attachments: list[tuple[str, str]],
    html: bool,
    **fields: Any,
) -> dict[str, Any]:
    """POST /messaging/messages/email. `cc` and `bcc` are also target IDs."""
    message = _new_message("email", more_targets=[*cc, *bcc], **fields)
    message.data = {
        "subject": subject,
        "content": content,
        "html": html,
        "cc": list(cc),
        "bcc": list(bcc),
        "attachments": _attachments(attachments),
    }
    return _save_and_send(message)


@accepts(**CREATE_PARAMETERS, content=Text(MAX_TEXT, required=True))
def create_sms(request: Request, *, content: str, **fields: Any) -> dict[str, Any]:
    """POST /messaging/messages/sms. As on the real server, the response does not contain the scheduled time."""
    message = _new_message("sms", **fields)
    message.scheduled_at = None
    message.data = {"content": content}
    return _save_and_send(message)


@accepts(
    **CREATE_PARAMETERS,
    **PUSH_PARAMETERS,
    image=FILE,
    badge=Integer(default=-1),
    content_available=Boolean(strict=True, default=False),
    critical=Boolean(strict=True, default=False),
    priority=Text(choices=PRIORITIES, any_case=True, default="high"),
)
def create_push(request: Request, *, image: tuple[str, str] | None, badge: int, **fields: Any) -> dict[str, Any]:
    """POST /messaging/messages/push. Empty values and negative badges are not stored."""
    message = _new_message("push", **{name: fields.pop(name) for name in CREATE_PARAMETERS})
    fields["image"] = _push_image(request, image, message.scheduled_at) if image else None
    message.data = {camel(name): value for name, value in fields.items() if value}
    if badge >= 0:
        message.data["badge"] = badge
    return _save_and_send(message)


def _new_message(
    kind: str,
    *,
    message_id: str,
    topics: list[str],
    users: list[str],
    targets: list[str],
    draft: bool,
    scheduled_at: datetime.datetime | None,
    more_targets: Iterable[str] = (),
) -> Message:
    """Check the message's recipients (`targets` and `more_targets`). Return a new, unsaved message without content."""
    status = _status(draft, scheduled_at)
    if status != "draft" and not (topics or users or targets):
        raise AppwriteError("message_missing_target")
    target_ids = [*targets, *more_targets]
    if Target.objects.filter(id__in=target_ids, provider_type=kind).count() != len(target_ids):
        raise AppwriteError(f"message_target_not_{kind}")
    return Message(
        id=message_id,
        provider_type=kind,
        topics=list(topics),
        users=list(users),
        targets=list(targets),
        status=status,
        scheduled_at=scheduled_at,
        due_at=scheduled_at,
    )


def _status(draft: bool | None, scheduled_at: datetime.datetime | None) -> str:
    if draft:
        return "draft"
    return "scheduled" if scheduled_at else "processing"


def _save_and_send(message: Message) -> dict[str, Any]:
    """Save the message, and send it if it is due. As on the real server, the response has the status "processing"."""
    if Message.objects.filter(id=message.id).exists():
        raise AppwriteError("message_already_exists")
    message.save()
    model = responses.message(message)
    if message.status == "processing":
        delivery.send(message)
    return model


def _attachments(files: list[tuple[str, str]]) -> list[dict[str, str]]:
    stored = [_find_file(bucket_id, file_id) for bucket_id, file_id in files]
    return [{"bucketId": file.bucket.id, "fileId": file.id} for file in stored]


def _push_image(request: Request, image: tuple[str, str], scheduled_at: datetime.datetime | None) -> dict[str, str]:
    """Return the image with a public URL, which expires 15 days after the message is sent."""
    file = _find_file(*image, missing="storage_bucket_not_found")
    if file.mime_type not in PUSH_IMAGE_TYPES:
        raise AppwriteError("storage_file_type_unsupported")
    wait = scheduled_at - clock.now() if scheduled_at else datetime.timedelta()
    claims = {"bucketId": file.bucket.id, "fileId": file.id, "projectId": request.project.id}
    token = jwt.encode(claims, request.project.jwt_secret, (wait + IMAGE_TTL).total_seconds())
    path = f"storage/buckets/{file.bucket.id}/files/{file.id}/push?project={request.project.id}&jwt={token}"
    return {"bucketId": file.bucket.id, "fileId": file.id, "url": f"{request.endpoint}/{path}"}


def _find_file(bucket_id: str, file_id: str, missing: str = "storage_file_not_found") -> File:
    """Return the file without checking permissions.

    `missing`: error type if the file does not exist. For a push message's image, the real server reports a missing
    bucket instead of a missing file.
    """
    bucket = Bucket.objects.filter(id=bucket_id).first()
    if bucket is None:
        raise AppwriteError("storage_bucket_not_found")
    file = bucket.files.select_related("bucket").filter(id=file_id).first()
    if file is None:
        raise AppwriteError(missing)
    return file


# -- update ------------------------------------------------------------------------------------------------------------


@accepts(
    **UPDATE_PARAMETERS,
    subject=Text(998),
    content=Text(MAX_TEXT),
    cc=IDS,
    bcc=IDS,
    attachments=FILES,
    html=Boolean(strict=True),
)
def update_email(
    request: Request, *, message_id: str, attachments: list[tuple[str, str]] | None, **fields: Any
) -> dict[str, Any]:
    """PATCH /messaging/messages/email/{messageId}. Omitted parameters stay unchanged.

    As on the real server, this does not check whether the message and its new targets have the same type.
    """
    message = _find_and_update(message_id, **{name: fields.pop(name) for name in UPDATE_PARAMETERS})
    fields["attachments"] = None if attachments is None else _attachments(attachments)
    return _update_content(message, fields)


@accepts(**UPDATE_PARAMETERS, content=Text(MAX_TEXT))
def update_sms(request: Request, *, message_id: str, content: str | None, **fields: Any) -> dict[str, Any]:
    """PATCH /messaging/messages/sms/{messageId}."""
    return _update_content(_find_and_update(message_id, **fields), {"content": content})


@accepts(
    **UPDATE_PARAMETERS,
    **PUSH_PARAMETERS,
    image=FILE,
    badge=Integer(),
    content_available=Boolean(strict=True),
    critical=Boolean(strict=True),
    priority=Text(choices=PRIORITIES, any_case=True),
)
def update_push(request: Request, *, message_id: str, image: tuple[str, str] | None, **fields: Any) -> dict[str, Any]:
    """PATCH /messaging/messages/push/{messageId}."""
    message = _find_and_update(message_id, **{name: fields.pop(name) for name in UPDATE_PARAMETERS})
    fields["image"] = _push_image(request, image, message.scheduled_at) if image else None
    return _update_content(message, fields)


FINISHED_ERRORS = {"sent": "message_already_sent", "failed": "message_already_failed"}


def _find_and_update(
    message_id: str,
    *,
    topics: list[str] | None,
    users: list[str] | None,
    targets: list[str] | None,
    draft: bool | None,
    scheduled_at: datetime.datetime | None,
) -> Message:
    """Set the message's new recipients and time. Return it unsaved, still with its old content."""
    message = find_message(message_id)
    former_status = message.status
    if draft is not None or scheduled_at is not None:
        message.status = _status(draft, scheduled_at)
    message.topics = message.topics if topics is None else topics
    message.users = message.users if users is None else users
    message.targets = message.targets if targets is None else targets
    if message.status != "draft" and not (message.topics or message.users or message.targets):
        raise AppwriteError("message_missing_target")
    if former_status in FINISHED_ERRORS:
        raise AppwriteError(FINISHED_ERRORS[former_status])
    if message.status == "scheduled" and not (scheduled_at or message.scheduled_at):
        raise AppwriteError("message_missing_schedule")
    if message.scheduled_at and message.scheduled_at < clock.now():
        raise AppwriteError("message_already_scheduled")
    if scheduled_at:
        message.scheduled_at = message.due_at = scheduled_at
    return message


def _update_content(message: Message, fields: dict[str, Any]) -> dict[str, Any]:
    """Save the message with the new content, and send it if it is due."""
    message.data |= {camel(name): value for name, value in fields.items() if value is not None}
    message.updated_at = clock.now()
    message.save()
    model = responses.message(message)
    if message.status == "processing":
        delivery.send(message)
    return model


# -- all types ---------------------------------------------------------------------------------------------------------


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_messages(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /messaging/messages. `search` matches words in the ID, status, type, subject, content and title."""
    delivery.send_due()
    page = lists.page(Message.objects.all(), queries, ATTRIBUTES, search=search, searched=("search",), total=total)
    return {"total": page.total, "messages": [responses.message(message) for message in page.items]}


def get_message(request: Request, *, message_id: str) -> dict[str, Any]:
    """GET /messaging/messages/{messageId}."""
    return responses.message(find_message(message_id))


@accepts(queries=lists.Queries(TARGET_QUERIES), total=Boolean(default=True))
def list_targets(request: Request, *, message_id: str, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /messaging/messages/{messageId}/targets: list only the message's own `targets`."""
    targets = Target.objects.filter(id__in=find_message(message_id).targets)
    page = lists.page(targets, queries, TARGET_QUERIES, total=total)
    return {"total": page.total, "targets": [responses.target(target) for target in page.items]}


def delete(request: Request, *, message_id: str) -> None:
    """DELETE /messaging/messages/{messageId}. Deleting a scheduled message cancels it.

    A scheduled text message cannot be deleted. It has no `scheduledAt`, which the real server treats as a time in the
    past.
    """
    message = find_message(message_id)
    if message.status == "scheduled" and message.scheduled_at is None:
        raise AppwriteError("message_already_scheduled")
    request.add_change(responses.message(message))
    message.delete()
