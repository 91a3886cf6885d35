"""Create sessions and tokens, for the account, users and teams services."""

import datetime
from typing import Any

from appwrite_emulator.auth import user_agents
from appwrite_emulator.auth.request import Request
from appwrite_emulator.auth.session_secrets import hash_secret, new_session_secret
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Session, Token, User
from appwrite_emulator.locale_data import locales


def create_session(
    request: Request, user: User, provider: str, factors: list[str], **fields: Any
) -> tuple[Session, str]:
    """Create a session and update the user's `$updatedAt`. Return (session, secret).

    Only the secret's hash is stored.
    """
    secret, secret_hash = new_session_secret(user.id)
    session = Session.objects.create(
        user=user,
        secret_hash=secret_hash,
        expire=expiry(request),
        provider=provider,
        factors=factors,
        ip=request.ip,
        client=user_agents.describe(request.user_agent),
        **fields,
    )
    user.updated_at = clock.now()
    user.save(update_fields=["updated_at"])
    return session, secret


def expiry(request: Request) -> datetime.datetime:
    """Return the expiry time for a session that is created or extended now."""
    return clock.now() + datetime.timedelta(seconds=request.project.session_duration)


def enforce_session_limit(request: Request, user: User) -> None:
    """Delete the user's oldest sessions until the project's limit is met."""
    if limit := request.project.session_limit:
        newest = user.sessions.order_by("-created_at", "-pk").values("pk")[:limit]
        user.sessions.exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()


def create_token(user: User, type: str, secret: str, seconds: int) -> Token:
    """Create a token of this type, valid for `seconds`. Earlier tokens stay valid."""
    expire = clock.now() + datetime.timedelta(seconds=seconds)
    return Token.objects.create(user=user, type=type, secret_hash=hash_secret(secret), expire=expire)


def find_token(user: User, types: tuple[str, ...], secret: str) -> Token | None:
    """Return the user's unexpired token with this secret, or None."""
    return user.tokens.filter(type__in=types, secret_hash=hash_secret(secret), expire__gt=clock.now()).first()


def language(request: Request) -> str:
    return locales.resolve(request.locale)
