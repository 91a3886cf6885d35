"""Components of the data browser's pages: fields without secrets, tables, pagination, responses.

Each view builds two objects: `fields`, the JSON response, and a `DataPage`, which shows the same data as labelled cells
and tables.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import BinaryField, BooleanField, DateTimeField, Field, Model
from django.http import HttpRequest, HttpResponse, JsonResponse

from appwrite_emulator.admin.data.forms import Form
from appwrite_emulator.admin.rendering import render_page
from appwrite_emulator.seed import exporting, model_tree

ROOT = "/_emulator/data/"
PER_PAGE = 25
MAX_CELL_LENGTH = 60
"""Maximum length of a value in a table, in characters."""
MAX_TEXT_LENGTH = 2000
"""Maximum length of a value on its row's or file's page, in characters. Longer values are truncated."""

SECRET_WORDS = ("secret", "password", "hash", "token", "credential", "recovery")
SECRET_FIELDS = {("Variable", "value"), ("ProjectVariable", "value")}
TIME_FIELDS = {"expire", "time", "invited", "joined", "passwordUpdate"}


@dataclass
class Cell:
    """One value. `kind` is text, code, number, time, good or bad (a status), json, or list for a list of strings."""

    value: Any
    kind: str = "text"

    @property
    def text(self) -> str:
        return truncate(self.full_text, MAX_CELL_LENGTH)

    @property
    def full_text(self) -> str:
        return as_text(self.value)

    @property
    def indented_json(self) -> str:
        return json.dumps(self.value, ensure_ascii=False, indent=2)


@dataclass
class DataRow:
    """One row of a table: name, URL of the item's page, and cells."""

    name: str
    url: str = ""
    cells: Sequence[Cell] = ()
    detail: str = ""
    """A second, smaller line below the name."""


@dataclass
class DataTable:
    """A table on a page. If it has no rows, `empty_text` is shown instead."""

    caption: str
    name_heading: str
    headings: Sequence[str]
    rows: Sequence[DataRow]
    empty_text: str
    page: Page[Any] | None = None

    @property
    def lines(self) -> list[tuple[DataRow, list[tuple[str, Cell]]]]:
        """Return (row, [(heading, cell), …]) for each row. On narrow screens, each heading appears beside its cell."""
        return [(row, list(zip(self.headings, row.cells, strict=True))) for row in self.rows]


@dataclass
class DataPage:
    """A page of the data browser: title, breadcrumbs, labelled cells, tables."""

    title: str
    breadcrumbs: Sequence[tuple[str, str]] = ()
    cells: Sequence[tuple[str, Cell]] = ()
    tables: Sequence[DataTable] = ()
    search_label: str = ""
    """Label of the search field. Empty if the page has none."""
    forms: Sequence[Form] = ()
    context: dict[str, Any] = field(default_factory=dict)
    """Additional context for the template."""


def respond(http: HttpRequest, fields: dict[str, Any], shown: DataPage, template: str = "page") -> HttpResponse:
    """Return the fields as JSON if `?format=json` is requested, otherwise the page."""
    if http.GET.get("format") == "json":
        return JsonResponse(fields, json_dumps_params={"ensure_ascii": False, "indent": 1})
    query = http.GET.copy()
    query["format"] = "json"
    return render_page(
        f"data/{template}",
        status=400 if any(form.error for form in shown.forms) else 200,
        current="data",
        shown=shown,
        breadcrumbs=[("Data", ROOT), *shown.breadcrumbs] if shown.title != "Data" else [],
        json_url=f"?{query.urlencode()}",
        query=http.GET,
        q=http.GET.get("q", ""),
        **shown.context,
    )


def paginate(http: HttpRequest, objects: Any) -> Page[Any]:
    """Return the page of `objects` that `?page=` requests, or the nearest page if the number is invalid."""
    return Paginator(objects, PER_PAGE).get_page(http.GET.get("page"))


def page_as_json(shown: Page[Any], items: Iterable[Any], name: str) -> dict[str, Any]:
    """Return a page of items as JSON."""
    return {"total": shown.paginator.count, "page": shown.number, "pages": shown.paginator.num_pages, name: list(items)}


def fields_of(instance: Model) -> dict[str, Any]:
    """Return an instance's fields, except secrets and binary fields. Their names are as in a seed, but without `$`."""
    node = model_tree.node_of(type(instance))
    return {
        name.lstrip("$"): exporting.value(instance, model_field)
        for name, model_field in node.fields.items()
        if not is_secret(node.model, model_field) and not isinstance(model_field, BinaryField)
    }


def is_secret(model: type[Model], model_field: "Field[Any, Any]") -> bool:
    """Return whether a field may contain a secret. Dates and flags never contain one."""
    if isinstance(model_field, DateTimeField | BooleanField):
        return False
    return (model.__name__, model_field.name) in SECRET_FIELDS or any(word in model_field.name for word in SECRET_WORDS)


def labelled_cells(fields: dict[str, Any]) -> list[tuple[str, Cell]]:
    """Return (label, cell) for each field except `search`, which is only used for searches."""
    return [(label_of(name), make_cell(name, value)) for name, value in fields.items() if name != "search"]


def make_cell(name: str, value: Any) -> Cell:
    """Return a cell. Its kind depends on the field's name and value."""
    if name.endswith(("At", "Expiry")) or name in TIME_FIELDS:
        return Cell(value, "time")
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return Cell(value, "list")
    return Cell(value, "number" if isinstance(value, int | float) and not isinstance(value, bool) else "text")


def status_cell(is_good: bool, good: str, bad: str) -> Cell:
    """Return a status cell. Its colour shows the same status as its text."""
    return Cell(good, "good") if is_good else Cell(bad, "bad")


def label_of(name: str) -> str:
    """Convert `emailVerification` to `Email verification`."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return {"id": "ID", "ip": "IP", "mfa": "MFA"}.get(words, words[:1].upper() + words[1:])


def as_text(value: Any) -> str:
    """Return strings unchanged, null as a dash, and anything else as JSON."""
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def truncate(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
