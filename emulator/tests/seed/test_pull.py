"""`appwrite-emulator pull` creates a seed from an existing project. Here, the project is in a second emulator."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from appwrite.enums.relationship_type import RelationshipType
from appwrite.enums.runtime import Runtime
from appwrite.query import Query
from appwrite.services.functions import Functions
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams

from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, ROOT, client
from tests.seed.conftest import export, import_file

pytestmark = pytest.mark.processes

MANY = 230
"""Number of rows, enough for several pages."""


def pull(emulator, file: Path, *options: str, key: str = KEY) -> subprocess.CompletedProcess[str]:
    where = ["--from", emulator.endpoint, "--project", emulator.project, "--key", key]
    command = [sys.executable, "-m", "appwrite_emulator", "pull", *where, *options, str(file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def relate(tables: TablesDB, other: str, key: str, kind: RelationshipType, two_way: bool) -> None:
    tables.create_relationship_column("lib", "books", other, kind, two_way, key, f"{key}_of")


@pytest.fixture
def library(emulator, server) -> TablesDB:
    """Create a database with all types of relationships, a bucket, a team and a function."""
    tables = create_books_table(server, permissions=['read("any")'], row_security=True)
    tables.create_table("lib", "people", "People")
    tables.create_table("lib", "places", "Places")
    tables.create_boolean_column("lib", "places", "open", False)
    tables.create_float_column("lib", "people", "weight", False)
    tables.create_point_column("lib", "people", "home", False)
    tables.create_email_column("lib", "people", "email", False)
    for n, kind in enumerate(RelationshipType):
        relate(tables, "people", f"a{n}", kind, True)
        relate(tables, "places", f"b{n}", kind, False)
    Storage(server).create_bucket("covers", "Covers", ['read("any")'], maximum_file_size=1000)
    Teams(server).create("board", "Board")
    Functions(server).create("hello", "Hello", Runtime.NODE_22, ["users"], schedule="0 0 * * *")
    return tables


def of_seed(text: str) -> dict[str, Any]:
    """Return the parts of an export that `pull` can copy, adapted to what API responses contain.

    Responses omit the size of enum columns, and contain a minimum and maximum for every number column.
    """
    file = json.loads(text)
    for column in (column for table in file["databases"][0]["tables"] for column in table["columns"]):
        if column["format"] == "enum":
            del column["size"]
        if column["type"] == "double" and column["min"] is None:
            column |= {"min": -sys.float_info.max, "max": sys.float_info.max}
    parts = {name: file[name] for name in ("databases", "buckets", "teams", "functions")}
    return dict(_without_times(parts))


def _without_times(value: Any, is_row: bool = False) -> Any:
    if isinstance(value, list):
        return [_without_times(each, is_row) for each in value]
    if isinstance(value, dict):
        ignored = () if is_row else ("$createdAt", "$updatedAt")
        return {name: _without_times(each, name == "rows") for name, each in value.items() if name not in ignored}
    return value


def test_pulled_seed_produces_the_same_schema_and_rows(emulator, server, library, fresh_emulator, tmp_path):
    books = BooksTable(server)
    for n in range(3):
        library.create_row("lib", "places", f"p{n}", {"open": True})
        library.create_row(
            "lib", "people", f"p{n}", {"weight": n / 3, "home": [1.5, 2.5], "email": f"p{n}@example.com"}
        )
    kinds = list(RelationshipType)
    for n, kind in enumerate(kinds):
        many = kind in (RelationshipType.MANYTOMANY, RelationshipType.ONETOMANY)
        related = {f"{letter}{n}": ["p0", "p1"] if many else "p2" for letter in "ab"}
        books.create(f"book{n}", ['update("user:ada")'], tags=["x", "y"], born="2026-01-02T03:04:05.678Z", **related)
    file = tmp_path / "seed.json"
    done = pull(emulator, file, "--rows")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0].startswith(f"{file}: 1 databases, 3 tables, 1 buckets, 1 teams, 0 topics, ")
    assert [line for line in done.stdout.splitlines() if line.startswith("skipped: ")] == []
    report = import_file(fresh_emulator, file.read_text(encoding="utf-8"))
    assert "message" not in report, report
    assert report["notes"] == []
    assert of_seed(export(fresh_emulator)) == of_seed(export(emulator))


def test_rows_of_several_pages_are_pulled_only_on_request(emulator, server, fresh_emulator, tmp_path):
    tables = create_books_table(server)
    for start in range(0, MANY, 100):
        numbers = range(start, min(start + 100, MANY))
        tables.create_rows("lib", "books", [{"$id": f"r{n}", "title": f"{n}"} for n in numbers])
    file = tmp_path / "seed.json"
    assert pull(emulator, file).returncode == 0
    assert "rows" not in json.loads(file.read_text())["databases"][0]["tables"][0]
    assert f"{MANY} rows" in pull(emulator, file, "--rows").stdout
    import_file(fresh_emulator, file.read_text())
    assert BooksTable(client(fresh_emulator, key=KEY)).total(Query.limit(1)) == MANY


def test_pull_lists_what_it_skips_because_the_key_lacks_the_scope(emulator, call_api, library, tmp_path):
    scopes = ["databases.read", "tables.read", "teams.read"]
    created, _, key = call_api("POST", "/project/keys", json={"keyId": "reader", "name": "Reader", "scopes": scopes})
    assert created == 201
    done = pull(emulator, tmp_path / "seed.json", "--rows", key=key["secret"])
    assert done.returncode == 0
    skipped = [line.split(":")[1].strip() for line in done.stdout.splitlines() if line.startswith("skipped: ")]
    assert skipped == [
        "buckets",
        "topics",
        "functions",
        "rows of lib/books",
        "rows of lib/people",
        "rows of lib/places",
    ]
    assert "never copied: users, " in done.stdout


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("http://127.0.0.1:1/v1", "Cannot reach http://127.0.0.1:1/v1"),
        ("{origin}/_emulator", "/_emulator does not answer with JSON|tablesdb answers 404"),
        ("{origin}/v1", "tablesdb answers 401"),
    ],
)
def test_pull_fails_with_the_reason_in_one_line(emulator, tmp_path, source, reason):
    file = tmp_path / "seed.json"
    command = ["--from", source.format(origin=emulator.origin), "--project", "default", "--key", "wrong", str(file)]
    done = subprocess.run(
        [sys.executable, "-m", "appwrite_emulator", "pull", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert any(part in done.stderr for part in reason.split("|"))
    assert not file.exists()
