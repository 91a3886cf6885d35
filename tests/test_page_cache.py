"""Check which requests the page cache handles, and that its responses match Django's."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import QueryDict
from django.urls import resolve
from django.utils import translation
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from biso_site import page_cache, page_copies
from biso_site.page_cache import PageCache
from core import circuit_breaker, redis_store
from core.revalidation import revalidate
from posts.models import Post
from tests.count_calls import count_calls
from tests.redis_server import RedisServer, redis_required
from tests.site import NOTHING, unnoticed
from tests.wsgi import Answer, WsgiClient

CHROME = "gzip, deflate, br, zstd"
ONLY_WITH_A_COPY = {"ETag", "Content-Length", "Content-Encoding"}


def form(post: Post) -> dict[str, str]:
    """Return the data that the edit form of `post` submits."""
    typed = {"title": post.title, "content": post.content, "excerpt": "", "language": "nb", "campus": "oslo"}
    return {**typed, "tags": "", "post_id": post.id, "state": "published", "version": post.stamp}


class Django:
    """Django's WSGI handler. It records each request and calls `before` first."""

    def __init__(self) -> None:
        self.handler = WSGIHandler()
        self.requests: list[dict[str, Any]] = []
        self.before = lambda: None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        self.requests.append(environ)
        self.before()
        return self.handler(environ, start_response)


@contextmanager
def held(django: Django) -> Iterator[Any]:
    """Block the requests that reach Django until the block ends or calls `set` on the yielded event."""

    class Release(threading.Event):
        reached = threading.Event()

    release = Release()

    def wait() -> None:
        release.reached.set()
        release.wait()

    django.before = wait
    try:
        yield release
    finally:
        release.set()
        django.before = lambda: None


@pytest.fixture
def django(appwrite) -> Django:
    return Django()


@pytest.fixture
def uncached(django) -> WsgiClient:
    """Return a client of the site without the page cache."""
    return WsgiClient(django.handler)


@pytest.fixture
def cached(django) -> WsgiClient:
    """Return a client of one worker; `another_worker` is the client of a second worker on the same machine."""
    return WsgiClient(PageCache(django))


@pytest.fixture
def another_worker(django) -> WsgiClient:
    return WsgiClient(PageCache(django))


@pytest.fixture
def later(monkeypatch):
    """Stop the clock, and return a function that moves it forward by a number of seconds."""
    start, passed = time.time(), [0.0]
    monkeypatch.setattr(time, "time", lambda: start + passed[0])

    def move(seconds: float) -> None:
        passed[0] += seconds

    return move


@pytest.fixture
def patient(monkeypatch):
    """Extend the maximum wait for another request's copy, so that no test fails on a busy machine."""
    monkeypatch.setattr(page_cache, "MAX_WAIT", 60)


@pytest.fixture
def paths(published, covered) -> list[str]:
    """Return a URL of each public page, or its URLs in both languages if the page has two."""
    post = covered(publish=True)
    pages = ["/", "/posts/", "/posts/?page=1", f"/posts/{published.id}/", "/posts/by/alice/", "/posts/?q=kaffe"]
    feeds = ["/posts/feed/", "/posts/feed/rss/?campus=oslo"]
    both = [f"/en{path}" for path in pages + feeds]
    pictures = [f"/posts/cover/{post.cover_id}/480/", f"/posts/cover/{post.cover_id}/share.jpg"]
    return [*pages, *feeds, *both, "/sitemap.xml", "/robots.txt", *pictures]


def test_every_worker_serves_a_second_guest_without_django(cached, another_worker, django, paths):
    for path in paths:
        django.requests.clear()
        first = cached.get(path, accept_encoding=CHROME)
        assert (first.status, len(django.requests)) == (200, 1), path
        with count_calls() as sent_calls:
            assert cached.get(path, accept_encoding=CHROME) == first
            assert another_worker.get(path, accept_encoding=CHROME) == first
            assert cached.get(path, accept_encoding="gzip").body == first.body
        assert sent_calls == []
        assert len(django.requests) == 1, path


