"""Usage statistics for users, files, functions and databases. The SDK has no methods for them."""

import pytest
from appwrite.input_file import InputFile
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB

from tests.conftest import GUEST, CallApi


@pytest.fixture
def usage(call_api: CallApi):
    def read(path: str, **params) -> dict:
        status, _, body = call_api("GET", path, params=params)
        assert status == 200
        return body

    return read


def test_users_and_sessions_are_counted_at_the_end_of_each_day(emulator, users, usage):
    users.create("ann", "ann@example.com")
    emulator.clock.advance(86_400)
    users.create("ben", "ben@example.com")
    users.create_session("ben")
    report = usage("/users/usage")
    assert (report["range"], report["usersTotal"], report["sessionsTotal"]) == ("30d", 2, 1)
    assert [day["value"] for day in report["users"]][-3:] == [0, 1, 2]
    assert len(usage("/users/usage", range="24h")["sessions"]) == 24


def test_files_are_counted_and_added_up(server, usage):
    storage = Storage(server)
    for bucket in ("papers", "photos"):
        storage.create_bucket(bucket, bucket)
        storage.create_file(bucket, "note", InputFile.from_bytes(b"read me", "note.txt", "text/plain"))
    everything, papers = usage("/storage/usage"), usage("/storage/papers/usage")
    assert (everything["bucketsTotal"], everything["filesTotal"], papers["filesTotal"]) == (2, 2, 1)
    assert everything["filesStorageTotal"] == 2 * papers["filesStorageTotal"] > 0
    assert papers["storage"][-1]["value"] == papers["filesStorageTotal"]


def test_tables_and_rows_are_counted_under_both_names(server, usage):
    tables = TablesDB(server)
    tables.create("library", "Library")
    tables.create_table("library", "books", "Books")
    tables.create_varchar_column("library", "books", "title", 100, False)
    tables.create_row("library", "books", "pan", {"title": "Pan"})
    for path in ("/tablesdb/usage", "/databases/usage"):
        assert usage(path)["databasesTotal"] == 1
    for path in ("/tablesdb/library/usage", "/databases/library/usage"):
        report = usage(path)
        assert (report["tablesTotal"], report["collectionsTotal"]) == (1, 1)
        assert (report["rowsTotal"], report["documentsTotal"], report["rows"][-1]["value"]) == (1, 1, 1)


def test_executions_are_counted_per_function(call_api: CallApi, usage):
    for name in ("hello", "other"):
        call_api("POST", "/functions", json={"functionId": name, "name": name, "runtime": "node-22"})
    assert usage("/functions/usage")["functionsTotal"] == 2
    assert usage("/functions/hello/usage")["executionsTotal"] == 0
    assert call_api("GET", "/functions/nothing/usage")[:2] == (404, "function_not_found")


@pytest.mark.parametrize("path", ["/users/usage", "/functions/usage", "/tablesdb/usage"])
def test_usage_requires_the_scope_of_its_service(call_api: CallApi, path):
    assert call_api("GET", path, GUEST)[:2] == (401, "general_unauthorized_scope")
