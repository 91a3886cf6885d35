"""Concurrent requests lose no writes and never fail because the database is locked."""

import itertools
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from appwrite.query import Query

from tests.books import BooksTable, create_books_table
from tests.conftest import SERVER, session_headers

THREADS = 8


PROCESSES = 2


ROWS = 12


@pytest.fixture
def books(server) -> BooksTable:
    create_books_table(server)
    return BooksTable(server)


def write_and_read(endpoint: str, process: int) -> list[str]:
    """Create, increment, update, list and delete rows in eight threads. Return the errors."""
    rows = f"{endpoint}/tablesdb/lib/tables/books/rows"

    def work(thread: int) -> list[str]:
        wrong = []
        with requests.Session() as http:
            http.headers.update(SERVER)

            def send(method: str, path: str, expected: int, **json: Any) -> None:
                response = http.request(method, rows + path, json=json or None, timeout=60)
                if response.status_code != expected:
                    wrong.append(f"{method} {path}: {response.status_code} {response.text[:200]}")

            for n in range(ROWS):
                name = f"p{process}-{thread}-{n}"
                send("POST", "", 201, rowId=name, data={"title": name, "slug": name, "body": f"harbour {n}"})
                send("PATCH", "/counter/pages/increment", 200, value=1)
                send("PATCH", f"/{name}", 200, data={"pages": n})
                send("GET", f"/{name}", 200)
                send("GET", "", 200)
                if n % 3 == 0:
                    send("DELETE", f"/{name}", 204)
        return wrong

    with ThreadPoolExecutor(THREADS) as threads:
        return list(itertools.chain.from_iterable(threads.map(work, range(THREADS))))


def test_sixteen_threads_in_two_processes_lose_nothing(emulator, books):
    books.create("counter", pages=0)
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as processes:
        arguments = [(emulator.endpoint, number) for number in range(PROCESSES)]
        wrong = list(itertools.chain.from_iterable(processes.starmap(write_and_read, arguments)))
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


def test_rows_can_be_read_while_columns_change(emulator, books):
    """All read requests get a 200 response while other requests add and delete columns."""
    books.create("salt")
    over = threading.Event()
    responses: set[int] = set()

    def read() -> None:
        with requests.Session() as http:
            while not over.is_set():
                page = http.get(f"{emulator.endpoint}/tablesdb/lib/tables/books/rows", headers=SERVER, timeout=20)
                responses.add(page.status_code)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for n in range(15):
        books.tables.create_boolean_column("lib", "books", f"flag{n}", required=False)
        books.tables.delete_column("lib", "books", f"flag{n}")
    over.set()
    for reader in readers:
        reader.join()
    assert responses == {200}


def test_only_one_of_eight_concurrent_updates_with_a_timestamp_succeeds(emulator, books):
    timestamp = books.create("salt").updatedat
    emulator.clock.advance(1)

    def change(pages: int) -> int:
        response = requests.patch(
            f"{emulator.endpoint}/tablesdb/lib/tables/books/rows/salt",
            json={"data": {"pages": pages}},
            headers={**SERVER, "X-Appwrite-Timestamp": timestamp},
            timeout=20,
        )
        return response.status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(change, range(1, 9))) == [200] + [409] * 7


def test_concurrent_changes_to_one_user_are_all_stored(emulator, call_api, alice):
    """A request that changes a user reads the user before it acquires the write lock.

    It must not undo writes that other requests make in between.
    """
    headers = session_headers(alice)
    with ThreadPoolExecutor(4) as threads:
        for n in range(25):
            changes = [
                threads.submit(call_api, "PATCH", "/account/name", headers, json={"name": f"Alice {n}"}),
                threads.submit(call_api, "PATCH", "/account/prefs", headers, json={"prefs": {"n": n}}),
                threads.submit(call_api, "PUT", "/users/alice/labels", json={"labels": [f"n{n}"]}),
            ]
            assert [change.result()[0] for change in changes] == [200] * 3
            _, _, account = call_api("GET", "/account", headers)
            assert (account["name"], account["prefs"], account["labels"]) == (f"Alice {n}", {"n": n}, [f"n{n}"])


def test_user_deleted_during_a_change_is_not_restored(emulator, call_api, users):
    with ThreadPoolExecutor(4) as threads:
        for n in range(15):
            users.create(f"u{n}")
            headers = {"X-Appwrite-Project": "default", "X-Appwrite-Session": users.create_session(f"u{n}").secret}
            changes = [
                threads.submit(call_api, "PATCH", "/account/prefs", headers, json={"prefs": {"n": n}}),
                threads.submit(call_api, "DELETE", f"/users/u{n}"),
                threads.submit(call_api, "PATCH", "/account/name", headers, json={"name": "Back"}),
            ]
            assert all(change.result()[0] < 500 for change in changes)
    assert users.list().total == 0


def test_cached_lists_are_purged_while_another_request_adds_a_list(run_in_emulator):
    """Simulate a second thread: the `__eq__` of the table's sequence number adds a list to the cache."""
    left = run_in_emulator("""
from appwrite_emulator.db.tables import list_cache

class Sequence(int):
    __hash__ = int.__hash__

    def __eq__(self, other):
        list_cache.get_or_read((2, object()), 60, dict)
        return int(self) == other

list_cache.get_or_read((Sequence(1), "page"), 60, dict)
list_cache.purge(1)
print(json.dumps([int(key[0]) for key in list_cache._entries()]))
""")
    assert left == [2]
