"""The data file never loses acknowledged writes, and only one emulator at a time can use a data file."""

import hashlib
import itertools
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests
from appwrite.exception import AppwriteException
from appwrite.input_file import InputFile
from appwrite.query import Query
from appwrite.services.storage import Storage
from appwrite.services.users import Users

from appwrite_emulator.testing import Emulator
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, ROOT, SERVER, client, user_ids
from tests.storage.conftest import random_bytes
from tests.test_starting import is_one_line, start

pytestmark = pytest.mark.processes

# -- restart ----------------------------------------------------------------------------------------------------------


def test_data_is_kept_after_a_restart(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as first:
        Users(client(first, key=KEY)).create("ada", name="Ada")
    with Emulator(key=KEY, data=data) as second:
        assert Users(client(second, key=KEY)).get("ada").name == "Ada"


def test_second_emulator_reads_the_data_file_of_the_first(tmp_path: Path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as emulator:
        create_books_table(client(emulator, key=KEY))
        BooksTable(client(emulator, key=KEY)).create("salt", tags=["a"], body="harbour")
    with Emulator(key=KEY, data=data) as emulator:
        again = BooksTable(client(emulator, key=KEY))
        assert again.find(Query.search("body", "harb"), Query.contains("tags", ["a"])) == ["salt"]
    check = subprocess.run(
        [sys.executable, "-c", INTEGRITY, str(data)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert check.stdout.strip() == "ok"


INTEGRITY = """
import sqlite3, sys
from appwrite_emulator.db import collation
connection = sqlite3.connect(sys.argv[1])
collation.register(connection)
print(connection.execute("PRAGMA integrity_check").fetchone()[0])
"""


# -- SIGKILL ----------------------------------------------------------------------------------------------------------


def test_acknowledged_writes_are_kept_after_sigkill(tmp_path: Path):
    """Kill the emulator three times while four threads write. All acknowledged writes must be stored."""
    data = tmp_path / "emulator.sqlite3"
    acknowledged: set[str] = set()
    for turn in range(3):
        with KillableEmulator(data) as emulator:
            if turn == 0:
                create_books_table(client(emulator, key=KEY))
            acknowledged |= write_until_killed(emulator, f"t{turn}", emulator.kill)
    with Emulator(key=KEY, data=data) as emulator:
        books = BooksTable(client(emulator, key=KEY))
        stored = set(books.find(Query.limit(100_000)))
        searchable = books.find(Query.search("body", "harbour"), Query.limit(100_000))
    assert len(acknowledged) > 20
    assert acknowledged <= stored
    assert set(searchable) == stored, "the full-text index is as whole as the table"


class KillableEmulator(Emulator):
    """An emulator that tests can kill with SIGKILL."""

    def __init__(self, data: Path | None) -> None:
        super().__init__(key=KEY, data=data)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def write_until_killed(emulator: Emulator, prefix: str, kill: Callable[[], None]) -> set[str]:
    """Create rows until the emulator is killed. Return the IDs of the acknowledged rows."""
    acknowledged: set[str] = set()
    rows = f"{emulator.endpoint}/tablesdb/lib/tables/books/rows"

    def work(thread: int) -> None:
        with requests.Session() as http:
            for n in itertools.count():
                body = {"rowId": f"{prefix}-{thread}-{n}", "data": {"title": "Salt", "body": f"harbour {n}"}}
                try:
                    response = http.post(rows, json=body, headers=SERVER, timeout=20)
                except requests.RequestException:
                    return
                if response.status_code == 201:
                    acknowledged.add(body["rowId"])  # type: ignore[arg-type]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    while len(acknowledged) < 20:
        time.sleep(0.01)
    kill()
    for thread in threads:
        thread.join()
    return acknowledged


def test_acknowledged_uploads_are_kept_after_sigkill(tmp_path):
    """Kill the emulator during uploads. All acknowledged files must be stored completely."""
    contents = {f"file{number}": random_bytes(400_000 + number) for number in range(60)}
    acknowledged: list[str] = []
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator:
        Storage(client(emulator, key=KEY)).create_bucket("box", "Box")

        def upload() -> None:
            storage = Storage(client(emulator, key=KEY))
            try:
                for name, content in contents.items():
                    storage.create_file("box", name, InputFile.from_bytes(content, name))
                    acknowledged.append(name)
            except AppwriteException:
                pass  # the emulator was killed

        uploading = threading.Thread(target=upload)
        uploading.start()
        while len(acknowledged) < 10 and uploading.is_alive():
            time.sleep(0.001)
        emulator.process.send_signal(signal.SIGKILL)
        uploading.join()
    with Emulator(key=KEY, data=tmp_path / "emulator.sqlite3") as emulator:
        storage = Storage(client(emulator, key=KEY))
        for name in acknowledged:
            assert storage.get_file_download("box", name) == contents[name]
        for file in storage.list_files("box", [Query.limit(100)]).files:
            assert hashlib.md5(storage.get_file_download("box", file.id)).hexdigest() == file.signature


# -- the lock ---------------------------------------------------------------------------------------------------------


def test_two_emulators_cannot_use_the_same_data_file(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as first:
        code, output = start("--port", "0", "--data", str(data))
        assert (code, is_one_line(output)) == (1, True), output
        assert f"Another emulator uses {data}" in output
        assert user_ids(first) == set()
    with Emulator(key=KEY, data=data) as second:
        assert user_ids(second) == set()


def test_killed_emulator_releases_its_data_file(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    first = Emulator(key=KEY, data=data)
    first.start()
    first.process.kill()
    first.stop()
    with Emulator(key=KEY, data=data) as second:
        assert user_ids(second) == set()


def test_files_of_killed_emulators_without_data_file_are_deleted_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def names(*emulators: Emulator) -> set[str]:
        return {f"appwrite-emulator-{emulator.process.pid}.sqlite3" for emulator in emulators}

    with Emulator(key=KEY) as other, KillableEmulator(None) as killed:
        killed.open_project("worker")
        Users(client(other, key=KEY)).create("ada")
        killed.kill()
        assert {file.name for file in tmp_path.glob("*.sqlite3")} == names(killed, other)
        with Emulator(key=KEY) as latest:
            assert {file.name for file in tmp_path.glob("*.sqlite3")} == names(other, latest)
            assert user_ids(other) == {"ada"}
    assert list(tmp_path.iterdir()) == []


def test_data_file_is_locked_with_a_separate_empty_file(tmp_path):
    data = tmp_path / "emulator.sqlite3"
    with (
        Emulator(key=KEY, data=data),
        closing(sqlite3.connect(f"{data}.lock", timeout=0)) as lock,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        lock.execute("BEGIN EXCLUSIVE")
    assert Path(f"{data}.lock").stat().st_size == 0
