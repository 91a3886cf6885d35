"""Permission and Role strings: `read("user:ada")`, `write("team:board/owner")`.

Appwrite keeps them as lists of such texts, in the order given, with `write` spelt out where it stood.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from appwrite_emulator import ids
from appwrite_emulator.errors import AppwriteError

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
    """The permission written in `text`; ValueError where Appwrite takes none to be."""
    found = _PERMISSION.fullmatch(text)
    if not found or not is_role(found[2]):
        raise ValueError(text)
    return Permission(found[1], found[2])


def is_role(text: str) -> bool:
    """Whether `text` is a role: any, guests, users, user:ID, team:ID, member:ID, label:NAME, with their dimensions."""
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
    """The permissions with `write` spelt out as those of create, update, delete that `actions` knows; each once."""
    expanded: dict[str, None] = {}
    for permission in map(parse, texts):
        spelt = [a for a in WRITE if a in actions] if permission.action == "write" else [permission.action]
        for action in spelt:
            expanded[str(Permission(action, permission.role))] = None
    return list(expanded)


def roles_for(texts: Iterable[str], action: str) -> set[str]:
    """The roles that the permissions let do `action`."""
    return {p.role for p in map(parse, texts) if p.action == action}


def allows(texts: Iterable[str], action: str, roles: Collection[str]) -> bool:
    """Whether one of `roles` may do `action`."""
    return not roles_for(texts, action).isdisjoint(roles)


def refuse_grants(texts: Iterable[str], roles: Collection[str]) -> None:
    """Nobody grants a role they do not hold themselves (behaviour of the real server): 401 `user_unauthorized`."""
    for permission in map(parse, texts):
        if permission.role not in roles:
            held = ", ".join(sorted(roles))
            raise AppwriteError(
                "user_unauthorized", f"{permission} names a role the caller does not hold. Held: {held}."
            )


def for_user(user_id: str, actions: Iterable[str]) -> list[str]:
    """What something gets that a user makes without naming permissions: everything for that user alone."""
    return [str(Permission(action, f"user:{user_id}")) for action in actions]
