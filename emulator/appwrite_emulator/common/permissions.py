"""Permission and role strings: `read("user:ada")`, `write("team:board/owner")`.

Appwrite stores permissions as a list of these strings in the given order. It replaces each `write` with the actions
that `write` includes.
"""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from appwrite_emulator.common import ids, php_json
from appwrite_emulator.common.errors import AppwriteError

MAX_PERMISSIONS = 100
WRITE = ("create", "update", "delete")
ROLES = ("any", "guests", "users", "user", "team", "member", "label")
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


@lru_cache(4096)
def parse(text: str) -> Permission:
    """Parse a permission string; raise ValueError if Appwrite does not accept it."""
    found = _PERMISSION.fullmatch(text)
    if not found or not is_role(found[2]):
        raise ValueError(text)
    return Permission(found[1], found[2])


def is_role(text: str) -> bool:
    """Return whether `text` is a role.

    Roles are any, guests, users, user:ID, team:ID, member:ID and label:NAME; some have a dimension (`users/verified`).
    """
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


def expand(permissions: Iterable[Permission], actions: Collection[str]) -> list[str]:
    """Replace `write` with create, update and delete, if these are in `actions`. Remove duplicates."""
    expanded: dict[str, None] = {}
    for permission in permissions:
        granted = [a for a in WRITE if a in actions] if permission.action == "write" else [permission.action]
        for action in granted:
            expanded[str(Permission(action, permission.role))] = None
    return list(expanded)


class PermissionList:
    """A resource's permissions: the strings in their original order. They are parsed once, at the first check."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self._roles: dict[str, frozenset[str]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PermissionList) and other.texts == self.texts

    def __hash__(self) -> int:
        return hash(self.texts)

    @cached_property
    def _permissions(self) -> list[Permission]:
        return [parse(text) for text in self.texts]

    def has_same(self, other: "PermissionList") -> bool:
        """Return whether both contain the same permissions, in any order."""
        return set(self.texts) == set(other.texts)

    def roles_for(self, action: str) -> frozenset[str]:
        """Return the roles that can perform `action`."""
        if action not in self._roles:
            self._roles[action] = frozenset(p.role for p in self._permissions if p.action == action)
        return self._roles[action]

    def allows(self, action: str, roles: Collection[str]) -> bool:
        """Return whether any of `roles` can perform `action`."""
        return not self.roles_for(action).isdisjoint(roles)

    def check(self, action: str, roles: Collection[str]) -> None:
        """Raise 401 `user_unauthorized` unless any of `roles` can perform `action`."""
        if not self.allows(action, roles):
            message = missing_permission_message(action, self.roles_for(action), roles)
            raise AppwriteError("user_unauthorized", "%s", subject=message)

    def check_grants(self, roles: Collection[str]) -> None:
        """Raise 401 `user_unauthorized` if a permission names a role that is not in `roles`.

        As on the real server, callers can grant only roles that they have.
        """
        for permission in self._permissions:
            if permission.role not in roles:
                known = ", ".join(sorted(roles))
                raise AppwriteError("user_unauthorized", "Permissions must be one of: (%s)", subject=known)


def missing_permission_message(action: str, allowed: Iterable[str], roles: Iterable[str]) -> str:
    """Return Appwrite's message if `action` is allowed for the roles `allowed`, and the caller has only `roles`."""
    permitted = sorted(allowed)
    if not permitted:
        return f"No permissions provided for action '{action}'"
    return (
        f'Missing "{action}" permission for role "{permitted[-1]}". '
        f'Only "{php_json.dumps(sorted(roles))}" scopes are allowed and "{php_json.dumps(permitted)}" was given.'
    )


@lru_cache(4096)
def from_json(text: str) -> PermissionList:
    """Parse a row's permissions. Results are cached, because most rows of a table have the same permissions."""
    return PermissionList(json.loads(text))


def for_user(user_id: str, actions: Iterable[str]) -> list[str]:
    """Return a resource's default permissions: only its creator, a user, can perform `actions`."""
    return [str(Permission(action, f"user:{user_id}")) for action in actions]
