"""Operations staged in a transaction: validation, permissions, and reads before the commit."""

from collections.abc import Callable
from typing import Any

import pytest
from appwrite.client import Client
from appwrite.services.tables_db import TablesDB

from appwrite_emulator.testing import Emulator
from tests.books import ROWS, BooksTable, create_books_table
from tests.conftest import SERVER, CallApi, session_headers


@pytest.fixture
def books(server: Client) -> BooksTable:
    """Create a table with row security, in which users can create and read books."""
    create_books_table(server, permissions=['create("users")', 'read("users")'], row_security=True)
    return BooksTable(server)


@pytest.fixture
def stage(emulator: Emulator, call_api: CallApi) -> Callable[..., tuple[int, str]]:
    """Return a function that stages operations in a new transaction and returns the status and error type."""

    def stage_operations(
        *operations: dict[str, Any], headers: dict[str, str] = SERVER, service: str = "tablesdb"
    ) -> Any:
        _, _, transaction = call_api("POST", f"/{service}/transactions", headers, json={})
        path = f"/{service}/transactions/{transaction['$id']}/operations"
        return call_api("POST", path, headers, json={"operations": list(operations)})[:2]

    return stage_operations


def op(action: str, row_id: str = "", **more: Any) -> dict[str, Any]:
    operation = {"action": action, "databaseId": "lib", "tableId": "books", "data": {}, **more}
    return {**operation, "rowId": row_id} if row_id else operation


# -- validation -------------------------------------------------------------------------------------------------------


def test_operations_must_not_be_empty(call_api, books, stage):
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert stage() == (400, "general_bad_request")
    assert call_api("POST", f"{path}/operations", json={})[:2] == (400, "general_bad_request")
    assert call_api("PATCH", path, json={"rollback": True})[0] == 200
    over = call_api("POST", f"{path}/operations", json={"operations": [op("create", "a")]})
    assert over[:2] == (400, "general_bad_request")


@pytest.mark.parametrize(
    "operation",
    [
        op("create"),
        {**op("create", "a"), "data": None},
        {**op("create", "a"), "tableId": ""},
        {"action": "create", "databaseId": "lib", "collectionId": "books", "documentId": "a", "data": {}},
        op("bulkDelete"),
        op("bulkUpdate", data={"queries": []}),
        op("bulkUpdate", data={"data": {"pages": 1}}),
        op("increment", "a", data={"value": 1}),
        op("increment", "a", data={"column": "pages", "value": "many"}),
        op("shout", "a"),
    ],
)
def test_invalid_operations_are_rejected(books, stage, operation):
    assert stage(operation) == (400, "general_argument_invalid")


def test_each_service_accepts_only_its_own_names(books, stage):
    operation = {"action": "create", "databaseId": "lib", "collectionId": "books", "documentId": "a", "data": {}}
    assert stage(operation, service="databases") == (201, "")
    assert stage(op("create", "a"), service="databases") == (400, "general_argument_invalid")


def test_operations_require_their_database_table_and_row(books, stage):
    books.create("salt")
    assert stage({**op("create", "a"), "databaseId": "nowhere"}) == (404, "database_not_found")
    assert stage({**op("create", "a"), "tableId": "nothing"}) == (404, "collection_not_found")
    for action in ("update", "delete", "increment"):
        data = {"column": "pages"} if action == "increment" else {}
        assert stage(op(action, "pepper", data=data)) == (404, "document_not_found")
        assert stage(op(action, "salt", data=data)) == (201, "")
    assert stage(op("create", "new", data={"title": "New"}), op("update", "new", data={"pages": 3})) == (201, "")
    assert stage(op("upsert", "pepper", data={"title": "Pepper"})) == (201, "")


def test_unauthorised_operations_are_rejected_when_staged(books, stage, alice, bob):
    books.create("salt", permissions=['read("users")', 'update("user:alice")'])
    assert stage(op("update", "salt", data={"pages": 1}), headers=session_headers(alice)) == (201, "")
    assert stage(op("update", "salt", data={"pages": 1}), headers=session_headers(bob)) == (401, "user_unauthorized")
    assert stage(op("delete", "salt"), headers=session_headers(alice)) == (401, "user_unauthorized")
    assert stage(op("create", "new", data={"title": "New"}), headers=session_headers(bob)) == (201, "")
    foreign = op("create", "new", data={"title": "New", "$permissions": ['read("user:alice")']})
    assert stage(foreign, headers=session_headers(bob)) == (401, "user_unauthorized")
    for bulk in (op("bulkCreate", data=[{"title": "A"}]), op("bulkDelete", data={"queries": []})):
        assert stage(bulk, headers=session_headers(alice)) == (401, "user_unauthorized")


