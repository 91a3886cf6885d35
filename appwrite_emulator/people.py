"""Users come into being, change their address, number and password, and leave: what account, users and teams share."""

from typing import Any

from django.db.models import F, Q

from appwrite_emulator import clock, passwords
from appwrite_emulator.errors import AppwriteError
from appwrite_emulator.models import Identity, Session, Target, Team, User


def create(user_id: str, *, email: str | None = None, phone: str | None = None, **fields: Any) -> User:
    """A new user with targets for address and number; 409 `user_already_exists` where one of the three is taken."""
    user = create_without_targets(user_id, email=email, phone=phone, **fields)
    for kind, identifier in (("email", email), ("sms", phone)):
        if identifier and not Target.objects.filter(identifier=identifier).exists():
            Target.objects.create(user=user, provider_type=kind, identifier=identifier)
    return user


def create_without_targets(user_id: str, *, email: str | None = None, phone: str | None = None, **fields: Any) -> User:
    """A new user as a mailed link or code makes one: known by the address, but without a target for it."""
    taken = Q(id=user_id)
    if email:
        taken |= Q(email=email)
    if phone:
        taken |= Q(phone=phone)
    if User.objects.filter(taken).exists():
        raise AppwriteError("user_already_exists")
    fields.setdefault("hash_options", passwords.LIGHT_ARGON2)
    return User.objects.create(id=user_id, email=email or None, phone=phone or None, **fields)


def refuse_given_address(email: str, error: str, but: User | None = None) -> None:
    """Refuse, with this type of error, an address that a provider gave for somebody else than `but`."""
    if Identity.objects.filter(provider_email=email).exclude(user=but).exists():
        raise AppwriteError(error)


def refuse_taken_target(identifier: str) -> None:
    """409 `user_target_already_exists` for an address or number that is a target, be it the user's own."""
    if Target.objects.filter(identifier=identifier).exists():
        raise AppwriteError("user_target_already_exists")


def move_target(user: User, old: str | None, new: str) -> bool:
    """Let the user's target for `old` be for `new` from now on. Whether there was one."""
    return bool(user.targets.filter(identifier=old).update(identifier=new, updated_at=clock.now()))


def delete(user: User) -> None:
    """Let the user go with all that belongs to them. The id is free again."""
    Team.objects.filter(memberships__in=user.memberships.filter(confirm=True)).update(total=F("total") - 1)
    user.delete()


def save(user: User) -> User:
    """Store the user as changed now."""
    user.updated_at = clock.now()
    user.save()
    return user


def set_password(user: User, password: str, *, light: bool = False) -> None:
    """Give the user a password, hashed with less memory if `light`; an empty one takes it away."""
    user.password = passwords.hashed(password, light=light) if password else ""
    user.hash, user.hash_options = "argon2", passwords.LIGHT_ARGON2 if light else passwords.ARGON2
    user.password_update = clock.now()


def knows_password(user: User, password: str) -> bool:
    """Whether this is the user's password; one that came as a foreign hash is kept as Argon2 from then on."""
    if not passwords.matches(password, user.password or "", user.hash, user.hash_options):
        return False
    if user.hash != "argon2":
        user.password = passwords.hashed(password)
        user.hash, user.hash_options = "argon2", passwords.ARGON2
        user.save()
    return True


def end_sessions(user: User, *, but: Session | None = None) -> None:
    """End the user's sessions, as a changed password does, `but` the one that goes on."""
    user.sessions.exclude(pk=but.pk if but else None).delete()
