"""A request to sign in (an *intent*): for which address, in which browser, when, and which page to open afterwards.

A mailed link contains the intent encrypted (its *ticket*). With it the landing page can show whose link it is, refuse
it after ten minutes (ASVS 6.5.5; Appwrite itself accepts the secret for an hour) and lead back. The browser that asked
keeps another ticket of the same intent in a cookie: there one click signs in; any other browser first shows whose link
it is (ASVS 6.6.2).

A ticket is valid only for its own use. Otherwise an attacker could ask for a link to a victim's address, take the
ticket from their own cookie, and put it into a link to the attacker's account: the page would show the victim's
address above the button. A ticket contains no user id, because an id reveals when the account was made.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.repositories.invitations import Invitation
from core.encryption import decrypt, encrypt

MINUTES = 10
REMEMBERED = 60 * 60  # seconds a browser keeps what it asked for, so that asking again is one click after MINUTES, too
COOL_DOWN = 60  # seconds before one browser may ask for another mail
SALT = "accounts.intent"

Kind = Literal["link", "code"]
Use = Literal["browser", "link", "microsoft"]  # where a ticket counts: in the cookie, behind a link, on the way back
Kept = TypeVar("Kept", "Asked", "Started", "Landing", "Invitation")


class Expired(Exception):
    """The ticket is ours, but older than MINUTES. Keeps its intent, so that asking again takes one click."""

    def __init__(self, intent: "Intent") -> None:
        super().__init__("The ticket has expired.")
        self.intent = intent


class Forged(Exception):
    """The ticket was not made by this site, or not for this use."""


def masked(email: str) -> str:
    """Return `email` as `k…@biso.no`."""
    name, _, domain = email.rpartition("@")
    return f"{name[:1]}…@{domain}"


@dataclass(frozen=True)
class Intent:
    """`email` is "" on the way to Microsoft, which will say who it is."""

    email: str
    next: str
    nonce: str

    @classmethod
    def of(cls, email: str, next: str) -> "Intent":
        return cls(email, next, secrets.token_urlsafe(12))

    @property
    def email_masked(self) -> str:
        """`k…@biso.no`: enough to notice somebody else's link, too little to learn an address from one."""
        return masked(self.email)

    def ticket(self, use: Use) -> str:
        """Return this intent encrypted and dated, valid for `use` only: a link must not reveal the address."""
        return encrypt(json.dumps(asdict(self), ensure_ascii=False), f"{SALT}.{use}")

    @classmethod
    def read(cls, ticket: str, use: Use) -> "Intent":
        """Return the intent in `ticket`. Raises Forged, or Expired after MINUTES."""
        purpose = f"{SALT}.{use}"
        if (text := decrypt(ticket, purpose, MINUTES * 60)) is not None:
            return cls(**json.loads(text))
        if (text := decrypt(ticket, purpose)) is not None:
            raise Expired(cls(**json.loads(text)))
        raise Forged


@dataclass(frozen=True)
class Asked:
    """The mail a browser last asked for. `phrase`: the words that stand both on our page and in the mail."""

    kind: Kind
    ticket: str
    phrase: str = ""
    at: float = field(default_factory=time.time)

    @property
    def intent(self) -> Intent:
        """Raises Expired after MINUTES."""
        return Intent.read(self.ticket, "browser")

    @property
    def cool_down(self) -> int:
        """Seconds until another mail may be asked for."""
        return max(0, int(self.at + COOL_DOWN - time.time()))


@dataclass(frozen=True)
class Started:
    """That a browser went off to Microsoft. Its intent comes back with the answer; only that it is this one is kept,
    and beside what was asked for by mail, which goes on working."""

    nonce: str


@dataclass(frozen=True)
class Landing:
    """What a mailed link brings. It waits in a cookie while the person is asked, so that the address bar, the history
    and the Referer of the page's own style sheet are free of the secret (ASVS 14.2.1)."""

    user_id: str
    secret: str
    ticket: str


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


def remember_code(intent: Intent, code: str) -> None:
    """Store a digest of the code that was mailed for `intent`.

    If the cache loses it, the code still signs in, but it may not prove the address (`SignInRepository.exchange_code`).
    """
    cache.set(f"code:{intent.nonce}", _digest(intent, code), REMEMBERED)


def is_mailed_code(intent: Intent, code: str) -> bool:
    """Return whether `code` is the one that was mailed for `intent`."""
    digest = cache.get(f"code:{intent.nonce}")
    return isinstance(digest, str) and constant_time_compare(digest, _digest(intent, code))


def _digest(intent: Intent, code: str) -> str:
    return salted_hmac("accounts.code", f"{intent.nonce} {code}", algorithm="sha256").hexdigest()


def has_started(request: HttpRequest, intent: Intent) -> bool:
    """Whether this browser went to Microsoft with `intent`, and with no other since."""
    started = kept(request, Started)
    return started is not None and constant_time_compare(started.nonce, intent.nonce)
