"""Tables, including columns and indexes that are created together with their table."""

from typing import Any

import pytest
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role

from tests.books import TABLE
from tests.conftest import CallApi

# -- tables -----------------------------------------------------------------------------------------------------------


def test_create_table_with_columns_and_indexes(tables):
    table = tables.get_table("lib", "books")
    assert [column.key for column in table.columns][:2] == ["title", "slug"]
    assert [index.key for index in table.indexes] == ["once", "words", "newest"]


def test_create_table_expands_write_permissions(tables):
    table = tables.create_table("lib", "notes", "Notes", [Permission.write(Role.label("staff"))])
    assert table.permissions == [f'{action}("label:staff")' for action in ("create", "update", "delete")]


def test_list_tables(tables):
    tables.create_table("lib", "notes", "Notes")
    assert [table.id for table in tables.list_tables("lib", [Query.equal("name", "Notes")]).tables] == ["notes"]
    assert tables.list_tables("lib").total == 2


def test_get_table_that_does_not_exist_is_not_found(tables, expect_error):
    with expect_error("table_not_found", 404):
        tables.get_table("lib", "nothing")


def test_update_table_disables_row_security_if_the_parameter_is_omitted(tables):
    assert tables.update_table("lib", "books", row_security=True).rowsecurity is True
    assert tables.update_table("lib", "books", "Old books").rowsecurity is False


def test_delete_table(tables, books, expect_error):
    books.create("salt", body="harbour")
    tables.delete_table("lib", "books")
    with expect_error("table_not_found", 404):
        books.get("salt")


# -- inline columns and indexes ---------------------------------------------------------------------------------------


SHORT = {"key": "title", "type": "string", "size": 10}


NUMBER = {"key": "pages", "type": "integer"}


def create_table(call_api: CallApi, columns: Any, indexes: Any = ()) -> tuple[int, str]:
    call_api("POST", "/tablesdb", json={"databaseId": "lib", "name": "Library"})
    body = {"tableId": "books", "name": "Books", "columns": list(columns), "indexes": list(indexes)}
    return call_api("POST", "/tablesdb/lib/tables", json=body)[:2]


@pytest.mark.parametrize(
    "columns",
    [
        [SHORT, SHORT],
        [{**SHORT, "required": True, "default": "x"}],
        [{**SHORT, "array": True, "default": "x"}],
        [{**SHORT, "required": "true"}],
        [{**SHORT, "array": 1}],
        [{**SHORT, "size": "10"}],
        [{**SHORT, "default": "longer than ten"}],
        [{**SHORT, "default": 5}],
        [{**SHORT, "min": 1}],
        [{**SHORT, "format": "email", "default": "nobody"}],
        [{**NUMBER, "default": "5"}],
        [{**NUMBER, "min": 5, "max": 1}],
        [{**NUMBER, "min": 5, "default": 1}],
        [{**NUMBER, "format": "email"}],
        [{**SHORT, "format": "enum"}],
        [{**SHORT, "format": "enum", "elements": []}],
        [{**SHORT, "format": "enum", "elements": ["a"], "default": "b"}],
        [{"key": "$id", "type": "string", "size": 10}],
        [{"key": "when", "type": "datetime", "default": "never"}],
        [{**SHORT, "key": f"c{n}"} for n in range(101)],
        ["title"],
    ],
)
def test_invalid_inline_columns_are_invalid_arguments(call_api, columns):
    assert create_table(call_api, columns) == (400, "general_argument_invalid")
    assert create_table(call_api, [SHORT]) == (201, "")


@pytest.mark.parametrize(
    "indexes",
    [
        [{"key": "i", "type": "key", "attributes": []}],
        [{"key": "i", "type": "key", "attributes": ["title"]}] * 2,
        [{"key": "i", "type": "key", "attributes": ["title"], "orders": ["ASC", "ASC"]}],
        [{"key": "i", "type": "key", "attributes": ["title"], "orders": ["asc"]}],
        [{"key": "i", "type": "key", "attributes": ["title"], "lengths": [1, 2]}],
        [{"key": "i", "type": "key", "attributes": ["title"], "lengths": [-1]}],
        [{"key": "i", "type": "key", "attributes": ["no column"]}],
        [{"key": "i", "type": "key", "attributes": ["$sequence"]}],
        [{"key": "i", "type": "tree", "attributes": ["title"]}],
    ],
)
def test_malformed_inline_indexes_are_invalid_arguments(call_api, indexes):
    assert create_table(call_api, [SHORT], indexes) == (400, "general_argument_invalid")


