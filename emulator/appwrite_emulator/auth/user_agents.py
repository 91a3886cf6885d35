"""Details of a user agent (system, browser, device) from Matomo's device detector, which Appwrite also uses.

The detector runs in a separate process (`python -m appwrite_emulator.auth.user_agents`), which reads and writes one
line per user agent. This is because loading its patterns takes more than a second, and its regular-expression
extension sometimes crashes the process.
"""

import json
import re
import subprocess
import sys
import threading
from functools import lru_cache

from appwrite_emulator.auth import common_user_agents

FIELDS = (
    "osCode", "osName", "osVersion", "clientType", "clientCode", "clientName", "clientVersion", "clientEngine",
    "clientEngineVersion", "deviceName", "deviceBrand", "deviceModel",
)  # fmt: skip
_UNKNOWN = dict.fromkeys(FIELDS, "")
# Engine -> pattern that finds its version in a user agent.
_ENGINE_VERSION = {
    "Blink": re.compile(r"(?:Chrome|Chromium|Cronet)/([\d.]+)"),
    "Gecko": re.compile(r"rv[: ]([\d.]+)"),
    "WebKit": re.compile(r"AppleWebKit/([\d.]+)"),
}

MAX_ATTEMPTS = 3  # number of detector processes to try for one user agent, because each may crash


@lru_cache(1024)
def describe(user_agent: str) -> dict[str, str]:
    """Return the twelve session fields derived from a user agent, each "" if unknown."""
    if not user_agent.strip():
        return _UNKNOWN
    if common := common_user_agents.describe(user_agent):
        return dict(zip(FIELDS, common, strict=True))
    return _detector.describe(user_agent)


def stop() -> None:
    _detector.stop()


class _Detector:
    """Client of the detector's process. It handles one user agent at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None

    def describe(self, user_agent: str) -> dict[str, str]:
        with self._lock:
            for _ in range(MAX_ATTEMPTS):
                if answer := self._answer(user_agent):
                    return dict(json.loads(answer))
                self._end()
        return _UNKNOWN

    def stop(self) -> None:
        with self._lock:
            self._end()

    def _answer(self, user_agent: str) -> str:
        """Return the line that the process writes in response, or "" if the process has exited."""
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
                [sys.executable, "-m", "appwrite_emulator.auth.user_agents"],
                stdin=subprocess.PIPE,  # the process exits when this closes
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


# -- the detector's process -------------------------------------------------------------------------------------------


def main() -> None:
    """Read user agents as JSON, one per line, and write their twelve fields as JSON, one line each."""
    for line in sys.stdin:
        print(json.dumps(_fields(json.loads(line))), flush=True)


def _fields(user_agent: str) -> dict[str, str]:
    from device_detector import DeviceDetector

    parsed = DeviceDetector(user_agent).parse()
    details = parsed.all_details
    client = details.get("client") or {}
    kind = str(getattr(client.get("type"), "value", client.get("type") or ""))
    if kind == "generic":  # only the Python port, not Matomo, guesses this from `name/version`
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
        "deviceName": str(parsed.device_type() or ""),
        "deviceBrand": str(parsed.device_brand() or ""),
        "deviceModel": str(parsed.device_model() or ""),
    }


def _minor(version: str | None) -> str:
    """Shorten a version to its major and minor numbers, as Matomo does: 126.0 for 126.0.0.0."""
    return ".".join((version or "").split(".")[:2])


def _engine_version(engine: str, user_agent: str) -> str:
    match = _ENGINE_VERSION[engine].search(user_agent) if engine in _ENGINE_VERSION else None
    return match[1] if match else ""


if __name__ == "__main__":
    main()
