"""Cases near the recorded ones, as the real server's source decides them: other callers, orders, names."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from appwrite.client import Client
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, PASSWORD, SERVER, Ask, as_person, client
from tests.data import Books, make_books

MOCK_ADDRESS = "useroauth@localhost.test"
"""What the stand-in provider `mock` says of its one person."""


# -- addresses and numbers --------------------------------------------------------------------------------------------


def come_by_mock(emulator: Emulator, flow: str = "sessions", **headers: str) -> requests.Response:
    """The stand-in person signs in, so that a provider has given their address; the last answer of the way."""
    where = {"project": "biso", "success": "http://localhost/in", "failure": "http://localhost/out"}
    browser = requests.Session()
    browser.headers.update(headers)
    url = f"{emulator.endpoint}/account/{flow}/oauth2/mock"
    answer = browser.get(url, params=where, allow_redirects=False, timeout=20)
    while (url := answer.headers["Location"]).startswith(emulator.origin):
        answer = browser.get(url, allow_redirects=False, timeout=20)
    assert url.startswith("http://localhost/in")
    return answer


@pytest.fixture
def given_address(emulator: Emulator, users: Users) -> str:
    """An address that a provider gave for somebody who has another one by now."""
    come_by_mock(emulator)
    (person,) = users.list([Query.equal("email", MOCK_ADDRESS)]).users
    users.update_email(person.id, "other@example.com")
    return MOCK_ADDRESS


def test_an_address_that_a_provider_gave_is_not_free(emulator, given_address, users, guest, alice, refused):
    with refused("user_email_already_exists", 409):
        users.create("new", email=given_address)
    with refused("user_email_already_exists", 409):
        users.update_email("alice", given_address)
    with refused("general_bad_request", 400):
        Account(guest).create("new", given_address, PASSWORD)
    with refused("user_email_already_exists", 409):
        Account(guest).create_magic_url_token("new", given_address, url="http://localhost/")
    with refused("general_bad_request", 400):
        Account(guest).create_email_token("new", given_address)
    with refused("general_bad_request", 400):
        alice.account.update_email(given_address, PASSWORD)


def test_the_one_whom_it_was_given_for_may_take_it_back(given_address, users):
    (person,) = users.list([Query.equal("email", "other@example.com")]).users
    assert users.update_email(person.id, given_address).email == given_address


def test_a_server_changes_an_address_or_number_to_another_one_only(users, refused):
    users.create("ada", email="ada@example.com", phone="+4740000001")
    with refused("user_target_already_exists", 409):
        users.update_email("ada", "ada@example.com")
    with refused("user_target_already_exists", 409):
        users.update_phone("ada", "+4740000001")


def test_a_number_is_taken_as_target_or_as_number(users, alice, person, refused):
    users.create("ada", phone="+4740000001")
    with refused("user_target_already_exists", 409):
        alice.account.update_phone("+4740000001", PASSWORD)
    alice.account.update_phone("+4740000002", PASSWORD)  # makes no target
    with refused("user_phone_already_exists", 409):
        person("Bea", password=PASSWORD).account.update_phone("+4740000002", PASSWORD)


def test_two_targets_by_mail_and_only_the_address_follows(users, alice):
    users.create_target("alice", "second", "email", "second@example.com")
    assert alice.account.update_email("new@example.com", PASSWORD).email == "new@example.com"
    kept = {target.identifier for target in users.list_targets("alice").targets}
    assert kept == {"new@example.com", "second@example.com"}
    users.update_email("alice", "")
    assert [target.identifier for target in users.list_targets("alice").targets] == ["second@example.com"]


def test_somebody_who_came_by_a_link_may_confirm_their_own_address_with_a_password(emulator, guest, users):
    Account(guest).create_magic_url_token("mia", "mia@example.com", url="http://localhost/")
    session = users.create_session("mia")
    mia = Account(client(emulator, session=session.secret))
    assert mia.update_email("mia@example.com", PASSWORD).email == "mia@example.com"


# -- lists ------------------------------------------------------------------------------------------------------------

BROKEN = {"queries[0]": '{"method":"equal","attribute":"colour","values":["red"]}'}


@pytest.mark.parametrize(
    "path",
    [
        "/users/nobody/targets",
        "/users/nobody/memberships",
        "/users/nobody/logs",
        "/teams/nowhere/logs",
        "/tablesdb/nowhere/tables",
        "/tablesdb/nowhere/tables/nothing/columns",
        "/tablesdb/nowhere/tables/nothing/indexes",
        "/databases/nowhere/collections",
    ],
)
def test_a_list_looks_at_its_queries_before_it_looks_for_anything(ask, path):
    assert ask("GET", path, params=BROKEN)[:2] == (400, "general_argument_invalid")
    assert ask("GET", path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/users", "/teams", "/storage/buckets", "/tablesdb", "/users/identities", "/tablesdb/lib/tables"]
)
def test_of_fixed_things_nothing_can_be_selected(ask, books, path):
    select = {"queries[0]": '{"method":"select","values":["$id"]}'}
    assert ask("GET", path, params=select)[:2] == (400, "general_argument_invalid")


def test_identities_have_nothing_to_be_searched(ask):
    assert ask("GET", "/users/identities", params={"search": "ada"})[:2] == (400, "general_query_invalid")
    assert ask("GET", "/users/identities", params={"search": ""})[:2] == (400, "general_argument_invalid")


def test_impersonators_and_memberships_can_be_found(ask, users, alice, bob):
    users.update_impersonator("alice", True)
    found = users.list([Query.equal("impersonator", True)])
    assert [user.id for user in found.users] == ["alice"]
    ask("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    ask("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    assert ask("GET", "/users/bob/memberships", params={"search": "bob"})[2]["total"] == 1


def test_ids_are_found_in_any_case_but_those_of_own_sessions(ask, users, alice):
    session = users.list_sessions("alice").sessions[0].id
    other = session.upper() if session.upper() != session else session.swapcase()
    assert ask("GET", f"/account/sessions/{session}", as_person(alice))[0] == 200
    assert ask("GET", f"/account/sessions/{other}", as_person(alice))[:2] == (404, "user_session_not_found")
    assert ask("GET", "/users/ALICE")[2]["$id"] == "alice"


# -- transactions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def books(server: Client) -> Books:
    """Books that signed-in users may add to; each book says who may change it."""
    make_books(server, permissions=['create("users")', 'read("users")'], row_security=True)
    return Books(server)


@pytest.fixture
def staged(emulator: Emulator, ask: Ask) -> Callable[..., tuple[int, str]]:
    """Begin a transaction as somebody, stage these operations, and say how that went."""

    def stage(*operations: dict[str, Any], headers: dict[str, str] = SERVER, service: str = "tablesdb") -> Any:
        _, _, transaction = ask("POST", f"/{service}/transactions", headers, json={})
        path = f"/{service}/transactions/{transaction['$id']}/operations"
        return ask("POST", path, headers, json={"operations": list(operations)})[:2]

    return stage


def on(action: str, row_id: str = "", **more: Any) -> dict[str, Any]:
    operation = {"action": action, "databaseId": "lib", "tableId": "books", "data": {}, **more}
    return {**operation, "rowId": row_id} if row_id else operation


def test_operations_have_to_be_some(ask, books, staged):
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert staged() == (400, "general_bad_request")
    assert ask("POST", f"{path}/operations", json={})[:2] == (400, "general_bad_request")
    assert ask("PATCH", path, json={"rollback": True})[0] == 200
    over = ask("POST", f"{path}/operations", json={"operations": [on("create", "a")]})
    assert over[:2] == (400, "general_bad_request")


@pytest.mark.parametrize(
    "operation",
    [
        on("create"),
        {**on("create", "a"), "data": None},
        {**on("create", "a"), "tableId": ""},
        {"action": "create", "databaseId": "lib", "collectionId": "books", "documentId": "a", "data": {}},
        on("bulkDelete"),
        on("bulkUpdate", data={"queries": []}),
        on("bulkUpdate", data={"data": {"pages": 1}}),
        on("increment", "a", data={"value": 1}),
        on("increment", "a", data={"column": "pages", "value": "many"}),
        on("shout", "a"),
    ],
)
def test_operations_that_are_none(books, staged, operation):
    assert staged(operation) == (400, "general_argument_invalid")


def test_operations_by_their_older_names(books, staged):
    operation = {"action": "create", "databaseId": "lib", "collectionId": "books", "documentId": "a", "data": {}}
    assert staged(operation, service="databases") == (201, "")
    assert staged(on("create", "a"), service="databases") == (400, "general_argument_invalid")


def test_operations_on_what_is_not_there(books, staged):
    books.create("salt")
    assert staged({**on("create", "a"), "databaseId": "nowhere"}) == (404, "database_not_found")
    assert staged({**on("create", "a"), "tableId": "nothing"}) == (404, "collection_not_found")
    for action in ("update", "delete", "increment"):
        data = {"column": "pages"} if action == "increment" else {}
        assert staged(on(action, "pepper", data=data)) == (404, "document_not_found")
        assert staged(on(action, "salt", data=data)) == (201, "")
    assert staged(on("create", "new", data={"title": "New"}), on("update", "new", data={"pages": 3})) == (201, "")
    assert staged(on("upsert", "pepper", data={"title": "Pepper"})) == (201, "")


def test_operations_that_the_caller_may_not_do_are_refused_at_once(books, staged, alice, bob):
    books.create("salt", permissions=['read("users")', 'update("user:alice")'])
    assert staged(on("update", "salt", data={"pages": 1}), headers=as_person(alice)) == (201, "")
    assert staged(on("update", "salt", data={"pages": 1}), headers=as_person(bob)) == (401, "user_unauthorized")
    assert staged(on("delete", "salt"), headers=as_person(alice)) == (401, "user_unauthorized")
    assert staged(on("create", "new", data={"title": "New"}), headers=as_person(bob)) == (201, "")
    foreign = on("create", "new", data={"title": "New", "$permissions": ['read("user:alice")']})
    assert staged(foreign, headers=as_person(bob)) == (401, "user_unauthorized")
    for bulk in (on("bulkCreate", data=[{"title": "A"}]), on("bulkDelete", data={"queries": []})):
        assert staged(bulk, headers=as_person(alice)) == (401, "user_unauthorized")


def test_operations_in_a_database_that_is_switched_off(server, books, staged, alice):
    TablesDB(server).update("lib", "Library", enabled=False)
    assert staged(on("create", "a", data={"title": "A"}), headers=as_person(alice)) == (404, "database_not_found")
    assert staged(on("create", "a", data={"title": "A"})) == (201, "")


def test_of_too_many_operations_none_is_staged(ask, books):
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    many = [on("create", f"b{n}", data={"title": "B"}) for n in range(101)]
    refusal = ask("POST", f"{path}/operations", json={"operations": many})
    assert refusal[:2] == (400, "transaction_limit_exceeded")
    assert ask("GET", path)[2]["operations"] == 0
    assert ask("POST", f"{path}/operations", json={"operations": many[:100]})[0] == 201


@pytest.mark.parametrize(
    ("operation", "refusal"),
    [
        (on("create", "a", data={"colour": "red"}), (400, "document_invalid_structure")),
        (on("update", "salt", data={"pages": "many"}), (400, "document_invalid_structure")),
        (on("increment", "salt", data={"column": "pages", "value": 9, "max": 5}), (400, "attribute_limit_exceeded")),
        (on("bulkUpdate", data={"data": {"pages": 1}, "queries": ["x"]}), (400, "general_query_invalid")),
    ],
)
def test_a_commit_tells_what_is_wrong_in_the_older_words(ask, books, operation, refusal):
    books.create("salt", pages=1)
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert ask("POST", f"{path}/operations", json={"operations": [operation]})[0] == 201
    assert ask("PATCH", path, json={"commit": True})[:2] == refusal
    assert ask("GET", path)[2]["status"] == "failed"


def test_a_commit_of_a_change_to_a_row_that_has_gone(ask, books):
    books.create("salt")
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    path = f"/tablesdb/transactions/{transaction['$id']}"
    assert ask("POST", f"{path}/operations", json={"operations": [on("update", "salt", data={"pages": 1})]})[0] == 201
    books.delete("salt")
    assert ask("PATCH", path, json={"commit": True})[:2] == (404, "document_not_found")


ROWS = "/tablesdb/lib/tables/books/rows"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"{ROWS}/salt/pages/increment", {}),
        ("PATCH", ROWS, {"data": {"pages": 1}}),
        ("PUT", ROWS, {"rows": [{"title": "A"}]}),
        ("DELETE", ROWS, {}),
    ],
)
def test_counting_and_bulk_changes_in_no_open_transaction(ask, books, method, path, body):
    books.create("salt", pages=1)
    assert ask(method, path, json={**body, "transactionId": "nothing"})[:2] == (400, "general_bad_request")
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    open_ = {"transactionId": transaction["$id"]}
    assert ask(method, path, json={**body, **open_})[0] == 200
    ask("PATCH", f"/tablesdb/transactions/{transaction['$id']}", json={"rollback": True})
    assert ask(method, path, json={**body, **open_})[:2] == (400, "general_bad_request")


def test_what_staging_single_rows_and_many_answers(ask, books, alice):
    books.create("salt", pages=1)
    _, _, transaction = ask("POST", "/tablesdb/transactions", json={})
    inside = {"transactionId": transaction["$id"]}
    status, _, put = ask("PUT", f"{ROWS}/salt", json={"data": {"title": "Pepper"}, **inside})
    assert (status, put["title"], put["$sequence"]) == (201, "Pepper", "")
    assert "pages" not in put
    assert ask("DELETE", f"{ROWS}/nothing", json=inside)[:2] == (404, "row_not_found")
    assert ask("POST", ROWS, json={"rows": [{"title": "A"}, {"title": "B"}], **inside})[2] == {"total": 2, "rows": []}
    assert ask("PUT", ROWS, json={"rows": [{"title": "C"}], **inside})[2] == {"total": 1, "rows": []}
    assert ask("PATCH", ROWS, json={"data": {"pages": 2}, **inside})[2] == {"total": 0, "rows": []}
    assert ask("PATCH", ROWS, json={"data": {"pages": 2}, "queries": ["x"], **inside})[1] == "general_query_invalid"


def test_staging_a_row_that_one_may_not_make(ask, server, alice):
    make_books(server, permissions=['read("users")'])
    _, _, transaction = ask("POST", "/tablesdb/transactions", as_person(alice), json={})
    body = {"rowId": "a", "data": {"title": "A"}, "transactionId": transaction["$id"]}
    assert ask("POST", ROWS, as_person(alice), json=body)[:2] == (401, "user_unauthorized")


@pytest.fixture
def waiting(ask) -> dict[str, str]:
    """A new transaction of the server's, as a parameter."""
    return {"transactionId": ask("POST", "/tablesdb/transactions", json={})[2]["$id"]}


