"""What all requests have in common: bodies, routes, errors, response formats, connections."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import GUEST, KEY, session_headers, status_and_type


def test_error_has_message_code_type_and_version(emulator):
    response = requests.get(f"{emulator.endpoint}/account", headers=GUEST, timeout=20)
    assert set(response.json()) == {"message", "code", "type", "version"}
    assert response.json()["version"] == "1.9.6"


def test_error_message_names_the_argument(emulator, expect_error):
    response = requests.post(
        f"{emulator.endpoint}/account/tokens/email", headers=GUEST, json={"userId": "ada"}, timeout=20
    )
    assert "`email`" in response.json()["message"]


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": ',
        b'["name"]',
        b"null",
        b'"text"',
        b"",
        b'{"name": "\\ud800"}',
        b"\xff",
        b"[" * 100_000,
        b'{"name": NaN}',
    ],
)
def test_body_must_be_a_json_object(emulator, alice, body):
    response = requests.patch(
        f"{emulator.endpoint}/account/name",
        headers={**GUEST, "X-Appwrite-Session": alice.secret, "Content-Type": "application/json"},
        data=body,
        timeout=20,
    )
    assert status_and_type(response) == (400, "general_argument_invalid")


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "latin-1"])
def test_json_must_be_utf_8(call_api, alice, coding):
    headers = {**session_headers(alice), "Content-Type": "application/json"}
    response = call_api("PATCH", "/account/name", headers, data='{"name": "Zoë"}'.encode(coding))
    assert response[:2] == (400, "general_argument_invalid")


def test_form_body_is_accepted(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    response = requests.patch(
        f"{emulator.endpoint}/account/name", headers=headers, data={"name": "By form"}, timeout=20
    )
    assert response.json()["name"] == "By form"


@pytest.mark.parametrize("length", ["many", "-5", "9" * 5000])
def test_invalid_content_length_is_rejected(emulator, length):
    host, port = emulator.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/users HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nX-Appwrite-Project: default\r\n"
        connection.sendall(f"{head}X-Appwrite-Key: {KEY}\r\nContent-Type: application/json\r\n\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 400")


# -- routes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nosuch"), ("PUT", "account"), ("GET", "Account"), ("PATCH", "users")]
)
def test_unknown_route_answers_with_a_page(emulator, method, path):
    response = requests.request(method, f"{emulator.endpoint}/{path}", headers=GUEST, timeout=20)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (404, "text/html")


def test_extra_slashes_are_ignored_and_head_has_no_body(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    for path in ("/account/", "//account"):
        assert requests.get(emulator.endpoint + path, headers=headers, timeout=20).status_code == 200
    response = requests.head(f"{emulator.endpoint}/account", headers=headers, timeout=20)
    assert (response.status_code, response.content) == (200, b"")


def test_older_response_format_lacks_later_fields(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    for version, has_factors in (("1.4.0", False), ("1.5.0", True), ("2.5.0", True)):
        versioned = {**headers, "X-Appwrite-Response-Format": version}
        session = requests.get(f"{emulator.endpoint}/account/sessions/current", headers=versioned, timeout=20).json()
        assert ("factors" in session) is has_factors


def test_connections_are_kept_open(emulator):
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=20)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v1/account", headers=GUEST)
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert sockets != {None}
    connection.close()
