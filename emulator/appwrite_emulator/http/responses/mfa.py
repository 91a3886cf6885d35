"""Multi-factor authentication."""

from typing import Any

from appwrite_emulator.common.clock import iso
from appwrite_emulator.db.models import Challenge


def mfa_factors(factors: dict[str, bool]) -> dict[str, bool]:
    return {name: factors[name] for name in ("totp", "phone", "email", "recoveryCode")}


def mfa_authenticator(secret: str, uri: str) -> dict[str, str]:
    """Return the secret that the user enters in an authenticator app, and a URI to show as a QR code instead."""
    return {"secret": secret, "uri": uri}


def mfa_challenge(challenge: Challenge) -> dict[str, Any]:
    return {
        "$id": challenge.id,
        "$createdAt": iso(challenge.created_at),
        "userId": challenge.user_id,
        "expire": iso(challenge.expire),
    }


def mfa_recovery_codes(codes: list[str]) -> dict[str, list[str]]:
    return {"recoveryCodes": codes}
