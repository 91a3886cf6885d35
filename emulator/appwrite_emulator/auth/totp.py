"""Time-based one-time passwords (RFC 6238) as authenticator apps show them: six digits, 30 seconds, SHA-1."""

import base64
import hmac
import secrets
from urllib.parse import quote

from appwrite_emulator.common import clock


def new_secret() -> str:
    """Return 64 random bytes in base32, without padding."""
    return base64.b32encode(secrets.token_bytes(64)).decode().rstrip("=")


def uri(secret: str, issuer: str, label: str) -> str:
    """Return the `otpauth:` URI for an authenticator app. pyotp's URI is not used: its order and escaping differ."""
    return f"otpauth://totp/{quote(f'{issuer}:{label}', safe='')}?issuer={quote(issuer, safe='')}&secret={secret}"


def matches(secret: str, code: str) -> bool:
    """Return whether `code` is the current code. As in Appwrite, the previous code is not accepted."""
    from pyotp import TOTP

    return hmac.compare_digest(TOTP(secret).at(clock.now()).encode(), code.encode())
