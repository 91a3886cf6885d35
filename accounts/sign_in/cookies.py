"""Keep what waits for a sign-in in the browser that asked for it."""

from dataclasses import asdict
from typing import Any, TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from accounts.repositories.invitations import Invitation
from accounts.sign_in.login_request import Expired, Forged, Intent
from accounts.sign_in.pending import Asked, Landing, Started

REMEMBERED = 60 * 60  # seconds a browser keeps what it asked for, so that asking again is one click after MINUTES, too
Kept = TypeVar("Kept", Asked, Started, Landing, Invitation)

COOKIES: dict[type[Any], str] = {Asked: "asked", Started: "started", Landing: "landing", Invitation: "invitation"}


def sealed(what: Asked | Started | Landing | Invitation) -> str:
    """`what`, signed, for a cookie or a form of ours."""
    return signing.dumps(asdict(what), salt=f"accounts.{COOKIES[type(what)]}", compress=True)


def opened(text: str, kind: type[Kept]) -> Kept | None:
    """What was sealed; None where it is nothing of that kind, too old or not ours."""
    try:
        return kind(**signing.loads(text, salt=f"accounts.{COOKIES[kind]}", max_age=REMEMBERED))
    except (signing.BadSignature, TypeError):  # TypeError: from a release before this one
        return None


def keep(response: HttpResponse, what: Asked | Started | Landing | Invitation) -> None:
    """Let this browser remember it, signed, for an hour."""
    response.set_cookie(
        settings.COOKIE_PREFIX + COOKIES[type(what)],
        sealed(what),
        max_age=REMEMBERED,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def kept(request: HttpRequest, kind: type[Kept]) -> Kept | None:
    """What this browser remembers of that kind; None where it is nothing, too old or not ours."""
    return opened(request.COOKIES.get(settings.COOKIE_PREFIX + COOKIES[kind], ""), kind)


def forget(response: HttpResponse, *kinds: type[Any]) -> None:
    for kind in kinds:
        response.delete_cookie(settings.COOKIE_PREFIX + COOKIES[kind], samesite="Lax")


def is_same_browser(request: HttpRequest, intent: Intent) -> bool:
    """Return whether the mail of `intent` is the last one that this browser asked for, within an hour."""
    asked = kept(request, Asked)
    if asked is None:
        return False
    try:
        nonce = asked.intent.nonce
    except Expired as expired:
        nonce = expired.intent.nonce
    except Forged:
        return False
    return constant_time_compare(nonce, intent.nonce)


def has_started(request: HttpRequest, intent: Intent) -> bool:
    """Whether this browser went to Microsoft with `intent`, and with no other since."""
    started = kept(request, Started)
    return started is not None and constant_time_compare(started.nonce, intent.nonce)