def test_what_is_staged_is_shown_as_it_was_sent(ask, books, waiting):
    books.create("salt", pages=1)
    change = {"data": {"pages": "many", "colour": "red"}, **waiting}
    status, _, row = ask("PATCH", f"{ROWS}/salt", json=change)
    assert (status, row["pages"], row["colour"], row["title"]) == (200, "many", "red", "Salt")
    assert ask("GET", f"{ROWS}/salt", params=waiting)[2]["pages"] == "many"
    assert ask("POST", ROWS, json={"rowId": "new", "data": {"titel": 5}, **waiting})[2]["titel"] == 5
    status, _, row = ask("PATCH", f"{ROWS}/new", json={"data": {"pages": 3}, "permissions": ['read("any")'], **waiting})
    assert (row["titel"], row["pages"], row["$permissions"]) == (5, 3, ['read("any")'])
    commit = f"/tablesdb/transactions/{waiting['transactionId']}"
    assert ask("PATCH", commit, json={"commit": True})[:2] == (400, "document_invalid_structure")
    assert books.get("salt").data["pages"] == 1


def test_permissions_that_are_staged_do_not_show_yet(ask, books, waiting):
    books.create("salt")
    change = {"data": {"pages": 2}, "permissions": ['read("any")'], **waiting}
    assert ask("PATCH", f"{ROWS}/salt", json=change)[2]["$permissions"] == ['read("any")']
    row = ask("GET", f"{ROWS}/salt", params=waiting)[2]
    assert (row["pages"], row["$permissions"]) == (2, [])


