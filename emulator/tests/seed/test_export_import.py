"""Exporting a file, and importing it into a second emulator without losing or changing data."""

import json
from collections.abc import Callable
from typing import Any

import requests
from appwrite.enums.relationship_type import RelationshipType
from appwrite.enums.runtime import Runtime
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.functions import Functions
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, PASSWORD, SERVER, client, sign_in
from tests.seed.conftest import MARK, export, import_file

# -- round trips ------------------------------------------------------------------------------------------------------


def test_imported_export_is_exported_as_the_same_file(filled_emulator, fresh_emulator):
    file = export(filled_emulator)
    report = import_file(fresh_emulator, file, "replace")
    assert export(fresh_emulator) == file
    assert report["added"]["rows"] == 3
    assert report["notes"] == []


def test_imported_sessions_passwords_rows_files_and_teams_work(filled_emulator, fresh_emulator, alice, expect_error):
    import_file(fresh_emulator, export(filled_emulator), "replace")
    there = client(fresh_emulator, key=KEY)
    assert Account(client(fresh_emulator, session=alice.secret)).get().name == "Alice"
    assert (
        Account(client(fresh_emulator)).create_email_password_session("alice@example.com", PASSWORD).userid == "alice"
    )
    books = BooksTable(there)
    assert books.find(Query.search("body", "harb")) == ["pepper"]
    assert books.find(Query.order_desc("$createdAt")) == ["empty", "pepper", "salt"]
    assert [row.id for row in TablesDB(client(fresh_emulator)).list_rows("lib", "books").rows] == ["salt"]
    with expect_error("row_already_exists", 409):
        books.create("clash", slug="s")
    assert Storage(there).get_file_download("pictures", "words") == b"words"
    assert Teams(there).list_memberships("board").total == 2


def test_relationships_and_geometry_are_exported(emulator, server, fresh_emulator):
    tables = TablesDB(server)
    tables.create("lib", "Library")
    for table in ("authors", "books", "tags", "notes"):
        tables.create_table("lib", table, table.title())
        tables.create_varchar_column("lib", table, "name", 50, False)
    tables.create_point_column("lib", "authors", "home", False)
    many_to_one, one_to_many, many_to_many = (
        RelationshipType.MANYTOONE,
        RelationshipType.ONETOMANY,
        RelationshipType.MANYTOMANY,
    )
    tables.create_relationship_column("lib", "books", "authors", many_to_one, True, "author", "books")
    tables.create_relationship_column("lib", "books", "notes", one_to_many, False, "notes")
    tables.create_relationship_column("lib", "books", "tags", many_to_many, True, "tags", "books")
    tables.create_row("lib", "authors", "ada", {"name": "Ada", "home": [10.4, 63.4]})
    for note in ("n1", "n2"):
        tables.create_row("lib", "notes", note, {"name": note})
    for tag in ("sea", "salt"):
        tables.create_row("lib", "tags", tag, {"name": tag})
    tables.create_row(
        "lib", "books", "b", {"name": "B", "author": "ada", "notes": ["n2", "n1"], "tags": ["sea", "salt"]}
    )
    file = export(emulator)
    assert import_file(fresh_emulator, file, "replace")["notes"] == []
    assert export(fresh_emulator) == file
    everything = [Query.select(["*", "author.*", "notes.*", "tags.*"])]
    row = TablesDB(client(fresh_emulator, key=KEY)).get_row("lib", "books", "b", everything).data
    assert (row["author"]["name"], row["author"]["home"]) == ("Ada", [10.4, 63.4])
    assert sorted(note["$id"] for note in row["notes"]) == ["n1", "n2"]
    assert sorted(tag["$id"] for tag in row["tags"]) == ["salt", "sea"]


def test_topics_and_functions_are_exported_without_secrets(emulator, server, alice, fresh_emulator):
    messaging, functions = Messaging(server), Functions(server)
    messaging.create_sendgrid_provider("mail", "Mail", "real-api-key", from_email="a@example.com", enabled=True)
    messaging.create_topic("news", "News", ["users"])
    [target] = Users(server).list_targets("alice").targets
    messaging.create_subscriber("news", "alice-news", target.id)
    functions.create("hello", "Hello", Runtime.PYTHON_3_11)
    functions.create_variable("hello", "open", "OPEN", "shown", False)
    functions.create_variable("hello", "hidden", "HIDDEN", "real-secret", True)
    file = export(emulator)
    assert not {"real-api-key", "real-secret"} & set(file.split('"'))
    import_file(fresh_emulator, file, "replace")
    assert export(fresh_emulator) == file
    there = client(fresh_emulator, key=KEY)
    assert Messaging(there).get_topic("news").emailtotal == 1
    [provider] = Messaging(there).list_providers().providers
    assert (provider.enabled, provider.credentials) == (True, {"apiKey": ""})
    assert Functions(there).get_variable("hello", "open").value == "shown"


def test_two_sessions_of_one_user_are_both_exported(emulator, server, alice, fresh_emulator):
    sign_in(emulator, server, "alice")
    import_file(fresh_emulator, export(emulator), "replace")
    assert Users(client(fresh_emulator, key=KEY)).list_sessions("alice").total == 2


