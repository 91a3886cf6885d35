"""With two machines behind nginx (docs/several-machines.md), neither slow clients nor updates make requests fail.

nginx buffers requests and responses, so only nginx waits for slow clients. It sends no requests to a machine that is
being updated.
"""

import contextlib
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from posts.repository import PostRepository
from tests.conftest import fields
from tests.deploy.nginx_server import Nginx, nginx_required
from tests.deploy.visitor import Visitor, soon
from tests.redis_server import RedisServer, redis_required
from tests.site import Site

pytestmark = [pytest.mark.processes, pytest.mark.deploy]

CLIENTS = 20  # gunicorn has fewer threads
LONG = "longpost00"
HEADERS = "GET /posts/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = "POST /auth/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nemail="
UNREAD = f"GET /posts/{LONG}/ HTTP/1.1\r\nHost: localhost\r\n\r\n" * 5


class SlowClients:
    """CLIENTS connections that send `beginning` and then, if `drips` is true, another byte every 0.05 seconds."""

    def __init__(self, connect: Callable[[], socket.socket], beginning: str, *, drips: bool) -> None:
        self._sockets = [connect() for _ in range(CLIENTS)]
        for client in self._sockets:
            client.sendall(beginning.encode())
        self.rounds = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._drip) if drips else None
        if self._thread:
            self._thread.start()

    def _drip(self) -> None:
        while not self._end.wait(0.05):
            for client in self._sockets:
                client.sendall(b"x")
            self.rounds += 1

    def close(self) -> None:
        self._end.set()
        if self._thread:
            self._thread.join()
        for client in self._sockets:
            client.close()


def connect(url: str, context: ssl.SSLContext | None = None) -> socket.socket:
    """Return a connection with a small receive buffer, so that the server cannot send far ahead of the client."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    return context.wrap_socket(client, server_hostname="localhost") if context else client


@pytest.fixture(scope="module")
def deployed(appwrite_process) -> Iterator[tuple[Nginx, Site, Site]]:
    nginx_required()
    redis_required()
    with RedisServer() as redis, Nginx() as nginx:
        shared = f"{redis.url}?socket_timeout=30&socket_connect_timeout=30"
        settings = {"SITE_URL": nginx.url, "TRUSTED_PROXIES": "1", "CACHE_URL": shared}
        with (
            Site(appwrite_process.endpoint, **settings) as first,
            Site(appwrite_process.endpoint, **settings) as second,
        ):
            nginx.start(first.url, second.url)
            yield nginx, first, second


@pytest.fixture
def slow(deployed, appwrite) -> Iterator[Callable[..., SlowClients]]:
    """Return a function that starts slow clients."""
    running = contextlib.ExitStack()

    def start(connect: Callable[[], socket.socket], beginning: str, *, drips: bool = True) -> SlowClients:
        clients = SlowClients(connect, beginning, drips=drips)
        running.callback(clients.close)
        return clients

    with running:
        yield start


@pytest.fixture
def writer(deployed, alice, settings) -> Visitor:
    """Return Alice's browser, which trusts the certificate."""
    settings.COOKIE_PREFIX = "__Host-"
    return Visitor(alice, certificate=deployed[0].certificate)


def test_slow_clients_do_not_block_other_clients(deployed, slow, alice, writer):
    nginx, *_ = deployed
    context = nginx.context

    def to_nginx() -> socket.socket:
        return connect(nginx.url, context)

    PostRepository(alice.appwrite).create(LONG, alice.user, fields(content="Kaffe. " * 14_000), publish=True)
    dripping = [slow(to_nginx, HEADERS), slow(to_nginx, BODY)]
    slow(to_nginx, UNREAD, drips=False)
    before = [clients.rounds for clients in dripping]
    reader = Visitor(certificate=nginx.certificate)
    form = {"title": "Kaffe", "content": "Det er kaffe.", "language": "nb", "state": "new", "act": "publish"}
    for number in itertools.count():
        for path in ("/healthz", "/", "/posts/", f"/posts/{LONG}/"):
            assert reader.get(nginx.url + path).status_code == 200, path
        post = {**form, "post_id": f"abcdefgh{number:02}"}
        assert writer.submit(f"{nginx.url}/posts/new/", post).status_code == 302
        if all(clients.rounds > start + 5 for clients, start in zip(dripping, before, strict=True)):
            break  # all slow clients kept sending during the requests above
    assert soon(lambda: f"abcdefgh{number:02}" in reader.get(f"{nginx.url}/posts/").text)


def test_slow_clients_block_other_clients_without_nginx(deployed, slow):
    """This is why the guide requires a buffering proxy."""
    _, site, _ = deployed
    slow(lambda: connect(site.url), BODY)
    with pytest.raises(requests.ReadTimeout):  # noqa: PT012 - which request times out depends on the threads
        for _ in range(100):  # until every thread waits for a slow client
            requests.get(f"{site.url}/posts/", timeout=3)


def test_no_request_fails_during_a_rolling_update(deployed, writer, stored):
    nginx, *sites = deployed
    urls = [site.url for site in sites]
    end = threading.Event()
    reader = Visitor(certificate=nginx.certificate)
    for visitor in (reader, writer):
        visitor.headers["Connection"] = "close"  # a kept-alive connection may close just as the next request is sent

    def read() -> int:
        for number in itertools.count(1):
            for path in ("/", "/posts/", "/en/posts/", f"/posts/?q={number}"):
                assert reader.get(nginx.url + path).status_code == 200, path
            if end.is_set():
                break
        return number

    def write() -> list[str]:
        written = []
        while not end.is_set():
            written.append(f"written{len(written):03}")
            form = {"title": "Kaffe", "content": "Kaffe", "language": "nb", "state": "new", "post_id": written[-1]}
            assert writer.submit(f"{nginx.url}/posts/new/", form).status_code == 302
        return written

    with ThreadPoolExecutor(2) as threads:
        reading, writing = threads.submit(read), threads.submit(write)
        try:
            for site in sites:
                nginx.reload(*urls, down=site.url)
                site.restart()
                nginx.reload(*urls)
        finally:
            end.set()
        assert reading.result() > 1
        written = writing.result()
    assert len(written) > 1
    assert [stored(post_id).id for post_id in written] == written
