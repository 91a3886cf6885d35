"""Control an emulator from tests: start and reset it, read e-mails, move the clock, inject faults.

    with Emulator() as emulator:
        client = Client().set_endpoint(emulator.endpoint).set_project(emulator.project).set_key(emulator.key)

The emulator is a separate process. As with the real server, tests use it over HTTP. This module needs only the standard
library. `appwrite_emulator.testing.pytest_plugin` contains pytest fixtures for it.
"""

import datetime
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

IMPORT_PATH = str(Path(__file__).parent.parent.parent)  # makes the package importable in the child process
TIMEOUT = 60  # in seconds; this long because the machine may be busy
_direct = build_opener(ProxyHandler({}))  # ignores proxy settings, because all requests go to this computer


class EmulatorError(Exception):
    """The emulator rejected a request; the message gives the reason."""


class Project:
    """A project in an emulator, with its own data, clock, faults and inbox."""

    endpoint: str
    """The endpoint for SDKs, http://127.0.0.1:PORT/v1."""
    origin: str
    """The URL without `/v1`."""
    key: str
    """An API key with all scopes."""
    project: str
    """The project's ID."""

    def __init__(self, origin: str, project: str, key: str, query: dict[str, str] | None = None) -> None:
        """`query`: parameters that select the project on the emulator's own pages. Empty for the first project."""
        self.origin, self.endpoint, self.project, self.key = origin, f"{origin}/v1", project, key
        self._query = query or {}
        self.inbox = Inbox(self)
        self.clock = Clock(self)
        self.faults = Faults(self)

    def reset(self, name: str = "") -> None:
        """Reset to a checkpoint, or to the freshly seeded project. Also remove all faults and reset the clock."""
        self.control("POST", "reset", {"name": name})

    def checkpoint(self, name: str = "") -> None:
        """Save the current state, so that `reset(name)` can return to it."""
        self.control("POST", "checkpoint", {"name": name})

    def page(self, page: str, query: dict[str, str] | None = None) -> str:
        """Return the URL of one of the emulator's own pages."""
        query = {**self._query, **(query or {})}
        return f"{self.origin}/_emulator/{page}{'?' if query else ''}{urlencode(query)}"

    def control(self, method: str, page: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        """Call one of the emulator's own pages, such as `reset` or `inbox.json`.

        Raise EmulatorError if the call fails.
        """
        url = self.page(page, query)
        data = None if body is None else json.dumps(body).encode()
        try:
            with _direct.open(Request(url, data, method=method), timeout=TIMEOUT) as response:  # noqa: S310 - our own
                return json.load(response)
        except HTTPError as error:
            with error:
                content_type, content = error.headers.get_content_type(), error.read()
            is_json = content_type == "application/json"
            raise EmulatorError(json.loads(content)["message"] if is_json else str(error)) from None


class Emulator(Project):
    """An emulator on a free port. It stops at the end of the `with` block, or when this process exits.

    `key`: an API key with all scopes. By default, the emulator creates one. `mails`: folder in which each e-mail is
    saved as an .eml file. `data`: database file. By default, the data is deleted when the emulator stops. `seed`: file
    with initial data. `functions`: folder with functions to run. `run_functions`: also run uploaded code.
    `fast_hashes`: hash passwords at the lowest cost, which saves a quarter of a second for each. `limits`:
    enforce rate limits. `old_links`: accept links that were sent to a user's former address. `more`: additional
    command-line options.
    """

    def __init__(
        self,
        *more: str,
        key: str = "",
        project: str = "default",
        mails: Path | None = None,
        data: Path | None = None,
        seed: Path | None = None,
        functions: Path | None = None,
        run_functions: bool = False,
        fast_hashes: bool = False,
        limits: bool = False,
        old_links: bool = False,
    ) -> None:
        super().__init__("", project, key)
        self.mails = mails
        self._arguments = ["--port", "0", "--project", project, *(["--data", str(data)] if data else ["--ephemeral"])]
        self._arguments += ["--key", key] if key else []
        self._arguments += ["--mail-dir", str(mails)] if mails else []
        self._arguments += ["--seed", str(seed)] if seed else []
        self._arguments += ["--functions", str(functions)] if functions else []
        self._arguments += ["--run-functions"] if run_functions else []
        self._arguments += ["--fast-hashes"] if fast_hashes else []
        self._arguments += ["--limits"] if limits else []
        self._arguments += ["--old-links"] if old_links else []
        self._arguments += more

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process. If that fails, raise RuntimeError; the reason is on standard error."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "appwrite_emulator", *self._arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([IMPORT_PATH, os.environ.get("PYTHONPATH", "")])},
            stdin=subprocess.PIPE,  # the emulator stops when this pipe closes, even if this process is killed
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        listening, _, key = (self.process.stdout.readline() for _ in range(3))
        if not listening.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"The emulator did not start: {listening!r}")
        self.endpoint = listening.split()[-1]
        self.key = key.split()[-1]
        self.origin = self.endpoint.removesuffix("/v1")

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait(timeout=TIMEOUT)

    def open_project(self, project: str) -> Project:
        """Return a project in this emulator.

        If it does not exist, create it with the same seed and key as the first project.
        """
        projects = self.control("GET", "projects")["projects"]
        if {"$id": project} not in projects:
            self.control("POST", "projects", body={"projectId": project})
        return Project(self.origin, project, self.key, {"project": project})


