"""Signing in and out, and managing the user's own sessions."""

from typing import Any

from appwrite_emulator.auth import jwt, oauth_providers, policies, sessions, users
from appwrite_emulator.auth.oauth_catalogue import NAMES
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Session, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Email, NewId, Password, Text, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.mail import messages

# Token type -> provider and factor of the session that it creates, and the user field that it verifies.
SIGN_IN_TOKENS = {
    "magic-url": ("magic-url", "email", "email_verification"),
    "email": ("token", "email", "email_verification"),
    "phone": ("token", "phone", "phone_verification"),
    "generic": ("token", "token", None),
}


@accepts(email=Email(required=True), password=Password(required=True))
def create_email_password_session(request: Request, *, email: str, password: str) -> Response:
    """POST /account/sessions/email. A wrong password and an unknown address give the same error."""
    user = User.objects.filter(email=email).first()
    if user is None or not users.check_password(user, password):
        raise AppwriteError("user_invalid_credentials")
    if not user.status:
        raise AppwriteError("user_blocked")
    return _sign_in(request, user, "email", ["password"], provider_uid=email)


def create_anonymous_session(request: Request) -> Response:
    """POST /account/sessions/anonymous: create a user without a name or e-mail address, and sign them in."""
    policies.check_user_limit(request.project)
    user = users.create(ids.unique(), accessed_at=clock.now())
    return _sign_in(request, user, "anonymous", ["anonymous"], alert=False)


# `NewId` also accepts `unique()`, but no user has the ID that this generates.
_SECRET = {"user_id": NewId(required=True), "secret": Text(256, required=True)}


@accepts(**_SECRET)
def create_session(request: Request, *, user_id: str, secret: str) -> Response:
    """POST /account/sessions/token: exchange a secret from an e-mail, a text message or the server API for a session.

    The secret works only once.
    """
    user = User.objects.filter(id=user_id).first()
    if user is None:
        raise AppwriteError("user_invalid_token")
    if secret.count(".") == 2:
        return _exchange_oauth2_secret(request, user, secret)
    token = sessions.find_token(user, tuple(SIGN_IN_TOKENS), secret)
    if token is None:
        raise AppwriteError("user_invalid_token")
    provider, factor, verified_field = SIGN_IN_TOKENS[token.type]
    token.delete()
    if verified_field:
        setattr(user, verified_field, True)
        users.save(user)
    return _sign_in(request, user, provider, [factor])


@accepts(**_SECRET)
def update_magic_url_session(request: Request, *, user_id: str, secret: str) -> Response:
    """PUT /account/sessions/magic-url: legacy alias for `create_session`. It accepts any type of secret."""
    return create_session(request, user_id=user_id, secret=secret)


@accepts(**_SECRET)
def update_phone_session(request: Request, *, user_id: str, secret: str) -> Response:
    """PUT /account/sessions/phone: legacy alias for `create_session`. It accepts any type of secret."""
    return create_session(request, user_id=user_id, secret=secret)


def _exchange_oauth2_secret(request: Request, user: User, secret: str) -> Response:
    """Exchange the secret from an OAuth2 success URL for a session.

    This secret is a JWT that contains the token's secret, and expires after a minute.
    """
    try:
        claims = jwt.decode(secret, request.project.jwt_secret)
        token = sessions.find_token(user, ("oauth2",), claims["secret"])
    except (ValueError, KeyError, TypeError):
        token = None
    if token is None:
        raise AppwriteError("user_invalid_token")
    token.delete()
    return _sign_in(request, user, claims["provider"], ["email"])


def _sign_in(
    request: Request, user: User, provider: str, factors: list[str], *, alert: bool = True, **fields: Any
) -> Response:
    """Create a session. With `alert`, e-mail the user about the new session if the project's policy requires this."""
    session, secret = sessions.create_session(request, user, provider, factors, **fields)
    if alert:
        _send_alert(request, session)
    sessions.enforce_session_limit(request, user)
    visible_secret = secret if request.caller.is_key else ""
    model = responses.session(session, current=True, language=sessions.language(request), secret=visible_secret)
    return Response(model, signs_in=secret)


def _send_alert(request: Request, session: Session) -> None:
    """E-mail the user about the session, unless it is their only session or was created with an e-mailed secret."""
    user = session.user
    by_mail = session.provider in ("magic-url", "token") and "email" in session.factors
    if request.project.session_alert and user.email and not by_mail and user.sessions.count() > 1:
        messages.send_session_alert(request, session)


# -- the user's sessions -----------------------------------------------------------------------------------------------


def list_sessions(request: Request) -> dict[str, Any]:
    """GET /account/sessions."""
    models = [_model(request, session) for session in request.user.sessions.order_by("created_at", "pk")]
    return {"total": len(models), "sessions": models}


def get_session(request: Request, *, session_id: str) -> dict[str, Any]:
    """GET /account/sessions/{id}. The ID `current` means the caller's session."""
    return _model(request, _find_session(request, session_id))


def update_session(request: Request, *, session_id: str) -> dict[str, Any]:
    """PATCH /account/sessions/{id}: extend the session. For an OAuth2 session, also refresh the provider's tokens."""
    session = _find_session(request, session_id)
    if session.provider in NAMES:
        tokens = oauth_providers.refresh_tokens(request.project, session.provider, session.provider_refresh_token)
        session.provider_access_token, session.provider_refresh_token = tokens.access, tokens.refresh
        session.provider_access_token_expiry = tokens.expiry
    session.expire = sessions.expiry(request)
    session.updated_at = clock.now()
    session.save()
    # In this response, the real server writes the expiry in its database's format and leaves two fields unset.
    differences = {"expire": clock.database_format(session.expire), "current": False, "countryName": ""}
    return _model(request, session) | differences


def delete_session(request: Request, *, session_id: str) -> Response:
    """DELETE /account/sessions/{id}: delete the session and the push targets that were added in it."""
    session = _find_session(request, session_id)
    current = session.pk == _current_pk(request)
    request.add_change(_model(request, session), params={"sessionId": session.id})
    session.targets.all().delete()
    session.delete()
    return Response(signs_out=current)


def delete_sessions(request: Request) -> Response:
    """DELETE /account/sessions: delete all sessions, including the current one.

    With a JWT, there is no cookie to clear. As on the real server, an event is published only for the current session.
    """
    session = request.caller.session
    request.changes = []
    if session:
        request.add_change(_model(request, session))
        session.targets.all().delete()
    count = request.user.sessions.count()
    request.user.sessions.all().delete()
    headers = {"X-Fallback-Cookies": ("[]",) * count}  # as on the real server, one header for each session
    return Response(headers=headers, signs_out=session is not None)


def _find_session(request: Request, session_id: str) -> Session:
    pk = _current_pk(request) if session_id == "current" else session_id
    session = request.user.sessions.filter(pk=pk).first()
    if session is None or session.pk != pk:  # unlike other IDs, session IDs are case-sensitive
        raise AppwriteError("user_session_not_found")
    return session


def _current_pk(request: Request) -> str | None:
    return request.caller.session.pk if request.caller.session else None


def _model(request: Request, session: Session) -> dict[str, Any]:
    return responses.session(session, current=session.pk == _current_pk(request), language=sessions.language(request))