def test_a_count_that_is_staged_shows_how_much_was_asked_for(ask, books, waiting):
    books.create("salt", pages=10)
    counted = {"$id": "salt", "$tableId": "books", "$databaseId": "lib", "pages": 2, "$sequence": ""}
    assert ask("PATCH", f"{ROWS}/salt/pages/increment", json={"value": 2, **waiting})[2] == counted
    assert ask("PATCH", f"{ROWS}/nothing/colour/decrement", json=waiting)[2]["colour"] == 1
    assert ask("GET", f"{ROWS}/salt", params=waiting)[2]["pages"] == 10


def test_a_list_from_inside_a_transaction(ask, books, waiting):
    for row_id in ("salt", "wind", "sea"):
        books.create(row_id, pages=5)
    ask("POST", ROWS, json={"rowId": "new", "data": {"title": "New", "pages": 1}, **waiting})
    ask("PUT", f"{ROWS}/other", json={"data": {"title": "Other", "pages": 5}, **waiting})
    ask("PATCH", f"{ROWS}/wind", json={"data": {"pages": 9}, **waiting})
    ask("DELETE", f"{ROWS}/sea", json=waiting)
    page = ask("GET", ROWS, params=waiting)[2]
    assert [row["$id"] for row in page["rows"]] == ["salt", "wind", "new", "other"]
    assert [row["pages"] for row in page["rows"]] == [5, 9, 1, 5]
    assert (page["total"], "$createdAt" in page["rows"][2]) == (4, False)
    # What is kept is asked, new rows come whatever they are, and only the total knows which of all these fit.
    five = ask("GET", ROWS, params={**waiting, "queries[0]": '{"method":"equal","attribute":"pages","values":[5]}'})[2]
    assert ([row["$id"] for row in five["rows"]], five["total"]) == (["salt", "wind", "new", "other"], 2)
    titles = ask("GET", ROWS, params={**waiting, "queries[0]": '{"method":"select","values":["title"]}'})[2]
    assert (titles["rows"][2]["$createdAt"], "pages" in titles["rows"][2]) == (None, False)
    assert ask("GET", ROWS, params={**waiting, "total": "0"})[2]["total"] == 0
    assert books.total() == 3