class Inbox:
    """Messages that the emulator has sent: e-mails, text messages and push messages."""

    def __init__(self, project: Project) -> None:
        self._project = project

    @property
    def url(self) -> str:
        """URL of the inbox page."""
        return self._project.page("inbox/")

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """Return the messages to the address or phone number `to`, or all messages. The newest comes first.

        Keys: id, to, subject, text, html, links, code, phrase, createdAt and others.
        """
        mails: list[dict[str, Any]] = self._project.control("GET", "inbox.json", {"to": to} if to else {})["mails"]
        return mails

    def newest(self, to: str = "") -> dict[str, Any]:
        """Return the latest message. Raise LookupError if there is none."""
        mails = self.mails(to)
        if not mails:
            raise LookupError(f"The inbox has no message to {to}." if to else "The inbox is empty.")
        return mails[0]

    def link(self, to: str = "") -> str:
        """Return the first link in the latest message."""
        return str(self.newest(to)["links"][0])

    def code(self, to: str = "") -> str:
        """Return the code in the latest message."""
        return str(self.newest(to)["code"])

    def clear(self) -> None:
        self._project.control("DELETE", "inbox.json")


class Clock:
    """The emulator's clock, which determines all dates and expiry times."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self._project.control("GET", "clock")["now"])

    def advance(self, seconds: float) -> None:
        """Move the clock forward by `seconds`, or back if `seconds` is negative."""
        self._project.control("POST", "clock", body={"advance": seconds})

    def move_to(self, time: datetime.datetime) -> None:
        """Set the clock to `time`, from which it keeps running."""
        self._project.control("POST", "clock", body={"now": time.isoformat()})

    def reset(self) -> None:
        """Reset the clock to real time."""
        self._project.control("POST", "clock", body={"now": None})


class Faults:
    """Injected faults. The same calls in the same order always get the same faults. A reset removes all faults."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def add(self, operation: str, **fault: Any) -> dict[str, Any]:
        """Add a fault for `tablesDB.listRows`, `tablesDB.*` or `*`. Raise EmulatorError if the fault is invalid.

        Set `status` (and `type`), `drop` or `malformed`, or only a `delay` in seconds. `first`: apply to the first N
        calls. `every`: apply to every Nth call. Without either, the fault applies to all calls. `after`: carry out the
        call before the fault takes effect.
        """
        added: dict[str, Any] = self._project.control("POST", "faults.json", body={"operation": operation, **fault})
        return added

    def all(self) -> list[dict[str, Any]]:
        """Return the active faults, oldest first.

        Each contains the number of matching calls (`calls`) and the number of calls that it affected (`hits`).
        """
        faults: list[dict[str, Any]] = self._project.control("GET", "faults.json")["faults"]
        return faults

    def clear(self) -> None:
        self._project.control("DELETE", "faults.json")
