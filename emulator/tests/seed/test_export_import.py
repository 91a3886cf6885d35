"""Export and import: what an emulator exports, another one imports unchanged."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
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

from tests.conftest import KEY, PASSWORD, ROOT, client, sign_in
from tests.data import Books, make_books
from tests.seed.conftest import MARK, export, take

# -- round trips ------------------------------------------------------------------------------------------------------


def test_an_export_taken_to_a_fresh_emulator_is_exported_as_the_same_file(lived_in, fresh):
    file = export(lived_in)
    report = take(fresh, file, "replace")
    assert export(fresh) == file
    assert report["added"]["rows"] == 3
    assert report["notes"] == []


def test_what_was_taken_there_works_as_it_did(lived_in, fresh, alice, refused):
    take(fresh, export(lived_in), "replace")
    there = client(fresh, key=KEY)
    assert Account(client(fresh, session=alice.secret)).get().name == "Alice"
    assert Account(client(fresh)).create_email_password_session("alice@example.com", PASSWORD).userid == "alice"
    books = Books(there)
    assert books.find(Query.search("body", "harb")) == ["pepper"]
    assert books.find(Query.order_desc("$createdAt")) == ["empty", "pepper", "salt"]
    assert [row.id for row in TablesDB(client(fresh)).list_rows("lib", "books").rows] == ["salt"]
    with refused("row_already_exists", 409):
        books.create("clash", slug="s")
    assert Storage(there).get_file_download("pictures", "words") == b"words"
    assert Teams(there).list_memberships("board").total == 2


def test_relationships_and_shapes_come_along(emulator, server, fresh):
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
    assert take(fresh, file, "replace")["notes"] == []
    assert export(fresh) == file
    everything = [Query.select(["*", "author.*", "notes.*", "tags.*"])]
    row = TablesDB(client(fresh, key=KEY)).get_row("lib", "books", "b", everything).data
    assert (row["author"]["name"], row["author"]["home"]) == ("Ada", [10.4, 63.4])
    assert sorted(note["$id"] for note in row["notes"]) == ["n1", "n2"]
    assert sorted(tag["$id"] for tag in row["tags"]) == ["salt", "sea"]


def test_topics_and_functions_come_along_and_real_secrets_stay(emulator, server, alice, fresh):
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
    take(fresh, file, "replace")
    assert export(fresh) == file
    there = client(fresh, key=KEY)
    assert Messaging(there).get_topic("news").emailtotal == 1
    assert Functions(there).get_variable("hello", "open").value == "shown"


def test_two_sign_ins_of_one_user_stay_two(emulator, server, alice, fresh):
    sign_in(emulator, server, "alice")
    take(fresh, export(emulator), "replace")
    assert Users(client(fresh, key=KEY)).list_sessions("alice").total == 2


def test_a_value_that_fits_its_column_no_more_comes_along_and_is_noted(emulator, server, fresh):
    make_books(server)
    Books(server).create("salt", state="out")
    TablesDB(server).update_enum_column("lib", "books", "state", ["draft"], False, "draft")
    file = export(emulator)
    [note] = take(fresh, file, "replace")["notes"]
    assert note.startswith("databases[0].tables[0].rows[0].state: ")
    assert export(fresh) == file


def test_a_provider_keeps_its_secret_to_itself(emulator, server):
    requests.patch(
        f"{emulator.endpoint}/project/oauth2/microsoft",
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY},
        json={"enabled": True, "applicationId": "app", "applicationSecret": "azure-secret", "tenant": "common"},
        timeout=20,
    ).raise_for_status()
    assert "azure-secret" not in export(emulator)


@pytest.fixture
def django_of_the_emulator() -> Callable[[str], Any]:
    """What a line of Python prints as JSON under the emulator's own settings, in a process of its own."""

    def run(line: str) -> Any:
        code = f"import json, django; django.setup(); {line}"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    return run


def test_every_model_is_in_the_file_or_its_absence_has_a_reason(django_of_the_emulator: Callable[[str], Any]):
    said = django_of_the_emulator(
        "from django.apps import apps; from appwrite_emulator.seed import model_tree;"
        "print(json.dumps([sorted(m.__name__ for m in apps.get_app_config('appwrite_emulator').get_models()),"
        " sorted(h.model.__name__ for h in model_tree.nodes()), sorted(model_tree.NOT_EXPORTED),"
        " [h.model.__name__ for h in model_tree.nodes() for f in h.model._meta.get_fields() if f.many_to_many]]))"
    )
    models, exported, left_out, many_to_many = said
    assert sorted(exported + left_out) == models
    assert many_to_many == []


# -- modes ------------------------------------------------------------------------------------------------------------


def test_the_file_of_before_can_be_taken_again_and_changes_nothing(lived_in):
    file = export(lived_in)
    report = take(lived_in, file, "merge")
    assert report["added"] == {}
    assert report["present"]["rows"] == 3
    assert export(lived_in) == file


def test_merging_adds_what_is_missing_and_leaves_what_is_there(lived_in, server):
    file = json.loads(export(lived_in))
    Users(server).update_name("bob", "Robert")
    Users(server).delete("carol")
    Books(server).delete("salt")
    Books(server).update("pepper", pages=99)
    report = take(lived_in, file, "merge")
    assert report["added"] == {"users": 1, "targets": 1, "rows": 1}
    assert Users(server).get("bob").name == "Robert"
    assert Books(server).get("pepper").data["pages"] == 99
    assert Books(server).get("salt").data["tags"] == ["a", "b"]


def test_replacing_lets_what_the_file_holds_be_all_there_is(lived_in, server):
    take(lived_in, MARK | {"users": [{"$id": "zoe", "name": "Zoe"}]}, "replace")
    assert [user.id for user in Users(server).list().users] == ["zoe"]
    assert TablesDB(server).list().total == 0
    assert "platforms" in export(lived_in)  # the file says nothing of the project, which stays


def test_the_key_of_the_command_line_outlives_an_import(emulator):
    take(emulator, MARK | {"project": {"keys": []}}, "replace")
    assert Users(client(emulator, key=KEY)).list().total == 0


def test_the_project_keeps_its_id(emulator):
    report = take(emulator, MARK | {"project": {"$id": "elsewhere", "name": "Elsewhere"}})
    assert "stays biso" in report["notes"][0]
    assert json.loads(export(emulator))["project"]["name"] == "Elsewhere"


def test_an_unknown_mode_is_refused(emulator):
    answer = requests.post(f"{emulator.origin}/_emulator/import?mode=overwrite", json=MARK, timeout=20)
    assert answer.status_code == 400
    assert "merge or replace" in answer.json()["message"]
