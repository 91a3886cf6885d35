"""Permission and role strings: `read("user:ada")`, `write("team:board/owner")`.

Appwrite stores permissions as lists of these strings, in the given order, with `write` expanded in place.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from appwrite_emulator.common import ids
from appwrite_emulator.common.errors import AppwriteError

MAX_PERMISSIONS = 100
WRITE = ("create", "update", "delete")
_PERMISSION = re.compile(r'(create|read|update|delete|write)\("([^"]+)"\)')
_DIMENSION = {"user": {"verified", "unverified"}, "users": {"verified", "unverified"}}
_LABEL = re.compile(r"[A-Za-z0-9]{1,36}")
_TEAM_ROLE = re.compile(r"[A-Za-z0-9._-]{1,81}")


@dataclass(frozen=True)
class Permission:
    """One action for one role."""

    action: str
    role: str

    def __str__(self) -> str:
        return f'{self.action}("{self.role}")'


def parse(text: str) -> Permission:
    """Parse a permission string; raise ValueError if Appwrite does not accept it."""
    found = _PERMISSION.fullmatch(text)
    if not found or not is_role(found[2]):
        raise ValueError(text)
    return Permission(found[1], found[2])


def is_role(text: str) -> bool:
    """Return whether `text` is a role: any, guests, users, user:ID, team:ID, member:ID, label:NAME, with dimensions."""
    name, colon, rest = text.partition(":")
    if not colon:
        name, slash, dimension = text.partition("/")
        return name in ("any", "guests", "users") and (not slash or dimension in _DIMENSION.get(name, ()))
    identifier, slash, dimension = rest.partition("/")
    if name == "label":
        return not slash and bool(_LABEL.fullmatch(identifier))
    if name not in ("user", "team", "member") or not ids.ID.fullmatch(identifier):
        return False
    if not slash:
        return True
    if name == "team":
        return bool(_TEAM_ROLE.fullmatch(dimension))
    return dimension in _DIMENSION.get(name, ())


def expand(texts: Iterable[str], actions: Collection[str]) -> list[str]:
    """Expand `write` to those of create, update and delete that are in `actions`, and remove duplicates."""
    expanded: dict[str, None] = {}
    for permission in map(parse, texts):
        spelt = [a for a in WRITE if a in actions] if permission.action == "write" else [permission.action]
        for action in spelt:
            expanded[str(Permission(action, permission.role))] = None
    return list(expanded)


def roles_for(texts: Iterable[str], action: str) -> set[str]:
    """Return the roles that may do `action`."""
    return {p.role for p in map(parse, texts) if p.action == action}


def allows(texts: Iterable[str], action: str, roles: Collection[str]) -> bool:
    """Return whether one of `roles` may do `action`."""
    return not roles_for(texts, action).isdisjoint(roles)


def check_grants(texts: Iterable[str], roles: Collection[str]) -> None:
    """Raise 401 `user_unauthorized` if a permission names a role that is not in `roles`.

    As on the real server, callers can only grant roles they hold.
    """
    for permission in map(parse, texts):
        if permission.role not in roles:
            held = ", ".join(sorted(roles))
            raise AppwriteError(
                "user_unauthorized",
                f"{permission} names a role that the caller does not have. The caller's roles: {held}.",
            )


def for_user(user_id: str, actions: Iterable[str]) -> list[str]:
    """Return the default permissions of a resource created by a user: all `actions`, for that user only."""
    return [str(Permission(action, f"user:{user_id}")) for action in actions]
