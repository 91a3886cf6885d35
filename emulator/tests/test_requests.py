"""Rules for all requests: bodies, compression, routes, errors, response formats and connections."""

import http.client
import re
import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import GUEST, KEY, session_headers, status_and_type


def raw(emulator, method, target, headers=GUEST, body=None):
    """Send a request without normalising its path. Return the response and its body."""
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=20)
    connection.request(method, target, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response, content


def test_error_has_message_code_type_and_version(emulator):
    response = requests.get(f"{emulator.endpoint}/account", headers=GUEST, timeout=20)
    assert set(response.json()) == {"message", "code", "type", "version"}
    assert response.json()["version"] == "1.9.6"


def test_error_message_contains_the_argument(emulator, expect_error):
    response = requests.post(
        f"{emulator.endpoint}/account/tokens/email", headers=GUEST, json={"userId": "ada"}, timeout=20
    )
    assert response.json()["message"] == 'Param "email" is not optional.'


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


@pytest.mark.parametrize("size", [12 * 1024 * 1024, 12 * 1024 * 1024 + 1])
def test_body_over_12_mib_is_rejected_before_any_check(emulator, size):
    response, content = raw(emulator, "POST", "/v1/nowhere", {}, b"x" * size)
    assert (response.status, bool(content)) == ((404, True) if size == 12 * 1024 * 1024 else (413, False))


def test_body_over_12_mib_is_rejected_before_it_is_sent(emulator):
    host, port = emulator.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/users HTTP/1.1\r\nHost: {host}\r\nContent-Length: 20000000\r\nExpect: 100-continue\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_chunked_body_is_read(emulator, alice):
    headers = session_headers(alice) | {"Content-Type": "application/json"}
    url = f"{emulator.endpoint}/account/name"
    with requests.Session() as client:
        for name in ("Ada", "Zoë"):
            body = iter([b'{"name":', b"", f'"{name}"}}'.encode()])
            assert client.patch(url, data=body, headers=headers, timeout=20).json()["name"] == name
        assert client.get(f"{emulator.endpoint}/account", headers=headers, timeout=20).json()["name"] == "Zoë"


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        (b"3;note=x\r\n{} \r\n0\r\nTrailer: x\r\n\r\n", b"404"),
        (b"x\r\n{}\r\n0\r\n\r\n", b"400"),
        (b"-3\r\n{}\r\n0\r\n\r\n", b"400"),
        (b"ffffffff\r\n", b"413"),
    ],
)
def test_chunk_sizes_are_validated(emulator, chunks, status):
    host, port = emulator.origin.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST /v1/nowhere HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + chunks)
        assert connection.recv(4096).startswith(b"HTTP/1.1 " + status)


def test_admin_pages_accept_larger_bodies(emulator):
    response = requests.post(f"{emulator.origin}/_emulator/import", data=b"x" * 13_000_000, timeout=60)
    assert response.status_code != 413


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("multipart/form-data", b"name=a"), ("multipart/form-data; boundary=x", b"--y\r\n"), ("multipart/form-data", b"")],
)
def test_malformed_multipart_is_rejected_before_any_check(emulator, content_type, body):
    response, content = raw(emulator, "PATCH", "/v1/nowhere", {"Content-Type": content_type}, body)
    assert (response.status, content, response.getheader("Content-Type")) == (400, b"", None)


# -- compression ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("deflate, gzip", "deflate"),
        ("deflate;q=0.5, gzip;q=0.8", "gzip"),
        ("GZIP", "gzip"),
        ("br, zstd, gzip;q=0.1", "gzip"),
        ("x-gzip", None),
        ("gzip;q=many, deflate;q=0.1", "deflate"),
        ("", None),
    ],
)
def test_response_is_compressed_as_the_client_prefers(emulator, accepted, coding):
    headers = GUEST | {"Accept-Encoding": accepted}
    response = requests.get(f"{emulator.endpoint}/locale/countries", headers=headers, timeout=20)
    assert response.headers.get("Content-Encoding") == coding
    assert response.json()["total"] == 197
    assert response.headers.get("Vary") == (coding and "Accept-Encoding")


def test_images_are_not_compressed(emulator):
    url = f"{emulator.endpoint}/avatars/initials?name=Ada&width=1000"
    response = requests.get(url, headers=GUEST | {"Accept-Encoding": "gzip"}, timeout=20)
    assert len(response.content) > 1024
    assert "Content-Encoding" not in response.headers


# -- routes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "nosuch"), ("PUT", "account"), ("GET", "Account"), ("PATCH", "users")]
)
def test_unknown_route_returns_an_html_page(emulator, method, path):
    response = requests.request(method, f"{emulator.endpoint}/{path}", headers=GUEST, timeout=20)
    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (404, "text/html")


def test_page_for_an_unknown_route_shows_the_path_and_links_to_coverage(emulator):
    response = requests.get(f"{emulator.endpoint}/no<b>such", headers=GUEST, timeout=20)
    assert "GET /v1/no&lt;b&gt;such" in response.text
    link = re.search(r'href="([^"]+)"', response.text)
    assert requests.get(link[1], timeout=20).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Appwrite-Project": "nosuch"}, 404),
        ({"X-Appwrite-Key": "wrong"}, 401),
        ({"Origin": "https://example.org"}, 403),
    ],
)
def test_unknown_route_is_authenticated_like_other_routes(emulator, headers, status):
    response = requests.get(f"{emulator.endpoint}/nowhere", headers=GUEST | headers, timeout=20)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")


