"""MFA rules that the runner and the services share: a user's factors, missing factors, recovery codes."""

import datetime

from appwrite_emulator.auth import users
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Authenticator, Session, User

TOTP, EMAIL, PHONE, RECOVERY_CODE = "totp", "email", "phone", "recoveryCode"
FACTORS = (TOTP, EMAIL, PHONE, RECOVERY_CODE)

CHALLENGE_TTL = datetime.timedelta(minutes=30)
"""How long a completed challenge allows protected operations."""


def factors_of(user: User) -> dict[str, bool]:
    """Return a dict: factor -> whether the user has it."""
    return {
        TOTP: Authenticator.objects.filter(user=user, verified=True).exists(),
        EMAIL: bool(user.email) and user.email_verification,
        PHONE: bool(user.phone) and user.phone_verification,
        RECOVERY_CODE: bool(user.mfa_recovery_codes),
    }


def primary_factors(user: User) -> list[str]:
    """Return the user's factors, except recovery codes, which only replace a lost factor."""
    factors = factors_of(user)
    return [name for name in (TOTP, EMAIL, PHONE) if factors[name]]


def require(session: Session | None) -> None:
    """Raise 401 `user_more_factors_required` if the user has enabled MFA and the session has only one factor.

    Sessions of users without any factor are accepted.
    """
    if session is None or not session.user.mfa or len(session.factors) > 1:
        return
    if primary_factors(session.user):
        raise AppwriteError("user_more_factors_required")


def require_fresh_challenge(session: Session | None) -> None:
    """Raise 401 `user_challenge_required` unless the session has recently completed a challenge."""
    completed_at = session.mfa_updated_at if session else None
    if completed_at is None or completed_at + CHALLENGE_TTL < clock.now():
        raise AppwriteError("user_challenge_required")


def add(session: Session, *names: str) -> None:
    """Add completed factors to the session, without adding a factor twice."""
    session.factors = list(dict.fromkeys([*session.factors, *names]))


# -- recovery codes ---------------------------------------------------------------------------------------------------


def get_recovery_codes(user: User) -> list[str]:
    """Return the user's unused codes. Raise 404 `user_recovery_codes_not_found` if there are none."""
    codes: list[str] = user.mfa_recovery_codes
    if not codes:
        raise AppwriteError("user_recovery_codes_not_found")
    return codes


def create_recovery_codes(user: User) -> list[str]:
    """Create codes. Raise 409 `user_recovery_codes_already_exists` if the user has any left."""
    if user.mfa_recovery_codes:
        raise AppwriteError("user_recovery_codes_already_exists")
    return _new_recovery_codes(user)


def regenerate_recovery_codes(user: User) -> list[str]:
    """Replace the codes. Raise 404 `user_recovery_codes_not_found` if the user has none."""
    get_recovery_codes(user)
    return _new_recovery_codes(user)


def _new_recovery_codes(user: User) -> list[str]:
    user.mfa_recovery_codes = codes = [ids.secret(10) for _ in range(6)]
    users.save(user)
    return codes


def use_recovery_code(user: User, code: str) -> bool:
    """Consume a recovery code. Return whether the code was valid."""
    user.refresh_from_db(fields=["mfa_recovery_codes"])  # a concurrent request may have used the code
    if code not in user.mfa_recovery_codes:
        return False
    user.mfa_recovery_codes = [other for other in user.mfa_recovery_codes if other != code]
    users.save(user)
    return True


# -- authenticators ---------------------------------------------------------------------------------------------------


def get_authenticator(user: User) -> Authenticator:
    """Return the user's authenticator, verified or not. Raise 404 `user_authenticator_not_found` if there is none."""
    authenticator = Authenticator.objects.filter(user=user).first()
    if authenticator is None:
        raise AppwriteError("user_authenticator_not_found")
    return authenticator
