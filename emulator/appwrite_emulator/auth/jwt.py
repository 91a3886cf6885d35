"""JSON Web Tokens, signed with HS256 by the project's own secret."""

import base64
import hashlib
import hmac
import json
from typing import Any

from appwrite_emulator.common import clock

_HEADER = {"typ": "JWT", "alg": "HS256"}


def encode(claims: dict[str, Any], secret: str, seconds: float) -> str:
    """Return a signed token with these claims, valid for `seconds`."""
    claims = {**claims, "exp": int(clock.now().timestamp() + seconds)}
    signed = ".".join(_base64(json.dumps(part, separators=(",", ":")).encode()) for part in (_HEADER, claims))
    return f"{signed}.{_signature(signed, secret)}"


def decode(token: str, secret: str) -> dict[str, Any]:
    """Return the claims of a token; raise ValueError if the signature is wrong or it has expired."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(signed, secret).encode(), signature.encode()):
        raise ValueError("not signed by this project")
    payload = signed.partition(".")[2]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    if claims["exp"] <= clock.now().timestamp():
        raise ValueError("expired")
    return claims


def _signature(signed: str, secret: str) -> str:
    return _base64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
