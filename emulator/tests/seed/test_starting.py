"""Starting an emulator with a seed."""

import json
from pathlib import Path
from typing import Any

import pytest
from appwrite.query import Query
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator, EmulatorError
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, client, user_ids
from tests.test_starting import is_one_line, start


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A seed with the user Ada."""
    return write_seed(tmp_path / "ada.json", users=[{"$id": "ada", "name": "Ada"}])


def write_seed(path: Path, **parts: Any) -> Path:
    path.write_text(json.dumps({"format": "appwrite-emulator/1", **parts}))
    return path


def test_emulator_starts_with_the_seed_and_a_reset_restores_it(seed):
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


def test_invalid_seed_is_reported_with_its_place(tmp_path):
    wrong = write_seed(tmp_path / "wrong.json", users=[{"$id": "ada", "age": 36}])
    code, output = start("--port", "0", "--ephemeral", "--seed", str(wrong))
    assert (code, is_one_line(output), "users[0].age" in output) == (1, True, True), output


def test_missing_seed_is_reported(tmp_path):
    code, output = start("--port", "0", "--ephemeral", "--seed", str(tmp_path / "none.json"))
    assert (code, is_one_line(output), "none.json" in output) == (1, True, True), output
