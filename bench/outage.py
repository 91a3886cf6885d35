"""How fast the site answers while Appwrite hangs: 50 clients wait for pages that need it, and others come for the rest.

    python -m bench.outage

The 50 clients send searches that no cache has. The emulator accepts every call and answers none. The first seconds, in
which the site notices that, are measured apart from the rest. Everything shares one machine.
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
THINKING = 1  # seconds between the response to one of them and its next request
NOTICING = 5  # seconds after the start
SECONDS = 20  # after that
PAUSE = 0.05  # seconds between two requests
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
    """Search for words that no cache has, until the end. Return how long each response took, in seconds."""
    waits = []
    while not is_over.wait(THINKING):
        started = time.perf_counter()
        answer(address, f"/posts/?q=kaffe+{number}+{len(waits)}")
        waits.append(time.perf_counter() - started)
    return waits


def measure(address: str, seconds: float) -> list[Row]:
    """Request each path in turn for this long, and return a row of figures for each."""
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
    """Return the status of a GET over a new connection."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


if __name__ == "__main__":
    main()
