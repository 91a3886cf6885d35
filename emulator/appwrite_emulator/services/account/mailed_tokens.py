"""Secrets for recovery and verification, which are sent by e-mail or text message."""

from appwrite_emulator.auth import sessions
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import ids
from appwrite_emulator.common.clock import iso
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.links import with_query
from appwrite_emulator.db.models import Token, User
from appwrite_emulator.mail import messages
from appwrite_emulator.services.users.lookup import find_user

TOKEN_TTL = 3600
"""Lifetime of a token, in seconds."""


def send_phone_code(request: Request, user: User, phone: str, seconds: int) -> tuple[str, Token]:
    """Text a six-digit code to the number. Return the code and its token.

    For a mock number, use its fixed code and send nothing.
    """
    mock = next((each["otp"] for each in request.project.mock_numbers if each["phone"] == phone), "")
    secret = mock or ids.code()
    token = sessions.create_token(user, "phone", secret, seconds)
    if not mock:
        messages.send_text_message(request, phone, token, secret)
    return secret, token


def redeem(user_id: str, type: str, secret: str) -> tuple[User, Token]:
    """Return the user and the token. Delete the token, so that its secret works only once."""
    user = find_user(user_id)
    token = sessions.find_token(user, (type,), secret)
    if token is None:
        raise AppwriteError("user_invalid_token")
    Token.objects.filter(pk=token.pk).delete()
    return user, token


def link(url: str, token: Token, secret: str) -> str:
    return with_query(url, {"userId": token.user_id, "secret": secret, "expire": iso(token.expire)})
