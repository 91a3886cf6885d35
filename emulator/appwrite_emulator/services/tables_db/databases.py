"""Databases: list, create, get, update, delete."""

from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Database
from appwrite_emulator.db.tables import storage, table_schema
from appwrite_emulator.http.parameters import Boolean, NewId, Text, accepts
from appwrite_emulator.http.responses import databases
from appwrite_emulator.services import lists
from appwrite_emulator.services.tables_db import relationships
from appwrite_emulator.services.tables_db.lookup import find_database

ATTRIBUTES = lists.attributes(Database, name="name")


@accepts(queries=lists.Queries(ATTRIBUTES), search=Text(256, default=""), total=Boolean(default=True))
def list_(request: Request, *, queries: list[str], search: str, total: bool) -> dict[str, Any]:
    """GET /tablesdb."""
    page = lists.page(Database.objects.all(), queries, ATTRIBUTES, search=search, searched=("id", "name"), total=total)
    return {"total": page.total, "databases": [databases.database(database) for database in page.items]}


@accepts(database_id=NewId(required=True), name=Text(128, required=True), enabled=Boolean(strict=True, default=True))
def create(request: Request, *, database_id: str, name: str, enabled: bool) -> dict[str, Any]:
    """POST /tablesdb."""
    return databases.database(create_database(database_id, name, enabled, "tablesdb"))


def create_database(database_id: str, name: str, enabled: bool, type: str) -> Database:
    if Database.objects.filter(id=database_id).exists():
        raise AppwriteError("database_already_exists", subject=database_id)
    now = clock.now()
    return Database.objects.create(
        id=database_id, name=name, enabled=enabled, type=type, created_at=now, updated_at=now
    )


def get(request: Request, *, database_id: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}."""
    return databases.database(find_database(database_id))


@accepts(name=Text(128), enabled=Boolean(strict=True, default=True))
def update(request: Request, *, database_id: str, name: str | None, enabled: bool) -> dict[str, Any]:
    """PUT /tablesdb/{databaseId}. If omitted, the name stays unchanged and `enabled` becomes true."""
    database = find_database(database_id)
    database.name = database.name if name is None else name
    database.enabled = enabled
    database.updated_at = clock.now()
    database.save()
    table_schema.invalidate()
    return databases.database(database)


def delete(request: Request, *, database_id: str) -> None:
    """DELETE /tablesdb/{databaseId}: delete the database and all its tables."""
    database = find_database(database_id)
    request.add_change(databases.database(database))
    for table in database.tables.all():
        relationships.remove_all(table)
        storage.drop(table)
    database.delete()
    table_schema.invalidate()
