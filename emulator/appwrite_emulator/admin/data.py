"""Data browser: databases, tables and rows, read-only."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from appwrite_emulator.admin import browsing
from appwrite_emulator.admin.browsing import Cell, Line, Sheet, Shown, answer, facts_of, find, listed, paged
from appwrite_emulator.db import queries
from appwrite_emulator.db.models import Bucket, Database, Table, Team, User
from appwrite_emulator.db.tables import reading, table_schema
from appwrite_emulator.db.tables.connection import execute
from appwrite_emulator.db.tables.table_schema import TableSchema
from appwrite_emulator.seed import model_tree
from appwrite_emulator.seed.rows import plain, related

ROOT = "/_emulator/data/"
COLUMNS_SHOWN = 4
LITTLE = 120
MUCH = 2000
"""Maximum length of a value on a row's page; longer ones are cut and link to the whole value."""

# Top-level parts of a seed that have pages of their own; data_more shows the others.
OWN_PAGES = {"databases", "users", "teams", "buckets", "project"}


@require_safe
def overview(http: HttpRequest) -> HttpResponse:
    """/_emulator/data/: everything there is, with counts."""
    databases = [facts_of(one) | {"tables": one.tables.count()} for one in Database.objects.order_by("sequence")]
    buckets = [facts_of(one) | {"files": one.files.count()} for one in Bucket.objects.order_by("sequence")]
    more = {node.name: node.model._default_manager.count() for node in model_tree.roots() if node.name not in OWN_PAGES}
    counts = {"users": User.objects.count(), "teams": Team.objects.count()} | more
    facts = {"databases": databases, "buckets": buckets, **counts}
    sheets = [
        Sheet(
            "Databases",
            "Database",
            ("Tables", "Status"),
            [
                Line(
                    one["name"], f"{ROOT}databases/{one['id']}/", (Cell(one["tables"], "num"), _status(one)), one["id"]
                )
                for one in databases
            ],
            "No databases yet.",
        ),
        Sheet(
            "Files",
            "Bucket",
            ("Files", "Status"),
            [
                Line(one["name"], f"{ROOT}buckets/{one['id']}/", (Cell(one["files"], "num"), _status(one)), one["id"])
                for one in buckets
            ],
            "No buckets yet.",
        ),
        Sheet(
            "Everything else",
            "What",
            ("How many",),
            [Line(browsing.in_words(name), f"{ROOT}{name}/", (Cell(count, "num"),)) for name, count in counts.items()],
            "",
        ),
    ]
    return answer(http, facts, Shown("Data", sheets=sheets))


def _status(facts: dict[str, Any]) -> Cell:
    return browsing.state(facts["enabled"], "Enabled", "Disabled")


@require_safe
def database(http: HttpRequest, database_id: str) -> HttpResponse:
    """Show a database with its tables."""
    found = find(Database.objects, id=database_id)
    tables = [facts_of(table) | {"rows": _count(table)} for table in found.tables.order_by("sequence")]
    facts = facts_of(found) | {"tables": tables}
    sheet = Sheet(
        "Tables",
        "Table",
        ("Rows", "Row security", "Status"),
        [
            Line(
                table["name"],
                f"{ROOT}databases/{found.id}/{table['id']}/",
                (Cell(table["rows"], "num"), Cell("on" if table["rowSecurity"] else "off"), _status(table)),
                table["id"],
            )
            for table in tables
        ],
        "No tables yet.",
    )
    return answer(http, facts, Shown(found.name, pairs=browsing.pairs_of(facts_of(found)), sheets=[sheet]))


def _count(table: Table) -> int:
    return int(execute(f"SELECT count(*) FROM rows_{table.sequence}").fetchone()[0])  # noqa: S608 - an integer


@require_safe
def table(http: HttpRequest, database_id: str, table_id: str) -> HttpResponse:
    """Show a table: its rows, newest first, filtered by `?q=` as ID prefix; its columns, indexes and permissions."""
    found = _table(database_id, table_id)
    schema = TableSchema(found)
    wanted = queries.Queries(orders=[queries.Order(None, descending=True)])
    if sought := http.GET.get("q", "").strip():
        wanted.filters = [queries.Filter("startsWith", table_schema.SYSTEM["$id"], (sought,))]
    rows = paged(http, _Rows(schema, wanted, _count(found)))
    chosen = [key for key in http.GET.getlist("column") if key in schema.columns]
    chosen = chosen or list(schema.columns)[:COLUMNS_SHOWN]
    facts = {
        **facts_of(found),
        "columns": [facts_of(column) for column in schema.columns.values()],
        "indexes": [facts_of(index) for index in schema.indexes],
        "rows": listed(rows, (_facts_of_row(schema, row) for row in rows), "rows"),
    }
    url = f"{ROOT}databases/{found.database.id}/{found.id}/"
    sheets = [
        Sheet(
            "Rows",
            "Row",
            (*chosen, "Updated", "Permissions"),
            [_line(schema, row, chosen, url) for row in rows],
            f"No row ID starts with “{sought}”." if sought else "No rows yet.",
            rows,
        ),
        _columns(schema),
        _indexes(schema),
    ]
    shown = Shown(
        found.name,
        [(found.database.name, f"{ROOT}databases/{found.database.id}/")],
        browsing.pairs_of(facts_of(found) | {"rows": _count(found)}),
        sheets,
        search="Row ID starts with",
        extra={"columns": [(key, key in chosen) for key in schema.columns], "most": COLUMNS_SHOWN},
    )
    return answer(http, facts, shown, "table")


