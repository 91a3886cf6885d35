"""Create, update and delete users, for the account, users and teams services."""

from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.dispatch import Signal

from appwrite_emulator.auth import passwords
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Identity, Session, Target, Team, User

REVOKED = "revoked"
"""Replaces the hash of an invitation secret that was e-mailed to a former address. No secret has this hash."""
MAILED_TOKENS = ("magic-url", "email", "recovery", "verification")
"""Types of tokens that are e-mailed to the user's address and verify it."""

created = Signal()
"""Signal sent with `user` after a user is created, except by a seed or an import."""


def create(user_id: str, *, email: str | None = None, phone: str | None = None, **fields: Any) -> User:
    """Create a user with a target for each of `email` and `phone`. Raise 409 `user_already_exists` if one is in use."""
    user = create_without_targets(user_id, email=email, phone=phone, **fields)
    for kind, identifier in (("email", email), ("sms", phone)):
        if identifier and not Target.objects.filter(identifier=identifier).exists():
            Target.objects.create(user=user, provider_type=kind, identifier=identifier)
    return user


def create_without_targets(user_id: str, *, email: str | None = None, phone: str | None = None, **fields: Any) -> User:
    """Create a user with an e-mail address or phone number, but no messaging target.

    Magic URL sign-in creates such users.
    """
    taken = Q(id=user_id)
    if email:
        taken |= Q(email=email)
    if phone:
        taken |= Q(phone=phone)
    if User.objects.filter(taken).exists():
        raise AppwriteError("user_already_exists")
    fields.setdefault("hash_options", passwords.LIGHT_ARGON2)
    user = User.objects.create(id=user_id, email=email or None, phone=phone or None, **fields)
    created.send(User, user=user)
    return user


def check_email_is_free(email: str, error: str, exclude: User | None = None) -> None:
    """Raise AppwriteError `error` if a user other than `exclude` has an OAuth2 identity with this e-mail address."""
    if Identity.objects.filter(provider_email=email).exclude(user=exclude).exists():
        raise AppwriteError(error)


def check_target_is_free(identifier: str) -> None:
    """Raise 409 `user_target_already_exists` if a target, even one of the user's own, has this address or number."""
    if Target.objects.filter(identifier=identifier).exists():
        raise AppwriteError("user_target_already_exists")


def move_target(user: User, old: str | None, new: str) -> bool:
    """Change the identifier of the user's target from `old` to `new`. Return whether there was such a target."""
    return bool(user.targets.filter(identifier=old).update(identifier=new, updated_at=clock.now()))


def change_email(user: User, email: str | None) -> None:
    """Set the user's e-mail address, as unverified. Secrets that were e-mailed to the former address stop working.

    The real server still accepts these secrets, and marks the new address as verified without any proof of ownership.
    `--old-links` emulates this, so that websites can test their protection against it.
    """
    if user.email != email and not settings.OLD_LINKS:
        user.tokens.filter(type__in=MAILED_TOKENS).delete()
        user.memberships.filter(confirm=False).update(secret_hash=REVOKED)
    user.email, user.email_verification = email, False


def change_phone(user: User, phone: str | None) -> None:
    """Set the user's phone number, as unverified. Codes that were sent to the former number stop working."""
    if user.phone != phone and not settings.OLD_LINKS:
        user.tokens.filter(type="phone").delete()
    user.phone, user.phone_verification = phone, False


def delete(user: User) -> None:
    """Delete the user and everything they own."""
    Team.objects.filter(memberships__in=user.memberships.filter(confirm=True)).update(total=F("total") - 1)
    user.delete()


def save(user: User) -> User:
    """Save the user with a new `$updatedAt`."""
    user.updated_at = clock.now()
    user.save()
    return user


def set_password(user: User, password: str, *, light: bool = False) -> None:
    """Set the user's password, or remove it if `password` is empty. `light` hashes with less memory."""
    user.password = passwords.hash_password(password, light=light) if password else ""
    user.hash, user.hash_options = "argon2", passwords.LIGHT_ARGON2 if light else passwords.ARGON2
    user.password_update = clock.now()


def check_password(user: User, password: str) -> bool:
    """Return whether this is the user's password. If so, replace an imported hash with an Argon2 hash."""
    if not passwords.verify(password, user.password or "", user.hash, user.hash_options):
        return False
    if user.hash != "argon2":
        user.password = passwords.hash_password(password)
        user.hash, user.hash_options = "argon2", passwords.ARGON2
        user.save()
    return True


def delete_sessions(user: User, *, exclude: Session | None = None) -> None:
    """Delete the user's sessions except `exclude`, as after a password change."""
    user.sessions.exclude(pk=exclude.pk if exclude else None).delete()
