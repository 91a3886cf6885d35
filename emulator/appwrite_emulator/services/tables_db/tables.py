"""Tables: list, create (optionally with columns and indexes), get, update and delete."""

from collections.abc import Callable
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Table
from appwrite_emulator.db.queries import Attribute
from appwrite_emulator.db.tables import list_cache, storage, table_schema
from appwrite_emulator.http.parameters import Boolean, Json, ListOf, NewId, Permissions, Text, accepts
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services import lists
from appwrite_emulator.services.tables_db import columns as columns_
from appwrite_emulator.services.tables_db import indexes as indexes_
from appwrite_emulator.services.tables_db import relationships
from appwrite_emulator.services.tables_db.lookup import find_database, find_table

ATTRIBUTES = lists.attributes(Table, name="name", enabled="enabled")
# Queries can filter by row security only on the legacy path, and only by its legacy name.
LEGACY_ATTRIBUTES = ATTRIBUTES | lists.attributes(Table, documentSecurity="row_security")
ACTIONS = ("create", "read", "update", "delete")


def _lister(attributes: dict[str, Attribute]) -> Callable[..., dict[str, Any]]:
    @accepts(queries=lists.Queries(attributes), search=Text(256, default=""), total=Boolean(default=True))
    def list_tables(
        request: Request, *, database_id: str, queries: list[str], search: str, total: bool
    ) -> dict[str, Any]:
        """GET /tablesdb/{databaseId}/tables."""
        tables = find_database(database_id).tables.select_related("database").prefetch_related("columns", "indexes")
        page = lists.page(tables, queries, attributes, search=search, searched=("id", "name"), total=total)
        return {"total": page.total, "tables": [databases.table(table) for table in page.items]}

    return list_tables


list_tables = _lister(ATTRIBUTES)
list_tables_under_legacy_names = _lister(LEGACY_ATTRIBUTES)


@accepts(
    table_id=NewId(required=True),
    name=Text(128, required=True),
    permissions=Permissions(*ACTIONS, default=()),
    row_security=Boolean(default=False),
    enabled=Boolean(strict=True, default=True),
    columns=ListOf(Json(), default=()),
    indexes=ListOf(Json(), default=()),
)
def create_table(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    name: str,
    permissions: list[str],
    row_security: bool,
    enabled: bool,
    columns: list[dict[str, Any]],
    indexes: list[dict[str, Any]],
) -> dict[str, Any]:
    """POST /tablesdb/{databaseId}/tables.

    Inline columns and indexes are ready immediately, but the response does not contain them.
    """
    database = find_database(database_id)
    if database.tables.filter(id=table_id).exists():
        raise AppwriteError("table_already_exists", subject=table_id)
    now = clock.now()
    table = Table.objects.create(
        database=database,
        id=table_id,
        name=name,
        permissions=list(permissions),
        row_security=row_security,
        enabled=enabled,
        created_at=now,
        updated_at=now,
    )
    storage.create(table)
    for column in columns_.from_descriptions(columns):
        columns_.add(table, column)
    for index in indexes_.from_descriptions(table, indexes):
        indexes_.add(table, index)
    table_schema.invalidate()
    return databases.table(table, fresh=True)


def get_table(request: Request, *, database_id: str, table_id: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}."""
    return databases.table(find_table(database_id, table_id))


@accepts(
    name=Text(128),
    permissions=Permissions(*ACTIONS),
    row_security=Boolean(default=False),
    enabled=Boolean(strict=True, default=True),
    purge=Boolean(default=False),
)
def update_table(
    request: Request,
    *,
    database_id: str,
    table_id: str,
    name: str | None,
    permissions: list[str] | None,
    row_security: bool,
    enabled: bool,
    purge: bool,
) -> dict[str, Any]:
    """PUT /tablesdb/{databaseId}/tables/{tableId}.

    If omitted, the name and the permissions stay unchanged, row security becomes false, and `enabled` becomes true.
    `purge` clears the table's cached row lists.
    """
    table = find_table(database_id, table_id)
    table.name = table.name if name is None else name
    table.permissions = table.permissions if permissions is None else permissions
    table.row_security = row_security
    table.enabled = enabled
    table.updated_at = clock.now()
    table.save()
    table_schema.invalidate()
    if purge:
        list_cache.purge(table.sequence)
    return databases.table(table)


def delete_table(request: Request, *, database_id: str, table_id: str) -> None:
    """DELETE /tablesdb/{databaseId}/tables/{tableId}: delete the table with its rows and relationships."""
    table = find_table(database_id, table_id)
    request.add_change(databases.table(table))
    relationships.remove_all(table)
    storage.drop(table)
    table.delete()
    table_schema.invalidate()
