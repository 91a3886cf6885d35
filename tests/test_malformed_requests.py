"""Malformed requests, sent to gunicorn as raw bytes, get our 400 page with our headers and one log line."""

import re
import socket

import pytest

from tests.site import NOTHING, Site

pytestmark = pytest.mark.processes

FORM = "Content-Type: application/x-www-form-urlencoded"
PARTS = "Content-Type: multipart/form-data; boundary=x"
FIELD = b'--x\r\nContent-Disposition: form-data; name="next"\r\n\r\n\xff\r\n--x--\r\n'
PAGES = ["/auth/login/", "/language/", "/posts/preview/", "/en/auth/code/", "/nothing/"]  # /language/ is CSRF-exempt


@pytest.fixture(scope="module")
def site():
    with Site(NOTHING) as site:
        yield site


@pytest.fixture
def send(site):
    """Return a function that sends a raw request and returns the status, headers, page and log lines."""

    def sent(start: str, *headers: str, body: bytes = b"", host: str | None = "localhost") -> tuple[int, str, str, str]:
        logged = len(site.log())
        head = [start, *([f"Host: {host}"] if host is not None else []), "Connection: close", *headers]
        if body and not any(header.startswith("Content-Length") for header in headers):
            head.append(f"Content-Length: {len(body)}")
        received = b""
        with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2])), timeout=20) as connection:
            connection.sendall("\r\n".join([*head, "", ""]).encode("latin1") + body)
            while chunk := connection.recv(65536):
                received += chunk
        top, _, page = received.decode().partition("\r\n\r\n")
        # A worker may start late and log this between the request and the request's own log line.
        log = [line for line in site.log()[logged:].splitlines() if not re.search('Booting worker|"access"', line)]
        return int(top.split(" ")[1]), top.lower(), page, "\n".join(log)

    return sent


def assert_refused(answer: tuple[int, str, str, str], statuses: tuple[int, ...] = (400,)) -> None:
    status, headers, page, log = answer
    assert status in statuses
    assert "content-security-policy: default-src 'none'" in headers
    assert "x-content-type-options: nosniff" in headers
    assert "Feil 400" in page or status == 404
    assert "Traceback" not in log
    assert re.findall(r"ERROR|CRITICAL", log) == []
    assert len(log.splitlines()) == 1
    assert "WARNING" in log


@pytest.mark.parametrize("charset", ["utf-7", "hex", "undefined", "idna", "utf-16", "rot13", "no-such", '"', "\xff"])
@pytest.mark.parametrize("kind", [FORM, PARTS, "Content-Type: text/plain"])
@pytest.mark.parametrize("page", PAGES)
def test_form_that_is_not_in_utf8_is_rejected(send, page, kind, charset):
    body = FIELD if kind is PARTS else b"next=%ff&a=+ACE-"
    assert_refused(send(f"POST {page} HTTP/1.1", f"{kind}; charset={charset}", body=body))


@pytest.mark.parametrize("charset", ["hex", "no-such"])
def test_query_that_is_not_in_utf8_is_rejected(send, charset):
    assert_refused(send("GET /auth/login/?next=%ff HTTP/1.1", f"Content-Type: text/plain; charset={charset}"))


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"'])
def test_utf8_is_accepted(send, charset):
    assert send("POST /language/ HTTP/1.1", f"{FORM}; charset={charset}", body=b"language=en")[0] == 302


@pytest.mark.parametrize("page", PAGES[:4])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", FIELD),
        ("multipart/form-data; boundary=", FIELD),
        ("multipart/form-data; boundary=\xff", FIELD),
        ("multipart/form-data; charset*=hex''%41; boundary=x", FIELD),
        ("application/x-www-form-urlencoded; charset*=hex''%41", b"a=b"),
        ("text/plain; other*=undefined''%41", b"a=b"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % number for number in range(200))),
        ("multipart/form-data; boundary=x", FIELD[:-6].replace(b"next", b"a") * 200 + FIELD),
    ],
)
def test_body_that_cannot_be_parsed_is_rejected(send, page, content_type, body):
    assert_refused(send(f"POST {page} HTTP/1.1", f"Content-Type: {content_type}", body=body))


