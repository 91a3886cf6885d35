"""The Databases service: tables, columns and rows under legacy names (collections, attributes, documents).

Databases and TablesDB share their data, so each handler here wraps a `tables_db` handler. `_legacy` renames the
handler's parameters, response keys and error types.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appwrite_emulator.auth.request import Request
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.http.parameters import Boolean, NewId, Text, accepts
from appwrite_emulator.http.responses import Response
from appwrite_emulator.http.responses import databases as models
from appwrite_emulator.services.tables_db import (
    bulk,
    columns,
    indexes,
    logs,
    relationships,
    rows,
    tables,
    transactions,
    usage,
)
from appwrite_emulator.services.tables_db import databases as databases_

# TablesDB parameter -> legacy parameter, both in snake case. This includes URL placeholders.
_PARAMETERS = {
    "table_id": "collection_id",
    "related_table_id": "related_collection_id",
    "row_id": "document_id",
    "row_security": "document_security",
    "rows": "documents",
    "columns": "attributes",
    "column": "attribute",
}
# Prefix of error types -> legacy prefix. Longer prefixes come first.
_ERRORS = {"column_index_": "index_", "column_": "attribute_", "table_": "collection_", "row_": "document_"}

Rename = Callable[[dict[str, Any]], dict[str, Any]]


def _rename_keys(names: dict[str, str]) -> Rename:
    return lambda model: {names.get(key, key): value for key, value in model.items()}


def _rename_list(key: str, legacy_key: str, rename: Rename) -> Rename:
    """Return a function that renames a list's key in the response, and the keys of its items."""

    def rename_list(model: dict[str, Any]) -> dict[str, Any]:
        return {"total": model["total"], legacy_key: [rename(item) for item in model[key]]}

    return rename_list


def _keep(model: dict[str, Any]) -> dict[str, Any]:
    return model


_index = _rename_keys({"columns": "attributes"})
_attribute = _rename_keys({"relatedTable": "relatedCollection"})


def _document(row: dict[str, Any]) -> dict[str, Any]:
    """Rename the keys of a row and of its nested rows."""
    return {"$collectionId" if key == "$tableId" else key: _rename_nested(value) for key, value in row.items()}


def _rename_nested(value: Any) -> Any:
    if isinstance(value, dict):
        return _document(value)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_document(each) for each in value]
    return value


_documents = _rename_list("rows", "documents", _document)


def _collection(table: dict[str, Any]) -> dict[str, Any]:
    renamed = _rename_keys({"rowSecurity": "documentSecurity", "columns": "attributes"})(table)
    return renamed | {
        "attributes": [_attribute(column) for column in table["columns"]],
        "indexes": [_index(index) for index in table["indexes"]],
    }


def _document_or_documents(model: dict[str, Any]) -> dict[str, Any]:
    """Rename the keys of a response to POST: a single row, which has `$tableId`, or a list of rows."""
    return _document(model) if "$tableId" in model else _documents(model)


def _legacy(handler: Callable[..., Any], rename: Rename = _keep) -> Callable[..., Any]:
    """Wrap a `tables_db` handler so that its parameters, response and errors have their legacy names."""
    declared = {_PARAMETERS.get(name, name): param for name, param in getattr(handler, "params", {}).items()}
    current = {old: new for new, old in _PARAMETERS.items()}

    @accepts(**declared)
    def legacy_handler(request: Request, **arguments: Any) -> Any:
        try:
            response = handler(request, **{current.get(name, name): value for name, value in arguments.items()})
        except AppwriteError as error:
            raise _with_legacy_type(error) from error
        for change in request.changes or ():
            if "$collectionId" not in change.payload and "$tableId" in change.payload:
                change.payload["$collectionId"] = change.payload.pop("$tableId")
        if isinstance(response, Response):
            response.body = rename(response.body)
            return response
        if response is None and request.changes:  # only the change describes the deleted resource
            request.changes = [replace(change, payload=rename(change.payload)) for change in request.changes]
        return response if response is None else rename(response)

    legacy_handler.__doc__ = f"Legacy version of {handler.__module__}.{handler.__name__}."
    return legacy_handler


def _with_legacy_type(error: AppwriteError) -> AppwriteError:
    """Return the error with its legacy type and with legacy words in its message."""
    for current, legacy in _ERRORS.items():
        if error.type.startswith(current):
            error = error.renamed(legacy + error.type.removeprefix(current))
            break
    error.reword(lambda message: _WORDS.sub(_legacy_word, message))
    return error


