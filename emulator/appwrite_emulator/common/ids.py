"""IDs, secrets and codes."""

import re
import secrets

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
"""Pattern of an Appwrite ID: at most 36 letters, digits and `._-`, starting with a letter or digit."""
DESCRIPTION = (
    "UID must contain at most 36 chars. Valid chars are a-z, A-Z, 0-9, and underscore. "
    "Can't start with a leading underscore"
)
"""Appwrite's message if an ID is invalid."""


def unique() -> str:
    """Return a new ID like those that Appwrite generates for `unique()`: 20 hex digits."""
    return secrets.token_hex(10)


def secret(length: int) -> str:
    """Return `length` random hex digits."""
    return secrets.token_hex((length + 1) // 2)[:length]


def code(length: int = 6) -> str:
    """Return `length` random decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(length))