def test_headers_and_body_are_the_same_as_without_the_cache(cached, uncached, paths):
    for path in paths:
        for encoding in ("", "gzip", CHROME):
            answer, expected = (site.get(path, accept_encoding=encoding) for site in (cached, uncached))
            assert answer.body == expected.body, path
            assert answer.headers["Cache-Control"] in (
                "max-age=0, must-revalidate",
                "public, max-age=31536000, immutable",
            )
            assert without_copys_headers(answer) == without_copys_headers(expected), path
            if "ETag" in expected.headers and encoding != CHROME:
                assert answer.headers["ETag"] == expected.headers["ETag"], path
            assert int(answer.headers["Content-Length"]) == len(answer.sent)
            if not answer.headers["Content-Type"].startswith("image/") and path != "/robots.txt":
                assert answer.headers.get("Content-Encoding", "") == {CHROME: "br"}.get(encoding, encoding)
                assert "Accept-Encoding" in answer.headers["Vary"]
            head = cached.get(path, "HEAD", accept_encoding=encoding)
            assert (head.status, head.headers, head.sent) == (200, answer.headers, b"")


def test_client_with_a_current_copy_gets_304_in_any_encoding(cached, uncached, paths):
    for path in paths:
        page = cached.get(path)
        etag = page.headers["ETag"]
        for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            for encoding in ("", CHROME):
                answer = cached.get(path, accept_encoding=encoding, if_none_match=condition)
                assert (answer.status, answer.sent) == (304, b"")
                assert answer.headers["ETag"].removeprefix("W/") == etag
                of_the_body = {"Content-Type", "Content-Language", "Content-Length", "Content-Encoding", "ETag"}
                expected = {name: value for name, value in page.headers.items() if name not in of_the_body}
                assert {name: value for name, value in answer.headers.items() if name != "ETag"} == expected
        for condition in ('"other"', "nonsense", ""):
            assert cached.get(path, if_none_match=condition).status == 200
    feed = cached.get("/posts/feed/")
    date = feed.headers["Last-Modified"]
    assert cached.get("/posts/feed/", if_modified_since=date).status == 304
    assert cached.get("/posts/feed/", if_modified_since=date, if_none_match='"other"').status == 200
    assert cached.get("/posts/feed/", if_modified_since="Mon, 30 Nov 2099 10:00:00 GMT").status == 200


def test_page_shows_site_writes_immediately_and_other_writes_within_a_minute(
    cached, another_worker, alice, published, later
):
    path = f"/posts/{published.id}/"
    workers = (cached, another_worker)
    assert all(b"Alices innlegg" in worker.get(path).body for worker in workers)
    alice.browser().post(f"{path}edit/", {**form(published), "title": "Nytt på nett"})
    assert all("Nytt på nett".encode() in worker.get(path).body for worker in workers)
    with unnoticed():
        alice.appwrite.db.update_row("app", "posts", published.id, {"title": "Skrevet utenom"})
    later(49)
    assert all("Nytt på nett".encode() in worker.get(path).body for worker in workers)
    later(2)
    assert all(b"Skrevet utenom" in worker.get(path).body for worker in workers)


def test_write_during_rendering_is_not_missed(cached, django, alice, published):
    """The page was rendered from data read before the write, so the cache must not serve it afterwards."""
    path = f"/posts/{published.id}/"
    handler = django.handler

    def read_then_write(environ: dict[str, Any], start_response: Any) -> Any:
        page = handler(environ, start_response)
        django.handler = handler
        alice.browser().post(f"{path}edit/", {**form(published), "title": "Nytt på nett"})
        return page

    django.handler = read_then_write
    assert b"Alices innlegg" in cached.get(path).body
    assert "Nytt på nett".encode() in cached.get(path).body


def test_concurrent_requests_for_a_cold_page_cause_one_call(cached, another_worker, published, patient):
    path = f"/posts/{published.id}/"
    with count_calls() as calls_alone:
        WsgiClient(PageCache(WSGIHandler())).get(f"/en{path}")
    revalidate()
    with count_calls() as sent_calls, ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda number: (cached, another_worker)[number % 2].get(path), range(200)))
    assert len({(answer.status, answer.body) for answer in answers}) == 1
    assert len(sent_calls) == len(calls_alone), sent_calls


