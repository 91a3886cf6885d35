"""The site's part of the emulator's project: its API key and its web platforms, as a seed.

A deployed site has both in Appwrite (docs/deploy.md).
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
)
"""All scopes of the site's API key. A call that needs another one fails in tests, and not only in production."""

PLATFORMS = ("localhost", "127.0.0.1")
"""Hosts that sign-in links may lead to."""


def seed() -> dict[str, Any]:
    """Return a seed with the key and the platforms, which `POST /_emulator/import` adds to the project."""
    return {
        "format": "appwrite-emulator/1",
        "project": {
            "platforms": [{"name": host, "hostname": host} for host in PLATFORMS],
            "keys": [{"name": "Site", "secret": settings.APPWRITE_API_KEY, "scopes": list(KEY_SCOPES)}],
        },
    }
