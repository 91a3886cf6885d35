"""The recordings of a real Appwrite 1.9.6, compared with the emulator: what agrees once agrees from then on."""

import io
import json
import time
from collections.abc import Callable

import pytest
import requests
from PIL import Image

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY
from tests.contract import probe

pytestmark = pytest.mark.contract

FOLDER = probe.HERE
RECORDINGS = {
    path.stem: json.loads(path.read_text())["steps"] for path in sorted((FOLDER / "recordings").glob("*.json"))
}

# Steps that differ, and why.
KNOWN_DIFFERENCES = {
    "account.oauth2_microsoft": {"before it is enabled"},  # only a console can switch a provider off
    # There the column was still to be seen a while after it was deleted; here it is gone at once.
    "tablesdb.indexes": {"slug may repeat now"},
    # A PUT with a unique value of another row overwrites that row there; here it is refused and nothing is lost.
    "tablesdb.quirks": {
        "upsert of a new row with a taken slug",
        "the other row was overwritten",
        "an empty time is now",
        "a word can be a time",
        "an american date is read",
        "the counter passes the column's range",
    },
}


def enable_microsoft(emulator: Emulator) -> None:
    """The recording's own Microsoft client instead of the stand-in page."""
    answer = requests.patch(
        f"{emulator.endpoint}/project/oauth2/microsoft",
        headers={"X-Appwrite-Project": "default", "X-Appwrite-Key": KEY},
        json={"applicationId": "contract-client", "applicationSecret": "contract-secret", "tenant": "common"},
        timeout=20,
    )
    answer.raise_for_status()


PREPARATIONS: dict[str, Callable[[Emulator], None]] = {"account.oauth2_microsoft": enable_microsoft}


@pytest.fixture(scope="session", autouse=True)
def scenarios() -> None:
    probe.load(FOLDER / "scenarios")


@pytest.mark.parametrize("name", RECORDINGS)
def test_recording(name: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of the recording, but those that are known to differ."""
    PREPARATIONS.get(name, lambda _: None)(emulator)
    no_waiting(emulator, monkeypatch)
    monkeypatch.setattr("imagetools.colour", colour)
    run = probe.Probe(emulator.endpoint, "default", KEY, str(emulator.mails))
    try:
        probe.SCENARIOS[name](run)
    finally:
        if lock := getattr(run, "lock", None):
            lock.close()
    given = {step["step"]: step["answer"] for step in run.steps}
    differing = {
        step["step"]: probe.differences(step["answer"], given[step["step"]])
        if step["step"] in given
        else ["not reached"]
        for step in RECORDINGS[name]
    }
    found = {step: lines for step, lines in differing.items() if lines}
    assert found.keys() == KNOWN_DIFFERENCES.get(name, set()), json.dumps(found, indent=1, ensure_ascii=False)


def colour(data: bytes, x: float, y: float) -> str:
    """What the scenarios' own reader of PNGs says, which is slow, as it makes do with Python alone."""
    with Image.open(io.BytesIO(data)) as picture:
        place = (min(picture.width - 1, int(x * picture.width)), min(picture.height - 1, int(y * picture.height)))
        red, green, blue, alpha = picture.convert("RGBA").getpixel(place)
    return f"#{red:02x}{green:02x}{blue:02x}" + (f"{alpha:02x}" if alpha < 255 else "")


def no_waiting(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Move the emulator's clock, and the scenario's with it, where a scenario waits; mails arrive at once.

    Both clocks have to agree: a time-based code is made from the scenario's clock and checked by the emulator's.
    """
    really_sleep, real_time, mail = time.sleep, time.time, probe.Probe.mail
    advanced = 0.0

    def sleep(seconds: float) -> None:
        nonlocal advanced
        if seconds >= 1:
            emulator.clock.advance(seconds)
            advanced += seconds
        else:
            really_sleep(seconds)

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(time, "time", lambda: real_time() + advanced)
    monkeypatch.setattr(probe.Probe, "mail", lambda run, to, nth=1, timeout=0: mail(run, to, nth, timeout=0))