def test_value_that_no_longer_fits_its_column_is_imported_with_a_note(emulator, server, fresh_emulator):
    create_books_table(server)
    BooksTable(server).create("salt", state="out")
    TablesDB(server).update_enum_column("lib", "books", "state", ["draft"], False, "draft")
    file = export(emulator)
    [note] = import_file(fresh_emulator, file, "replace")["notes"]
    assert note.startswith("databases[0].tables[0].rows[0].state: ")
    assert export(fresh_emulator) == file


def test_export_contains_no_provider_secret(emulator, call_api, fresh_emulator):
    secrets = {
        "microsoft": {"applicationId": "app", "applicationSecret": "azure-secret", "tenant": "common"},
        "apple": {"serviceId": "app", "keyId": "key", "teamId": "team", "p8File": "apple-private-key"},
    }
    for name, fields in secrets.items():
        assert call_api("PATCH", f"/project/oauth2/{name}", json={"enabled": True, **fields})[0] == 200
    file = export(emulator)
    assert "azure-secret" not in file
    assert "apple-private-key" not in file
    import_file(fresh_emulator, file, "replace")
    assert export(fresh_emulator) == file
    [apple] = [each for each in json.loads(file)["project"]["oauth2Providers"] if each["name"] == "apple"]
    assert apple["settings"] == {"keyId": "key", "teamId": "team", "p8File": ""}


def test_unfinished_uploads_are_not_exported(emulator, server, call_api):
    Functions(server).create("app", "App", Runtime.PYTHON_3_11, entrypoint="main.py")
    headers = {**SERVER, "X-Appwrite-ID": "half", "Content-Range": "bytes 0-2/6000000"}
    files = {"code": ("code.tar.gz", b"abc")}
    path = "/functions/app/deployments"
    assert call_api("POST", path, headers, files=files, data={"activate": "true"})[2]["status"] == "waiting"
    assert json.loads(export(emulator))["functions"][0]["deployments"] == []


def test_every_model_is_exported_or_excluded_with_a_reason(run_in_emulator: Callable[[str], Any]):
    output = run_in_emulator(
        "from django.apps import apps; from appwrite_emulator.seed import model_tree;"
        "print(json.dumps([sorted(m.__name__ for m in apps.get_app_config('appwrite_emulator').get_models()),"
        " sorted(h.model.__name__ for h in model_tree.nodes()), sorted(model_tree.NOT_EXPORTED),"
        " [h.model.__name__ for h in model_tree.nodes() for f in h.model._meta.get_fields() if f.many_to_many]]))"
    )
    models, exported, left_out, many_to_many = output
    assert sorted(exported + left_out) == models
    assert many_to_many == []


def test_every_connection_registers_the_sql_functions_that_indexes_use(run_in_emulator: Callable[[str], Any]):
    words, distance = run_in_emulator(
        "from django.db import connection; connection.ensure_connection();"
        "print(json.dumps(connection.connection.execute("
        "\"SELECT words('the salt of a sea'), distance('[0, 0]', '[3, 4]', 0)\").fetchone()))"
    )
    assert (words, distance) == ("SALT SEA", 5.0)


# -- modes ------------------------------------------------------------------------------------------------------------


def test_importing_the_current_state_changes_nothing(filled_emulator):
    file = export(filled_emulator)
    report = import_file(filled_emulator, file, "merge")
    assert report["added"] == {}
    assert report["present"]["rows"] == 3
    assert export(filled_emulator) == file


def test_import_in_merge_mode_adds_missing_objects_and_keeps_existing_objects(filled_emulator, server):
    file = json.loads(export(filled_emulator))
    Users(server).update_name("bob", "Robert")
    Users(server).delete("carol")
    BooksTable(server).delete("salt")
    BooksTable(server).update("pepper", pages=99)
    report = import_file(filled_emulator, file, "merge")
    assert report["added"] == {"users": 1, "targets": 1, "rows": 1}
    assert Users(server).get("bob").name == "Robert"
    assert BooksTable(server).get("pepper").data["pages"] == 99
    assert BooksTable(server).get("salt").data["tags"] == ["a", "b"]


def test_import_in_replace_mode_removes_other_data_except_project_settings(filled_emulator, server):
    import_file(filled_emulator, MARK | {"users": [{"$id": "zoe", "name": "Zoe"}]}, "replace")
    assert [user.id for user in Users(server).list().users] == ["zoe"]
    assert TablesDB(server).list().total == 0
    assert "platforms" in export(filled_emulator)  # the import keeps project settings because the file contains none


def test_import_keeps_the_command_line_key(emulator):
    import_file(emulator, MARK | {"project": {"keys": []}}, "replace")
    assert Users(client(emulator, key=KEY)).list().total == 0


def test_import_keeps_the_project_id(emulator):
    report = import_file(emulator, MARK | {"project": {"$id": "elsewhere", "name": "Elsewhere"}})
    assert "is still default" in report["notes"][0]
    assert json.loads(export(emulator))["project"]["name"] == "Elsewhere"


def test_unknown_mode_is_rejected(emulator):
    response = requests.post(f"{emulator.origin}/_emulator/import?mode=overwrite", json=MARK, timeout=20)
    assert response.status_code == 400
    assert "merge or replace" in response.json()["message"]
