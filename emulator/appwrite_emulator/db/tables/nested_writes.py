"""Create, update and upsert rows that contain nested rows or relationships.

Rows without relationships are passed on to `writing`. The value of a relationship column is an ID, a row to create or
update, or null. For a to-many relationship, the value is a list of IDs and rows. The rules are those of
utopia-php/database (createDocumentRelationships, updateDocumentRelationships). Values that Appwrite accepts without an
error are accepted here too. A create stores the ID of a missing row, but an update ignores it. An upsert adds items to
a list, but never removes any. Data nested deeper than two levels is ignored.

"""

# Table and column names come from relationships; values are always bound as parameters.
# ruff: noqa: S608

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from appwrite_emulator.common import ids, permissions
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.common.permissions import PermissionList
from appwrite_emulator.db.tables import reading, writing
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.reading import Roles, Row
from appwrite_emulator.db.tables.relationships import MAX_DEPTH, Relation
from appwrite_emulator.db.tables.table_schema import TableSchema, quoted
from appwrite_emulator.db.tables.writing import ROW_ACTIONS

MAX_NESTING = 100
"""Maximum nesting of rows. For self-related tables, the real server limits only the depth of the JSON."""

NestedValues = list[tuple[Relation, Any]]
Stack = tuple[int, ...]
"""Sequences of the tables whose rows contain the row that is being written, outermost first."""


def _invalid(reason: str) -> AppwriteError:
    return AppwriteError("relationship_value_invalid", f"Invalid relationship: {reason}.")


# -- the payload -------------------------------------------------------------------------------------------------------


def with_ids(schema: TableSchema, payload: dict[str, Any], *, depth: int = 0) -> dict[str, Any]:
    """Return the payload with an ID added to every nested row that has none.

    Raise 400 `relationship_value_invalid` for a value that is neither a row nor an ID.
    """
    if depth > MAX_NESTING:
        raise _invalid(f"rows are nested more than {MAX_NESTING} levels deep")
    completed = dict(payload)
    for relation in schema.relations:
        value = payload.get(relation.key)
        if value and _is_relationship(schema, relation):
            related = schema.related_schema(relation)
            inner = [_with_id(related, each, depth + 1) for each in (value if isinstance(value, list) else [value])]
            completed[relation.key] = inner if isinstance(value, list) else inner[0]
    return completed


def _with_id(schema: TableSchema, value: Any, depth: int) -> Any:
    if isinstance(value, str):
        _check_id(value)
        return value
    if not isinstance(value, dict):
        raise _invalid("the value must be a row or a row ID")
    row_id = ids.unique() if value.get("$id") is None else value["$id"]
    _check_id(row_id)
    if row_id == "unique()" and reading.get(schema, row_id) is None:
        row_id = ids.unique()
    return {**with_ids(schema, value, depth=depth), "$id": row_id}


def _check_id(value: Any) -> None:
    if not isinstance(value, str) or not (value == "unique()" or ids.ID.fullmatch(value)):
        raise _invalid("an ID must be at most 36 letters, digits, periods, hyphens and underscores")


def _split(schema: TableSchema, payload: dict[str, Any], stack: Stack = ()) -> tuple[dict[str, Any], NestedValues]:
    """Split the payload into ordinary columns and relationship values."""
    nested: NestedValues = []
    plain = dict(payload)
    for relation in schema.relations:
        if relation.key in plain and _is_relationship(schema, relation):
            value = plain.pop(relation.key)
            if len(stack) < MAX_DEPTH - 1 or stack[-1] == relation.table_sequence:
                nested.append((relation, value))
    return plain, nested


def _is_relationship(schema: TableSchema, relation: Relation) -> bool:
    """Return whether the key `relation.key` in a payload refers to the relationship.

    If the relationship is hidden on this side, a column with this key takes precedence.
    """
    return relation.visible or relation.key not in schema.columns


def check_nested(schema: TableSchema, payload: dict[str, Any], roles: Roles) -> None:
    """Check that the caller is allowed to create or update the nested rows of a new row.

    A create request can update existing nested rows only if their table has row security, even with an API key.
    """
    for relation in schema.related.values():
        value = payload.get(relation.key)
        for row in value if isinstance(value, list) else [value]:
            if not isinstance(row, dict) or "$id" not in row:
                continue
            related = schema.related_schema(relation)
            is_there = reading.get(related, row["$id"]) is not None
            if is_there and not related.row_security:
                raise AppwriteError("user_unauthorized", f"Table `{related.id}` must have row security.")
            writing.require(related, "update" if is_there else "create", None, roles)
            check_nested(related, row, roles)


