"""Seed files: short handwritten files, the documented example, and errors that state their location."""

import base64
from typing import Any

import pytest
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, PASSWORD, ROOT, client
from tests.seed.conftest import MARK, export, import_file


def test_handwritten_seed_can_omit_defaults(emulator, server):
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
    import_file(emulator, file)
    assert BooksTable(server).get("salt").data == {"title": "Salt and sea", "contact": None, "pages": 7}
    assert BooksTable(server).find(Query.search("title", "sea")) == ["salt"]
    table = TablesDB(server).get_table("lib", "books")
    assert table.permissions == ['read("any")', 'create("users")', 'update("users")', 'delete("users")']
    ada = Account(client(emulator)).create_email_password_session("ada@example.com", PASSWORD)
    assert ada.userid == "ada"
    assert Users(server).list_targets("ada").targets[0].identifier == "ada@example.com"
    assert Teams(server).get("board").total == 1
    file = Storage(server).get_file("b", "f")
    assert (file.mimetype, file.sizeoriginal, file.signature) == ("text/plain", 2, "49f68a5c8493ec2c0bf489821c21fc3b")


def test_documented_example_can_be_imported(emulator, server):
    text = (ROOT / "docs" / "seed-format.md").read_text()
    example = text.split("```json")[1].split("```")[0]
    assert import_file(emulator, example)["notes"] == []
    assert TablesDB(server).get_row("app", "posts", "first").data["status"] == "draft"
    assert Storage(server).get_file_download("covers", "note") == b"hello"


# -- errors -----------------------------------------------------------------------------------------------------------


def in_table(**table: Any) -> dict[str, Any]:
    return MARK | {"databases": [{"$id": "d", "name": "D", "tables": [{"$id": "t", "name": "T", **table}]}]}


T = "databases[0].tables[0]"


NO = {"userId": "no"}


GARBLED = {"$id": "f", "name": "f", "content": "?"}


RUN = {"$id": "f", "name": "F", "runtime": "python-3.11"}


TITLE = {"key": "title", "type": "string", "size": 10}


PAGES = {"key": "pages", "type": "integer"}


PRICE = {"key": "price", "type": "double"}


TEMPLATE = {"templateId": "recovery", "locale": "en", "subject": "Reset", "message": "Hello"}


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
    (MARK | {"teams": [{"$id": "t", "name": "T", "prefs": {"a": 10**400}}]}, "teams[0].prefs", "too large"),
    (MARK | {"teams": [{"$id": "t", "name": "T", "prefs": {"0": "x"}}]}, "teams[0].prefs", "keys 0, 1, 2"),
    (MARK | {"project": {"sessionLimit": 2**70}}, "project.sessionLimit", "64-bit integer"),
    (MARK | {"project": {"sessionLimit": -1}}, "project.sessionLimit", "at least 0"),
    (MARK | {"buckets": [{"$id": "b", "name": "B", "files": [GARBLED]}]}, "buckets[0].files[0].content", "base64"),
    (in_table(**{"$permissions": ["all"]}), f"{T}.$permissions[0]", "must be a permission"),
    (in_table(columns=[{"key": 'a"b', "type": "boolean"}]), f"{T}.columns[0].key", "36 letters"),
    (in_table(columns=[{"key": "a", "type": "json"}]), f"{T}.columns[0].type", "unknown column type"),
    (in_table(columns=[{"key": "a", "type": ["string"]}]), f"{T}.columns[0].type", "a string"),
    (in_table(columns=[{"key": "a", "type": "string"}]), f"{T}.columns[0].size", "at least 1"),
    (in_table(columns=[TITLE | {"default": 1}]), f"{T}.columns[0].default", "must be a valid string"),
    (in_table(indexes=[{"key": "i", "type": "key", "columns": ["x"]}]), f"{T}.indexes[0].columns[0]", "no column x"),
    (in_table(rows=[{"title": "x"}]), f"{T}.rows[0].$id", "36 letters"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "title": 1}]), f"{T}.rows[0].title", "must be a valid string"),
    (in_table(columns=[PAGES], rows=[{"$id": "a", "pages": 2**70}]), f"{T}.rows[0].pages", "valid range between"),
    (in_table(columns=[PRICE], rows=[{"$id": "a", "price": 10**400}]), f"{T}.rows[0].price", "too large"),
    (in_table(columns=[TITLE], rows=[{"$id": "a", "name": "x"}]), f"{T}.rows[0].name", "no such column"),
    (in_table(columns=[TITLE | {"required": True}], rows=[{"$id": "a"}]), f"{T}.rows[0]", "title is required"),
    (in_table(rows=[{"$id": "a"}, {"$id": "A"}]), f"{T}.rows[1].$id", "occurs twice"),
    (MARK | {"functions": [RUN | {"runtime": "cobol-85"}]}, "functions[0].runtime", "unknown runtime"),
    (MARK | {"functions": [RUN | {"specification": "huge"}]}, "functions[0].buildSpecification", "unknown build"),
    (MARK | {"functions": [RUN | {"timeout": 10**17}]}, "functions[0].timeout", "900 seconds"),
    (MARK | {"project": {"smtpSenderEmail": "nobody"}}, "project.smtpSenderEmail", "an e-mail address"),
    (MARK | {"project": {"smtpSecure": "no"}}, "project.smtpSecure", "unknown smtp secure"),
    (
        MARK | {"project": {"emailTemplates": [TEMPLATE | {"templateId": "greeting"}]}},
        "project.emailTemplates[0].templateId",
        "unknown template id",
    ),
    (
        MARK | {"project": {"emailTemplates": [TEMPLATE | {"locale": "english"}]}},
        "project.emailTemplates[0].locale",
        "unknown locale",
    ),
    ({"projectId": "p", "settings": "none"}, "settings", "an object"),
    ({"projectId": "p", "settings": {"auth": {"security": 1}}}, "settings.auth.security", "an object"),
    ({"projectId": "p", "settings": {"services": ["users"]}}, "settings.services", "an object"),
    (
        {"projectId": "p", "tables": [{"databaseId": "d", "columns": [{"key": []}]}]},
        "tables[0].columns[0].key",
        "a string",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def emulator_with_data(appwrite_process: Emulator) -> Emulator:
    appwrite_process.reset()
    server = client(appwrite_process, key=KEY)
    Users(server).create("eve", email="eve@example.com")
    create_books_table(server)
    BooksTable(server).create("salt")
    return appwrite_process


@pytest.mark.parametrize(("file", "place", "words"), WRONG, ids=[words for _, _, words in WRONG])
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_invalid_file_is_rejected_with_the_location_of_the_error(emulator_with_data, file, place, words, mode):
    before = export(emulator_with_data)
    refusal = import_file(emulator_with_data, file, mode)
    assert (refusal["place"], words in refusal["message"]) == (place, True), refusal
    assert export(emulator_with_data) == before
