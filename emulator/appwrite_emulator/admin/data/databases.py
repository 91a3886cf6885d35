"""Data browser: databases, tables and rows."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from appwrite_emulator.admin.data.components import (
    MAX_TEXT_LENGTH,
    ROOT,
    Cell,
    DataPage,
    DataRow,
    DataTable,
    as_text,
    fields_of,
    labelled_cells,
    page_as_json,
    paginate,
    respond,
    status_cell,
    truncate,
)
from appwrite_emulator.admin.data.forms import submit
from appwrite_emulator.admin.data.row_forms import new_row_form, row_forms
from appwrite_emulator.db import queries
from appwrite_emulator.db.models import Database, Table
from appwrite_emulator.db.tables import reading, table_schema
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.seed.rows import related

DEFAULT_COLUMNS = 4
"""Number of columns that a table shows by default."""
MAX_SHORT_TEXT_LENGTH = 120
"""Maximum length of a value that a row's page shows on one line, in characters."""


@require_safe
def database(http: HttpRequest, database_id: str) -> HttpResponse:
    """Show a database with its tables."""
    shown = get_object_or_404(Database, id=database_id)
    tables = [fields_of(each) | {"rows": _count_rows(each)} for each in shown.tables.order_by("sequence")]
    rows = [
        DataRow(
            each["name"],
            f"{ROOT}databases/{shown.id}/{each['id']}/",
            (
                Cell(each["rows"], "number"),
                Cell("on" if each["rowSecurity"] else "off"),
                status_cell(each["enabled"], "Enabled", "Disabled"),
            ),
            each["id"],
        )
        for each in tables
    ]
    table = DataTable("Tables", "Table", ("Rows", "Row security", "Status"), rows, "No tables yet.")
    fields = fields_of(shown)
    page = DataPage(shown.name, cells=labelled_cells(fields), tables=[table])
    return respond(http, fields | {"tables": tables}, page)


def _count_rows(table: Table) -> int:
    return int(execute(f"SELECT count(*) FROM rows_{table.sequence}").fetchone()[0])  # noqa: S608 - an integer


@require_http_methods(["GET", "HEAD", "POST"])
def table(http: HttpRequest, database_id: str, table_id: str) -> HttpResponse:
    """Show a table: its rows, newest first, and its columns, indexes and permissions.

    `?q=` filters the rows by a prefix of the ID. POST creates a row.
    """
    shown = _find_table(database_id, table_id)
    schema = TableSchema(shown)
    url = f"{ROOT}databases/{shown.database.id}/{shown.id}/"
    form = new_row_form(http, shown, list(schema.columns.values()), url)
    if redirect := submit(http, form):
        return redirect
    total = _count_rows(shown)
    row_query = queries.Queries(orders=[queries.Order(None, descending=True)])
    if prefix := http.GET.get("q", "").strip():
        row_query.filters = [queries.Filter("startsWith", table_schema.SYSTEM["$id"], (prefix,))]
    rows = paginate(http, _Rows(schema, row_query, total))
    columns = [key for key in http.GET.getlist("column") if key in schema.columns]
    columns = columns or list(schema.columns)[:DEFAULT_COLUMNS]
    fields = fields_of(shown)
    tables = [
        DataTable(
            "Rows",
            "Row",
            (*columns, "Updated", "Permissions"),
            [_row_line(schema, row, columns, url) for row in rows],
            f"No row ID starts with “{prefix}”." if prefix else "No rows yet.",
            rows,
        ),
        _column_table(schema),
        _index_table(schema),
    ]
    page = DataPage(
        shown.name,
        [(shown.database.name, f"{ROOT}databases/{shown.database.id}/")],
        labelled_cells(fields | {"rows": total}),
        tables,
        search_label="Row ID starts with",
        forms=[form],
        context={"columns": [(key, key in columns) for key in schema.columns], "default_columns": DEFAULT_COLUMNS},
    )
    answer = {
        **fields,
        "columns": [fields_of(column) for column in schema.columns.values()],
        "indexes": [fields_of(index) for index in schema.indexes],
        "rows": page_as_json(rows, (_row_fields(schema, row) for row in rows), "rows"),
    }
    return respond(http, answer, page, "table_page")


