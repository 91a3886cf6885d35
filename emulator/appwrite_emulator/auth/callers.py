"""Identify a request's caller by session, JWT or API key. Without any of these, the caller is a guest."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest

from appwrite_emulator.auth import jwt, session_secrets
from appwrite_emulator.auth.scopes import (
    ADMIN_SCOPES,
    CONSOLE_SCOPES,
    GUEST_SCOPES,
    IMPERSONATOR_SCOPES,
    KEY_SCOPES,
    USER_SCOPES,
)
from appwrite_emulator.common import clock, project_state
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db import state
from appwrite_emulator.db.models import CONSOLE, ORGANIZATION, ApiKey, Membership, Project, Session, User

DYNAMIC_KEY = "dynamic_"
"""Prefix of the API keys that functions get. The rest of the key is a JWT that contains its scopes."""
EPHEMERAL_KEY = "ephemeral_"
"""Prefix of API keys that are valid for at most an hour. The rest of the key is a JWT that contains its scopes."""


ACCESS_INTERVAL = datetime.timedelta(days=1)


@dataclass
class Caller:
    """The caller of a request. Permissions refer to the caller's `roles`."""

    user: User | None = None
    session: Session | None = None
    key: ApiKey | None = None
    jwt_session_id: str = ""
    """ID of the session that the JWT was created for, if the caller is identified by a JWT."""
    admin: User | None = None
    """The console user, for requests to a project of their organization. `key` has their scopes and is not stored."""
    has_unknown_key: bool = False
    """Whether the request has an API key that the project does not have. The caller is then a guest."""
    impersonator: User | None = None
    """The real user during impersonation. An impersonator gets no session of the impersonated user."""

    @property
    def actor(self) -> User | None:
        """The user who makes the request. During impersonation, this is the impersonator."""
        return self.impersonator or self.user

    @property
    def is_key(self) -> bool:
        """Whether the caller has an API key or is an admin. These callers bypass permissions."""
        return self.key is not None

    @property
    def session_id(self) -> str:
        """ID of the session that identifies the caller, or "" without a session."""
        return self.session.id if self.session else self.jwt_session_id

    @property
    def log_identity(self) -> tuple[str, str]:
        """The caller's type for the log (admin, key, user or guest), and the key's name or the user's ID."""
        if self.admin:
            return "admin", self.admin.id
        if self.key:
            return "key", self.key.name
        return ("user", self.user.id) if self.user else ("guest", "")

    @cached_property
    def scopes(self) -> frozenset[str]:
        if self.key:
            return KEY_SCOPES | frozenset(self.key.scopes)
        if self.actor and self.actor.impersonator:
            return USER_SCOPES | IMPERSONATOR_SCOPES
        if self.user and project_state.current() is project_state.CONSOLE:
            return USER_SCOPES | CONSOLE_SCOPES
        return USER_SCOPES if self.user else GUEST_SCOPES

    @cached_property
    def roles(self) -> frozenset[str]:
        """All roles of the caller. API keys bypass permissions, so check `is_key` first."""
        if self.user is None:
            return frozenset({"any", "guests"})
        user = self.user
        # A verified e-mail address or a verified phone number is enough.
        verified = "verified" if user.email_verification or user.phone_verification else "unverified"
        roles = {"any", "users", f"users/{verified}", f"user:{user.id}", f"user:{user.id}/{verified}"}
        roles |= {f"label:{label}" for label in user.labels}
        for membership in Membership.objects.filter(user=user, confirm=True):
            roles |= {f"team:{membership.team_id}", f"member:{membership.id}"}
            roles |= {f"team:{membership.team_id}/{role}" for role in membership.roles}
        return frozenset(roles)

    def reload(self) -> None:
        """Reload the caller's user and session.

        Other requests may have changed them while this request waited for the lock. Raise 401 `user_unauthorized` if
        either has been deleted.
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


def record_access(user: User) -> None:
    """Update the user's `accessedAt` and `$updatedAt`, at most once a day. GET requests write nothing else."""
    if user.accessed_at is None or user.accessed_at < clock.now() - ACCESS_INTERVAL:
        user.accessed_at = user.updated_at = clock.now()
        with state.write_lock():
            User.objects.filter(pk=user.pk).update(accessed_at=user.accessed_at, updated_at=user.updated_at)


def identify(http: HttpRequest, project: Project) -> Caller:
    """Return the caller.

    An API key takes precedence. If the session is unknown or has expired, the caller is a guest.
    """
    if secret := http.headers.get("X-Appwrite-Key", ""):
        key = _find_key(secret, project)
        return Caller(key=key, has_unknown_key=key is None)
    return identify_user(http, project)


def identify_user(http: HttpRequest, project: Project) -> Caller:
    """Return the caller as `identify` does, but ignore any API key."""
    token = http.headers.get("X-Appwrite-JWT", "")
    if _is_admin_mode(http, project):
        if token:
            _from_jwt(token, project)  # a malformed JWT is an error in admin mode too
        return _find_admin(http, project)
    session_secret = session_secrets.find_secret(http, project)
    if session_secret and token:
        raise AppwriteError("user_jwt_and_cookie_set")
    if token:
        return _impersonate(http, _from_jwt(token, project))
    session = session_secrets.find_session(session_secret) if session_secret else None
    return _impersonate(http, Caller(user=session.user, session=session) if session else Caller())


