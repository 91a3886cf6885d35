"""Forms that create, change and delete a row, with one field per column."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, QueryDict

from appwrite_emulator.admin.data.components import as_text
from appwrite_emulator.admin.data.forms import Form, FormField, call, delete_form, id_field, lines, permissions_field
from appwrite_emulator.db.models import Column, Table

MAX_LINE_LENGTH = 200
"""Maximum size of a text column with a single-line field, in characters."""


def new_row_form(http: HttpRequest, table: Table, columns: Sequence[Column], url: str) -> Form:
    """Return the form for a new row, filled with the columns' defaults. `url`: the table's page."""

    def create(typed: QueryDict) -> str:
        values = {column.key: _value(column, typed) for column in columns}
        data = {column.key: values[column.key] for column in columns if values[column.key] != column.default}
        row_id = typed.get("id") or "unique()"
        permissions = lines(typed.get("permissions", "")) or None
        row = call(http, "tablesDB.createRow", **_path(table), row_id=row_id, data=data, permissions=permissions)
        return f"{url}rows/{row['$id']}/"

    fields = [id_field("Row ID"), *_fields(columns, {column.key: column.default for column in columns})]
    return Form("create", "Add a row", "Add row", create, [*fields, permissions_field()])


def row_forms(
    http: HttpRequest, table: Table, columns: Sequence[Column], row_id: str, values: Mapping[str, Any], url: str
) -> list[Form]:
    """Return two forms for a row: one changes it, and one deletes it.

    `values`: the row's columns and `$permissions`. `url`: the table's page.
    """
    where = {**_path(table), "row_id": row_id}

    def change(typed: QueryDict) -> str:
        after = {column.key: _value(column, typed) for column in columns}
        data = {key: value for key, value in after.items() if value != values.get(key)}
        call(http, "tablesDB.updateRow", **where, data=data, permissions=lines(typed.get("permissions", "")))
        return f"{url}rows/{row_id}/"

    def delete(_: QueryDict) -> str:
        call(http, "tablesDB.deleteRow", **where)
        return url

    fields = [*_fields(columns, values), permissions_field(values["$permissions"])]
    return [Form("change", "Change row", "Save changes", change, fields), delete_form("row", delete)]


def _path(table: Table) -> dict[str, str]:
    return {"database_id": table.database.id, "table_id": table.id}


def _fields(columns: Sequence[Column], values: Mapping[str, Any]) -> list[FormField]:
    """Return the fields for all columns. For a nullable text column, add a checkbox that makes empty text mean null."""
    fields = []
    for column in columns:
        value = values.get(column.key)
        fields.append(_field(column, value))
        if _is_plain_text(column) and not column.required:
            is_null = "on" if value is None else ""
            fields.append(FormField(_null_name(column), f"If {column.key} is empty: null", is_null, "checkbox"))
    return fields


def _field(column: Column, value: Any) -> FormField:
    text = "" if value is None else as_text(value)
    field = FormField(_name(column), column.key, text, help=f"{column.format or column.type}{'[]' * column.array}")
    if column.array or column.is_geometric or column.relationship_id:
        field.kind, field.help = "multiline", f"{field.help}, as JSON"
    elif column.type == "boolean":
        field.kind, field.options = "select", ("", "true", "false")
    elif column.format == "enum":
        field.kind, field.options = "select", ("", *column.elements)
    elif column.is_text and column.size > MAX_LINE_LENGTH:
        field.kind = "multiline"
    field.help += ", required" if column.required else ""
    return field


def _value(column: Column, typed: QueryDict) -> Any:
    """Convert the submitted text to the column's type. If that fails, return the text; the API reports the error."""
    text = typed.get(_name(column), "").replace("\r\n", "\n")
    if not text and (not _is_plain_text(column) or _null_name(column) in typed):
        return None
    if not column.array and (column.is_text or column.type == "datetime"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _is_plain_text(column: Column) -> bool:
    """Return whether the column can contain an empty string."""
    return column.is_text and not column.format and not column.array


def _name(column: Column) -> str:
    return f"column-{column.key}"


def _null_name(column: Column) -> str:
    return f"null-{column.key}"
