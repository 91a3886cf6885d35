"""Export the stored data to a single file that can be imported again."""

import base64
import json
from collections import defaultdict
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from appwrite_emulator import VERSION
from appwrite_emulator.auth.oauth_catalogue import PROVIDERS
from appwrite_emulator.db.models import Deployment, File, OAuth2Provider, Table
from appwrite_emulator.db.state import writing
from appwrite_emulator.seed import model_tree, rows
from appwrite_emulator.seed.fields import as_json
from appwrite_emulator.seed.model_tree import Node


def export_text() -> str:
    """Return a consistent snapshot of all data as a seed file's text."""
    with writing():
        file = export()
    return f"{json.dumps(file, ensure_ascii=False, indent=1)}\n"


def export() -> dict[str, Any]:
    """Return all data except what `model_tree` excludes. The same data always produces byte-identical files."""
    file: dict[str, Any] = {"format": model_tree.FORMAT, "appwrite": VERSION}
    for node in model_tree.roots():
        records = _records(node)
        file[node.name] = records[None][0] if node.single else records[None]
    return file


def _records(node: Node) -> dict[Any, list[dict[str, Any]]]:
    """Return parent key -> the model's records, oldest first. This takes one query per model."""
    nested = [(child, _records(child)) for child in node.children]
    by_parent: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for instance in in_order(node.model):
        if isinstance(instance, File) and not instance.is_complete:
            continue  # an incomplete upload
        if isinstance(instance, Deployment) and instance.is_uploading:
            continue
        record = {
            name: value(instance, field) for name, field in node.fields.items() if not _is_excluded(instance, field)
        }
        if isinstance(instance, OAuth2Provider) and instance.name in PROVIDERS:
            record["settings"] = PROVIDERS[instance.name].without_secrets(instance.settings)
        if isinstance(instance, File):
            record["content"] = base64.b64encode(instance.read()).decode()
        for child, records in nested:
            children = records.get(instance.pk, [])
            record[child.name] = (children[0] if children else None) if child.single else children
        if isinstance(instance, Table):
            record["rows"] = rows.export(instance)
        by_parent[getattr(instance, node.parent.attname) if node.parent else None].append(record)
    return by_parent


def _is_excluded(instance: models.Model, field: Any) -> bool:
    flag = model_tree.EXCLUDED_IF.get((type(instance).__name__, field.name))
    return flag is not None and getattr(instance, flag)


def in_order(model: type[models.Model]) -> Any:
    """Return all instances of a model in order of creation."""
    names = {field.name for field in model._meta.concrete_fields}
    queryset = model._default_manager.all()
    if "sequence" in names:
        return queryset.order_by("sequence").iterator()
    return queryset.order_by(RawSQL(f'"{model._meta.db_table}".rowid', [])).iterator()  # noqa: S611 - the table name of a model


def value(instance: models.Model, field: Any) -> Any:
    """Return one field of an instance in the file's form."""
    if not isinstance(field, models.ForeignKey):
        return as_json(field, getattr(instance, field.attname))
    if isinstance(field.related_model._meta.pk, models.CharField):
        return getattr(instance, field.attname)
    target = getattr(instance, field.name)
    return None if target is None else path(target)


def path(instance: models.Model) -> str:
    """Return the instance's path in the file.

    The path is the ID, preceded by the parent's path if the ID is unique only within the parent.
    """
    own = str(getattr(instance, "id", None) or getattr(instance, "key", ""))
    if isinstance(instance._meta.pk, models.CharField) or not (parent := model_tree.parent_of(type(instance))):
        return own
    return f"{path(getattr(instance, parent.name))}/{own}"