def test_concurrent_requests_wait_for_the_first_or_get_the_previous_copy(
    cached, another_worker, django, later, published
):
    cached.get("/posts/")
    later(51)
    with held(django) as release, ThreadPoolExecutor(1) as pool:
        first = pool.submit(cached.get, "/posts/")
        release.reached.wait()
        # These requests would hang if they reached Django.
        answers = [cached.get("/posts/"), another_worker.get("/posts/")]
        later(10)
        with mock.patch.object(page_cache, "MAX_WAIT", 0.05):  # the previous copy is now too old to be served
            django.before = lambda: None
            answers += [cached.get("/posts/"), another_worker.get("/posts/")]
        assert len(django.requests) == 4  # the last two did not wait for the first
        release.set()
        assert {answer.status for answer in (*answers, first.result())} == {200}


def test_failed_request_does_not_block_waiting_requests(cached, django, published, patient):
    class KilledError(BaseException):
        pass

    def die() -> None:
        django.before = lambda: None
        raise KilledError

    django.before = die
    with pytest.raises(KilledError):
        cached.get("/posts/")
    assert cached.get("/posts/").status == 200


@pytest.mark.processes
def test_process_killed_during_rendering_blocks_no_other_process(appwrite, settings):
    claim = (
        "import django, time; django.setup(); from biso_site.page_copies import SharedFiles\n"
        "with SharedFiles().claimed('pages', 'key'): print(flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "biso_site.settings", "LOCAL_DIR": str(settings.LOCAL_DIR)}
    files = page_copies.SharedFiles()
    with subprocess.Popen([sys.executable, "-c", claim], env=environment, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with files.claimed("pages", "key") as is_ours:
            assert not is_ours
        other.kill()
    with files.claimed("pages", "key") as is_ours:
        assert is_ours


@pytest.mark.processes
def test_machines_share_pages_through_redis_and_work_alone_without_it(django, published, alice, settings, monkeypatch):
    monkeypatch.setattr(page_cache, "MAX_LAG", 0)  # so that the test does not have to wait MAX_LAG seconds
    redis_required()
    with RedisServer() as server:
        backend = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "socket_timeout": 30}
        redis = {"BACKEND": "core.cache.TolerantCache", "LOCATION": server.url, "OPTIONS": backend}
        settings.CACHES = {"default": redis}
        machines = [WsgiClient(PageCache(django)) for _ in range(2)]
        assert len({machine.get("/posts/").body for machine in machines}) == len(django.requests) == 1
        alice.browser().post(f"/posts/{published.id}/edit/", {**form(published), "title": "Nytt på nett"})
        assert all("Nytt på nett".encode() in machine.get("/posts/").body for machine in machines)
        first, second = page_copies.shared_copies(), page_copies.shared_copies()
        with first.claimed("pages", "key") as is_ours, second.claimed("pages", "key") as is_theirs:
            assert (is_ours, is_theirs) == (True, False)
        with second.claimed("pages", "key") as is_theirs:
            assert is_theirs
        for key in server.client.keys("biso:page:*"):
            server.client.set(key, b"damaged")
        assert WsgiClient(PageCache(django)).get("/posts/").status == 200
        server.kill()
        django.requests.clear()
        assert [machine.get("/posts/").status for machine in machines] == [200, 200]
        assert len(django.requests) == 2
        redis_store.store().close()


@pytest.mark.parametrize(
    "path", ["/nothing/", "/posts/nosuchpost/", "/posts/?page=0", "/posts/?page=9", "/posts/?q=" + "x" * 101]
)
def test_errors_are_not_cached(path, cached, uncached, django, published):
    answers = [cached.get(path, accept_encoding="gzip") for _ in range(2)]
    expected = uncached.get(path, accept_encoding="gzip")
    assert expected.status in (400, 404)
    assert len(django.requests) == 2
    for answer in answers:
        assert (answer.status, answer.body) == (expected.status, expected.body)
        assert without_copys_headers(answer) == without_copys_headers(expected)


def test_outage_page_is_not_cached(cached, django, published, settings):
    endpoint, settings.APPWRITE_ENDPOINT = settings.APPWRITE_ENDPOINT, NOTHING
    answer = cached.get("/posts/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "60")
    settings.APPWRITE_ENDPOINT = endpoint
    assert cached.get("/posts/").status == 200


def test_page_that_shows_outdated_data_is_not_cached(cached, django, published, settings, later, monkeypatch):
    path = f"/posts/{published.id}/"
    before = cached.get(path).body
    endpoint, settings.APPWRITE_ENDPOINT = settings.APPWRITE_ENDPOINT, NOTHING
    later(49)
    assert cached.get(path).body == before
    later(12)
    django.requests.clear()
    answers = [cached.get(path) for _ in range(2)]
    assert len(django.requests) == 2
    # Each page has the note that states its age.
    assert all(answer.status == 200 and b'class="note' in answer.body for answer in answers)
    settings.APPWRITE_ENDPOINT = endpoint
    monkeypatch.setattr(circuit_breaker, "PAUSE", 0)  # the circuit may be open
    assert cached.get(path).body == before


def test_nothing_is_cached_while_the_generation_is_unknown(cached, django, published, monkeypatch):
    monkeypatch.setattr(page_cache, "current_generation", lambda max_age=0: None)
    cached.get("/posts/")
    cached.get("/posts/")
    assert len(django.requests) == 2


def test_page_is_cached_per_worker_if_files_cannot_be_written(cached, another_worker, django, published, settings):
    (settings.LOCAL_DIR / "pages").write_text("a file where the folder should be")
    assert [worker.get("/posts/").status for worker in (cached, cached, another_worker)] == [200] * 3
    assert len(django.requests) == 2


@pytest.mark.parametrize(
    "response_headers",
    [
        {"Set-Cookie": "a=b"},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "private, max-age=60"},
        {},  # as if the view had not marked its page as public, or a middleware had removed the mark
    ],
)
def test_response_for_one_visitor_is_not_cached(response_headers, published):
    requests = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        requests.append(environ)
        start_response("200 OK", [("Content-Type", "text/html"), *response_headers.items()])
        return [f"page {len(requests)}".encode()]

    site = WsgiClient(PageCache(application))
    assert site.get("/posts/").body != site.get("/posts/").body


def test_request_with_any_other_cookie_goes_to_django_unchanged(cached, django, published, alice):
    cached.get("/posts/")
    session_cookie = alice.browser().cookies.output(header="", sep=";").strip()
    for cookie in (
        *(
            session_cookie,
            f"language=en; {session_cookie}",
            "csrftoken=x",
            "language=xx",
            "language=en,a=b",
            "language",
        ),
        *(
            "language",
            'language="en',
            "language=en; language=b",
            "$Version=1; language=en",
            "=en",
            "a",
            "language=nb; a",
        ),
    ):
        django.requests.clear()
        cached.get("/posts/", cookie=cookie, x_other="1")
        assert [(request["HTTP_COOKIE"], request["HTTP_X_OTHER"]) for request in django.requests] == [(cookie, "1")]
    for cookie in ("language=nb", "language=en", " language=en ;; ", ""):
        django.requests.clear()
        cached.get("/posts/", cookie=cookie)
        assert django.requests == [], cookie


def test_language_cookie_from_an_earlier_release_is_ignored(cached, django, published, settings):
    settings.LANGUAGE_COOKIE_NAME = "__Host-language"
    pages = [cached.get("/posts/"), cached.get("/", accept_language="nb")]
    django.requests.clear()
    for cookie in ("language=en", "language=en; __Host-language=nb"):
        again = [cached.get("/posts/", cookie=cookie), cached.get("/", accept_language="nb", cookie=cookie)]
        assert [page.body for page in again] == [page.body for page in pages]
    assert django.requests == []


def test_requests_with_other_methods_a_body_or_conditions_go_to_django(cached, django, published):
    cached.get("/posts/")
    for method, headers, environ in (
        *(("POST", {}, {}), ("OPTIONS", {}, {}), ("DELETE", {}, {})),
        *(("GET", {"if_match": '"x"'}, {}), ("GET", {"if_unmodified_since": "Mon, 30 Nov 2026 10:00:00 GMT"}, {})),
        *(("GET", {}, {"CONTENT_LENGTH": "5"}), ("GET", {"transfer_encoding": "chunked"}, {})),
        *(("GET", {}, {"CONTENT_TYPE": "text/html; charset=hex"}), ("GET", {}, {"SCRIPT_NAME": "/posts"})),
    ):
        django.requests.clear()
        cached.get("/posts/", method, environ=environ, **headers)
        assert len(django.requests) == 1, (method, headers, environ)


def test_public_pages_read_only_the_parameters_that_they_declare(uncached, paths, monkeypatch):
    """The cache drops undeclared parameters, so a page that read one would differ between guests and members."""
    read, get = set(), QueryDict.__getitem__
    monkeypatch.setattr(QueryDict, "__getitem__", lambda self, name: read.add(name) or get(self, name))
    for path in paths:
        read.clear()
        uncached.get(path)
        with translation.override("en" if path.startswith("/en/") else "nb"):
            declared = resolve(path.partition("?")[0]).func.public_page.parameters
        assert read <= set(declared), path
        assert read or "?" not in path


def test_cache_key_has_only_the_declared_parameters_in_any_order(cached, django, published):
    pages = [
        cached.get(f"/posts/?{query}").body
        for query in (
            "q=kaffe&campus=oslo",
            "campus=oslo&q=kaffe",
            "utm_source=x&q=kaffe&campus=oslo",
            "q=te&q=kaffe&campus=oslo",
        )
    ]
    assert len(set(pages)) == len(django.requests) == 1
    assert b"utm_source" not in pages[0]
    assert cached.get("/posts/?q=kaffe&campus=bergen").body not in pages
    assert cached.get("/en/posts/?q=kaffe&campus=oslo").body not in pages
    assert cached.get("/posts/?campus=oslo&q=kaffe%20").status == 200
    assert len(django.requests) == 4


def test_root_url_redirects_to_the_visitors_language(cached, uncached, django, published):
    for accepted, cookie in (
        *((None, None), ("en-GB,en;q=0.9", None), ("nb,en;q=0.5", None), ("sv", None), ("fr", None)),
        *(("nonsense;;q", None), ("en", "language=nb"), ("nb", "language=en"), ("*", None)),
    ):
        headers = {"accept_language": accepted, "cookie": cookie}
        headers = {name: value for name, value in headers.items() if value is not None}
        answer, expected = cached.get("/", **headers), uncached.get("/", **headers)
        assert (answer.status, answer.headers.get("Location")) == (expected.status, expected.headers.get("Location"))
        assert "Accept-Language" in answer.headers["Vary"]
        assert "Cookie" in answer.headers["Vary"]
    assert len(django.requests) == 2


@pytest.mark.parametrize("wildcard", [".example.org", "*"])
def test_number_of_hosts_and_ports_in_the_cache_is_limited(wildcard, django, published, settings):
    settings.ALLOWED_HOSTS = ["Posts.example.org", wildcard]
    settings.SITE_URL = "https://posts.example.org:8443"
    cached = WsgiClient(PageCache(django))
    kept = ("posts.example.org", "posts.example.org:8443")
    for host in (*kept, "posts.example.org:1", "a.example.org", "POSTS.example.org", "posts.example.org."):
        django.requests.clear()
        answers = [cached.get("/posts/", host=host).status for _ in range(2)]
        assert (answers, len(django.requests)) == ([200, 200], 1 if host in kept else 2), host
    for host in ("evil.test", "posts.example.org:x", "posts example.org", ""):
        if wildcard != "*" or host != "evil.test":
            assert cached.get("/posts/", host=host).status == 400, host


def test_http_and_https_are_cached_separately(django, uncached, published, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    cached = WsgiClient(PageCache(django))
    for forwarded in ("https", "http", "https, http", "", "nonsense"):
        answer, expected = (site.get("/posts/", x_forwarded_proto=forwarded) for site in (cached, uncached))
        assert answer.body == expected.body
        assert (b"https://localhost/posts/" in answer.body) == forwarded.startswith("https")
    settings.SECURE_PROXY_SSL_HEADER = None
    assert (
        b"https://localhost/posts/" not in WsgiClient(PageCache(django)).get("/posts/", x_forwarded_proto="https").body
    )


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        *(("gzip", "gzip"), ("br", "br"), ("gzip, br", "br"), ("GZIP", "gzip"), ("gzip;q=1.0, br;q=0.5", "gzip")),
        *(("gzip;q=0", ""), ("br;q=0, gzip", "gzip"), ("identity", ""), ("identity;q=1, gzip;q=0.5", ""), ("*", "")),
        *((" br ; q=1 ", "br"), ("br;q=x", ""), ("br;q=0.0000", ""), (",,;,gzip,;", "gzip"), ("x" * 9000, "")),
    ],
)
def test_response_has_an_encoding_that_the_client_accepts(accepted, encoding, cached, published):
    page = cached.get("/posts/", accept_encoding=accepted)
    assert page.headers.get("Content-Encoding", "") == encoding
    assert page.body == cached.get("/posts/").body


