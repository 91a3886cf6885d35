"""A Redis server for the tests, on a free local port and without persistence."""

import shutil
import signal
import socket
import subprocess
import time

import pytest
import redis

PATIENT = 30  # seconds for a start; no test may fail because the machine is busy


class RedisServer:
    """A running server until the end of the `with` block. `url` stays the same when it is started again."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[bytes] | None = None
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.client = redis.Redis(port=self._port, socket_timeout=PATIENT)

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.client.close()

    def start(self) -> None:
        """Start the server, empty."""
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
        """Stop the server: then it refuses connections, and has lost its data."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def hang(self) -> None:
        """Let connections and calls wait without an answer."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def redis_required() -> None:
    """Skip the test where Debian's redis-server is not installed."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
