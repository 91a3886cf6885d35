"""Load a seed into the database, completely or not at all.

First the whole file is validated. Then instances are created in bulk, in order of their dependencies. This runs in the
caller's transaction (`state.writing()`). An error rolls it back.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from appwrite_emulator import webhooks
from appwrite_emulator.common import ids, php_json
from appwrite_emulator.common.camel_case import camel
from appwrite_emulator.db import state
from appwrite_emulator.db.models import (
    Chunk,
    Column,
    EmailTemplate,
    File,
    Function,
    Index,
    Project,
    Provider,
    Relationship,
    Table,
)
from appwrite_emulator.db.models.databases import (
    COLUMN_TYPES,
    FORMAT_SIZES,
    INDEX_TYPES,
    ON_DELETE,
    RELATION_TYPES,
    TEXT_TYPES,
)
from appwrite_emulator.db.models.functions import MAX_TIMEOUT
from appwrite_emulator.db.models.storage import CHUNK_SIZE
from appwrite_emulator.db.tables import column_types, storage, table_schema
from appwrite_emulator.functions import background
from appwrite_emulator.functions.runtimes import RUNTIMES, SPECIFICATIONS
from appwrite_emulator.locale_data.codes import LOCALE_CODES
from appwrite_emulator.mail import custom_templates
from appwrite_emulator.media import file_metadata
from appwrite_emulator.seed import defaults, exporting, fields, model_tree, project_file, rows
from appwrite_emulator.seed.fields import SeedError
from appwrite_emulator.seed.model_tree import Node
from appwrite_emulator.services.messaging.providers import KINDS
from appwrite_emulator.services.project.smtp import ENCRYPTIONS

MODES = ("merge", "replace")


@dataclass
class Report:
    """Result of loading a file: how many records of each type were added or already existed, and notes for the user."""

    mode: str
    added: Counter[str] = field(default_factory=Counter)
    present: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


@dataclass
class Record:
    """One record of the file, to be saved in the database."""

    node: Node
    place: str
    payload: dict[str, Any]
    parent: "Record | None"
    instance: Any
    is_new: bool = True


def read(text: bytes | str) -> dict[str, Any]:
    """Parse the file as JSON. If that fails, raise `SeedError` with the line and the column."""
    try:
        file = php_json.loads(text, plain=True)
    except ValueError as error:
        raise SeedError("", f"The file is not valid JSON: {error}.") from None
    if not isinstance(file, dict):
        raise SeedError("", "A seed must be a JSON object.")
    return file


def load(file: dict[str, Any], mode: str) -> Report:
    """Load a seed, or a project file from the Appwrite CLI.

    `merge` adds missing records and changes nothing else. `replace` first deletes all data. Kinds of project resources
    (keys, platforms…) that the file's `project` omits are kept. Raise `SeedError` for invalid files.
    """
    report = Report(mode)
    if project_file.is_project_file(file):
        file = project_file.to_seed(file, report.notes)
    _check_format(file)
    records = list(_records(file))
    if mode == "replace":
        _clear(file)
    _Importer(records, report).run()
    return report


def _check_format(file: dict[str, Any]) -> None:
    if file.get("format") != model_tree.FORMAT:
        raise SeedError(
            "format",
            f"must be {model_tree.FORMAT} in a seed. An Appwrite project file has projectId instead.",
        )
    known = {"format", "appwrite", *(node.name for node in model_tree.roots())}
    if unknown := [key for key in file if key not in known]:
        raise SeedError(unknown[0], f"unknown key. Allowed keys: {', '.join(sorted(known))}.")


# -- read the file -----------------------------------------------------------------------------------------------------


def _records(file: dict[str, Any]) -> Iterator[Record]:
    for node in model_tree.roots():
        if node.name in file:
            yield from _records_at(node, file[node.name], node.name, None)


def _records_at(node: Node, payload: Any, place: str, parent: Record | None) -> Iterator[Record]:
    """Yield the records at the path `place` in the file, and all records nested in them."""
    if node.single:
        records = [] if payload is None else [(place, payload)]
    elif isinstance(payload, list):
        records = [(f"{place}[{n}]", record) for n, record in enumerate(payload)]
    else:
        raise SeedError(place, "must be a list.")
    for at, record in records:
        if not isinstance(record, dict):
            raise SeedError(at, "must be an object.")
        yield from _record(node, defaults.complete(node, record, at), at, parent)


_EXTRA_KEYS = {"Table": {"rows"}, "File": {"content"}}


def _record(node: Node, payload: dict[str, Any], place: str, parent: Record | None) -> Iterator[Record]:
    others = {child.name for child in node.children} | _EXTRA_KEYS.get(node.model.__name__, set())
    if unknown := [key for key in payload if key not in node.fields and key not in others]:
        raise SeedError(f"{place}.{unknown[0]}", f"unknown key. Allowed keys: {_names(node, others)}.")
    record = Record(node, place, payload, parent, node.model())
    for name, model_field in node.fields.items():
        if isinstance(model_field, models.ForeignKey) or (node.model is Project and name not in payload):
            continue  # foreign keys are resolved later, and project fields missing from the file stay unchanged
        setattr(record.instance, model_field.attname, _value(model_field, name, payload, place))
    yield record
    for child in node.children:
        if child.name in payload:
            yield from _records_at(child, payload[child.name], f"{place}.{child.name}", record)


def _names(node: Node, others: set[str]) -> str:
    return ", ".join(sorted({*node.fields, *others}))


def _value(model_field: Any, name: str, payload: dict[str, Any], place: str) -> Any:
    if name in payload:
        return fields.from_json(model_field, payload[name], f"{place}.{name}")
    if model_field.has_default():
        return model_field.get_default()
    if model_field.null or model_field.blank:
        return None if model_field.null else ""
    raise SeedError(place, f"{name} is required.")


# -- delete replaced data -------------------------------------------------------------------------------------------

# Sent e-mails are kept, because they are not part of a seed.
_NEVER_CLEARED = {"Mail"}


def _clear(file: dict[str, Any]) -> None:
    """Delete everything except the kinds of project resources that the file omits.

    Restart sequences at 1.
    """
    project = file.get("project")
    project = project if isinstance(project, dict) else {}
    kept = {
        node.model
        for root in model_tree.roots()
        if root.model is Project
        for child in root.children
        if child.name not in project
        for node in child.walk()
    } | {Project}
    for relationship in Relationship.objects.all():
        storage.drop_relationship(relationship)
    for table in Table.objects.all():
        storage.drop(table)
    with connection.cursor() as cursor:
        for model in apps.get_app_config("appwrite_emulator").get_models():
            if model not in kept and model.__name__ not in _NEVER_CLEARED:
                name = model._meta.db_table
                cursor.execute(f'DELETE FROM "{name}"')  # noqa: S608 - a model's table name
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [name])


# -- create new records ------------------------------------------------------------------------------------------------


class _Importer:
    """Saves the records, model by model."""

    def __init__(self, records: list[Record], report: Report) -> None:
        self.records, self.report = records, report
        self.paths: dict[Any, dict[str, Any]] = {}
        """Model that other models refer to -> path -> primary key."""
        self.done: set[Any] = set()
        self.postponed: list[tuple[Record, str]] = []
        """Foreign keys to resolve last, because a function and its active deployment refer to each other."""

    def run(self) -> None:
        for node in model_tree.nodes():
            records = [record for record in self.records if record.node.model is node.model]
            self._create(node, records)
            self.done.add(node.model)
            if node.model is Column:
                self._insert_rows()
        for record, name in self.postponed:
            if record.is_new:
                self._resolve_foreign_key(record, name)
                column = record.node.fields[name].attname
                stored = record.node.model._default_manager.filter(pk=record.instance.pk)
                stored.update(**{column: getattr(record.instance, column)})
        transaction.on_commit(state.clear_caches)
        transaction.on_commit(background.notice_functions)
        transaction.on_commit(webhooks.notice_webhooks)

    def _create(self, node: Node, records: list[Record]) -> None:
        if node.model is Project:
            self._update_project(records)
            return
        existing = self._existing(node)
        seen: set[Any] = set()
        for record in records:
            if record.parent:
                setattr(record.instance, node.parent.name, record.parent.instance)
            self._resolve_foreign_keys(record)
            name = _identity(node, record.instance)
            if node.natural_key and name in seen:
                raise SeedError(record.place, "this record occurs twice.")
            seen.add(name)
            if name in existing:
                record.instance, record.is_new = existing[name], False
        new = [record for record in records if record.is_new]
        if check := _CHECKS.get(node.model):
            for record in new:
                check(record)
        _save(node.model, new)
        for record in new:
            if after := _AFTER_CREATE.get(node.model):
                after(record)
        self.report.added[node.name] += len(new)
        self.report.present[node.name] += len(records) - len(new)

    def _existing(self, node: Node) -> dict[Any, Any]:
        if self.report.mode == "replace" and node.model._default_manager.count() == 0:
            return {}
        return {_identity(node, instance): instance for instance in node.model._default_manager.all()}

    def _update_project(self, records: list[Record]) -> None:
        """Update the existing project with the file's values. Its ID does not change."""
        project = Project.objects.get()
        for record in records:
            _check_project(record)
            project_id = record.payload.get("$id", project.id)
            if project_id != project.id:
                self.report.notes.append(
                    f"{record.place}.$id: {project_id} was ignored. The project’s ID is still {project.id}."
                )
            for name, model_field in record.node.fields.items():
                if name in record.payload and not model_field.primary_key:
                    setattr(project, model_field.attname, getattr(record.instance, model_field.attname))
            project.save()
            record.instance, record.is_new = project, False

    def _resolve_foreign_keys(self, record: Record) -> None:
        """Resolve the record's foreign keys."""
        for name, foreign_key in record.node.fields.items():
            if not isinstance(foreign_key, models.ForeignKey):
                continue
            path = record.payload.get(name)
            if path is None:
                if not foreign_key.null:
                    raise SeedError(record.place, f"{name} is required.")
                continue
            model = foreign_key.related_model
            if foreign_key.null and model is not record.node.model and model not in self.done:
                self.postponed.append((record, name))
            else:
                self._resolve_foreign_key(record, name)

    def _resolve_foreign_key(self, record: Record, name: str) -> None:
        foreign_key, path = record.node.fields[name], record.payload[name]
        primary_key = self._paths(foreign_key.related_model).get(str(path).lower())
        if primary_key is None:
            raise SeedError(f"{record.place}.{name}", f"unknown {foreign_key.related_model._meta.verbose_name} {path}.")
        setattr(record.instance, foreign_key.attname, primary_key)

    def _paths(self, model: Any) -> dict[str, Any]:
        if model not in self.paths:
            self.paths[model] = {exporting.path(each).lower(): each.pk for each in model._default_manager.all()}
        return self.paths[model]

    def _insert_rows(self) -> None:
        """Insert rows after all columns have been created, but before the indexes, so that each index is built once."""
        tables = []
        for record in self.records:
            if record.node.model is not Table or "rows" not in record.payload:
                continue
            payload, place = record.payload["rows"], f"{record.place}.rows"
            if not isinstance(payload, list):
                raise SeedError(place, "must be a list.")
            records = [(f"{place}[{n}]", row) for n, row in enumerate(payload)]
            added = rows.insert_missing(record.instance, records, self.report.notes)
            self.report.added["rows"] += added
            self.report.present["rows"] += len(records) - added
            tables.append((record.instance, records))
        for table, records in tables:
            rows.relate(table, records, self.report.notes)
        table_schema.invalidate()


