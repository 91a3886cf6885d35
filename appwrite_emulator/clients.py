"""What a user agent says of system, browser and device, in the words of Matomo's detector, which Appwrite asks too."""

import re
import threading
from functools import lru_cache

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

# The detector reads its patterns when it first needs them, with an extension that crashes when two threads do.
_one_at_a_time = threading.Lock()


@lru_cache(1024)
def describe(user_agent: str) -> dict[str, str]:
    """The twelve fields of a session that come from the user agent; empty texts for what is not known.

    The detector is an optional dependency (`[emulator]` in pyproject.toml): without it nothing is known.
    """
    try:
        from device_detector import DeviceDetector
    except ImportError:
        return _NOTHING
    if not user_agent.strip():
        return _NOTHING
    with _one_at_a_time:
        found = DeviceDetector(user_agent).parse()
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


def warm_up() -> None:
    """Load the detector's patterns in the background, a little after the start: they take more than a second."""
    timer = threading.Timer(0.5, describe, ("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",))
    timer.daemon = True
    timer.start()


def stop() -> None:
    """Let nobody be inside the extension when the process ends: it would not survive that."""
    _one_at_a_time.acquire()
