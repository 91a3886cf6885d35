"""TablesDB through the official SDK: databases, tables, indexes, rows, transactions. Columns: test_columns.py."""

import pytest
import requests
from appwrite.client import Client
from appwrite.id import ID
from appwrite.operator import Operator
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.tables_db import TablesDB

from tests.conftest import KEY, client
from tests.data import Books, make_books


@pytest.fixture
def tables(server: Client) -> TablesDB:
    """The service of a server, with the table of books."""
    return make_books(server)


@pytest.fixture
def books(tables: TablesDB, server: Client) -> Books:
    return Books(server)


# -- databases --------------------------------------------------------------------------------------------------------


def test_create(server, refused):
    made = TablesDB(server).create("lib", "Library")
    assert (made.id, made.name, made.enabled, made.type.value) == ("lib", "Library", True, "tablesdb")
    with refused("database_already_exists", 409):
        TablesDB(server).create("LIB", "Its letters' case does not matter")


def test_list(tables):
    tables.create("second", "Another")
    assert [each.id for each in tables.list(search="libr").databases] == ["lib"]
    found = tables.list([Query.order_desc("name"), Query.limit(1)])
    assert (found.total, found.databases[0].id) == (2, "lib")


def test_get(tables, refused):
    assert tables.get("lib").name == "Library"
    with refused("database_not_found", 404):
        tables.get("nowhere")


def test_update(tables, books, guest, refused):
    books.create("salt")
    assert tables.update("lib", "Old library", enabled=False).name == "Old library"
    with refused("database_not_found", 404):
        Books(guest).get("salt")
    assert books.get("salt").id == "salt", "a key still sees what is in a disabled database"


def test_delete(tables, books, refused):
    books.create("salt")
    tables.delete("lib")
    with refused("database_not_found", 404):
        books.get("salt")
    make_books(tables.client)
    assert books.find() == []


# -- tables -----------------------------------------------------------------------------------------------------------


def test_create_table_with_columns_and_indexes(tables):
    table = tables.get_table("lib", "books")
    assert [column.key for column in table.columns][:2] == ["title", "slug"]
    assert [index.key for index in table.indexes] == ["once", "words", "newest"]


def test_create_table_spells_out_write(tables):
    table = tables.create_table("lib", "notes", "Notes", [Permission.write(Role.label("staff"))])
    assert table.permissions == [f'{action}("label:staff")' for action in ("create", "update", "delete")]


def test_list_tables(tables):
    tables.create_table("lib", "notes", "Notes")
    assert [table.id for table in tables.list_tables("lib", [Query.equal("name", "Notes")]).tables] == ["notes"]
    assert tables.list_tables("lib").total == 2


def test_get_table_of_nothing_is_not_found(tables, refused):
    with refused("table_not_found", 404):
        tables.get_table("lib", "nothing")


def test_update_table_switches_row_security_off_when_it_is_left_out(tables):
    assert tables.update_table("lib", "books", row_security=True).rowsecurity is True
    assert tables.update_table("lib", "books", "Old books").rowsecurity is False


def test_delete_table(tables, books, refused):
    books.create("salt", body="harbour")
    tables.delete_table("lib", "books")
    with refused("table_not_found", 404):
        books.get("salt")


# -- indexes ----------------------------------------------------------------------------------------------------------


def test_create_index(tables, refused):
    made = tables.create_index("lib", "books", "by_pages", "key", ["pages"], orders=["DESC"])
    assert (made.status, made.columns, made.orders) == ("processing", ["pages"], ["DESC"])
    with refused("column_index_already_exists", 409):
        tables.create_index("lib", "books", "by_pages", "key", ["pages"])
    with refused("column_unknown", 400):
        tables.create_index("lib", "books", "by_colour", "key", ["colour"])


def test_list_indexes(tables):
    found = tables.list_indexes("lib", "books", [Query.equal("type", "unique")])
    assert [index.key for index in found.indexes] == ["once"]


def test_get_index(tables):
    assert tables.get_index("lib", "books", "once").status == "available"


