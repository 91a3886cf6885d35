"""Measure how fast the site responds while Appwrite hangs.

    python -m bench.outage

50 clients send searches that are in no cache, so their pages need Appwrite. One additional client requests pages that
do not need Appwrite. The emulator accepts every call and never responds. The site notices the outage during the first
seconds, so these are measured separately. All processes run on the same machine.
"""

import http.client
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench.backend import emulator_with
from bench.measuring import Row, show
from tests.site import Site

CLIENTS = 50
THINKING = 1  # seconds that each of these clients waits after a response before its next request
NOTICING = 5  # seconds of the first measurement, during which the site notices the outage
SECONDS = 20  # seconds of the second measurement
PAUSE = 0.05  # seconds between two measured requests
PATHS = {
    "health check": "/healthz",
    "cached list": "/posts/",
    "sign-in page": "/auth/login/",
    "cached search": "/posts/?q=lesesal",
}


def main() -> None:
    with emulator_with(20) as (emulator, *_), Site(emulator.endpoint) as site:
        address = urlsplit(site.url).netloc
        for path in PATHS.values():
            answer(address, path)
        is_over = threading.Event()
        emulator.faults.add("*", delay=60)
        with ThreadPoolExecutor(CLIENTS) as clients:
            waiting = [clients.submit(search, address, number, is_over) for number in range(CLIENTS)]
            early, late = measure(address, NOTICING), measure(address, SECONDS)
            is_over.set()
            waits = sorted(wait for client in waiting for wait in client.result())
    heads = ("median ms", "95 %", "longest", "statuses")
    show(f"Appwrite hangs, {CLIENTS} clients wait: the first {NOTICING} seconds", early, heads)
    show(f"The next {SECONDS} seconds", late, heads)
    print(f"  The clients waited {statistics.median(waits):.2f} s (median), and at most {waits[-1]:.1f} s")


def search(address: str, number: int, is_over: threading.Event) -> list[float]:
    """Send searches that are in no cache until `is_over` is set. Return each response time in seconds."""
    waits = []
    while not is_over.wait(THINKING):
        started = time.perf_counter()
        answer(address, f"/posts/?q=kaffe+{number}+{len(waits)}")
        waits.append(time.perf_counter() - started)
    return waits


def measure(address: str, seconds: float) -> list[Row]:
    """Request all paths in turn for the given number of seconds. Return one row of figures per path."""
    times: dict[str, list[float]] = {name: [] for name in PATHS}
    statuses: dict[str, set[int]] = {name: set() for name in PATHS}
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name, path in PATHS.items():
            started = time.perf_counter()
            statuses[name].add(answer(address, path))
            times[name].append((time.perf_counter() - started) * 1000)
            time.sleep(PAUSE)
    return [
        (
            name,
            f"{statistics.median(each):.0f}",
            f"{sorted(each)[int(len(each) * 0.95)]:.0f}",
            f"{max(each):.0f}",
            ", ".join(map(str, sorted(statuses[name]))),
        )
        for name, each in times.items()
    ]


def answer(address: str, path: str) -> int:
    """Send a GET over a new connection, and return the status of the response."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


if __name__ == "__main__":
    main()