# -- one row -----------------------------------------------------------------------------------------------------------


def create(
    schema: TableSchema,
    row_id: str,
    payload: dict[str, Any],
    allowed: PermissionList,
    roles: Roles,
    stack: Stack = (),
) -> Row:
    """Create a row together with its nested rows."""
    if not schema.relations:
        return writing.create(schema, row_id, payload, allowed, roles)
    writing.require(schema, "create", None, roles)
    plain, nested = _split(schema, payload, stack)
    parent = _ParentRow(schema, row_id, allowed, roles, (*stack, schema.sequence))
    for relation, value in nested:
        _link(parent, relation, value)
    row = writing.create(schema, row_id, plain | parent.columns, allowed, roles)
    parent.store_hidden_references()
    return _without_unchanged(schema, row, given=parent.columns)


def update(
    schema: TableSchema,
    old: Row,
    payload: dict[str, Any],
    allowed: PermissionList | None,
    roles: Roles,
    stamp: str | None = None,
    stack: Stack = (),
) -> Row:
    """Update the columns in the payload, including nested rows."""
    if not schema.relations:
        return writing.update(schema, old, payload, allowed, roles, stamp)
    plain, nested = _split(schema, payload, stack)
    inherited = old.permissions if allowed is None else allowed
    parent = _ParentRow(schema, old.id, inherited, roles, (*stack, schema.sequence))
    for relation, value in nested:
        if value is not None or relation.to_many or related_ids(schema, old.id, relation):
            _replace_links(parent, relation, value)
    if nested:
        old = writing.existing(schema, old.id)  # linking rows of the same table may have changed this row
    columns = plain | parent.columns
    row = writing.update(schema, old, columns, allowed, roles, stamp, changes_relations=parent.changes)
    parent.store_hidden_references()
    # The response also contains unchanged relationships that have a value, except on the child side of oneToMany.
    kept = {key for key, relation in schema.related.items() if relation.type != "oneToMany" and row.data.get(key)}
    return _without_unchanged(schema, row, given=kept | parent.columns.keys())


def upsert(
    schema: TableSchema,
    row_id: str,
    payload: dict[str, Any],
    allowed: PermissionList | None,
    roles: Roles,
    default: PermissionList,
) -> Row:
    """Create or update the row together with its nested rows."""
    if not schema.relations:
        return writing.upsert(schema, row_id, payload, allowed, roles, default)
    plain, nested = _split(schema, payload)
    inherited = allowed
    if inherited is None:
        old = reading.get(schema, row_id)
        inherited = old.permissions if old else default
    parent = _ParentRow(schema, row_id, inherited, roles, (schema.sequence,))
    for relation, value in nested:
        _link(parent, relation, value)
    row = writing.upsert(schema, row_id, plain | parent.columns, allowed, roles, default)
    parent.store_hidden_references()
    return row


def _without_unchanged(schema: TableSchema, row: Row, given: Collection[str]) -> Row:
    """Remove the relationship columns that are not in `given`. The real server's response omits them."""
    for key in schema.related:
        if key not in given:
            row.data.pop(key, None)
    return row


# -- nested rows -------------------------------------------------------------------------------------------------------


@dataclass
class _ParentRow:
    """The row whose relationships are being written, and the new values of its own relationship columns."""

    schema: TableSchema
    id: str
    allowed: PermissionList
    """The row's permissions, which new nested rows inherit."""
    roles: Roles
    stack: Stack
    columns: dict[str, str | None] = field(default_factory=dict)
    hidden: dict[str, str | None] = field(default_factory=dict)
    changes: bool = False
    """Whether a list of related rows changes. The row's own columns do not show this."""

    def set_reference(self, relation: Relation, row_id: str | None) -> None:
        (self.columns if relation.visible else self.hidden)[relation.column] = row_id

    def store_hidden_references(self) -> None:
        for column, row_id in self.hidden.items():
            writing.assign(self.schema, self.id, column, row_id, None)


def _link(parent: _ParentRow, relation: Relation, value: Any) -> None:
    """Link the row to the given rows, and keep its existing links."""
    if value is None:
        if relation.column:
            parent.set_reference(relation, None)
    elif relation.to_many:
        for item in _list(value):
            _link_one(parent, relation, item)
    else:
        _check_own_column(relation)
        parent.set_reference(relation, _link_one(parent, relation, value))


