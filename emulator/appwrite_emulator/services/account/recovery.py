"""Password recovery, and verification of e-mail addresses and phone numbers."""

from typing import Any

from appwrite_emulator.auth import sessions, users
from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import ids
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import Token, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Email, Id, Password, Text, Url, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.mail import messages

LIFE = 3600


@accepts(email=Email(required=True), url=Url(platform=True, required=True))
def create_recovery(request: Request, *, email: str, url: str) -> Response:
    """POST /account/recovery: mail a link for setting a new password. An unknown address is 404."""
    user = User.objects.filter(email=email).first()
    if user is None:
        raise AppwriteError("user_not_found")
    if not user.status:
        raise AppwriteError("user_blocked")
    secret = ids.secret(256)
    token = sessions.issue(user, "recovery", secret, LIFE)
    messages.send_recovery(request, user, token, _link(url, token, secret))
    shown = secret if request.caller.is_key else ""
    return Response(responses.token(token, secret=shown), status=201)


@accepts(user_id=Id(required=True), secret=Text(256, required=True), password=Password(required=True))
def update_recovery(request: Request, *, user_id: str, secret: str, password: str) -> dict[str, Any]:
    """PUT /account/recovery: set a new password with the mailed secret, verify the address and end all sessions."""
    user, token = _redeem(user_id, "recovery", secret)
    users.set_password(user, password, light=True)
    user.email_verification = True
    users.save(user)
    users.end_sessions(user)
    return responses.token(token)


@accepts(url=Url(platform=True, required=True))
def create_email_verification(request: Request, *, url: str) -> Response:
    """POST /account/verifications/email: mail a link that verifies the address."""
    user = request.user
    if not user.email:
        raise AppwriteError("user_email_not_found")
    if user.email_verification:
        raise AppwriteError("user_email_already_verified")
    secret = ids.secret(256)
    token = sessions.issue(user, "verification", secret, LIFE)
    messages.send_verification(request, user, token, _link(url, token, secret))
    return Response(responses.token(token), status=201)


create_verification = create_email_verification


@accepts(user_id=Id(required=True), secret=Text(256, required=True))
def update_email_verification(request: Request, *, user_id: str, secret: str) -> dict[str, Any]:
    """PUT /account/verifications/email: verify the address. Anyone with the secret may call this, signed in or not."""
    user, token = _redeem(user_id, "verification", secret)
    user.email_verification = True
    users.save(user)
    return responses.token(token)


update_verification = update_email_verification


def create_phone_verification(request: Request) -> Response:
    """POST /account/verifications/phone: text a six-digit code that verifies the number; the inbox shows it.

    Codes for signing in and for verification are interchangeable.
    """
    user = request.user
    if not user.phone:
        raise AppwriteError("user_phone_not_found")
    if user.phone_verification:
        raise AppwriteError("user_phone_already_verified")
    secret = ids.code()
    token = sessions.issue(user, "phone", secret, LIFE)
    messages.send_text_message(request, user.phone, token, secret)
    return Response(responses.token(token), status=201)


@accepts(user_id=Id(required=True), secret=Text(256, required=True))
def update_phone_verification(request: Request, *, user_id: str, secret: str) -> dict[str, Any]:
    """PUT /account/verifications/phone."""
    user, token = _redeem(user_id, "phone", secret)
    user.phone_verification = True
    users.save(user)
    return responses.token(token)


def _redeem(user_id: str, type: str, secret: str) -> tuple[User, Token]:
    """Return the user and the token, which is deleted so that it works only once."""
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise AppwriteError("user_not_found")
    token = sessions.find_token(user, (type,), secret)
    if token is None:
        raise AppwriteError("user_invalid_token")
    Token.objects.filter(pk=token.pk).delete()
    return user, token


def _link(url: str, token: Token, secret: str) -> str:
    return with_query(url, {"userId": token.user_id, "secret": secret, "expire": iso(token.expire)})
