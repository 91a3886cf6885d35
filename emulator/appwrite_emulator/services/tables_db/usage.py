"""The number of databases, tables and rows over time. Reads and writes are not counted."""

import datetime
from typing import Any

from django.db.models import QuerySet

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common import clock
from appwrite_emulator.db.models import Database, Table
from appwrite_emulator.db.tables import reading, table_schema
from appwrite_emulator.http.parameters import accepts
from appwrite_emulator.services import usage
from appwrite_emulator.services.tables_db.lookup import find_database, find_schema, find_table
from appwrite_emulator.services.usage import Measure


@accepts(range=usage.RANGE)
def list_usage(request: Request, *, range: str) -> dict[str, Any]:
    """GET /tablesdb/usage: return the total usage of all databases."""
    return usage.report(
        range,
        databases=usage.count(Database.objects.all()),
        **_measures(Table.objects.select_related("database")),
        databasesReads=usage.not_measured,
        databasesWrites=usage.not_measured,
    )


@accepts(range=usage.RANGE)
def get_usage(request: Request, *, database_id: str, range: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/usage."""
    return usage.report(
        range,
        **_measures(find_database(database_id).tables.select_related("database")),
        databaseReads=usage.not_measured,
        databaseWrites=usage.not_measured,
    )


def _measures(tables: QuerySet[Table]) -> dict[str, Measure]:
    """Return the metrics that one database and all databases have in common, under their current and legacy names."""
    number, rows = usage.count(tables), _rows(tables)
    return {
        "collections": number,
        "tables": number,
        "documents": rows,
        "rows": rows,
        "storage": usage.not_measured,
    }


def _rows(tables: QuerySet[Table]) -> Measure:
    found = [table_schema.find(table.database.id, table.id) for table in tables]
    schemas = [schema for schema in found if schema]
    return lambda end: sum(reading.count_created_before(schema, clock.iso(end)) for schema in schemas)


@accepts(range=usage.RANGE)
def get_table_usage(request: Request, *, database_id: str, table_id: str, range: str) -> dict[str, Any]:
    """GET /tablesdb/{databaseId}/tables/{tableId}/usage: return how many of the current rows existed at each time."""
    find_table(database_id, table_id)
    schema = find_schema(request.caller, database_id, table_id)

    def rows(end: datetime.datetime) -> int:
        return reading.count_created_before(schema, clock.iso(end))

    return usage.report(range, rows=rows)
