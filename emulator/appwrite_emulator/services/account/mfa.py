"""The user's multi-factor authentication: whether it is required, authenticator apps, challenges and recovery codes."""

import datetime
import hmac
from typing import Any

from appwrite_emulator.auth import mfa_factors, sessions, totp, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock, ids
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Authenticator, Challenge, User
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Text, accepts
from appwrite_emulator.mail import messages

CHALLENGE_TTL = datetime.timedelta(hours=1)
AUTHENTICATOR = Text(choices=(mfa_factors.TOTP,), required=True)
OTP = Text(256, required=True)


@accepts(mfa=Boolean(strict=True, required=True))
def update_mfa(request: Request, *, mfa: bool) -> dict[str, Any]:
    """PATCH /account/mfa: set whether the user must sign in with two factors.

    When the user enables this, all their factors count as completed in the current session.
    """
    user = request.user
    user.mfa = mfa
    if mfa:
        _complete_factors(request, *mfa_factors.primary_factors(user))
    return responses.account(users.save(user))


def _complete_factors(request: Request, *factors: str) -> None:
    """Record `factors` as completed in the current session, if there is one. A caller with a JWT has no session."""
    if session := request.caller.session:
        mfa_factors.add(session, *factors)
        session.updated_at = clock.now()
        session.save()


def list_mfa_factors(request: Request) -> dict[str, bool]:
    """GET /account/mfa/factors: list the factors that a challenge can require."""
    return responses.mfa_factors(mfa_factors.factors_of(request.user))


# -- authenticator apps -----------------------------------------------------------------------------------------------


@accepts(type=AUTHENTICATOR)
def create_mfa_authenticator(request: Request, *, type: str) -> dict[str, str]:
    """POST /account/mfa/authenticators/totp: return a new secret, and the URI for its QR code.

    Replace an unverified authenticator.
    """
    user = request.user
    previous = Authenticator.objects.filter(user=user).first()
    if previous and previous.verified:
        raise AppwriteError("user_authenticator_already_verified")
    if previous:
        previous.delete()
    secret = totp.new_secret()
    Authenticator.objects.create(user=user, secret=secret)
    label = user.email or user.phone or user.id
    return responses.mfa_authenticator(secret, totp.uri(secret, request.project.name, label))


@accepts(type=AUTHENTICATOR, otp=OTP)
def update_mfa_authenticator(request: Request, *, type: str, otp: str) -> dict[str, Any]:
    """PUT /account/mfa/authenticators/totp: verify the authenticator with a code."""
    authenticator = mfa_factors.get_authenticator(request.user)
    if authenticator.verified:
        raise AppwriteError("user_authenticator_already_verified")
    if not totp.matches(authenticator.secret, otp):
        raise AppwriteError("user_invalid_token")
    authenticator.verified = True
    authenticator.save()
    _complete_factors(request, type)
    return responses.account(request.user)


@accepts(type=AUTHENTICATOR)
def delete_mfa_authenticator(request: Request, *, type: str) -> None:
    """DELETE /account/mfa/authenticators/totp."""
    mfa_factors.get_authenticator(request.user).delete()


# -- challenges -------------------------------------------------------------------------------------------------------


@accepts(factor=Text(choices=mfa_factors.FACTORS, any_case=True, required=True))
def create_mfa_challenge(request: Request, *, factor: str) -> dict[str, Any]:
    """POST /account/mfa/challenges: start a challenge for a factor. For `email` and `phone`, send a code.

    The factor's case is not normalised, so a `recoverycode` challenge can be created but never completed.
    """
    user = request.user
    _check_verified(user, factor)
    challenge = Challenge.objects.create(user=user, type=factor, code=ids.code(), expire=clock.now() + CHALLENGE_TTL)
    if factor == mfa_factors.EMAIL:
        messages.send_challenge(request, user, challenge)
    elif factor == mfa_factors.PHONE and user.phone:
        messages.send_text_message(request, user.phone, challenge, challenge.code)
    return responses.mfa_challenge(challenge)


def _check_verified(user: User, factor: str) -> None:
    if factor == mfa_factors.EMAIL and not user.email:
        raise AppwriteError("user_email_not_found")
    if factor == mfa_factors.EMAIL and not user.email_verification:
        raise AppwriteError("user_email_not_verified")
    if factor == mfa_factors.PHONE and not user.phone:
        raise AppwriteError("user_phone_not_found")
    if factor == mfa_factors.PHONE and not user.phone_verification:
        raise AppwriteError("user_phone_not_verified")


@accepts(challenge_id=Text(256, required=True), otp=OTP)
def update_mfa_challenge(request: Request, *, challenge_id: str, otp: str) -> dict[str, Any]:
    """PUT /account/mfa/challenges: complete a challenge, and record its factor in the current session."""
    user, session = request.user, request.caller.session
    if session is None:
        raise AppwriteError("user_session_not_found")
    challenge = user.challenges.filter(id=challenge_id, expire__gt=clock.now()).first()
    if challenge is None or not _is_correct(challenge, user, otp):
        raise AppwriteError("user_invalid_token")
    challenge.delete()
    session.mfa_updated_at = clock.now()
    _complete_factors(request, challenge.type)
    # As when a session is extended, the real server writes this time in its database's format and leaves two fields
    # unset.
    differences = {"mfaUpdatedAt": clock.database_format(session.mfa_updated_at), "current": False, "countryName": ""}
    return responses.session(session, current=False, language=sessions.language(request)) | differences


def _is_correct(challenge: Challenge, user: User, otp: str) -> bool:
    match challenge.type:
        case mfa_factors.TOTP:
            authenticator = Authenticator.objects.filter(user=user).first()
            return authenticator is not None and totp.matches(authenticator.secret, otp)
        case mfa_factors.EMAIL | mfa_factors.PHONE:
            return hmac.compare_digest(challenge.code.encode(), otp.encode())
        case mfa_factors.RECOVERY_CODE:
            return mfa_factors.use_recovery_code(user, otp)
        case _:
            return False


# -- recovery codes ---------------------------------------------------------------------------------------------------


def get_mfa_recovery_codes(request: Request) -> dict[str, list[str]]:
    """GET /account/mfa/recovery-codes: return the unused codes."""
    return responses.mfa_recovery_codes(mfa_factors.get_recovery_codes(request.user))


def create_mfa_recovery_codes(request: Request) -> dict[str, Any]:
    """POST /account/mfa/recovery-codes: create the first set of codes."""
    return responses.mfa_recovery_codes(mfa_factors.create_recovery_codes(request.user))


def update_mfa_recovery_codes(request: Request) -> dict[str, list[str]]:
    """PATCH /account/mfa/recovery-codes: replace all codes with new ones."""
    return responses.mfa_recovery_codes(mfa_factors.regenerate_recovery_codes(request.user))
