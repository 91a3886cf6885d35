"""Measure pages per second, compared with gunicorn without Django and with a minimal Django site (bench.plain).

    python -m bench.throughput [seconds rounds]

The servers and the emulator share one core, and wrk uses a second core. Every server uses gunicorn.conf.py. Each round
measures every row once, so that a short period of high load does not affect only one row. The table shows the medians.
`CPU` is the CPU time per response in the server's processes, the figure that other programs affect least.

The site's rows:

- warm: a guest gets the page from the page cache.
- cold: a guest has an unknown cookie, so the page is rendered, but from cached reads (core.read_cache).
- signed in: the page is rendered for a reader with a session.
- uncached: the site's caches do not work, so every page calls Appwrite.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from pathlib import Path
from typing import NamedTuple

import requests
from django.conf import settings
from django.test import override_settings

from appwrite_emulator.testing import Emulator
from bench.backend import emulator_with, post_id
from bench.measuring import Row, show
from posts import demo
from posts.repository import PostRepository
from tests.site import GUNICORN, ROOT, Site, bare_environment
from tests.users import Person

POSTS = 200
MORE_POSTS = (100, 10_000, 100_000)
CLIENTS = 8
SERVER_CORE, CLIENT_CORE = 0, 1
GUEST = {"Accept-Encoding": "br, gzip"}
UNKNOWN_COOKIE = {**GUEST, "Cookie": "bench=1"}
SAVES = 50
TICK = os.sysconf("SC_CLK_TCK")
HEADS = ("a second", "median ms", "p99 ms", "p99 / median", "CPU ms", "emulator CPU ms")


class UncachedSite(Site):
    """A site without page and read caches. The site has no generation, so it neither stores nor uses copies."""

    def __enter__(self) -> Site:
        super().__enter__()
        generation = Path(self._folder.name) / "generation"
        generation.unlink(missing_ok=True)
        generation.symlink_to(generation)  # a symbolic link to itself cannot be read
        return self


class Plain:
    """A gunicorn server for `bench.plain`, which listens at `url` until the end of the `with` block."""

    def __init__(self, endpoint: str) -> None:
        self._environment = {"APPWRITE_ENDPOINT": endpoint, "APPWRITE_PROJECT": settings.APPWRITE_PROJECT}

    def __enter__(self) -> "Plain":
        command = [part.replace("biso_site.wsgi", "bench.plain") for part in GUNICORN]
        self._process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--bind", "127.0.0.1:0"],
            cwd=ROOT,
            env=bare_environment() | self._environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stderr is not None
        lines = []
        for line in self._process.stderr:
            lines.append(line)
            if match := re.search(r"Listening at: http://\S+:(\d+)", line):
                self.url = f"http://127.0.0.1:{match[1]}"
                # The SDK prints Appwrite's warnings, and a full pipe would block the server.
                threading.Thread(target=deque, args=(self._process.stderr, 0), daemon=True).start()
                return self
        raise RuntimeError("".join(lines))

    def __exit__(self, *_: object) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


Server = Plain | Site


class Run(NamedTuple):
    """The result of one measurement: responses per second, latency in ms, and CPU time per response in ms."""

    rate: float
    median: float
    p99: float
    cpu: float
    emulator_cpu: float

    def row(self, name: str) -> Row:
        ratio = self.p99 / self.median
        figures = f"{self.rate:,.0f}", f"{self.median:.1f}", f"{self.p99:.1f}", f"{ratio:.1f}"
        return (name, *figures, f"{self.cpu:.2f}", f"{self.emulator_cpu:.2f}")


def main() -> None:
    seconds, rounds = (int(value) for value in sys.argv[1:3]) if len(sys.argv) > 2 else (3, 5)
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {SERVER_CORE})  # every server inherits this setting
    print(f"wrk, {CLIENTS} connections, {rounds} rounds of {seconds} s; load average {os.getloadavg()[0]:.1f}")
    with emulator_with(POSTS) as (emulator, author, reader):
        endpoint = emulator.endpoint
        with Plain(endpoint) as plain, Site(endpoint) as site, UncachedSite(endpoint) as uncached:
            targets = _targets(plain, site, uncached, reader)
            runs = defaultdict(list)
            for _ in range(rounds):
                for name, target in targets.items():
                    runs[name].append(run(emulator, *target, seconds))
            medians = {name: Run(*map(statistics.median, zip(*each, strict=True))) for name, each in runs.items()}
            show("Pages", [each.row(name) for name, each in medians.items()], HEADS)
            show("Saving a draft", [saving(emulator, site, author)], ("median ms", "CPU ms", "calls to Appwrite"))
            show("Memory of each worker after these pages, MB", memory(site), ("resident", "proportional"))
    rows = [many_posts(number) for number in MORE_POSTS]
    show("Without copies, by number of posts: median ms", rows, ("home", "list", "post", "feed", "page 500"))


def _targets(plain: Plain, site: Site, uncached: Site, reader: Person) -> dict[str, tuple[Server, str, dict[str, str]]]:
    pages = {"list": "/posts/", "post": f"/posts/{post_id(20)}/"}
    all_pages = {**pages, "home": "/"}
    signed_in = {
        **GUEST,
        "Cookie": f"{cookies_of(reader)}; csrftoken={'c' * 32}",
    }  # a browser gets both cookies before its first measured page
    return {
        "bare gunicorn, 12 kB": (plain, "/bare", GUEST),
        **{f"Django, posts in memory: {name}": (plain, f"/memory{path}", GUEST) for name, path in pages.items()},
        **{f"Django with the SDK: {name}": (plain, f"/sdk{path}", GUEST) for name, path in pages.items()},
        **{f"warm: {name}": (site, path, GUEST) for name, path in all_pages.items()},
        **{f"cold: {name}": (site, path, UNKNOWN_COOKIE) for name, path in all_pages.items()},
        **{f"signed in: {name}": (site, path, signed_in) for name, path in all_pages.items()},
        **{f"uncached: {name}": (uncached, path, GUEST) for name, path in all_pages.items()},
    }


def cookies_of(person: Person) -> str:
    return "; ".join(f"{name}={morsel.value}" for name, morsel in person.browser().cookies.items())


def run(emulator: Emulator, server: Server, path: str, headers: dict[str, str], seconds: int) -> Run:
    """Measure one page with wrk. Raise RuntimeError if any request fails."""
    url = server.url.replace("localhost", "127.0.0.1") + path
    sent = {"Host": "localhost", **headers}
    requests.get(url, headers=sent, timeout=60).raise_for_status()
    command = ["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--latency"]
    command += [part for name, value in sent.items() for part in ("-H", f"{name}: {value}")]
    if os.cpu_count() != 1:
        command = ["taskset", "-c", str(CLIENT_CORE), *command]
    before = cpu(server._process.pid), cpu(emulator.process.pid)
    text = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout  # noqa: S603 - our own
    spent = cpu(server._process.pid) - before[0], cpu(emulator.process.pid) - before[1]
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"{path}: {text}")
    number = int(re.search(r"(\d+) requests in", text)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec: +([\d.]+)", text)[1])  # type: ignore[index]
    each = (1000 * seconds_ / number for seconds_ in spent)
    return Run(rate, _latency(text, "50%"), _latency(text, "99%"), *each)


def _latency(text: str, share: str) -> float:
    """Return the latency in milliseconds at this percentile of wrk's output."""
    value, unit = re.search(rf"{share} +([\d.]+)(us|ms|s)\b", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]