def test_delete_index_lets_values_repeat(tables, books, refused):
    books.create("salt", slug="one")
    with refused("row_already_exists", 409):
        books.create("pepper", slug="ONE ")
    tables.delete_index("lib", "books", "once")
    books.create("pepper", slug="ONE ")
    with refused("column_index_not_found", 404):
        tables.get_index("lib", "books", "once")


def test_a_full_text_index_is_filled_from_the_rows_there_are(tables, books):
    books.create("salt", body="no words")
    tables.create_index("lib", "books", "titles", "fulltext", ["title"])
    books.create("pepper")
    assert books.find(Query.search("title", "pep")) == ["pepper"]
    assert books.find(Query.search("title", "salt")) == ["salt"]
    tables.delete_index("lib", "books", "titles")
    books.update("salt", title="Sugar")


# -- rows -------------------------------------------------------------------------------------------------------------


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
def test_create_row_takes_nothing_that_does_not_fit(books, refused, data):
    with refused("row_invalid_structure", 400):
        books.create("salt", **data)
    assert books.find() == []


def test_get_row_ignores_the_case_of_its_id(books):
    books.create("salt")
    assert books.get("SALT", [Query.select(["title"])]).data == {"title": "Salt"}


def test_list_rows_counts_to_5000_and_no_further(tables, books):
    for start in range(0, 5100, 100):
        tables.create_rows("lib", "books", [{"title": f"Book {n}"} for n in range(start, start + 100)])
    assert books.total(Query.limit(1)) == 5000


def test_list_rows_keeps_a_page_for_its_ttl(tables, books, emulator):
    books.create("salt")
    asked = {"database_id": "lib", "table_id": "books", "ttl": 60}
    assert tables.list_rows(**asked).total == 1
    books.create("pepper")
    assert tables.list_rows(**asked).total == 1
    emulator.clock.advance(61)
    assert tables.list_rows(**asked).total == 2


def test_update_row_moves_the_time_only_when_something_changes(books, emulator):
    made = books.create("salt", pages=1)
    emulator.clock.advance(5)
    assert books.update("salt", pages=1).updatedat == made.updatedat
    assert books.update("salt", pages=2).updatedat > made.updatedat


def test_update_row_with_an_old_stamp_is_a_conflict(tables, books, emulator, refused):
    seen = books.create("salt").updatedat
    emulator.clock.advance(1)
    books.update("salt", pages=1)
    careful = client(emulator, key=KEY).add_header("X-Appwrite-Timestamp", seen)
    with refused("row_update_conflict", 409):
        Books(careful).update("salt", pages=2)
    with refused("row_update_conflict", 409):
        Books(careful).delete("salt")
    assert books.get("salt").data["pages"] == 1


def test_update_row_understands_operators(books):
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


def test_upsert_row_keeps_what_is_not_sent(books, refused):
    books.create("salt", pages=10, state="out")
    row = books.upsert("salt", title="More salt")
    assert (row.data["pages"], row.data["state"]) == (10, "out")
    with refused("row_invalid_structure", 400):
        books.upsert("salt", pages=11)


def test_upsert_row_never_overwrites_another_row(books, refused):
    """The real server does, under a unique index: README, "Where the emulator differs"."""
    books.create("salt", slug="salt")
    with refused("row_already_exists", 409):
        books.upsert("pepper", title="Pepper", slug="salt")
    assert books.get("salt").data["title"] == "Salt"


def test_delete_row(books, refused):
    books.create("salt", body="harbour")
    books.delete("salt")
    with refused("row_not_found", 404):
        books.delete("salt")
    assert books.find(Query.search("body", "harbour")) == []


def test_increment_row_column(tables, books, refused):
    books.create("salt", pages=10)
    assert tables.increment_row_column("lib", "books", "salt", "pages", 5, 15).data["pages"] == 15
    with refused("column_limit_exceeded", 400):
        tables.increment_row_column("lib", "books", "salt", "pages", 1, 15)
    with refused("attribute_type_invalid", 400):
        tables.increment_row_column("lib", "books", "salt", "title")


