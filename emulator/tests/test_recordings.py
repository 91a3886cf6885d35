"""Compare the emulator with recordings of a real Appwrite 1.9.6 server."""

import io
import json
import time
from collections.abc import Callable, Iterator

import pytest
import requests
from PIL import Image

import probe
from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, PASSWORD

pytestmark = pytest.mark.contract

FOLDER = probe.HERE
RECORDINGS = {
    path.stem: json.loads(path.read_text())["steps"]
    for path in sorted((FOLDER / "recordings").glob("*.json"))
    if not path.stem.startswith("realtime.")
}

# Recordings contain <project> instead of the project ID, so no other value in a response may contain this ID.
PROJECT = "recordings"

# Steps in which the emulator differs from the real server. The emulator's README gives the reason for each.
KNOWN_DIFFERENCES = {
    # The real server updates a bucket's total size with its statistics. The emulator computes the size on each GET.
    "formats.functions_and_files": {f"bucket as 1.{minor}.0" for minor in range(4, 10)},
    # The real server lists a deleted column for a while. The emulator removes it immediately.
    "tablesdb.indexes": {"slug may repeat now"},
    # If another row has the same unique value, the real server's PUT overwrites that row. The emulator rejects the PUT.
    "tablesdb.quirks": {
        "upsert of a new row with a taken slug",
        "the other row was overwritten",
        "an empty time is now",
        "a word can be a time",
        "an american date is read",
        "the counter passes the column's range",
    },
}


CONSOLE_USER = {"email": "admin@example.com", "password": PASSWORD}


@pytest.fixture(scope="module")
def appwrite_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    console = ("--console-user", ":".join(CONSOLE_USER.values()))
    mails = tmp_path_factory.mktemp("mails")
    with Emulator(*console, project=PROJECT, key=KEY, mails=mails, fast_hashes=True) as emulator:
        yield emulator


@pytest.fixture(scope="module", autouse=True)
def console(appwrite_process: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Sign in to the console, because some scenarios change settings that an API key cannot change."""
    headers = {"X-Appwrite-Project": "console"}
    url = f"{appwrite_process.endpoint}/account/sessions/email"
    cookies = requests.post(url, json=CONSOLE_USER, headers=headers, timeout=20).cookies
    facts = {
        "endpoint": appwrite_process.endpoint,
        "consoleSessionCookie": f"a_session_console={cookies['a_session_console']}",
    }
    file = tmp_path_factory.mktemp("console") / "console.json"
    file.write_text(json.dumps(facts))
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("CONTRACT_CONSOLE", str(file))
        yield


def disable_microsoft(emulator: Emulator) -> None:
    """Disable sign-in with Microsoft, which was not set up when the recording started."""
    response = requests.patch(
        f"{emulator.endpoint}/project/oauth2/microsoft",
        headers={"X-Appwrite-Project": PROJECT, "X-Appwrite-Key": KEY},
        json={"enabled": False},
        timeout=20,
    )
    response.raise_for_status()


def cache_flag(emulator: Emulator) -> None:
    """Request a flag, so that the emulator caches it as the recorded server had."""
    requests.get(f"{emulator.endpoint}/avatars/flags/no?project={PROJECT}", timeout=20).raise_for_status()


PREPARATIONS: dict[str, Callable[[Emulator], None]] = {
    "account.oauth2_microsoft": disable_microsoft,
    "http.headers": cache_flag,
}


@pytest.fixture(scope="session", autouse=True)
def scenarios() -> None:
    probe.load(FOLDER / "scenarios")


@pytest.mark.parametrize("name", RECORDINGS)
def test_recording(name: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """All steps match the recording, except the known differences."""
    PREPARATIONS.get(name, lambda _: None)(emulator)
    no_waiting(emulator, monkeypatch)
    monkeypatch.setattr("imagetools.colour", colour)
    run = probe.Probe(emulator.endpoint, PROJECT, KEY, str(emulator.mails))
    try:
        probe.SCENARIOS[name](run)
    finally:
        if lock := getattr(run, "lock", None):
            lock.close()
    responses = {step["step"]: step["answer"] for step in run.steps}
    differing = {
        step["step"]: probe.differences(step["answer"], responses[step["step"]])
        if step["step"] in responses
        else ["not reached"]
        for step in RECORDINGS[name]
    }
    differences = {step: lines for step, lines in differing.items() if lines}
    assert differences.keys() == KNOWN_DIFFERENCES.get(name, set()), json.dumps(
        differences, indent=1, ensure_ascii=False
    )


def colour(data: bytes, x: float, y: float) -> str:
    """Return an image's colour at a point, faster than `colour` in the scenarios' `imagetools`."""
    with Image.open(io.BytesIO(data)) as picture:
        place = (min(picture.width - 1, int(x * picture.width)), min(picture.height - 1, int(y * picture.height)))
        red, green, blue, alpha = picture.convert("RGBA").getpixel(place)
    return f"#{red:02x}{green:02x}{blue:02x}" + (f"{alpha:02x}" if alpha < 255 else "")


def no_waiting(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Advance the emulator's clock and the scenario's clock instead of sleeping, and do not wait for e-mails.

    Both clocks must agree, because the scenario's clock determines the time-based codes that the emulator's clock must
    accept.
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
