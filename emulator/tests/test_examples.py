"""The examples of README.md and docs/emulator.md work as they are, and their tables are complete."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from appwrite.client import Client
from appwrite.enums.runtime import Runtime
from appwrite.services.functions import Functions

from appwrite_emulator.testing import Emulator
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
PACKAGES = ROOT / "tests" / "node" / "node_modules"


def needs_node(test):
    """Mark a test that runs Node, and skip it without Node and its packages."""
    is_missing = not PACKAGES.is_dir() or not shutil.which("node")
    return pytest.mark.node(pytest.mark.skipif(is_missing, reason="“make node” brings Node's packages")(test))


def example(language: str, document: str = DOCUMENT) -> str:
    """Return the first example in this language."""
    return str(re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)[0])


def readme_example(language: str, emulator: Emulator) -> str:
    """Return an example of the README, for this emulator instead of the one on the default port."""
    return example(language, README).replace("http://127.0.0.1:9100", emulator.origin)


@contextmanager
def emulator_of_the_readme() -> Iterator[Emulator]:
    """Start an emulator as the README does, and create its table with the README's calls of curl."""
    with Emulator(project="default", key="my-key") as emulator:
        for call in readme_example("sh", emulator).replace("\\\n", " ").split("curl ")[1:]:
            url, *options = shlex.split(call)
            pairs = list(zip(options[::2], options[1::2], strict=True))
            headers = dict(value.split(": ") for option, value in pairs if option == "-H")
            (body,) = [value for option, value in pairs if option == "-d"]
            requests.post(url, headers=headers, data=body, timeout=20).raise_for_status()
        yield emulator


def run(*command: str, folder: Path, **environment: str) -> str:
    """Run a command outside this project, and return what it prints."""
    run = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.processes
def test_first_row_in_python(tmp_path):
    with emulator_of_the_readme() as emulator:
        printed = run(sys.executable, "-c", readme_example("python", emulator), folder=tmp_path)
    assert printed == "Hello from Python\n"


@pytest.mark.processes
@needs_node
def test_first_row_in_javascript(tmp_path):
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    with emulator_of_the_readme() as emulator:
        (tmp_path / "example.mjs").write_text(readme_example("js", emulator), encoding="utf-8")
        assert run("node", "example.mjs", folder=tmp_path) == "Hello from Node\n"


@pytest.mark.processes
def test_readme_lists_every_option():
    usage = subprocess.run(
        [sys.executable, "-m", "appwrite_emulator", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    rows = "".join(re.findall(r"^\| (`--.+?) \|", README, re.MULTILINE))
    assert set(re.findall(r"`(--[a-z-]+)", rows)) == set(
        re.findall(r"^  (?:-h, )?(--[a-z-]+)", usage, re.MULTILINE)
    ) - {"--help"}


@pytest.mark.processes
def test_python_example(tmp_path):
    (tmp_path / "test_example.py").write_text(example("python"), encoding="utf-8")
    plain = {"DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    plugins = ["-p", "appwrite_emulator.testing.pytest_plugin", "-p", "no:django", "-p", "no:cacheprovider"]
    output = run(sys.executable, "-m", "pytest", "-q", *plugins, folder=tmp_path, **plain)
    assert "1 passed" in output


@pytest.mark.processes
@needs_node
def test_node_example(tmp_path):
    (tmp_path / "example.test.mjs").write_text(example("js"), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    with Emulator(project="default", key="my-key") as emulator:
        assert "pass 1" in run("node", "--test", folder=tmp_path, EMULATOR=emulator.origin)


@pytest.mark.processes
def test_function_example(tmp_path):
    (tmp_path / "hello.py").write_text(example("py"), encoding="utf-8")
    with Emulator(key="all", functions=tmp_path) as emulator:
        functions = Functions(Client().set_endpoint(emulator.endpoint).set_project(emulator.project).set_key("all"))
        functions.create("hello", "Hello", Runtime.PYTHON_3_11)
        execution = functions.create_execution("hello", path="/?name=Ada")
    assert json.loads(execution.responsebody) == {"hello": "Ada"}
    assert execution.logs == "POST /"


def test_every_fixture_and_page_is_documented(appwrite_process):
    """The table of fixtures lists those of the plugin, and the URLs in the table of calls work."""
    plugin = (ROOT / "appwrite_emulator" / "testing" / "pytest_plugin.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*\ndef (\w+)", plugin))
    assert fixtures == set(re.findall(r"^\| `(appwrite\w*)` \|", DOCUMENT, re.MULTILINE))
    for page in re.findall(r"^\| `GET[^/]*(/_emulator/[a-z./]+)", DOCUMENT, re.MULTILINE):
        assert appwrite_process.control("GET", page.removeprefix("/_emulator/"))


def test_fault_fixture_counts_and_is_reset(appwrite, appwrite_faults):
    """The fixture adds faults, counts their hits, and a reset removes them."""
    appwrite_faults.add("locale.listContinents", status=503, first=1)
    assert [fault["hits"] for fault in appwrite_faults.all()] == [0]
    appwrite.reset()
    assert appwrite_faults.all() == []
