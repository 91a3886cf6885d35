"""The examples of docs/emulator.md do what they say, in a project that is not ours."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from appwrite.client import Client
from appwrite.enums.runtime import Runtime
from appwrite.services.functions import Functions

from appwrite_emulator.testing import Emulator
from tests.conftest import ROOT

DOCUMENT = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
PACKAGES = ROOT / "tests" / "node" / "node_modules"


def example(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return str(code)


def run(*command: str, folder: Path, **environment: str) -> str:
    """What the command printed, in a process that knows nothing of this project's tests."""
    run = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_python_example(tmp_path):
    (tmp_path / "test_example.py").write_text(example("python"), encoding="utf-8")
    plain = {"DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    plugins = ["-p", "appwrite_emulator.testing.pytest_plugin", "-p", "no:django", "-p", "no:cacheprovider"]
    said = run(sys.executable, "-m", "pytest", "-q", *plugins, folder=tmp_path, **plain)
    assert "1 passed" in said


@pytest.mark.node
@pytest.mark.skipif(not PACKAGES.is_dir() or not shutil.which("node"), reason="“make node” brings Node's packages")
def test_node_example(tmp_path):
    (tmp_path / "example.test.mjs").write_text(example("js"), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    with Emulator(key="all") as emulator:
        assert "pass 1" in run("node", "--test", folder=tmp_path, EMULATOR=emulator.origin)


def test_function_example(tmp_path):
    (tmp_path / "hello.py").write_text(example("py"), encoding="utf-8")
    with Emulator(key="all", functions=tmp_path) as emulator:
        functions = Functions(Client().set_endpoint(emulator.endpoint).set_project(emulator.project).set_key("all"))
        functions.create("hello", "Hello", Runtime.PYTHON_3_11)
        execution = functions.create_execution("hello", path="/?name=Ada")
    assert json.loads(execution.responsebody) == {"hello": "Ada"}
    assert execution.logs == "POST /"


def test_every_fixture_and_page_is_documented(appwrite_process):
    """The table of fixtures has those of the plugin, and the table of calls has addresses that answer."""
    plugin = (ROOT / "appwrite_emulator" / "testing" / "pytest_plugin.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*\ndef (\w+)", plugin))
    assert fixtures == set(re.findall(r"^\| `(appwrite\w*)` \|", DOCUMENT, re.MULTILINE))
    for page in re.findall(r"^\| `GET[^/]*(/_emulator/[a-z./]+)", DOCUMENT, re.MULTILINE):
        assert appwrite_process.control("GET", page.removeprefix("/_emulator/"))


def test_fault_fixture_counts_and_is_reset(appwrite, appwrite_faults):
    """As the fixtures have it: counted, rejected if invalid, and removed by a reset."""
    appwrite_faults.add("locale.listContinents", status=503, first=1)
    assert [fault["hits"] for fault in appwrite_faults.all()] == [0]
    appwrite.reset()
    assert appwrite_faults.all() == []