def test_many_rows_from_inside_a_transaction(ask, books, waiting):
    books.create("salt", pages=5)
    ask("POST", ROWS, json={"rows": [{"$id": "a", "title": "A"}, {"$id": "b", "title": "B"}], **waiting})
    ask("PUT", ROWS, json={"rows": [{"$id": "a", "title": "A2"}, {"$id": "c", "title": "C"}], **waiting})
    ask("PATCH", ROWS, json={"data": {"pages": 7}, "queries": [], **waiting})
    ask("DELETE", ROWS, json={"queries": ['{"method":"equal","attribute":"title","values":["B"]}'], **waiting})
    rows = ask("GET", ROWS, params=waiting)[2]["rows"]
    # Rows that no operation has named yet are changed by the commit.
    assert [(row["title"], row["pages"]) for row in rows] == [("Salt", 5), ("A2", 7), ("C", 7)]
    assert ask("GET", f"{ROWS}/b", params=waiting)[:2] == (404, "row_not_found")


def test_reading_in_a_transaction_that_is_none_is_plain_reading(ask, books, alice):
    books.create("salt")
    assert ask("GET", f"{ROWS}/salt", params={"transactionId": "nothing"})[0] == 200
    _, _, transaction = ask("POST", "/tablesdb/transactions", as_person(alice), json={})
    mine = {"transactionId": transaction["$id"]}
    assert ask("POST", ROWS, as_person(alice), json={"rowId": "a", "data": {"title": "A"}, **mine})[0] == 201
    assert ask("GET", f"{ROWS}/a", as_person(alice), params=mine)[0] == 200
    ask("PATCH", f"/tablesdb/transactions/{transaction['$id']}", as_person(alice), json={"rollback": True})
    assert ask("GET", f"{ROWS}/a", as_person(alice), params=mine)[:2] == (404, "row_not_found")


