"""Starting an emulator with a seed file."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator.__main__ import main
from appwrite_emulator.testing import Emulator, EmulatorError
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, client, user_ids
from tests.seed.conftest import import_file
from tests.test_starting import is_one_line, start

pytestmark = pytest.mark.processes


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """Write a seed file with the user Ada and return its path."""
    return write_seed(tmp_path / "ada.json", users=[{"$id": "ada", "name": "Ada"}])


def write_seed(path: Path, **parts: Any) -> Path:
    path.write_text(json.dumps({"format": "appwrite-emulator/1", **parts}))
    return path


def test_emulator_starts_with_the_seed_and_a_reset_restores_the_seed(seed):
    with Emulator(key=KEY, seed=seed) as emulator:
        Users(client(emulator, key=KEY)).create("bob")
        assert user_ids(emulator) == {"ada", "bob"}
        emulator.reset()
        assert user_ids(emulator) == {"ada"}


def test_existing_data_is_kept_and_a_reset_restores_the_seed(seed, tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as before:
        Users(client(before, key=KEY)).create("bob")
    with Emulator(key=KEY, seed=seed, data=data) as emulator:
        assert user_ids(emulator) == {"bob"}
        emulator.reset()
        assert user_ids(emulator) == {"ada"}


def test_reset_without_a_checkpoint_keeps_the_key(tmp_path):
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator:
        Users(client(emulator, key=KEY)).create("bob")
        emulator.reset()
        assert user_ids(emulator) == set()


def test_seed_with_tables_and_indexes_fills_a_new_data_file(tmp_path):
    seed = tmp_path / "seed.json"
    with Emulator(key=KEY) as emulator:
        create_books_table(client(emulator, key=KEY)).create_row(
            "lib", "books", "row", {"title": "Salt", "body": "The sea"}
        )
        seed.write_text(json.dumps(emulator.control("GET", "export")))
    with Emulator(key=KEY, seed=seed, data=tmp_path / "emulator.sqlite3") as emulator:
        books = BooksTable(client(emulator, key=KEY))
        assert books.find(Query.search("body", "sea")) == ["row"]
        emulator.reset()
        assert books.find(Query.equal("title", "SALT")) == ["row"]


def test_seed_that_became_invalid_loses_no_data(seed, tmp_path):
    with Emulator(key=KEY, seed=seed, data=tmp_path / "emulator.sqlite3") as emulator:
        Users(client(emulator, key=KEY)).create("bob")
        seed.write_text("{")
        with pytest.raises(EmulatorError, match="not valid JSON"):
            emulator.reset()
        assert user_ids(emulator) == {"ada", "bob"}


def test_invalid_seed_is_reported_with_the_location_of_the_error(tmp_path):
    wrong = write_seed(tmp_path / "wrong.json", users=[{"$id": "ada", "age": 36}])
    code, output = start("--port", "0", "--ephemeral", "--seed", str(wrong))
    assert (code, is_one_line(output), "users[0].age" in output) == (1, True, True), output


def test_failed_start_leaves_no_ephemeral_data(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code, output = start("--port", "0", "--ephemeral", "--seed", str(tmp_path / "none.json"))
    assert code == 1, output
    assert list(tmp_path.iterdir()) == []


def test_missing_seed_is_reported(tmp_path):
    code, output = start("--port", "0", "--ephemeral", "--seed", str(tmp_path / "none.json"))
    assert (code, is_one_line(output), "none.json" in output) == (1, True, True), output


COLUMNS = [
    {"key": "string", "type": "string", "size": 100, "required": True},
    {"key": "varchar", "type": "varchar", "size": 100},
    {"key": "text", "type": "text"},
    {"key": "mediumtext", "type": "mediumtext"},
    {"key": "longtext", "type": "longtext", "array": True},
    {"key": "email", "type": "string", "format": "email"},
    {"key": "url", "type": "string", "format": "url"},
    {"key": "ip", "type": "string", "format": "ip"},
    {"key": "enum", "type": "string", "format": "enum", "elements": ["draft", "out"], "default": "draft"},
    {"key": "integer", "type": "integer"},
    {"key": "bigint", "type": "bigint", "min": 0},
    {"key": "float", "type": "double"},
    {"key": "boolean", "type": "boolean"},
    {"key": "datetime", "type": "datetime"},
    {"key": "point", "type": "point", "required": True},
    {"key": "line", "type": "linestring"},
    {"key": "polygon", "type": "polygon"},
    {"key": "numbers", "type": "integer", "array": True},
    {"key": "days", "type": "datetime", "array": True},
    {"key": "secret", "type": "string", "size": 200, "encrypt": True},
    {"key": "since", "type": "datetime", "default": "June 12 1975"},
]
INDEXES = [
    {"key": "words", "type": "fulltext", "columns": ["string"]},
    {"key": "more_words", "type": "fulltext", "columns": ["string", "text"]},
    {"key": "once", "type": "unique", "columns": ["string"], "lengths": [50]},
    {"key": "newest", "type": "key", "columns": ["enum", "datetime"], "orders": ["ASC", "DESC"]},
    {"key": "place", "type": "spatial", "columns": ["point"]},
    {"key": "changed", "type": "key", "columns": ["$updatedAt"], "orders": ["DESC"]},
    {"key": "both", "type": "unique", "columns": ["enum", "integer"]},
]
TABLE = {"$id": "all", "name": "All", "columns": COLUMNS, "indexes": INDEXES}
SEED = {"format": "appwrite-emulator/1", "databases": [{"$id": "lib", "name": "Library", "tables": [TABLE]}]}
PROJECT_FILE = {
    "projectId": "dev",
    "tablesDB": [{"$id": "lib", "name": "Library"}],
    "tables": [{**TABLE, "databaseId": "lib"}],
}


def check_columns_and_indexes(emulator: Emulator, expect_error: Callable[..., Any]) -> None:
    """Check that every column and index type in the seeded table works."""
    tables = TablesDB(client(emulator, key=KEY))
    table = tables.get_table("lib", "all")
    assert [column.key for column in table.columns] == [column["key"] for column in COLUMNS]
    assert [index.key for index in table.indexes] == [index["key"] for index in INDEXES]
    values = {"string": "Salt and sea", "point": [10.4, 63.4], "datetime": "2026-11-30", "bigint": 2**62}
    tables.create_row("lib", "all", "salt", values)
    for query in (
        Query.search("string", "sea"),
        Query.equal("string", "SALT AND SEA"),
        Query.equal("point", [[10.4, 63.4]]),
        Query.equal("enum", "draft"),
    ):
        assert [row.id for row in tables.list_rows("lib", "all", [query, Query.order_desc("datetime")]).rows] == [
            "salt"
        ]
    assert tables.get_row("lib", "all", "salt").data["since"] == "1975-06-12T00:00:00.000+00:00"
    with expect_error("row_already_exists", 409):
        tables.create_row("lib", "all", "again", values)


@pytest.mark.parametrize("content", [SEED, PROJECT_FILE], ids=["seed", "project_file"])
class TestEveryKindOfColumnAndIndex:
    def test_seed_creates_columns_and_indexes_at_the_start_and_after_a_reset(self, content, tmp_path, expect_error):
        seed = tmp_path / "seed.json"
        seed.write_text(json.dumps(content))
        with Emulator(key=KEY, seed=seed) as emulator:
            check_columns_and_indexes(emulator, expect_error)
            emulator.reset()
            check_columns_and_indexes(emulator, expect_error)

    def test_seed_creates_columns_and_indexes_in_a_new_data_file(self, content, tmp_path, expect_error):
        seed, data = tmp_path / "seed.json", tmp_path / "emulator.sqlite3"
        seed.write_text(json.dumps(content))
        with Emulator(key=KEY, seed=seed, data=data) as emulator:
            check_columns_and_indexes(emulator, expect_error)
            TablesDB(client(emulator, key=KEY)).delete_row("lib", "all", "salt")
        with Emulator(key=KEY, data=data) as emulator:
            check_columns_and_indexes(emulator, expect_error)

    @pytest.mark.parametrize("mode", ["merge", "replace"])
    def test_import_creates_columns_and_indexes(self, content, mode, emulator, expect_error):
        assert "added" in import_file(emulator, content, mode)
        check_columns_and_indexes(emulator, expect_error)


def wait_for_users(emulator: Emulator, expected: set[str]) -> None:
    """Wait until the emulator has exactly the users with the IDs `expected`."""
    until = time.monotonic() + 20
    while user_ids(emulator) != expected:
        assert time.monotonic() < until, user_ids(emulator)
        time.sleep(0.1)


def test_changed_seed_is_loaded_and_an_invalid_seed_is_ignored(seed, tmp_path, capfd):
    with Emulator("--watch-seed", key=KEY, seed=seed) as emulator:
        worker = emulator.open_project("worker")
        write_seed(seed, users=[{"$id": "bob"}])
        wait_for_users(emulator, {"bob"})
        wait_for_users(worker, {"bob"})
        seed.write_text("{")
        written = ""
        until = time.monotonic() + 20
        while "the data is unchanged" not in written and time.monotonic() < until:
            time.sleep(0.1)
            written += capfd.readouterr().err
        assert f"{seed} was not loaded, and the data is unchanged. The file is not valid JSON" in written
        emulator.reset()
        assert user_ids(emulator) == {"bob"}
        write_seed(seed, users=[{"$id": "carol"}])
        wait_for_users(emulator, {"carol"})


def test_watching_requires_a_seed(capsys):
    with pytest.raises(SystemExit):
        main(["--watch-seed", "--ephemeral"])
    assert "add --seed FILE" in capsys.readouterr().err


def test_data_exported_on_exit_can_be_used_as_a_seed(seed, tmp_path):
    exported = tmp_path / "exported.json"
    with Emulator("--export-on-exit", str(exported), key=KEY, seed=seed) as emulator:
        Users(client(emulator, key=KEY)).create("bob")
    with Emulator(key=KEY, seed=exported) as emulator:
        assert user_ids(emulator) == {"ada", "bob"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ada.json", "exported.json"]


def test_export_after_a_command_keeps_the_exit_code(tmp_path):
    exported = tmp_path / "exported.json"
    code, output = start("exec", "--export-on-exit", str(exported), "--", sys.executable, "-c", "raise SystemExit(3)")
    assert code == 3, output
    assert json.loads(exported.read_text())["format"] == "appwrite-emulator/1"


def test_export_to_a_folder_that_does_not_exist_is_reported(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main(["--export-on-exit", str(tmp_path / "none" / "exported.json"), "--ephemeral"])
    assert "is not a file in an existing folder" in capsys.readouterr().err
