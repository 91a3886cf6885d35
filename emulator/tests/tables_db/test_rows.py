"""Creating, reading, updating, upserting and deleting single rows."""

import pytest
import requests
from appwrite.id import ID
from appwrite.operator import Operator
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB

from tests.books import ROWS, TABLE, BooksTable
from tests.conftest import KEY, SERVER, client

# -- creating ---------------------------------------------------------------------------------------------------------


def test_create_row_fills_in_defaults(books):
    row = books.create(ID.unique(), born="2023-02-30", tags=["b", "a", "b"])
    assert len(row.id) == 20
    assert (row.data["state"], row.data["lent"], row.data["pages"]) == ("draft", False, None)
    assert (row.data["born"], row.data["tags"]) == ("2023-03-02T00:00:00.000+00:00", ["b", "a", "b"])


@pytest.mark.parametrize(
    "data",
    [
        {"colour": "red"},
        {"title": None},
        {"title": "t" * 101},
        {"pages": "5"},
        {"pages": 5001},
        {"pages": True},
        {"price": "1.5"},
        {"lent": 1},
        {"state": "Draft"},
        {"born": "soon"},
        {"tags": "a"},
        {"tags": [1]},
    ],
)
def test_create_row_rejects_invalid_values(books, expect_error, data):
    with expect_error("row_invalid_structure", 400):
        books.create("salt", **data)
    assert books.find() == []


@pytest.mark.parametrize("body", ["{", "[", "[" * 5000, "null", '"text"', '{"data": {"title": "\\ud800"}}', "\x00"])
def test_malformed_body_is_reported_as_missing_data(tables, emulator, body):
    response = requests.post(
        f"{emulator.endpoint}/tablesdb/lib/tables/books/rows",
        data=body,
        headers={"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "Content-Type": "application/json"},
        timeout=20,
    )
    assert (response.status_code, response.json()["type"]) == (400, "row_missing_data")


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 10**400, 1e308, "\x00", "x" * 100_000, [[]], {"method": ["x"]}, "\U0001f600" * 50]
)
@pytest.mark.parametrize("column", ["title", "pages", "price", "born", "tags", "body", "$createdAt"])
def test_extreme_values_are_stored_or_rejected(books, column, value):
    books.create("salt")
    response = requests.patch(
        f"{books.tables.client._endpoint}/tablesdb/lib/tables/books/rows/salt",
        json={"data": {column: value}},
        headers=SERVER,
        timeout=20,
    )
    assert response.status_code == 200 or response.json()["type"] == "row_invalid_structure"


@pytest.mark.parametrize("time", ["", 5, "once"])
def test_created_at_must_be_a_datetime_or_null(call_api, books, time):
    body = {"rowId": "a", "data": {"title": "A", "$createdAt": time}}
    assert call_api("POST", ROWS, json=body)[:2] == (400, "row_invalid_structure")
    assert call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "$createdAt": None}})[0] == 201


# -- reading ----------------------------------------------------------------------------------------------------------


def test_get_row_ignores_the_case_of_its_id(books):
    books.create("salt")
    assert books.get("SALT", [Query.select(["title"])]).data == {"title": "Salt"}


def test_list_rows_counts_at_most_5000_rows(tables, books):
    for start in range(0, 5100, 100):
        tables.create_rows("lib", "books", [{"title": f"Book {n}"} for n in range(start, start + 100)])
    assert books.total(Query.limit(1)) == 5000


def test_list_rows_caches_a_page_for_its_ttl(tables, books, emulator):
    books.create("salt")
    parameters = {"database_id": "lib", "table_id": "books", "ttl": 60}
    assert tables.list_rows(**parameters).total == 1
    books.create("pepper")
    assert tables.list_rows(**parameters).total == 1
    emulator.clock.advance(61)
    assert tables.list_rows(**parameters).total == 2