def test_decrement_row_column(tables, books, refused):
    books.create("salt", price=1.5)
    assert tables.decrement_row_column("lib", "books", "salt", "price", 0.25).data["price"] == 1.25
    with refused("column_limit_exceeded", 400):
        tables.decrement_row_column("lib", "books", "salt", "price", 5, 0)


# -- many rows --------------------------------------------------------------------------------------------------------


def test_create_rows_all_or_none(tables, books, refused):
    assert tables.create_rows("lib", "books", [{"$id": "a", "title": "A"}, {"title": "B"}]).total == 2
    with refused("row_already_exists", 409):
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


def test_many_rows_are_for_servers(tables, alice, refused):
    with refused("general_unauthorized_scope", 401):
        TablesDB(alice.client).create_rows("lib", "books", [{"title": "A"}])
    with refused("database_not_found", 404):
        TablesDB(alice.client).update_rows("lib", "books", {"title": "A"})


# -- transactions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def transaction(tables: TablesDB) -> str:
    return str(tables.create_transaction().id)


def test_create_transaction(tables, refused):
    assert tables.create_transaction(ttl=60).status == "pending"
    with refused("general_argument_invalid", 400):
        tables.create_transaction(ttl=59)


def test_get_transaction(tables, transaction, alice, refused):
    assert tables.get_transaction(transaction).operations == 0
    with refused("transaction_not_found", 404):
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


def test_a_transaction_is_seen_from_inside_only(tables, books, transaction, refused):
    books.create("salt", pages=1)
    tables.update_row("lib", "books", "salt", {"pages": 5}, transaction_id=transaction)
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    assert tables.get_row("lib", "books", "salt", transaction_id=transaction).data["pages"] == 5
    assert tables.list_rows("lib", "books", transaction_id=transaction).total == 2
    assert (books.get("salt").data["pages"], books.total()) == (1, 1)


def test_what_changed_meanwhile_is_a_conflict_and_nothing_is_stored(tables, books, transaction, emulator, refused):
    books.create("salt", pages=1)
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    tables.update_row("lib", "books", "salt", {"pages": 5}, transaction_id=transaction)
    emulator.clock.advance(1)
    books.update("salt", pages=2)
    with refused("transaction_conflict", 409):
        tables.update_transaction(transaction, commit=True)
    assert tables.get_transaction(transaction).status == "failed"
    assert (books.get("salt").data["pages"], books.total()) == (2, 1)


def test_delete_transaction(tables, books, transaction, refused):
    tables.create_row("lib", "books", "pepper", {"title": "Pepper"}, transaction_id=transaction)
    tables.delete_transaction(transaction)
    with refused("transaction_not_found", 404):
        tables.update_transaction(transaction, commit=True)
    assert books.find() == []


# -- whatever is sent -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["{", "[", "[" * 5000, "null", '"text"', '{"data": {"title": "\\ud800"}}', "\x00"])
def test_a_broken_body_is_refused_in_appwrites_words(tables, emulator, body):
    answer = requests.post(
        f"{emulator.endpoint}/tablesdb/lib/tables/books/rows",
        data=body,
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY, "Content-Type": "application/json"},
        timeout=20,
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "row_missing_data")


@pytest.mark.parametrize(
    "value", [2**63, -(2**63) - 1, 10**400, 1e308, "\x00", "x" * 100_000, [[]], {"method": ["x"]}, "\U0001f600" * 50]
)
@pytest.mark.parametrize("column", ["title", "pages", "price", "born", "tags", "body", "$createdAt"])
def test_odd_values_are_stored_or_refused(books, column, value):
    books.create("salt")
    answer = requests.patch(
        f"{books.tables.client._endpoint}/tablesdb/lib/tables/books/rows/salt",
        json={"data": {column: value}},
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY},
        timeout=20,
    )
    assert answer.status_code == 200 or answer.json()["type"] == "row_invalid_structure"
