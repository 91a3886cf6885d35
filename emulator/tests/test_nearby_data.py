"""Cases near the recorded ones in databases, their tables and what is in them, as the real server's source has them."""

from typing import Any

import pytest
from appwrite.client import Client
from appwrite.query import Query

from tests.conftest import KEY
from tests.data import Books, make_books

TABLE = "/tablesdb/lib/tables/books"
ROWS = f"{TABLE}/rows"


@pytest.fixture
def books(server: Client) -> Books:
    make_books(server)
    return Books(server)


def asking(method: str, attribute: str, *values: Any) -> dict[str, str]:
    """One query as the SDKs send it in an address."""
    return {"queries[0]": str(Query(method, attribute, list(values)))}


# -- what lists can be asked for --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "attribute", "value", "total"),
    [
        (f"{TABLE}/columns", "status", "available", 9),
        (f"{TABLE}/columns", "status", "processing", 0),
        (f"{TABLE}/columns", "error", "", 9),
        (f"{TABLE}/indexes", "status", "available", 3),
        (f"{TABLE}/indexes", "error", "", 3),
        ("/databases/lib/collections", "documentSecurity", False, 1),
    ],
)
def test_what_can_be_asked_for(ask, books, path, attribute, value, total):
    status, _, found = ask("GET", path, params=asking("equal", attribute, value))
    assert (status, found["total"]) == (200, total)


@pytest.mark.parametrize(
    ("path", "attribute", "value"),
    [
        ("/tablesdb", "enabled", True),
        ("/tablesdb", "type", "tablesdb"),
        ("/databases", "type", "legacy"),
        ("/tablesdb/lib/tables", "documentSecurity", False),
        ("/databases/lib/collections", "rowSecurity", False),
        (f"{TABLE}/columns", "format", "enum"),
        (f"{TABLE}/indexes", "columns", "slug"),
        (f"{TABLE}/indexes", "attributes", "slug"),
        (f"{TABLE}/indexes", "orders", "ASC"),
    ],
)
def test_what_cannot_be_asked_for(ask, books, path, attribute, value):
    assert ask("GET", path, params=asking("equal", attribute, value))[:2] == (400, "general_argument_invalid")


@pytest.mark.parametrize("path", ["/tablesdb", "/tablesdb/lib/tables", "/storage/buckets", "/users", "/teams"])
def test_fixed_things_have_no_words_to_be_sought_in_one_attribute(ask, books, path):
    assert ask("GET", path, params=asking("search", "name", "lib"))[:2] == (400, "general_query_invalid")
    assert ask("GET", path, params=asking("search", "name", 5))[:2] == (400, "general_argument_invalid")


# -- flags and numbers that have to be what they are ------------------------------------------------------------------


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
def test_texts_are_no_flags_and_no_numbers_here(ask, books, method, path, body):
    assert ask(method, path, json=body)[:2] == (400, "general_argument_invalid")


def test_other_flags_and_sizes_may_be_texts(ask, books):
    change = {"name": "Books", "rowSecurity": "true"}
    assert ask("PUT", TABLE, json=change)[2]["rowSecurity"] is True
    assert ask("POST", f"{TABLE}/columns/string", json={"key": "new", "size": "9", "required": False})[0] == 202


def test_a_transaction_is_committed_by_a_flag(ask):
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert ask("PATCH", path, json={"commit": "true"})[:2] == (400, "general_argument_invalid")
    assert ask("PATCH", path, json={"commit": True})[2]["status"] == "committed"


# -- columns ----------------------------------------------------------------------------------------------------------

TOO_LONG = {"key": "new", "size": 3, "default": "four"}


def test_whether_a_default_fits_is_looked_at_first(ask, books):
    for more in ({"required": True}, {"required": False, "array": True}):
        answer = ask("POST", f"{TABLE}/columns/string", json={**TOO_LONG, **more})
        assert answer[:2] == (400, "column_value_invalid")
    nowhere = TABLE.replace("books", "nothing")
    assert ask("POST", f"{nowhere}/columns/string", json={**TOO_LONG, "required": False})[1] == "column_value_invalid"
    small = {"key": "new", "size": 9, "required": False, "encrypt": True}
    assert ask("POST", f"{nowhere}/columns/string", json=small)[:2] == (400, "general_bad_request")


