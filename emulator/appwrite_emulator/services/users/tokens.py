"""Tokens with which a user can sign in."""

from typing import Any

from appwrite_emulator.auth import sessions
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import ids
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Integer, accepts
from appwrite_emulator.services.users.lookup import find_user


@accepts(length=Integer(4, 128, default=6), expire=Integer(60, 31536000, default=900))
def create_token(request: Request, *, user_id: str, length: int, expire: int) -> dict[str, Any]:
    """POST /users/{id}/tokens: create a secret of `length` hex digits. The user can sign in with it once."""
    user = find_user(user_id)
    secret = ids.secret(length)
    return responses.token(sessions.create_token(user, "generic", secret, expire), secret=secret)
