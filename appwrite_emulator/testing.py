"""The emulator from a test's side: start one, put it back, read its mails, move its clock, make it fail.

    with Emulator(key="all") as emulator:
        client = Client().set_endpoint(emulator.endpoint).set_project("biso").set_key("all")

It is a process of its own, spoken to over HTTP like the real thing, and needs nothing but Python's own library here.
`appwrite_emulator.pytest_plugin` has the same as fixtures.
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

FOUND = str(Path(__file__).parent.parent)  # where this package was found, the process finds it, too
PATIENCE = 30  # seconds, for a machine that is busy
_direct = build_opener(ProxyHandler({}))  # loopback, whatever proxy the environment names


class Refused(Exception):
    """The emulator takes it not, and says why."""


class Emulator:
    """One running emulator on a free port. It ends with the `with` block, or with this process.

    `key`: an API key with all scopes, beside the site's own. `mails`: a folder that gets each mail as an .eml file.
    `data`: the file that keeps its state; without one nothing is kept. `seed`: the file of the first day.
    `functions`: the folder of functions to run. `more`: further options of the command line.
    """

    endpoint: str
    """Where SDKs find it, http://127.0.0.1:PORT/v1."""
    origin: str
    """The same without /v1."""

    def __init__(
        self,
        *more: str,
        key: str = "",
        project: str = "biso",
        mails: Path | None = None,
        data: Path | None = None,
        seed: Path | None = None,
        functions: Path | None = None,
    ) -> None:
        self.key, self.project, self.mails = key, project, mails
        self._arguments = ["--port", "0", "--project", project, *(["--data", str(data)] if data else ["--ephemeral"])]
        self._arguments += ["--key", key] if key else []
        self._arguments += ["--mail-dir", str(mails)] if mails else []
        self._arguments += ["--seed", str(seed)] if seed else []
        self._arguments += ["--functions", str(functions)] if functions else []
        self._arguments += more
        self.inbox = Inbox(self)
        self.clock = Clock(self)
        self.faults = Faults(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Raises RuntimeError where it does not start; why stands on standard error."""
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "appwrite_emulator", *self._arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([FOUND, os.environ.get("PYTHONPATH", "")])},
            stdin=subprocess.PIPE,  # its end tells the emulator to end, however this process does
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"The emulator did not start: {line!r}")
        self.endpoint = line.split()[-1]
        self.origin = self.endpoint.removesuffix("/v1")

    def stop(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait(timeout=PATIENCE)

    def reset(self, name: str = "") -> None:
        """Back to the checkpoint of that name; without one, to the freshly seeded project. Faults and a moved clock
        are gone, too."""
        self.control("POST", "reset", {"name": name})

    def checkpoint(self, name: str = "") -> None:
        """What is there now is what `reset(name)` returns to."""
        self.control("POST", "checkpoint", {"name": name})

    def control(self, method: str, page: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        """What the emulator's own page says, `reset` or `inbox.json` for instance. Raises Refused with its reason."""
        url = f"{self.origin}/_emulator/{page}?{urlencode(query or {})}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with _direct.open(Request(url, data, method=method), timeout=PATIENCE) as answer:  # noqa: S310 - our own
                return json.load(answer)
        except HTTPError as error:
            with error:
                kind, said = error.headers.get_content_type(), error.read()
            raise Refused(json.loads(said)["message"] if kind == "application/json" else str(error)) from None


class Inbox:
    """What the emulator has sent: mails, text messages, and push messages to devices."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    @property
    def url(self) -> str:
        """The page for people."""
        return f"{self._emulator.origin}/_emulator/inbox/"

    def mails(self, to: str = "") -> list[dict[str, Any]]:
        """What went to this address or telephone, or everything; the newest first. Each has id, to, subject, text,
        html, links, code, phrase and createdAt."""
        mails: list[dict[str, Any]] = self._emulator.control("GET", "inbox.json", {"to": to} if to else {})["mails"]
        return mails

    def newest(self, to: str = "") -> dict[str, Any]:
        """The last mail. Raises LookupError where there is none."""
        mails = self.mails(to)
        if not mails:
            raise LookupError(f"No mail to {to}." if to else "No mail.")
        return mails[0]

    def link(self, to: str = "") -> str:
        """The first link of the last mail."""
        return str(self.newest(to)["links"][0])

    def code(self, to: str = "") -> str:
        """The code of the last mail."""
        return str(self.newest(to)["code"])

    def clear(self) -> None:
        self._emulator.control("DELETE", "inbox.json")


class Clock:
    """The emulator's own clock: sessions, tokens and dates go by it."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self._emulator.control("GET", "clock")["now"])

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self._emulator.control("POST", "clock", body={"advance": seconds})

    def move_to(self, moment: datetime.datetime) -> None:
        """Let it be this moment now; the clock goes on from there."""
        self._emulator.control("POST", "clock", body={"now": moment.isoformat()})

    def set_right(self) -> None:
        """Real time again."""
        self._emulator.control("POST", "clock", body={"now": None})


class Faults:
    """What goes wrong on purpose. The same calls in the same order meet the same faults; a reset takes all away."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def add(self, operation: str, **fault: Any) -> dict[str, Any]:
        """Let `tablesDB.listRows`, `tablesDB.*` or `*` fail: by `status` (and `type`), `drop`, `malformed` or only a
        `delay` in seconds; the `first` N calls, `every` Nth, or each; `after` it was carried out. Raises Refused."""
        made: dict[str, Any] = self._emulator.control("POST", "faults.json", body={"operation": operation, **fault})
        return made

    def all(self) -> list[dict[str, Any]]:
        """Those that are set, oldest first, each with how many `calls` it has seen and how many it `struck`."""
        faults: list[dict[str, Any]] = self._emulator.control("GET", "faults.json")["faults"]
        return faults

    def clear(self) -> None:
        self._emulator.control("DELETE", "faults.json")
