"""Run the endurance test and print its verdict.

The exit code is 1 if one of these happened:
- a post was lost, was stored twice, or is not as the site confirmed it to its writer
- a guest could read a hidden post, or could not read a published one
- a request failed, and no injected fault explains it
- the site logged an exception
- memory, disk use, open files or threads of the site grew
- a page became slower during the run
- Redis has more keys without an expiry than expected
- the test's own clients failed

Otherwise, the exit code is 0, and the last lines name everything that was not judged, for example because the run was
too short.
"""

import argparse
import multiprocessing
import os
import re
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bench.backend import emulator_with, post_id

from appwrite.input_file import InputFile  # isort: skip - these imports need the settings, which bench.backend sets up
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from django.conf import settings
from django.test import override_settings

from appwrite_emulator.testing import Emulator
from bench.measuring import Row as Figures
from bench.measuring import show, show_markdown
from bench.soak import clients, growth, model
from bench.soak.faults import SHORTEST_RUN, Faults, Relay
from core.appwrite_client import create_admin_client
from posts.covers import storage
from tests import users
from tests.redis_server import RedisServer
from tests.site import Site, private_memory

DATABASE = settings.APPWRITE_DATABASE
POSTS = 200  # posts that exist when the load begins
EDITED = 40  # this many of the newest posts are also edited by admins
SAMPLE_EVERY = 5  # seconds
SETTLE = 10  # seconds between the last fault and the final comparison
REDIS = "maxmemory 256mb\nmaxmemory-policy volatile-lru"  # as docs/several-machines.md says
MAX_KEYS = 5  # keys in Redis that never expire: the generation, and the time of the next scheduled post
TOKEN = "soak-metrics-token-0123456789"  # noqa: S105 - only this machine can reach the site
Table = Callable[[str, list[Figures], Figures], None]
HEADS = ("seconds", "after warm-up", "at the end", "highest", "rise", "limit")


class RestartableSite(Site):
    """A site whose socket stays open while gunicorn restarts, as with systemd. Requests wait in the socket's queue."""

    _listener: socket.socket | None = None

    def _listen(self, port: int) -> socket.socket:
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        return self._listener.dup()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        if self._listener:
            self._listener.close()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "seconds",
        nargs="?",
        type=int,
        default=3600,
        help=f"duration of the load (default: an hour); from {SHORTEST_RUN}, all growth is judged",
    )
    parser.add_argument("--cache", choices=("redis", "files"), default="redis", help="what the workers share")
    parser.add_argument("--markdown", action="store_true", help="print the tables for docs/performance.md")
    parser.add_argument(
        "--groups", nargs="+", choices=clients.GROUPS, default=list(clients.GROUPS), help="who uses the site"
    )
    parser.add_argument("--times", type=float, default=10, help="multiple of a launch night's load (default: 10)")
    parser.add_argument(
        "--busy",
        action="store_true",
        help="use this if other programs use the machine: ignores slow responses and unexpected 503 responses",
    )
    options = parser.parse_args()
    with _running(options.cache, options.times) as (emulator, relay, site, redis, scene):
        print(f"{options.seconds} seconds, {options.cache}; load average {os.getloadavg()[0]:.1f}", flush=True)
        run = Run(emulator, site, redis, show_markdown if options.markdown else show)
        faults = Faults(emulator, relay, site, redis)
        run.load(scene, faults, options.seconds, options.groups)
        time.sleep(SETTLE)
        return run.verdict(faults, scene, is_busy=options.busy)


@contextmanager
def _running(
    cache: str, times: float
) -> Iterator[tuple[Emulator, Relay, RestartableSite, RedisServer | None, clients.Scene]]:
    with ExitStack() as stack:
        emulator, *_ = stack.enter_context(emulator_with(POSTS))
        redis = stack.enter_context(RedisServer(configuration=REDIS)) if cache == "redis" else None
        relay = Relay(emulator.endpoint)
        shared = {"CACHE_URL": redis.url} if redis else {}
        metrics = stack.enter_context(tempfile.TemporaryDirectory())
        site = stack.enter_context(
            RestartableSite(
                relay.endpoint,
                "--max-requests=0",  # replacing the workers would hide their growth
                METRICS_TOKEN=TOKEN,
                TRUSTED_PROXIES="1",
                AUDIT_LOG=f"{metrics}/audit.log",
                **shared,
            )
        )
        with override_settings(APPWRITE_ENDPOINT=emulator.endpoint, APPWRITE_TIMEOUT=(60, 60)):
            admins = [users.create(f"Admin{number}", "admin") for number in range(clients.ADMINS_AT_ONCE)]
            _upload_covers()
        scene = clients.Scene(
            url=site.url,
            origin=emulator.origin,
            project=emulator.project,
            key=emulator.key,
            seeded=tuple(map(post_id, range(POSTS))),
            edited=tuple(
                model.Post(post_id(number), start=model.State(is_published=True, has_cover=number % 10 < 6))
                for number in range(EDITED)
            ),
            cookies=tuple(
                {name: cookie.value for name, cookie in person.browser().cookies.items()} for person in admins
            ),
            metrics_token=TOKEN,
            times=times,
        )
        yield emulator, relay, site, redis, scene


