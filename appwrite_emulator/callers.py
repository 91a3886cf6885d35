"""Who is calling: a guest, a session, a JWT or an API key; and what they bring."""

import base64
import datetime
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest

from appwrite_emulator import clock, ids, jwt, state
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import ApiKey, Membership, Project, Session, User

# app/config/roles.php of the real server.
GUEST_SCOPES = frozenset(
    {
        "global",
        "public",
        "graphql",
        "sessions.write",
        "documents.read",
        "documents.write",
        "rows.read",
        "rows.write",
        "files.read",
        "files.write",
        "locale.read",
        "avatars.read",
        "execution.write",
    }
)
USER_SCOPES = GUEST_SCOPES | {
    "account",
    "teams.read",
    "teams.write",
    "execution.read",
    "targets.write",
    "subscribers.read",
    "subscribers.write",
}
# An impersonator may look for whom to act as, before and while acting.
IMPERSONATOR_SCOPES = frozenset({"users.read"})
USER_ONLY_SCOPES = frozenset({"account", "root"})
"""What no API key can be given."""
# What an API key may use beside the scopes it was given.
KEY_SCOPES = frozenset({"global", "public", "graphql"})

DYNAMIC_KEY = "dynamic_"
"""What the keys begin with that functions get: the rest is a JWT that names their scopes."""


ACCESS_INTERVAL = datetime.timedelta(days=1)


@dataclass
class Caller:
    """The one who asks; `roles` are what permissions know of them."""

    user: User | None = None
    session: Session | None = None
    key: ApiKey | None = None
    impersonator: User | None = None
    """Who really asks, where one user acts as another. They bring no session of the other's."""

    @property
    def actor(self) -> User | None:
        """Whose deed this is."""
        return self.impersonator or self.user

    @property
    def is_key(self) -> bool:
        return self.key is not None

    @property
    def named(self) -> tuple[str, str]:
        """The kind of caller, and the key's name or the user's id: what may be shown of them."""
        if self.key:
            return "key", self.key.name
        return ("user", self.user.id) if self.user else ("guest", "")

    @cached_property
    def scopes(self) -> frozenset[str]:
        if self.key:
            return KEY_SCOPES | frozenset(self.key.scopes)
        if self.actor and self.actor.impersonator:
            return USER_SCOPES | IMPERSONATOR_SCOPES
        return USER_SCOPES if self.user else GUEST_SCOPES

    @cached_property
    def roles(self) -> frozenset[str]:
        """Every role this caller holds. A key passes all permissions; callers ask `is_key` first."""
        if self.user is None:
            return frozenset({"any", "guests"})
        user = self.user
        # Either proof will do: a verified address or a verified number.
        verified = "verified" if user.email_verification or user.phone_verification else "unverified"
        roles = {"any", "users", f"users/{verified}", f"user:{user.id}", f"user:{user.id}/{verified}"}
        roles |= {f"label:{label}" for label in user.labels}
        for membership in Membership.objects.filter(user=user, confirm=True):
            roles |= {f"team:{membership.team_id}", f"member:{membership.id}"}
            roles |= {f"team:{membership.team_id}/{role}" for role in membership.roles}
        return frozenset(roles)

    def look_again(self) -> None:
        """Know the user and the session as they are now, where others may have changed them while we waited our turn.

        401 `user_unauthorized` when one of the two has gone meanwhile.
        """
        try:
            if self.session:
                self.session.refresh_from_db()
            if self.user:
                self.user.refresh_from_db()
        except ObjectDoesNotExist:
            raise AppwriteError("user_unauthorized") from None
        if self.session and self.user:
            self.session.user = self.user


@dataclass
class Request:
    """What a handler gets to know of the request beside its parameters."""

    http: HttpRequest
    project: Project
    caller: Caller
    ignored: list[str] = field(default_factory=list)
    """Parameters that were sent and that this endpoint does not know."""
    resource: str = ""
    """What is acted on, as `team/ID`: set by handlers of things that have an activity log of their own."""
    road: Any = None
    """The Road it came by, for what asks other routes: GraphQL."""

    @property
    def headers(self) -> Any:
        return self.http.headers

    @property
    def endpoint(self) -> str:
        """The address the caller reached us at, e.g. `http://127.0.0.1:9100/v1`."""
        return f"{self.http.scheme}://{self.http.get_host()}/v1"

    @property
    def ip(self) -> str:
        forwarded = self.http.headers.get("X-Forwarded-For", "").split(",")[0].strip()
        return forwarded or self.http.META.get("REMOTE_ADDR", "")

    @property
    def user_agent(self) -> str:
        """The browser's: an API key may pass it on in `X-Forwarded-User-Agent`, nobody else."""
        forwarded = self.http.headers.get("X-Forwarded-User-Agent", "") if self.caller.is_key else ""
        return forwarded or self.http.headers.get("User-Agent", "")

    @property
    def locale(self) -> str:
        """The language asked for, whatever it is: by `X-Appwrite-Locale`, and before it by `?locale=` of a GET."""
        asked = self.http.GET.get("locale", "") if self.http.method == "GET" else ""
        return asked or self.http.headers.get("X-Appwrite-Locale", "")


