"""Measure the emulator's speed: start-up, `--help`, reset, several projects, and rows in a small and a large table.

    python -m bench.emulator [--rows 100000]

A client with one keep-alive connection measures the response times, as a site would experience them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from bench.measuring import Caller, Row, show

KEY = "bench-key"
GUEST = {"X-Appwrite-Project": "default"}
SERVER = {**GUEST, "X-Appwrite-Key": KEY, "Content-Type": "application/json"}
CONTENT = "<p>The harbour smells of salt and tar, and the term begins on Monday.</p>" * 40
NEWEST = [
    {"method": "equal", "attribute": "status", "values": ["published"]},
    {"method": "orderDesc", "attribute": "publishedAt"},
    {"method": "limit", "values": [10]},
]
REPEATS = 300
STARTS = 7
CLIENTS = 2
SECONDS = 3.0


def environment() -> dict[str, str]:
    """Return environment variables that let the emulator write bytecode files, as an installed emulator does."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def emulator(*, cores: set[int] | None = None) -> Iterator[tuple[str, float]]:
    """Run an emulator on these cores. Yield its host and port, and the seconds until its first response."""
    begun = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "appwrite_emulator", "--port", "0", "--ephemeral", "--key", KEY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin
    assert process.stdout
    try:
        if cores:
            os.sched_setaffinity(process.pid, cores)
        address = urlsplit(process.stdout.readline().split()[-1]).netloc
        Caller(address).ask("GET", "/_emulator/health", {})
        yield address, time.perf_counter() - begun
    finally:
        process.stdin.close()
        process.wait(timeout=20)


def start() -> float:
    """Start an emulator, which may use all cores. Return the milliseconds until its first response."""
    with emulator() as (_, seconds):
        return seconds * 1000


def run_and_end(option: str) -> None:
    """Run the emulator with an option that makes it exit immediately, such as `--help`."""
    command = [sys.executable, "-m", "appwrite_emulator", option]
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(), check=True)  # noqa: S603


def fill(caller: Caller, table: str, rows: int) -> None:
    """Create a table with realistic posts. Every tenth post is a draft."""
    base = "/v1/tablesdb/bench/tables"
    columns = [
        {"key": "title", "type": "string", "size": 200, "required": True},
        {"key": "content", "type": "mediumtext", "required": True},
        {"key": "status", "type": "string", "format": "enum", "size": 20, "elements": ["draft", "published"]},
        {"key": "publishedAt", "type": "datetime"},
    ]
    newest = {"key": "newest", "type": "key", "attributes": ["status", "publishedAt"], "orders": ["ASC", "DESC"]}
    made = {"tableId": table, "name": table, "rowSecurity": True, "columns": columns, "indexes": [newest]}
    caller.ask("POST", base, SERVER, made)
    first = datetime(2020, 1, 1, tzinfo=UTC)
    for start in range(0, rows, 100):
        batch = [
            {
                "$id": f"post-{n}",
                "$permissions": ['read("any")'] if n % 10 else ['read("user:somebody")'],
                "title": f"Post {n}",
                "content": CONTENT,
                "status": "published" if n % 10 else "draft",
                # Not in creation order, so that the newest posts are spread over the whole table.
                "publishedAt": (first + timedelta(minutes=n * 7919 % rows)).isoformat(),
            }
            for n in range(start, min(start + 100, rows))
        ]
        caller.ask("POST", f"{base}/{table}/rows", SERVER, {"rows": batch})


def newest(table: str) -> str:
    queries = {f"queries[{n}]": json.dumps(query) for n, query in enumerate(NEWEST)}
    return f"/v1/tablesdb/bench/tables/{table}/rows?{urlencode(queries)}"


def median(action: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median duration of `action` in milliseconds, after one unmeasured run."""
    action()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        action()
        times.append(time.perf_counter() - begun)
    return statistics.median(times) * 1000


def keep_asking(address: str, path: str) -> int:
    """Return the number of responses that one client receives in SECONDS."""
    caller, until, answers = Caller(address), time.perf_counter() + SECONDS, 0
    while time.perf_counter() < until:
        caller.ask("GET", path, GUEST)
        answers += 1
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=100_000, help="number of rows in the large table")
    rows = parser.parse_args().rows
    figures: list[Row] = []
    start()  # an unmeasured start, which writes the bytecode files
    figures.append(("start to first answer", f"{statistics.median(start() for _ in range(STARTS)):.0f} ms"))
    for option in ("--help", "--version"):
        figures.append((option, f"{median(lambda: run_and_end(option), STARTS):.0f} ms"))  # noqa: B023
    with emulator(cores={min(os.sched_getaffinity(0))}) as (address, _):
        caller = Caller(address)
        numbers = iter(range(99))
        new = median(lambda: caller.ask("POST", "/_emulator/projects", {}, {"projectId": f"w{next(numbers)}"}), 10)
        figures.append(("create a project", f"{new:.0f} ms"))
        second = f"{median(lambda: caller.ask('POST', '/_emulator/reset?project=w1', {}), 50):.1f} ms"
        figures.append(("reset a second project", second))
        figures.append(("reset", f"{median(lambda: caller.ask('POST', '/_emulator/reset', {}), 50):.1f} ms"))
        caller.ask("POST", "/v1/tablesdb", SERVER, {"databaseId": "bench", "name": "Bench"})
        for table, count in (("small", 100), ("large", rows)):
            begun = time.perf_counter()
            fill(caller, table, count)
            each = (time.perf_counter() - begun) / count * 1000
            row = f"/v1/tablesdb/bench/tables/{table}/rows/post-1"
            figures.append((f"get row of {count:,}", f"{median(lambda: caller.ask('GET', row, GUEST)):.2f} ms"))  # noqa: B023
            page = newest(table)
            figures.append((f"list 10 newest of {count:,}", f"{median(lambda: caller.ask('GET', page, GUEST)):.2f} ms"))  # noqa: B023
        figures.append((f"create, 100 a call, up to {rows:,}", f"{each:.2f} ms a row"))
        change = {"data": {"title": "Changed"}}
        figures.append(("update row", f"{median(lambda: caller.ask('PATCH', row, SERVER, change), 100):.2f} ms"))
        with ProcessPoolExecutor(CLIENTS) as clients:
            answers = sum(clients.map(keep_asking, [address] * CLIENTS, [newest("large")] * CLIENTS))
        figures.append((f"lists, {CLIENTS} clients, server on one core", f"{answers / SECONDS:.0f} a second"))
    show("The emulator", figures)


if __name__ == "__main__":
    main()
