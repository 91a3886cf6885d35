"""Export and import: everything goes into one file and comes back, and what is wrong with a file is said in words."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from appwrite.enums.relationship_type import RelationshipType
from appwrite.enums.runtime import Runtime
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.account import Account
from appwrite.services.functions import Functions
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from PIL import Image

from appwrite_emulator.testing import Emulator
from tests.conftest import CALLBACK, KEY, PASSWORD, ROOT, client, sign_in
from tests.data import Books, make_books

MARK = {"format": "appwrite-emulator/1"}


def export(emulator: Emulator) -> str:
    answer = requests.get(f"{emulator.origin}/_emulator/export", timeout=20)
    answer.raise_for_status()
    return answer.text


def take(emulator: Emulator, file: Any, mode: str = "merge") -> dict[str, Any]:
    """The report of an import, or the refusal."""
    text = file if isinstance(file, str | bytes) else json.dumps(file)
    text = text.encode() if isinstance(text, str) else text
    answer = requests.post(f"{emulator.origin}/_emulator/import", params={"mode": mode}, data=text, timeout=60)
    assert answer.status_code in (200, 400), answer.text
    return answer.json()


@pytest.fixture(scope="module")
def other() -> Iterator[Emulator]:
    """A second emulator, to which things are taken."""
    with Emulator(key=KEY) as emulator:
        yield emulator


@pytest.fixture
def fresh(other: Emulator) -> Emulator:
    other.reset()
    return other


@pytest.fixture
def lived_in(emulator, server, guest, alice, bob) -> Emulator:
    """An emulator with something of everything in it."""
    users, storage, teams = Users(server), Storage(server), Teams(server)
    users.update_labels("alice", ["editor"])
    users.update_prefs("alice", {"language": "nb", "quote": "</script>'\"æøå"})
    users.create_bcrypt_user(
        "carol", "carol@example.com", "$2a$08$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"
    )
    users.create_target("bob", "phone", "sms", "+4712345678")
    Account(guest).create_magic_url_token("alice", "alice@example.com", CALLBACK)
    teams.create("board", "Board")
    teams.create_membership("board", ["owner"], user_id="alice", url=CALLBACK)
    teams.create_membership("board", ["guest"], user_id="bob", url=CALLBACK)
    make_books(server, permissions=[Permission.read(Role.users())], row_security=True)
    books = Books(server)
    books.create("salt", [Permission.read(Role.any())], slug="s", pages=3, price=1.5, lent=True, tags=["a", "b"])
    books.create("pepper", born="2020-02-03T04:05:06Z", body="harbour and sea", state="out")
    books.create("empty")
    storage.create_bucket("pictures", "Pictures", [Permission.read(Role.any())], file_security=True)
    written = io.BytesIO()
    Image.new("RGB", (8, 6), "navy").save(written, "PNG")
    file = InputFile.from_bytes(written.getvalue(), "navy.png")
    storage.create_file("pictures", "navy", file, [Permission.read(Role.users())])
    storage.create_file("pictures", "words", InputFile.from_bytes(b"words", "words.txt"))
    return emulator


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


def test_a_provider_keeps_its_secret_to_itself(emulator, server):
    requests.patch(
        f"{emulator.endpoint}/project/oauth2/microsoft",
        headers={"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY},
        json={"enabled": True, "applicationId": "app", "applicationSecret": "azure-secret", "tenant": "common"},
        timeout=20,
    ).raise_for_status()
    assert "azure-secret" not in export(emulator)


def test_a_seed_written_by_hand_says_little(emulator, server):
    file = MARK | {
        "databases": [
            {
                "$id": "lib",
                "name": "Library",
                "tables": [
                    {
                        "$id": "books",
                        "name": "Books",
                        "$permissions": ['read("any")', 'write("users")'],
                        "columns": [
                            {"key": "title", "type": "string", "size": 100, "required": True},
                            {"key": "contact", "type": "string", "format": "email"},
                            {"key": "pages", "type": "integer", "default": 7},
                        ],
                        "indexes": [{"key": "by_title", "type": "fulltext", "columns": ["title"]}],
                        "rows": [{"$id": "salt", "title": "Salt and sea"}],
                    }
                ],
            }
        ],
        "users": [{"$id": "ada", "email": "ada@example.com", "plainPassword": PASSWORD, "labels": ["editor"]}],
        "teams": [
            {"$id": "board", "name": "Board", "memberships": [{"userId": "ada", "roles": ["owner"], "confirm": True}]}
        ],
        "buckets": [
            {
                "$id": "b",
                "name": "B",
                "files": [{"$id": "f", "name": "Note.TXT", "content": base64.b64encode(b"hi").decode()}],
            }
        ],
    }
    take(emulator, file)
    assert Books(server).get("salt").data == {"title": "Salt and sea", "contact": None, "pages": 7}
    assert Books(server).find(Query.search("title", "sea")) == ["salt"]
    table = TablesDB(server).get_table("lib", "books")
    assert table.permissions == ['read("any")', 'create("users")', 'update("users")', 'delete("users")']
    ada = Account(client(emulator)).create_email_password_session("ada@example.com", PASSWORD)
    assert ada.userid == "ada"
    assert Users(server).list_targets("ada").targets[0].identifier == "ada@example.com"
    assert Teams(server).get("board").total == 1
    file = Storage(server).get_file("b", "f")
    assert (file.mimetype, file.sizeoriginal, file.signature) == ("text/plain", 2, "49f68a5c8493ec2c0bf489821c21fc3b")


def in_table(**table: Any) -> dict[str, Any]:
    return MARK | {"databases": [{"$id": "d", "name": "D", "tables": [{"$id": "t", "name": "T", **table}]}]}


T = "databases[0].tables[0]"
NO = {"userId": "no"}
GARBLED = {"$id": "f", "name": "f", "content": "?"}
RUN = {"$id": "f", "name": "F", "runtime": "python-3.11"}
TITLE = {"key": "title", "type": "string", "size": 10}
PAGES = {"key": "pages", "type": "integer"}
PRICE = {"key": "price", "type": "double"}
WRONG = [
    (b"{", "", "not valid JSON"),
    (b"[]", "", "must be a JSON object"),
    ({}, "format", "must be appwrite-emulator/1"),
    (MARK | {"people": []}, "people", "unknown key"),
    (MARK | {"users": {}}, "users", "a list"),
    (MARK | {"users": ["ada"]}, "users[0]", "an object"),
    (MARK | {"users": [{"name": "Ada"}]}, "users[0]", "$id is required"),
    (MARK | {"users": [{"$id": "-"}]}, "users[0].$id", "36 letters"),
    (MARK | {"users": [{"$id": "ada", "age": 36}]}, "users[0].age", "unknown key"),
    (MARK | {"users": [{"$id": "ada", "status": "on"}]}, "users[0].status", "true or false"),
    (MARK | {"users": [{"$id": "ada", "labels": [1]}]}, "users[0].labels[0]", "a string"),
    (MARK | {"users": [{"$id": "ada", "$createdAt": "yesterday-ish"}]}, "users[0].$createdAt", "a date and time"),
    (MARK | {"users": [{"$id": "ada"}, {"$id": "ADA"}]}, "users[1]", "twice"),
    (
        MARK | {"users": [{"$id": "ada", "email": "a@b.co"}, {"$id": "bo", "email": "a@b.co", "targets": []}]},
        "users[1]",
        "the same email",
    ),
    (
        MARK | {"teams": [{"$id": "t", "name": "", "memberships": [NO]}]},
        "teams[0].memberships[0].userId",
        "unknown user no",
    ),
    (MARK | {"project": {"sessionLimit": 2**70}}, "project.sessionLimit", "64-bit integer"),
    (MARK | {"project": {"sessionLimit": -1}}, "project.sessionLimit", "at least 0"),
    (MARK | {"buckets": [{"$id": "b", "name": "B", "files": [GARBLED]}]}, "buckets[0].files[0].content", "base64"),
    (in_table(**{"$permissions": ["all"]}), f"{T}.$permissions[0]", "must be a permission"),
    (in_table(columns=[{"key": 'a"b', "type": "boolean"}]), f"{T}.columns[0].key", "36 letters"),
    (in_table(columns=[{"key": "a", "type": "json"}]), f"{T}.columns[0].type", "unknown column type"),
    (in_table(columns=[{"key": "a", "type": ["string"]}]), f"{T}.columns[0].type", "a string"),
    (in_table(columns=[{"key": "a", "type": "string"}]), f"{T}.columns[0].size", "at least 1"),
    (in_table(columns=[TITLE | {"default": 1}]), f"{T}.columns[0].default", "must be a string"),
    (in_table(indexes=[{"key": "i", "type": "key", "columns": ["x"]}]), f"{T}.indexes[0].columns[0]", "no column x"),
    (in_table(rows=[{"title": "x"}]), f"{T}.rows[0].$id", "36 letters"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "title": 1}]), f"{T}.rows[0].title", "must be a string"),
    (in_table(columns=[PAGES], rows=[{"$id": "a", "pages": 2**70}]), f"{T}.rows[0].pages", "must be between"),
    (in_table(columns=[PRICE], rows=[{"$id": "a", "price": 10**400}]), f"{T}.rows[0].price", "too large"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "name": "x"}]), f"{T}.rows[0].name", "no such column"),
    (in_table(columns=[TITLE | {"required": True}], rows=[{"$id": "a"}]), f"{T}.rows[0]", "title is required"),
    (in_table(rows=[{"$id": "a"}, {"$id": "A"}]), f"{T}.rows[1].$id", "occurs twice"),
    (MARK | {"functions": [RUN | {"runtime": "cobol-85"}]}, "functions[0].runtime", "unknown runtime"),
    (MARK | {"functions": [RUN | {"specification": "huge"}]}, "functions[0].buildSpecification", "unknown build"),
    (MARK | {"functions": [RUN | {"timeout": 10**17}]}, "functions[0].timeout", "900 seconds"),
    ({"projectId": "p", "settings": "none"}, "settings", "an object"),
    ({"projectId": "p", "settings": {"auth": {"security": 1}}}, "settings.auth.security", "an object"),
    ({"projectId": "p", "settings": {"services": ["users"]}}, "settings.services", "an object"),
    (
        {"projectId": "p", "tables": [{"databaseId": "d", "columns": [{"key": []}]}]},
        "tables[0].columns[0].key",
        "a string",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "place", "words"), WRONG, ids=[words for _, _, words in WRONG])
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_taken(lived_in_once, file, place, words, mode):
    before = export(lived_in_once)
    refusal = take(lived_in_once, file, mode)
    assert (refusal["place"], words in refusal["message"]) == (place, True), refusal
    assert export(lived_in_once) == before


@pytest.fixture(scope="module")
def lived_in_once(appwrite_process: Emulator) -> Emulator:
    appwrite_process.reset()
    server = client(appwrite_process, key=KEY)
    Users(server).create("eve", email="eve@example.com")
    make_books(server)
    Books(server).create("salt")
    return appwrite_process


def test_an_unknown_mode_is_refused(emulator):
    answer = requests.post(f"{emulator.origin}/_emulator/import?mode=overwrite", json=MARK, timeout=20)
    assert answer.status_code == 400
    assert "merge or replace" in answer.json()["message"]


def test_a_value_that_fits_its_column_no_more_comes_along_and_is_noted(emulator, server, fresh):
    make_books(server)
    Books(server).create("salt", state="out")
    TablesDB(server).update_enum_column("lib", "books", "state", ["draft"], False, "draft")
    file = export(emulator)
    [note] = take(fresh, file, "replace")["notes"]
    assert note.startswith("databases[0].tables[0].rows[0].state: ")
    assert export(fresh) == file


def test_the_project_keeps_its_id(emulator):
    report = take(emulator, MARK | {"project": {"$id": "elsewhere", "name": "Elsewhere"}})
    assert "stays biso" in report["notes"][0]
    assert json.loads(export(emulator))["project"]["name"] == "Elsewhere"


PROJECT_FILE = {
    "projectId": "dev",
    "projectName": "Posts",
    "settings": {
        "services": {"account": True, "sites": False},
        "auth": {"methods": {"phone": True}, "security": {"sessionsLimit": 10, "duration": 31536000}},
    },
    "tablesDB": [{"$id": "app", "name": "App", "enabled": True}],
    "tables": [
        {
            "$id": "posts",
            "$permissions": ['read("any")', 'create("users")'],
            "databaseId": "app",
            "name": "Posts",
            "enabled": True,
            "rowSecurity": True,
            "columns": [
                {"key": "title", "type": "string", "required": True, "array": False, "size": 200, "default": None},
                {"key": "kind", "type": "string", "format": "enum", "elements": ["a", "b"], "default": "a"},
                {"key": "reply_to", "type": "string", "format": "email", "default": None, "required": False},
                {"key": "seen", "type": "integer", "min": -9223372036854776000, "max": 9223372036854776000},
                {"key": "price", "type": "double", "min": 0, "max": 10000000000000000000},
                {"key": "at", "type": "datetime", "format": "", "default": None},
            ],
            "indexes": [
                {"key": "by_kind", "type": "key", "status": "available", "columns": ["kind"], "orders": ["ASC"]}
            ],
        }
    ],
    "buckets": [
        {
            "$id": "covers",
            "permissions": ['read("any")'],
            "name": "Covers",
            "compression": "gzip",
            "maximumFileSize": 1000,
        }
    ],
    "teams": [{"$id": "board", "name": "Board"}],
    "sites": [{"$id": "web", "name": "Web"}],
}


def test_a_project_file_of_the_command_line_is_known_by_its_keys(emulator, server):
    report = take(emulator, PROJECT_FILE)
    table = TablesDB(server).get_table("app", "posts")
    assert (table.name, table.rowsecurity, len(table.columns), len(table.indexes)) == ("Posts", True, 6, 1)
    row = TablesDB(server).create_row("app", "posts", "a", {"title": "Hi", "seen": 2**62, "reply_to": "a@example.com"})
    assert row.data["kind"] == "a"
    bucket = Storage(server).get_bucket("covers")
    assert (bucket.compression, bucket.permissions) == ("gzip", ['read("any")'])
    assert Teams(server).get("board").name == "Board"
    exported = json.loads(export(emulator))["project"]
    assert (exported["name"], exported["sessionLimit"], exported["$id"]) == ("Posts", 10, "biso")
    assert any(note.startswith("sites: ignored") for note in report["notes"])
    assert any("sites stay enabled" in note for note in report["notes"])


def test_a_project_file_in_the_older_words_is_known_as_well(emulator, server):
    file = {
        "projectId": "dev",
        "databases": [{"$id": "app", "name": "App"}],
        "collections": [
            {
                "$id": "posts",
                "databaseId": "app",
                "name": "Posts",
                "documentSecurity": True,
                "attributes": [{"key": "title", "type": "string", "size": 20, "required": True}],
                "indexes": [{"key": "t", "type": "key", "attributes": ["title"], "orders": ["DESC"]}],
            }
        ],
    }
    take(emulator, file)
    table = TablesDB(server).get_table("app", "posts")
    assert (table.rowsecurity, [index.columns for index in table.indexes]) == (True, [["title"]])


def relationship(**fields: Any) -> dict[str, Any]:
    return {"type": "relationship", "required": False, "relationType": "oneToMany", "twoWay": True, **fields}


NAME = {"key": "name", "type": "string", "size": 50}


def test_both_sides_of_a_relationship_in_a_project_file_are_one(emulator, server):
    board = relationship(
        key="department", relatedTable="departments", twoWayKey="board", side="child", onDelete="setNull"
    )
    departments = relationship(
        key="board", relatedTable="board", twoWayKey="department", side="parent", onDelete="setNull"
    )
    gone = relationship(key="campus", relatedTable="campus", twoWayKey="x", side="parent")
    file = {
        "projectId": "dev",
        "tablesDB": [{"$id": "app", "name": "App"}],
        "tables": [
            {"$id": "board", "databaseId": "app", "name": "Board", "columns": [board]},
            {"$id": "departments", "databaseId": "app", "name": "Departments", "columns": [departments, gone, NAME]},
        ],
    }
    report = take(emulator, file)
    assert report["added"]["relationships"] == 1
    assert report["notes"] == ["tables[1].columns[1]: ignored; the file has no table app/campus."]
    tables = TablesDB(server)
    tables.create_row("app", "departments", "it", {"name": "IT"})
    tables.create_row("app", "board", "ada", {"department": "it"})
    row = tables.get_row("app", "departments", "it", [Query.select(["*", "board.*"])])
    assert [member["$id"] for member in row.data["board"]] == ["ada"]


def test_the_example_of_the_documentation_is_taken(emulator, server):
    text = (ROOT / "docs" / "seed-format.md").read_text()
    example = text.split("```json")[1].split("```")[0]
    assert take(emulator, example)["notes"] == []
    assert TablesDB(server).get_row("app", "posts", "first").data["status"] == "draft"
    assert Storage(server).get_file_download("covers", "note") == b"hello"


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


# -- the page ---------------------------------------------------------------------------------------------------------


def upload(emulator: Emulator, file: Any, mode: str = "merge") -> requests.Response:
    sent = {"file": ("seed.json", json.dumps(file).encode())}
    return requests.post(f"{emulator.origin}/_emulator/transfer/", files=sent, data={"mode": mode}, timeout=20)


def test_a_person_downloads_the_file_and_hands_one_in(emulator, server):
    shown = requests.get(f"{emulator.origin}/_emulator/transfer/", timeout=20).text
    assert 'href="/_emulator/export"' in shown
    answer = upload(emulator, MARK | {"users": [{"$id": "zoe", "name": "Zoe"}]})
    assert "seed.json is taken" in answer.text
    assert "users: 1 new" in answer.text
    assert Users(server).get("zoe").name == "Zoe"
    header = requests.get(f"{emulator.origin}/_emulator/export", timeout=20).headers["Content-Disposition"]
    assert header == 'attachment; filename="biso.seed.json"'


def test_a_person_is_told_what_is_wrong_with_the_file(emulator):
    answer = upload(emulator, MARK | {"users": [{"$id": "<b>"}]}, "replace")
    assert answer.status_code == 400
    assert "users[0].$id" in answer.text
    assert "Nothing has changed" in answer.text
    nothing = requests.post(f"{emulator.origin}/_emulator/transfer/", data={"mode": "merge"}, timeout=20)
    assert (nothing.status_code, "Choose a file" in nothing.text) == (400, True)


def test_another_website_cannot_hand_in_a_file(emulator):
    answer = requests.post(
        f"{emulator.origin}/_emulator/import", json=MARK, headers={"Origin": "https://evil.example"}, timeout=20
    )
    assert answer.status_code == 403


def test_two_sign_ins_of_one_user_stay_two(emulator, server, alice, fresh):
    sign_in(emulator, server, "alice")
    take(fresh, export(emulator), "replace")
    assert Users(client(fresh, key=KEY)).list_sessions("alice").total == 2
