"""Which models a seed holds, and where: a model stands inside the first one that it cannot be without.

databases → tables → columns, indexes        users → sessions, tokens, targets ...        project → keys, platforms
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from appwrite_emulator.models import Column

FORMAT = "appwrite-emulator/1"
"""What a seed calls itself. The number changes when a file of before could no longer be read."""

NOT_EXPORTED = {
    "Mail": "what was sent lies in the inbox, and is nothing that could be sent again",
    "OAuth2Code": "good for one exchange, while a browser is on its way back",
    "Challenge": "good for some minutes, in the middle of a sign-in",
    "Transaction": "open for some minutes; what it would write is nowhere yet",
    "Operation": "belongs to a transaction",
    "Piece": "the bytes of a file stand in its `content`",
}
"""Models that are no part of a seed, and why."""

KEPT_BACK = {
    ("OAuth2Provider", "secret"): "may open something at a provider",
    ("Provider", "credentials"): "may open something at a provider",
}
"""Fields that stay here, and why. What opens only an emulator (keys, hashes of passwords) goes along."""

KEPT_BACK_IF = {("Variable", "value"): "secret"}
"""The same where a record says so itself, by this other field of it."""

# What makes two records one and the same, where it is not their id or key.
_KNOWN_BY = {"Platform": ("type", "hostname"), "ApiKey": ("secret",), "OAuth2Provider": ("name",)}


@dataclass(frozen=True)
class Home:
    """One model: what it is called in the file, and what stands inside its records."""

    model: type[models.Model]
    name: str
    single: bool
    """One record instead of a list: the project, and what there is one of per user."""
    parent: Any
    """The foreign key to the model it stands in; None at the top."""
    fields: dict[str, Any]
    """Name in the file -> field, in their order."""
    children: tuple["Home", ...]

    @property
    def known_by(self) -> tuple[str, ...]:
        """The fields by which a record is found again among those of its parent; none where only all of it will do."""
        names = {field.name for field in self.fields.values()}
        own = next(((name,) for name in ("id", "key") if name in names), ())
        return _KNOWN_BY.get(self.model.__name__, own)

    def walk(self) -> Iterator["Home"]:
        yield self
        for child in self.children:
            yield from child.walk()


@cache
def roots() -> tuple[Home, ...]:
    """What stands at the top of a seed: the project first, then the models in their order."""
    homes = [_home(model) for model in _models() if parent_of(model) is None]
    return tuple(sorted(homes, key=lambda home: not home.single))


def homes() -> list[Home]:
    """Every model of a seed, those first that others point to."""
    found = [home for root in roots() for home in root.walk()]
    ordered: list[Home] = []
    while found:
        waiting = {home.model for home in found}
        ready = [home for home in found if not (_pointed_to(home) & waiting)]
        ready = ready or [home for home in found if not (_pointed_to(home, needed=True) & waiting)]
        if not ready:
            raise TypeError(f"These models need each other: {', '.join(home.model.__name__ for home in found)}")
        ordered += ready
        found = [home for home in found if home not in ready]
    return ordered


def home_of(model: type[models.Model]) -> Home:
    return next(home for home in homes() if home.model is model)


def parent_of(model: type[models.Model]) -> Any:
    """The foreign key to the model that this one stands in: the first that may not be empty. None: it stands alone."""
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return next((key for key in keys if not key.null and key.related_model is not model), None)


def _pointed_to(home: Home, *, needed: bool = False) -> set[Any]:
    """The other models that a record points to; those only that it cannot be without, if they are `needed`."""
    keys = [home.parent, *home.fields.values()]
    return _TOLD_APART.get(home.model.__name__, set()) | {
        key.related_model
        for key in keys
        if isinstance(key, models.ForeignKey) and not (needed and key.null) and key.related_model is not home.model
    }


# An index names its columns, though no key does.
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
    """What a field is called in the file: `rowSecurity`, and with Appwrite's dollar `$createdAt`."""
    return f"{'$' * (field.name in _SYSTEM)}{camel(field.attname)}"


def camel(name: str) -> str:
    return re.sub(r"[_ ](.)", lambda found: found[1].upper(), name)
