"""Signed cookies that store a pending sign-in in the browser that requested it."""

from dataclasses import asdict
from typing import Any, TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from accounts.repositories.invitations import Invitation
from accounts.sign_in.login_request import ExpiredTokenError, ForgedTokenError, LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin

COOKIE_TTL = 60 * 60  # seconds; longer than MINUTES, so that one click can replace an expired link
COOKIES: dict[type[Any], str] = {
    PendingLogin: "pending_login",
    OAuthState: "oauth_state",
    PendingCallback: "pending_callback",
    Invitation: "invitation",
}
Pending = TypeVar("Pending", PendingLogin, OAuthState, PendingCallback, Invitation)


def sign(pending: PendingLogin | OAuthState | PendingCallback | Invitation) -> str:
    """Return `pending` as a signed string for a cookie or a hidden form field."""
    return signing.dumps(asdict(pending), salt=f"accounts.{COOKIES[type(pending)]}", compress=True)


def unsign(text: str, kind: type[Pending]) -> Pending | None:
    """Return the object that `sign` serialised, or None if `text` is forged, expired or of a different kind."""
    try:
        return kind(**signing.loads(text, salt=f"accounts.{COOKIES[kind]}", max_age=COOKIE_TTL))
    except (signing.BadSignature, TypeError):  # TypeError: signed by a release with different fields
        return None


def set_cookie(response: HttpResponse, pending: PendingLogin | OAuthState | PendingCallback | Invitation) -> None:
    """Store `pending` in a signed cookie that expires after COOKIE_TTL."""
    response.set_cookie(
        settings.COOKIE_PREFIX + COOKIES[type(pending)],
        sign(pending),
        max_age=COOKIE_TTL,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_cookie(request: HttpRequest, kind: type[Pending]) -> Pending | None:
    """Return the object that `set_cookie` stored, or None if there is no cookie or `unsign` rejects it."""
    return unsign(request.COOKIES.get(settings.COOKIE_PREFIX + COOKIES[kind], ""), kind)


def delete_cookies(response: HttpResponse, *kinds: type[Any]) -> None:
    for kind in kinds:
        response.delete_cookie(settings.COOKIE_PREFIX + COOKIES[kind], samesite="Lax")


def is_same_browser(request: HttpRequest, login_request: LoginRequest) -> bool:
    """Return whether `login_request` is this browser's latest e-mail request, made in the last COOKIE_TTL seconds."""
    pending_login = read_cookie(request, PendingLogin)
    if pending_login is None:
        return False
    try:
        nonce = pending_login.login_request.nonce
    except ExpiredTokenError as expired:
        nonce = expired.login_request.nonce
    except ForgedTokenError:
        return False
    return constant_time_compare(nonce, login_request.nonce)


def has_oauth_state(request: HttpRequest, login_request: LoginRequest) -> bool:
    """Return whether `login_request` is this browser's latest sign-in with Microsoft."""
    state = read_cookie(request, OAuthState)
    return state is not None and constant_time_compare(state.nonce, login_request.nonce)
