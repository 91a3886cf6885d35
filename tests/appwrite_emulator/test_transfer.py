"""Export and import: everything goes into one file and comes back, and what is wrong with a file is said in words."""

import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.account import Account
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from PIL import Image

from tests.appwrite_emulator.conftest import CALLBACK, KEY, PASSWORD, client, sign_in
from tests.appwrite_emulator.data import Books, make_books
from tests.conftest import KEY as KEY_WITH_ALL
from tests.emulator import Emulator

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
    assert Users(client(emulator, key=KEY_WITH_ALL)).list().total == 0


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
TITLE = {"key": "title", "type": "string", "size": 10}
WRONG = [
    (b"{", "", "no JSON"),
    (b"[]", "", "a seed is an object"),
    ({}, "format", "begins with its format"),
    (MARK | {"people": []}, "people", "no such part"),
    (MARK | {"users": {}}, "users", "a list"),
    (MARK | {"users": ["ada"]}, "users[0]", "an object"),
    (MARK | {"users": [{"name": "Ada"}]}, "users[0]", "$id is missing"),
    (MARK | {"users": [{"$id": "-"}]}, "users[0].$id", "36 letters"),
    (MARK | {"users": [{"$id": "ada", "age": 36}]}, "users[0].age", "no such thing"),
    (MARK | {"users": [{"$id": "ada", "status": "on"}]}, "users[0].status", "true or false"),
    (MARK | {"users": [{"$id": "ada", "labels": [1]}]}, "users[0].labels[0]", "a text"),
    (MARK | {"users": [{"$id": "ada", "$createdAt": "yesterday-ish"}]}, "users[0].$createdAt", "a time"),
    (MARK | {"users": [{"$id": "ada"}, {"$id": "ADA"}]}, "users[1]", "twice"),
    (
        MARK | {"users": [{"$id": "ada", "email": "a@b.co"}, {"$id": "bo", "email": "a@b.co", "targets": []}]},
        "users[1]",
        "the same email",
    ),
    (MARK | {"teams": [{"$id": "t", "name": "", "memberships": [NO]}]}, "teams[0].memberships[0].userId", "no user no"),
    (MARK | {"project": {"sessionLimit": 2**70}}, "project.sessionLimit", "64 bits"),
    (MARK | {"buckets": [{"$id": "b", "name": "B", "files": [GARBLED]}]}, "buckets[0].files[0].content", "base64"),
    (in_table(**{"$permissions": ["all"]}), f"{T}.$permissions[0]", "no permission"),
    (in_table(columns=[{"key": 'a"b', "type": "boolean"}]), f"{T}.columns[0].key", "36 letters"),
    (in_table(columns=[{"key": "a", "type": "json"}]), f"{T}.columns[0].type", "no column of the type"),
    (in_table(columns=[{"key": "a", "type": "string"}]), f"{T}.columns[0].size", "has a size"),
    (in_table(columns=[TITLE | {"default": 1}]), f"{T}.columns[0].default", "must be a text"),
    (in_table(indexes=[{"key": "i", "type": "key", "columns": ["x"]}]), f"{T}.indexes[0].columns[0]", "no column x"),
    (in_table(rows=[{"title": "x"}]), f"{T}.rows[0].$id", "a row has an id"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "title": 1}]), f"{T}.rows[0].title", "must be a text"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "name": "x"}]), f"{T}.rows[0].name", "no such column"),
    (in_table(columns=[TITLE | {"required": True}], rows=[{"$id": "a"}]), f"{T}.rows[0]", "title is required"),
    (in_table(rows=[{"$id": "a"}, {"$id": "A"}]), f"{T}.rows[1].$id", "another row"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "place", "words"), WRONG, ids=[words for _, _, words in WRONG])
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_taken(lived_in_once, file, place, words, mode):
    before = export(lived_in_once)
    refusal = take(lived_in_once, file, mode)
    assert (refusal["place"], words in refusal["message"]) == (place, True), refusal
    assert export(lived_in_once) == before


@pytest.fixture(scope="module")
def lived_in_once(running: Emulator) -> Emulator:
    running.reset()
    server = client(running, key=KEY)
    Users(server).create("eve", email="eve@example.com")
    make_books(server)
    Books(server).create("salt")
    return running


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
        {"$id": "covers", "$permissions": [], "name": "Covers", "compression": "gzip", "maximumFileSize": 1000}
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
    assert Storage(server).get_bucket("covers").compression == "gzip"
    assert Teams(server).get("board").name == "Board"
    exported = json.loads(export(emulator))["project"]
    assert (exported["name"], exported["sessionLimit"], exported["$id"]) == ("Posts", 10, "biso")
    assert any(note.startswith("sites: left out") for note in report["notes"])
    assert any("sites stay on" in note for note in report["notes"])


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


def test_every_model_is_in_the_file_or_its_absence_has_a_reason(django_of_the_emulator: Callable[[str], Any]):
    said = django_of_the_emulator(
        "from django.apps import apps; from appwrite_emulator.transfer import tree;"
        "print(json.dumps([sorted(m.__name__ for m in apps.get_app_config('appwrite_emulator').get_models()),"
        " sorted(h.model.__name__ for h in tree.homes()), sorted(tree.NOT_EXPORTED),"
        " [h.model.__name__ for h in tree.homes() for f in h.model._meta.get_fields() if f.many_to_many]]))"
    )
    models, exported, left_out, many_to_many = said
    assert sorted(exported + left_out) == models
    assert many_to_many == []


@pytest.fixture
def django_of_the_emulator() -> Callable[[str], Any]:
    """What a line of Python prints as JSON under the emulator's own settings, in a process of its own."""
    import os
    import subprocess
    import sys

    from tests.emulator import ROOT

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
