"""Importing project files of Appwrite's CLI (`appwrite.config.json`)."""

import json
from typing import Any

from appwrite.query import Query
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams

from tests.seed.conftest import export, import_file

PROJECT_FILE = {
    "projectId": "dev",
    "projectName": "Posts",
    "settings": {
        "services": {"account": True, "sites": False, "nonsense": False},
        "auth": {
            "methods": {"phone": True, "anonymous": False},
            "security": {"sessionsLimit": 10, "duration": 3600, "personalDataCheck": True},
        },
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


def test_project_file_disables_services_and_auth_methods(emulator, call_api):
    import_file(emulator, PROJECT_FILE)
    project = call_api("GET", "/project")[2]
    assert {"$id": "sites", "enabled": False} in project["services"]
    assert {"$id": "anonymous", "enabled": False} in project["authMethods"]
    assert {"$id": "phone", "enabled": True} in project["authMethods"]


def test_project_file_sets_policies(emulator, call_api):
    import_file(emulator, PROJECT_FILE)
    assert call_api("GET", "/project/policies/session-limit")[2]["total"] == 10
    assert call_api("GET", "/project/policies/session-duration")[2]["duration"] == 3600
    assert call_api("GET", "/project/policies/password-personal-data")[2]["enabled"] is True
    assert call_api("GET", "/project/policies/password-history")[2]["total"] == 0


def test_project_file_is_recognised_by_its_keys(emulator, server):
    report = import_file(emulator, PROJECT_FILE)
    table = TablesDB(server).get_table("app", "posts")
    assert (table.name, table.rowsecurity, len(table.columns), len(table.indexes)) == ("Posts", True, 6, 1)
    row = TablesDB(server).create_row("app", "posts", "a", {"title": "Hi", "seen": 2**62, "reply_to": "a@example.com"})
    assert row.data["kind"] == "a"
    bucket = Storage(server).get_bucket("covers")
    assert (bucket.compression, bucket.permissions) == ("gzip", ['read("any")'])
    assert Teams(server).get("board").name == "Board"
    exported = json.loads(export(emulator))["project"]
    assert (exported["name"], exported["sessionLimit"], exported["$id"]) == ("Posts", 10, "default")
    assert any(note.startswith("sites: ignored") for note in report["notes"])
    assert any("nonsense stay enabled" in note for note in report["notes"])


def test_project_file_with_the_legacy_names_is_recognised(emulator, server):
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
    import_file(emulator, file)
    table = TablesDB(server).get_table("app", "posts")
    assert (table.rowsecurity, [index.columns for index in table.indexes]) == (True, [["title"]])


def relationship(**fields: Any) -> dict[str, Any]:
    return {"type": "relationship", "required": False, "relationType": "oneToMany", "twoWay": True, **fields}


NAME = {"key": "name", "type": "string", "size": 50}


def test_both_sides_of_a_relationship_are_imported_as_one_relationship(emulator, server):
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
    report = import_file(emulator, file)
    assert report["added"]["relationships"] == 1
    assert report["notes"] == ["tables[1].columns[1]: ignored; the file has no table app/campus."]
    tables = TablesDB(server)
    tables.create_row("app", "departments", "it", {"name": "IT"})
    tables.create_row("app", "board", "ada", {"department": "it"})
    row = tables.get_row("app", "departments", "it", [Query.select(["*", "board.*"])])
    assert [member["$id"] for member in row.data["board"]] == ["ada"]
