"""Fixtures: an emulator with a functions folder."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from appwrite.enums.runtime import Runtime
from appwrite.services.functions import Functions

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY

PYTHON = Runtime.PYTHON_3_11


CODE = Path(__file__).parent / "code"


@pytest.fixture(scope="package")
def folder(tmp_path_factory) -> Path:
    """Return a folder that contains a copy of the functions' code, and a link to a file outside the folder."""
    copy = tmp_path_factory.mktemp("there") / "functions"
    shutil.copytree(CODE, copy)
    outside = tmp_path_factory.mktemp("outside") / "secret.py"
    outside.write_text("def main(context):\n    return context.res.text('from outside')\n")
    (copy / "link.py").symlink_to(outside)
    return copy


@pytest.fixture(scope="package")
def functions_emulator(folder):
    with Emulator(key=KEY, functions=folder) as running:
        yield running


@pytest.fixture
def emulator(functions_emulator):
    """Return the emulator with the functions folder, reset before each test."""
    functions_emulator.reset()
    return functions_emulator


@pytest.fixture
def functions(server):
    """Return a Functions service that uses an API key."""
    return Functions(server)


@pytest.fixture
def run(functions):
    """Return a helper that creates an Appwrite function and executes it once through the SDK."""

    def run(name, **parameters):
        functions.create(name, name, PYTHON, timeout=20)
        return functions.create_execution(name, **parameters)

    return run


@pytest.fixture
def create_and_run(call_api):
    """Return a helper that creates an Appwrite function and executes it once without the SDK."""

    def create_and_run(name: str, **parameters: Any) -> dict[str, Any]:
        function = {"functionId": name, "name": name, "runtime": PYTHON.value, "timeout": 10}
        call_api("POST", "/functions", json=function)
        status, _, execution = call_api("POST", f"/functions/{name}/executions", json=parameters)
        assert status == 201
        return execution

    return create_and_run


def equal_query(attribute: str, value: Any) -> dict[str, str]:
    return {"queries[0]": json.dumps({"method": "equal", "attribute": attribute, "values": [value]})}
