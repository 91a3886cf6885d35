"""Logs of databases, tables and rows, and a table's usage. The SDK has no methods for these routes."""

import pytest
import requests
from appwrite.services.databases import Databases
from appwrite.services.tables_db import TablesDB

from appwrite_emulator.auth import user_agents
from tests.books import TABLE, BooksTable, create_books_table
from tests.conftest import KEY


def send_get(emulator, path, *, secret="", **query):
    """Send a GET request with the session secret `secret`, or with the API key if no secret is given."""
    headers = {"X-Appwrite-Session": secret} if secret else {"X-Appwrite-Key": KEY}
    headers["X-Appwrite-Project"] = "default"
    return requests.get(emulator.endpoint + path, headers=headers, params=query, timeout=20)


def events(emulator, path, **query):
    return [line["event"] for line in send_get(emulator, path, **query).json()["logs"]]


def test_list_row_logs(emulator, server, alice):
    create_books_table(server, permissions=['create("users")'], row_security=True)
    mine = BooksTable(alice.client)
    mine.create("salt")
    mine.update("salt", pages=5)
    mine.tables.increment_row_column("lib", "books", "salt", "pages")
    mine.upsert("salt", title="Salt")
    assert events(emulator, f"{TABLE}/rows/salt/logs") == ["row.upsert", "row.increment", "row.update"]
    first = send_get(emulator, f"{TABLE}/rows/salt/logs", **{"queries[]": '{"method":"limit","values":[1]}'}).json()
    assert (first["total"], len(first["logs"]), first["logs"][0]["userId"]) == (3, 1, "alice")


def test_list_table_logs(emulator, server):
    tables = create_books_table(server)
    BooksTable(server).create("salt")
    tables.create_boolean_column("lib", "books", "sold", required=False)
    tables.delete_column("lib", "books", "sold")
    tables.update_table("lib", "books", "Our books")
    BooksTable(server).delete("salt")
    seen = ["table.update", "column.delete", "column.create", "row.create", "table.create"]
    assert events(emulator, f"{TABLE}/logs") == seen


def test_list_database_logs(emulator, server):
    create_books_table(server).update("lib", "The library")
    assert events(emulator, "/tablesdb/lib/logs") == ["database.update", "database.create"]


def test_logs_require_a_key(emulator, server, alice):
    create_books_table(server, permissions=['read("users")'])
    BooksTable(server).create("salt")
    response = send_get(emulator, f"{TABLE}/rows/salt/logs", secret=alice.secret)
    assert (response.status_code, response.json()["type"]) == (404, "table_not_found")
    response = send_get(emulator, f"{TABLE}/logs", secret=alice.secret)
    assert (response.status_code, response.json()["type"]) == (401, "general_unauthorized_scope")


def test_row_with_a_user_id_column_is_not_in_the_log_of_that_user(emulator, server, alice):
    tables = TablesDB(server)
    tables.create("lib", "Library")
    tables.create_table("lib", "books", "Books", columns=[{"key": "userId", "type": "string", "size": 36}])
    tables.create_row("lib", "books", "salt", {"userId": "alice"})
    assert "row.create" not in events(emulator, "/users/alice/logs")
    assert send_get(emulator, f"{TABLE}/logs").json()["logs"][0]["userId"] == ""


def test_row_changes_are_in_the_log_of_their_author(emulator, server, alice):
    create_books_table(server, permissions=['create("users")'])
    BooksTable(alice.client).create("salt")
    assert events(emulator, "/users/alice/logs")[0] == "row.create"


def test_get_table_usage(emulator, server):
    create_books_table(server)
    BooksTable(server).create("salt")
    emulator.clock.advance(2 * 86400)
    BooksTable(server).create("wind")
    usage = send_get(emulator, f"{TABLE}/usage").json()
    assert (usage["range"], usage["rowsTotal"], len(usage["rows"])) == ("30d", 2, 30)
    assert [day["value"] for day in usage["rows"]][-4:] == [0, 1, 1, 2]
    assert len(send_get(emulator, f"{TABLE}/usage", range="24h").json()["rows"]) == 24
    assert send_get(emulator, f"{TABLE}/usage", range="1y").json()["type"] == "general_argument_invalid"


def test_logs_are_available_under_the_older_names(emulator, server, ignore_deprecations):
    create_books_table(server)
    older = Databases(server)
    older.create_document("lib", "books", "salt", {"title": "Salt"})
    older.update_document("lib", "books", "salt", {"title": "Salt again"})
    books = "/databases/lib/collections/books"
    assert events(emulator, f"{books}/documents/salt/logs") == ["document.update"]
    assert events(emulator, f"{books}/logs") == ["document.create"]
    usage = send_get(emulator, f"{books}/usage").json()
    assert (usage["documentsTotal"], usage["documents"][-1]["value"]) == (1, 1)


def test_write_does_not_parse_the_clients_user_agent(call_api, monkeypatch):
    monkeypatch.setattr(user_agents, "describe", lambda user_agent: pytest.fail(user_agent))
    assert call_api("POST", "/tablesdb", json={"databaseId": "app", "name": "App"})[0] == 201


def test_row_log_shows_the_client(emulator, server):
    create_books_table(server)
    headers = {"X-Appwrite-Key": KEY, "X-Appwrite-Project": "default", "User-Agent": "Mozilla/5.0 Firefox/128.0"}
    body = {"rowId": "salt", "data": {"title": "Salt"}}
    requests.post(f"{emulator.endpoint}{TABLE}/rows", json=body, headers=headers, timeout=20)
    assert send_get(emulator, f"{TABLE}/logs").json()["logs"][0]["clientName"] == "Firefox"
