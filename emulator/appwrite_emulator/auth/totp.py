"""Time-based one-time passwords (RFC 6238) as authenticator apps show them: six digits, 30 seconds, SHA-1."""

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

from appwrite_emulator.common import clock

PERIOD = 30


def new_secret() -> str:
    """Return 64 random bytes in base32, without padding."""
    return base64.b32encode(secrets.token_bytes(64)).decode().rstrip("=")


def uri(secret: str, issuer: str, label: str) -> str:
    """Return the `otpauth:` URI for an authenticator app."""
    return f"otpauth://totp/{quote(f'{issuer}:{label}', safe='')}?issuer={quote(issuer, safe='')}&secret={secret}"


def matches(secret: str, code: str) -> bool:
    """Return whether `code` is the current one. As in Appwrite, the previous one is not accepted."""
    return hmac.compare_digest(_code(secret, int(clock.now().timestamp()) // PERIOD).encode(), code.encode())


def _code(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[at : at + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"
