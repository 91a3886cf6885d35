"""Functions in JavaScript, run by Node.js."""

import json
import shutil

import pytest
import requests
from appwrite.enums.execution_method import ExecutionMethod
from appwrite.enums.runtime import Runtime
from appwrite.services.functions import Functions

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, SERVER, client

node = pytest.mark.skipif(not shutil.which("node"), reason="needs Node.js")


@node
def test_function_receives_the_request_and_its_variables(functions):
    functions.create("mirror_js", "Mirror", Runtime.NODE_22)
    functions.create_variable("mirror_js", "colour", "COLOUR", "red")
    execution = functions.create_execution(
        "mirror_js",
        '{"a": 1}',
        path="/some/path?q=1&empty=",
        method=ExecutionMethod.PUT,
        headers={"content-type": "application/json"},
    )
    seen = json.loads(execution.responsebody)
    assert (execution.status.value, execution.responsestatuscode) == ("completed", 200)
    assert (seen["method"], seen["path"], seen["query"]) == ("PUT", "/some/path", {"q": "1", "empty": ""})
    assert (seen["json"], seen["bodyText"], seen["same"]) == ({"a": 1}, '{"a": 1}', True)
    assert seen["url"] == f"{seen['scheme']}://{seen['host']}:{seen['port']}/some/path?{seen['queryString']}"
    assert seen["variables"] == {"id": "mirror_js", "colour": "red"}
    assert seen["trigger"] == "http"


@node
def test_logs_and_errors_are_stored(create_and_run):
    execution = create_and_run("mirror_js")
    seen, *printed = execution["logs"].splitlines()
    assert seen == 'seen {"by":["log"]} 5'
    assert "Native logs detected" in printed[0]
    assert printed[1] == "printed"
    assert execution["errors"] == "failed"


@node
@pytest.mark.parametrize(
    ("path", "status", "body", "headers"),
    [
        ("/text", 201, "grüezi", {"x-made-by": "js", "content-type": "text/plain; charset=utf-8"}),
        ("/send", 200, "sent", {}),
        ("/empty", 204, "", {}),
        ("/redirect", 302, "", {"location": "https://example.com/"}),
        ("/timer", 200, "done", {}),
    ],
)
def test_function_returns_each_kind_of_response(create_and_run, path, status, body, headers):
    execution = create_and_run("answers_js", path=path)
    assert (execution["status"], execution["responseStatusCode"]) == ("completed", status)
    assert execution["responseBody"] == body
    assert headers.items() <= {each["name"]: each["value"] for each in execution["responseHeaders"]}.items()


@node
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/nothing", "Return statement missing"),
        ("/throws", "Error: out of order"),
        ("/exits", "exited before it returned a response"),
        ("/unknown", "TypeError"),
    ],
)
def test_failed_function_reports_the_error(create_and_run, path, error):
    execution = create_and_run("answers_js", path=path)
    assert (execution["status"], execution["responseStatusCode"]) == ("failed", 500)
    assert error in execution["errors"]


@node
def test_function_is_stopped_at_its_timeout(call_api):
    function = {"functionId": "answers_js", "name": "Slow", "runtime": "node-22", "timeout": 1}
    call_api("POST", "/functions", json=function)
    _, _, execution = call_api("POST", "/functions/answers_js/executions", json={"path": "/sleeps"})
    assert (execution["status"], execution["errors"]) == ("failed", "Execution timed out.")


@node
def test_bytes_are_returned_unchanged(emulator, functions):
    functions.create("answers_js", "Bytes", Runtime.NODE_22)
    response = requests.post(
        f"{emulator.endpoint}/functions/answers_js/executions",
        json={"path": "/binary"},
        headers={**SERVER, "Accept": "multipart/form-data"},
        timeout=20,
    )
    assert bytes([0, 255, 10]) in response.content


@node
def test_function_in_a_folder_can_import_modules(create_and_run):
    assert create_and_run("folder_js")["responseBody"] == "from a folder"


@node
def test_file_without_a_default_export_fails(create_and_run):
    assert "no default export" in create_and_run("no_default_js")["errors"]


def test_missing_node_fails_the_execution_with_an_explanation(tmp_path, monkeypatch):
    (tmp_path / "hello.js").write_text("module.exports = ({ res }) => res.text('hello');")
    monkeypatch.setenv("PATH", str(tmp_path))
    with Emulator(key=KEY, functions=tmp_path) as emulator:
        functions = Functions(client(emulator, key=KEY))
        functions.create("hello", "Hello", Runtime.NODE_22)
        execution = functions.create_execution("hello")
    assert (execution.status.value, execution.responsestatuscode) == ("failed", 500)
    assert "no `node` on the PATH" in execution.errors
