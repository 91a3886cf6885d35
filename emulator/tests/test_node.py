"""Run the tests in node/. They cover Appwrite's JavaScript SDKs and CLI, other clients, and the package in ../node."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appwrite_emulator.testing import IMPORT_PATH, Emulator

HERE = Path(__file__).parent / "node"
NODE = shutil.which("node")
MISSING = "Node or its packages are not installed: “make node” installs the packages, and .ci/run also installs Node."

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(NODE is None or not (HERE / "node_modules").is_dir(), reason=MISSING),
]


# Node would run several files in parallel, but each test resets the emulator, so run one file at a time.
@pytest.mark.parametrize("name", sorted(file.name for file in HERE.glob("*.test.mjs")))
def test_node(emulator: Emulator, name: str) -> None:
    where = {"APPWRITE_ENDPOINT": emulator.endpoint, "APPWRITE_PROJECT_ID": "default", "APPWRITE_API_KEY": emulator.key}
    python = {"APPWRITE_EMULATOR_PYTHON": sys.executable, "PYTHONPATH": IMPORT_PATH}
    # Force Node to exit, because old Web SDKs reconnect even if they have no subscriptions.
    options = ["--test-reporter=spec", "--test-timeout=280000", "--test-force-exit"]
    run = subprocess.run(
        [str(NODE), "--test", *options, name],
        cwd=HERE,
        env={**os.environ, **where, **python},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
    )
    if run.returncode:
        pytest.fail(run.stdout, pytrace=False)
