"""The models in a seed and their nesting. A model is nested in the target of its first required foreign key.

databases → tables → columns, indexes        users → sessions, tokens, targets…        project → keys, platforms
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import models

from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.db.models import Column

FORMAT = "appwrite-emulator/1"
"""Format name of a seed. The number increases when older files can no longer be loaded."""

NOT_EXPORTED = {
    "Mail": "sent messages cannot be sent again",
    "OAuth2Code": "can be used once, during a redirect",
    "Presence": "expires within minutes, or when a connection is closed",
    "Challenge": "valid for minutes, during a sign-in",
    "Transaction": "open for minutes, and its writes are not committed",
    "Operation": "belongs to a transaction",
    "Chunk": "contained in the file's `content`",
}
"""Model that is not part of a seed -> reason."""

EXCLUDED_FIELDS = {
    ("OAuth2Provider", "secret"): "may give access to a real provider",
    ("Project", "smtp_password"): "may give access to a real mail server",
    ("Provider", "credentials"): "may give access to a real provider",
    ("Webhook", "auth_password"): "may give access to another service",
}
"""(Model, field that is not exported) -> reason.

The emulator's own secrets (keys, password hashes) are exported.
"""

EXCLUDED_IF = {("Variable", "value"): "secret", ("ProjectVariable", "value"): "secret"}
"""(Model, field) -> flag. The field is not exported if the record's flag is true."""

# Natural keys of models that are not identified by an ID or key.
_NATURAL_KEYS = {
    "Platform": ("type", "hostname", "key"),
    "ApiKey": ("secret",),
    "EmailTemplate": ("template_id", "locale"),
    "OAuth2Provider": ("name",),
}


@dataclass(frozen=True)
class Node:
    """One model in a seed: its name, and the models nested in its records."""

    model: type[models.Model]
    name: str
    single: bool
    """Whether a seed has one record, not a list: for the project and models with a one-to-one key to the parent."""
    parent: Any
    """Foreign key to the parent model. None at the top level."""
    fields: dict[str, Any]
    """Name in the file -> model field, in order."""
    children: tuple["Node", ...]

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Fields of the natural key. If empty, all fields are compared."""
        names = {field.name for field in self.fields.values()}
        own = next(((name,) for name in ("id", "key") if name in names), ())
        return _NATURAL_KEYS.get(self.model.__name__, own)

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


@cache
def roots() -> tuple[Node, ...]:
    """Return a seed's top-level models: the project, and then the others in order of definition."""
    nodes = [_node(model) for model in _models() if parent_of(model) is None]
    return tuple(sorted(nodes, key=lambda node: not node.single))


def nodes() -> list[Node]:
    """Return all models in a seed, in order of their dependencies."""
    remaining = [node for root in roots() for node in root.walk()]
    ordered: list[Node] = []
    while remaining:
        remaining_models = {node.model for node in remaining}
        ready = [node for node in remaining if not (_dependencies(node) & remaining_models)]
        ready = ready or [node for node in remaining if not (_dependencies(node, needed=True) & remaining_models)]
        if not ready:
            raise TypeError(
                f"These models depend on each other: {', '.join(node.model.__name__ for node in remaining)}"
            )
        ordered += ready
        remaining = [node for node in remaining if node not in ready]
    return ordered


def node_of(model: type[models.Model]) -> Node:
    return next(node for node in nodes() if node.model is model)


def parent_of(model: type[models.Model]) -> Any:
    """Return the foreign key to the parent, which is the first that is not nullable.

    Return None for a top-level model.
    """
    keys = [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]
    return next((key for key in keys if not key.null and key.related_model is not model), None)


def _dependencies(node: Node, *, needed: bool = False) -> set[Any]:
    """Return the models that a record refers to. With `needed`, ignore nullable foreign keys."""
    keys = [node.parent, *node.fields.values()]
    return _IMPLICIT_DEPENDENCIES.get(node.model.__name__, set()) | {
        key.related_model
        for key in keys
        if isinstance(key, models.ForeignKey) and not (needed and key.null) and key.related_model is not node.model
    }


# An index names its columns without a foreign key.
_IMPLICIT_DEPENDENCIES: dict[str, set[Any]] = {"Index": {Column}}


def _models() -> list[type[models.Model]]:
    known = apps.get_app_config("appwrite_emulator").get_models()
    return [model for model in known if model.__name__ not in NOT_EXPORTED]


def _node(model: type[models.Model]) -> Node:
    parent = parent_of(model)
    one = model.__name__ == "Project" or isinstance(parent, models.OneToOneField)
    plural = parent.remote_field.related_name if parent else str(model._meta.verbose_name_plural)
    children = [_node(other) for other in _models() if (key := parent_of(other)) and key.related_model is model]
    return Node(
        model=model,
        name=camel((str(model._meta.verbose_name) if one and not parent else plural).replace(" ", "_")),
        single=one,
        parent=parent,
        fields={
            wire_name(field): field
            for field in model._meta.concrete_fields
            if field is not parent
            and not isinstance(field, models.AutoField)
            and (model.__name__, field.name) not in EXCLUDED_FIELDS
        },
        children=tuple(children),
    )


_SYSTEM = {"id", "created_at", "updated_at", "permissions"}


def wire_name(field: Any) -> str:
    """Return a field's name in the file, such as `rowSecurity`, or `$createdAt` with Appwrite's dollar sign."""
    return f"{'$' * (field.name in _SYSTEM)}{camel(field.attname)}"
