"""The data browser's first page: databases, buckets, and the number of records of each other kind."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.data.components import (
    ROOT,
    Cell,
    DataPage,
    DataRow,
    DataTable,
    fields_of,
    label_of,
    respond,
    status_cell,
)
from appwrite_emulator.admin.data.records import nodes
from appwrite_emulator.db.models import Bucket, Database, Team, User


@require_safe
def overview(http: HttpRequest) -> HttpResponse:
    """GET /_emulator/data/: list each kind of data, with its count."""
    databases = [fields_of(each) | {"tables": each.tables.count()} for each in Database.objects.order_by("sequence")]
    buckets = [fields_of(each) | {"files": each.files.count()} for each in Bucket.objects.order_by("sequence")]
    counts = {"users": User.objects.count(), "teams": Team.objects.count()}
    counts |= {name: node.model._default_manager.count() for name, node in nodes().items()}
    other = [DataRow(label_of(name), f"{ROOT}{name}/", [Cell(count, "number")]) for name, count in counts.items()]
    tables = [
        DataTable(
            "Databases",
            "Database",
            ("Tables", "Status"),
            [_row("databases", each, "tables") for each in databases],
            "No databases yet.",
        ),
        DataTable(
            "Files",
            "Bucket",
            ("Files", "Status"),
            [_row("buckets", each, "files") for each in buckets],
            "No buckets yet.",
        ),
        DataTable("Other data", "Kind", ("Number",), other, ""),
    ]
    fields = {"databases": databases, "buckets": buckets, **counts}
    return respond(http, fields, DataPage("Data", tables=tables))


def _row(path: str, fields: dict[str, Any], counted: str) -> DataRow:
    """Return the table row for a database or bucket, with its number of tables or files."""
    cells = (Cell(fields[counted], "number"), status_cell(fields["enabled"], "Enabled", "Disabled"))
    return DataRow(fields["name"], f"{ROOT}{path}/{fields['id']}/", cells, fields["id"])
