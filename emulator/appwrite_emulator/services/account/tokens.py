"""Tokens that are sent by e-mail or text message and can be exchanged for a session."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth import passwords, policies, sessions, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.auth.session_secrets import encode_secret
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import Project, Token, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Email, NewId, Phone, Url, accepts
from appwrite_emulator.mail import messages
from appwrite_emulator.mail.security_phrases import random_phrase
from appwrite_emulator.services.account.mailed_tokens import send_phone_code

LINK_TTL = 3600
CODE_TTL = 900


@accepts(
    user_id=NewId(required=True),
    email=Email(required=True),
    url=Url(platform=True, default=""),
    phrase=Boolean(strict=True, default=False),
)
def create_magic_url_token(request: Request, *, user_id: str, email: str, url: str, phrase: bool) -> dict[str, Any]:
    """POST /account/tokens/magic-url: e-mail a sign-in link. For an unknown address, create a user."""
    user = _find_or_create_user(
        request.project, user_id, email, taken="user_email_already_exists", create=users.create_without_targets
    )
    secret = ids.secret(64)
    token = sessions.create_token(user, "magic-url", secret, LINK_TTL)
    security_phrase = random_phrase() if phrase else ""
    link = with_query(
        url or f"{request.endpoint.removesuffix('/v1')}/console/auth/magic-url",
        {"userId": user.id, "secret": secret, "expire": iso(token.expire), "project": request.project.id},
    )
    messages.send_magic_url(request, user, token, link, security_phrase)
    return _respond(request, token, secret, security_phrase)


@accepts(user_id=NewId(required=True), email=Email(required=True), phrase=Boolean(strict=True, default=False))
def create_email_token(request: Request, *, user_id: str, email: str, phrase: bool) -> dict[str, Any]:
    """POST /account/tokens/email: e-mail a six-digit code. For an unknown address, create a user."""
    user = _find_or_create_user(request.project, user_id, email, taken="general_bad_request", create=users.create)
    secret = ids.code()
    token = sessions.create_token(user, "email", secret, CODE_TTL)
    security_phrase = random_phrase() if phrase else ""
    messages.send_code(request, user, token, secret, security_phrase)
    return _respond(request, token, secret, security_phrase)


@accepts(user_id=NewId(required=True), phone=Phone(required=True))
def create_phone_token(request: Request, *, user_id: str, phone: str) -> dict[str, Any]:
    """POST /account/tokens/phone: text a six-digit code. The inbox shows it.

    For an unknown number, create a user.
    """
    user = User.objects.filter(phone=phone).first()
    if user is None:
        policies.check_user_limit(request.project)
        user = users.create(user_id, phone=phone, hash_options=passwords.ARGON2, accessed_at=clock.now())
    secret, token = send_phone_code(request, user, phone, CODE_TTL)
    # As on the real server, API keys get the code encoded like a session secret, so it cannot be used to sign in.
    return _respond(request, token, encode_secret(user.id, secret))


def _find_or_create_user(
    project: Project, user_id: str, email: str, *, taken: str, create: Callable[..., User]
) -> User:
    """Return the user with the given address. If there is none, create a user.

    Raise the error `taken` if no user has the address but an OAuth2 identity has it.
    """
    user = User.objects.filter(email=email).first()
    if user is None:
        policies.check_user_limit(project)
        users.check_email_is_free(email, taken)
        user = create(user_id, email=email, accessed_at=clock.now())
    return user


def _respond(request: Request, token: Token, secret: str, phrase: str = "") -> dict[str, Any]:
    """Return the token's response model.

    Only API keys see the secret. Everyone else gets it by e-mail or text message.
    """
    visible_secret = secret if request.caller.is_key else ""
    return responses.token(token, secret=visible_secret, phrase=phrase)
