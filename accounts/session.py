"""The session: Appwrite's session secret in a signed cookie, and the person to whom it belongs.

The site reads the session's person from Appwrite at most once a minute. In between, and while Appwrite is unreachable,
the site uses the person in the shared cache.
"""

import hashlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from appwrite.models.session import Session
from appwrite.models.user import User as AppwriteUser
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from accounts.models import ANONYMOUS, User
from core import errors, personal_entries
from core.appwrite_client import client_of_session
from core.text_fields import line

SALT = "accounts.session"
IDLE_TTL = 30 * 24 * 3600  # seconds without a visit after which the person must sign in again (ASVS 7.3.1)
RENEWAL_INTERVAL = 24 * 3600  # seconds between two renewals of the cookie's timestamp
USER_TTL = 60  # seconds until a new role or a block takes effect
FALLBACK_TTL = 24 * 3600  # seconds during which a cached person is used while Appwrite is unreachable


@dataclass(frozen=True)
class SessionCookie:
    """The session data in the cookie. The ids are "" in cookies from releases that did not store ids."""

    secret: str = ""
    expire: str = ""
    user_id: str = ""
    id: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the output of `serialise`."""
        return cls(*text.split("|", 3))

    def serialise(self) -> str:
        return "|".join((self.secret, self.expire, self.user_id, self.id))


def cookie_name() -> str:
    """Return Appwrite's cookie name, a_session_PROJECT. Over https, the name has the prefix `__Host-` (ASVS 3.3.1)."""
    return f"{settings.COOKIE_PREFIX}a_session_{settings.APPWRITE_PROJECT}"


def sign_in(response: HttpResponse, session: Session) -> None:
    """Set the session cookie, which expires together with `session`."""
    _set(response, SessionCookie(session.secret, session.expire, session.userid, session.id))


def renew(request: HttpRequest, response: HttpResponse, cookie: SessionCookie) -> None:
    """Sign the request's `cookie` again, at most once a day, because IDLE_TTL counts from the signature's timestamp.

    `cookie` is the result of `read_cookie` for this request, so its signature has been checked.
    """
    _value, timestamp, _signature = request.COOKIES[cookie_name()].rsplit(":", 2)  # the format of django.core.signing
    if time.time() - signing.b62_decode(timestamp) > RENEWAL_INTERVAL:
        _set(response, cookie)


def has_lapsed(request: HttpRequest) -> bool:
    """Return whether the cookie has a valid signature that is older than IDLE_TTL."""
    return not read_cookie(request).secret and bool(read_cookie(request, max_age=None).secret)


def read_cookie(request: HttpRequest, max_age: int | None = IDLE_TTL) -> SessionCookie:
    """Return the session cookie. If `max_age` is given, we must have signed it in the last `max_age` seconds.

    If its signature is invalid or too old, or if there is no cookie, return an empty SessionCookie.
    """
    try:
        return SessionCookie.parse(request.get_signed_cookie(cookie_name(), salt=SALT, max_age=max_age) or "")
    except (KeyError, signing.BadSignature):
        return SessionCookie()


def _set(response: HttpResponse, cookie: SessionCookie) -> None:
    response.set_signed_cookie(
        cookie_name(),
        cookie.serialise(),
        salt=SALT,
        expires=datetime.fromisoformat(cookie.expire).astimezone(UTC),
        path="/",
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def sign_out(response: HttpResponse) -> None:
    """Delete the session cookie, and tell the browser to clear its cache of private pages.

    To end the session in Appwrite as well, call `pending_sign_outs.end`.
    """
    response.delete_cookie(cookie_name(), path="/", samesite="Lax")
    response["Clear-Site-Data"] = '"cache"'


def user_of(secret: str) -> User:
    """Return the person to whom the session with this `secret` belongs.

    Use a cached person for a minute, or for a day while Appwrite is unreachable. Raise SignInRequiredError if the
    session has ended, BlockedError if the person is blocked, and UnavailableError if Appwrite is unreachable and the
    person is not in the cache.
    """
    user: User | None
    user, checked = cache.get(_cache_key(secret), (None, 0.0))
    if user is not None and time.time() - checked < USER_TTL:
        return user
    try:
        return confirmed_user_of(secret)
    except errors.UnavailableError:
        if user is None:
            raise
        return user


def confirmed_user_of(secret: str) -> User:
    """Ask Appwrite to whom the session with this `secret` belongs. Cache and return the person.

    Raise SignInRequiredError if the session has ended, BlockedError if the person is blocked, and UnavailableError if
    Appwrite fails.
    """
    key = _cache_key(secret)
    try:
        user = _user(client_of_session(secret).account.get())
    except (errors.SignInRequiredError, errors.BlockedError):
        cache.delete(key)
        raise
    except errors.UnavailableError:
        raise
    except errors.SiteError as error:  # no other error is possible for a person's own account, so Appwrite has failed
        raise errors.UnavailableError(str(error)) from error
    _remember(key, user)
    return user


def remember_user(secret: str, account: AppwriteUser) -> None:
    """Cache this session's person, so that the first page after sign-in need not read the person from Appwrite."""
    _remember(_cache_key(secret), _user(account))


def _remember(key: str, user: User) -> None:
    personal_entries.register(user.id, key, ttl=FALLBACK_TTL)
    cache.set(key, (user, time.time()), FALLBACK_TTL)


def cached_user(secret: str) -> User:
    """Return the signed-in person from the cache, or ANONYMOUS if the person is not cached.

    Use this for error pages.
    """
    user: User
    user, _ = cache.get(_cache_key(secret), (ANONYMOUS, 0.0)) if secret else (ANONYMOUS, 0.0)
    return user


def forget_user(secret: str) -> None:
    """Remove the person from the cache, after a 401, a sign-out or a change to the person's data."""
    cache.delete(_cache_key(secret))


def _cache_key(secret: str) -> str:
    # The cache may be files on a disk, which must not contain secrets.
    return "person:" + hashlib.sha256(secret.encode()).hexdigest()


def _user(account: AppwriteUser) -> User:
    language, mail = str(account.prefs.data.get("language", "")), account.prefs.data.get("mail")
    mail = mail if isinstance(mail, str) or mail is None else ""
    return User(account.id, line(account.name), account.email, tuple(account.labels), language, mail)
