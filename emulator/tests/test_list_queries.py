"""Filtering, sorting and searching lists. Each list allows the same attributes as in Appwrite 1.9.6."""

import json
from itertools import cycle

import pytest
from appwrite.client import Client

from tests.books import TABLE, BooksTable, create_books_table
from tests.conftest import INVALID, CallApi, session_headers
from tests.list_attributes import ALLOWED, COLUMNS, INDEXES, SYSTEM
from tests.queries import json_query, query_params

# The real server allows these attributes. The emulator rejects them because it does not store them.
NOT_STORED = {
    "/tokens/buckets/x/files/x": {"$updatedAt"},
    **{path: {"$id"} for path, names in ALLOWED.items() if names in (COLUMNS, INDEXES)},
}


# Attribute names from other lists, and names that occur only in responses.
ELSEWHERE = {name for names in ALLOWED.values() for name in names.split()} | {
    *("accessedAt", "prefs", "mfa", "hash", "password", "targets", "search", "$permissions", "allowedFileExtensions"),
    *("compression", "rowSecurity", "databaseId", "userName", "userEmail", "teamName", "secret", "expire", "events"),
    *("execute", "vars", "live", "logging", "value", "data", "topics", "users", "subscribe", "credentials", "options"),
    *("orders", "lengths", "columns", "default", "format", "operations", "bucketId", "resourceType", "folder", "url"),
}


# Activity logs accept only the queries `limit` and `offset`.
PAGED_ONLY = ("/account/logs", "/users/x/logs", "/teams/x/logs", "/tablesdb/x/logs", "/tablesdb/x/tables/x/logs")


def allowed_attributes(path: str) -> set[str]:
    return {*SYSTEM, *ALLOWED[path].split()} - NOT_STORED.get(path, set())


# -- allowed attributes -----------------------------------------------------------------------------------------------


def others(allowed: set[str]) -> list[str]:
    return sorted({*ELSEWHERE, *SYSTEM} - allowed)


def assert_allowed(call_api: CallApi, path: str, method: str, attributes: set[str]) -> None:
    """Check that the list accepts queries for all attributes. Allow 404, because the list's parent may not exist."""
    queries = [json.dumps({"method": method, "attribute": name}) for name in sorted(attributes)]
    status, _, body = call_api("GET", path, params={f"queries[{n}]": query for n, query in enumerate(queries)})
    assert status in (200, 404), body


# Each test tries half of the attributes that a list must reject. `make test COVER=1` tries both halves.
@pytest.mark.parametrize("half", [0, pytest.param(1, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("path", ALLOWED)
def test_lists_sort_only_by_attributes_that_the_real_server_allows(call_api, path, half):
    allowed = allowed_attributes(path)
    for method in ("orderAsc", "orderDesc"):
        assert_allowed(call_api, path, method, allowed)
    for name, method in zip(others(allowed)[half::2], cycle(["orderAsc", "orderDesc"]), strict=False):
        query = json.dumps({"method": method, "attribute": name})
        assert call_api("GET", path, params={"queries[0]": query})[:2] == INVALID, (method, name)


@pytest.mark.parametrize("half", [1, pytest.param(0, marks=pytest.mark.thorough)])
@pytest.mark.parametrize("path", ALLOWED)
def test_lists_filter_only_by_attributes_that_the_real_server_allows(call_api, path, half):
    allowed = allowed_attributes(path)
    assert_allowed(call_api, path, "isNull", allowed)
    for name in others(allowed)[half::2]:
        query = json.dumps({"method": "isNull", "attribute": name})
        assert call_api("GET", path, params={"queries[0]": query})[:2] == INVALID, name


@pytest.mark.parametrize("path", PAGED_ONLY)
@pytest.mark.parametrize("query", [{"method": "orderAsc", "attribute": "$id"}, {"method": "equal", "attribute": "$id"}])
def test_logs_accept_only_limit_and_offset(call_api, alice, path, query):
    headers = session_headers(alice) if "account" in path else None
    status, type, _ = call_api("GET", path, headers=headers, params={"queries[0]": json.dumps(query)})
    assert (status, type) == (400, "general_argument_invalid")


@pytest.fixture
def books(server: Client) -> BooksTable:
    create_books_table(server)
    return BooksTable(server)


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
def test_allowed_attributes_can_be_queried(call_api, books, path, attribute, value, total):
    status, _, page = call_api("GET", path, params=query_params("equal", attribute, value))
    assert (status, page["total"]) == (200, total)


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
def test_other_attributes_cannot_be_queried(call_api, books, path, attribute, value):
    assert call_api("GET", path, params=query_params("equal", attribute, value))[:2] == (
        400,
        "general_argument_invalid",
    )


# -- other queries ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/tablesdb", "/tablesdb/lib/tables", "/storage/buckets", "/users", "/teams"])
def test_search_in_an_attribute_is_rejected(call_api, books, path):
    assert call_api("GET", path, params=query_params("search", "name", "lib"))[:2] == (400, "general_query_invalid")
    assert call_api("GET", path, params=query_params("search", "name", 5))[:2] == (400, "general_argument_invalid")


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
def test_queries_are_validated_before_the_parent_is_looked_up(call_api, path):
    assert call_api("GET", path, params=BROKEN)[:2] == (400, "general_argument_invalid")
    assert call_api("GET", path)[0] == 404


@pytest.mark.parametrize(
    "path", ["/users", "/teams", "/storage/buckets", "/tablesdb", "/users/identities", "/tablesdb/lib/tables"]
)
def test_select_is_rejected(call_api, books, path):
    select = {"queries[0]": '{"method":"select","values":["$id"]}'}
    assert call_api("GET", path, params=select)[:2] == (400, "general_argument_invalid")


LISTS = ["/messaging/topics", "/messaging/messages", "/messaging/providers", "/users", "/teams", "/functions"]


@pytest.mark.parametrize("path", LISTS)
def test_lists_can_be_sorted_by_sequence(call_api: CallApi, path: str) -> None:
    assert call_api("GET", path, params={"queries[0]": json_query("orderDesc", "$sequence")})[0] == 200
    assert call_api("GET", path, params={"queries[0]": json_query("equal", "$sequence", "first")})[:2] == INVALID


# -- search -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", LISTS)
def test_search_must_have_1_to_256_characters(call_api: CallApi, path: str) -> None:
    assert call_api("GET", path, params={"search": "s" * 256})[0] == 200
    assert call_api("GET", path, params={"search": ""})[:2] == INVALID
    assert call_api("GET", path, params={"search": "s" * 257})[:2] == INVALID