_WORDS = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`(?! param))|\b(tablesDB|column|table|row|Row)(?=s?\b)""")


def _legacy_word(match: re.Match[str]) -> str:
    """Return the legacy name of a word in an error message. Quoted text is unchanged, because it names data."""
    names = {
        "tablesDB": "databases",
        "column": "attribute",
        "table": "collection",
        "row": "document",
        "Row": "Document",
    }
    return match[1] or names[match[2]]


# -- databases ---------------------------------------------------------------------------------------------------------


@accepts(database_id=NewId(required=True), name=Text(128, required=True), enabled=Boolean(strict=True, default=True))
def create(request: Request, *, database_id: str, name: str, enabled: bool) -> dict[str, Any]:
    """POST /databases. Databases created here always keep the type `legacy`."""
    return models.database(databases_.create_database(database_id, name, enabled, "legacy"))


list_ = databases_.list_
get = databases_.get
update = databases_.update
delete = databases_.delete

# -- collections -------------------------------------------------------------------------------------------------------

list_collections = _legacy(tables.list_tables_under_legacy_names, _rename_list("tables", "collections", _collection))
create_collection = _legacy(tables.create_table, _collection)
get_collection = _legacy(tables.get_table, _collection)
update_collection = _legacy(tables.update_table, _collection)
delete_collection = _legacy(tables.delete_table, _collection)

# -- attributes --------------------------------------------------------------------------------------------------------

create_string_attribute = _legacy(columns.create_string_column)
update_string_attribute = _legacy(columns.update_string_column)
create_varchar_attribute = _legacy(columns.create_varchar_column)
update_varchar_attribute = _legacy(columns.update_varchar_column)
create_text_attribute = _legacy(columns.create_text_column)
update_text_attribute = _legacy(columns.update_text_column)
create_mediumtext_attribute = _legacy(columns.create_mediumtext_column)
update_mediumtext_attribute = _legacy(columns.update_mediumtext_column)
create_longtext_attribute = _legacy(columns.create_longtext_column)
update_longtext_attribute = _legacy(columns.update_longtext_column)
create_email_attribute = _legacy(columns.create_email_column)
update_email_attribute = _legacy(columns.update_email_column)
create_url_attribute = _legacy(columns.create_url_column)
update_url_attribute = _legacy(columns.update_url_column)
create_ip_attribute = _legacy(columns.create_ip_column)
update_ip_attribute = _legacy(columns.update_ip_column)
create_enum_attribute = _legacy(columns.create_enum_column)
update_enum_attribute = _legacy(columns.update_enum_column)
create_integer_attribute = _legacy(columns.create_integer_column)
update_integer_attribute = _legacy(columns.update_integer_column)
create_big_int_attribute = _legacy(columns.create_big_int_column)
update_big_int_attribute = _legacy(columns.update_big_int_column)
create_float_attribute = _legacy(columns.create_float_column)
update_float_attribute = _legacy(columns.update_float_column)
create_boolean_attribute = _legacy(columns.create_boolean_column)
update_boolean_attribute = _legacy(columns.update_boolean_column)
create_datetime_attribute = _legacy(columns.create_datetime_column)
update_datetime_attribute = _legacy(columns.update_datetime_column)
create_point_attribute = _legacy(columns.create_point_column)
update_point_attribute = _legacy(columns.update_point_column)
create_line_attribute = _legacy(columns.create_line_column)
update_line_attribute = _legacy(columns.update_line_column)
create_polygon_attribute = _legacy(columns.create_polygon_column)
update_polygon_attribute = _legacy(columns.update_polygon_column)
create_relationship_attribute = _legacy(relationships.create_relationship_column, _attribute)
update_relationship_attribute = _legacy(relationships.update_relationship_column, _attribute)
list_attributes = _legacy(columns.list_columns, _rename_list("columns", "attributes", _attribute))
get_attribute = _legacy(columns.get_column, _attribute)
delete_attribute = _legacy(columns.delete_column, _attribute)

# -- indexes -----------------------------------------------------------------------------------------------------------

list_indexes = _legacy(indexes.list_indexes, _rename_list("indexes", "indexes", _index))
create_index = _legacy(indexes.create_index, _index)
get_index = _legacy(indexes.get_index, _index)
delete_index = _legacy(indexes.delete_index, _index)

# -- documents ---------------------------------------------------------------------------------------------------------

list_documents = _legacy(rows.list_rows, _documents)
create_document = create_documents = _legacy(rows.create_row, _document_or_documents)
get_document = _legacy(rows.get_row, _document)
update_document = _legacy(rows.update_row, _document)
upsert_document = _legacy(rows.upsert_row, _document)
delete_document = _legacy(rows.delete_row)
update_documents = _legacy(bulk.update_rows, _documents)
upsert_documents = _legacy(bulk.upsert_rows, _documents)
delete_documents = _legacy(bulk.delete_rows, _documents)
increment_document_attribute = _legacy(rows.increment_row_column, _document)
decrement_document_attribute = _legacy(rows.decrement_row_column, _document)

# -- logs and usage ----------------------------------------------------------------------------------------------------

list_logs = logs.list_database_logs
list_collection_logs = _legacy(logs.list_table_logs)
list_document_logs = _legacy(logs.list_row_logs)
list_usage, get_usage = usage.list_usage, usage.get_usage
get_collection_usage = _legacy(
    usage.get_table_usage, _rename_keys({"rowsTotal": "documentsTotal", "rows": "documents"})
)

# -- transactions ------------------------------------------------------------------------------------------------------

list_transactions = _legacy(transactions.list_transactions)
create_transaction = _legacy(transactions.create_transaction)
get_transaction = _legacy(transactions.get_transaction)
update_transaction = _legacy(transactions.update_transaction)
delete_transaction = _legacy(transactions.delete_transaction)
create_operations = _legacy(transactions.create_operations_under_legacy_names)
