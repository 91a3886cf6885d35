"""Many at once, and the worst of ends: nothing acknowledged is lost, nobody is told that a database is locked."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from appwrite.query import Query

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, ROOT, client
from tests.data import Books, make_books

SERVER = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY}
THREADS = 8
PROCESSES = 2
ROWS = 12


@pytest.fixture
def books(server) -> Books:
    make_books(server)
    return Books(server)


def write_and_read(endpoint: str, process: int) -> list[str]:
    """Eight threads that create, count, change, list and delete; what went wrong."""
    rows = f"{endpoint}/tablesdb/lib/tables/books/rows"

    def work(thread: int) -> list[str]:
        wrong = []
        with requests.Session() as http:
            http.headers.update(SERVER)

            def ask(method: str, path: str, expected: int, **json: Any) -> None:
                answer = http.request(method, rows + path, json=json or None, timeout=60)
                if answer.status_code != expected:
                    wrong.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")

            for n in range(ROWS):
                name = f"p{process}-{thread}-{n}"
                ask("POST", "", 201, rowId=name, data={"title": name, "slug": name, "body": f"harbour {n}"})
                ask("PATCH", "/counter/pages/increment", 200, value=1)
                ask("PATCH", f"/{name}", 200, data={"pages": n})
                ask("GET", f"/{name}", 200)
                ask("GET", "", 200)
                if n % 3 == 0:
                    ask("DELETE", f"/{name}", 204)
        return wrong

    with ThreadPoolExecutor(THREADS) as threads:
        return list(itertools.chain.from_iterable(threads.map(work, range(THREADS))))


def test_sixteen_threads_in_two_processes_lose_nothing(emulator, books):
    books.create("counter", pages=0)
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as processes:
        asked = [(emulator.endpoint, number) for number in range(PROCESSES)]
        wrong = list(itertools.chain.from_iterable(processes.starmap(write_and_read, asked)))
    assert wrong == []
    workers = PROCESSES * THREADS
    kept = [
        f"p{process}-{thread}-{n}"
        for process in range(PROCESSES)
        for thread in range(THREADS)
        for n in range(ROWS)
        if n % 3
    ]
    assert books.get("counter").data["pages"] == workers * ROWS
    assert sorted(books.find(Query.limit(1000), Query.starts_with("title", "p"))) == sorted(kept)
    assert books.total(Query.search("body", "harbour")) == len(kept)


def test_columns_come_and_go_under_readers(emulator, books):
    """A reader may meet a table that changes under it; it is never told so by a trace."""
    books.create("salt")
    over = threading.Event()
    answers: set[int] = set()

    def read() -> None:
        with requests.Session() as http:
            while not over.is_set():
                page = http.get(f"{emulator.endpoint}/tablesdb/lib/tables/books/rows", headers=SERVER, timeout=20)
                answers.add(page.status_code)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(15):
        books.tables.create_boolean_column("lib", "books", f"flag{n}", required=False)
        books.tables.delete_column("lib", "books", f"flag{n}")
    over.set()
    for reader in readers:
        reader.join()
    assert answers == {200}


def test_eight_stamped_changes_at_once_have_one_winner(emulator, books):
    seen = books.create("salt").updatedat
    emulator.clock.advance(1)

    def change(pages: int) -> int:
        answer = requests.patch(
            f"{emulator.endpoint}/tablesdb/lib/tables/books/rows/salt",
            json={"data": {"pages": pages}},
            headers={**SERVER, "X-Appwrite-Timestamp": seen},
            timeout=20,
        )
        return answer.status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(change, range(1, 9))) == [200] + [409] * 7


def test_a_kill_amid_writes_loses_nothing_acknowledged(tmp_path: Path):
    """SIGKILL, three times over, while four threads write; every answered write is there afterwards."""
    data = tmp_path / "emulator.sqlite3"
    acknowledged: set[str] = set()
    for turn in range(3):
        with Killable(data) as emulator:
            if turn == 0:
                make_books(client(emulator, key=KEY))
            acknowledged |= write_until_killed(emulator, f"t{turn}", emulator.kill)
    with Emulator(key=KEY, data=data) as emulator:
        books = Books(client(emulator, key=KEY))
        stored = set(books.find(Query.limit(100_000)))
        found = books.find(Query.search("body", "harbour"), Query.limit(100_000))
    assert len(acknowledged) > 20
    assert acknowledged <= stored
    assert set(found) == stored, "the full-text index is as whole as the table"


class Killable(Emulator):
    """An emulator that is ended without a word."""

    def __init__(self, data: Path) -> None:
        super().__init__(key=KEY, data=data)

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def write_until_killed(emulator: Emulator, prefix: str, kill: Callable[[], None]) -> set[str]:
    """The ids of the rows whose creation was answered."""
    acknowledged: set[str] = set()
    rows = f"{emulator.endpoint}/tablesdb/lib/tables/books/rows"

    def work(thread: int) -> None:
        with requests.Session() as http:
            for n in itertools.count():
                body = {"rowId": f"{prefix}-{thread}-{n}", "data": {"title": "Salt", "body": f"harbour {n}"}}
                try:
                    answer = http.post(rows, json=body, headers=SERVER, timeout=20)
                except requests.RequestException:
                    return
                if answer.status_code == 201:
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


def test_a_second_emulator_on_the_same_file_finds_what_the_first_kept(tmp_path: Path):
    data = tmp_path / "emulator.sqlite3"
    with Emulator(key=KEY, data=data) as emulator:
        make_books(client(emulator, key=KEY))
        Books(client(emulator, key=KEY)).create("salt", tags=["a"], body="harbour")
    with Emulator(key=KEY, data=data) as emulator:
        again = Books(client(emulator, key=KEY))
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