def test_whoever_may_not_read_a_row_stages_nothing_for_it(ask, server, alice):
    make_books(server, row_security=True)
    Books(server).create("salt", permissions=['update("users")', 'delete("users")'])
    _, _, transaction = ask("POST", "/tablesdb/transactions", as_person(alice), json={})
    inside = {"transactionId": transaction["$id"]}
    change = {"data": {"pages": 1}, **inside}
    assert ask("PATCH", f"{ROWS}/salt", as_person(alice), json=change)[:2] == (404, "row_not_found")
    assert ask("DELETE", f"{ROWS}/salt", as_person(alice), json=inside)[:2] == (404, "row_not_found")


# -- tables with columns and indexes in one go ------------------------------------------------------------------------

SHORT = {"key": "title", "type": "string", "size": 10}
NUMBER = {"key": "pages", "type": "integer"}


def create_table(ask: Ask, columns: Any, indexes: Any = ()) -> tuple[int, str]:
    ask("POST", "/tablesdb", json={"databaseId": "lib", "name": "Library"})
    body = {"tableId": "books", "name": "Books", "columns": list(columns), "indexes": list(indexes)}
    return ask("POST", "/tablesdb/lib/tables", json=body)[:2]


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
def test_whatever_is_wrong_with_inline_columns_is_an_invalid_argument(ask, columns):
    assert create_table(ask, columns) == (400, "general_argument_invalid")
    assert create_table(ask, [SHORT]) == (201, "")


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
def test_whatever_is_wrong_with_the_form_of_inline_indexes_is_an_invalid_argument(ask, indexes):
    assert create_table(ask, [SHORT], indexes) == (400, "general_argument_invalid")