def _identity(node: Node, instance: Any) -> Any:
    """Return a record's identity.

    It consists of the record's parent and its natural key or, without a natural key, of the parent and all fields.
    """
    names = () if node.single else node.natural_key or [each.attname for each in node.fields.values()]
    values = [getattr(instance, name) for name in names]
    parts = [value.lower() if isinstance(value, str) else repr(value) for value in values]
    return (getattr(instance, node.parent.attname) if node.parent else None, *parts)


def _save(model: type[models.Model], new: list[Record]) -> None:
    """Bulk-insert the records. If that fails, insert them one at a time to find the conflicting record."""
    try:
        with transaction.atomic():
            model._default_manager.bulk_create([record.instance for record in new])
    except IntegrityError:
        for record in new:
            try:
                with transaction.atomic():
                    record.instance.save(force_insert=True)
            except IntegrityError as error:
                column = str(error).rpartition(".")[2]
                raise SeedError(record.place, f"another record has the same {camel(column)}.") from None
        raise


# -- checks and extra steps for some models ----------------------------------------------------------------------------


def _check_column(record: Record) -> None:
    """Reject a column if no SQL column can be created for it."""
    column, place = record.instance, record.place
    if (column.type == "relationship") != (column.relationship_id is not None):
        raise SeedError(
            place, "relationshipId is required for relationship columns, and not allowed for other columns."
        )
    if column.relationship_id is not None:
        return
    formats = ("", *FORMAT_SIZES) if column.type == "string" else ("",)
    if column.type not in COLUMN_TYPES or column.format not in formats:
        raise SeedError(f"{place}.type", f"unknown column type {column.type} {column.format}.".replace(" .", "."))
    if column.type in TEXT_TYPES and column.size < 1:
        raise SeedError(f"{place}.size", "must be at least 1 for a text column.")
    if column.format == "enum" and not column.elements:
        raise SeedError(f"{place}.elements", "must not be empty for an enum.")
    for name in ("min", "max"):
        bound = getattr(column, name)
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
            raise SeedError(f"{place}.{name}", "must be a number.")
    try:
        column_types.type_of(column).normalise(column.default)
    except column_types.InvalidValueError as reason:
        raise SeedError(f"{place}.default", f"{str(reason).removesuffix('.')}.") from None


