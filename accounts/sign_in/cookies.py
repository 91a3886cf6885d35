"""The signed cookies that keep a pending sign-in in the browser that requested it."""

from dataclasses import asdict
from typing import Any, TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from accounts.repositories.invitations import Invitation
from accounts.sign_in.login_request import ExpiredTokenError, ForgedTokenError, LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin

COOKIE_TTL = 60 * 60  # seconds; longer than MINUTES, so that asking again after those is still one click
COOKIES: dict[type[Any], str] = {
    PendingLogin: "pending_login",
    OAuthState: "oauth_state",
    PendingCallback: "pending_callback",
    Invitation: "invitation",
}
Pending = TypeVar("Pending", PendingLogin, OAuthState, PendingCallback, Invitation)


def sign(pending: PendingLogin | OAuthState | PendingCallback | Invitation) -> str:
    """Return `pending` signed, for a cookie or a hidden form field."""
    return signing.dumps(asdict(pending), salt=f"accounts.{COOKIES[type(pending)]}", compress=True)


def unsign(text: str, kind: type[Pending]) -> Pending | None:
    """Return what `sign` has signed; None if `text` is of another kind, older than COOKIE_TTL or forged."""
    try:
        return kind(**signing.loads(text, salt=f"accounts.{COOKIES[kind]}", max_age=COOKIE_TTL))
    except (signing.BadSignature, TypeError):  # TypeError: from a release with other fields
        return None


def set_cookie(response: HttpResponse, pending: PendingLogin | OAuthState | PendingCallback | Invitation) -> None:
    """Store `pending` in this browser, signed, for COOKIE_TTL."""
    response.set_cookie(
        settings.COOKIE_PREFIX + COOKIES[type(pending)],
        sign(pending),
        max_age=COOKIE_TTL,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_cookie(request: HttpRequest, kind: type[Pending]) -> Pending | None:
    """Return what `set_cookie` stored in this browser; None if there is no cookie, or where `unsign` returns None."""
    return unsign(request.COOKIES.get(settings.COOKIE_PREFIX + COOKIES[kind], ""), kind)


def delete_cookies(response: HttpResponse, *kinds: type[Any]) -> None:
    for kind in kinds:
        response.delete_cookie(settings.COOKIE_PREFIX + COOKIES[kind], samesite="Lax")


def is_same_browser(request: HttpRequest, login_request: LoginRequest) -> bool:
    """Return whether the mail of `login_request` is the last one that this browser requested, within COOKIE_TTL."""
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
    """Return whether the last sign-in at Microsoft that this browser started is that of `login_request`."""
    state = read_cookie(request, OAuthState)
    return state is not None and constant_time_compare(state.nonce, login_request.nonce)