def test_inline_indexes_may_leave_orders_and_lengths_open(ask):
    index = {
        "key": "i",
        "type": "key",
        "attributes": ["title", "pages"],
        "orders": ["DESC", None],
        "lengths": [5, None],
    }
    assert create_table(ask, [SHORT, NUMBER], [index]) == (201, "")


def test_an_inline_number_shows_the_range_it_was_given(ask, server):
    given = {"key": "stars", "type": "integer", "min": 0}
    assert create_table(ask, [NUMBER, given, {"key": "price", "type": "double"}]) == (201, "")
    columns = {column["key"]: column for column in ask("GET", "/tablesdb/lib/tables/books/columns")[2]["columns"]}
    assert (columns["stars"]["min"], columns["stars"]["max"]) == (0, 2**63 - 1)
    assert not {"min", "max"} & columns["pages"].keys()
    assert not {"min", "max"} & columns["price"].keys()
    rows = "/tablesdb/lib/tables/books/rows"
    assert ask("POST", rows, json={"rowId": "a", "data": {"pages": 2**31 - 1, "price": -1.5}})[0] == 201
    assert ask("POST", rows, json={"rowId": "b", "data": {"pages": 2**31}})[1] == "row_invalid_structure"


def test_indexes_may_leave_lengths_open_and_are_on_columns_by_their_keys(ask):
    assert create_table(ask, [SHORT, NUMBER]) == (201, "")
    path = "/tablesdb/lib/tables/books/indexes"
    index = {"key": "i", "type": "key", "columns": ["title", "pages"], "lengths": [None, None]}
    assert ask("POST", path, json=index)[0] == 202
    assert ask("POST", path, json={**index, "key": "j", "columns": ["no column"]})[1] == "general_argument_invalid"
    assert ask("POST", path, json={**index, "key": "j", "columns": ["$sequence"]})[1] == "general_argument_invalid"
    assert ask("POST", path, json={**index, "key": "j", "columns": ["$updatedAt"], "lengths": [None]})[0] == 202
    assert ask("POST", path, json={**index, "key": "k", "lengths": [-1, None]})[1] == "column_index_invalid"


