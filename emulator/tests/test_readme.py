"""The README lists all steps in which the emulator differs from the recordings."""

import re
from pathlib import Path

from tests import test_realtime_recordings, test_recordings

README = Path(__file__).parents[1] / "README.md"


def test_readme_lists_all_steps_that_differ_from_the_recordings() -> None:
    rows = re.findall(r"^\| `(\w+\.\w+)` \| (\d+) \| \w.*\|$", README.read_text(encoding="utf-8"), re.M)
    differences = test_recordings.KNOWN_DIFFERENCES | test_realtime_recordings.KNOWN_DIFFERENCES
    assert {name: int(steps) for name, steps in rows} == {name: len(steps) for name, steps in differences.items()}
