"""Which models a seed contains, and how they nest: a model is nested in the first one it requires a foreign key to.

databases → tables → columns, indexes        users → sessions, tokens, targets…        project → keys, platforms
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from appwrite_emulator.db.models import Column

FORMAT = "appwrite-emulator/1"
"""Format name of a seed. The number increases when older files can no longer be read."""

NOT_EXPORTED = {
    "Mail": "sent messages cannot be sent again",
    "OAuth2Code": "valid once, during a redirect",
    "Challenge": "valid for minutes, during a sign-in",
    "Transaction": "open for minutes; its writes are not committed",
    "Operation": "belongs to a transaction",
    "Piece": "contained in the file's `content`",
}
"""Models that are not part of a seed, with the reason."""

KEPT_BACK = {
    ("OAuth2Provider", "secret"): "may give access to a real provider",
    ("Provider", "credentials"): "may give access to a real provider",
}
"""Fields that are not exported, with the reason.

Secrets of the emulator itself (keys, password hashes) are exported.
"""

KEPT_BACK_IF = {("Variable", "value"): "secret"}
"""Fields that are not exported if another field of the record is true."""

# Natural keys of models that are not identified by ID or key.
_KNOWN_BY = {"Platform": ("type", "hostname"), "ApiKey": ("secret",), "OAuth2Provider": ("name",)}


@dataclass(frozen=True)
class Home:
    """One model in the seed: its name, and the models nested in its records."""

    model: type[models.Model]
    name: str
    single: bool
    """Whether it is one record instead of a list: the project, and models with a one-to-one key to their parent."""
    parent: Any
    """Foreign key to the model it is nested in; None at the top level."""
    fields: dict[str, Any]
    """Name in the file -> model field, in order."""
    children: tuple["Home", ...]

    @property
    def known_by(self) -> tuple[str, ...]:
        """Natural-key fields; empty: compare all fields."""
        names = {field.name for field in self.fields.values()}
        own = next(((name,) for name in ("id", "key") if name in names), ())
        return _KNOWN_BY.get(self.model.__name__, own)

    def walk(self) -> Iterator["Home"]:
        yield self
        for child in self.children:
            yield from child.walk()


@cache
def roots() -> tuple[Home, ...]:
    """Return the top-level models of a seed: the project first, then the others in their order."""
    homes = [_home(model) for model in _models() if parent_of(model) is None]
    return tuple(sorted(homes, key=lambda home: not home.single))


def homes() -> list[Home]:
    """Return every model of a seed, in order of their dependencies."""
    found = [home for root in roots() for home in root.walk()]
    ordered: list[Home] = []
    while found:
        waiting = {home.model for home in found}
        ready = [home for home in found if not (_pointed_to(home) & waiting)]
        ready = ready or [home for home in found if not (_pointed_to(home, needed=True) & waiting)]
        if not ready:
            raise TypeError(f"These models depend on each other: {', '.join(home.model.__name__ for home in found)}")
        ordered += ready
        found = [home for home in found if home not in ready]
    return ordered


def home_of(model: type[models.Model]) -> Home:
    return next(home for home in homes() if home.model is model)


def parent_of(model: type[models.Model]) -> Any:
    """Return the foreign key to the parent: the first that is not nullable; None for a top-level model."""
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return next((key for key in keys if not key.null and key.related_model is not model), None)


def _pointed_to(home: Home, *, needed: bool = False) -> set[Any]:
    """Return the models a record refers to; with `needed`, only through foreign keys that are not nullable."""
    keys = [home.parent, *home.fields.values()]
    return _TOLD_APART.get(home.model.__name__, set()) | {
        key.related_model
        for key in keys
        if isinstance(key, models.ForeignKey) and not (needed and key.null) and key.related_model is not home.model
    }


# An index names its columns without a foreign key.
_TOLD_APART: dict[str, set[Any]] = {"Index": {Column}}


def _models() -> list[type[models.Model]]:
    known = apps.get_app_config("appwrite_emulator").get_models()
    return [model for model in known if model.__name__ not in NOT_EXPORTED]


def _home(model: type[models.Model]) -> Home:
    parent = parent_of(model)
    one = model.__name__ == "Project" or isinstance(parent, models.OneToOneField)
    plural = parent.remote_field.related_name if parent else str(model._meta.verbose_name_plural)
    children = [_home(other) for other in _models() if (key := parent_of(other)) and key.related_model is model]
    return Home(
        model=model,
        name=camel(str(model._meta.verbose_name) if one and not parent else plural),
        single=one,
        parent=parent,
        fields={
            wire_name(field): field
            for field in model._meta.concrete_fields
            if field is not parent
            and not isinstance(field, models.AutoField)
            and (model.__name__, field.name) not in KEPT_BACK
        },
        children=tuple(children),
    )


_SYSTEM = {"id", "created_at", "updated_at", "permissions"}


def wire_name(field: Any) -> str:
    """Return a field's name in the file: `rowSecurity`, or with Appwrite's dollar sign `$createdAt`."""
    return f"{'$' * (field.name in _SYSTEM)}{camel(field.attname)}"


def camel(name: str) -> str:
    return re.sub(r"[_ ](.)", lambda found: found[1].upper(), name)