def _check_index(record: Record) -> None:
    index, place = record.instance, record.place
    columns = {column.key: column for column in index.table.columns.all()}
    if index.type not in INDEX_TYPES:
        raise SeedError(f"{place}.type", f"unknown index type {index.type}.")
    for n, key in enumerate(index.columns):
        if key not in columns and key not in table_schema.SYSTEM:
            raise SeedError(f"{place}.columns[{n}]", f"the table has no column {key}.")
    if not index.columns or len(index.lengths) != len(index.columns):
        raise SeedError(place, "an index must have columns, with one length each (0 for the whole value).")
    if index.type == "fulltext" and not all(key in columns and columns[key].is_text for key in index.columns):
        raise SeedError(place, "a fulltext index can only contain text columns.")


def _check_function(record: Record) -> None:
    """Reject unknown runtimes and specifications, and timeouts that the API does not allow."""
    function, place = record.instance, record.place
    catalogues = (
        ("runtime", RUNTIMES),
        ("build_specification", SPECIFICATIONS),
        ("runtime_specification", SPECIFICATIONS),
    )
    for name, known in catalogues:
        _require_known(record, name, known)
    if not 1 <= function.timeout <= MAX_TIMEOUT:
        raise SeedError(f"{place}.timeout", f"must be between 1 and {MAX_TIMEOUT} seconds.")


