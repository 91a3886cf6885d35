"""Each list can be filtered and sorted by the attributes that Appwrite 1.9.6 allows, and by no others."""

import json

import pytest
from appwrite.query import Query
from appwrite.services.account import Account

from tests.conftest import client
from tests.list_attributes import ALLOWED, COLUMNS, INDEXES, SYSTEM

# Allowed there, refused here: the emulator does not store them.
NOT_STORED = {
    "/tokens/buckets/x/files/x": {"$updatedAt"},
    **{path: {"$id"} for path, names in ALLOWED.items() if names in (COLUMNS, INDEXES)},
}
# Names that answers show, or that can be asked about elsewhere.
ELSEWHERE = {name for names in ALLOWED.values() for name in names.split()} | {
    *("accessedAt", "prefs", "mfa", "hash", "password", "targets", "search", "$permissions", "allowedFileExtensions"),
    *("compression", "rowSecurity", "databaseId", "userName", "userEmail", "teamName", "secret", "expire", "events"),
    *("execute", "vars", "live", "logging", "value", "data", "topics", "users", "subscribe", "credentials", "options"),
    *("orders", "lengths", "columns", "default", "format", "operations", "bucketId", "resourceType", "folder", "url"),
}
# Activity logs and the like take `limit` and `offset` only.
PAGED_ONLY = ("/account/logs", "/users/x/logs", "/teams/x/logs", "/tablesdb/x/logs", "/tablesdb/x/tables/x/logs")


def allowed_attributes(path: str) -> set[str]:
    return {*SYSTEM, *ALLOWED[path].split()} - NOT_STORED.get(path, set())


@pytest.mark.parametrize("path", ALLOWED)
def test_lists_can_be_sorted_by_the_attributes_of_the_real_server_only(ask, path):
    allowed = allowed_attributes(path)
    for name in sorted({*allowed, *ELSEWHERE, *SYSTEM}):
        for method in ("orderAsc", "orderDesc"):
            query = json.dumps({"method": method, "attribute": name})
            status, type, _ = ask("GET", path, params={"queries[0]": query})
            if name in allowed:
                assert status in (200, 404), (method, name, type)  # 404: the parent does not exist
            else:
                assert (status, type) == (400, "general_argument_invalid"), (method, name)


@pytest.mark.parametrize("path", ALLOWED)
def test_lists_can_be_filtered_by_the_attributes_of_the_real_server_only(ask, path):
    allowed = allowed_attributes(path)
    for name in sorted({*allowed, *ELSEWHERE, *SYSTEM}):
        status, type, _ = ask("GET", path, params={"queries[0]": json.dumps({"method": "isNull", "attribute": name})})
        assert status in (200, 404) if name in allowed else (status, type) == (400, "general_argument_invalid"), name


@pytest.mark.parametrize("path", PAGED_ONLY)
@pytest.mark.parametrize("query", [{"method": "orderAsc", "attribute": "$id"}, {"method": "equal", "attribute": "$id"}])
def test_logs_can_only_be_paged(ask, alice, path, query):
    headers = {"X-Appwrite-Project": "biso", "X-Appwrite-Session": alice.secret} if "account" in path else None
    status, type, _ = ask("GET", path, headers=headers, params={"queries[0]": json.dumps(query)})
    assert (status, type) == (400, "general_argument_invalid")


@pytest.mark.parametrize("visit", ["session", "link", "first request"])
def test_signing_in_and_a_first_visit_change_the_time_of_the_last_update(emulator, users, server, visit):
    for name in ("ada", "mikkel"):
        users.create(name, email=f"{name}@example.com")
    emulator.clock.advance(60)
    if visit == "session":
        users.create_session("ada")
    elif visit == "link":
        Account(server).create_session("ada", users.create_token("ada").secret)
    else:
        Account(client(emulator, jwt=users.create_jwt("ada").jwt)).get()
    ada, mikkel = users.get("ada"), users.get("mikkel")
    assert ada.updatedat > ada.createdat
    assert mikkel.updatedat == mikkel.createdat
    assert [user.id for user in users.list([Query.order_desc("$updatedAt")]).users] == ["ada", "mikkel"]