def test_inline_indexes_accept_null_orders_and_lengths(call_api):
    index = {
        "key": "i",
        "type": "key",
        "attributes": ["title", "pages"],
        "orders": ["DESC", None],
        "lengths": [5, None],
    }
    assert create_table(call_api, [SHORT, NUMBER], [index]) == (201, "")


def test_inline_number_column_reports_only_the_limits_that_were_given(call_api, server):
    limited = {"key": "stars", "type": "integer", "min": 0}
    assert create_table(call_api, [NUMBER, limited, {"key": "price", "type": "double"}]) == (201, "")
    columns = {column["key"]: column for column in call_api("GET", "/tablesdb/lib/tables/books/columns")[2]["columns"]}
    assert (columns["stars"]["min"], columns["stars"]["max"]) == (0, 2**63 - 1)
    assert not {"min", "max"} & columns["pages"].keys()
    assert not {"min", "max"} & columns["price"].keys()
    rows = "/tablesdb/lib/tables/books/rows"
    assert call_api("POST", rows, json={"rowId": "a", "data": {"pages": 2**31 - 1, "price": -1.5}})[0] == 201
    assert call_api("POST", rows, json={"rowId": "b", "data": {"pages": 2**31}})[1] == "row_invalid_structure"


def test_indexes_accept_null_lengths_and_known_columns_only(call_api):
    assert create_table(call_api, [SHORT, NUMBER]) == (201, "")
    path = "/tablesdb/lib/tables/books/indexes"
    index = {"key": "i", "type": "key", "columns": ["title", "pages"], "lengths": [None, None]}
    assert call_api("POST", path, json=index)[0] == 202
    assert call_api("POST", path, json={**index, "key": "j", "columns": ["no column"]})[1] == "general_argument_invalid"
    assert call_api("POST", path, json={**index, "key": "j", "columns": ["$sequence"]})[1] == "general_argument_invalid"
    assert call_api("POST", path, json={**index, "key": "j", "columns": ["$updatedAt"], "lengths": [None]})[0] == 202
    assert call_api("POST", path, json={**index, "key": "k", "lengths": [-1, None]})[1] == "column_index_invalid"


def test_enum_keeps_at_least_one_element(call_api):
    assert create_table(call_api, [{**SHORT, "format": "enum", "elements": ["a"]}]) == (201, "")
    path = "/tablesdb/lib/tables/books/columns/enum/title"
    change = {"required": False, "default": None, "elements": []}
    assert call_api("PATCH", path, json=change)[:2] == (400, "column_value_invalid")


# -- booleans and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tablesdb", {"databaseId": "new", "name": "New", "enabled": "true"}),
        ("PUT", "/tablesdb/lib", {"name": "Library", "enabled": "0"}),
        ("POST", "/databases", {"databaseId": "new", "name": "New", "enabled": 1}),
        ("POST", "/tablesdb/lib/tables", {"tableId": "new", "name": "New", "enabled": "true"}),
        ("PUT", TABLE, {"name": "Books", "enabled": "false"}),
        ("POST", f"{TABLE}/columns/string", {"key": "new", "size": 9, "required": "false"}),
        ("POST", f"{TABLE}/columns/string", {"key": "new", "size": 9, "required": False, "array": "true"}),
        ("POST", f"{TABLE}/columns/text", {"key": "new", "required": False, "encrypt": 1}),
        ("POST", f"{TABLE}/columns/integer", {"key": "new", "required": False, "min": "1"}),
        ("POST", f"{TABLE}/columns/integer", {"key": "new", "required": False, "default": "1"}),
        ("POST", f"{TABLE}/columns/float", {"key": "new", "required": False, "max": "1.5"}),
        ("POST", f"{TABLE}/columns/boolean", {"key": "new", "required": False, "default": "true"}),
        ("PATCH", f"{TABLE}/columns/integer/pages", {"required": False, "default": "1"}),
        ("POST", f"{TABLE}/indexes", {"key": "new", "type": "key", "columns": ["title"], "lengths": ["20"]}),
        (
            "POST",
            f"{TABLE}/columns/relationship",
            {"relatedTableId": "books", "type": "oneToOne", "key": "sequel", "twoWay": "true"},
        ),
    ],
)
def test_booleans_and_numbers_must_not_be_strings(call_api, books, method, path, body):
    assert call_api(method, path, json=body)[:2] == (400, "general_argument_invalid")


def test_row_security_and_size_accept_strings(call_api, books):
    change = {"name": "Books", "rowSecurity": "true"}
    assert call_api("PUT", TABLE, json=change)[2]["rowSecurity"] is True
    assert call_api("POST", f"{TABLE}/columns/string", json={"key": "new", "size": "9", "required": False})[0] == 202
