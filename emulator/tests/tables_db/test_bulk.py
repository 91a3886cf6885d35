"""Creating, updating, upserting and deleting many rows in one request."""

from appwrite.query import Query
from appwrite.services.tables_db import TablesDB

from tests.books import ROWS


def test_create_rows_stores_all_rows_or_none(tables, books, expect_error):
    assert tables.create_rows("lib", "books", [{"$id": "a", "title": "A"}, {"title": "B"}]).total == 2
    with expect_error("row_already_exists", 409):
        tables.create_rows("lib", "books", [{"$id": "c", "title": "C"}, {"$id": "a", "title": "again"}])
    assert books.total() == 2


def test_update_rows(tables, books):
    for name in ("a", "b", "c"):
        books.create(name)
    changed = tables.update_rows("lib", "books", {"pages": 7}, [Query.not_equal("title", "B")])
    assert sorted(row.id for row in changed.rows) == ["a", "c"]
    assert books.find(Query.equal("pages", 7)) == ["a", "c"]


def test_upsert_rows(tables, books):
    books.create("a", pages=1)
    tables.upsert_rows("lib", "books", [{"$id": "a", "title": "A2"}, {"$id": "b", "title": "B"}])
    assert (books.get("a").data["title"], books.get("a").data["pages"], books.total()) == ("A2", 1, 2)


def test_delete_rows(tables, books):
    for name in ("a", "b", "c"):
        books.create(name)
    assert tables.delete_rows("lib", "books", [Query.equal("title", ["A", "C"])]).total == 2
    assert books.find() == ["b"]


def test_bulk_requests_require_a_key(tables, alice, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        TablesDB(alice.client).create_rows("lib", "books", [{"title": "A"}])
    with expect_error("database_not_found", 404):
        TablesDB(alice.client).update_rows("lib", "books", {"title": "A"})


def test_create_row_rejects_data_and_rows_together(call_api, books):
    rows = [{"$id": "a", "title": "A"}]
    assert call_api("POST", ROWS, json={"rows": rows, "data": {"title": "A"}})[:2] == (400, "general_bad_request")
    assert call_api("POST", ROWS, json={"rows": rows, "permissions": []})[0] == 201
    assert call_api("POST", ROWS, json={"rows": [], "rowId": "b"})[:2] == (400, "row_missing_data")


def test_bulk_rows_can_contain_create_permissions(call_api, books):
    row = {"$id": "a", "title": "A", "$permissions": ['create("any")', 'write("users")']}
    _, _, created = call_api("POST", ROWS, json={"rows": [row]})
    assert created["rows"][0]["$permissions"] == ['create("any")', 'update("users")', 'delete("users")']


def test_bulk_update_takes_permissions_from_the_data(call_api, books):
    books.create("a")
    books.create("b")
    assert call_api("PATCH", ROWS, json={"permissions": ['read("any")']})[:2] == (400, "row_missing_payload")
    assert call_api("PATCH", ROWS, json={"data": {"$permissions": ["any"]}})[:2] == (400, "general_bad_request")
    _, _, changed = call_api("PATCH", ROWS, json={"data": {"$permissions": ['read("any")'], "pages": 5}})
    assert [(row["$permissions"], row["pages"]) for row in changed["rows"]] == [(['read("any")'], 5)] * 2


def test_bulk_response_shows_a_hundred_rows(call_api, books):
    for start in (0, 100):
        rows = [{"$id": f"b{n}", "title": "B"} for n in range(start, start + 60)]
        assert call_api("POST", ROWS, json={"rows": rows})[0] == 201
    _, _, changed = call_api("PATCH", ROWS, json={"data": {"pages": 1}})
    assert (changed["total"], len(changed["rows"])) == (120, 100)
    _, _, removed = call_api("DELETE", ROWS)
    assert (removed["total"], len(removed["rows"])) == (120, 100)
    assert books.total() == 0


def test_bulk_upsert_rejects_duplicate_ids(call_api, books):
    twice = [{"$id": "a", "title": "A"}, {"$id": "a", "title": "B"}]
    assert call_api("PUT", ROWS, json={"rows": twice})[:2] == (409, "row_already_exists")
    assert books.total() == 0
