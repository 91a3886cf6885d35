"""The site in gunicorn, as deployed: gunicorn does not start in local mode, and serves pages and static files."""

import io
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
import requests
from appwrite.query import Query
from PIL import Image

from core.appwrite_client import create_admin_client
from posts.models import new_id
from tests.demo_data import demo_users
from tests.deploy.visitor import PATIENT, Visitor, soon
from tests.faulty_server import Server
from tests.pages import TYPED
from tests.site import GUNICORN, NOTHING, PATIENT_SITE, ROOT, Site, bare_environment, private_memory

pytestmark = pytest.mark.processes

TOKEN = "a-token-for-prometheus-only"
YEAR = 365 * 24 * 3600


@pytest.fixture(scope="module")
def deployed(appwrite_process):
    demo_users(appwrite_process)
    with Site(appwrite_process.endpoint, "--access-logfile", "-", METRICS_TOKEN=TOKEN) as site:
        yield site


@pytest.fixture
def get(deployed):
    """Return a function that requests a path of the site without following redirects."""

    def answer(path: str, **options) -> requests.Response:
        return requests.request(
            options.pop("method", "GET"), deployed.url + path, timeout=20, allow_redirects=False, **options
        )

    return answer


def test_gunicorn_without_settings_exits_with_a_clear_error():
    with tempfile.TemporaryDirectory() as home:
        ran = subprocess.run(
            [*GUNICORN, "--bind", "127.0.0.1:0"],
            cwd=ROOT,
            env=bare_environment() | {"HOME": home},
            capture_output=True,
            text=True,
            timeout=30,
        )
    assert ran.returncode != 0
    assert "APPWRITE_ENDPOINT is not set." in ran.stderr
    assert "docs/settings.md" in ran.stderr


COUNTING = """
import gc
from biso_site.wsgi import application as site

def application(environ, start_response):
    if environ["PATH_INFO"] != "/exempt":
        return site(environ, start_response)
    start_response("200 OK", [])
    return [b"%d" % gc.get_freeze_count()]
"""


def test_workers_exclude_the_sites_own_objects_from_garbage_collection(tmp_path):
    (tmp_path / "counting.py").write_text(COUNTING)
    with Site(NOTHING, "--pythonpath", str(tmp_path), application="counting") as site:
        assert int(requests.get(f"{site.url}/exempt", timeout=20).text) > 10_000


def test_appwrites_version_is_in_the_log(deployed):
    assert soon(lambda: "Appwrite's version is 1.9.6." in deployed.log())


def test_pages_are_compressed_with_security_headers_and_no_cookie_for_guests(get):
    answer = get("/posts/")
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    assert answer.text.count("<h3") == 10


def test_unusual_urls_and_repeated_headers_are_handled_as_without_the_page_cache(get, deployed):
    """Both gunicorn and the page cache interpret URLs, but no unusual URL may return a different URL's page."""
    host = deployed.url.removeprefix("http://")
    expected = get("/posts/").content
    for target, headers, status in (
        ("http://evil.example/posts/", f"Host: {host}", 200),  # the Host header takes precedence, as in Django
        ("/posts/", "Host: evil.example", 400),
        ("/posts/", f"Host: {host}\r\nHost: evil.example", 400),
        ("/posts%2F", f"Host: {host}", 200),  # gunicorn decodes the path
        ("/posts/../posts/", f"Host: {host}", 404),
        ("//posts/", f"Host: {host}", 404),
        ("/posts/?" + "x" * 3000, f"Host: {host}", 200),
        ("/posts/", f"Host: {host}\r\nRange: bytes=0-9", 200),
        ("/posts/", f"Host: {host}\r\nCookie: language=en\r\nCookie: csrftoken=x", 200),
        ("/posts/", f"Host: {host}\r\nAccept-Encoding: br;q=0\r\nAccept-Encoding: identity", 200),
    ):
        with socket.create_connection(urlsplit(deployed.url).netloc.split(":"), timeout=20) as line:
            line.sendall(f"GET {target} HTTP/1.0\r\n{headers}\r\n\r\n".encode())
            head, _, body = b"".join(iter(lambda: line.recv(65536), b"")).partition(b"\r\n\r\n")
        assert head.split()[1] == str(status).encode(), (target, headers)
        if status == 200 and "x" * 3000 not in target:
            assert body == expected, (target, headers)