def test_an_enum_loses_its_last_element_never(ask):
    assert create_table(ask, [{**SHORT, "format": "enum", "elements": ["a"]}]) == (201, "")
    path = "/tablesdb/lib/tables/books/columns/enum/title"
    change = {"required": False, "default": None, "elements": []}
    assert ask("PATCH", path, json=change)[:2] == (400, "column_value_invalid")


# -- other callers ----------------------------------------------------------------------------------------------------


def test_devices_are_for_people(ask):
    device = {"targetId": "unique()", "identifier": "token"}
    assert ask("POST", "/account/targets/push", json=device)[:2] == (401, "general_unauthorized_scope")
    for method in ("PUT", "DELETE"):
        answer = ask(method, "/account/targets/nosuch/push", json={"identifier": "token"})
        assert answer[:2] == (404, "user_target_not_found")


def test_the_stand_in_provider_wants_an_address_to_go_back_to(ask):
    assert ask("GET", "/mock/tests/general/oauth2", params={"redirect_uri": "http://["})[0] == 400


def test_one_may_delete_oneself(ask, alice, bob, users, refused):
    assert ask("DELETE", "/account", as_person(alice))[0] == 204
    with refused("user_not_found", 404):
        users.get("alice")
    assert ask("GET", "/account", as_person(alice))[:2] == (401, "general_unauthorized_scope")
    assert ask("DELETE", "/account")[:2] == (401, "general_unauthorized_scope")
    assert users.get("bob").id == "bob"


@pytest.mark.parametrize("length", ["many", "-5", "9" * 5000])
def test_a_body_whose_length_is_nonsense(emulator, length):
    host, port = emulator.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/users HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nX-Appwrite-Project: biso\r\n"
        connection.sendall(f"{head}X-Appwrite-Key: {KEY}\r\nContent-Type: application/json\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")


# -- at once ----------------------------------------------------------------------------------------------------------


def test_two_changes_of_one_user_at_once_are_both_kept(emulator, ask, alice):
    """The user was read before the request's turn to write came; what others wrote meanwhile may not be undone."""
    headers = as_person(alice)
    with ThreadPoolExecutor(4) as threads:
        for n in range(25):
            changes = [
                threads.submit(ask, "PATCH", "/account/name", headers, json={"name": f"Alice {n}"}),
                threads.submit(ask, "PATCH", "/account/prefs", headers, json={"prefs": {"n": n}}),
                threads.submit(ask, "PUT", "/users/alice/labels", json={"labels": [f"n{n}"]}),
            ]
            assert [change.result()[0] for change in changes] == [200] * 3
            _, _, account = ask("GET", "/account", headers)
            assert (account["name"], account["prefs"], account["labels"]) == (f"Alice {n}", {"n": n}, [f"n{n}"])


def test_nobody_comes_back_who_was_deleted_while_they_changed_something(emulator, ask, users):
    with ThreadPoolExecutor(4) as threads:
        for n in range(15):
            users.create(f"u{n}")
            headers = {"X-Appwrite-Project": "biso", "X-Appwrite-Session": users.create_session(f"u{n}").secret}
            changes = [
                threads.submit(ask, "PATCH", "/account/prefs", headers, json={"prefs": {"n": n}}),
                threads.submit(ask, "DELETE", f"/users/u{n}"),
                threads.submit(ask, "PATCH", "/account/name", headers, json={"name": "Back"}),
            ]
            assert all(change.result()[0] < 500 for change in changes)
    assert users.list().total == 0
