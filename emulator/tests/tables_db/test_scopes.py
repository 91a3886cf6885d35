"""The scopes that an API key requires for tables, columns, indexes, rows and transactions."""

import pytest

from tests.books import ROWS, TABLE

NEW_COLUMN = {"key": "isbn", "required": False}


NEW_INDEX = {"key": "by_pages", "type": "key", "columns": ["pages"]}


OLD_INDEX = {"key": "by_pages", "type": "key", "attributes": ["pages"]}


OLD = "/databases/lib/collections/books"


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        # Column and index routes require table scopes. No route uses `columns.*` or `indexes.*`.
        (["tables.read"], "GET", f"{TABLE}/columns", None, 200),
        (["collections.read"], "GET", f"{TABLE}/indexes", None, 200),
        (["columns.read", "attributes.read", "indexes.read"], "GET", f"{TABLE}/columns", None, 401),
        (["columns.read", "attributes.read", "indexes.read"], "GET", f"{TABLE}/indexes", None, 401),
        (["tables.write"], "POST", f"{TABLE}/columns/boolean", NEW_COLUMN, 202),
        (["columns.write", "attributes.write"], "POST", f"{TABLE}/columns/boolean", NEW_COLUMN, 401),
        (["tables.write"], "POST", f"{TABLE}/indexes", NEW_INDEX, 202),
        (["indexes.write"], "POST", f"{TABLE}/indexes", NEW_INDEX, 401),
        # Except for transactions, the legacy paths accept only scopes with the legacy names.
        (["collections.read"], "GET", f"{OLD}/attributes", None, 200),
        (["tables.read"], "GET", f"{OLD}/attributes", None, 401),
        (["tables.read"], "GET", OLD, None, 401),
        (["collections.write"], "POST", f"{OLD}/indexes", OLD_INDEX, 202),
        (["tables.write", "indexes.write"], "POST", f"{OLD}/indexes", OLD_INDEX, 401),
        (["documents.read"], "GET", f"{OLD}/documents", None, 200),
        (["rows.read"], "GET", f"{OLD}/documents", None, 401),
        (["documents.read"], "GET", ROWS, None, 200),
        (["rows.write"], "POST", "/databases/transactions", {}, 401),
        (["documents.write"], "POST", "/databases/transactions", {}, 201),
        (["rows.read"], "GET", "/databases/transactions", None, 200),
        (["documents.read"], "GET", "/databases/transactions", None, 401),
        (["documents.read"], "GET", "/tablesdb/transactions", None, 200),
    ],
)
def test_key_requires_the_scope_of_the_route(call_api, books, scopes, method, path, body, status):
    created, _, key = call_api("POST", "/project/keys", json={"keyId": "unique()", "name": "few", "scopes": scopes})
    assert created == 201
    few = {"X-Appwrite-Project": "default", "X-Appwrite-Key": key["secret"]}
    response = call_api(method, path, headers=few, json=body)
    assert response[0] == status
    assert status != 401 or response[1] == "general_unauthorized_scope"
