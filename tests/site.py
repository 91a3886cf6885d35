"""The site as deployed: gunicorn with two workers, WhiteNoise and DEBUG off, connected to a given Appwrite."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests
from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache
from django.test import override_settings

from core.revalidation import revalidate
from core.transport import deadline
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
APPLICATION = "biso_site.wsgi"
PATIENT_SITE = "tests.patient_site"
GUNICORN = [sys.executable, "-m", "gunicorn", APPLICATION]  # the command in the “Deploy” section of the README
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex  # the same in all pytest-xdist workers
NOTHING = "http://127.0.0.1:9/v1"  # nothing listens on port 9


RUNNING: list["Site"] = []  # the sites that this process has started


class Site:
    """A site that runs at `url`, on a free port, until the end of the `with` block.

    The site signs cookies with this process's key, so that a test can create session cookies. `endpoint` is the URL of
    Appwrite's API; nothing responds at the URL NOTHING. `application` is the module with the WSGI application.
    `environment` overrides the usual settings. `folder` contains `manage.py`, and `python` is the interpreter.
    """

    def __init__(
        self,
        endpoint: str = NOTHING,
        *arguments: str,
        application: str = APPLICATION,
        folder: Path = ROOT,
        python: Path | str = sys.executable,
        **environment: str,
    ) -> None:
        self._root = folder
        self._python = str(python)
        self._endpoint = endpoint
        self._application = application
        self._arguments = arguments
        self._other_environment = environment

    def __enter__(self) -> "Site":
        if self._root == ROOT:
            collect_static()
        # Ignore errors, because workers may still be writing to the folder.
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._log = (Path(self._folder.name) / "log").open("w+")
        RUNNING.append(self)
        self._start(free_port())
        return self

    def _start(self, port: int) -> None:
        # Open the socket here, because SITE_URL needs the port before gunicorn starts. Requests wait in the socket's
        # queue until a worker is ready.
        with self._listen(port) as listener:
            self.url = f"http://localhost:{port}"
            self._process = subprocess.Popen(
                [
                    self._python,
                    "-m",
                    "gunicorn",
                    self._application,
                    "--bind",
                    f"fd://{listener.fileno()}",
                    *self._arguments,
                ],
                cwd=self._root,
                env=bare_environment() | self._environment(),
                pass_fds=[listener.fileno()],
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        try:
            requests.get(f"{self.url}/healthz", timeout=60).raise_for_status()
        except requests.RequestException as error:
            log = self.log()
            self.__exit__()
            raise RuntimeError(f"The site did not start:\n{log}") from error

    def _listen(self, port: int) -> socket.socket:
        return socket.create_server(("127.0.0.1", port))

    def restart(self) -> None:
        """Stop the site as systemd does, then start it again on the same port."""
        self._process.terminate()
        self._process.wait(60)
        self._start(int(self.url.rpartition(":")[2]))

    def __exit__(self, *_: object) -> None:
        RUNNING.remove(self)
        # Kill the master and the workers, because a graceful shutdown waits up to 30 seconds for connections that
        # browsers keep open.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def forget(self) -> None:
        """Empty the workers' shared cache and change the generation, so that the site renders all pages again."""
        FileBasedCache(self._cache, {}).clear()
        self.revalidate()

    def revalidate(self) -> None:
        """Change the generation, as a worker does after writing public content."""
        with override_settings(LOCAL_DIR=Path(self._folder.name)):
            revalidate()

    @contextmanager
    def impatient(self) -> Iterator[None]:
        """Make a PATIENT_SITE wait for Appwrite only as long as a deployed site does."""
        mark = Path(self._folder.name) / "impatient"
        mark.touch()
        try:
            yield
        finally:
            mark.unlink()

    def stop(self) -> None:
        """Send SIGTERM to gunicorn, as systemd does."""
        self._process.terminate()

    def wait(self, timeout: float) -> int:
        """Wait until gunicorn exits, and return its exit code."""
        return self._process.wait(timeout)

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        pid = self._process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def log(self) -> str:
        """Return the contents of the site's log."""
        return Path(self._log.name).read_text()

    @property
    def local_dir(self) -> Path:
        """Return the folder with the site's cache, copies of pages and log."""
        return Path(self._folder.name)

    @property
    def _cache(self) -> str:
        return str(Path(self._folder.name) / "cache")

    def _environment(self) -> dict[str, str]:
        return {
            "APPWRITE_ENDPOINT": self._endpoint,
            "APPWRITE_PROJECT": settings.APPWRITE_PROJECT,
            "APPWRITE_API_KEY": settings.APPWRITE_API_KEY,
            "SECRET_KEY": settings.SECRET_KEY,
            "ALLOWED_HOSTS": "localhost",
            "SITE_URL": self.url,
            "CACHE_URL": f"filecache://{self._cache}",
            "LOCAL_DIR": self._folder.name,
            **self._other_environment,
        }


def revalidate_all() -> None:
    """Change the generation of this process and of each running site."""
    revalidate()
    for site in RUNNING:
        site.revalidate()


@contextmanager
def unnoticed() -> Iterator[None]:
    """Hide the block's writes from the site, as if another program had made them (see tests/conftest.py)."""
    with deadline(3600):
        yield


def private_memory(process: int) -> float:
    """Return the megabytes of memory that only this process uses."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(map(int, re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB", text, re.MULTILINE))) / 1024


def bare_environment() -> dict[str, str]:
    """Return the environment variables that every process needs, without the site's settings."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def collect_static() -> None:
    """Run `manage.py collectstatic`, as every deployment does. WhiteNoise serves the files from staticfiles/.

    The command runs only once per test run, because it rewrites files that another test worker's site may be serving.
    """
    settings.STATIC_ROOT.mkdir(exist_ok=True)
    with (settings.STATIC_ROOT / ".run").open("a+") as collected:
        fcntl.flock(collected, fcntl.LOCK_EX)
        collected.seek(0)
        if collected.read() == RUN:
            return
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env=bare_environment() | {"DEBUG": "False"},
            check=True,
        )
        collected.truncate(0)
        collected.write(RUN)
