"""Ids and secrets."""

import re
import secrets

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,35}")
"""What Appwrite takes as an id: at most 36 letters, digits and `._-`, not beginning with a sign."""


def unique() -> str:
    """A fresh id, as Appwrite makes one for `unique()`: 20 hex digits."""
    return secrets.token_hex(10)


def secret(length: int) -> str:
    """A random text of `length` hex digits."""
    return secrets.token_hex((length + 1) // 2)[:length]


def code(length: int = 6) -> str:
    """A random text of decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(length))