def test_list_rows_compares_the_age_of_a_cached_page_with_the_ttl_of_the_request(call_api, books, emulator):
    def ask(ttl: int, **more: str) -> int:
        return int(call_api("GET", ROWS, params={"ttl": ttl, **more})[2]["total"])

    books.create("salt")
    assert ask(300, total="0") == 0  # caches the rows, but not the total
    books.create("pepper")
    assert ask(300) == 2
    assert call_api("GET", ROWS, params={"ttl": 300})[2]["rows"][0]["$id"] == "salt"
    books.create("sugar")
    emulator.clock.advance(10)
    assert (ask(300), ask(5), ask(300)) == (2, 3, 3)


def test_cached_lists_are_purged_when_the_columns_or_read_permissions_change(
    call_api, books, tables, guest, expect_error
):
    tables.update_table("lib", "books", permissions=['read("any")'])
    cached = {"database_id": "lib", "table_id": "books", "ttl": 300}
    assert TablesDB(guest).list_rows(**cached).total == 0
    books.create("salt")
    tables.update_table("lib", "books", "Renamed", permissions=['read("any")'])
    assert TablesDB(guest).list_rows(**cached).total == 0
    tables.create_boolean_column("lib", "books", "read", required=False)
    assert TablesDB(guest).list_rows(**cached).total == 1
    tables.update_table("lib", "books", permissions=[])
    with expect_error("user_unauthorized", 401):
        TablesDB(guest).list_rows(**cached)


# -- updating ---------------------------------------------------------------------------------------------------------


def test_update_row_changes_updated_at_only_if_the_data_changes(books, emulator):
    created = books.create("salt", pages=1)
    emulator.clock.advance(5)
    assert books.update("salt", pages=1).updatedat == created.updatedat
    assert books.update("salt", pages=2).updatedat > created.updatedat