class _Rows:
    """Rows as a sequence for Django's Paginator, loaded page by page."""

    def __init__(self, schema: TableSchema, wanted: queries.Queries, count: int) -> None:
        self.schema, self.wanted, self.all = schema, wanted, count

    def __len__(self) -> int:
        return reading.total(self.schema, self.wanted, None) if self.wanted.filters else self.all

    def __getitem__(self, asked: slice) -> list[reading.Row]:
        self.wanted.offset, self.wanted.limit = asked.start, asked.stop - asked.start
        return reading.find(self.schema, self.wanted, None)


def _table(database_id: str, table_id: str) -> Table:
    tables = Table.objects.select_related("database")
    found: Table = find(tables, database__id=database_id, id=table_id)
    return found


def _facts_of_row(schema: TableSchema, row: reading.Row) -> dict[str, Any]:
    times = {"createdAt": row.created, "updatedAt": row.updated}
    return {"id": row.id, **times, "permissions": row.permissions, "data": plain(schema, row)}


def _line(schema: TableSchema, row: reading.Row, chosen: list[str], url: str) -> Line:
    values = plain(schema, row)
    cells = [Cell(values[key]) for key in chosen]
    return Line(row.id, f"{url}rows/{row.id}/", [*cells, Cell(row.updated, "time"), Cell(row.permissions, "codes")])


def _columns(schema: TableSchema) -> Sheet:
    lines = []
    for column in schema.columns.values():
        kind = f"{column.format or column.type}{'[]' if column.array else ''}"
        limits = column.elements or column.size or None
        if column.min is not None:
            limits = f"{column.min:g} to {column.max:g}"
        cells = (
            Cell(kind, "code"),
            Cell(limits),
            Cell(column.default),
            Cell("required" if column.required else "optional"),
        )
        lines.append(Line(column.key, cells=cells))
    return Sheet("Columns", "Column", ("Type", "Limits", "Default", "Presence"), lines, "No columns yet.")


def _indexes(schema: TableSchema) -> Sheet:
    lines = [Line(each.key, cells=(Cell(each.type, "code"), Cell(each.columns, "codes"))) for each in schema.indexes]
    return Sheet("Indexes", "Index", ("Type", "Columns"), lines, "No indexes.")


@require_safe
def row(http: HttpRequest, database_id: str, table_id: str, row_id: str) -> HttpResponse:
    """Show one row; very long values are cut."""
    found = _table(database_id, table_id)
    schema = TableSchema(found)
    stored = _row(schema, row_id)
    facts = _facts_of_row(schema, stored)
    facts["data"] |= related(schema, stored.id)
    url = f"{ROOT}databases/{found.database.id}/{found.id}/"
    texts = [(key, browsing.as_text(value)) for key, value in facts["data"].items()]
    trail = [(found.database.name, f"{ROOT}databases/{found.database.id}/"), (found.name, url)]
    pairs = browsing.pairs_of({name: value for name, value in facts.items() if name != "data"})
    short = [(key, text) for key, text in texts if len(text) <= LITTLE and "\n" not in text]
    long = [
        {"key": key, "text": browsing.cut(text, MUCH), "length": len(text), "is_cut": len(text) > MUCH}
        for key, text in texts
        if (key, text) not in short
    ]
    return answer(http, facts, Shown(stored.id, trail, pairs, extra={"short": short, "long": long}), "row")


@require_safe
def value(http: HttpRequest, database_id: str, table_id: str, row_id: str, key: str) -> HttpResponse:
    """Return one value of a row as plain text, uncut."""
    schema = TableSchema(_table(database_id, table_id))
    values = plain(schema, _row(schema, row_id))
    if key not in values:
        raise Http404
    return HttpResponse(browsing.as_text(values[key]), content_type="text/plain; charset=utf-8")


def _row(schema: TableSchema, row_id: str) -> reading.Row:
    found = reading.get(schema, row_id)
    if found is None:
        raise Http404
    return found