def test_a_changed_default_may_be_longer_than_the_text(ask, books):
    change = {"required": False, "default": "x" * 101}
    status, _, column = ask("PATCH", f"{TABLE}/columns/string/slug", json=change)
    assert (status, column["default"]) == (200, "x" * 101)
    assert ask("POST", ROWS, json={"rowId": "a", "data": {"title": "A"}})[:2] == (400, "row_invalid_structure")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("enum/state", {"required": False, "default": "lost", "elements": ["draft", "out"]}),
        ("integer/pages", {"required": False, "default": 6000}),
    ],
)
def test_other_changed_defaults_have_to_fit(ask, books, kind, change):
    assert ask("PATCH", f"{TABLE}/columns/{kind}", json=change)[:2] == (400, "column_value_invalid")


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("mailto:ann@example.com", True),
        ("file:///etc/hosts", True),
        ("ftp://a_b.example.com", True),
        ("HTTPS://EXAMPLE.COM:8080", True),
        ("https://example.com.", True),
        ("javascript:alert(1)", False),
        ("https://a_b.example.com", False),
        ("https://a..example.com", False),
        ("https://a-.example.com", False),
        ("https://-a.example.com", False),
        (f"https://{'a' * 64}.com", False),
        ("https:///path", False),
        ("https://æ.no", False),
    ],
)
def test_what_a_url_is(ask, books, url, is_one):
    assert ask("POST", f"{TABLE}/columns/url", json={"key": "site", "required": False})[0] == 202
    answer = ask("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "site": url}})
    assert answer[:2] == ((201, "") if is_one else (400, "row_invalid_structure"))


def test_a_required_shape_needs_an_empty_table_before_anything_else(ask, books):
    books.create("salt")
    answer = ask("POST", f"{TABLE}/columns/point", json={"key": "title", "required": True})
    assert answer[:2] == (400, "row_invalid_structure")


def test_a_key_is_taken_by_a_way_back_that_nobody_sees(ask, books):
    ask("POST", "/tablesdb/lib/tables", json={"tableId": "authors", "name": "Authors"})
    there = {"relatedTableId": "authors", "type": "manyToOne", "key": "author", "twoWayKey": "works"}
    assert ask("POST", f"{TABLE}/columns/relationship", json=there)[0] == 202
    back = {"relatedTableId": "books", "type": "oneToMany", "key": "Works", "twoWayKey": "writer"}
    answer = ask("POST", "/tablesdb/lib/tables/authors/columns/relationship", json=back)
    assert answer[:2] == (409, "column_already_exists")


# -- indexes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "type"),
    [
        ({"type": "key", "columns": ["pages"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["born"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["$createdAt"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["title"], "lengths": [1, 2]}, "column_index_invalid"),
        ({"type": "key", "columns": ["title"], "key": "Primary"}, "column_index_invalid"),
        ({"type": "KEY", "columns": ["title"]}, "column_index_invalid"),
        ({"type": "tree", "columns": ["title"]}, "general_argument_invalid"),
        ({"type": "fulltext", "columns": ["title", "pages"]}, "column_index_invalid"),
        ({"type": "spatial", "columns": ["title"]}, "column_index_invalid"),
        ({"type": "key", "columns": ["tags", "tags"]}, "index_invalid"),
        ({"type": "key", "columns": ["nothing", "tags"]}, "column_unknown"),
        ({"type": "key", "columns": ["title"], "lengths": [2**31]}, "general_argument_invalid"),
        # What is wrong with an index goes before its key, which is taken.
        ({"type": "key", "columns": ["pages"], "lengths": [1], "key": "once"}, "column_index_invalid"),
        # Letters: 255 of the id, 400 and 100 and 14.
        (
            {"type": "key", "columns": ["$id", "body", "slug", "title"], "lengths": [0, 400, 0, 14]},
            "column_index_invalid",
        ),
        ({"type": "key", "columns": ["body", "price"], "lengths": [767]}, "column_index_invalid"),
    ],
)
def test_indexes_that_are_refused(ask, books, index, type):
    assert ask("POST", f"{TABLE}/indexes", json={"key": "new", **index})[1] == type


@pytest.mark.parametrize(
    ("index", "lengths"),
    [
        ({"type": "key", "columns": ["$id", "body", "slug", "title"], "lengths": [0, 400, 0, 13]}, [0, 400, 0, 13]),
        ({"type": "key", "columns": ["body", "price"], "lengths": [766]}, [766, 0]),
        ({"type": "fulltext", "columns": ["$id"]}, [0]),
        ({"type": "fulltext", "columns": ["title"], "lengths": [500]}, [500]),
        ({"type": "unique", "columns": ["title"], "lengths": [None]}, [0]),
    ],
)
def test_indexes_that_are_made(ask, books, index, lengths):
    status, _, made = ask("POST", f"{TABLE}/indexes", json={"key": "new", **index})
    assert (status, made["lengths"]) == (202, lengths)
    assert ask("DELETE", f"{TABLE}/indexes/new")[0] == 204


# -- rows -------------------------------------------------------------------------------------------------------------


def test_one_row_or_many(ask, books):
    rows = [{"$id": "a", "title": "A"}]
    assert ask("POST", ROWS, json={"rows": rows, "data": {"title": "A"}})[:2] == (400, "general_bad_request")
    assert ask("POST", ROWS, json={"rows": rows, "permissions": []})[0] == 201
    assert ask("POST", ROWS, json={"rows": [], "rowId": "b"})[:2] == (400, "row_missing_data")


def test_one_of_many_rows_can_be_given_create(ask, books):
    row = {"$id": "a", "title": "A", "$permissions": ['create("any")', 'write("users")']}
    _, _, made = ask("POST", ROWS, json={"rows": [row]})
    assert made["rows"][0]["$permissions"] == ['create("any")', 'update("users")', 'delete("users")']


def test_an_upsert_of_a_list_says_nothing(ask, books):
    assert ask("PUT", f"{ROWS}/a", json={"data": ["x", "y"]})[:2] == (400, "row_missing_payload")
    assert ask("PUT", f"{ROWS}/a", json={"data": ["x"]})[:2] == (400, "row_invalid_structure")


def test_permissions_of_many_rows_stand_in_their_data(ask, books):
    books.create("a")
    books.create("b")
    assert ask("PATCH", ROWS, json={"permissions": ['read("any")']})[:2] == (400, "row_missing_payload")
    assert ask("PATCH", ROWS, json={"data": {"$permissions": ["any"]}})[:2] == (400, "general_bad_request")
    _, _, changed = ask("PATCH", ROWS, json={"data": {"$permissions": ['read("any")'], "pages": 5}})
    assert [(row["$permissions"], row["pages"]) for row in changed["rows"]] == [(['read("any")'], 5)] * 2


def test_permissions_of_many_rows_wait_in_a_transaction(ask, books):
    books.create("a")
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    change = {"data": {"$permissions": ['read("any")']}, "queries": []}
    operation = {"action": "bulkUpdate", "databaseId": "lib", "tableId": "books", "data": change}
    assert ask("POST", f"{path}/operations", json={"operations": [operation]})[0] == 201
    assert ask("PATCH", path, json={"commit": True})[0] == 200
    assert books.get("a").permissions == ['read("any")']


def test_of_many_rows_a_hundred_are_shown(ask, books):
    for start in (0, 100):
        rows = [{"$id": f"b{n}", "title": "B"} for n in range(start, start + 60)]
        assert ask("POST", ROWS, json={"rows": rows})[0] == 201
    _, _, changed = ask("PATCH", ROWS, json={"data": {"pages": 1}})
    assert (changed["total"], len(changed["rows"])) == (120, 100)
    _, _, removed = ask("DELETE", ROWS)
    assert (removed["total"], len(removed["rows"])) == (120, 100)
    assert books.total() == 0


@pytest.mark.parametrize("data", [["x"], {"0": "x"}, '["x"]', '{"0": "x"}'])
def test_data_that_is_a_list_is_an_object_with_numbers_for_keys(ask, books, data):
    books.create("salt")
    assert ask("PATCH", f"{ROWS}/salt", json={"data": data})[:2] == (400, "row_invalid_structure")
    assert ask("PATCH", ROWS, json={"data": data})[:2] == (400, "row_invalid_structure")


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_stamp_that_is_no_time_is_refused_before_anything_else(ask, books, method):
    soon = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "X-Appwrite-Timestamp": "soon"}
    for row in (f"{ROWS}/nothing", f"{ROWS.replace('books', 'nothing')}/a"):
        assert ask(method, row, headers=soon, json={})[:2] == (400, "general_argument_invalid")
    made = ask("POST", ROWS, headers=soon, json={"rowId": "a", "data": {"title": "A", "pages": 1}})
    assert made[0] == 201
    assert ask("PATCH", f"{ROWS}/a/pages/increment", headers=soon, json={})[0] == 200


def test_an_object_with_numbers_for_keys_is_a_list(ask, books):
    books.create("salt")
    for sent, kept in (({"0": "a", "1": "b"}, ["a", "b"]), ({}, [])):
        assert ask("PATCH", f"{ROWS}/salt", json={"data": {"tags": sent}})[2]["tags"] == kept
    assert ask("PATCH", f"{ROWS}/salt", json={"data": {"tags": {"1": "a"}}})[:2] == (400, "row_invalid_structure")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Sat, 01 Feb 2020 10:00:00 GMT", "2020-02-01T10:00:00.000+00:00"),
        ("1 Feb 2020 10:00 +0200", "2020-02-01T08:00:00.000+00:00"),
        ("20200201T100000Z", "2020-02-01T10:00:00.000+00:00"),
        ("2020/02/01 10:00", "2020-02-01T10:00:00.000+00:00"),
        ("2020-02", "2020-02-01T00:00:00.000+00:00"),
        ("2020-13", None),
        ("2020-02/01", None),
        ("Sat, 41 Feb 2020 10:00:00 GMT", None),
    ],
)
def test_times_as_mails_and_others_write_them(ask, books, sent, kept):
    status, type, row = ask("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "born": sent}})
    assert (row["born"] if status == 201 else type) == (kept or "row_invalid_structure")


@pytest.mark.parametrize("time", ["", 5, "once"])
def test_a_row_is_made_at_a_time_or_now(ask, books, time):
    body = {"rowId": "a", "data": {"title": "A", "$createdAt": time}}
    assert ask("POST", ROWS, json=body)[:2] == (400, "row_invalid_structure")
    assert ask("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "$createdAt": None}})[0] == 201


@pytest.mark.parametrize(
    ("address", "is_one"),
    [("a@b.co", True), ('"a"@b.co', True), ("a@[127.0.0.1]", True), ("a@localhost", False), ("a@b.c_d", False)],
)
def test_what_an_address_is(ask, books, address, is_one):
    assert ask("POST", f"{TABLE}/columns/email", json={"key": "mail", "required": False})[0] == 202
    answer = ask("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "mail": address}})
    assert answer[:2] == ((201, "") if is_one else (400, "row_invalid_structure"))


def test_many_rows_one_of_which_comes_twice(ask, books):
    twice = [{"$id": "a", "title": "A"}, {"$id": "a", "title": "B"}]
    assert ask("PUT", ROWS, json={"rows": twice})[:2] == (409, "row_already_exists")
    assert books.total() == 0


def test_whatever_is_written_to_a_row_fills_its_defaults(ask, books):
    for row_id in ("salt", "wind", "sea"):
        books.create(row_id)
    later = {"required": False, "default": 7}
    assert ask("PATCH", f"{TABLE}/columns/integer/pages", json=later)[0] == 200
    assert books.get("salt").data["pages"] is None
    changed = books.update("salt", slug="new")
    assert changed.data["pages"] == 7
    unchanged = books.update("wind", title="Wind")
    assert (unchanged.data["pages"], unchanged.updatedat) == (7, unchanged.createdat)
    assert books.upsert("sea", title="Sea").data["pages"] == 7
    assert books.get("sea").data["pages"] == 7


def test_an_upsert_of_a_row_that_no_longer_fits_its_table(ask, books):
    books.create("salt", pages=5)
    assert ask("PATCH", f"{ROWS}/salt/pages/increment", json={"value": 6000})[0] == 200
    assert ask("PUT", f"{ROWS}/salt", json={"data": {"title": "Salt"}})[:2] == (400, "row_invalid_structure")
    assert ask("PUT", f"{ROWS}/salt", json={"data": {"title": "Salt", "pages": 6}})[0] == 200


def test_counting_in_a_table_that_is_not_there(ask, books):
    nowhere = ROWS.replace("books", "nothing")
    assert ask("PATCH", f"{nowhere}/a/pages/increment", json={"value": 0})[:2] == (404, "table_not_found")
    assert ask("PATCH", f"{ROWS}/a/pages/increment", json={"value": 0})[:2] == (400, "general_argument_invalid")
    assert ask("PATCH", f"{ROWS}/a/pages/increment", json={"value": "1"})[:2] == (404, "column_not_found")


# -- queries of rows --------------------------------------------------------------------------------------------------


@pytest.fixture
def shelf(books: Books) -> Books:
    books.create("salt", pages=300, price=12.0, lent=True, tags=["sea"])
    books.create("wind", pages=48, price=9.5)
    books.create("salty_roads", title="Salty roads", pages=1300, price=12.25)
    return books


def found(ask, method, attribute, *values):
    status, type, page = ask("GET", ROWS, params=asking(method, attribute, *values))
    return [row["$id"] for row in page["rows"]] if status == 200 else type


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (("startsWith", "pages", 30), ["salt"]),
        (("notStartsWith", "pages", 3), ["wind", "salty_roads"]),
        (("endsWith", "pages", 300), ["salt", "salty_roads"]),
        (("startsWith", "price", 12.0), ["salt", "salty_roads"]),
        (("endsWith", "price", 5), ["wind", "salty_roads"]),
        (("startsWith", "lent", True), ["salt"]),
        (("containsAny", "title", "wind", "road"), ["wind", "salty_roads"]),
        # Made for lists, this asks for the whole text, and minds wildcards.
        (("containsAll", "title", "SALT"), ["salt"]),
        (("containsAll", "title", "alt"), []),
        (("containsAll", "title", "salt%", "w_nd"), ["salt", "wind", "salty_roads"]),
        (("isNull", "born"), ["salt", "wind", "salty_roads"]),
        (("isNotNull", "pages", 5), ["salt", "wind", "salty_roads"]),
        (("isNotNull", "pages", "five"), "general_query_invalid"),
        (("startsWith", "pages", "3"), "general_query_invalid"),
        (("startsWith", "tags", "s"), "general_query_invalid"),
        # Its range ends at 5,000, so that it is kept in four bytes.
        (("equal", "pages", 2**31), "general_query_invalid"),
        (("equal", "pages", 2**31 - 1), []),
        (("equal", "$sequence", 2**31), []),
    ],
)
def test_queries_of_unusual_columns(ask, shelf, query, ids):
    assert found(ask, *query) == ids


@pytest.mark.parametrize(
    "query",
    ['{"method":"limit","attribute":null,"values":[1]}', '{"method":"isNull","attribute":"born","values":null}'],
)
def test_null_in_a_query_is_as_good_as_nothing(ask, shelf, query):
    assert ask("GET", ROWS, params={"queries[0]": query})[0] == 200


def test_what_the_database_keeps_for_itself_can_be_selected(ask, shelf):
    status, _, row = ask("GET", f"{ROWS}/salt", params=asking("select", "", "$collection", "$tenant"))
    assert (status, row["$id"], "title" in row) == (200, "salt", False)
    assert ask("GET", f"{ROWS}/salt", params=asking("select", "", "$tableId"))[:2] == (400, "general_query_invalid")


# -- scopes -----------------------------------------------------------------------------------------------------------

NEW_COLUMN = {"key": "isbn", "required": False}
NEW_INDEX = {"key": "by_pages", "type": "key", "columns": ["pages"]}
OLD_INDEX = {"key": "by_pages", "type": "key", "attributes": ["pages"]}
OLD = "/databases/lib/collections/books"


@pytest.mark.parametrize(
    ("scopes", "method", "path", "body", "status"),
    [
        # Columns and indexes are a part of their table; there are scopes of their own, which no route asks for.
        (["tables.read"], "GET", f"{TABLE}/columns", None, 200),
        (["collections.read"], "GET", f"{TABLE}/indexes", None, 200),
        (["columns.read", "attributes.read", "indexes.read"], "GET", f"{TABLE}/columns", None, 401),
        (["columns.read", "attributes.read", "indexes.read"], "GET", f"{TABLE}/indexes", None, 401),
        (["tables.write"], "POST", f"{TABLE}/columns/boolean", NEW_COLUMN, 202),
        (["columns.write", "attributes.write"], "POST", f"{TABLE}/columns/boolean", NEW_COLUMN, 401),
        (["tables.write"], "POST", f"{TABLE}/indexes", NEW_INDEX, 202),
        (["indexes.write"], "POST", f"{TABLE}/indexes", NEW_INDEX, 401),
        # The older paths know the older names only, except transactions.
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
def test_a_key_needs_the_scope_of_the_route(ask, books, scopes, method, path, body, status):
    made, _, key = ask("POST", "/project/keys", json={"keyId": "unique()", "name": "few", "scopes": scopes})
    assert made == 201
    few = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": key["secret"]}
    answer = ask(method, path, headers=few, json=body)
    assert answer[0] == status
    assert status != 401 or answer[1] == "general_unauthorized_scope"