def test_update_row_with_an_old_timestamp_is_a_conflict(tables, books, emulator, expect_error):
    seen = books.create("salt").updatedat
    emulator.clock.advance(1)
    books.update("salt", pages=1)
    careful = client(emulator, key=KEY).add_header("X-Appwrite-Timestamp", seen)
    with expect_error("row_update_conflict", 409):
        BooksTable(careful).update("salt", pages=2)
    with expect_error("row_update_conflict", 409):
        BooksTable(careful).delete("salt")
    assert books.get("salt").data["pages"] == 1


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_malformed_timestamp_header_is_rejected_first(call_api, books, method):
    soon = {"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY, "X-Appwrite-Timestamp": "soon"}
    for row in (f"{ROWS}/nothing", f"{ROWS.replace('books', 'nothing')}/a"):
        assert call_api(method, row, headers=soon, json={})[:2] == (400, "general_argument_invalid")
    created = call_api("POST", ROWS, headers=soon, json={"rowId": "a", "data": {"title": "A", "pages": 1}})
    assert created[0] == 201
    assert call_api("PATCH", f"{ROWS}/a/pages/increment", headers=soon, json={})[0] == 200


def test_update_row_applies_operators(books):
    books.create("salt", pages=10, tags=["a"], lent=False)
    row = books.update(
        "salt",
        pages=Operator.increment(100, 30),
        tags=Operator.array_append(["b"]),
        lent=Operator.toggle(),
        title=Operator.string_concat(" and pepper"),
    )
    assert row.data["pages"] == 30
    assert row.data["tags"] == ["a", "b"]
    assert row.data["lent"] is True
    assert row.data["title"] == "Salt and pepper"


@pytest.mark.parametrize("data", [["x"], {"0": "x"}, '["x"]', '{"0": "x"}'])
def test_list_as_data_is_read_as_an_object_with_numeric_keys(call_api, books, data):
    books.create("salt")
    assert call_api("PATCH", f"{ROWS}/salt", json={"data": data})[:2] == (400, "row_invalid_structure")
    assert call_api("PATCH", ROWS, json={"data": data})[:2] == (400, "row_invalid_structure")


def test_object_with_numeric_keys_is_read_as_a_list(call_api, books):
    books.create("salt")
    for value, stored in (({"0": "a", "1": "b"}, ["a", "b"]), ({}, [])):
        assert call_api("PATCH", f"{ROWS}/salt", json={"data": {"tags": value}})[2]["tags"] == stored
    assert call_api("PATCH", f"{ROWS}/salt", json={"data": {"tags": {"1": "a"}}})[:2] == (400, "row_invalid_structure")


def test_writing_a_row_fills_in_missing_defaults(call_api, books):
    for row_id in ("salt", "wind", "sea"):
        books.create(row_id)
    later = {"required": False, "default": 7}
    assert call_api("PATCH", f"{TABLE}/columns/integer/pages", json=later)[0] == 200
    assert books.get("salt").data["pages"] is None
    changed = books.update("salt", slug="new")
    assert changed.data["pages"] == 7
    unchanged = books.update("wind", title="Wind")
    assert (unchanged.data["pages"], unchanged.updatedat) == (7, unchanged.createdat)
    assert books.upsert("sea", title="Sea").data["pages"] == 7
    assert books.get("sea").data["pages"] == 7


# -- upserting --------------------------------------------------------------------------------------------------------


def test_upsert_row_keeps_omitted_values(books, expect_error):
    books.create("salt", pages=10, state="out")
    row = books.upsert("salt", title="More salt")
    assert (row.data["pages"], row.data["state"]) == (10, "out")
    with expect_error("row_invalid_structure", 400):
        books.upsert("salt", pages=11)


def test_upsert_row_never_overwrites_another_row(books, expect_error):
    """The real server overwrites a row that has the same unique value. See docs/differences.md."""
    books.create("salt", slug="salt")
    with expect_error("row_already_exists", 409):
        books.upsert("pepper", title="Pepper", slug="salt")
    assert books.get("salt").data["title"] == "Salt"


def test_upsert_with_a_list_is_reported_as_a_missing_payload(call_api, books):
    assert call_api("PUT", f"{ROWS}/a", json={"data": ["x", "y"]})[:2] == (400, "row_missing_payload")
    assert call_api("PUT", f"{ROWS}/a", json={"data": ["x"]})[:2] == (400, "row_invalid_structure")


def test_upsert_validates_the_whole_row(call_api, books):
    books.create("salt", pages=5)
    assert call_api("PATCH", f"{ROWS}/salt/pages/increment", json={"value": 6000})[0] == 200
    assert call_api("PUT", f"{ROWS}/salt", json={"data": {"title": "Salt"}})[:2] == (400, "row_invalid_structure")
    assert call_api("PUT", f"{ROWS}/salt", json={"data": {"title": "Salt", "pages": 6}})[0] == 200


# -- deleting ---------------------------------------------------------------------------------------------------------


def test_delete_row(books, expect_error):
    books.create("salt", body="harbour")
    books.delete("salt")
    with expect_error("row_not_found", 404):
        books.delete("salt")
    assert books.find(Query.search("body", "harbour")) == []


# -- increment and decrement ------------------------------------------------------------------------------------------


def test_increment_row_column(tables, books, expect_error):
    books.create("salt", pages=10)
    assert tables.increment_row_column("lib", "books", "salt", "pages", 5, 15).data["pages"] == 15
    with expect_error("column_limit_exceeded", 400):
        tables.increment_row_column("lib", "books", "salt", "pages", 1, 15)
    with expect_error("attribute_type_invalid", 400):
        tables.increment_row_column("lib", "books", "salt", "title")


def test_decrement_row_column(tables, books, expect_error):
    books.create("salt", price=1.5)
    assert tables.decrement_row_column("lib", "books", "salt", "price", 0.25).data["price"] == 1.25
    with expect_error("column_limit_exceeded", 400):
        tables.decrement_row_column("lib", "books", "salt", "price", 5, 0)


def test_increment_rejects_unknown_tables_and_columns(call_api, books):
    nowhere = ROWS.replace("books", "nothing")
    assert call_api("PATCH", f"{nowhere}/a/pages/increment", json={"value": 0})[:2] == (404, "table_not_found")
    assert call_api("PATCH", f"{ROWS}/a/pages/increment", json={"value": 0})[:2] == (400, "general_argument_invalid")
    assert call_api("PATCH", f"{ROWS}/a/pages/increment", json={"value": "1"})[:2] == (404, "column_not_found")