def test_operations_in_a_disabled_database_require_an_api_key(server, books, stage, alice):
    TablesDB(server).update("lib", "Library", enabled=False)
    assert stage(op("create", "a", data={"title": "A"}), headers=session_headers(alice)) == (404, "database_not_found")
    assert stage(op("create", "a", data={"title": "A"})) == (201, "")


def test_too_many_operations_are_rejected_and_none_is_staged(call_api, books):
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    many = [op("create", f"b{n}", data={"title": "B"}) for n in range(101)]
    refusal = call_api("POST", f"{path}/operations", json={"operations": many})
    assert refusal[:2] == (400, "transaction_limit_exceeded")
    assert call_api("GET", path)[2]["operations"] == 0
    assert call_api("POST", f"{path}/operations", json={"operations": many[:100]})[0] == 201


# -- commit -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        (op("create", "a", data={"colour": "red"}), (400, "document_invalid_structure")),
        (op("update", "salt", data={"pages": "many"}), (400, "document_invalid_structure")),
        (op("increment", "salt", data={"column": "pages", "value": 9, "max": 5}), (400, "attribute_limit_exceeded")),
        (op("bulkUpdate", data={"data": {"pages": 1}, "queries": ["x"]}), (400, "general_query_invalid")),
    ],
)
def test_commit_errors_have_legacy_error_types(call_api, books, operation, refusal):
    books.create("salt", pages=1)
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert call_api("POST", f"{path}/operations", json={"operations": [operation]})[0] == 201
    assert call_api("PATCH", path, json={"commit": True})[:2] == refusal
    assert call_api("GET", path)[2]["status"] == "failed"


def test_commit_fails_if_an_updated_row_was_deleted(call_api, books):
    books.create("salt")
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert (
        call_api("POST", f"{path}/operations", json={"operations": [op("update", "salt", data={"pages": 1})]})[0] == 201
    )
    books.delete("salt")
    assert call_api("PATCH", path, json={"commit": True})[:2] == (404, "document_not_found")


# -- staging through the row routes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{ROWS}/salt/pages/increment", {}),
        ("PATCH", ROWS, {"data": {"pages": 1}}),
        ("PUT", ROWS, {"rows": [{"title": "A"}]}),
        ("DELETE", ROWS, {}),
    ],
)
def test_increment_and_bulk_changes_require_an_open_transaction(call_api, books, method, path, body):
    books.create("salt", pages=1)
    assert call_api(method, path, json={**body, "transactionId": "nothing"})[:2] == (400, "general_bad_request")
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    open_ = {"transactionId": transaction["$id"]}
    assert call_api(method, path, json={**body, **open_})[0] == 200
    call_api("PATCH", f"/tablesdb/transactions/{transaction['$id']}", json={"rollback": True})
    assert call_api(method, path, json={**body, **open_})[:2] == (400, "general_bad_request")


def test_responses_to_staged_changes_contain_only_staged_values(call_api, books, alice):
    books.create("salt", pages=1)
    _, _, transaction = call_api("POST", "/tablesdb/transactions", json={})
    inside = {"transactionId": transaction["$id"]}
    status, _, put = call_api("PUT", f"{ROWS}/salt", json={"data": {"title": "Pepper"}, **inside})
    assert (status, put["title"], put["$sequence"]) == (201, "Pepper", "")
    assert "pages" not in put
    assert call_api("DELETE", f"{ROWS}/nothing", json=inside)[:2] == (404, "row_not_found")
    assert call_api("POST", ROWS, json={"rows": [{"title": "A"}, {"title": "B"}], **inside})[2] == {
        "total": 2,
        "rows": [],
    }
    assert call_api("PUT", ROWS, json={"rows": [{"title": "C"}], **inside})[2] == {"total": 1, "rows": []}
    assert call_api("PATCH", ROWS, json={"data": {"pages": 2}, **inside})[2] == {"total": 0, "rows": []}
    assert (
        call_api("PATCH", ROWS, json={"data": {"pages": 2}, "queries": ["x"], **inside})[1] == "general_query_invalid"
    )