def cpu(leader: int) -> float:
    """Return the seconds of CPU time used by the process `leader` and all processes in its process group."""
    return sum(
        sum(map(int, fields[11:13])) / TICK for pid, fields in _processes() if pid == leader or int(fields[2]) == leader
    )


def _processes() -> list[tuple[int, list[str]]]:
    """Return each process's ID with its fields in /proc/PID/stat after the name: state, parent, group and so on."""
    result = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:  # the process has exited
            continue
        result.append((int(file.parent.name), text.rpartition(")")[2].split()))
    return result


def saving(emulator: Emulator, site: Site, author: Person) -> Row:
    """Save a draft SAVES times with its form. Return the times per save, and the number of calls in the last save."""
    draft = "benchdraft"
    content = demo.posts()[0].content
    fields = {"title": "Kaffe", "content": content, "excerpt": "", "language": "nb", "campus": "oslo", "tags": ("a",)}
    with override_settings(APPWRITE_ENDPOINT=emulator.endpoint):
        PostRepository(author.appwrite).create(draft, author.user, fields)
    browser, url = requests.Session(), f"{site.url}/posts/{draft}/edit/"
    times, used, calls = [], 0.0, 0
    for number in range(SAVES):
        form = browser.get(url, headers={"Cookie": cookies_of(author)}, timeout=60)
        cookies = f"{cookies_of(author)}; csrftoken={browser.cookies['csrftoken']}"
        typed = {**_hidden(form.text), **fields, "title": f"Kaffe {number}", "tags": "a", "act": "save"}
        emulator.control("DELETE", "requests.json")
        before, begun = cpu(site._process.pid), time.perf_counter()
        headers = {"Cookie": cookies, "Origin": site.url}
        answer = requests.post(url, typed, headers=headers, timeout=60, allow_redirects=False)
        times.append(time.perf_counter() - begun)
        used += cpu(site._process.pid) - before
        calls = emulator.control("GET", "requests.json")["total"]
        if answer.status_code != 302:
            raise RuntimeError(f"{url}: {answer.status_code}")
    return ("one client", f"{1000 * statistics.median(times):.1f}", f"{1000 * used / SAVES:.1f}", str(calls))


