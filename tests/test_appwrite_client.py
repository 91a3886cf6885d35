"""The door to Appwrite: nobody's session leaks to anybody, connections are kept, and nothing hangs."""

import http.server
import socket
import threading

import pytest
from django.test import RequestFactory

from biso_site import appwrite_client, errors
from biso_site.appwrite_client import create_admin_client, create_guest_client, create_session_client


def asking(secret: str = "", **headers):
    request = RequestFactory().get("/", headers=headers)
    request.appwrite_session = secret
    return request


@pytest.fixture
def listener(settings):
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        yield server


@pytest.fixture
def answering(settings):
    """answering(status, headers, body) starts a server that says just that; gives the list of requests it saw."""
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


def test_the_bundle_is_the_originals(appwrite):
    services = {"account", "db", "teams", "storage", "functions", "messaging"}
    session, admin = create_session_client(asking()), create_admin_client()
    assert {type(getattr(session, name)).__name__ for name in services} == {
        *("Account", "TablesDB", "Teams", "Storage", "Functions", "Messaging")
    }
    assert type(admin.users).__name__ == "Users"
    assert not hasattr(session, "users")


def test_bobs_sign_in_leaves_nothing_for_the_next_caller_on_the_thread(appwrite, alice, bob):
    token = create_admin_client().users.create_token(bob.id)
    made = create_admin_client().account.create_session(bob.id, token.secret)
    assert create_session_client(asking(made.secret)).account.get().id == bob.id
    with pytest.raises(errors.SignInRequired):
        create_session_client(asking()).account.get()
    assert create_session_client(asking(alice.secret)).account.get().id == alice.id
    assert not appwrite_client.POOL.cookies


def test_a_server_that_sets_cookies_never_gets_one_back(answering):
    seen = answering(headers=[("Set-Cookie", "a_session_biso=bobs; Path=/"), ("Content-Type", "application/json")])
    create_guest_client().client.call("get", "/ping")
    create_guest_client().client.call("get", "/ping")
    assert [request.headers.get("Cookie") for request in seen] == [None, None]


def test_many_calls_use_one_connection(answering):
    seen = answering(headers=[("Content-Type", "application/json")])
    for _ in range(20):
        create_guest_client().client.call("get", "/ping")
    assert len({request.client_address for request in seen}) == 1
    assert len(seen) == 20


def test_a_hanging_server_costs_no_more_than_the_time_out(listener, settings):
    settings.APPWRITE_TIMEOUT = (0.2, 0.3)
    with pytest.raises(errors.Unavailable, match="ReadTimeout"):  # were it not passed on, this would never come back
        create_guest_client().client.call("get", "/ping")


def test_nobody_there_is_unavailable(settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.APPWRITE_ENDPOINT = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    with pytest.raises(errors.Unavailable):
        create_guest_client().client.call("get", "/ping")


def test_a_204_without_a_content_type_is_no_error(answering):
    answering(status=204)
    assert create_guest_client().client.call("delete", "/ping") == b""


def test_redirects_are_not_followed(answering):
    seen = answering(status=301, headers=[("Location", "/v1/elsewhere")])
    assert create_guest_client().client.call("get", "/ping", response_type="location") == "/v1/elsewhere"
    assert len(seen) == 1


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b"[]", b'"down"', b""])
def test_a_proxys_error_page_is_unavailable(answering, body):
    answering(status=502, headers=[("Content-Type", "text/html")], body=body)
    with pytest.raises(errors.Unavailable):
        create_guest_client().client.call("get", "/ping")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
@pytest.mark.parametrize("body", [b"404 page not found", b'{"message": "no Route matched with those values"}', b"null"])
def test_a_refusal_that_is_not_appwrites_is_unavailable(answering, status, body):
    """A missing row is news for a reader, and a search engine forgets the page; a proxy knows nothing of rows."""
    answering(status=status, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(errors.Unavailable):
        create_guest_client().client.call("get", "/ping")


def test_broken_json_is_unavailable(answering):
    answering(headers=[("Content-Type", "application/json")], body=b'{"total": 1')
    with pytest.raises(errors.Unavailable):
        create_guest_client().client.call("get", "/ping")


@pytest.mark.parametrize(
    ("status", "type", "error"),
    [
        (401, "general_unauthorized_scope", errors.SignInRequired),
        (401, "user_unauthorized", errors.NotAllowed),
        (401, "user_invalid_token", errors.InvalidToken),
        (403, "user_blocked", errors.Blocked),
        (404, "row_not_found", errors.NotFound),
        (409, "row_already_exists", errors.Conflict),
        (400, "row_invalid_structure", errors.Invalid),
        (429, "general_rate_limit_exceeded", errors.Limited),
        (500, "general_unknown", errors.Unavailable),
    ],
)
def test_refusals_are_told_by_type_then_by_code(answering, status, type, error):
    body = b'{"message": "no", "type": "%s", "code": %d}' % (type.encode(), status)
    answering(status=status, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(error) as raised:
        create_guest_client().client.call("get", "/ping")
    assert (raised.value.type, raised.value.code) == (type, status)


def test_a_key_without_its_scopes_is_our_mistake_and_not_the_visitors(answering):
    body = b'{"message": "missing scope", "type": "general_unauthorized_scope", "code": 401}'
    answering(status=401, headers=[("Content-Type", "application/json")], body=body)
    with pytest.raises(errors.Misconfigured):
        create_admin_client().users.list()


def test_appwrite_is_told_the_visitors_browser_and_language(answering):
    seen = answering(headers=[("Content-Type", "application/json")], body=b'{"total": 0, "users": []}')
    create_admin_client(asking(**{"User-Agent": "Firefox\r\n on  a train"})).users.list()
    assert seen[0].headers["X-Forwarded-User-Agent"] == "Firefox on a train"
    assert seen[0].headers["X-Appwrite-Locale"] == "nb"


def test_a_session_client_never_carries_the_key(answering):
    seen = answering(headers=[("Content-Type", "application/json")])
    create_session_client(asking("secret")).client.call("get", "/ping")
    assert seen[0].headers["X-Appwrite-Session"] == "secret"
    assert seen[0].headers["X-Appwrite-Key"] is None


def test_a_page_where_json_should_be_is_unavailable(answering):
    answering(headers=[("Content-Type", "text/html")], body=b"<html>Sign in to the hotel's network</html>")
    with pytest.raises(errors.Unavailable, match="text/html instead of JSON"):
        create_guest_client().account.get()


@pytest.mark.parametrize("header", ["{", "[]", "null", '"text"'])
def test_a_header_that_names_no_session_made_none(answering, header):
    answering(headers=[("Content-Type", "application/json"), ("X-Fallback-Cookies", header)])
    client = create_guest_client().client
    client.call("get", "/ping")
    assert client.session_made() == ""
