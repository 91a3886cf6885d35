"""Look up the database, table or table schema that a URL names. If it does not exist, raise the matching 404."""

from appwrite_emulator.auth.callers import Caller
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.db.models import Database, Table
from appwrite_emulator.db.tables import table_schema
from appwrite_emulator.db.tables.table_schema import TableSchema


def find_database(database_id: str) -> Database:
    """Return the database with this ID, or raise 404 `database_not_found`."""
    database = Database.objects.filter(id=database_id).first()
    if database is None:
        raise AppwriteError("database_not_found", subject=database_id)
    return database


def find_table(database_id: str, table_id: str) -> Table:
    """Return the table with this ID. Raise 404 if the database or the table does not exist."""
    table = find_database(database_id).tables.select_related("database").filter(id=table_id).first()
    if table is None:
        raise AppwriteError("table_not_found", subject=table_id)
    return table


def find_schema(caller: Caller, database_id: str, table_id: str) -> TableSchema:
    """Return the table's schema for row access, or raise 404.

    Only API keys can access disabled databases and tables.
    """
    schema = table_schema.find(database_id, table_id)
    if schema is None:
        database = find_database(database_id)
        if database.enabled or caller.is_key:
            raise AppwriteError("table_not_found", subject=table_id)
        raise AppwriteError("database_not_found", subject=database_id)
    if not caller.is_key:
        if not schema.database_enabled:
            raise AppwriteError("database_not_found", subject=database_id)
        if not schema.enabled:
            raise AppwriteError("table_not_found", subject=table_id)
    return schema
