"""Create and delete a user's sessions, tokens and JWTs with an API key."""

from typing import Any

from appwrite_emulator.auth import jwt, sessions
from appwrite_emulator.auth.callers import Request
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Session
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Id, Integer, NewId, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.services.users.profile import find


@accepts(total=Boolean(default=True))
def list_sessions(request: Request, *, user_id: str, total: bool) -> dict[str, Any]:
    """GET /users/{id}/sessions; `secret` is the stored hash, with which no one can sign in."""
    found = find(user_id).sessions.order_by("created_at", "pk")
    shown = [_shown(request, session, session.secret_hash) for session in found]
    return {"total": len(shown) if total else 0, "sessions": shown}


# `unique()` passes as an ID too; no user has the generated ID.
@accepts(user_id=NewId(required=True))
def create_session(request: Request, *, user_id: str) -> Response:
    """POST /users/{id}/sessions. The session limit does not apply, and no cookie is set.

    The real server allows guests here, and returns a session without secret. The emulator does not.
    """
    if not request.caller.is_key:
        raise AppwriteError("general_unauthorized_scope")
    session, secret = sessions.begin(request, find(user_id), "server", ["server"])
    return Response(_shown(request, session, secret), status=201)


def delete_session(request: Request, *, user_id: str, session_id: str) -> None:
    """DELETE /users/{id}/sessions/{id}: one of the user's sessions."""
    deleted, _ = find(user_id).sessions.filter(pk=session_id).delete()
    if not deleted:
        raise AppwriteError("user_session_not_found")


def delete_sessions(request: Request, *, user_id: str) -> None:
    """DELETE /users/{id}/sessions. As on the real server, guests may call it too."""
    find(user_id).sessions.all().delete()


def _shown(request: Request, session: Session, secret: str) -> dict[str, Any]:
    return responses.session(session, current=False, language=sessions.language(request), secret=secret)


@accepts(length=Integer(4, 128, default=6), expire=Integer(60, 31536000, default=900))
def create_token(request: Request, *, user_id: str, length: int, expire: int) -> Response:
    """POST /users/{id}/tokens: create a secret of `length` hex digits that signs in once."""
    user = find(user_id)
    secret = ids.secret(length)
    return Response(responses.token(sessions.issue(user, "generic", secret, expire), secret=secret), status=201)


@accepts(session_id=Id(default=""), duration=Integer(0, 3600, default=900))
def create_jwt(request: Request, *, user_id: str, session_id: str, duration: int) -> Response:
    """POST /users/{id}/jwts for a session, the `recent` one, or none; an unknown session counts as none."""
    user = find(user_id)
    living = user.sessions.filter(expire__gt=clock.now()).order_by("-created_at", "-pk")
    session = living.first() if session_id == "recent" else living.filter(pk=session_id).first()
    claims = {"userId": user.id, "sessionId": session.pk if session else ""}
    return Response({"jwt": jwt.encode(claims, request.project.jwt_secret, duration)}, status=201)