@pytest.mark.parametrize(
    "part",
    [
        b"Content-Disposition: form-data; name*=hex''a; filename*=hex''%41",
        b'Content-Disposition: form-data; name="cover"; filename="a"\r\nContent-Type: text/plain; charset=hex',
        b'Content-Disposition: form-data; name="cover"; filename="\x00"\r\nContent-Length: abc',
        b'Content-Disposition: form-data; name="\xff"',
        b"Content-Disposition",
        b"\x00",
    ],
)
def test_unusual_form_part_is_not_a_server_error(send, part):
    for page in PAGES:
        status, headers, _, log = send(
            f"POST {page} HTTP/1.1", PARTS, body=b"--x\r\n" + part + b"\r\n\r\na\r\n--x--\r\n"
        )
        assert status < 500
        assert "content-security-policy" in headers
        assert "Traceback" not in log


@pytest.mark.parametrize("length", ["abc", "-1", "9" * 4000, "1e3", "0x5"])
def test_bad_content_length_is_rejected(send, length):
    assert_refused(send("POST /auth/login/ HTTP/1.1", FORM, f"Content-Length: {length}", body=b"a=b"), (400, 431))


@pytest.mark.parametrize("start", ["GET /\xff HTTP/1.1", "GET * HTTP/1.1", "get / HTTP/1.1", "\x16\x03\x01", "GET /"])
def test_bad_request_line_is_rejected(send, start):
    assert_refused(send(start))


def test_request_line_that_is_too_long_is_rejected(send):
    assert_refused(send(f"GET /{'x' * 9000} HTTP/1.1"), (414,))


@pytest.mark.parametrize(
    "header",
    ["Cookie: a_session_biso=\x00", "User-Agent: \x01", "Content-Type: \x00", "Host: b", "Transfer-Encoding: odd"],
)
def test_bad_header_is_rejected(send, header):
    assert_refused(send("GET /auth/login/ HTTP/1.1", header), (400, 501))


@pytest.mark.parametrize(
    "host", ["evil.example", "", "localhost:abc", "\xff", "localhost,evil.example", "[::1", "-", "a" * 300, None]
)
def test_invalid_host_is_rejected_with_one_warning(send, host):
    assert_refused(send("GET /posts/ HTTP/1.1", host=host))


@pytest.mark.parametrize(
    "path", ["/%00/", "/posts/%00/", "/%ff/", "/%c0%ae/", "//evil.example/", "/wp-login.php", "/static/%00", "/a/../b"]
)
def test_suspicious_path_is_rejected_with_one_warning(send, path):
    assert_refused(send(f"GET {path} HTTP/1.1"), (404,))


@pytest.mark.parametrize(
    "cookies",
    ["csrftoken=\xff; messages=\xff", "a_session_biso=\xff|%00", 'language="\\777\\000"; =; ;;', "pending_login=%00"],
)
def test_bad_cookies_are_ignored(send, cookies):
    assert send("GET /auth/login/ HTTP/1.1", f"Cookie: {cookies}")[0] == 200


@pytest.mark.parametrize(
    "name", ["SCRIPT_NAME", "Script-Name", "PATH_INFO", "Path-Info", "SCRIPT_URL", "X-Script-Name"]
)
@pytest.mark.parametrize("value", ["/x", "/auth", "/auth/login/", "http://evil.example", "\xff"])
def test_request_headers_do_not_change_the_links_of_a_page(send, name, value):
    status, _, page, _ = send("GET /auth/login/ HTTP/1.1", f"{name}: {value}")
    plain = send("GET /auth/login/ HTTP/1.1")[2]
    assert status == 200
    links = r'(?:href|src|action)="([^"]*)"'
    assert re.findall(links, page) == re.findall(links, plain)
    assert send("GET /static/css/biso.css HTTP/1.1", f"{name}: {value}")[0] == 200
