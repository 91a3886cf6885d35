"""Policies: rules for users, their sessions and passwords. Each policy is stored in a few fields of `Project`."""

from typing import Any

from appwrite_emulator.auth import policies
from appwrite_emulator.auth.policies import POLICIES
from appwrite_emulator.auth.request import Request
from appwrite_emulator.db.models import YEAR, Project
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Integer, Text, accepts
from appwrite_emulator.services import lists
from appwrite_emulator.services.project.project import save

MIN_SESSION_DURATION = 5
"""Minimum session duration, in seconds. The maximum is one year, which is also the default."""
MAX_LIMIT = 5000
"""Highest limit that a policy can set for users, sessions or remembered passwords."""

_NAMES = tuple(POLICIES)

_LIMIT = accepts(total=Integer(1, MAX_LIMIT, nullable=True, required=True))
_SWITCH = accepts(enabled=Boolean(strict=True, required=True))


@accepts(queries=lists.SliceQueries(), total=Boolean(default=True))
def list_policies(request: Request, *, queries: list[str], total: bool) -> dict[str, Any]:
    """GET /project/policies. Only limit and offset queries are supported."""
    found = [_policy(request.project, name) for name in lists.cut(POLICIES, queries)]
    return {"total": len(POLICIES) if total else 0, "policies": found}


@accepts(policy_id=Text(choices=_NAMES, required=True))
def get_policy(request: Request, *, policy_id: str) -> dict[str, Any]:
    """GET /project/policies/{policyId}."""
    return _policy(request.project, policy_id)


@_LIMIT
def update_session_limit_policy(request: Request, *, total: int | None) -> dict[str, Any]:
    """PATCH /project/policies/session-limit: set the maximum number of sessions per user. Null removes the limit.

    When a user exceeds the limit, their oldest sessions are deleted.
    """
    return _update(request, "session-limit", total=total or 0)


@accepts(duration=Integer(MIN_SESSION_DURATION, YEAR, required=True))
def update_session_duration_policy(request: Request, *, duration: int) -> dict[str, Any]:
    """PATCH /project/policies/session-duration: set the lifetime of new sessions, in seconds."""
    return _update(request, "session-duration", duration=duration)


@_SWITCH
def update_session_alert_policy(request: Request, *, enabled: bool) -> dict[str, Any]:
    """PATCH /project/policies/session-alert: set whether users get an e-mail about new sessions."""
    return _update(request, "session-alert", enabled=enabled)


@_SWITCH
def update_session_invalidation_policy(request: Request, *, enabled: bool) -> dict[str, Any]:
    """PATCH /project/policies/session-invalidation: set whether a password change deletes the user's other sessions."""
    return _update(request, "session-invalidation", enabled=enabled)


@_LIMIT
def update_user_limit_policy(request: Request, *, total: int | None) -> dict[str, Any]:
    """PATCH /project/policies/user-limit: set the maximum number of users. Null removes the limit."""
    return _update(request, "user-limit", total=total or 0)


@_LIMIT
def update_password_history_policy(request: Request, *, total: int | None) -> dict[str, Any]:
    """PATCH /project/policies/password-history: set how many of a user's former passwords cannot be used again.

    Null means none.
    """
    return _update(request, "password-history", total=total or 0)


@_SWITCH
def update_password_dictionary_policy(request: Request, *, enabled: bool) -> dict[str, Any]:
    """PATCH /project/policies/password-dictionary: set whether common passwords are rejected."""
    return _update(request, "password-dictionary", enabled=enabled)


@_SWITCH
def update_password_personal_data_policy(request: Request, *, enabled: bool) -> dict[str, Any]:
    """PATCH /project/policies/password-personal-data: set whether passwords with personal data are rejected."""
    return _update(request, "password-personal-data", enabled=enabled)


@accepts(
    min=Integer(8, 256),
    uppercase=Boolean(strict=True),
    lowercase=Boolean(strict=True),
    number=Boolean(strict=True),
    symbols=Boolean(strict=True),
)
def update_password_strength_policy(request: Request, **changes: int | None) -> dict[str, Any]:
    """PATCH /project/policies/password-strength. Omitted parameters stay unchanged. Return the policy."""
    _update(request, "password-strength", **changes)
    return _policy(request.project, "password-strength")


@accepts(
    userId=Boolean(strict=True),
    userEmail=Boolean(strict=True),
    userPhone=Boolean(strict=True),
    userName=Boolean(strict=True),
    userMFA=Boolean(strict=True),
    userAccessedAt=Boolean(strict=True),
)
def update_membership_privacy_policy(request: Request, **changes: bool | None) -> dict[str, Any]:
    """PATCH /project/policies/membership-privacy: set which details about a member the other members can see."""
    return _update(request, "membership-privacy", **changes)


def _policy(project: Project, name: str) -> dict[str, Any]:
    return {"$id": name} | policies.read(project, name)


def _update(request: Request, name: str, **changes: int | None) -> dict[str, Any]:
    """Set the policy's fields, except those that are None. Return the project."""
    for key, value in changes.items():
        if value is not None:
            setattr(request.project, POLICIES[name][key], value)
    return responses.project(save(request.project))
