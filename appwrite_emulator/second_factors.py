"""Second factors: which a user has, what a session still owes, recovery codes. Shared by road and services."""

import datetime

from appwrite_emulator import clock, ids, people
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Authenticator, Session, User

TOTP, EMAIL, PHONE, RECOVERY_CODE = "totp", "email", "phone", "recoveryCode"
FACTORS = (TOTP, EMAIL, PHONE, RECOVERY_CODE)

FRESH = datetime.timedelta(minutes=30)
"""How long an answered challenge opens what is protected by one."""


def of(user: User) -> dict[str, bool]:
    """Each factor, and whether this user has it."""
    return {
        TOTP: Authenticator.objects.filter(user=user, verified=True).exists(),
        EMAIL: bool(user.email) and user.email_verification,
        PHONE: bool(user.phone) and user.phone_verification,
        RECOVERY_CODE: bool(user.mfa_recovery_codes),
    }


def own(user: User) -> list[str]:
    """The factors that prove something of the user; recovery codes only stand in for them."""
    found = of(user)
    return [name for name in (TOTP, EMAIL, PHONE) if found[name]]


def require(session: Session | None) -> None:
    """401 `user_more_factors_required` for a session with one factor of a user who has turned MFA on.

    Only where there is a second one to ask for.
    """
    if session is None or not session.user.mfa or len(session.factors) > 1:
        return
    if own(session.user):
        raise AppwriteError("user_more_factors_required")


def require_fresh_challenge(session: Session | None) -> None:
    """401 `user_challenge_required` unless this session has answered a challenge lately."""
    answered = session.mfa_updated_at if session else None
    if answered is None or answered + FRESH < clock.now():
        raise AppwriteError("user_challenge_required")


def add(session: Session, *names: str) -> None:
    """Let the session count as signed in by these as well; each is kept once."""
    session.factors = list(dict.fromkeys([*session.factors, *names]))


# -- recovery codes ---------------------------------------------------------------------------------------------------


def recovery_codes(user: User) -> list[str]:
    """The user's unused codes; 404 `user_recovery_codes_not_found` without any."""
    if not user.mfa_recovery_codes:
        raise AppwriteError("user_recovery_codes_not_found")
    return user.mfa_recovery_codes


def first_recovery_codes(user: User) -> list[str]:
    """Codes for a user who has none left; 409 `user_recovery_codes_already_exists` for one who has."""
    if user.mfa_recovery_codes:
        raise AppwriteError("user_recovery_codes_already_exists")
    return _new_recovery_codes(user)


def other_recovery_codes(user: User) -> list[str]:
    """New codes instead of those the user has; 404 `user_recovery_codes_not_found` without any."""
    recovery_codes(user)
    return _new_recovery_codes(user)


def _new_recovery_codes(user: User) -> list[str]:
    user.mfa_recovery_codes = [ids.secret(10) for _ in range(6)]
    return people.save(user).mfa_recovery_codes


def use_recovery_code(user: User, code: str) -> bool:
    """Whether this is one of the user's codes; it is used up by it."""
    user.refresh_from_db(fields=["mfa_recovery_codes"])  # somebody else may have used it since we read the user
    if code not in user.mfa_recovery_codes:
        return False
    user.mfa_recovery_codes = [other for other in user.mfa_recovery_codes if other != code]
    people.save(user)
    return True


# -- authenticators ---------------------------------------------------------------------------------------------------


def authenticator(user: User) -> Authenticator:
    """The user's authenticator, confirmed or not; 404 `user_authenticator_not_found` without one."""
    found = Authenticator.objects.filter(user=user).first()
    if found is None:
        raise AppwriteError("user_authenticator_not_found")
    return found