def _hidden(page: str) -> dict[str, str]:
    """Return the names and values of the hidden fields in a page."""
    inputs = re.findall(r'<input type="hidden"[^>]*>', page)
    named = (re.search(r'name="([^"]+)"', each) for each in inputs)
    values = (re.search(r'value="([^"]*)"', each) for each in inputs)
    return {name[1]: value[1] if value else "" for name, value in zip(named, values, strict=True) if name}


def memory(site: Site) -> list[Row]:
    """Return the resident and the proportional set size of each worker in MB."""
    rows = []
    for pid, fields in _processes():
        if int(fields[1]) == site._process.pid:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text()
            kilobytes = dict(re.findall(r"^(Rss|Pss): +(\d+) kB", lines, re.MULTILINE))
            rows.append(("worker", f"{int(kilobytes['Rss']) / 1024:.0f}", f"{int(kilobytes['Pss']) / 1024:.0f}"))
    return rows


def many_posts(number: int) -> Row:
    """Return the response times of pages that call Appwrite, for a site with `number` posts."""
    pages = ("/", "/posts/", f"/posts/{post_id(20)}/", "/posts/feed/", "/posts/?page=500")
    with emulator_with(number) as (emulator, *_), UncachedSite(emulator.endpoint) as site:
        return (f"{number:,} posts", *(_milliseconds(site.url + path) for path in pages))


def _milliseconds(url: str) -> str:
    """Return the median response time of a page in milliseconds, or "-" if the page does not exist."""
    browser, times = requests.Session(), []
    for _ in range(25):
        begun = time.perf_counter()
        answer = browser.get(url, headers=GUEST, timeout=60)
        times.append(time.perf_counter() - begun)
        if answer.status_code == 404:
            return "-"
        answer.raise_for_status()
    return f"{1000 * statistics.median(times[5:]):.1f}"


if __name__ == "__main__":
    main()
