"""Fixtures for export and import: emulators and functions that import and export."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from appwrite.input_file import InputFile
from appwrite.permission import Permission
from appwrite.role import Role
from appwrite.services.account import Account
from appwrite.services.storage import Storage
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from PIL import Image

from appwrite_emulator.testing import Emulator
from tests.books import BooksTable, create_books_table
from tests.conftest import CALLBACK, KEY

MARK = {"format": "appwrite-emulator/1"}


def export(emulator: Emulator) -> str:
    response = requests.get(f"{emulator.origin}/_emulator/export", timeout=20)
    response.raise_for_status()
    return response.text


def import_file(emulator: Emulator, file: Any, mode: str = "merge") -> dict[str, Any]:
    """Import a file and return the report or the error."""
    text = file if isinstance(file, str | bytes) else json.dumps(file)
    text = text.encode() if isinstance(text, str) else text
    response = requests.post(f"{emulator.origin}/_emulator/import", params={"mode": mode}, data=text, timeout=60)
    assert response.status_code in (200, 400), response.text
    return response.json()


@pytest.fixture(scope="module")
def other_emulator() -> Iterator[Emulator]:
    """Start a second emulator, into which tests import files."""
    with Emulator(key=KEY) as emulator:
        yield emulator


@pytest.fixture
def fresh_emulator(other_emulator: Emulator) -> Emulator:
    other_emulator.reset()
    return other_emulator


@pytest.fixture
def filled_emulator(emulator, server, guest, alice, bob) -> Emulator:
    """Return the emulator with at least one object of each kind."""
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
    create_books_table(server, permissions=[Permission.read(Role.users())], row_security=True)
    books = BooksTable(server)
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