def test_404_for_an_unknown_route_has_cors_headers(emulator):
    response = requests.post(f"{emulator.endpoint}/nowhere", headers=GUEST | {"Origin": "http://localhost"}, timeout=20)
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost"
    assert response.headers["Cache-Control"] == "no-cache, no-store, must-revalidate"


def test_foreign_origin_is_reported_before_project_and_session(emulator, alice):
    foreign = {"Origin": "https://example.org"}
    for headers in ({"X-Appwrite-Project": "nosuch"}, GUEST | {"X-Appwrite-JWT": "wrong"}):
        response = requests.get(f"{emulator.endpoint}/account", headers=headers | foreign, timeout=20)
        assert status_and_type(response) == (403, "general_unknown_origin")
        assert "Access-Control-Allow-Origin" not in response.headers


def test_path_is_matched_without_normalisation(emulator, server):
    for target in ("/v1/%75sers", "/v1/users%2Falice", "//v1/users", "/v1/./users", "/%761/users"):
        assert raw(emulator, "GET", target, GUEST | {"X-Appwrite-Key": KEY})[0].status == 404


@pytest.mark.parametrize(
    ("method", "header", "query", "status"),
    [
        ("GET", "nosuch", "default", 401),
        ("GET", "default", "nosuch", 404),
        ("GET", None, "default", 401),
        ("DELETE", "default", "nosuch", 401),
        ("DELETE", "nosuch", "default", 404),
    ],
)
def test_project_parameter_of_a_get_takes_precedence_over_the_header(emulator, method, header, query, status):
    headers = {"X-Appwrite-Project": header} if header else {}
    response = requests.request(
        method, f"{emulator.endpoint}/users/nosuch", params={"project": query}, headers=headers, timeout=20
    )
    assert response.status_code == status


def test_unknown_http_method_is_rejected_without_a_body(emulator):
    for method in ("get", "FETCH"):
        response, content = raw(emulator, method, "/v1/locale")
        assert (response.status, content, response.getheader("Content-Type")) == (400, b"", None)


def test_ping(call_api):
    assert call_api("GET", "/ping", GUEST)[0] == 200
    assert call_api("GET", "/ping", {})[:2] == (404, "project_not_found")
    assert call_api("GET", "/ping", GUEST | {"X-Appwrite-Key": "wrong"})[:2] == (401, "user_unauthorized")


def test_ping_returns_text(emulator):
    response = requests.get(f"{emulator.endpoint}/ping/", headers=GUEST, timeout=20)
    assert (response.text, response.headers["Content-Type"]) == ("Pong!", "text/plain; charset=UTF-8")


def test_versions_robots_humans_and_invite_are_pages_outside_the_api(emulator):
    assert requests.get(f"{emulator.origin}/versions", timeout=20).json()["server"] == "1.9.6"
    for name in ("robots", "humans"):
        response = requests.get(f"{emulator.origin}/{name}.txt", timeout=20)
        assert response.text.startswith(f"# {name}txt.org/")
        assert (response.status_code, response.headers["Content-Type"]) == (200, "text/plain; charset=UTF-8")
    response = requests.get(f"{emulator.origin}/invite?teamId=a%20b", allow_redirects=False, timeout=20)
    assert (response.status_code, response.headers["Location"]) == (301, "/console/invite?teamId=a%20b")


def test_host_name_of_a_container_can_have_an_underscore(emulator, alice):
    response, _ = raw(emulator, "GET", "/v1/account", session_headers(alice) | {"Host": "my_emulator:9100"})
    assert response.status == 200


def test_links_use_the_forwarded_host(emulator):
    headers = GUEST | {"X-Forwarded-Host": "api.example.com", "X-Forwarded-Proto": "https"}
    response = requests.get(f"{emulator.endpoint}/nowhere", headers=headers, timeout=20)
    assert "https://api.example.com/_emulator/coverage/" in response.text


def test_forwarded_host_does_not_give_access_to_admin_pages(emulator):
    headers = {"Host": "evil.example", "X-Forwarded-Host": "localhost"}
    assert raw(emulator, "GET", "/_emulator/", headers)[0].status == 403


def test_admin_pages_reject_cors_preflight_requests(emulator):
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    response = requests.options(f"{emulator.origin}/_emulator/reset", headers=headers, timeout=20)
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


def test_extra_slashes_are_ignored_and_head_has_no_body(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    for path in ("/account/", "//account"):
        assert requests.get(emulator.endpoint + path, headers=headers, timeout=20).status_code == 200
    response = requests.head(f"{emulator.endpoint}/account", headers=headers, timeout=20)
    assert (response.status_code, response.content) == (200, b"")


def test_older_response_format_omits_newer_fields(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    for version, has_factors in (("1.4.0", False), ("1.5.0", True), ("2.5.0", True)):
        versioned = {**headers, "X-Appwrite-Response-Format": version}
        session = requests.get(f"{emulator.endpoint}/account/sessions/current", headers=versioned, timeout=20).json()
        assert ("factors" in session) is has_factors


def test_connections_are_kept_alive(emulator):
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=20)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/v1/account", headers=GUEST)
        connection.getresponse().read()
        sockets.add(connection.sock)
    assert len(sockets) == 1
    assert sockets != {None}
    connection.close()
