"""The wish to sign in: who asked, in which browser, when, and where they were going.

The mailed link carries it signed (its *ticket*), so that the landing page can say whose link it is, refuse it after ten
minutes (ASVS 6.5.5; Appwrite itself honours the secret for an hour) and know the way back. The browser that asked keeps
the same ticket in a cookie: there one click is enough, anywhere else the person is shown whose link it is (ASVS 6.6.2).
"""

import secrets
from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

MINUTES = 10
SALT = "accounts.intent"


class Expired(Exception):
    """The ticket is ours, and older than MINUTES. Keeps its intent, so that asking again is one click."""

    def __init__(self, intent: "Intent") -> None:
        super().__init__("The ticket has expired.")
        self.intent = intent


class Forged(Exception):
    """Nothing that we have signed."""


@dataclass(frozen=True)
class Intent:
    email: str
    next: str
    nonce: str

    @classmethod
    def of(cls, email: str, next: str) -> "Intent":
        return cls(email, next, secrets.token_urlsafe(12))

    @property
    def email_masked(self) -> str:
        """`k…@biso.no`: enough to notice somebody else's link, too little to learn an address from one."""
        name, _, domain = self.email.rpartition("@")
        return f"{name[:1]}…@{domain}"

    def ticket(self) -> str:
        """This intent, signed and dated."""
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    @classmethod
    def read(cls, ticket: str) -> "Intent":
        """The intent in `ticket`. Raises Forged, or Expired after MINUTES."""
        try:
            return cls(**signing.loads(ticket, salt=SALT, max_age=MINUTES * 60))
        except signing.SignatureExpired:
            raise Expired(cls(**signing.loads(ticket, salt=SALT))) from None
        except signing.BadSignature:
            raise Forged from None


@dataclass(frozen=True)
class Landing:
    """What a mailed link brings. It waits in a cookie while the person is asked, so that the address bar, the history
    and the Referer of the page's own style sheet are free of the secret (ASVS 14.2.1)."""

    user_id: str
    secret: str
    ticket: str


def remember(response: HttpResponse, intent: Intent) -> None:
    """Let this browser recognise the link it asked for."""
    _set(response, "intent", intent.ticket())


def remembered(request: HttpRequest) -> Intent | None:
    """What this browser last asked for, if it did within MINUTES."""
    try:
        return Intent.read(request.COOKIES.get(_name("intent"), ""))
    except (Expired, Forged):
        return None


def is_same_browser(request: HttpRequest, intent: Intent) -> bool:
    """Whether the link that carries `intent` was asked for here."""
    mine = remembered(request)
    return mine is not None and constant_time_compare(mine.nonce, intent.nonce)


def keep_landing(response: HttpResponse, landing: Landing) -> None:
    _set(response, "landing", signing.dumps(asdict(landing), salt="accounts.landing"))


def kept_landing(request: HttpRequest) -> Landing | None:
    """The link this browser has opened, if it did within MINUTES."""
    try:
        return Landing(
            **signing.loads(request.COOKIES.get(_name("landing"), ""), salt="accounts.landing", max_age=MINUTES * 60)
        )
    except signing.BadSignature:
        return None


def forget(response: HttpResponse) -> None:
    """Both cookies are done with."""
    for name in ("intent", "landing"):
        response.delete_cookie(_name(name), samesite="Lax")


def _name(name: str) -> str:
    return settings.COOKIE_PREFIX + name


def _set(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(_name(name), value, max_age=MINUTES * 60, secure=settings.HTTPS, httponly=True, samesite="Lax")