ODD = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n\0"), max_size=40)
PARTS = ["/", "posts", "en", "..", "%2e", "//", "alicespost", "feed", "?", "æ", ";", "page=1", "q=", "&", "=", "#", "+"]


@hypothesis_settings(
    max_examples=max(30, hypothesis_settings.default.max_examples // 3),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.one_of(st.sampled_from(["/", "/posts/"]), st.lists(st.sampled_from(PARTS), max_size=6).map("/".join)),
    query=st.one_of(ODD, st.lists(st.sampled_from(PARTS), max_size=6).map("".join)),
    headers=st.fixed_dictionaries(
        {},
        optional={
            "cookie": st.one_of(ODD, ODD.map(lambda text: f"language={text}"), st.just("language=en; language=nb")),
            "accept_encoding": ODD.map(lambda text: f"br;q={text}, gzip"),
            "accept_language": st.one_of(ODD, ODD.map(lambda text: f"en;q={text}")),
            "host": st.one_of(ODD, st.sampled_from(["localhost", "localhost:", "LOCALHOST", "localhost.", "[::1]"])),
            "if_none_match": ODD,
            "if_modified_since": ODD,
            "range": ODD.map(lambda text: f"bytes={text}"),
            "x_forwarded_proto": ODD,
        },
    ),
)
def test_malformed_request_gets_the_same_status_as_without_the_cache(path, query, headers, cached, uncached, published):
    url = f"/{path.lstrip('/').partition('?')[0]}"
    environ = {"QUERY_STRING": query.encode("ascii", "replace").decode()}
    answer, expected = (site.get(url, environ=environ, **headers) for site in (cached, uncached))
    if answer.status != 304:
        assert answer.status == expected.status
        assert (
            answer.headers.get("Location", "").partition("?")[0]
            == expected.headers.get("Location", "").partition("?")[0]
        )


@pytest.fixture
def small_shares(monkeypatch):
    """Limit each share of the cache to 200 kB in memory and four slots. Request this fixture before a worker's."""
    small = {share: limits._replace(memory=200_000, slots=4) for share, limits in page_copies.SHARES.items()}
    monkeypatch.setattr(page_copies, "SHARES", small)


def test_many_searches_do_not_evict_ordinary_pages(small_shares, cached, another_worker, django, published, settings):
    cached.get("/posts/")
    for number in range(30):
        cached.get(f"/posts/?q=kaffe{number}")
        cached.get(f"/posts/?x={number}")
        cached.get(f"/posts/nosuchpost{number}/")
    django.requests.clear()
    assert [worker.get("/posts/").status for worker in (cached, another_worker)] == [200, 200]
    assert django.requests == []
    files = [path for path in (settings.LOCAL_DIR / "pages").iterdir() if path.suffix != ".lock"]
    assert len(files) <= 5
    for number in range(30):
        cached.get(f"/posts/?q=kaffe{number}")
    assert len(django.requests) > 20  # most of these searches have been evicted from memory and files


def without_copys_headers(answer: Answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in ONLY_WITH_A_COPY}