class _Rows:
    """Rows as a sequence for Django's Paginator, loaded page by page."""

    def __init__(self, schema: TableSchema, query: queries.Queries, total: int) -> None:
        self.schema, self.query, self.total = schema, query, total

    def __len__(self) -> int:
        return reading.total(self.schema, self.query, None) if self.query.filters else self.total

    def __getitem__(self, part: slice) -> list[reading.Row]:
        self.query.offset, self.query.limit = part.start, part.stop - part.start
        return reading.find(self.schema, self.query, None)


def _find_table(database_id: str, table_id: str) -> Table:
    return get_object_or_404(Table.objects.select_related("database"), database__id=database_id, id=table_id)


def _row_fields(schema: TableSchema, row: reading.Row) -> dict[str, Any]:
    times = {"createdAt": row.created, "updatedAt": row.updated}
    return {"id": row.id, **times, "permissions": list(row.permissions.texts), "data": schema.shown(row.data)}


def _row_line(schema: TableSchema, row: reading.Row, columns: list[str], url: str) -> DataRow:
    values = schema.shown(row.data)
    cells = [Cell(values[key]) for key in columns]
    return DataRow(
        row.id, f"{url}rows/{row.id}/", [*cells, Cell(row.updated, "time"), Cell(list(row.permissions.texts), "list")]
    )


def _column_table(schema: TableSchema) -> DataTable:
    rows = []
    for column in schema.columns.values():
        limits = column.elements or column.size or None
        if column.min is not None:
            limits = f"{column.min:g} to {column.max:g}"
        cells = (
            Cell(f"{column.format or column.type}{'[]' if column.array else ''}", "code"),
            Cell(limits),
            Cell(column.default),
            Cell("yes" if column.required else "no"),
        )
        rows.append(DataRow(column.key, cells=cells))
    return DataTable("Columns", "Column", ("Type", "Limits", "Default", "Required"), rows, "No columns yet.")


def _index_table(schema: TableSchema) -> DataTable:
    rows = [DataRow(each.key, cells=(Cell(each.type, "code"), Cell(each.columns, "list"))) for each in schema.indexes]
    return DataTable("Indexes", "Index", ("Type", "Columns"), rows, "No indexes yet.")


@require_http_methods(["GET", "HEAD", "POST"])
def row(http: HttpRequest, database_id: str, table_id: str, row_id: str) -> HttpResponse:
    """Show one row, with very long values truncated. POST either changes or deletes the row."""
    table = _find_table(database_id, table_id)
    schema = TableSchema(table)
    fields = _row_fields(schema, _find_row(schema, row_id))
    fields["data"] |= related(schema, row_id)
    database_url = f"{ROOT}databases/{table.database.id}/"
    columns, values = list(schema.columns.values()), {**fields["data"], "$permissions": fields["permissions"]}
    forms = row_forms(http, table, columns, row_id, values, f"{database_url}{table.id}/")
    if redirect := submit(http, *forms):
        return redirect
    texts = [(key, as_text(value)) for key, value in fields["data"].items()]
    short_texts = [(key, text) for key, text in texts if len(text) <= MAX_SHORT_TEXT_LENGTH and "\n" not in text]
    long_texts = [
        {
            "key": key,
            "text": truncate(text, MAX_TEXT_LENGTH),
            "length": len(text),
            "is_cut": len(text) > MAX_TEXT_LENGTH,
        }
        for key, text in texts
        if (key, text) not in short_texts
    ]
    page = DataPage(
        row_id,
        [(table.database.name, database_url), (table.name, f"{database_url}{table.id}/")],
        labelled_cells({name: value for name, value in fields.items() if name != "data"}),
        forms=forms,
        context={"short_texts": short_texts, "long_texts": long_texts},
    )
    return respond(http, fields, page, "row_page")


@require_safe
def value(http: HttpRequest, database_id: str, table_id: str, row_id: str, key: str) -> HttpResponse:
    """Return one value of a row as plain text, in full."""
    schema = TableSchema(_find_table(database_id, table_id))
    values = schema.shown(_find_row(schema, row_id).data)
    if key not in values:
        raise Http404
    return HttpResponse(as_text(values[key]), content_type="text/plain; charset=utf-8")


def _find_row(schema: TableSchema, row_id: str) -> reading.Row:
    row = reading.get(schema, row_id)
    if row is None:
        raise Http404
    return row
