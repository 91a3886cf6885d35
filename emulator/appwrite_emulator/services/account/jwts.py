"""JWTs for the current session."""

from typing import Any

from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http.parameters import Integer, accepts


@accepts(duration=Integer(0, 3600, default=900))
def create_jwt(request: Request, *, duration: int) -> dict[str, Any]:
    """POST /account/jwts: create a JWT that is valid for `duration` seconds, or until the session is deleted."""
    session = request.caller.session
    if session is None:
        raise AppwriteError("user_session_not_found")
    claims = {"userId": session.user_id, "sessionId": session.pk}
    return {"jwt": jwt.encode(claims, request.project.jwt_secret, duration)}
