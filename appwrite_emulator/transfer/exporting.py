"""What is stored, as one file that brings it all back."""

import base64
from collections import defaultdict
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from appwrite_emulator import VERSION
from appwrite_emulator.models import File, Table
from appwrite_emulator.transfer import rows, tree
from appwrite_emulator.transfer.fields import as_json
from appwrite_emulator.transfer.tree import Home


def export() -> dict[str, Any]:
    """Everything but what `tree` names as not exported. The same state gives the same file, to the last letter."""
    file: dict[str, Any] = {"format": tree.FORMAT, "appwrite": VERSION}
    for home in tree.roots():
        records = _records(home)
        file[home.name] = records[None][0] if home.single else records[None]
    return file


def _records(home: Home) -> dict[Any, list[dict[str, Any]]]:
    """The records of a model by the key of what they stand in, oldest first; one query for each model."""
    inside = [(child, _records(child)) for child in home.children]
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for instance in in_order(home.model):
        if isinstance(instance, File) and not instance.is_complete:
            continue  # an upload that has not ended
        record = {
            name: value(instance, field) for name, field in home.fields.items() if not _is_kept_back(instance, field)
        }
        if isinstance(instance, File):
            record["content"] = base64.b64encode(instance.read()).decode()
        for child, records in inside:
            mine = records.get(instance.pk, [])
            record[child.name] = (mine[0] if mine else None) if child.single else mine
        if isinstance(instance, Table):
            record["rows"] = rows.of(instance)
        found[getattr(instance, home.parent.attname) if home.parent else None].append(record)
    return found


def _is_kept_back(instance: models.Model, field: Any) -> bool:
    flag = tree.KEPT_BACK_IF.get((type(instance).__name__, field.name))
    return flag is not None and getattr(instance, flag)


def in_order(model: type[models.Model]) -> Any:
    """All of a model, in the order in which they were made."""
    names = {field.name for field in model._meta.concrete_fields}
    queryset = model._default_manager.all()
    if "sequence" in names:
        return queryset.order_by("sequence").iterator()
    return queryset.order_by(RawSQL(f'"{model._meta.db_table}".rowid', [])).iterator()  # noqa: S611 - a name of ours


def value(instance: models.Model, field: Any) -> Any:
    """One field of a record as it is written down."""
    if not isinstance(field, models.ForeignKey):
        return as_json(field, getattr(instance, field.attname))
    if isinstance(field.related_model._meta.pk, models.CharField):
        return getattr(instance, field.attname)
    target = getattr(instance, field.name)
    return None if target is None else path(target)


def path(instance: models.Model) -> str:
    """How another record names this one: by its id, and before it, where that is unique only there, what it is in."""
    own = str(getattr(instance, "id", None) or getattr(instance, "key"))  # noqa: B009
    if isinstance(instance._meta.pk, models.CharField) or not (parent := tree.parent_of(type(instance))):
        return own
    return f"{path(getattr(instance, parent.name))}/{own}"
