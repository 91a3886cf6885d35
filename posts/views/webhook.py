"""The webhook that Appwrite calls after a write, so that readers immediately see changes by other clients."""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.ids import is_id
from core.next_url import absolute
from core.revalidation import revalidate as change_generation
from posts import due_times, models, policy, withdrawn
from posts.row_mapping import time_of
from posts.schema import POSTS

# In bytes. A row with the longest possible text takes 1.3 MB if every character is escaped.
MAX_BODY = 2 * 1024 * 1024


@never_cache
@csrf_exempt  # the signature authenticates the sender
@require_POST
def revalidate(request: HttpRequest) -> HttpResponse:
    """Invalidate all cached copies.

    Return 404 unless APPWRITE_WEBHOOK_KEY is set, 403 if the request was not signed with this key, and 413 if the body
    is too long.
    """
    if not settings.APPWRITE_WEBHOOK_KEY:
        raise Http404
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_BODY:
        return HttpResponse(status=413)
    if not hmac.compare_digest(_signature(request), request.headers.get("X-Appwrite-Webhook-Signature", "").encode()):
        return HttpResponse(status=403)
    if _note_write(request):
        change_generation()
    return HttpResponse(status=204)


def _signature(request: HttpRequest) -> bytes:
    """Return the base64 HMAC-SHA1 of the webhook's URL and the body, as in Appwrite 1.9.6 (Workers/Webhooks.php)."""
    signed = absolute(request, reverse("revalidate")).encode() + request.body
    return base64.b64encode(hmac.new(settings.APPWRITE_WEBHOOK_KEY.encode(), signed, hashlib.sha1).digest())


def _note_write(request: HttpRequest) -> bool:
    """Store whether readers can still see the written post. Return whether cached copies are now stale.

    Ignore a write to a post that is already known to be hidden, because drafts are saved every few seconds while a
    person types.
    """
    written = _post(request)
    if written is None:
        return True  # an event from another table
    post_id, version, is_public = written
    if is_public:
        withdrawn.readmit(post_id, version)
        return True
    if withdrawn.among([post_id]):
        return False
    withdrawn.add(post_id, version)
    return True


def _post(request: HttpRequest) -> tuple[str, datetime, bool] | None:
    """Return the written post's id and version, and whether everyone can read it now.

    Return None if the event is not about a post.
    """
    try:
        row: Any = json.loads(request.body)
        version = datetime.fromisoformat(row["$updatedAt"])
    except (ValueError, TypeError, KeyError):
        return None
    if row.get("$tableId") != POSTS or not is_id(str(row.get("$id"))) or version.tzinfo is None:
        return None
    if scheduled_at := time_of(row.get("scheduledAt")):
        due_times.expect(scheduled_at)
    events = request.headers.get("X-Appwrite-Webhook-Events", "").split(",")
    is_deleted = any(event.endswith(".delete") for event in events)
    is_public = row.get("status") == models.PUBLISHED and policy.READ_BY_EVERYONE in (row.get("$permissions") or ())
    return str(row["$id"]), version, is_public and not is_deleted
