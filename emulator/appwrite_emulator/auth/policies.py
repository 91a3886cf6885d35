"""The project's policies: their fields in the `Project` model, and checks of users and passwords.

`sessions` applies the session limit and lifetime, and the teams service applies membership privacy.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator

from appwrite_emulator.auth import passwords
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Project, User

POLICIES: dict[str, dict[str, str]] = {
    "password-dictionary": {"enabled": "password_dictionary"},
    "password-history": {"total": "password_history"},
    "password-strength": {
        "min": "password_min_length",
        "uppercase": "password_uppercase",
        "lowercase": "password_lowercase",
        "number": "password_number",
        "symbols": "password_symbols",
    },
    "password-personal-data": {"enabled": "password_personal_data"},
    "session-alert": {"enabled": "session_alert"},
    "session-duration": {"duration": "session_duration"},
    "session-invalidation": {"enabled": "session_invalidation"},
    "session-limit": {"total": "session_limit"},
    "user-limit": {"total": "user_limit"},
    "membership-privacy": {
        "userId": "members_user_id",
        "userEmail": "members_user_email",
        "userPhone": "members_user_phone",
        "userName": "members_user_name",
        "userMFA": "members_user_mfa",
        "userAccessedAt": "members_user_accessed_at",
    },
}
"""Policy -> field name in the API -> field of `Project`."""


def read(project: Project, name: str) -> dict[str, int]:
    """Return the policy's values, keyed by API field name."""
    return {key: getattr(project, field) for key, field in POLICIES[name].items()}


def check_user_limit(project: Project) -> None:
    """Raise 400 `user_count_exceeded` if the project has as many users as its policy allows."""
    if project.user_limit and User.objects.count() >= project.user_limit:
        raise AppwriteError("user_count_exceeded")


def password_problem(project: Project, password: str) -> str:
    """Return what the strength or dictionary policy requires if it rejects the password, or ""."""
    strength = read(project, "password-strength")
    required = [name for name in _REQUIRED if strength[name]]
    if len(password.encode()) < strength["min"] or not all(_REQUIRED[name][0](password) for name in required):
        requirements = [
            f"between {strength['min']} and 256 characters long",
            *(_REQUIRED[name][1] for name in required),
        ]
        return f"Password must be {', '.join(requirements)}."
    if project.password_dictionary and password in _common_passwords():
        # The number 265 is Appwrite's.
        return (
            "Password must be between 8 and 265 characters long, and should not be one of the commonly used password."
        )
    return ""


_REQUIRED: dict[str, tuple[Callable[[str], object], str]] = {
    "uppercase": (re.compile("[A-Z]").search, "include an uppercase letter"),
    "lowercase": (re.compile("[a-z]").search, "include a lowercase letter"),
    "number": (re.compile("[0-9]").search, "include a number"),
    "symbols": (lambda password: any(map(_is_symbol, password)), "include a symbol"),
}


def _is_symbol(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character)[0] not in "LN"


@cache
def _common_passwords() -> set[str]:
    """Return Django's list of 20,000 common passwords. Appwrite's list has 10,000."""
    common: set[str] = CommonPasswordValidator().passwords
    return common


def check_personal_data(project: Project, user: User, password: str) -> None:
    """Raise 400 `password_personal_data` if the password contains personal data and the policy forbids this."""
    if not project.password_personal_data:
        return
    email, phone = user.email or "", user.phone or ""
    personal = (user.id, email, email.partition("@")[0], user.name, phone, phone.removeprefix("+"))
    if any(text and text.lower() in password.lower() for text in personal):
        raise AppwriteError("password_personal_data")


def check_history(project: Project, user: User, password: str) -> None:
    """Raise 400 `password_recently_used` if the password is in the user's history."""
    if project.password_history and any(
        passwords.verify(password, stored, "argon2", {}) for stored in user.password_history
    ):
        raise AppwriteError("password_recently_used")


def remember_password(project: Project, user: User) -> None:
    """Add the user's new password to the history."""
    if project.password_history:
        user.password_history = [*user.password_history, user.password][-project.password_history :]
