"""A seed for the emulator's project: the site's API key and web platforms.

For a deployed site, an administrator creates the API key and the platforms in Appwrite (docs/deploy.md).
"""

from typing import Any

from django.conf import settings

KEY_SCOPES = (
    "users.read",
    "users.write",
    "sessions.write",
    "teams.read",
    "teams.write",
    "databases.read",
    "databases.write",
    "tables.read",
    "tables.write",
    "columns.read",
    "columns.write",
    "indexes.read",
    "indexes.write",
    "rows.read",
    "rows.write",
    "buckets.read",
    "buckets.write",
    "files.read",
    "files.write",
    "providers.read",
    "topics.read",
    "topics.write",
    "subscribers.read",
    "subscribers.write",
    "targets.write",
    "messages.read",
    "messages.write",
)
"""All scopes of the site's API key. The emulator checks them, so a call that needs a missing scope fails in tests."""

PLATFORMS = ("localhost", "127.0.0.1")
"""Host names allowed in sign-in links."""


def seed() -> dict[str, Any]:
    """Return the seed, which `POST /_emulator/import` adds to the project."""
    return {
        "format": "appwrite-emulator/1",
        "providers": [
            {
                **{"$id": "local", "name": "Local mail", "provider": "smtp", "type": "email", "enabled": True},
                "options": {
                    "fromName": "BISO posts",
                    "fromEmail": "posts@example.com",
                    "replyToName": "",
                    "replyToEmail": "",
                },
            }
        ],
        "project": {
            "platforms": [{"name": host, "hostname": host} for host in PLATFORMS],
            "keys": [{"name": "Site", "secret": settings.APPWRITE_API_KEY, "scopes": list(KEY_SCOPES)}],
        },
    }
