"""Data browser: generic pages for the models without pages of their own."""

from typing import Any

from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from appwrite_emulator.admin.data.components import (
    PER_PAGE,
    ROOT,
    DataPage,
    DataRow,
    DataTable,
    fields_of,
    label_of,
    labelled_cells,
    make_cell,
    page_as_json,
    paginate,
    respond,
)
from appwrite_emulator.seed import model_tree
from appwrite_emulator.seed.model_tree import Node

MAX_COLUMNS = 4
MAX_NESTED = 4 * PER_PAGE
"""Maximum number of nested records on a record's page."""
# Parts of a seed that have specific pages.
_OTHER_PAGES = {"databases", "users", "teams", "buckets", "project"}
# Fields that get no column, because the table shows them elsewhere or they are rarely useful.
_NOT_IN_TABLES = {"id", "key", "name", "createdAt", "updatedAt", "search"}


def nodes() -> dict[str, Node]:
    """Return URL name -> model, for the models that these pages show."""
    return {node.name: node for node in model_tree.roots() if node.name not in _OTHER_PAGES}


@require_safe
def records(http: HttpRequest, name: str) -> HttpResponse:
    """List all records of a model, newest first."""
    node = _find_node(name)
    shown = paginate(http, node.model._default_manager.order_by("-created_at" if _has_id(node) else "-pk", "-pk"))
    fields = [fields_of(each) for each in shown]
    table = _table(label_of(name), fields, f"{ROOT}{name}/" if _has_id(node) else "")
    table.page = shown
    return respond(http, page_as_json(shown, fields, name), DataPage(label_of(name), tables=[table]))


@require_safe
def record(http: HttpRequest, name: str, record_id: str) -> HttpResponse:
    """Show one record, with the records nested in it."""
    node = _find_node(name)
    if not _has_id(node):
        raise Http404
    shown = get_object_or_404(node.model, id=record_id)
    fields = fields_of(shown)
    nested = {child.name: _nested(child, shown) for child in node.children}
    page = DataPage(
        str(fields.get("name") or shown.pk),
        [(label_of(name), f"{ROOT}{name}/")],
        labelled_cells(fields),
        [_table(label_of(child), each) for child, each in nested.items()],
    )
    return respond(http, fields | nested, page)


def _find_node(name: str) -> Node:
    try:
        return nodes()[name]
    except KeyError:
        raise Http404 from None


def _has_id(node: Node) -> bool:
    return "$id" in node.fields


def _nested(child: Node, parent: Model) -> list[dict[str, Any]]:
    records = child.model._default_manager.filter(**{child.parent.name: parent})
    return [fields_of(each) for each in records[:MAX_NESTED]]


def _table(caption: str, records: list[dict[str, Any]], url: str = "") -> DataTable:
    columns = [key for key in records[0] if key not in _NOT_IN_TABLES][:MAX_COLUMNS] if records else []
    rows = [
        DataRow(
            str(each.get("name") or each.get("id") or each.get("key") or each.get("event") or "–"),
            f"{url}{each['id']}/" if url else "",
            [make_cell(column, each[column]) for column in columns],
            str(each.get("id", "")) if each.get("name") else "",
        )
        for each in records
    ]
    return DataTable(caption, "Name", [label_of(column) for column in columns], rows, "None yet.")
