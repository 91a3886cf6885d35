"""Webhooks: URLs to which events are delivered. `appwrite_emulator.webhooks` delivers them."""

import secrets
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Webhook
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, ListOf, NewId, Param, ParameterError, Text, Url, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.event_patterns import EventPattern

ATTRIBUTES = lists.attributes(
    Webhook,
    name="name",
    url="url",
    authUsername="auth_username",
    tls="tls",
    events="events",
    enabled="enabled",
    logs="logs",
    attempts="attempts",
)


class WebUrl(Url):
    """An HTTP or HTTPS URL."""

    description = "Value must be a valid URL with following schemes (http, https)"

    def clean(self, value: Any) -> str:
        url = super().clean(value)
        if not url.lower().startswith(("http://", "https://")):
            raise ParameterError
        return url


SETTINGS: dict[str, Param] = {
    "name": Text(128, required=True),
    "url": WebUrl(required=True),
    "events": ListOf(EventPattern(), required=True),
    "enabled": Boolean(strict=True, default=True),
    "tls": Boolean(strict=True, default=False),
    "auth_username": Text(256, min=0, default=""),
    "auth_password": Text(256, min=0, default=""),
}
SECRET = Text(256, min=8)


@accepts(webhook_id=NewId(required=True), **SETTINGS, secret=SECRET)
def create(request: Request, *, webhook_id: str, secret: str | None, **settings: Any) -> dict[str, Any]:
    """POST /webhooks. Only this response and the response to `update_secret` show the secret."""
    if Webhook.objects.filter(id=webhook_id).exists():
        raise AppwriteError("webhook_already_exists")
    webhook = request.project.webhooks.create(id=webhook_id, secret=secret or _new_secret(), **settings)
    return responses.webhook(webhook, with_secret=True)


@accepts(queries=lists.Queries(ATTRIBUTES), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /webhooks."""
    page = lists.page(request.project.webhooks.all(), queries, ATTRIBUTES, total=total)
    return {"total": page.total, "webhooks": [responses.webhook(webhook) for webhook in page.items]}


def get(request: Request, *, webhook_id: str) -> dict[str, Any]:
    """GET /webhooks/{webhookId}."""
    return responses.webhook(_find(request, webhook_id))


@accepts(**SETTINGS)
def update(request: Request, *, webhook_id: str, **settings: Any) -> dict[str, Any]:
    """PUT /webhooks/{webhookId}. Omitted parameters are reset to their defaults.

    Enabling the webhook resets its failure count.
    """
    webhook = _find(request, webhook_id)
    for name, value in settings.items():
        setattr(webhook, name, value)
    webhook.attempts = 0 if webhook.enabled else webhook.attempts
    return responses.webhook(_save(webhook))


@accepts(secret=SECRET)
def update_secret(request: Request, *, webhook_id: str, secret: str | None) -> dict[str, Any]:
    """PATCH /webhooks/{webhookId}/secret: set the given secret, or generate one."""
    webhook = _find(request, webhook_id)
    webhook.secret = secret or _new_secret()
    return responses.webhook(_save(webhook), with_secret=True)


def delete(request: Request, *, webhook_id: str) -> None:
    """DELETE /webhooks/{webhookId}."""
    _find(request, webhook_id).delete()


def _find(request: Request, webhook_id: str) -> Webhook:
    webhook = request.project.webhooks.filter(id=webhook_id).first()
    if webhook is None:
        raise AppwriteError("webhook_not_found")
    return webhook


def _save(webhook: Webhook) -> Webhook:
    webhook.updated_at = clock.now()
    webhook.save()
    return webhook


def _new_secret() -> str:
    return secrets.token_hex(64)
