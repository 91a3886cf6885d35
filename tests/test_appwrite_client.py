"""The Appwrite client: sessions do not leak, connections are reused, and every call has a deadline."""

import gzip
import http.server
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import RequestFactory

from core import calls, circuit_breaker, errors, transport
from core.appwrite_client import create_admin_client, create_guest_client, create_session_client
from tests.faulty_server import Server, unresponsive_server


def asking(secret: str = "", **headers):
    request = RequestFactory().get("/", headers=headers)
    request.appwrite_session = secret
    return request


@pytest.fixture
def answering(settings):
    """Return a function that starts a server with a fixed response and returns the list of requests it receives."""
    servers = []

    def start(status=200, headers=(), body=b"{}"):
        seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                seen.append(self)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_DELETE = do_PATCH = answer

            def log_message(self, *args):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{server.server_port}/v1"
        return seen

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_clients_bundle_the_sdk_services(appwrite):
    services = {"account", "db", "teams", "storage", "functions", "messaging"}
    session, admin = create_session_client(asking()), create_admin_client()
    assert {type(getattr(session, name)).__name__ for name in services} == {
        *("Account", "TablesDB", "Teams", "Storage", "Functions", "Messaging")
    }
    assert type(admin.users).__name__ == "Users"
    assert not hasattr(session, "users")


def test_session_of_one_user_is_not_used_by_the_next_request_in_the_thread(appwrite, alice, bob):
    token = create_admin_client().users.create_token(bob.id)
    made = create_admin_client().account.create_session(bob.id, token.secret)
    assert create_session_client(asking(made.secret)).account.get().id == bob.id
    with pytest.raises(errors.SignInRequiredError):
        create_session_client(asking()).account.get()
    assert create_session_client(asking(alice.secret)).account.get().id == alice.id
    assert not transport.POOL.cookies


def test_client_sends_back_no_cookies(answering):
    seen = answering(headers=[("Set-Cookie", "a_session_biso=bobs; Path=/"), ("Content-Type", "application/json")])
    create_guest_client().client.call("get", "/ping")
    create_guest_client().client.call("get", "/ping")
    assert [request.headers.get("Cookie") for request in seen] == [None, None]


def test_calls_share_one_connection(answering):
    seen = answering(headers=[("Content-Type", "application/json")])
    for _ in range(20):
        create_guest_client().client.call("get", "/ping")
    assert len({request.client_address for request in seen}) == 1
    assert len(seen) == 20


def test_refused_connection_raises_unavailable_error(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    with pytest.raises(errors.UnavailableError):
        create_guest_client().client.call("get", "/ping")


def test_response_204_without_a_content_type_is_accepted(answering):
    answering(status=204)
    assert create_guest_client().client.call("delete", "/ping") == b""


def test_redirects_are_not_followed(answering):
    seen = answering(status=301, headers=[("Location", "/v1/elsewhere")])
    assert create_guest_client().client.call("get", "/ping", response_type="location") == "/v1/elsewhere"
    assert len(seen) == 1


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'"down"', b""])
def test_error_page_of_a_proxy_raises_unavailable_error(answering, body):
    answering(status=502, headers=[("Content-Type", "text/html")], body=body)
    with pytest.raises(errors.UnavailableError):
        create_guest_client().client.call("get", "/ping")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
