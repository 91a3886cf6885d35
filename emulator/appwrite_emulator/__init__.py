"""An Appwrite emulator for development and tests: the REST API of Appwrite 1.9.6 with state, permissions and expiry.

Run it with `python -m appwrite_emulator`. It is independent of the site and the SDK; both use it over HTTP.
"""

VERSION = "1.9.6"
"""The Appwrite version whose responses are emulated."""

SITE_KEY = "standard_biso_site_local_key"
"""API key of the seeded project, with exactly the scopes the site needs (README)."""

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
