"""An Appwrite for development and tests: the REST API of Appwrite 1.9.6 with state, permissions, expiry and errors.

Run it with `python -m appwrite_emulator`. It knows neither the site beside it nor the SDK; both meet it over HTTP.
"""

VERSION = "1.9.6"
"""The Appwrite whose answers this server gives."""

SITE_KEY = "standard_biso_site_local_key"
"""The API key of the seeded project that has exactly the scopes the site asks for (README)."""

SITE_KEY_SCOPES = (
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
