"""A route of the API: method, path, handler and access rules."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from appwrite_emulator.http import parameters


@dataclass(frozen=True)
class Route:
    """One endpoint. `path` has placeholders (`teams/<team_id>`); the caller needs one of the scopes.

    `audit`: event to write to the user's activity log. `stores`: whether the handler writes, if the method does not
    tell: a POST that only reads, a GET that signs in. `html`: render errors as pages, because browsers are sent here.
    `anywhere`: the request need not name a project. `unguarded`: skip authentication: GraphQL dispatches to routes that
    authenticate themselves. `group`, as in Appwrite: `mfa` is open to a session whose second factor is missing,
    `mfaProtected` only to one that completed a challenge recently, `session` only to callers without a session.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    scope: str | tuple[str, ...] = "public"
    audit: str = ""
    stores: bool | None = None
    html: bool = False
    anywhere: bool = False
    unguarded: bool = False
    group: str = ""

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset({self.scope} if isinstance(self.scope, str) else self.scope)

    @property
    def operation(self) -> str:
        """SDK name with service, `account.createMagicURLToken`. Legacy paths share the name of the current one."""
        return self.operations[0]

    @cached_property
    def operations(self) -> tuple[str, ...]:
        """All SDK names of the handler, one per name in its module: creating one row and many is one route."""
        service = self.path.split("/")[0]
        service = _SERVICES.get(service, service)
        names = [name for name, it in vars(sys.modules[self.handler.__module__]).items() if it is self.handler]
        return tuple(f"{service}.{spelt(name)}" for name in names if not name.startswith("_"))

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("<"))

    @property
    def writes(self) -> bool:
        return self.method != "GET" if self.stores is None else self.stores


# Services whose name differs from the first part of their paths.
_SERVICES = {"tablesdb": "tablesDB"}

# Abbreviations that the SDKs spell in capitals. "URL" is one only in "MagicURL".
_SPELLINGS = {
    "Apns": "APNS",
    "Db": "DB",
    "Eu": "EU",
    "Fcm": "FCM",
    "Jwt": "JWT",
    "MagicUrl": "MagicURL",
    "Md5": "MD5",
    "Mfa": "MFA",
    "Ph": "PH",
    "Qr": "QR",
    "Sha": "SHA",
    "Sms": "SMS",
    "Smtp": "SMTP",
}
_SPELT_OTHERWISE = re.compile(f"(?:{'|'.join(_SPELLINGS)})(?![a-z])")


def spelt(name: str) -> str:
    """Convert `create_ph_pass_user` to the SDKs' spelling, `createPHPassUser`."""
    return _SPELT_OTHERWISE.sub(lambda word: _SPELLINGS[word[0]], parameters.camel(name))
