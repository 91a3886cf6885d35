"""Time-based one-time passwords (RFC 6238) as authenticator apps show them: six digits, half a minute each, SHA-1."""

import base64
import hashlib
import hmac
import secrets
import struct
from urllib.parse import quote

from appwrite_emulator import clock

PERIOD = 30


def new_secret() -> str:
    """64 random bytes in base32, without padding."""
    return base64.b32encode(secrets.token_bytes(64)).decode().rstrip("=")


def uri(secret: str, issuer: str, label: str) -> str:
    """What an authenticator app scans."""
    return f"otpauth://totp/{quote(f'{issuer}:{label}', safe='')}?issuer={quote(issuer, safe='')}&secret={secret}"


def matches(secret: str, code: str) -> bool:
    """Whether `code` is the one of this half minute; the one before counts no more, as in Appwrite."""
    return hmac.compare_digest(_code(secret, int(clock.now().timestamp()) // PERIOD).encode(), code.encode())


def _code(secret: str, step: int) -> str:
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[at : at + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"