def test_staging_a_row_requires_create_permission(call_api, server, alice):
    create_books_table(server, permissions=['read("users")'])
    _, _, transaction = call_api("POST", "/tablesdb/transactions", session_headers(alice), json={})
    body = {"rowId": "a", "data": {"title": "A"}, "transactionId": transaction["$id"]}
    assert call_api("POST", ROWS, session_headers(alice), json=body)[:2] == (401, "user_unauthorized")


@pytest.fixture
def in_transaction(call_api) -> dict[str, str]:
    """Create a transaction with the API key. Return its ID as a request parameter."""
    return {"transactionId": call_api("POST", "/tablesdb/transactions", json={})[2]["$id"]}


def test_staged_data_is_returned_unvalidated(call_api, books, in_transaction):
    books.create("salt", pages=1)
    change = {"data": {"pages": "many", "colour": "red"}, **in_transaction}
    status, _, row = call_api("PATCH", f"{ROWS}/salt", json=change)
    assert (status, row["pages"], row["colour"], row["title"]) == (200, "many", "red", "Salt")
    assert call_api("GET", f"{ROWS}/salt", params=in_transaction)[2]["pages"] == "many"
    assert call_api("POST", ROWS, json={"rowId": "new", "data": {"headline": 5}, **in_transaction})[2]["headline"] == 5
    status, _, row = call_api(
        "PATCH", f"{ROWS}/new", json={"data": {"pages": 3}, "permissions": ['read("any")'], **in_transaction}
    )
    assert (row["headline"], row["pages"], row["$permissions"]) == (5, 3, ['read("any")'])
    commit = f"/tablesdb/transactions/{in_transaction['transactionId']}"
    assert call_api("PATCH", commit, json={"commit": True})[:2] == (400, "document_invalid_structure")
    assert books.get("salt").data["pages"] == 1


def test_staged_permissions_are_not_visible_yet(call_api, books, in_transaction):
    books.create("salt")
    change = {"data": {"pages": 2}, "permissions": ['read("any")'], **in_transaction}
    assert call_api("PATCH", f"{ROWS}/salt", json=change)[2]["$permissions"] == ['read("any")']
    row = call_api("GET", f"{ROWS}/salt", params=in_transaction)[2]
    assert (row["pages"], row["$permissions"]) == (2, [])


def test_staged_increment_returns_its_amount(call_api, books, in_transaction):
    books.create("salt", pages=10)
    counted = {"$id": "salt", "$tableId": "books", "$databaseId": "lib", "pages": 2, "$sequence": ""}
    assert call_api("PATCH", f"{ROWS}/salt/pages/increment", json={"value": 2, **in_transaction})[2] == counted
    assert call_api("PATCH", f"{ROWS}/nothing/colour/decrement", json=in_transaction)[2]["colour"] == 1
    assert call_api("GET", f"{ROWS}/salt", params=in_transaction)[2]["pages"] == 10


# -- reading inside a transaction -------------------------------------------------------------------------------------


def test_list_inside_a_transaction(call_api, books, in_transaction):
    for row_id in ("salt", "wind", "sea"):
        books.create(row_id, pages=5)
    call_api("POST", ROWS, json={"rowId": "new", "data": {"title": "New", "pages": 1}, **in_transaction})
    call_api("PUT", f"{ROWS}/other", json={"data": {"title": "Other", "pages": 5}, **in_transaction})
    call_api("PATCH", f"{ROWS}/wind", json={"data": {"pages": 9}, **in_transaction})
    call_api("DELETE", f"{ROWS}/sea", json=in_transaction)
    page = call_api("GET", ROWS, params=in_transaction)[2]
    assert [row["$id"] for row in page["rows"]] == ["salt", "wind", "new", "other"]
    assert [row["pages"] for row in page["rows"]] == [5, 9, 1, 5]
    assert (page["total"], "$createdAt" in page["rows"][2]) == (4, False)
    # The query filters only stored rows. Staged new rows are always listed, but the total includes them only if they
    # match.
    five = call_api(
        "GET", ROWS, params={**in_transaction, "queries[0]": '{"method":"equal","attribute":"pages","values":[5]}'}
    )[2]
    assert ([row["$id"] for row in five["rows"]], five["total"]) == (["salt", "wind", "new", "other"], 2)
    titles = call_api("GET", ROWS, params={**in_transaction, "queries[0]": '{"method":"select","values":["title"]}'})[2]
    assert (titles["rows"][2]["$createdAt"], "pages" in titles["rows"][2]) == (None, False)
    assert call_api("GET", ROWS, params={**in_transaction, "total": "0"})[2]["total"] == 0
    assert books.total() == 3


