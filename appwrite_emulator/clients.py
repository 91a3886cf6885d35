"""What a user agent says of system, browser and device, in the words of Matomo's detector, which Appwrite asks too.

The detector runs in a process of its own (`python -m appwrite_emulator.clients`, a line in, a line out): it takes more
than a second to read its patterns, and the extension it reads them with sometimes brings its whole process down.
"""

import json
import re
import subprocess
import sys
import threading
from functools import lru_cache
from typing import Any

_NOTHING = dict.fromkeys(
    (
        "osCode", "osName", "osVersion", "clientType", "clientCode", "clientName", "clientVersion", "clientEngine",
        "clientEngineVersion", "deviceName", "deviceBrand", "deviceModel",
    ),
    "",
)  # fmt: skip
# Where each engine writes its version.
_ENGINE_VERSION = {
    "Blink": re.compile(r"(?:Chrome|Chromium|Cronet)/([\d.]+)"),
    "Gecko": re.compile(r"rv[: ]([\d.]+)"),
    "WebKit": re.compile(r"AppleWebKit/([\d.]+)"),
}

TRIES = 3  # processes to lose over one user agent before nothing is known of it


@lru_cache(1024)
def describe(user_agent: str) -> dict[str, str]:
    """The twelve fields of a session that come from the user agent; empty texts for what is not known.

    The detector is an optional dependency (`[emulator]` in pyproject.toml): without it nothing is known.
    """
    return _detector.ask(user_agent) if user_agent.strip() else _NOTHING


def warm_up() -> None:
    """Start the detector's process, which reads its patterns beside the first requests."""
    _detector.start()


def stop() -> None:
    _detector.stop()


class _Detector:
    """The way to the other process; one question at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def ask(self, user_agent: str) -> dict[str, str]:
        with self._lock:
            for _ in range(TRIES):
                if answer := self._answer(user_agent):
                    return dict(json.loads(answer))
                self._end()
        return _NOTHING

    def start(self) -> None:
        with self._lock:
            self._running()

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _answer(self, user_agent: str) -> str:
        """The answer's line; "" where the process has gone."""
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(user_agent) + "\n")
            process.stdin.flush()
        except OSError:
            return ""
        return process.stdout.readline()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appwrite_emulator.clients"],
                stdin=subprocess.PIPE,  # it ends when this closes
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


_detector = _Detector()


# -- the other process ------------------------------------------------------------------------------------------------
def main() -> None:
    """Answer each line of standard input, a user agent as JSON, with a line, its twelve fields as JSON."""
    try:
        from device_detector import DeviceDetector
    except ImportError:
        DeviceDetector = None
    for line in sys.stdin:
        fields = _fields(DeviceDetector, json.loads(line)) if DeviceDetector else _NOTHING
        print(json.dumps(fields), flush=True)


def _fields(detector: Any, user_agent: str) -> dict[str, str]:
    found = detector(user_agent).parse()
    details = found.all_details
    client = details.get("client") or {}
    kind = str(getattr(client.get("type"), "value", client.get("type") or ""))
    if kind == "generic":  # the port's own guess from `name/version`; Matomo has none
        client, kind = {}, ""
    engine = client.get("engine") or ""
    engine = engine.get("default", "") if isinstance(engine, dict) else engine
    system = details.get("os") or {}
    return {
        "osCode": system.get("short_name") or "",
        "osName": system.get("name") or "",
        "osVersion": _minor(system.get("version")),
        "clientType": kind,
        "clientCode": (client.get("short_name") or "") if kind == "browser" else "",
        "clientName": client.get("name") or "",
        "clientVersion": _minor(client.get("version")),
        "clientEngine": engine,
        "clientEngineVersion": _engine_version(engine, user_agent),
        "deviceName": str(found.device_type() or ""),
        "deviceBrand": str(found.device_brand() or ""),
        "deviceModel": str(found.device_model() or ""),
    }


def _minor(version: str | None) -> str:
    """Matomo keeps major and minor of a version: 126.0.0.0 is 126.0."""
    return ".".join((version or "").split(".")[:2])


def _engine_version(engine: str, user_agent: str) -> str:
    found = _ENGINE_VERSION[engine].search(user_agent) if engine in _ENGINE_VERSION else None
    return found[1] if found else ""


if __name__ == "__main__":
    main()