def test_static_files_are_hashed_compressed_and_immutable(get):
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', get("/posts/").text)
    assert len(names) >= 3
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.", name)
        answer = get(name)
        assert answer.status_code == 200
        assert f"max-age={10 * YEAR}, public, immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert get(names[0], headers={"If-None-Match": get(names[0]).headers["ETag"]}).status_code == 304
    css = next(name for name in names if name.endswith(".css"))
    for encodings, chosen in {"gzip, deflate, br, zstd": "br", "gzip, deflate": "gzip", "identity": None}.items():
        assert get(css, headers={"Accept-Encoding": encodings}).headers.get("Content-Encoding") == chosen


@pytest.mark.parametrize("path", ["/posts/", "/en/posts/"])
def test_list_and_its_stylesheet_take_at_most_ten_kilobytes(path, get):
    page = get(path)
    (css,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
    assert int(page.headers["Content-Length"]) + int(get(css).headers["Content-Length"]) <= 10_000


@pytest.mark.parametrize(
    "path", ["/nothing/", "/en/nothing/", "/posts/nosuchpost/", "/posts/?page=0", "/static/nothing"]
)
def test_missing_page_shows_the_404_page_without_a_traceback(get, path):
    answer = get(path)
    assert answer.status_code == 404
    assert '<main id="main"' in answer.text
    assert "Traceback" not in answer.text
    assert "DEBUG" not in answer.text


def test_unknown_host_is_rejected(get):
    answer = get("/posts/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "evil.example" not in answer.text


def test_request_that_is_too_large_is_rejected_before_its_body_is_read(get):
    answer = get("/auth/login/", method="POST", data={"email": "x" * 6_000_000})
    assert answer.status_code in (400, 413)


def test_page_rejects_methods_that_it_does_not_declare(get, deployed):
    assert get("/posts/", method="OPTIONS").status_code == 405
    # This request has no token, so the CSRF check rejects it before the method is checked.
    assert get("/posts/", method="DELETE").status_code == 403
    for path, status in (("/posts/", 200), ("/auth/login/", 200), ("/nothing/", 404)):
        head = get(path, method="HEAD")
        assert (head.status_code, head.content) == (status, b"")
        assert int(head.headers["Content-Length"]) > 1000
    assert "no-body response" not in deployed.log()  # gunicorn warns if it has to drop a response body


def test_health_checks_report_the_process_and_appwrite(get):
    assert get("/healthz").json()["status"] == "ok"
    assert get("/readyz").json() == {"status": "ok", "circuit": "closed"}


def test_site_starts_without_appwrite_and_shows_an_outage():
    with Site(NOTHING) as site:
        assert requests.get(f"{site.url}/healthz", timeout=20).status_code == 200
        assert requests.get(f"{site.url}/readyz", timeout=20).status_code == 503
        answer = requests.get(f"{site.url}/posts/", timeout=20)
        log = site.log()
    assert answer.status_code == 503
    assert "GET /posts/: GET /tablesdb/app/tables/posts/rows: " in log
    assert "Service Unavailable" not in log
    assert "Vi får ikke kontakt med serveren der innleggene ligger." in answer.text


def test_link_secret_is_not_logged(get, deployed):
    secret = "c0ffee" * 10
    assert get(f"/auth/callback/?userId=olga&secret={secret}&ticket={secret}").status_code == 302
    assert get(f"/nothing/?secret={secret}").status_code == 404
    # Gunicorn logs a request after sending its response.
    assert soon(lambda: '"GET /auth/callback/" 302' in deployed.log())
    assert secret not in deployed.log()


NO_POSTS = b'{"total": 0, "rows": []}'


def test_metrics_add_up_the_requests_of_all_workers_including_those_that_have_exited(get, deployed):
    def number(series: str) -> float:
        page = get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        found = re.search(rf"^{re.escape(series)} (\S+)$", page.text, re.MULTILINE)
        return float(found[1]) if found else 0

    checks = 'biso_request_seconds_count{cache="bypass",page="healthz",status="2xx"}'
    before = number(checks)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(get, ["/healthz"] * 40))
    assert number(checks) == before + 40
    first = deployed.workers()[0]
    os.kill(first, signal.SIGKILL)
    assert soon(lambda: first not in deployed.workers() and len(deployed.workers()) == 2)
    assert soon(lambda: number("biso_workers") == 2)
    assert number(checks) == before + 40


def test_sigterm_finishes_the_requests_in_progress():
    has_call, may_answer = threading.Event(), threading.Event()

    def handle(server, line):
        while request := server.receive(line):
            if "/health/version" not in request:  # a starting worker asks for the version
                has_call.set()
                may_answer.wait(PATIENT)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(NO_POSTS)}\r\n\r\n"
            line.sendall(head.encode() + NO_POSTS)

    server = Server(handle)
    with Site(server.url, application=PATIENT_SITE) as site, ThreadPoolExecutor() as threads:
        page = threads.submit(requests.get, f"{site.url}/posts/", timeout=PATIENT)
        assert has_call.wait(PATIENT)
        site.stop()
        assert soon(lambda: "Handling signal: term" in site.log())
        may_answer.set()
        assert page.result().status_code == 200
        assert site.wait(PATIENT) == 0
    server.close()