def _set_file_metadata(record: Record) -> None:
    """Set the fields that are derived from a file's content, unless the seed contains them."""
    content = fields.content(record.payload.get("content", ""), f"{record.place}.content")
    metadata = file_metadata.describe(content, record.instance.size_original, record.instance.bucket)
    derived = {
        "signature": metadata.signature,
        "mimeType": metadata.mime_type,
        "compression": metadata.compression,
        "encryption": metadata.encryption,
        "sizeActual": metadata.size,
    }
    for name, value in derived.items():
        if name not in record.payload:
            setattr(record.instance, record.node.fields[name].attname, value)


def _blank_credentials(record: Record) -> None:
    """Set empty credentials. Seeds omit credentials, but the SDKs cannot parse a provider without them."""
    if kind := KINDS.get(record.instance.provider):
        record.instance.credentials = {camel(name): "" for name in kind.credentials}


def _store_content(record: Record) -> None:
    content = fields.content(record.payload.get("content", ""), f"{record.place}.content")
    for start in range(0, len(content) or 1, CHUNK_SIZE):
        Chunk.objects.create(file=record.instance, start=start, content=content[start : start + CHUNK_SIZE])


def _check_relationship(record: Record) -> None:
    relationship, place = record.instance, record.place
    for name, known in (("type", RELATION_TYPES), ("on_delete", ON_DELETE)):
        if getattr(relationship, name) not in known:
            raise SeedError(f"{place}.{camel(name)}", f"must be one of {', '.join(known)}.")
    for name in ("key", "two_way_key"):
        if not ids.ID.fullmatch(getattr(relationship, name)):
            raise SeedError(f"{place}.{camel(name)}", "must be a key: at most 36 letters, digits and . _ -.")


def _check_project(record: Record) -> None:
    _require_known(record, "smtp_secure", ("", *ENCRYPTIONS))


def _check_email_template(record: Record) -> None:
    _require_known(record, "template_id", custom_templates.KINDS)
    _require_known(record, "locale", LOCALE_CODES)


def _require_known(record: Record, name: str, known: Collection[str]) -> None:
    if getattr(record.instance, name) not in known:
        raise SeedError(f"{record.place}.{camel(name)}", f"unknown {name.replace('_', ' ')}.")


def _add_column(record: Record) -> None:
    """Add the SQL column. For relationship columns, `add_relationship` has already added it."""
    if record.instance.relationship_id is None:
        storage.add_column(record.instance)


_CHECKS: dict[Any, Any] = {
    Relationship: _check_relationship,
    Column: _check_column,
    Index: _check_index,
    Function: _check_function,
    File: _set_file_metadata,
    Provider: _blank_credentials,
    EmailTemplate: _check_email_template,
}
_AFTER_CREATE: dict[Any, Any] = {
    Table: lambda record: storage.create(record.instance),
    Relationship: lambda record: storage.add_relationship(record.instance),
    Column: _add_column,
    Index: lambda record: storage.create_index(record.instance),
    File: _store_content,
}
