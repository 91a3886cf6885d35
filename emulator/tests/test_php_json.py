"""Reading and writing JSON as PHP does, in cases that have no recording: preferences, push data and floats."""

import base64
import json

import pytest
import requests

from tests.conftest import GUEST, KEY, SERVER

HEADERS = {**SERVER, "X-Appwrite-Key": KEY, "Content-Type": "application/json"}


def send(emulator, method, path, body):
    """Send a body unchanged. Return the status, error type and response text."""
    response = requests.request(method, emulator.endpoint + path, headers=HEADERS, data=body.encode(), timeout=20)
    return response.status_code, response.json().get("type"), response.text


@pytest.fixture
def table(emulator):
    """Create a table with a float column and array columns for strings, numbers and booleans. Return its path."""
    send(emulator, "POST", "/tablesdb", '{"databaseId": "lab", "name": "Lab"}')
    lists = [{"key": f"{type}s", "type": type, "array": True} for type in ("integer", "double", "boolean")]
    columns = [{"key": "weight", "type": "double"}, {"key": "names", "type": "varchar", "size": 9, "array": True}]
    body = {"tableId": "samples", "name": "Samples", "columns": [*columns, *lists]}
    assert send(emulator, "POST", "/tablesdb/lab/tables", json.dumps(body))[0] == 201
    return "/tablesdb/lab/tables/samples"


@pytest.mark.parametrize("path", ["/users/ada/prefs", "/teams/crew/prefs"])
@pytest.mark.parametrize("prefs", ['{"$id": "x"}', '{"a": 1e400}', '{"a": [-1e400]}'])
def test_preferences_that_php_cannot_decode_are_rejected(emulator, path, prefs):
    send(emulator, "POST", "/users", '{"userId": "ada"}')
    send(emulator, "POST", "/teams", '{"teamId": "crew", "name": "Crew"}')
    method = "PATCH" if path.startswith("/users") else "PUT"
    assert send(emulator, method, path, f'{{"prefs": {prefs}}}')[:2] == (400, "general_argument_invalid")
    assert send(emulator, "GET", path, "")[2] == "{}"


def test_push_data_rejects_numbers_beyond_floats(emulator):
    body = '{"messageId": "m", "title": "T", "body": "B", "draft": true, "data": {"a": 1e400}}'
    assert send(emulator, "POST", "/messaging/messages/push", body)[:2] == (400, "general_argument_invalid")


def test_objects_with_consecutive_numeric_keys_are_read_as_lists_in_every_parameter(emulator):
    body = '{"functionId": "f", "name": "F", "runtime": "node-22", "execute": {"0": "any"}, "events": {}}'
    status, _, text = send(emulator, "POST", "/functions", body)
    assert (status, json.loads(text)["execute"], json.loads(text)["events"]) == (201, ["any"], [])


@pytest.mark.parametrize(("levels", "status"), [(510, 200), (511, 400)])
def test_json_is_read_up_to_512_levels_deep(emulator, levels, status):
    send(emulator, "POST", "/users", '{"userId": "ada"}')
    prefs = '{"a": ' + "[" * levels + "1.5" + "]" * levels + "}"
    assert send(emulator, "PATCH", "/users/ada/prefs", f'{{"prefs": {prefs}}}')[0] == status


def test_null_in_a_list_becomes_zero_or_false(emulator, table):
    data = '{"integers": [1, null], "doubles": [1.5, null], "booleans": [true, null], "names": ["a", null]}'
    status, _, text = send(emulator, "POST", f"{table}/rows", f'{{"rowId": "r", "data": {data}}}')
    assert status == 201
    for shown in (json.loads(text), json.loads(send(emulator, "GET", f"{table}/rows/r", "")[2])):
        assert shown["integers"] == [1, 0]
        assert shown["doubles"] == [1.5, 0]
        assert shown["booleans"] == [True, False]
        assert shown["names"] == ["a", None]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/rows"), ("PATCH", "/rows/r"), ("PUT", "/rows/r"), ("PUT", "/rows"), ("PATCH", "/rows")],
)
def test_responses_to_writes_show_all_digits_of_a_float_but_14_are_stored(emulator, table, method, path):
    if (method, path) != ("POST", "/rows"):
        send(emulator, "POST", f"{table}/rows", '{"rowId": "r", "data": {"weight": 1}}')
    body = '{"rowId": "r", "data": {"weight": 0.123456789012345678}}'
    if (method, path) == ("PUT", "/rows"):
        body = '{"rows": [{"$id": "r", "weight": 0.123456789012345678}]}'
    assert '"weight":0.12345678901234568' in send(emulator, method, table + path, body)[2]
    assert '"weight":0.12345678901235,' in send(emulator, "GET", f"{table}/rows/r", "")[2]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("1e16", "10000000000000000"),
        ("1e17", "1.0e+17"),
        ("12345678901234568", "12345678901234568"),
        ("0.0001", "0.0001"),
        ("0.00001", "1.0e-5"),
        ("-1.5e-9", "-1.5e-9"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
    ],
)
def test_numbers_are_written_as_in_php(emulator, number, text):
    send(emulator, "POST", "/users", '{"userId": "ada"}')
    assert send(emulator, "PATCH", "/users/ada/prefs", f'{{"prefs": {{"a": {number}}}}}')[2] == f'{{"a":{text}}}'


@pytest.mark.parametrize("header", ["X-Appwrite-Session", "X-Fallback-Cookies"])
def test_deeply_nested_session_header_is_ignored(emulator, header):
    text = "[" * 20_000
    value = base64.b64encode(text.encode()).decode() if header == "X-Appwrite-Session" else text
    response = requests.get(f"{emulator.endpoint}/account", headers={**GUEST, header: value}, timeout=20)
    assert (response.status_code, response.json()["type"]) == (401, "general_unauthorized_scope")
