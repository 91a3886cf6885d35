"""Routes of the Webhooks service, which manages the URLs that receive events."""

from appwrite_emulator.http.route import Route
from appwrite_emulator.services import webhooks

WEBHOOK = "webhooks/<webhook_id>"

# fmt: off
ROUTES = (
    Route("GET", "webhooks", webhooks.list_,
          operation="webhooks.list", scope="webhooks.read", model="WebhookList"),
    Route("POST", "webhooks", webhooks.create,
          operation="webhooks.create", scope="webhooks.write", model="Webhook"),
    Route("GET", WEBHOOK, webhooks.get,
          operation="webhooks.get", scope="webhooks.read", model="Webhook"),
    Route("PUT", WEBHOOK, webhooks.update,
          operation="webhooks.update", scope="webhooks.write", model="Webhook"),
    Route("DELETE", WEBHOOK, webhooks.delete,
          operation="webhooks.delete", scope="webhooks.write"),
    Route("PATCH", f"{WEBHOOK}/secret", webhooks.update_secret,
          operation="webhooks.updateSecret", scope="webhooks.write", model="Webhook"),
)
