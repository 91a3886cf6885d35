"""Compare the emulator's WebSocket messages with recordings of a real Appwrite server's."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import count
from typing import Any

import pytest

import probe
import realtime_probe
from appwrite_emulator.testing import Emulator
from tests.conftest import KEY

pytestmark = pytest.mark.contract

RECORDINGS = {
    path.stem: json.loads(path.read_text())["steps"]
    for path in sorted((probe.HERE / "recordings").glob("realtime.*.json"))
}
PROJECT = "recordings"

# Steps in which the emulator differs from the real server. The emulator's README gives the reason for each.
KNOWN_DIFFERENCES = {
    # The emulator closes the connections of blocked users and deleted sessions. The real server does not.
    "realtime.roles_change": {"blocked: the connection goes on"},
    "realtime.sessions": {"subscribe after that", "a row for ada after that"},
}


TIMEOUT = 10.0
"""In seconds. Only a failing test waits this long."""


class Live(realtime_probe.Live):
    """A probe that waits for frames without a fixed waiting time.

    It sends a message and waits for the response, because the emulator first sends all earlier events on the
    connection.
    """

    markers = count(1)

    def _collect(
        self, names: Iterable[str], step: str, keep: list[str] | None = None, first: float = 0
    ) -> dict[str, list[Any]]:
        sockets = [self.sockets[name] for name in names if self._alive(name)]
        for socket in sockets:
            self._wait_for_marker(socket)
        answer = self.expected.get(step)
        if isinstance(answer, dict):
            lists = [answer.get(name, []) for name in names] if "frames" not in answer else [answer["frames"]]
            due = sum(len(frames) for frames in lists if isinstance(frames, list))
            wait_until(lambda: sum(len(socket.frames) for socket in sockets) >= due, limit=TIMEOUT)
        return super()._collect(names, step, keep, first)

    def _wait_for_marker(self, socket: realtime_probe.Socket) -> None:
        marker = f"marker-{next(self.markers)}"
        wanted, socket.wanted = socket.wanted, lambda text: marker in text or wanted(text)
        with suppress(OSError):
            socket.send(json.dumps({"type": "unsubscribe", "data": [{"subscriptionId": marker}]}))
            wait_until(lambda: not socket.open or any(marker in frame for frame in socket.frames), limit=TIMEOUT)
        socket.wanted = wanted
        socket.frames[:] = [frame for frame in socket.frames if marker not in frame]


def wait_until(is_done: Callable[[], bool], limit: float) -> None:
    """Wait until `is_done()` returns True, or until `limit` seconds have passed."""
    end = time.monotonic() + limit
    while not is_done() and time.monotonic() < end:
        time.sleep(0.002)


@pytest.fixture(scope="module")
def appwrite_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(project=PROJECT, key=KEY, mails=tmp_path_factory.mktemp("mails"), fast_hashes=True) as emulator:
        yield emulator


@pytest.fixture(scope="session", autouse=True)
def scenarios() -> None:
    probe.load(probe.HERE / "scenarios", "realtime_*.py")


def test_known_differences_name_recorded_steps() -> None:
    for name, steps in KNOWN_DIFFERENCES.items():
        assert steps <= {step["step"] for step in RECORDINGS[name]}


@pytest.mark.parametrize("name", sorted(RECORDINGS))
def test_recording(name: str, emulator: Emulator) -> None:
    """All steps match the recording, except the known differences."""
    answers = {step["step"]: step["answer"] for step in RECORDINGS[name]}
    expected = {step: answer for step, answer in answers.items() if step not in KNOWN_DIFFERENCES.get(name, set())}
    live = Live(emulator.endpoint, PROJECT, KEY, str(emulator.mails), patience=0.01, expected=expected)
    try:
        realtime_probe.SCENARIOS[name](live)
    finally:
        live.close()

    actual = {step["step"]: step["answer"] for step in live.steps}
    differing = {
        step: probe.differences(answer, actual[step]) if step in actual else ["not reached"]
        for step, answer in answers.items()
    }
    differences = {step: lines for step, lines in differing.items() if lines}
    assert differences.keys() == KNOWN_DIFFERENCES.get(name, set()), json.dumps(
        differences, indent=1, ensure_ascii=False
    )
