"""The examples in the Node package's README run with the package in the form in which npm installs it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from appwrite_emulator import __version__
from appwrite_emulator.testing import IMPORT_PATH
from tests.conftest import ROOT
from tests.test_examples import PACKAGES, needs_node

NODE_PACKAGE = ROOT / "node"
CHROMIUM = shutil.which("chromium")
VITEST_OPTIONS = ["--exclude=*.spec.js", "--testTimeout=90000"]  # milliseconds, enough for a busy machine

# Two workers run the same tests in two files at the same time, so each worker needs its own project.
CONFIG = """
import config from "./playwright.config.js";
export default { ...config, workers: 2, reporter: "line", use: { launchOptions: %s } };
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that contains the examples, a copy of the emulator's package, and links to all other packages."""
    modules = tmp_path / "node_modules"
    shutil.copytree(NODE_PACKAGE, modules / "appwrite-emulator")
    for package in PACKAGES.iterdir():
        if not package.name.startswith("."):
            (modules / package.name).symlink_to(package)
    readme = (NODE_PACKAGE / "README.md").read_text(encoding="utf-8")
    for name, code in re.findall(r"```js\n// (\S+)\n(.*?)```", readme, re.DOTALL):
        (tmp_path / name).write_text(code, encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return tmp_path


def run_node(folder: Path, *command: str) -> str:
    """Run a script with Node and return its output."""
    python = {"APPWRITE_EMULATOR_PYTHON": sys.executable, "PYTHONPATH": IMPORT_PATH, "NO_COLOR": "1"}
    run = subprocess.run(
        ["node", *command], cwd=folder, env={**os.environ, **python}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.processes
@needs_node
def test_example_that_starts_an_emulator_works(folder):
    assert run_node(folder, "example.mjs") == "6\n"


@pytest.mark.processes
@needs_node
def test_example_for_vitest_works(folder):
    shutil.copy(folder / "sign-in.test.js", folder / "second.test.js")
    output = run_node(folder, "node_modules/vitest/vitest.mjs", "run", *VITEST_OPTIONS, "--maxWorkers=2")
    assert re.search(r"Tests +2 passed", output), output


@pytest.mark.processes
@needs_node
def test_global_setup_accepts_options(folder):
    """A custom global setup passes its options to the emulator. Here, the option is a seed with a user."""
    (folder / "seed.json").write_text(json.dumps({"format": "appwrite-emulator/1", "users": [{"$id": "ada"}]}))
    config = folder / "vitest.config.js"
    config.write_text(config.read_text().replace('"appwrite-emulator/global-setup"', '"./global-setup.js"'))
    (folder / "sign-in.test.js").write_text(
        """
        import { test } from "appwrite-emulator/vitest";
        import { Client, Users } from "node-appwrite";
        import { expect } from "vitest";

        test("the seed has a user", async ({ appwrite }) => {
          const client = new Client().setEndpoint(appwrite.endpoint).setProject(appwrite.project).setKey(appwrite.key);
          expect((await new Users(client).list()).total).toBe(1);
        });
        """
    )
    output = run_node(folder, "node_modules/vitest/vitest.mjs", "run", *VITEST_OPTIONS)
    assert re.search(r"Tests +1 passed", output), output


@pytest.mark.processes
@needs_node
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_example_for_playwright_works(folder):
    shutil.copy(folder / "inbox.spec.js", folder / "second.spec.js")
    options = {"executablePath": CHROMIUM, "args": ["--no-sandbox"]}
    (folder / "test.config.js").write_text(CONFIG % json.dumps(options), encoding="utf-8")
    command = ["node_modules/@playwright/test/cli.js", "test", "--config=test.config.js", "--timeout=90000", ".spec.js"]
    assert "2 passed" in run_node(folder, *command)


def test_package_version_matches_the_emulator():
    assert json.loads((NODE_PACKAGE / "package.json").read_text(encoding="utf-8"))["version"] == __version__