def note_access(user: User) -> None:
    """Record the user's visit, at most once a day. It changes `$updatedAt`, too. No other GET writes anything."""
    if user.accessed_at is None or user.accessed_at < clock.now() - ACCESS_INTERVAL:
        user.accessed_at = user.updated_at = clock.now()
        with state.write_lock:
            User.objects.filter(pk=user.pk).update(accessed_at=user.accessed_at, updated_at=user.updated_at)


def identify(http: HttpRequest, project: Project) -> Caller:
    """The caller of this request. A key counts alone; a session that is unknown or over makes a guest.

    In admin mode Appwrite looks for the user in its console project. Nobody is there, so only a key helps.
    """
    if secret := http.headers.get("X-Appwrite-Key", ""):
        return Caller(key=_key(secret, project))
    session_secret = _session_secret(http, project)
    token = http.headers.get("X-Appwrite-JWT", "")
    if _is_admin_mode(http):
        if token:
            _from_jwt(token, project)  # a malformed one is refused in this mode, too
        return Caller()
    if session_secret and token:
        raise AppwriteError("user_jwt_and_cookie_set")
    if token:
        return _acting(http, _from_jwt(token, project))
    session = find_session(session_secret) if session_secret else None
    return _acting(http, Caller(user=session.user, session=session) if session else Caller())


def _is_admin_mode(http: HttpRequest) -> bool:
    """Return whether the request asks to act as an admin of the console; a parameter goes before the header."""
    return (http.GET.get("mode") or http.headers.get("X-Appwrite-Mode")) == "admin"


def _key(secret: str, project: Project) -> ApiKey:
    key = _key_of_function(secret, project) if secret.startswith(DYNAMIC_KEY) else _find_key(secret)
    if key is None or key.project_id != project.id:
        raise AppwriteError("user_unauthorized", "There is no such API key.")
    if key.expire and key.expire <= clock.now():
        raise AppwriteError("project_key_expired")
    return key


def _key_of_function(secret: str, project: Project) -> ApiKey | None:
    """The key that a function was given for one execution, with the scopes of the function; None once that is over."""
    try:
        claims = jwt.decode(secret.removeprefix(DYNAMIC_KEY), project.jwt_secret)
    except (ValueError, KeyError, TypeError):
        return None
    if "scopes" not in claims:
        return None  # a user's JWT is no key
    return ApiKey(project=project, name="Function", secret=secret, scopes=claims["scopes"])


@state.remembered
def _find_key(secret: str) -> ApiKey | None:
    return ApiKey.objects.filter(secret=secret).first()


def _session_secret(http: HttpRequest, project: Project) -> str:
    """The first one present decides: cookie, legacy cookie, header, fallback header."""
    name = cookie_name(project)
    try:
        fallback = json.loads(http.headers.get("X-Fallback-Cookies") or "{}")
    except ValueError:
        fallback = {}
    candidates = (
        unquote(http.COOKIES.get(name, "")),
        unquote(http.COOKIES.get(f"{name}_legacy", "")),
        http.headers.get("X-Appwrite-Session"),
        fallback.get(name) if isinstance(fallback, dict) else None,
    )
    return next((c for c in candidates if c and isinstance(c, str)), "")


def _from_jwt(token: str, project: Project) -> Caller:
    """The user a JWT names, without a session of their own. Once the JWT's session has ended, a guest."""
    try:
        claims = jwt.decode(token, project.jwt_secret)
    except (ValueError, KeyError, TypeError):
        raise AppwriteError("user_jwt_invalid") from None
    user = User.objects.filter(id=claims.get("userId", "")).first()
    session_id = claims.get("sessionId")
    if user and session_id and not user.sessions.filter(id=session_id, expire__gt=clock.now()).exists():
        return Caller()
    return Caller(user=user)


# Header -> what it names the other user by; the first one sent counts.
_IMPERSONATED_BY = {
    "X-Appwrite-Impersonate-User-Id": "id",
    "X-Appwrite-Impersonate-User-Email": "email",
    "X-Appwrite-Impersonate-User-Phone": "phone",
}


def _acting(http: HttpRequest, caller: Caller) -> Caller:
    """The caller as the user whom they ask to act as; unchanged for who may not, or asks for nobody we know."""
    if caller.user is None or not caller.user.impersonator:
        return caller
    named = {field: http.headers.get(header) for header, field in _IMPERSONATED_BY.items()}
    field = next((field for field, value in named.items() if value), None)
    target = User.objects.filter(**{field: named[field]}).first() if field else None
    if target is None:
        return caller
    target.impersonator_user_id = caller.user.id
    return Caller(user=target, impersonator=caller.user)


def cookie_name(project: Project) -> str:
    return f"a_session_{project.id}"


def hashed(secret: str) -> str:
    """The form in which secrets are stored."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_session_secret(user_id: str) -> tuple[str, str]:
    """A session's secret as the caller gets it (base64 of user id and random part), and its stored hash."""
    random = ids.secret(256)
    return wrapped(user_id, random), hashed(random)


def wrapped(user_id: str, secret: str) -> str:
    """The secret and whose it is, in one text."""
    text = json.dumps({"id": user_id, "secret": secret}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def find_session(secret: str) -> Session | None:
    """The living session with this secret."""
    try:
        parts = json.loads(base64.b64decode(secret, validate=True))
        user_id, random = parts["id"], parts["secret"]
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(user_id, str) or not isinstance(random, str):
        return None
    found = Session.objects.select_related("user").filter(secret_hash=hashed(random), user_id=user_id)
    return found.filter(expire__gt=clock.now()).first()