@pytest.mark.parametrize("body", [b"404 page not found", b'{"message": "no Route matched with those values"}', b"null"])
def test_error_that_does_not_come_from_appwrite_raises_unavailable_error(answering, status, body):
    """Readers and search engines get a 404 for a missing row, but a proxy's 404 does not mean that a row is missing."""
    answering(status=status, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(errors.UnavailableError):
        create_guest_client().client.call("get", "/ping")


@pytest.mark.parametrize("status", [414, 431])
def test_visitor_with_a_long_search_does_not_open_the_circuit(answering, status):
    answering(status=status, headers=[("Content-Type", "text/html")], body=b"<html>Request-URI Too Large</html>")
    for _ in range(circuit_breaker.MAX_FAILURES):
        with pytest.raises(errors.UnavailableError):
            create_guest_client().client.call("get", "/ping")
    assert circuit_breaker.BREAKER.state == "closed"


def test_broken_json_raises_unavailable_error(answering):
    answering(headers=[("Content-Type", "application/json")], body=b'{"total": 1')
    with pytest.raises(errors.UnavailableError):
        create_guest_client().client.call("get", "/ping")


@pytest.mark.parametrize(
    ("status", "type", "error"),
    [
        (401, "general_unauthorized_scope", errors.SignInRequiredError),
        (401, "user_unauthorized", errors.NotAllowedError),
        (401, "user_invalid_token", errors.InvalidTokenError),
        (403, "user_blocked", errors.BlockedError),
        (404, "row_not_found", errors.NotFoundError),
        (409, "row_already_exists", errors.ConflictError),
        (400, "row_invalid_structure", errors.InvalidInputError),
        (429, "general_rate_limit_exceeded", errors.AppwriteRateLimitedError),
        (500, "general_unknown", errors.UnavailableError),
    ],
)
def test_error_is_chosen_by_type_and_then_by_code(answering, status, type, error):
    body = b'{"message": "no", "type": "%s", "code": %d}' % (type.encode(), status)
    answering(status=status, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(error) as raised:
        create_guest_client().client.call("get", "/ping")
    assert (raised.value.type, raised.value.code) == (type, status)


def test_api_key_without_scopes_is_not_reported_as_the_visitors_error(answering):
    body = b'{"message": "missing scope", "type": "general_unauthorized_scope", "code": 401}'
    answering(status=401, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(errors.MisconfiguredError):
        create_admin_client().users.list()


def test_visitors_user_agent_and_language_are_sent_to_appwrite(answering):
    seen = answering(headers=[("Content-Type", "application/json")], body=b'{"total": 0, "users": []}')
    create_admin_client(asking(**{"User-Agent": "Firefox\r\n on  a train"})).users.list()
    assert seen[0].headers["X-Forwarded-User-Agent"] == "Firefox on a train"
    assert seen[0].headers["X-Appwrite-Locale"] == "nb"


def test_session_client_never_sends_the_api_key(answering):
    seen = answering(headers=[("Content-Type", "application/json")])
    create_session_client(asking("secret")).client.call("get", "/ping")
    assert seen[0].headers["X-Appwrite-Session"] == "secret"
    assert seen[0].headers["X-Appwrite-Key"] is None


def test_html_instead_of_json_raises_unavailable_error(answering):
    answering(headers=[("Content-Type", "text/html")], body=b"<html>Sign in to the hotel's network</html>")
    with pytest.raises(errors.UnavailableError, match="text/html instead of JSON"):
        create_guest_client().account.get()


# -- deadlines ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def serving(settings):
    """Return a function that starts a faulty Server in place of Appwrite."""
    servers = []

    def start(handle) -> Server:
        servers.append(Server(handle))
        settings.APPWRITE_ENDPOINT = servers[-1].url
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def serving_over_tls(serving, settings, tmp_path):
    """Replace Appwrite with a server that has a self-signed certificate.

    Yield the server and the certificate's path.
    """
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string("CN=localhost")
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    unencrypted = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key").write_bytes(key.private_bytes(serialization.Encoding.PEM, *unencrypted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")

    def handle(server, line):
        with context.wrap_socket(line, server_side=True) as encrypted:
            if server.receive(encrypted):
                encrypted.sendall(OK)

    server = serving(handle)
    settings.APPWRITE_ENDPOINT = server.url.replace("http://127.0.0.1", "https://localhost")
    return server, tmp_path / "certificate"


def test_self_signed_certificate_is_rejected(serving_over_tls):
    server, _ = serving_over_tls
    with pytest.raises(errors.UnavailableError, match="certificate"):
        create_admin_client().account.get()
    assert server.received == []  # the API key was not sent


def test_certificate_authority_in_the_trust_store_of_the_system_is_trusted(serving_over_tls, monkeypatch):
    server, certificate = serving_over_tls
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # OpenSSL reads this file instead of the system's
    monkeypatch.setattr(transport, "POOL", transport._session())
    assert create_admin_client().client.call("get", "/ping") == {}
    transport.POOL.close()
    assert len(server.received) == 1


def test_hanging_server_is_cut_off_at_the_timeout(serving, settings):
    def answer_once(server, line):
        server.receive(line)
        line.sendall(OK)
        server.is_over.wait()

    serving(answer_once)
    client = create_guest_client().client
    client.call("get", "/ping")  # so that the next call needs no name lookup or connection
    settings.APPWRITE_TIMEOUT = (0.3, 0.3)
    # Without a read timeout, this call would never return.
    with pytest.raises(errors.UnavailableError, match="ReadTimeout"):
        client.call("get", "/ping")


@pytest.fixture
def deadline_passes(settings, monkeypatch):
    """Return a function that ends the newest call as if its deadline had passed. Calls have no other deadline.

    The servers below call this function when a request has reached them, however long that takes on a busy machine.
    """
    settings.APPWRITE_TIMEOUT = (60, 60)
    calls = []
    monkeypatch.setattr(transport._watchdog, "watch", lambda call, end: calls.append(call))
    return lambda: calls[-1].end()


BEGINNINGS = {
    "status line": b"",
    "headers": b"HTTP/1.1 200 OK\r\nX-Long: ",
    "many headers": b"HTTP/1.1 200 OK\r\n",
    "body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
    "body without a length": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{}",
    "chunks": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n",
    "size of a chunk": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_slowly_dripping_response_is_cut_off_at_the_deadline(beginning, method, serving, deadline_passes):
    """Each byte arrives within the read timeout, so only the deadline ends this call."""

    def handle(server, line):
        server.receive(line)
        line.sendall(BEGINNINGS[beginning])
        server.drip(line, b" " if beginning.startswith("body") else b"0", after_ten=deadline_passes)

    server = serving(handle)
    with pytest.raises(errors.UnavailableError, match=r"no complete response within 60\.0 s") as raised:
        create_guest_client().client.call(method, "/ping")
    assert raised.value.may_have_happened == (method == "post")
    assert len(server.received) == 1
    assert server.sent < 1000


MALFORMED = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no status": b"HTTP/1.1 fine\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    "headers that end early": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "a long header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
    "many headers": b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 500 + b"\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "half a body": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{}",
    "no size of a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n",
    "half a chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
    "no last chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "many encodings": b"HTTP/1.1 200 OK\r\nContent-Encoding: "
    + b"gzip, " * 50
    + b"gzip\r\nContent-Length: 2\r\n\r\n{}",
    "only 100": b"HTTP/1.1 100 Continue\r\n\r\n" * 9,
    "a switch of protocols": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
}


@pytest.mark.parametrize("text", MALFORMED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_response_that_is_not_http_raises_unavailable_error(text, method, serving):
    def handle(server, line):
        if server.receive(line):
            line.sendall(MALFORMED[text])

    serving(handle)
    with pytest.raises(errors.UnavailableError):
        create_guest_client().account.get() if method == "get" else create_guest_client().db.create_row(
            "a", "b", "c", {}
        )


def test_response_that_is_too_large_raises_unavailable_error(answering, monkeypatch):
    monkeypatch.setattr(transport, "MAX_BODY", 1_000_000)
    body = gzip.compress(b'{"x": "' + b"x" * 50_000_000 + b'"}')
    answering(headers=[("Content-Type", "application/json"), ("Content-Encoding", "gzip")], body=body)
    with pytest.raises(errors.UnavailableError):
        create_guest_client().client.call("get", "/ping")


def test_request_that_the_server_does_not_read_is_cut_off_at_the_deadline(serving, deadline_passes):
    def handle(server, line):
        deadline_passes()
        server.is_over.wait()

    server = serving(handle)
    with pytest.raises(errors.UnavailableError, match="no complete response"):
        create_guest_client().client.call(
            "post", "/ping", {"content-type": "application/json"}, {"x": "x" * 30_000_000}
        )
    assert server.received == []


def test_name_lookup_is_cut_off_at_the_timeout(settings, monkeypatch):
    is_over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: is_over.wait() and [])
    settings.APPWRITE_ENDPOINT = "http://appwrite.example.org/v1"
    settings.APPWRITE_TIMEOUT = (0.1, 60)
    with pytest.raises(errors.UnavailableError, match="the name lookup takes too long") as raised:
        create_guest_client().client.call("post", "/ping")
    is_over.set()
    assert not raised.value.may_have_happened


def test_unknown_host_name_raises_unavailable_error(settings, monkeypatch):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings.APPWRITE_ENDPOINT = "http://appwrite.example.org/v1"
    with pytest.raises(errors.UnavailableError, match="Name or service not known") as raised:
        create_guest_client().client.call("post", "/ping")
    assert not raised.value.may_have_happened


@pytest.mark.parametrize("has_good_address", [True, False])
def test_addresses_of_a_host_share_the_connection_timeout(has_good_address, serving, settings, monkeypatch):
    """If each address had its own timeout, connecting to a host with many addresses could take a minute."""
    server = serving(lambda server, line: server.receive(line) and line.sendall(OK))
    good = server.url.removeprefix("http://127.0.0.1:").removesuffix("/v1")
    settings.APPWRITE_ENDPOINT = "http://appwrite.example.org/v1"
    settings.APPWRITE_TIMEOUT = (2, 60)
    look_up = socket.getaddrinfo
    with unresponsive_server() as address:
        addresses = [address, address, *([("127.0.0.1", int(good))] if has_good_address else [address])]

        def found(host, *more):
            if host == "appwrite.example.org":
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", each) for each in addresses]
            return look_up(host, *more)

        tried = []
        connect = transport.create_connection
        monkeypatch.setattr(socket, "getaddrinfo", found)
        monkeypatch.setattr(transport, "create_connection", lambda *a, **o: tried.append(a[1]) or connect(*a, **o))
        if has_good_address:
            create_guest_client().client.call("get", "/ping")
        else:
            with pytest.raises(errors.UnavailableError, match="ConnectTimeout"):
                create_guest_client().client.call("get", "/ping")
    assert len(tried) == 3
    assert sum(tried[:2]) < 2


def test_calls_in_one_request_share_a_deadline(answering, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(transport, "clock", lambda: now[0])
    seen = answering(headers=[("Content-Type", "application/json")])
    client = create_guest_client().client
    with transport.deadline(8):
        now[0] += 100  # the time before the first call does not count
        client.call("get", "/ping")
        now[0] += 7.9
        client.call("get", "/ping")
        now[0] += 0.2
        with pytest.raises(errors.UnavailableError, match="used up") as raised:
            client.call("post", "/ping")
        assert not raised.value.may_have_happened
    client.call("get", "/ping")  # calls outside the block have separate deadlines
    assert len(seen) == 3


def test_concurrent_calls_share_the_deadline_of_their_request(answering, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(transport, "clock", lambda: now[0])
    seen = answering(headers=[("Content-Type", "application/json")])
    client = create_guest_client().client
    with transport.deadline(8):
        client.call("get", "/ping")
        now[0] += 9
        with pytest.raises(errors.UnavailableError, match="used up"):
            calls.run_concurrently(lambda: 1, lambda: client.call("get", "/ping"))
    assert len(seen) == 1


# -- kept-alive connections --------------------------------------------------------------------------------------------
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
GONE = (
    b'HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{"type": "row_not_found"}'
)


def closes_kept_connections(server, line):
    """Respond to a connection's first request, and close the connection when its second request arrives."""
    if server.receive(line):
        line.sendall(OK)
        server.receive(line)


@pytest.mark.parametrize(
    ("method", "params", "is_repeated"),
    [
        ("get", {}, True),
        ("put", {"name": "x"}, True),
        ("patch", {"data": {"title": "x"}}, True),
        ("delete", {}, True),
        ("post", {"rowId": "abc", "data": {}}, True),
        ("post", {"fileId": "abc"}, True),
        ("post", {"messageId": "abc", "subject": "x"}, True),
        ("post", {"rowId": "unique()", "data": {}}, False),
        ("post", {"userId": "unique()", "email": "olga@example.com"}, False),  # e-mails a link
        ("post", {"userId": "olga", "secret": "123456"}, False),  # uses up a code
        ("patch", {"userId": "olga", "secret": "123456"}, False),  # accepts an invitation
        ("post", {}, False),
    ],
)
def test_write_on_a_closed_connection_is_retried_if_its_id_makes_that_safe(method, params, is_repeated, serving):
    server = serving(closes_kept_connections)
    client = create_guest_client().client
    client.call("get", "/ping")
    headers = {"content-type": "application/json"}
    if is_repeated:
        client.call(method, "/x", headers, params)
    else:
        with pytest.raises(errors.UnavailableError) as raised:
            client.call(method, "/x", headers, params)
        assert raised.value.may_have_happened
    assert len(server.received) == (3 if is_repeated else 2)


def test_write_on_a_new_connection_is_not_retried(serving):
    server = serving(lambda server, line: server.receive(line))
    with pytest.raises(errors.UnavailableError, match="RemoteDisconnected") as raised:
        create_guest_client().client.call("put", "/x", {"content-type": "application/json"}, {"name": "x"})
    assert raised.value.may_have_happened
    assert len(server.received) == 1


def test_retried_write_uses_a_new_connection(serving):
    """After a server restart, every kept-alive connection in the pool is closed."""
    both = threading.Barrier(2)

    def handle(server, line):
        if "hold" in server.receive(line):
            both.wait(30)
        line.sendall(OK)
        server.receive(line)

    server = serving(handle)
    client = create_guest_client().client
    calls.run_concurrently(lambda: client.call("get", "/hold"), lambda: client.call("get", "/hold"))
    client.call("put", "/x", {"content-type": "application/json"}, {"name": "x"})
    assert len(server.received) == 4


def test_retried_deletion_succeeds_if_the_row_no_longer_exists(serving):
    def handle(server, line):
        if server.receive(line).startswith("GET"):
            line.sendall(OK)
            server.receive(line)
        else:
            line.sendall(GONE)
            while server.receive(line):  # keep the connection open, so that the next call is not retried
                line.sendall(GONE)

    serving(handle)
    client = create_guest_client()
    client.client.call("get", "/ping")
    client.db.delete_row("app", "posts", "abc")
    with pytest.raises(errors.NotFoundError):  # the row is already deleted, and this call is not a retry
        client.db.delete_row("app", "posts", "abc")


def test_refused_connection_means_that_nothing_was_changed(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    with pytest.raises(errors.UnavailableError, match=r"POST /x: ConnectionError: .*Connection refused") as raised:
        create_guest_client().client.call("post", "/x")
    assert not raised.value.may_have_happened


def test_log_contains_no_email_addresses(serving):
    serving(lambda server, line: server.receive(line))
    with pytest.raises(errors.UnavailableError) as raised:
        create_guest_client().client.call("get", "/users", params={"queries": ["olga@example.com"]})
    assert str(raised.value) == (
        "GET /users: ConnectionError: RemoteDisconnected: Remote end closed connection without response"
    )
