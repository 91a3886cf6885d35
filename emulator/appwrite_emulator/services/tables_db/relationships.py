"""Create and update relationship columns. columns.py lists and deletes them like other columns."""

from typing import Any

from django.db.models import Q

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Column, Relationship, Table
from appwrite_emulator.db.models.databases import ON_DELETE, RELATION_TYPES
from appwrite_emulator.db.tables import storage, table_schema
from appwrite_emulator.http.parameters import Boolean, Id, Key, Text, accepts
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services.tables_db.columns import check_width, find
from appwrite_emulator.services.tables_db.lookup import find_table


@accepts(
    related_table_id=Id(required=True),
    type=Text(choices=RELATION_TYPES, required=True),
    two_way=Boolean(strict=True, default=False),
    key=Key(),
    two_way_key=Key(),
    on_delete=Text(choices=ON_DELETE, default="restrict"),
)
def create_relationship_column(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    related_table_id: str,
    type: str,
    two_way: bool,
    key: str | None,
    two_way_key: str | None,
    on_delete: str,
) -> dict[str, Any]:
    """POST /tablesdb/{databaseId}/tables/{tableId}/columns/relationship.

    The keys default to the IDs of the related tables.
    """
    table, related = find_table(database_id, table_id), find_table(database_id, related_table_id)
    relationship = Relationship(
        parent=table,
        child=related,
        key=key or related_table_id,
        two_way_key=two_way_key or table_id,
        type=type,
        two_way=two_way,
        on_delete=on_delete,
    )
    _check(relationship)
    relationship.save()
    storage.add_relationship(relationship)
    column = _column(relationship, "parent")
    if two_way:
        _column(relationship, "child")
    table_schema.invalidate()
    return databases.column(column, status="processing")


def _check(relationship: Relationship) -> None:
    """Raise 409 `column_already_exists` if a key is in use, or if the tables already have a manyToMany relationship."""
    table, related = relationship.parent, relationship.child
    for other in Relationship.objects.filter(Q(parent=table, child=related) | Q(parent=related, child=table)):
        # A one-way relationship also has a column on its other side, but that column is hidden.
        keys = {(other.parent_id, other.child_id): other.two_way_key, (other.child_id, other.parent_id): other.key}
        if keys.get((related.pk, table.pk), "").lower() == relationship.key.lower():
            raise AppwriteError("column_already_exists", subject=relationship.key)
        if keys.get((table.pk, related.pk), "").lower() == relationship.two_way_key.lower():
            raise AppwriteError("column_already_exists", subject=relationship.two_way_key)
        if other.type == relationship.type == "manyToMany":
            raise AppwriteError(
                "column_already_exists",
                'Creating more than one "manyToMany" relationship on the same table is currently not permitted.',
            )
    ends = [(table, relationship.key)] + ([(related, relationship.two_way_key)] if relationship.two_way else [])
    if any(end.columns.filter(key=key).exists() for end, key in ends) or len(set(ends)) < len(ends):
        raise AppwriteError("column_already_exists", subject=relationship.key)
    for end, _ in ends:
        check_width(end, Column(type="relationship"))


def _column(relationship: Relationship, side: str) -> Column:
    is_parent, now = side == "parent", clock.now()
    return Column.objects.create(
        table=relationship.parent if is_parent else relationship.child,
        key=relationship.key if is_parent else relationship.two_way_key,
        type="relationship",
        relationship=relationship,
        side=side,
        created_at=now,
        updated_at=now,
    )


@accepts(on_delete=Text(choices=ON_DELETE), new_key=Key())
def update_relationship_column(
    request: Request, *, database_id: str, table_id: str, key: str, on_delete: str | None, new_key: str | None
) -> dict[str, Any]:
    """PATCH /tablesdb/{databaseId}/tables/{tableId}/columns/{key}/relationship. Changes apply to both sides."""
    table = find_table(database_id, table_id)
    column = find(table, key)
    relationship = column.relationship
    if relationship is None:
        raise AppwriteError("column_type_invalid", subject=key)
    relationship.on_delete = on_delete or relationship.on_delete
    if new_key and new_key != column.key:
        if table.columns.filter(key=new_key).exclude(pk=column.pk).exists():
            raise AppwriteError("column_already_exists", subject=new_key)
        is_parent = column.side == "parent"
        keys = (new_key, relationship.two_way_key) if is_parent else (relationship.key, new_key)
        storage.rename_relationship(relationship, *keys)
        column.key = new_key
    relationship.save()
    relationship.columns.update(updated_at=clock.now())
    column.updated_at = clock.now()
    column.save()
    table_schema.invalidate()
    return databases.column(column)


def remove_all(table: Table) -> None:
    """Delete the table's relationships and their columns on both sides."""
    for relationship in Relationship.objects.filter(Q(parent=table) | Q(child=table)):
        storage.drop_relationship(relationship)
        relationship.delete()