def test_bulk_update_in_a_transaction_changes_only_staged_rows_before_the_commit(call_api, books, in_transaction):
    books.create("salt", pages=5)
    call_api("POST", ROWS, json={"rows": [{"$id": "a", "title": "A"}, {"$id": "b", "title": "B"}], **in_transaction})
    call_api("PUT", ROWS, json={"rows": [{"$id": "a", "title": "A2"}, {"$id": "c", "title": "C"}], **in_transaction})
    call_api("PATCH", ROWS, json={"data": {"pages": 7}, "queries": [], **in_transaction})
    call_api(
        "DELETE", ROWS, json={"queries": ['{"method":"equal","attribute":"title","values":["B"]}'], **in_transaction}
    )
    rows = call_api("GET", ROWS, params=in_transaction)[2]["rows"]
    # The bulk update has changed the staged rows. It changes other rows, such as Salt, only at the commit.
    assert [(row["title"], row["pages"]) for row in rows] == [("Salt", 5), ("A2", 7), ("C", 7)]
    assert call_api("GET", f"{ROWS}/b", params=in_transaction)[:2] == (404, "row_not_found")


def test_reading_ignores_unknown_and_closed_transactions(call_api, books, alice):
    books.create("salt")
    assert call_api("GET", f"{ROWS}/salt", params={"transactionId": "nothing"})[0] == 200
    _, _, transaction = call_api("POST", "/tablesdb/transactions", session_headers(alice), json={})
    mine = {"transactionId": transaction["$id"]}
    assert call_api("POST", ROWS, session_headers(alice), json={"rowId": "a", "data": {"title": "A"}, **mine})[0] == 201
    assert call_api("GET", f"{ROWS}/a", session_headers(alice), params=mine)[0] == 200
    call_api("PATCH", f"/tablesdb/transactions/{transaction['$id']}", session_headers(alice), json={"rollback": True})
    assert call_api("GET", f"{ROWS}/a", session_headers(alice), params=mine)[:2] == (404, "row_not_found")


def test_staging_requires_read_permission(call_api, server, alice):
    create_books_table(server, row_security=True)
    BooksTable(server).create("salt", permissions=['update("users")', 'delete("users")'])
    _, _, transaction = call_api("POST", "/tablesdb/transactions", session_headers(alice), json={})
    inside = {"transactionId": transaction["$id"]}
    change = {"data": {"pages": 1}, **inside}
    assert call_api("PATCH", f"{ROWS}/salt", session_headers(alice), json=change)[:2] == (404, "row_not_found")
    assert call_api("DELETE", f"{ROWS}/salt", session_headers(alice), json=inside)[:2] == (404, "row_not_found")


# -- the order of writes ----------------------------------------------------------------------------------------------


def commit(call_api: CallApi, transaction: dict[str, str]) -> tuple[int, str]:
    path = f"/tablesdb/transactions/{transaction['transactionId']}"
    return call_api("PATCH", path, json={"commit": True})[:2]