def _replace_links(parent: _ParentRow, relation: Relation, value: Any) -> None:
    """Link the row to the given rows, and remove its other links."""
    related, before = parent.schema.related_schema(relation), related_ids(parent.schema, parent.id, relation)
    if relation.to_many:
        items = _list(value)
        after = [item.get("$id") if isinstance(item, dict) else item for item in items]
        parent.changes = parent.changes or after != before
        for row_id in before:
            if row_id not in after:
                _unlink(parent, relation, row_id)
        for item in items:
            _link_one(parent, relation, item, replace=True)
        return
    _check_own_column(relation)
    if value is None and relation.back_column and reading.get(related, before[0]):
        writing.assign(related, before[0], relation.back_column, None, parent.roles)
    if value is None or (isinstance(value, str) and not _readable_row(related, value, parent.roles)):
        parent.set_reference(relation, None)
    else:
        parent.set_reference(relation, _link_one(parent, relation, value, replace=True))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _invalid("the value must be a list of rows or row IDs")
    return value


def _check_own_column(relation: Relation) -> None:
    if not relation.column:
        raise _invalid("it can only be set from the other side")


def _link_one(parent: _ParentRow, relation: Relation, item: Any, *, replace: bool = False) -> str:
    """Link one related row, given as an ID or as a row to create or update.

    Return the related row's ID, even if no such row exists.
    """
    related, roles = parent.schema.related_schema(relation), parent.roles
    if isinstance(item, str):
        if _readable_row(related, item, roles):
            _set_back_reference(parent, relation, item, roles)
        return item
    if not isinstance(item, dict) or "$id" not in item:
        raise _invalid("the value must be a row or a row ID")
    row_id: str = item["$id"]
    if row := _readable_row(related, row_id, roles):
        update(related, row, item, _permissions(item) if replace else None, roles, stack=parent.stack)
        _set_back_reference(parent, relation, row_id, roles)
    else:
        allowed = _permissions(item)
        if allowed is None:
            allowed = parent.allowed
        if roles is not None:
            allowed.check_grants(roles)
        create(related, row_id, item, allowed, roles, parent.stack)
        _set_back_reference(parent, relation, row_id, None)
    return row_id


def _readable_row(schema: TableSchema, row_id: str, roles: Roles) -> Row | None:
    row = reading.get(schema, row_id)
    return row if row and writing.is_allowed(schema, "read", row, roles) else None


def _permissions(item: dict[str, Any]) -> PermissionList | None:
    texts = item.get("$permissions")
    if texts is None:
        return None
    try:
        parsed = [permissions.parse(text) for text in texts]
        if not all(permission.action in (*ROW_ACTIONS, "write") for permission in parsed):
            raise ValueError(texts)
    except (ValueError, TypeError):
        raise _invalid("a nested row has invalid permissions") from None
    return PermissionList(permissions.expand(parsed, ROW_ACTIONS))


# -- storage of relationships ------------------------------------------------------------------------------------------


def related_ids(schema: TableSchema, row_id: str, relation: Relation) -> list[str]:
    """Return the related rows' IDs, in order. Unless the relationship is to-many, there is at most one."""
    if relation.pairs:
        sql = f"""SELECT _id FROM {relation.pairs} JOIN {relation.rows} ON _id = {relation.other_side}
            WHERE {relation.side} = ? ORDER BY {relation.pairs}.rowid"""
    elif relation.to_many:
        sql = f"SELECT _id FROM {relation.rows} WHERE {quoted(relation.back_column)} = ? ORDER BY _sequence"
    elif relation.column:
        column = quoted(relation.column)
        sql = f"SELECT {column} FROM {schema.rows} WHERE _id = ? AND {column} IS NOT NULL"
    else:
        return []
    return [related_id for (related_id,) in execute(sql, [row_id])]


def _set_back_reference(parent: _ParentRow, relation: Relation, row_id: str, roles: Roles) -> None:
    """Store the relationship in the junction table or in the related row's column, if it is stored there."""
    if relation.pairs:
        names = f"{relation.side}, {relation.other_side}"
        execute(f"INSERT OR IGNORE INTO {relation.pairs} ({names}) VALUES (?, ?)", [parent.id, row_id])
    elif relation.back_column:
        writing.assign(parent.schema.related_schema(relation), row_id, relation.back_column, parent.id, roles)


def _unlink(parent: _ParentRow, relation: Relation, row_id: str) -> None:
    if relation.pairs:
        here, there = relation.side, relation.other_side
        execute(f"DELETE FROM {relation.pairs} WHERE {here} = ? AND {there} = ?", [parent.id, row_id])
    else:
        writing.assign(parent.schema.related_schema(relation), row_id, relation.back_column, None, None)