def _upload_covers() -> None:
    """Store the covers to which the rows from bench.backend refer."""
    files = create_admin_client().storage
    for number in range(POSTS):
        if number % 10 < 6:
            picture = InputFile.from_bytes(clients.picture("WEBP"), "cover.webp", "image/webp")
            file_id = f"{storage.cover_prefix(post_id(number))}cover"
            files.create_file("covers", file_id, picture, [Permission.read(Role.any())])


class Run:
    """One run: its samples, and what its clients report."""

    def __init__(self, emulator: Emulator, site: Site, redis: RedisServer | None, table: Table) -> None:
        self._emulator, self._site, self._redis, self._table = emulator, site, redis, table
        self._samples: list[growth.Sample] = []
        self._reports: list[clients.Report] = []
        self._started = time.time()

    def load(self, scene: clients.Scene, faults: Faults, seconds: float, roles: list[str]) -> None:
        """Run the clients, the faults and the measurements for the given number of seconds."""
        context = multiprocessing.get_context("spawn")
        is_over, queue = context.Event(), context.Queue()
        groups = [context.Process(target=clients.run_group, args=(role, scene, is_over, queue)) for role in roles]
        for group in groups:
            group.start()
        stop = threading.Event()
        sampling = threading.Thread(target=self._sample_until, args=(stop,))
        sampling.start()
        self._started = time.time()
        faults.run(seconds, stop)
        time.sleep(max(0, self._started + seconds - time.time()))
        is_over.set()
        self._reports = [queue.get(timeout=120) for _ in groups]
        stop.set()
        sampling.join()
        for group in groups:
            group.join()

    # -- measuring -----------------------------------------------------------------------------------------------------
    def _sample_until(self, stop: threading.Event) -> None:
        while not stop.wait(SAMPLE_EVERY):
            now = time.time()
            master = self._site._process.pid
            with suppress(OSError):
                for name, pid in (("master", master), *(("worker", pid) for pid in self._site.workers())):
                    self._sample_process(f"{name} {pid}", pid, now)
            with suppress(OSError):
                self._sample_process("emulator", self._emulator.process.pid, now)
            self._note("cache folder", growth.DISK, now, _size(Path(self._site._folder.name)) / 2**20)
            if self._redis:
                with suppress(Exception):
                    used = self._redis.client.info("memory")["used_memory"]
                    self._note("Redis", growth.MEMORY, now, used / 2**20)

    def _sample_process(self, name: str, pid: int, now: float) -> None:
        self._note(name, growth.MEMORY, now, private_memory(pid))
        self._note(name, growth.OPEN_FILES, now, len(os.listdir(f"/proc/{pid}/fd")))
        self._note(name, growth.THREADS, now, len(os.listdir(f"/proc/{pid}/task")))

    def _note(self, process: str, figure: str, at: float, value: float) -> None:
        self._samples.append(growth.Sample(process, figure, at, value))

    # -- the verdict ---------------------------------------------------------------------------------------------------
    def verdict(self, faults: Faults, scene: clients.Scene, *, is_busy: bool) -> int:
        """Print the tables, every fault, and what was not judged. Return the exit code."""
        answers = [answer for report in self._reports for answer in report.answers]
        posts = [post for report in self._reports for post in report.posts]
        trends = growth.trends(self._samples)
        sentences = [error for report in self._reports for error in report.errors]
        sentences += model.compare(posts, self._rows())
        refused = model.unexpected(answers, faults.windows)
        sentences += self._visible(posts, faults, scene)
        sentences += [trend.fault for trend in trends if trend.fault]
        quiet = [answer for answer in answers if not faults.is_active(answer.at - answer.seconds, answer.at)]
        halves = self._timings(quiet)
        slower = [sentence for kind, half in halves.items() if (sentence := growth.slower(kind, *half))]
        grown = growth.not_judged(trends)
        if is_busy:
            refused = [sentence for sentence in refused if ": 503, " not in sentence]
            slower = []
            not_judged = [*grown, "Response times, and pages that answered 503 without a fault, because of --busy."]
        else:
            not_judged = [*grown, *growth.rarely_requested(halves)]
        sentences += refused + slower
        sentences += self._keys_without_end()
        sentences += [f"The site's log: {line}" for line in self._tracebacks()]
        self._table("After each process's warm-up", [_figures(trend) for trend in trends], HEADS)
        self._summary(posts, answers)
        for sentence in sentences:
            print(f"FAULT: {sentence}")
        for sentence in not_judged:
            print(f"NOT JUDGED: {sentence}")
        if grown:
            print(f"Run at least {SHORTEST_RUN} seconds to judge all growth.")
        print("Failed." if sentences else "Passed, except for what was not judged." if not_judged else "Passed.")
        return bool(sentences)

    def _rows(self) -> Iterator[model.Row]:
        """Yield all rows of the posts table, read from Appwrite with the API key."""
        with override_settings(APPWRITE_ENDPOINT=self._emulator.endpoint, APPWRITE_TIMEOUT=(60, 60)):
            after: list[str] = []
            while True:
                rows = create_admin_client().db.list_rows(DATABASE, "posts", [Query.limit(500), *after]).rows
                for row in rows:
                    data = row.data
                    is_published = data["status"] == "published"
                    yield model.Row(row.id, data["title"], data["content"], is_published, bool(data["coverId"]))
                if len(rows) < 500:
                    return
                after = [Query.cursor_after(rows[-1].id)]

    def _visible(self, posts: list[model.Post], faults: Faults, scene: clients.Scene) -> list[str]:
        """Return a message for each hidden post that guests could read, and each public post that they could not."""
        noted = [leak for report in self._reports for leak in report.leaks]
        found = [f"A guest could read a hidden post: {sentence}" for _, sentence in noted]
        noted = [stale for report in self._reports for stale in report.stale]
        found += [
            f"A guest could not read a published post: {sentence}"
            for at, sentence in noted
            if not faults.is_active(at - clients.LOOKING, at)
        ]
        client = clients.Client(scene, clients.Report(), 99)
        hidden: dict[str, str] = {}  # mark -> id of a post that no guest may see
        for post in posts:
            (state, *others) = post.states()
            if not others:
                is_public = state.exists and state.is_published
                hidden |= {} if is_public else {post.mark: post.id}
                page = client.open("post", f"/posts/{post.id}/", expects=(404,))
                shown = set(model.MARK.findall(page.text)) if page is not None and page.status_code == 200 else set()
                is_shown = (post.mark, f"{state.version:05}") in shown
                if state.version and is_shown != is_public:
                    found.append(f"At the end, post {post.id} is {'shown' if is_shown else 'not shown'} to a guest.")
        for path in ("/", "/posts/", "/posts/feed/", "/posts/feed/rss/", "/sitemap.xml", "/posts/?q=kaffe"):
            page = client.open("list", path)
            marks = {mark for mark, _ in model.MARK.findall(page.text)} if page is not None else set()
            found += [f"At the end, {path} shows the hidden post {hidden[mark]}." for mark in marks & hidden.keys()]
        return found

    def _timings(self, quiet: list[model.Answer]) -> dict[str, tuple[list[float], list[float]]]:
        """Print the response times of periods without faults.

        Return the response times in seconds, by kind of page, in the first and in the second half of the run.
        """
        middle = statistics.median(answer.at for answer in quiet)
        halves: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
        for answer in quiet:
            if answer.status in model.EXPECTED:
                halves[answer.kind][answer.at > middle].append(answer.seconds)
        rows = []
        for kind, (early, late) in sorted(halves.items()):
            every = [*early, *late]
            figures = [f"{growth.percentile(each, share):.0f}" for each, share in ((every, 0.5), (every, 0.99))]
            figures += [f"{growth.percentile(half, 0.99):.0f}" if half else "-" for half in (early, late)]
            rows.append((kind, f"{len(every):,}", *figures))
        self._table(
            "Without a fault in progress: ms", rows, ("responses", "median", "p99", "p99, 1st half", "p99, 2nd half")
        )
        return halves

    def _summary(self, posts: list[model.Post], answers: list[model.Answer]) -> None:
        attempts = [attempt for post in posts for attempt in post.attempts]
        for title, values in (
            ("Responses by status (0: the connection broke)", Counter(str(answer.status) for answer in answers)),
            ("Writes by outcome", Counter(attempt.outcome for attempt in attempts)),
            ("Writes by kind", Counter(attempt.act for attempt in attempts)),
        ):
            self._table(title, [(name, f"{number:,}") for name, number in sorted(values.items())], ("number",))
        print(
            f"{len(posts)} posts were compared; {len(answers) / (time.time() - self._started):.0f} responses a second."
        )

    def _keys_without_end(self) -> list[str]:
        """Return a message if Redis has more than MAX_KEYS keys that never expire."""
        client = self._redis.client if self._redis else None
        keys = [key for key in client.scan_iter(count=1000) if client.ttl(key) == -1] if client else []
        return [f"{len(keys)} keys in Redis never expire, such as {keys[:3]}."] if len(keys) > MAX_KEYS else []

    def _tracebacks(self) -> list[str]:
        """Return each unhandled exception in the site's log, and how often it occurred."""
        found = Counter(re.findall(r"Traceback \(most recent call last\):.*?\n(?=\S)(.*)", self._site.log(), re.DOTALL))
        return [f"{number} times {line[:200]}" for line, number in found.items()]


def _size(folder: Path) -> int:
    """Return the bytes of all files in a folder, without the site's log."""
    size = 0
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # the site has deleted the file
            size += file.stat().st_size if file.is_file() and file.name != "log" else 0
    return size


def _figures(trend: growth.Trend) -> Figures:
    limit = "-" if trend.limit is None else f"{trend.limit:.1f}"
    values = (trend.seconds, trend.first, trend.last, trend.highest, trend.rise)
    return (f"{trend.process}: {trend.figure}", *(f"{value:.1f}" for value in values), limit)


if __name__ == "__main__":
    sys.exit(main())
