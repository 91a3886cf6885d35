"""The emulator as the tests use it: a process of its own, spoken to over HTTP like the real thing."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parent.parent


class Emulator:
    """One running emulator on a free port. It keeps nothing, and ends with the `with` block or with this process.

    `key`: an API key with all scopes, beside the site's own. `mails`: a folder that gets each mail as an .eml file.
    `functions`: the folder with the code of functions.
    """

    def __init__(
        self, *, key: str = "", mails: Path | None = None, data: Path | None = None, functions: Path | None = None
    ) -> None:
        self.key, self.mails = key, mails
        self._arguments = ["--port", "0", *(["--data", str(data)] if data else ["--ephemeral"])]
        self._arguments += ["--key", key] if key else []
        self._arguments += ["--mail-dir", str(mails)] if mails else []
        self._arguments += ["--functions", str(functions)] if functions else []

    def __enter__(self) -> "Emulator":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appwrite_emulator", *self._arguments],
            cwd=ROOT,
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
        self._http = requests.Session()

    def stop(self) -> None:
        self._http.close()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    @property
    def inbox_url(self) -> str:
        return f"{self.origin}/_emulator/inbox/"

    def reset(self, name: str = "") -> None:
        """Back to the checkpoint of that name; without one, to the freshly seeded project."""
        self._control("POST", "reset", params={"name": name})

    def checkpoint(self, name: str = "") -> None:
        """What is there now is what `reset(name)` returns to."""
        self._control("POST", "checkpoint", params={"name": name})

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock forward."""
        self._control("POST", "clock", json={"advance": seconds})

    def fault(self, operation: str, **what: Any) -> None:
        """From now on calls of this operation fail: `status=503`, `first=1`, … (appwrite_emulator/faults.py)."""
        self._control("POST", "faults.json", json={"operation": operation, **what})

    def well(self) -> None:
        """No faults any more."""
        self._control("DELETE", "faults.json")

    def inbox(self, to: str | None = None) -> list[dict[str, Any]]:
        """The mails to this address, or all, newest first."""
        mails: list[dict[str, Any]] = self._control("GET", "inbox.json", params={"to": to} if to else {})["mails"]
        return mails

    def _control(self, method: str, page: str, **options: Any) -> Any:
        answer = self._http.request(method, f"{self.origin}/_emulator/{page}", timeout=20, **options)
        answer.raise_for_status()
        return answer.json()
