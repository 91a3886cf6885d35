"""Delivery of events to webhooks, in the background.

The emulator only delivers to this computer, so that tests never call a real service.
"""

import base64
import hashlib
import hmac
import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db import connection
from django.db.models.signals import post_save

from appwrite_emulator.common import events, php_json, project_state
from appwrite_emulator.common.events import Event
from appwrite_emulator.common.hosts import LOOPBACK
from appwrite_emulator.common.http_client import CallError, Calls
from appwrite_emulator.common.project_state import PerProject, ProjectClosedError, ProjectState
from appwrite_emulator.db import state
from appwrite_emulator.db.models import Webhook

TIMEOUT = 15.0
"""Maximum duration of a delivery, in seconds."""
MAX_ATTEMPTS = 10
"""Number of consecutive failed deliveries after which a webhook is disabled."""
MAX_LOGGED_BODY = 10_000
# A server built from Appwrite's repository has this version (Dockerfile) and this address (.env).
USER_AGENT = "Appwrite-Server vdev. Please report abuse at security@appwrite.io"
NOT_ALLOWED = "The emulator delivers only to 127.0.0.1, localhost and ::1."

log = logging.getLogger(__name__)


class _Deliveries:
    """The deliveries of one project.

    Each project has its own thread, so that a slow receiver delays only this project.
    """

    def __init__(self) -> None:
        self.worker = ThreadPoolExecutor(1, "webhooks")  # a single thread, so that events arrive in order
        self.calls = Calls()


_deliveries = PerProject(_Deliveries)


@dataclass
class _Watch:
    has_webhooks: bool = False
    """False if the project has no webhooks. Events are then ignored, which keeps writes fast."""


_watch = PerProject(_Watch)


def start(projects: Iterable[ProjectState]) -> None:
    """Start listening to events."""
    events.listen(_on_event, lambda: _watch().has_webhooks)
    post_save.connect(_webhook_saved, sender=Webhook)
    for project in projects:
        with project.use():
            notice_webhooks()


@state.on_reset
def notice_webhooks() -> None:
    """Check whether the current project has webhooks. Call this after a start, reset or import."""
    _watch().has_webhooks = Webhook.objects.exists()


@project_state.on_close
def stop() -> None:
    """Drop the queued deliveries, and abort any running delivery."""
    if deliveries := _deliveries.pop():
        deliveries.worker.shutdown(wait=False, cancel_futures=True)
        deliveries.calls.end()
        deliveries.worker.shutdown()


def _webhook_saved(**_: Any) -> None:
    _watch().has_webhooks = True


def _on_event(event: Event) -> None:
    """Queue a delivery to each webhook with a matching pattern. This runs on the thread that made the write."""
    if project_state.current().is_closed:
        return  # a delivery queued now would still run after the project has been closed
    names = set(event.names)
    for webhook in Webhook.objects.filter(enabled=True):
        if not names.isdisjoint(webhook.events):
            deliveries = _deliveries()
            deliver = partial(_deliver, project_state.current(), deliveries.calls, webhook.id, event)
            with suppress(RuntimeError):  # the project has been closed in the meantime
                deliveries.worker.submit(deliver)


def _deliver(project: ProjectState, calls: Calls, webhook_id: str, event: Event) -> None:
    with suppress(ProjectClosedError), project.use():
        try:
            webhook = Webhook.objects.filter(id=webhook_id, enabled=True).first()
            if webhook:
                failure = _send(calls, webhook, event)
                if not calls.has_ended:
                    _store(webhook, failure)
        except Exception:
            log.exception("The webhook %s could not be delivered", webhook_id)
        finally:
            connection.close()


def _store(webhook: Webhook, failure: str) -> None:
    """Count a failed delivery. A successful delivery resets the count.

    After too many failures, disable the webhook.
    """
    attempts = webhook.attempts + 1 if failure else 0
    fields: dict[str, Any] = {"attempts": attempts}
    if failure:
        fields |= {"logs": failure, "enabled": attempts < MAX_ATTEMPTS}
    with state.writing():
        Webhook.objects.filter(pk=webhook.pk).update(**fields)


def _send(calls: Calls, webhook: Webhook, event: Event) -> str:
    """POST the event's payload to the webhook. Return the reason for a failure, or "" on success."""
    request = f"URL: {webhook.url}\nMethod: POST\n"
    payload = php_json.dumps(php_json.as_stored(event.payload), ensure_ascii=True)
    parts = urlsplit(webhook.url)
    if parts.hostname not in LOOPBACK:
        return f"{request}CURL Error: {NOT_ALLOWED}\n"
    try:
        response = calls.send(
            "POST",
            parts,
            _headers(webhook, event, payload),
            payload.encode(),
            seconds=TIMEOUT,
            max_size=MAX_LOGGED_BODY,
            verify=webhook.tls,
        )
    except CallError as error:
        return f"{request}CURL Error: {error}\nEvents: {', '.join(event.names)}\n"
    body = response.content.decode("utf-8", "replace")
    return f"{request}Status code: {response.status}\nBody: \n{body}\n" if response.status >= 400 else ""


def _headers(webhook: Webhook, event: Event, payload: str) -> dict[str, str]:
    signed = (unquote(webhook.url) + payload).encode()
    signature = hmac.new(webhook.secret.encode(), signed, hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-Appwrite-Webhook-Id": webhook.id,
        "X-Appwrite-Webhook-Events": ",".join(event.names),
        "X-Appwrite-Webhook-Name": webhook.name,
        "X-Appwrite-Webhook-User-Id": event.user_id,
        "X-Appwrite-Webhook-Project-Id": event.project_id,
        "X-Appwrite-Webhook-Signature": base64.b64encode(signature).decode(),
    }
    if webhook.auth_username and webhook.auth_password:
        credentials = base64.b64encode(f"{webhook.auth_username}:{webhook.auth_password}".encode()).decode()
        headers["Authorization"] = f"Basic {credentials}"
    return {name: value.encode().decode("latin-1") for name, value in headers.items()}
