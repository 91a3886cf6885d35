"""Reset and checkpoints."""

import datetime
import re
import threading
import time

import pytest
import requests
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, client


@pytest.fixture
def own() -> Emulator:
    """An emulator of one's own: checkpoints live as long as their emulator."""
    with Emulator(key=KEY) as emulator:
        yield emulator


def click(emulator: Emulator, act: str, name: str = "") -> requests.Response:
    return requests.post(f"{emulator.origin}/_emulator/reset/", data={"act": act, "name": name}, timeout=20)


def checkpoints(emulator: Emulator) -> list[str]:
    listed = requests.get(f"{emulator.origin}/_emulator/checkpoints.json", timeout=20).json()["checkpoints"]
    return [each["name"] for each in listed]


# -- HTTP interface ---------------------------------------------------------------------------------------------------


def test_reset_returns_to_the_first_day_and_sets_the_clock_right(emulator, users, alice):
    emulator.clock.advance(86400)
    emulator.reset()
    assert users.list().total == 0
    shown = requests.get(f"{emulator.origin}/_emulator/clock", timeout=20).json()["now"]
    assert abs(datetime.datetime.fromisoformat(shown).timestamp() - time.time()) < 60


def test_reset_returns_to_the_checkpoint():
    with Emulator(key=KEY) as own:
        users = Users(client(own, key=KEY))
        users.create("ada")
        own.checkpoint()
        users.create("bert")
        users.delete("ada")
        own.reset()
        assert [user.id for user in users.list().users] == ["ada"]


def test_checkpoints_have_names():
    with Emulator(key=KEY) as own:
        users = Users(client(own, key=KEY))
        users.create("ada")
        own.checkpoint("one")
        users.create("bert")
        own.checkpoint("two")
        for name, there in (("one", {"ada"}), ("two", {"ada", "bert"}), ("", set())):
            own.reset(name)
            assert {user.id for user in users.list().users} == there
        assert requests.post(f"{own.origin}/_emulator/reset?name=three", timeout=20).status_code == 404


# -- the page ---------------------------------------------------------------------------------------------------------


def test_a_click_resets_everything(emulator, users):
    users.create("ada")
    answer = click(emulator, "reset")
    assert (answer.status_code, "Reset done." in answer.text) == (200, True)
    assert users.list().total == 0


def test_a_checkpoint_is_set_returned_to_and_discarded(own):
    users = Users(client(own, key=KEY))
    users.create("ada")
    shown = click(own, "checkpoint", "with Ada & <b>friends</b>")
    assert "with Ada &amp; &lt;b&gt;friends&lt;/b&gt;" in shown.text
    assert checkpoints(own) == ["", "with Ada & <b>friends</b>"]
    users.delete("ada")
    click(own, "reset", "with Ada & <b>friends</b>")
    assert users.get("ada").id == "ada"
    assert "Checkpoint deleted" in click(own, "discard", "with Ada & <b>friends</b>").text
    assert checkpoints(own) == [""]


def test_a_reset_fails_no_request_that_is_answered_meanwhile(own):
    headers = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY}
    statuses: list[int] = []
    over = threading.Event()

    def read() -> None:
        with requests.Session() as session:
            while not over.is_set():
                statuses.append(session.get(f"{own.endpoint}/users", headers=headers, timeout=20).status_code)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        click(own, "discard")  # so that the next reset makes the first day anew
        click(own, "reset")
    over.set()
    reader.join()
    assert set(statuses) == {200}


def test_a_checkpoint_that_is_gone_is_a_sentence(emulator):
    answer = click(emulator, "reset", "never set")
    assert answer.status_code == 404
    assert "Checkpoint “never set” does not exist any more." in answer.text


@pytest.mark.parametrize("name", ["", "  ", "n" * 61])
def test_a_checkpoint_needs_a_name_of_a_sensible_length(emulator, name):
    answer = click(emulator, "checkpoint", name)
    assert answer.status_code == 400
    assert "between 1 and 60 characters" in answer.text


def test_the_newest_checkpoint_comes_first_on_the_page(own):
    for name in ("one", "two"):
        click(own, "checkpoint", name)
    shown = requests.get(f"{own.origin}/_emulator/reset/", timeout=20).text
    assert re.findall(r"<b>(one|two)</b>", shown) == ["two", "one"]
