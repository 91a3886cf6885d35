"""The examples in README.md and docs/emulator.md work unchanged, and the tables in both documents are complete."""

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
from appwrite.services.tables_db import TablesDB

from appwrite_emulator.testing import Emulator
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENT = (ROOT / "docs" / "emulator.md").read_text(encoding="utf-8")
QUICK_STARTS = (ROOT / "docs" / "quick-starts.md").read_text(encoding="utf-8")
PACKAGES = ROOT / "tests" / "node" / "node_modules"


def needs_node(test):
    """Mark a test that runs Node. Skip the test if Node or its packages are missing."""
    is_missing = not PACKAGES.is_dir() or not shutil.which("node")
    return pytest.mark.node(pytest.mark.skipif(is_missing, reason="“make node” brings Node's packages")(test))


def example(language: str, document: str = DOCUMENT) -> str:
    """Return the document's first example in `language`."""
    return str(re.findall(rf"```{language}\n(.*?)```", document, re.DOTALL)[0])


def readme_example(language: str, emulator: Emulator) -> str:
    """Return the README's example in `language`, with the emulator's origin instead of the default one."""
    return example(language, README).replace("http://127.0.0.1:9100", emulator.origin)


@contextmanager
def emulator_of_the_readme() -> Iterator[Emulator]:
    """Start an emulator as the README does, and create a table with the README's curl commands."""
    with Emulator(project="default", key="my-key") as emulator:
        for call in readme_example("sh", emulator).replace("\\\n", " ").split("curl ")[1:]:
            url, *options = shlex.split(call)
            pairs = list(zip(options[::2], options[1::2], strict=True))
            headers = dict(value.split(": ") for option, value in pairs if option == "-H")
            (body,) = [value for option, value in pairs if option == "-d"]
            requests.post(url, headers=headers, data=body, timeout=20).raise_for_status()
        yield emulator


def run(*command: str, folder: Path, **environment: str) -> str:
    """Run a command outside this project's folder and return its output."""
    run = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.processes
def test_python_example_creates_the_first_row(tmp_path):
    with emulator_of_the_readme() as emulator:
        printed = run(sys.executable, "-c", readme_example("python", emulator), folder=tmp_path)
    assert printed == "Hello from Python\n"


@pytest.mark.processes
@needs_node
def test_javascript_example_creates_the_first_row(tmp_path):
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
def test_python_example_works(tmp_path):
    (tmp_path / "test_example.py").write_text(example("python"), encoding="utf-8")
    plain = {"DJANGO_SETTINGS_MODULE": "", "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    plugins = ["-p", "appwrite_emulator.testing.pytest_plugin", "-p", "no:django", "-p", "no:cacheprovider"]
    output = run(sys.executable, "-m", "pytest", "-q", *plugins, folder=tmp_path, **plain)
    assert "1 passed" in output


@pytest.mark.processes
@needs_node
def test_node_example_works(tmp_path):
    (tmp_path / "example.test.mjs").write_text(example("js"), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    with Emulator(project="default", key="my-key") as emulator:
        assert "pass 1" in run("node", "--test", folder=tmp_path, EMULATOR=emulator.origin)


# This script signs in as a browser does: it requests a code by e-mail, exchanges the code for a session, and reads the
# account with the session cookie.
VISIT = """
import { POST } from "./app/api/sign-in/route.js";
import { GET } from "./app/api/me/route.js";

const signIn = (body) => POST(new Request("http://localhost/", { method: "POST", body: JSON.stringify(body) }));
const whoIs = (headers) => GET(new Request("http://localhost/", { headers }));
const email = "ada@example.com";
const { userId } = await (await signIn({ email })).json();
const { mails } = await (await fetch(`${process.env.EMULATOR}/_emulator/inbox.json?to=${email}`)).json();
const [cookie] = (await signIn({ userId, code: mails[0].code })).headers.get("set-cookie").split(";");
console.log((await whoIs({})).status, (await (await whoIs({ cookie: `theme=dark; ${cookie}` })).json()).email);
"""


@pytest.mark.processes
@needs_node
def test_quick_start_for_next_js_works(tmp_path):
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    for code in re.findall(r"```js\n(.*?)```", QUICK_STARTS, re.DOTALL):
        file = tmp_path / re.match(r"// \./([\w/.-]+\.js)", code)[1]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    (tmp_path / "visit.js").write_text(VISIT, encoding="utf-8")
    with Emulator(project="default", key="my-key") as emulator:
        lines = example("sh", QUICK_STARTS).replace("http://127.0.0.1:9100", emulator.origin).splitlines()
        variables = dict(line.split("=", 1) for line in lines if "=" in line)
        printed = run("node", "visit.js", folder=tmp_path, EMULATOR=emulator.origin, **variables)
    assert printed == "401 ada@example.com\n"


@pytest.mark.processes
@needs_node
def test_quick_start_for_the_command_line_works(tmp_path):
    (commands,) = re.findall(r"```sh\n(appwrite-emulator .*?)```", QUICK_STARTS, re.DOTALL)
    start, *calls = (shlex.split(line) for line in commands.splitlines())
    file = tmp_path / "appwrite.config.json"
    file.write_text(example("json", QUICK_STARTS), encoding="utf-8")
    with Emulator(*start[1:], project="default", key="my-key") as emulator:
        for _, *words in calls:
            words = [word.replace("http://127.0.0.1:9100", emulator.origin) for word in words]
            run("node", str(PACKAGES / "appwrite-cli" / "index.js"), *words, folder=tmp_path, HOME=str(tmp_path))
        tables = TablesDB(Client().set_endpoint(emulator.endpoint).set_project("default").set_key("my-key"))
        assert [column.key for column in tables.get_table("app", "posts").columns] == ["title"]
    assert json.loads(file.read_text(encoding="utf-8"))["settings"]["services"]["account"] is True


@pytest.mark.processes
def test_function_example_works(tmp_path):
    (tmp_path / "hello.py").write_text(example("py"), encoding="utf-8")
    with Emulator(key="all", functions=tmp_path) as emulator:
        functions = Functions(Client().set_endpoint(emulator.endpoint).set_project(emulator.project).set_key("all"))
        functions.create("hello", "Hello", Runtime.PYTHON_3_11)
        execution = functions.create_execution("hello", path="/?name=Ada")
    assert json.loads(execution.responsebody) == {"hello": "Ada"}
    assert execution.logs == "POST /"


def test_every_fixture_and_page_is_documented(appwrite_process):
    """docs/emulator.md lists every fixture of the pytest plugin, and the URLs in its tables work."""
    plugin = (ROOT / "appwrite_emulator" / "testing" / "pytest_plugin.py").read_text(encoding="utf-8")
    fixtures = set(re.findall(r"@pytest\.fixture.*\ndef (\w+)", plugin))
    assert fixtures == set(re.findall(r"^\| `(appwrite\w*)` \|", DOCUMENT, re.MULTILINE))
    for page in re.findall(r"^\| `GET[^/]*(/_emulator/[a-z./]+)", DOCUMENT, re.MULTILINE):
        assert appwrite_process.control("GET", page.removeprefix("/_emulator/"))


def test_fault_fixture_counts_and_is_reset(appwrite, appwrite_faults):
    """`appwrite_faults` adds faults and counts their hits. A reset removes the faults."""
    appwrite_faults.add("locale.listContinents", status=503, first=1)
    assert [fault["hits"] for fault in appwrite_faults.all()] == [0]
    appwrite.reset()
    assert appwrite_faults.all() == []
