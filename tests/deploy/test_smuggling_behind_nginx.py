"""Ambiguous requests through nginx: nginx and gunicorn must agree where each request ends.

nginx gives each request that it forwards an id, which the site logs. A request that the site serves without such an id
was hidden in another request.
"""

import contextlib
import json
import re
import socket
import ssl
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from tests.attacks.test_smuggling import AMBIGUOUS, CHUNK, HIDDEN
from tests.deploy import http2
from tests.deploy.nginx_server import Nginx, nginx_required
from tests.deploy.visitor import PATIENT, Visitor, soon
from tests.site import NOTHING, Site

pytestmark = [pytest.mark.processes, pytest.mark.deploy]

EVIL = "evil.example"
PAGES = ("/privacy/", "/contact/", "/en/privacy/", "/manifest.webmanifest")  # pages that all guests share
LAST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
PRIVACY = "GET /privacy/ HTTP/1.1\r\nHost: localhost\r\n"
# Requests for a page with another host or path. An attacker would hope that the site stores the response for all
# guests.
MISLEADING = {
    "absolute target with another host": f"GET http://{EVIL}/privacy/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "absolute target and another host": f"GET https://localhost/privacy/ HTTP/1.1\r\nHost: {EVIL}\r\n\r\n",
    "other host": f"GET /privacy/ HTTP/1.1\r\nHost: {EVIL}\r\n\r\n",
    "two hosts": f"{PRIVACY}Host: {EVIL}\r\n\r\n",
    "host after a space": f"{PRIVACY}Host : {EVIL}\r\n\r\n",
    "folded host": f"GET /privacy/ HTTP/1.1\r\nHost: localhost\r\n {EVIL}\r\n\r\n",
    "host with a port that is none": f"GET /privacy/ HTTP/1.1\r\nHost: localhost:{EVIL}\r\n\r\n",
    "host with a name before": f"GET /privacy/ HTTP/1.1\r\nHost: localhost@{EVIL}\r\n\r\n",
    "host in HTTP/1.0": f"GET /privacy/ HTTP/1.0\r\nHost: {EVIL}\r\nConnection: keep-alive\r\n\r\n",
    "forwarded host": f"{PRIVACY}X-Forwarded-Host: {EVIL}\r\nX-Host: {EVIL}\r\nForwarded: host={EVIL}\r\n\r\n",
    "forwarded scheme": f"{PRIVACY}X-Forwarded-Proto: http\r\nX-Forwarded-Scheme: http\r\n\r\n",
    "other path in a header": f"{PRIVACY}X-Original-URL: /contact/\r\nX-Rewrite-URL: /contact/\r\n\r\n",
    "other method in a header": f"{PRIVACY}X-HTTP-Method-Override: POST\r\nX-Method-Override: DELETE\r\n\r\n",
    "host in the path": f"GET //{EVIL}/privacy/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "path with dots": "GET /contact/../privacy/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "path with encoded dots": "GET /privacy/%2e%2e/contact/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "path with a line break": f"GET /privacy/%0d%0aHost:%20{EVIL} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "fragment": "GET /privacy/#/contact/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "body of a GET": f"{PRIVACY}Content-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "chunked body of a GET": f"{PRIVACY}Transfer-Encoding: chunked\r\n\r\n{CHUNK}",
    "body of a HEAD": f"HEAD /privacy/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "pipelined requests": f"{PRIVACY}\r\n{PRIVACY}Host : {EVIL}\r\n\r\n{HIDDEN}",
    "HTTP/0.9": "GET /privacy/\r\n",
    "HTTP/2 without TLS's agreement": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
POST = {":method": "POST", ":scheme": "https", ":path": "/auth/login/", ":authority": "localhost"}
# HTTP/2 requests: their changed pseudo-headers, additional headers and body.
OVER_HTTP2: dict[str, tuple[dict[str, str], list[tuple[str, str]], str]] = {
    "line break in the path": ({":path": f"/auth/login/ HTTP/1.1\r\nHost: localhost\r\n\r\n{HIDDEN}"}, [], ""),
    "space in the path": ({":path": "/auth/login/ HTTP/1.1"}, [], ""),
    "line break in the method": ({":method": "GET /zqsmuggled/ HTTP/1.1\r\nHost: localhost\r\n\r\nGET"}, [], ""),
    "line break in the scheme": ({":scheme": f"https://localhost/\r\n\r\n{HIDDEN}"}, [], ""),
    "line break in the host": ({":authority": f"localhost\r\n\r\n{HIDDEN}"}, [], ""),
    "other host": ({":authority": EVIL}, [], ""),
    "two hosts": ({}, [("host", EVIL)], ""),
    "two paths": ({}, [(":path", "/zqsmuggled/")], ""),
    "line break in a value": ({}, [("x-zq", "y\r\nTransfer-Encoding: chunked")], CHUNK),
    "line feed in a value": ({}, [("x-zq", f"y\n\n{HIDDEN}")], ""),
    "line break in a name": ({}, [("x-zq: y\r\ntransfer-encoding", "chunked")], CHUNK),
    "colon in a name": ({}, [("transfer-encoding: chunked\r\nx", "y")], CHUNK),
    "zero byte in a value": ({}, [("x-zq", "y\x00z")], ""),
    "capital letters in a name": ({}, [("Transfer-Encoding", "chunked")], CHUNK),
    "transfer encoding": ({}, [("transfer-encoding", "chunked")], CHUNK),
    "length too small": ({}, [("content-length", "0")], HIDDEN),
    "length too large": ({}, [("content-length", "500")], HIDDEN),
    "two lengths": ({}, [("content-length", "0"), ("content-length", str(len(HIDDEN)))], HIDDEN),
    "length and transfer encoding": ({}, [("content-length", "5"), ("transfer-encoding", "chunked")], CHUNK),
    "connection header": ({}, [("connection", "close, x-forwarded-for"), ("upgrade", "h2c")], ""),
    "forged id": ({}, [("x-request-id", "0" * 32)], ""),
}


@pytest.fixture(scope="module")
def deployed() -> Iterator[tuple[Nginx, Site]]:
    nginx_required()
    with Nginx() as nginx, Site(NOTHING, SITE_URL=nginx.url, TRUSTED_PROXIES="1") as site:
        nginx.start(site.url, site.url)
        yield nginx, site


@pytest.fixture
def attacked(deployed) -> Iterator[tuple[Nginx, Site]]:
    """Return nginx and the site, with an empty page cache. After the test, check that the attack had no effect."""
    nginx, site = deployed
    visitor = Visitor(certificate=nginx.certificate)
    before = {page: visitor.get(nginx.url + page).text for page in PAGES}
    site.forget()
    logged = len(site.log())
    yield nginx, site
    for page in PAGES * 2:
        assert visitor.get(nginx.url + page).text == before[page], page
    log = site.log()[logged:]
    assert soon(lambda: not hidden_requests(nginx, log)), log
    assert not re.findall(r'"status": 50[0-24-9]', log), log  # 503 is expected, because there is no Appwrite
    assert "Traceback" not in log


def hidden_requests(nginx: Nginx, log: str) -> set[str]:
    """Return the ids of requests that the site has logged more often than nginx has forwarded them."""
    served = Counter(json.loads(line)["request_id"] for line in log.splitlines() if '"logger": "access"' in line)
    return set(served - Counter(nginx.forwarded))


@contextlib.contextmanager
def connected(nginx: Nginx, *protocols: str) -> Iterator[ssl.SSLSocket]:
    """Connect to nginx with TLS. nginx may close the connection at any time."""
    context = nginx.context
    context.set_alpn_protocols(protocols)
    address = ("127.0.0.1", int(nginx.url.rpartition(":")[2]))
    with (
        socket.create_connection(address, timeout=PATIENT) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
        contextlib.suppress(ConnectionError, ssl.SSLError),
    ):
        yield line


def send(nginx: Nginx, data: str) -> str:
    """Send `data` and a final request on one connection.

    Return everything that nginx sends until it closes the connection.
    """
    received = b""
    with connected(nginx) as line:
        line.sendall((data + LAST).encode("latin1"))
        while more := line.recv(65536):
            received += more
    return received.decode(errors="replace")


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_nginx_and_gunicorn_agree_where_an_ambiguous_request_ends(name, attacked):
    nginx, _ = attacked
    headers, body = AMBIGUOUS[name]
    version = "HTTP/1.0" if name.endswith("1.0") else "HTTP/1.1"
    send(nginx, "\r\n".join([f"POST /auth/login/ {version}", "Host: localhost", *headers, "", body]))


@pytest.mark.parametrize("name", MISLEADING)
def test_page_is_never_stored_for_another_host_or_path(name, attacked):
    nginx, _ = attacked
    answer = send(nginx, MISLEADING[name])
    assert not re.search(rf"(?:location: |(?:href|action|src)=.)[^>\s?]*{EVIL}", answer, re.IGNORECASE)


@pytest.mark.parametrize("name", OVER_HTTP2)
def test_request_over_http2_is_forwarded_as_one_request(name, attacked):
    nginx, _ = attacked
    changes, headers, body = OVER_HTTP2[name]
    with connected(nginx, "h2") as line:
        assert line.selected_alpn_protocol() == "h2"
        line.sendall(http2.request([*{**POST, **changes}.items(), *headers], body))
        http2.answers(line)


def test_request_over_http2_is_served(attacked):
    nginx, site = attacked
    with connected(nginx, "h2") as line:
        line.sendall(http2.request([*{**POST, ":method": "GET", ":path": "/zqserved/"}.items()]))
        assert (http2.HEADERS, 1) in http2.answers(line)
    assert "Not Found: /zqserved/" in site.log()


def test_request_that_nginx_has_not_forwarded_is_detected(deployed):
    nginx, site = deployed
    logged = len(site.log())
    requests.get(f"{site.url}/zq/", timeout=PATIENT)
    assert hidden_requests(nginx, site.log()[logged:])
