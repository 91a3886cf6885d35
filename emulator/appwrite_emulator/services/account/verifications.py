"""Verify the user's e-mail address and phone number."""

from typing import Any

from appwrite_emulator.auth import sessions, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Id, Text, Url, accepts
from appwrite_emulator.mail import messages
from appwrite_emulator.services.account.mailed_tokens import TOKEN_TTL, link, redeem, send_phone_code


@accepts(url=Url(platform=True, required=True))
def create_email_verification(request: Request, *, url: str) -> dict[str, Any]:
    """POST /account/verifications/email: e-mail a link that verifies the address."""
    user = request.user
    if not user.email:
        raise AppwriteError("user_email_not_found")
    if user.email_verification:
        raise AppwriteError("user_email_already_verified")
    secret = ids.secret(256)
    token = sessions.create_token(user, "verification", secret, TOKEN_TTL)
    messages.send_verification(request, user, token, link(url, token, secret))
    request.add_change(responses.token(token, secret=secret))
    return responses.token(token)


create_verification = create_email_verification


@accepts(user_id=Id(required=True), secret=Text(256, required=True))
def update_email_verification(request: Request, *, user_id: str, secret: str) -> dict[str, Any]:
    """PUT /account/verifications/email: verify the address.

    Anyone with the secret can call this, even without a session.
    """
    user, token = redeem(user_id, "verification", secret)
    user.email_verification = True
    users.save(user)
    request.add_change(responses.token(token, secret=token.secret_hash))
    return responses.token(token)


update_verification = update_email_verification


def create_phone_verification(request: Request) -> dict[str, Any]:
    """POST /account/verifications/phone: text a six-digit code that verifies the number. The inbox shows the code.

    Codes for sign-in and for verification are interchangeable.
    """
    user = request.user
    if not user.phone:
        raise AppwriteError("user_phone_not_found")
    if user.phone_verification:
        raise AppwriteError("user_phone_already_verified")
    _, token = send_phone_code(request, user, user.phone, TOKEN_TTL)
    return responses.token(token)


@accepts(user_id=Id(required=True), secret=Text(256, required=True))
def update_phone_verification(request: Request, *, user_id: str, secret: str) -> dict[str, Any]:
    """PUT /account/verifications/phone."""
    user, token = redeem(user_id, "phone", secret)
    user.phone_verification = True
    users.save(user)
    return responses.token(token)
