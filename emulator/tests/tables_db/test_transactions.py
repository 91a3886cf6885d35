"""Transactions through the official SDK."""

import pytest
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB


@pytest.fixture
def transaction(tables: TablesDB) -> str:
    return str(tables.create_transaction().id)


def test_create_transaction(tables, expect_error):
    assert tables.create_transaction(ttl=60).status == "pending"
    with expect_error("general_argument_invalid", 400):
        tables.create_transaction(ttl=59)


def test_get_transaction(tables, transaction, alice, expect_error):
    assert tables.get_transaction(transaction).operations == 0
    with expect_error("transaction_not_found", 404):
        TablesDB(alice.client).get_transaction(transaction)


def test_list_transactions(tables, transaction):
    assert [each.id for each in tables.list_transactions().transactions] == [transaction]


def test_create_operations_then_update_transaction_commits_them(tables, books, transaction):
    books.create("salt", pages=1)
    operation = {"databaseId": "lib", "tableId": "books"}
    staged = tables.create_operations(
        transaction,
        [
            {**operation, "action": "create", "rowId": "pepper", "data": {"title": "Pepper"}},
            {**operation, "action": "increment", "rowId": "salt", "data": {"column": "pages", "value": 2}},
            {**operation, "action": "bulkUpdate", "data": {"data": {"state": "out"}, "queries": []}},
        ],
    )
    assert staged.operations == 3
    assert books.find() == ["salt"]
    assert tables.update_transaction(transaction, commit=True).status == "committed"
    assert books.find(Query.equal("state", "out")) == ["salt", "pepper"]
    assert books.get("salt").data["pages"] == 3


def test_changes_are_visible_only_inside_the_transaction(tables, books, transaction, expect_error):
    books.create("salt", pages=1)
    tables.update_row("lib", "books", "salt", {"pages": 5}, transaction_id=transaction)
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    assert tables.get_row("lib", "books", "salt", transaction_id=transaction).data["pages"] == 5
    assert tables.list_rows("lib", "books", transaction_id=transaction).total == 2
    assert (books.get("salt").data["pages"], books.total()) == (1, 1)


def test_concurrent_change_is_a_conflict_and_nothing_is_stored(tables, books, transaction, emulator, expect_error):
    books.create("salt", pages=1)
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    tables.update_row("lib", "books", "salt", {"pages": 5}, transaction_id=transaction)
    emulator.clock.advance(1)
    books.update("salt", pages=2)
    with expect_error("transaction_conflict", 409):
        tables.update_transaction(transaction, commit=True)
    assert tables.get_transaction(transaction).status == "failed"
    assert (books.get("salt").data["pages"], books.total()) == (2, 1)


def test_delete_transaction(tables, books, transaction, expect_error):
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    tables.delete_transaction(transaction)
    with expect_error("transaction_not_found", 404):
        tables.update_transaction(transaction, commit=True)
    assert books.find() == []


def test_commit_must_be_a_boolean(call_api):
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert call_api("PATCH", path, json={"commit": "true"})[:2] == (400, "general_argument_invalid")
    assert call_api("PATCH", path, json={"commit": True})[2]["status"] == "committed"


def test_bulk_permissions_are_applied_at_commit(call_api, books):
    books.create("a")
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    change = {"data": {"$permissions": ['read("any")']}, "queries": []}
    operation = {"action": "bulkUpdate", "databaseId": "lib", "tableId": "books", "data": change}
    assert call_api("POST", f"{path}/operations", json={"operations": [operation]})[0] == 201
    assert call_api("PATCH", path, json={"commit": True})[0] == 200
    assert books.get("a").permissions == ['read("any")']
