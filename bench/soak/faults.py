"""The faults of a run: Appwrite, its network, the workers and Redis fail in turn."""

import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle
from urllib.parse import urlsplit

from appwrite_emulator.testing import Emulator
from bench.soak import growth
from bench.soak.model import Window
from tests.redis_server import RedisServer
from tests.site import Site

PAUSE = 30  # seconds between two faults
AFTER = 10  # seconds after a fault in which its effects are expected: the circuit breaker, retries, and slow calls
RESTART_AT = 0.15  # the fraction of the run after which the site restarts; early, so that the new workers' growth shows
RESTARTED_WITHIN = 90  # seconds from then until the new workers run: the fault in progress, a PAUSE and the restart
SHORTEST_RUN = math.ceil((growth.LIFE + RESTARTED_WITHIN) / (1 - RESTART_AT) / 100) * 100
"""Seconds, in hundreds. In a shorter run, the workers may not live long enough for their growth to be judged."""
WRITES = ("tablesDB.createRow", "tablesDB.updateRow", "tablesDB.deleteRow", "storage.createFile")


class Relay:
    """A relay for TCP connections to the emulator. While it is cut, connections break and new ones are refused."""

    def __init__(self, endpoint: str) -> None:
        target = urlsplit(endpoint)
        self._target = (target.hostname, target.port)
        self._lock = threading.Lock()
        self._lines: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port: int = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self._port}{target.path}"
        self._accept_in_background()

    def cut(self) -> None:
        with self._lock:
            self._close(self._listener)
            for line in self._lines:
                self._close(line)
            self._lines.clear()

    def mend(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._accept_in_background()

    def _accept_in_background(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.create_connection(self._target)
                with self._lock:
                    self._lines |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with self._lock:
            self._lines -= {source, sink}
        self._close(source)
        self._close(sink)

    @staticmethod
    def _close(line: socket.socket) -> None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)  # wakes the threads that wait for data
        line.close()


class Faults:
    """Injects one fault after another. `windows` contains the periods during which each kind of failure is expected."""

    def __init__(self, emulator: Emulator, relay: Relay, site: Site, redis: RedisServer | None) -> None:
        self._emulator, self._relay, self._site, self._redis = emulator, relay, site, redis
        self.windows: dict[str, list[Window]] = {"unavailable": [], "broken": [], "cache": []}
        self._is_restarted = False

    def run(self, seconds: float, is_over: threading.Event) -> None:
        """Inject faults for the given number of seconds, and end with a pause."""
        started, in_turn = time.time(), self._in_turn()
        while not is_over.wait(PAUSE) and time.time() - started < seconds - PAUSE - AFTER:
            if not self._is_restarted and time.time() - started > RESTART_AT * seconds:
                self._is_restarted = True
                self._restart_site()
            else:
                next(in_turn)()

    def is_active(self, start: float, end: float) -> bool:
        """Return whether the effects of any fault are expected between these times."""
        return any(
            window.start <= end and start <= window.end for windows in self.windows.values() for window in windows
        )

    def _in_turn(self) -> Iterator[Callable[[], None]]:
        faults: list[Callable[[], None]] = [
            self._cut_network,
            self._kill_youngest_worker,
            self._lose_responses,
            self._restart_redis,
            self._hang,
            self._fail_calls,
            self._slow_calls,
            self._refuse_calls,
            self._delay_writes,
        ]
        return cycle(faults)

    def _cut_network(self) -> None:
        with _Noted(self.windows["unavailable"], "Appwrite unreachable"):
            self._relay.cut()
            time.sleep(5)
            self._relay.mend()

    def _hang(self) -> None:
        self._appwrite("Appwrite hangs", 6, ("*",), delay=8)

    def _slow_calls(self) -> None:
        self._appwrite("Appwrite slow", 10, ("*",), delay=1.5, every=2)

    def _fail_calls(self) -> None:
        self._appwrite("Appwrite answers 500", 8, ("*",), status=500, every=3)

    def _refuse_calls(self) -> None:
        self._appwrite("Appwrite answers 429", 8, ("*",), status=429, every=3)

    def _lose_responses(self) -> None:
        self._appwrite("responses to writes lost", 15, WRITES, drop=True, after=True, every=2)

    def _delay_writes(self) -> None:
        """Delay some writes so long that Appwrite carries them out after the site has given up (after five seconds)."""
        self._appwrite("writes carried out late", 10, WRITES, delay=7, every=3)

    def _appwrite(self, name: str, seconds: float, operations: tuple[str, ...], **fault: object) -> None:
        with _Noted(self.windows["unavailable"], name):
            for operation in operations:
                self._emulator.faults.add(operation, **fault)
            time.sleep(seconds)
            self._emulator.faults.clear()

    def _kill_youngest_worker(self) -> None:
        """Kill the worker with the highest process id, so that the other one lives long enough to show its growth."""
        with _Noted(self.windows["broken"], "worker killed"):
            os.kill(max(self._site.workers()), signal.SIGKILL)

    def _restart_site(self) -> None:
        with _Noted(self.windows["broken"], "site restarted"):
            self._site.restart()

    def _restart_redis(self) -> None:
        if self._redis is None:
            return
        with _Noted(self.windows["cache"], "Redis restarted"):
            self._redis.kill()
            time.sleep(3)
            self._redis.start()


class _Noted:
    """Add a window to `windows` that starts when the block starts, and ends AFTER seconds after the block."""

    def __init__(self, windows: list[Window], name: str) -> None:
        self._windows, self._name = windows, name

    def __enter__(self) -> None:
        self._start = time.time()
        # `__exit__` adds the window, because its end is not known before then.

    def __exit__(self, *_: object) -> None:
        self._windows.append(Window(self._name, self._start, time.time() + AFTER))
        print(f"  {time.strftime('%H:%M:%S')} {self._name}", flush=True)
