"""A user's multi-factor authentication: whether it is required, factors, authenticator app and recovery codes."""

from typing import Any

from appwrite_emulator.auth import mfa_factors, users
from appwrite_emulator.auth.request import Request
from appwrite_emulator.http import responses
from appwrite_emulator.http.parameters import Boolean, Text, accepts
from appwrite_emulator.services.users.lookup import find_user


@accepts(mfa=Boolean(strict=True, required=True))
def update_mfa(request: Request, *, user_id: str, mfa: bool) -> dict[str, Any]:
    """PATCH /users/{id}/mfa."""
    user = find_user(user_id)
    user.mfa = mfa
    return responses.user(users.save(user))


def list_mfa_factors(request: Request, *, user_id: str) -> dict[str, bool]:
    """GET /users/{id}/mfa/factors."""
    return responses.mfa_factors(mfa_factors.factors_of(find_user(user_id)))


@accepts(type=Text(choices=(mfa_factors.TOTP,), required=True))
def delete_mfa_authenticator(request: Request, *, user_id: str, type: str) -> None:
    """DELETE /users/{id}/mfa/authenticators/totp."""
    mfa_factors.get_authenticator(find_user(user_id)).delete()


def get_mfa_recovery_codes(request: Request, *, user_id: str) -> dict[str, list[str]]:
    """GET /users/{id}/mfa/recovery-codes: return the unused codes."""
    return responses.mfa_recovery_codes(mfa_factors.get_recovery_codes(find_user(user_id)))


def create_mfa_recovery_codes(request: Request, *, user_id: str) -> dict[str, list[str]]:
    """PATCH /users/{id}/mfa/recovery-codes: create the first set of codes. PUT on this path replaces the codes."""
    return responses.mfa_recovery_codes(mfa_factors.create_recovery_codes(find_user(user_id)))


def update_mfa_recovery_codes(request: Request, *, user_id: str) -> dict[str, list[str]]:
    """PUT /users/{id}/mfa/recovery-codes: replace all codes with new ones."""
    return responses.mfa_recovery_codes(mfa_factors.regenerate_recovery_codes(find_user(user_id)))