def _find_admin(http: HttpRequest, project: Project) -> Caller:
    """Return the admin who has a session in the console, or a guest if there is none.

    Raise 401 `user_unauthorized` for a user who is not a member of the organization.
    """
    if project_state.CONSOLE.database is None:
        return Caller()
    with project_state.CONSOLE.use():
        session = session_secrets.find_session(session_secrets.find_secret(http, Project(id=CONSOLE)))
        if session is None:
            return Caller()
        if not session.user.status:
            raise AppwriteError("user_blocked")
        if not Membership.objects.filter(user=session.user, team_id=ORGANIZATION, confirm=True).exists():
            raise AppwriteError("user_unauthorized")
        key = ApiKey(project=project, name=session.user.email or "", scopes=ADMIN_SCOPES)
        return Caller(key=key, admin=session.user)


def _is_admin_mode(http: HttpRequest, project: Project) -> bool:
    """Return whether the request is in admin mode. The parameter takes precedence over the header.

    A request is also in admin mode if its path names a different project from its header or parameter.
    """
    named = http.GET.get("project") or http.headers.get("X-Appwrite-Project")
    if named and named != project.id:
        return True
    return (http.GET.get("mode") or http.headers.get("X-Appwrite-Mode")) == "admin"


def _find_key(secret: str, project: Project) -> ApiKey | None:
    """Return the API key. Raise 401 if a stored key is unknown or has expired.

    If the secret is an invalid token, return None, so that the caller is a guest.
    """
    if secret.startswith((DYNAMIC_KEY, EPHEMERAL_KEY)):
        return _key_from_token(secret, project)
    key: ApiKey | None = _stored_key(secret)
    if key is None or key.project_id != project.id:
        raise AppwriteError("user_unauthorized", "The API key is unknown or belongs to a different project.")
    if key.expire and key.expire <= clock.now():
        raise AppwriteError("project_key_expired")
    return key


def _key_from_token(secret: str, project: Project) -> ApiKey | None:
    """Return the ephemeral key, or the key that a function got for one execution.

    Return None if the key is invalid or has expired.
    """
    try:
        claims = jwt.decode(secret.partition("_")[2], project.jwt_secret)
        return ApiKey(project=project, name=claims.get("name", "Ephemeral Key"), secret=secret, scopes=claims["scopes"])
    except (ValueError, KeyError, TypeError):  # KeyError: a user's JWT, which has no scopes
        return None


@state.cached_until_write
def _stored_key(secret: str) -> ApiKey | None:
    return ApiKey.objects.filter(secret=secret).first()


def _from_jwt(token: str, project: Project) -> Caller:
    """Return the JWT's user as a caller without a session. If the JWT's session no longer exists, return a guest."""
    try:
        claims = jwt.decode(token, project.jwt_secret)
    except (ValueError, KeyError, TypeError):
        raise AppwriteError("user_jwt_invalid") from None
    user = User.objects.filter(id=claims.get("userId", "")).first()
    session_id = claims.get("sessionId")
    if user and session_id and not user.sessions.filter(id=session_id, expire__gt=clock.now()).exists():
        return Caller()
    return Caller(user=user, jwt_session_id=session_id or "")


# User field -> header and query parameter that select the user to impersonate. The parameters are for links to files
# and images, because links cannot have headers. The first field in the request applies.
_IMPERSONATION = {
    "id": ("X-Appwrite-Impersonate-User-Id", "impersonateUserId"),
    "email": ("X-Appwrite-Impersonate-User-Email", "impersonateEmail"),
    "phone": ("X-Appwrite-Impersonate-User-Phone", "impersonatePhone"),
}


def _impersonate(http: HttpRequest, caller: Caller) -> Caller:
    """Apply impersonation: return a caller who acts as the named user.

    If the caller is not allowed to impersonate, or the named user is unknown, return the caller unchanged.
    """
    if caller.user is None or not caller.user.impersonator:
        return caller
    values = {field: _impersonated(http, *names) for field, names in _IMPERSONATION.items()}
    field = next((field for field, value in values.items() if value), None)
    target = User.objects.filter(**{field: values[field]}).first() if field else None
    if target is None:
        return caller
    return Caller(user=target, jwt_session_id=caller.session_id, impersonator=caller.user)


def _impersonated(http: HttpRequest, header: str, parameter: str) -> str:
    """Return the header's value. For GET requests without the header, return the query parameter's value.

    The parameter can also be in lower case.
    """
    value = http.headers.get(header)
    if value is None and http.method in ("GET", "HEAD"):
        value = http.GET.get(parameter.lower()) or http.GET.get(parameter)
    return (value or "").lower() if parameter == "impersonateEmail" else value or ""
