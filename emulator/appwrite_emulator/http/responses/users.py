"""Users, sessions, tokens, targets, identities and logs."""

from typing import Any

from appwrite_emulator.auth import user_agents
from appwrite_emulator.common import email_addresses
from appwrite_emulator.common.clock import iso
from appwrite_emulator.db.models import Identity, Log, Session, Target, Token, User
from appwrite_emulator.locale_data import locales


def account(user: User, *, impersonator: User | None = None) -> dict[str, Any]:
    """Return a user as shown to that user or to an impersonator."""
    return {
        "$id": user.id,
        "$createdAt": iso(user.created_at),
        "$updatedAt": iso(user.updated_at),
        "name": user.name,
        "registration": iso(user.created_at),
        "status": user.status,
        "labels": user.labels,
        "passwordUpdate": iso(user.password_update),
        "email": user.email or "",
        "phone": user.phone or "",
        "emailVerification": user.email_verification,
        **email_addresses.email_fields(user.email),
        "phoneVerification": user.phone_verification,
        "mfa": user.mfa,
        "prefs": user.prefs,
        "targets": [target(t) for t in user.targets.all()],
        "accessedAt": iso(user.accessed_at),
        "impersonator": user.impersonator,
        "impersonatorUserId": impersonator.id if impersonator else None,
    }


def user(user: User) -> dict[str, Any]:
    """Return a user as shown to API keys, including the password hash."""
    fields = account(user)
    head = {name: fields.pop(name) for name in ("$id", "$createdAt", "$updatedAt", "name")}
    return {**head, "password": user.password, "hash": user.hash, "hashOptions": user.hash_options, **fields}


def session(session: Session, *, current: bool, language: str, secret: str = "") -> dict[str, Any]:
    """Return a session. Only API keys get the `secret`."""
    return {
        "$id": session.id,
        "$createdAt": iso(session.created_at),
        "$updatedAt": iso(session.updated_at),
        "userId": session.user_id,
        "expire": iso(session.expire),
        "provider": session.provider,
        "providerUid": session.provider_uid,
        "providerAccessToken": session.provider_access_token,
        "providerAccessTokenExpiry": iso(session.provider_access_token_expiry),
        "providerRefreshToken": session.provider_refresh_token,
        "ip": session.ip,
        **session.client,
        "countryCode": session.country_code,
        "countryName": locales.UNKNOWN_COUNTRY[language],
        "current": current,
        "factors": session.factors,
        "secret": secret,
        "mfaUpdatedAt": iso(session.mfa_updated_at),
    }


def token(token: Token, *, secret: str = "", phrase: str = "") -> dict[str, Any]:
    return {
        "$id": token.id,
        "$createdAt": iso(token.created_at),
        "userId": token.user_id,
        "secret": secret,
        "expire": iso(token.expire),
        "phrase": phrase,
    }


def target(target: Target) -> dict[str, Any]:
    return {
        "$id": target.id,
        "$createdAt": iso(target.created_at),
        "$updatedAt": iso(target.updated_at),
        "name": target.name,
        "userId": target.user_id,
        "providerId": target.provider_id,
        "providerType": target.provider_type,
        "identifier": target.identifier,
        "expired": target.expired,
    }


def identity(identity: Identity) -> dict[str, Any]:
    return {
        "$id": identity.id,
        "$createdAt": iso(identity.created_at),
        "$updatedAt": iso(identity.updated_at),
        "userId": identity.user_id,
        "provider": identity.provider,
        "providerUid": identity.provider_uid,
        "providerEmail": identity.provider_email,
        "providerAccessToken": identity.provider_access_token,
        "providerAccessTokenExpiry": iso(identity.provider_access_token_expiry),
        "providerRefreshToken": identity.provider_refresh_token,
    }


def log(log: Log, *, language: str) -> dict[str, Any]:
    """Return an activity log entry. If an API key or a guest made the request, the entry has no user ID."""
    user, actor = log.user, log.actor
    return {
        "event": log.event,
        "userId": user.id if user else "",
        "userEmail": (user.email or "") if user else actor.get("userEmail", ""),
        "userName": user.name if user else actor.get("userName", ""),
        "mode": "default",
        "userType": "user" if user else actor.get("userType", ""),
        "ip": log.ip,
        "time": iso(log.time),
        **_client_of(log),
        "countryCode": "--",
        "countryName": locales.UNKNOWN_COUNTRY[language],
    }


def _client_of(log: Log) -> dict[str, str]:
    """Describe the client of a log entry.

    Do this when logs are read, not when they are written, because parsing a new user agent can take a second.
    """
    user_agent: str | None = log.client.get("userAgent")
    return log.client if user_agent is None else user_agents.describe(user_agent)
