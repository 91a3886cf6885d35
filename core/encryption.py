"""Encryption of short strings that leave this process: tokens in links, and session secrets in the shared cache."""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse


def encrypt(text: str, purpose: str) -> str:
    """Return `text` as an encrypted, authenticated and timestamped token for URLs, cookies and cache entries.

    Only `decrypt` with the same `purpose` can decrypt the token.
    """
    return _cipher(settings.SECRET_KEY, purpose).encrypt(text.encode()).decode()


def decrypt(token: str, purpose: str, max_age: int | None = None) -> str | None:
    """Return the text in `token`, or None if it is forged, older than `max_age` seconds or for another purpose."""
    try:
        return _cipher(settings.SECRET_KEY, purpose).decrypt(token, ttl=max_age).decode()
    except (InvalidToken, ValueError):  # ValueError: not ASCII
        return None


def set_encrypted_cookie(response: HttpResponse, name: str, text: str, purpose: str, ttl: int) -> None:
    """Set an HttpOnly cookie with the encrypted `text`. The cookie expires after `ttl` seconds."""
    response.set_cookie(
        settings.COOKIE_PREFIX + name,
        encrypt(text, purpose),
        max_age=ttl,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_encrypted_cookie(request: HttpRequest, name: str, purpose: str, ttl: int) -> str | None:
    """Return the text of an encrypted cookie, or None if the cookie is missing or `decrypt` rejects it."""
    return decrypt(request.COOKIES.get(settings.COOKIE_PREFIX + name, ""), purpose, max_age=ttl)


@cache
def _cipher(secret_key: str, purpose: str) -> Fernet:
    # Each purpose has its own key, so that a token for one purpose is never accepted for another purpose.
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(key))
