"""A user's sessions."""

from typing import Any

from appwrite_emulator.auth import sessions
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Session
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, NewId, accepts
from appwrite_emulator.services.users.lookup import find_user


@accepts(total=Boolean(default=True))
def list_sessions(request: Request, *, user_id: str, total: bool) -> dict[str, Any]:
    """GET /users/{id}/sessions. `secret` is the stored hash, which cannot be used to sign in."""
    stored = find_user(user_id).sessions.order_by("created_at", "pk")
    models = [_model(request, session, session.secret_hash) for session in stored]
    return {"total": len(models) if total else 0, "sessions": models}


# `NewId` also accepts `unique()`, but no user has the ID that this generates.
@accepts(user_id=NewId(required=True))
def create_session(request: Request, *, user_id: str) -> dict[str, Any]:
    """POST /users/{id}/sessions. The session limit does not apply, and no cookie is set.

    On the real server, guests can also call this, and get a session without a secret. The emulator rejects guests.
    """
    if not request.caller.is_key:
        raise AppwriteError("general_unauthorized_scope")
    session, secret = sessions.create_session(request, find_user(user_id), "server", ["server"])
    return _model(request, session, secret)


def delete_session(request: Request, *, user_id: str, session_id: str) -> None:
    """DELETE /users/{id}/sessions/{id}: delete one of the user's sessions."""
    session = find_user(user_id).sessions.filter(pk=session_id).first()
    if session is None:
        raise AppwriteError("user_session_not_found")
    request.add_change(_model(request, session, ""))
    session.delete()


def delete_sessions(request: Request, *, user_id: str) -> None:
    """DELETE /users/{id}/sessions. As on the real server, even guests can call this."""
    user = find_user(user_id)
    user.sessions.all().delete()
    request.add_change(responses.account(user))


def _model(request: Request, session: Session, secret: str) -> dict[str, Any]:
    return responses.session(session, current=False, language=sessions.language(request), secret=secret)
