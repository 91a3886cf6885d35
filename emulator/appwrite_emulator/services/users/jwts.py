"""JWTs for a user."""

from typing import Any

from appwrite_emulator.auth import jwt
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.http.parameters import Id, Integer, accepts
from appwrite_emulator.services.users.lookup import find_user


@accepts(session_id=Id(default=""), duration=Integer(0, 3600, default=900))
def create_jwt(request: Request, *, user_id: str, session_id: str, duration: int) -> dict[str, Any]:
    """POST /users/{id}/jwts: create a JWT for the given session, the latest session (`recent`) or no session.

    If the given session does not exist or has expired, the JWT belongs to no session.
    """
    user = find_user(user_id)
    active = user.sessions.filter(expire__gt=clock.now()).order_by("-created_at", "-pk")
    session = active.first() if session_id == "recent" else active.filter(pk=session_id).first()
    claims = {"userId": user.id, "sessionId": session.pk if session else ""}
    return {"jwt": jwt.encode(claims, request.project.jwt_secret, duration)}
