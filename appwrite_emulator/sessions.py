"""Sessions and tokens come into being: what account, users and teams share."""

import datetime
from typing import Any

from appwrite_emulator import clients, clock, languages
from appwrite_emulator.callers import Request, hashed, new_session_secret
from appwrite_emulator.models import Session, Token, User

LIFE = datetime.timedelta(seconds=31536000)
"""A year, for sessions and their cookies."""


def begin(request: Request, user: User, provider: str, factors: list[str], **fields: Any) -> tuple[Session, str]:
    """Return a new session of this user, and its secret, of which only the hash is stored. `$updatedAt` changes."""
    secret, secret_hash = new_session_secret(user.id)
    session = Session.objects.create(
        user=user,
        secret_hash=secret_hash,
        expire=clock.now() + LIFE,
        provider=provider,
        factors=factors,
        ip=request.ip,
        client=clients.describe(request.user_agent),
        **fields,
    )
    user.updated_at = clock.now()
    user.save(update_fields=["updated_at"])
    return session, secret


def trim(request: Request, user: User) -> None:
    """End the oldest sessions above the project's limit."""
    if limit := request.project.session_limit:
        newest = user.sessions.order_by("-created_at", "-pk").values("pk")[:limit]
        user.sessions.exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()


def issue(user: User, type: str, secret: str, seconds: int) -> Token:
    """A token of this type, good for `seconds`. Earlier ones stay good."""
    expire = clock.now() + datetime.timedelta(seconds=seconds)
    return Token.objects.create(user=user, type=type, secret_hash=hashed(secret), expire=expire)


def find_token(user: User, types: tuple[str, ...], secret: str) -> Token | None:
    """The user's living token with this secret."""
    return user.tokens.filter(type__in=types, secret_hash=hashed(secret), expire__gt=clock.now()).first()


def language(request: Request) -> str:
    return languages.resolve(request.locale)
