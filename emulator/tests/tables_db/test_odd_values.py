"""Parameters with an unexpected JSON type cause a 4xx response, never a 500."""

from typing import Any

import pytest

from tests.books import ROWS, TABLE

ODD: list[Any] = [{}, [], [{}], [[]], [None], [["a"]], {"a": 1}, "", "\x00", "\ud800", -1, 1.5, 2**63, 10**30, True]
INDEX = {"key": "new", "type": "key", "orders": ["ASC"], "lengths": [5]}
REQUESTS = [
    (
        "POST",
        "/tablesdb/lib/tables",
        {"tableId": "new", "name": "New", "permissions": [], "columns": [], "indexes": []},
    ),
    ("PUT", TABLE, {"name": "Books", "permissions": [], "rowSecurity": True, "enabled": True, "purge": True}),
    ("POST", f"{TABLE}/indexes", {**INDEX, "columns": ["title"]}),
    ("POST", "/databases/lib/collections/books/indexes", {**INDEX, "attributes": ["title"]}),
    ("POST", f"{TABLE}/columns/string", {"key": "new", "required": False, "size": 9, "default": "a", "array": False}),
    ("POST", f"{TABLE}/columns/integer", {"key": "new", "required": False, "min": 1, "max": 9, "default": 5}),
    ("POST", f"{TABLE}/columns/enum", {"key": "new", "required": False, "elements": ["a"], "default": "a"}),
    ("POST", f"{TABLE}/columns/datetime", {"key": "new", "required": False, "default": "2020-02-02"}),
    ("POST", f"{TABLE}/columns/polygon", {"key": "new", "required": False, "default": None}),
    ("POST", f"{TABLE}/columns/relationship", {"relatedTableId": "books", "type": "oneToOne", "twoWayKey": "other"}),
    ("PATCH", f"{TABLE}/columns/string/slug", {"required": False, "default": None, "size": 100, "newKey": "slug"}),
    ("PATCH", f"{TABLE}/columns/enum/state", {"required": False, "default": None, "elements": ["draft", "out"]}),
    ("POST", ROWS, {"rowId": "new", "data": {"title": "New"}, "permissions": []}),
    ("PUT", ROWS, {"rows": [{"$id": "new", "title": "New"}]}),
    ("PATCH", ROWS, {"data": {"pages": 1}, "queries": []}),
    ("PATCH", f"{ROWS}/salt/pages/increment", {"value": 1, "max": 9}),
    ("POST", "/tablesdb/transactions", {"ttl": 60}),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=[f"{method} {path}" for method, path, _ in REQUESTS])
def test_unusual_parameter_values_are_client_errors(call_api, books, method, path, body):
    books.create("salt", pages=1)
    statuses = {(name, repr(odd)): call_api(method, path, json={**body, name: odd})[0] for name in body for odd in ODD}
    assert {key: status for key, status in statuses.items() if status >= 500} == {}


@pytest.mark.parametrize("part", ["columns", "indexes"])
def test_unusual_values_in_inline_columns_and_indexes_are_client_errors(call_api, books, part):
    column = {"key": "a", "type": "string", "size": 9, "required": False, "default": None, "array": False}
    index = {"key": "i", "type": "key", "attributes": ["a"], "orders": ["ASC"], "lengths": [3]}
    described = column if part == "columns" else index
    for name in described:
        for odd in ODD:
            inline = {"columns": [column], part: [{**described, name: odd}]}
            response = call_api("POST", "/tablesdb/lib/tables", json={"tableId": "unique()", "name": "New", **inline})
            assert response[0] < 500, (name, odd)