def test_rows_staged_by_bulk_operations_can_be_changed_in_the_same_transaction(call_api, books, in_transaction):
    rows = [{"$id": "salt", "title": "Salt"}, {"$id": "pepper", "title": "Pepper"}]
    staged = call_api("POST", ROWS, json={"rows": rows, **in_transaction})
    assert (staged[0], staged[2]) == (200, {"total": 2, "rows": []})
    call_api("PATCH", f"{ROWS}/salt", json={"data": {"pages": 5}, **in_transaction})
    call_api("PUT", ROWS, json={"rows": [{"$id": "salt", "slug": "s"}], **in_transaction})  # keeps the staged title
    call_api("PUT", f"{ROWS}/salt", json={"data": {"lent": True}, **in_transaction})
    call_api("DELETE", f"{ROWS}/pepper", json=in_transaction)
    assert commit(call_api, in_transaction) == (200, "")
    assert books.find() == ["salt"]
    data = books.get("salt").data
    assert (data["title"], data["pages"], data["slug"], data["lent"]) == ("Salt", 5, "s", True)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", f"{ROWS}/salt", {"data": {"title": "Inside"}}),
        ("PUT", ROWS, {"rows": [{"$id": "salt", "title": "Inside"}]}),
        ("PATCH", ROWS, {"data": {"title": "Inside"}}),
        ("DELETE", ROWS, {}),
    ],
)
def test_row_changed_outside_the_transaction_causes_a_conflict(
    call_api, books, in_transaction, emulator, method, path, body
):
    books.create("salt")
    call_api(method, path, json={**body, **in_transaction})
    emulator.clock.advance(1)
    books.update("salt", title="Outside")
    assert commit(call_api, in_transaction) == (409, "transaction_conflict")
    assert books.get("salt").data["title"] == "Outside"


def test_increment_beyond_the_range_of_the_column_fails_at_commit(call_api, books, in_transaction):
    books.create("salt", pages=10)
    call_api("PATCH", f"{ROWS}/salt/pages/decrement", json={"value": 50, **in_transaction})
    assert commit(call_api, in_transaction) == (400, "attribute_limit_exceeded")
    assert books.get("salt").data["pages"] == 10


def test_increment_of_a_text_column_is_rejected_when_staged(call_api, books, stage, in_transaction):
    books.create("salt")
    assert stage(op("increment", "salt", data={"column": "title", "value": 1})) == (400, "attribute_type_invalid")
    staged = call_api("PATCH", f"{ROWS}/salt/title/increment", json=in_transaction)
    assert staged[:2] == (400, "attribute_type_invalid")


def test_bulk_operations_ignore_a_row_id(call_api, books, in_transaction):
    books.create("salt")
    path = f"/tablesdb/transactions/{in_transaction['transactionId']}/operations"
    operations = [
        op("bulkCreate", "salt", data=[{"$id": "pepper", "title": "Pepper"}]),
        op("bulkUpdate", "salt", data={"data": {"pages": 7}, "queries": []}),
    ]
    assert call_api("POST", path, json={"operations": operations})[0] == 201
    assert commit(call_api, in_transaction) == (200, "")
    assert [books.get(row_id).data["pages"] for row_id in ("salt", "pepper")] == [7, 7]


def test_upsert_operation_changes_the_row_that_it_names(call_api, books, in_transaction):
    books.create("salt", pages=1)
    path = f"/tablesdb/transactions/{in_transaction['transactionId']}/operations"
    operations = [op("upsert", "salt", data={"title": "Changed"})]
    assert call_api("POST", path, json={"operations": operations})[0] == 201
    assert commit(call_api, in_transaction) == (200, "")
    assert (books.find(), books.get("salt").data["title"]) == (["salt"], "Changed")


@pytest.mark.parametrize(
    "operation",
    [
        op("bulkCreate", data=[{"title": "A"}]),
        op("bulkUpsert", data=[{"title": "A"}]),
        op("bulkUpdate", data={"data": {"title": "A"}, "queries": []}),
        op("bulkDelete", data={"queries": []}),
    ],
)
def test_bulk_operations_are_rejected_in_tables_with_relationships(call_api, books, stage, operation):
    column = {"relatedTableId": "books", "type": "manyToOne", "key": "sequel_of", "twoWay": False}
    assert call_api("POST", "/tablesdb/lib/tables/books/columns/relationship", json=column)[0] == 202
    assert stage(operation) == (400, "general_bad_request")


def test_ttl_must_not_be_null(call_api, books):
    response = call_api("POST", "/tablesdb/transactions", json={"ttl": None})
    assert response[:2] == (400, "general_argument_invalid")