def test_worker_returns_the_memory_of_pictures_to_the_system(appwrite, alice):
    """Each thread has its own heap, which by default keeps the memory of a processed picture, about 25 MB."""
    written = io.BytesIO()
    Image.linear_gradient("L").resize((3000, 2000)).convert("RGB").save(written, "PNG")

    def preview(_: int) -> int:
        files = {"cover": ("cover.png", written.getvalue(), "image/png")}
        return visitor.submit(
            f"{site.url}/posts/preview/", TYPED, form=f"{site.url}/auth/account/", files=files
        ).status_code

    visitor = Visitor(alice)
    with Site(appwrite.endpoint, "--workers=1", application=PATIENT_SITE) as site, ThreadPoolExecutor(8) as browsers:
        visitor.get(f"{site.url}/auth/account/")
        (worker,) = site.workers()
        before = private_memory(worker)
        assert set(browsers.map(preview, range(32))) == {200}
        assert private_memory(worker) - before < 100


def test_killed_workers_lose_no_acknowledged_writes(appwrite, alice):
    """Four clients publish posts while each worker is killed. Every post reported as saved is stored exactly once."""
    saved, is_over, has_saved = [], threading.Event(), threading.Semaphore(0)

    def publish(site: Site) -> None:
        window = Visitor(alice)
        while not is_over.is_set():
            post_id = new_id()
            form = {**TYPED, "title": f"Innlegg {post_id}", "post_id": post_id, "act": "publish"}
            try:
                answer = window.submit(f"{site.url}/posts/new/", form)
            except requests.RequestException:  # the worker that handled this request was killed
                continue
            assert answer.status_code == 302
            saved.append(post_id)
            has_saved.release()

    with Site(appwrite.endpoint, application=PATIENT_SITE) as site, ThreadPoolExecutor() as threads:
        windows = [threads.submit(publish, site) for _ in range(4)]
        for worker in site.workers():
            for _ in range(6):
                assert has_saved.acquire(timeout=PATIENT)
            os.kill(worker, signal.SIGKILL)
        for _ in range(6):
            assert has_saved.acquire(timeout=PATIENT)
        is_over.set()
        for window in windows:
            window.result()
        rows = [row.id for row in create_admin_client().db.list_rows("app", "posts", [Query.limit(500)]).rows]
        assert set(saved) <= set(rows)
        assert len(rows) <= len(saved) + 8  # 8 for requests in progress when a worker was killed
        page = requests.get(f"{site.url}/posts/", timeout=PATIENT).text
    newest = set(re.findall(r"Innlegg (\w+)", page))
    assert len(newest) == 10
    assert newest <= set(rows)
