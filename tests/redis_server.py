"""A Redis server for tests, on a free local port and without persistence."""

import signal
import subprocess
import time

import redis

from tests.ports import free_port
from tests.programs import programs_required

PATIENT = 30  # maximum seconds to start; no test may fail because the machine is busy


class RedisServer:
    """A server that runs until the end of the `with` block. `url` stays the same after a restart.

    `configuration` is the content of redis.conf.
    """

    def __init__(self, *arguments: str, configuration: str = "") -> None:
        lines = dict(line.split(maxsplit=1) for line in configuration.splitlines())
        self._arguments = [
            *arguments,
            *(word for name, value in lines.items() for word in (f"--{name}", value.strip('"'))),
        ]
        password = lines.get("requirepass", "")
        self._process: subprocess.Popen[bytes] | None = None
        self._port = free_port()
        self.url = f"redis://:{password}@127.0.0.1:{self._port}/0" if password else f"redis://127.0.0.1:{self._port}/0"
        self.client = redis.Redis(port=self._port, password=password or None, socket_timeout=PATIENT)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.client.close()

    def start(self) -> None:
        """Start the server with an empty database."""
        options = ["--save", "", "--appendonly", "no", "--bind", "127.0.0.1", "--port", str(self._port)]
        self._process = subprocess.Popen(["redis-server", *options, *self._arguments], stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENT
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert self._process.poll() is None, "redis-server did not start"
                assert time.monotonic() < until, "redis-server does not respond"
                time.sleep(0.02)

    def kill(self) -> None:
        """Kill the server. The server then refuses connections, and its data is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Make the server stop responding. Connections and commands then hang."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def redis_required() -> None:
    """Skip the test if redis-server is not installed."""
    programs_required("redis-server")
