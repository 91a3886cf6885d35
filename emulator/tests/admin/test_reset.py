"""Resetting the emulator, and checkpoints."""

import datetime
import re
import threading
import time

import pytest
import requests
from appwrite.enums.relationship_type import RelationshipType
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, SERVER, client


@pytest.fixture
def own_emulator() -> Emulator:
    """Start an emulator for this test only, because checkpoints exist until the emulator stops."""
    with Emulator(key=KEY) as emulator:
        yield emulator


def press_button(emulator: Emulator, act: str, name: str = "") -> requests.Response:
    return requests.post(f"{emulator.origin}/_emulator/reset/", data={"act": act, "name": name}, timeout=20)


def checkpoints(emulator: Emulator) -> list[str]:
    listed = requests.get(f"{emulator.origin}/_emulator/checkpoints.json", timeout=20).json()["checkpoints"]
    return [each["name"] for each in listed]


# -- HTTP interface ---------------------------------------------------------------------------------------------------


def test_reset_removes_all_data_and_restores_the_clock(emulator, users, alice):
    emulator.clock.advance(86400)
    emulator.reset()
    assert users.list().total == 0
    shown = requests.get(f"{emulator.origin}/_emulator/clock", timeout=20).json()["now"]
    assert abs(datetime.datetime.fromisoformat(shown).timestamp() - time.time()) < 60


@pytest.mark.processes
def test_reset_returns_to_the_checkpoint():
    with Emulator(key=KEY) as own_emulator:
        users = Users(client(own_emulator, key=KEY))
        users.create("ada")
        own_emulator.checkpoint()
        users.create("bert")
        users.delete("ada")
        own_emulator.reset()
        assert [user.id for user in users.list().users] == ["ada"]


@pytest.mark.processes
def test_reset_returns_to_a_named_checkpoint():
    with Emulator(key=KEY) as own_emulator:
        users = Users(client(own_emulator, key=KEY))
        users.create("ada")
        own_emulator.checkpoint("one")
        users.create("bert")
        own_emulator.checkpoint("two")
        for name, there in (("one", {"ada"}), ("two", {"ada", "bert"}), ("", set())):
            own_emulator.reset(name)
            assert {user.id for user in users.list().users} == there
        assert requests.post(f"{own_emulator.origin}/_emulator/reset?name=three", timeout=20).status_code == 404


@pytest.mark.processes
def test_reset_restores_the_columns_of_a_table(own_emulator):
    db = TablesDB(client(own_emulator, key=KEY))

    def columns() -> set[str]:
        return {name for name in db.list_rows("app", "notes").rows[0].data if not name.startswith("$")}

    db.create("app", "App")
    db.create_table("app", "notes", "Notes")
    db.create_text_column("app", "notes", "title", required=False)
    db.create_row("app", "notes", "one", {"title": "x"})
    own_emulator.checkpoint("one column")
    for _ in range(2):
        assert columns() == {"title"}
        db.create_text_column("app", "notes", "text", required=False)
        assert columns() == {"title", "text"}
        own_emulator.checkpoint("two columns")
        own_emulator.reset("one column")
        assert columns() == {"title"}
        own_emulator.reset("two columns")
        assert columns() == {"title", "text"}
        db.delete_column("app", "notes", "title")
        assert columns() == {"text"}
        own_emulator.reset("one column")


@pytest.mark.processes
def test_reset_restores_a_relationship(own_emulator):
    db = TablesDB(client(own_emulator, key=KEY))

    def relation() -> object:
        return db.list_rows("app", "books", [Query.select(["*", "author.*"])]).rows[0].data.get("author")

    db.create("app", "App")
    for table in ("books", "authors"):
        db.create_table("app", table, table)
        db.create_text_column("app", table, "name", required=False)
    db.create_row("app", "authors", "ada", {"name": "Ada"})
    db.create_relationship_column("app", "books", "authors", RelationshipType.MANYTOONE, key="author")
    db.create_row("app", "books", "one", {"name": "Kaffe", "author": "ada"})
    own_emulator.checkpoint("related")
    for _ in range(2):
        assert relation()["name"] == "Ada"
        db.create_text_column("app", "authors", "town", required=False)
        assert "town" in relation()
        own_emulator.reset("related")
        assert "town" not in relation()


# -- the page ---------------------------------------------------------------------------------------------------------


def test_button_resets_everything(emulator, users):
    users.create("ada")
    response = press_button(emulator, "reset")
    assert (response.status_code, "Reset done." in response.text) == (200, True)
    assert users.list().total == 0


@pytest.mark.processes
def test_checkpoint_is_set_restored_and_deleted(own_emulator):
    users = Users(client(own_emulator, key=KEY))
    users.create("ada")
    shown = press_button(own_emulator, "checkpoint", "with Ada & <b>friends</b>")
    assert "with Ada &amp; &lt;b&gt;friends&lt;/b&gt;" in shown.text
    assert checkpoints(own_emulator) == ["", "with Ada & <b>friends</b>"]
    users.delete("ada")
    press_button(own_emulator, "reset", "with Ada & <b>friends</b>")
    assert users.get("ada").id == "ada"
    assert "Checkpoint deleted" in press_button(own_emulator, "delete", "with Ada & <b>friends</b>").text
    assert checkpoints(own_emulator) == [""]


@pytest.mark.processes
def test_concurrent_requests_succeed_during_a_reset(own_emulator):
    headers = SERVER
    statuses: list[int] = []
    over = threading.Event()

    def read() -> None:
        with requests.Session() as session:
            while not over.is_set():
                statuses.append(session.get(f"{own_emulator.endpoint}/users", headers=headers, timeout=20).status_code)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        press_button(own_emulator, "delete")  # without a checkpoint, the reset recreates the initial state
        press_button(own_emulator, "reset")
    over.set()
    reader.join()
    assert set(statuses) == {200}


def test_unknown_checkpoint_is_reported(emulator):
    response = press_button(emulator, "reset", "never set")
    assert response.status_code == 404
    assert "Checkpoint “never set” no longer exists." in response.text


@pytest.mark.parametrize("name", ["", "  ", "n" * 61])
def test_checkpoint_name_must_have_1_to_60_characters(emulator, name):
    response = press_button(emulator, "checkpoint", name)
    assert response.status_code == 400
    assert "between 1 and 60 characters" in response.text


@pytest.mark.processes
def test_newest_checkpoint_is_shown_first(own_emulator):
    for name in ("one", "two"):
        press_button(own_emulator, "checkpoint", name)
    shown = requests.get(f"{own_emulator.origin}/_emulator/reset/", timeout=20).text
    assert re.findall(r"<b>(one|two)</b>", shown) == ["two", "one"]
