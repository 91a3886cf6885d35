"""The commands and files in docs/deploy.md, used in the guide's order on a server (tests/deploy/server.py).

The tests share the server, and each test leaves the server running.
"""

import itertools
import re
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from django.conf import settings as django_settings
from requests.adapters import HTTPAdapter

from biso_site import local_project
from core import rate_limits
from tests.conftest import picture
from tests.deploy import guide
from tests.deploy.server import ACCESS_LOG, Server
from tests.deploy.visitor import Visitor, soon
from tests.programs import programs_required
from tests.redis_server import RedisServer

pytestmark = [pytest.mark.processes, pytest.mark.deploy]

SOCKET, SERVICE = (f"/etc/systemd/system/biso-posts.{kind}" for kind in ("socket", "service"))
WEEKLY = "/etc/cron.weekly/biso-posts"
FORM = {"title": "Kaffe", "content": "Kaffe", "language": "nb", "state": "new"}
SECRET = "c0ffee" * 10


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    with RedisServer(configuration=guide.file("/etc/redis/redis.conf")) as server:
        yield server


@pytest.fixture(scope="module")
def installed(appwrite_process, redis) -> Iterator[Server]:
    """Return a server after all steps of the guide. Appwrite had no tables before these steps."""
    programs_required("nginx", "openssl", "redis-server", "git", "curl", "logrotate")
    appwrite_process.reset()
    appwrite_process.control("POST", "import", body=local_project.seed())
    with Server() as server:
        server.publish()
        server.run(guide.commands("2. Install packages"))
        server.run(guide.commands("3. Write the settings"))
        server.write_settings(
            APPWRITE_ENDPOINT=appwrite_process.endpoint,
            APPWRITE_PROJECT=django_settings.APPWRITE_PROJECT,
            APPWRITE_API_KEY=django_settings.APPWRITE_API_KEY,
            SECRET_KEY=django_settings.SECRET_KEY,
            CACHE_URL=f"{redis.url}?socket_timeout=30&socket_connect_timeout=30",
        )
        server.write(SOCKET)
        server.write(SERVICE)
        server.run(guide.commands("4. Write the systemd units"))
        server.write("/usr/local/sbin/biso-posts")
        server.run(guide.commands("5. Install the site"))
        server.write("/etc/nginx/sites-available/biso-posts-http")
        server.run(guide.commands("HTTP"))
        server.write("/etc/nginx/sites-available/biso-posts-https")
        server.run(guide.commands("HTTPS"))
        for path in ("/etc/systemd/journald.conf.d/biso-posts.conf", "/etc/logrotate.d/biso-posts", WEEKLY):
            server.write(path)
        server.run(guide.commands("7. Delete old logs and unused images"))
        yield server


@pytest.fixture
def server(installed, appwrite, redis, settings) -> Server:
    """Return the server, with an empty cache and with Appwrite reset."""
    redis.client.flushall()
    settings.COOKIE_PREFIX = "__Host-"
    return installed


def test_site_works_after_all_steps_of_the_guide(server, appwrite):
    checks = server.run(guide.commands("8. Check that it works") + guide.commands("Health checks"))
    assert checks.count('"status": "ok"') == 3, checks
    appwrite_checks = server.attempt(guide.commands("Check Appwrite")).stdout
    assert "fine     project: Appwrite knows the project" in appwrite_checks
    assert "images." in server.run(str(server.path(WEEKLY)))
    assert ["adduser", "--system", "--group", "--no-create-home", "biso"] in server.calls
    assert ["systemctl", "enable", "--now", "biso-posts.socket"] in server.calls
    assert server.path("/etc/biso-posts.env").stat().st_mode & 0o777 == 0o600
    page = requests.get(f"http://localhost:{server.http}/posts/?q=x", allow_redirects=False, timeout=60)
    assert (page.status_code, page.headers["Location"]) == (301, f"{server.url}/posts/?q=x")
    assert "BISO Oslo" in Visitor(certificate=server.certificate).get(f"{server.url}/privacy/").text


def test_person_signs_in_and_publishes_an_eight_megabyte_picture(server, appwrite, stored):
    visitor = Visitor(certificate=server.certificate)
    sent = visitor.submit(f"{server.url}/auth/login/", {"email": "olga@example.com", "act": "code"})
    assert sent.status_code == 302
    code = {"code": appwrite.inbox.code("olga@example.com")}
    assert visitor.submit(f"{server.url}/auth/code/", code).status_code == 302
    assert all(cookie.secure for cookie in visitor.cookies)
    post = {**FORM, "cover_alt": "Rød", "post_id": "abcdefgh27", "act": "publish"}
    files = {"cover": ("cover.webp", picture() + bytes(8_000_000 - len(picture())), "image/webp")}
    page = visitor.submit(f"{server.url}/posts/new/", post, files=files)
    assert page.status_code == 302, page.text
    assert stored("abcdefgh27").data["coverId"]


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_oversized_request_gets_its_own_page(version, server, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(bytes(11_000_000))
    curl = ["curl", "-sS", version, "--cacert", server.certificate, "-w", "\n%{http_code} %{http_version}"]
    ran = subprocess.run([*curl, "-F", f"cover=@{large}", f"{server.url}/posts/new/"], capture_output=True, text=True)
    assert ran.stdout.splitlines()[-1] == f"413 {version.removeprefix('--http')}", ran
    assert "Et bilde kan være på høyst 8 MB." in ran.stdout


def test_rate_limit_counts_each_client_even_if_it_forges_a_header(server, appwrite):
    def sends(address: str) -> Iterator[int]:
        visitor = Visitor(certificate=server.certificate)
        visitor.mount("https://", FromAddress(address))
        for number in itertools.count():
            page = visitor.get(f"{server.url}/auth/login/")
            visitor.cookies.clear(domain="localhost.local", path="/", name="__Host-browser")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            form = {"csrfmiddlewaretoken": token[1], "email": f"p{number}-{address}@example.com"}
            headers = {"Referer": page.url, "Origin": server.url, "X-Forwarded-For": f"192.0.2.{number}"}
            yield visitor.post(page.url, form, headers=headers).status_code

    first = sends("127.0.0.2")
    statuses = list(itertools.islice(first, rate_limits.SENDS_PER_CLIENT.attempts + 1))
    assert statuses == [302] * rate_limits.SENDS_PER_CLIENT.attempts + [429]
    assert next(sends("127.0.0.3")) == 302


class FromAddress(HTTPAdapter):
    """An HTTP adapter that sends requests from the given loopback address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: object, **options: object) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


def test_secrets_in_query_strings_are_not_logged(server):
    visitor = Visitor(certificate=server.certificate)
    link = f"/auth/callback/?userId=olga&secret={SECRET}&ticket={SECRET}"
    headers = {"Referer": f"{server.url}/?secret={SECRET}"}
    assert visitor.get(server.url + link, headers=headers, allow_redirects=False).status_code == 302
    plain = requests.get(f"http://localhost:{server.http}{link}", allow_redirects=False, timeout=60)
    assert plain.status_code == 301
    server.run("systemctl stop biso-posts.socket biso-posts.service")
    page = visitor.get(server.url + link, headers=headers)
    server.run("systemctl start biso-posts.socket biso-posts.service")
    assert page.status_code == 502
    assert "Siden svarer ikke akkurat nå" in page.text
    assert '"GET /auth/callback/" 302' in server.logs
    assert SECRET not in server.logs
    example = re.search(r"^ +192\.0\.2\.7 \[.+\] (.+) \d+ \d\.\d{3} 502 \w{32}$", guide.GUIDE, re.MULTILINE)
    assert example
    assert re.search(rf"\] {example[1]} \d+ \d\.\d{{3}} 502 \w{{32}}$", server.logs, re.MULTILINE)


def test_nginx_serves_static_files_with_the_headers_of_the_site(server):
    visitor = Visitor(certificate=server.certificate)
    page = visitor.get(f"{server.url}/posts/")
    (css,) = re.findall(r'<link rel="stylesheet" href="(/static/css/biso[^"]+)"', page.text)
    kept = [visitor.get(server.url + css) for _ in range(2)][-1]
    direct = requests.get(
        f"http://127.0.0.1:{server.site}{css}",
        headers={"Host": "localhost", "X-Forwarded-Proto": "https", **visitor.headers},
        timeout=60,
    )
    own = ("Server", "Date", "Connection", "X-Request-ID")
    assert kept.content == direct.content
    assert {name: value for name, value in kept.headers.items() if name not in own} == {
        name: value for name, value in direct.headers.items() if name not in own
    }
    server.run("systemctl stop biso-posts.socket biso-posts.service")
    assert visitor.get(server.url + css).content == direct.content  # from nginx's cache
    server.run("systemctl start biso-posts.socket biso-posts.service")


def test_logs_are_deleted_after_fourteen_days(server):
    rotation = server.write("/etc/logrotate.d/biso-posts")
    if subprocess.run(["id", "www-data"], capture_output=True).returncode:
        rotation.write_text(rotation.read_text().replace("www-data adm", "root root"))
    visitor = Visitor(certificate=server.certificate)
    assert visitor.get(f"{server.url}/oldest-day").status_code == 404
    assert soon(lambda: "/oldest-day" in server.path(ACCESS_LOG).read_text())
    for day in range(14):
        assert "/oldest-day" in server.run("zcat -f /var/log/biso-posts/access.log*"), day
        server.run(f"logrotate --force --state {server.root}/logrotate.state {rotation}")
        assert visitor.get(f"{server.url}/day-{day}").status_code == 404
    assert soon(lambda: "/day-13" in server.path(ACCESS_LOG).read_text())
    kept = server.run("zcat -f /var/log/biso-posts/access.log*")
    assert "/oldest-day" not in kept
    assert "/day-0" in kept
    journal = dict(re.findall(r"^(\w+)=(.+)$", guide.file("/etc/systemd/journald.conf.d/biso-posts.conf"), re.M))
    assert (journal["MaxRetentionSec"], journal["MaxFileSec"]) == (f"{django_settings.LOG_DAYS}day", "1day")


def test_systemd_accepts_the_units_and_rates_the_service_as_safe(server):
    programs_required("systemd-analyze")
    units = [server.path(SERVICE), server.path(SOCKET)]
    ran = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    offline = ["systemd-analyze", "security", "--offline=true"]
    rated = subprocess.run([*offline, "--threshold=12", units[0]], capture_output=True, text=True)
    assert rated.returncode == 0, rated.stdout
    assert "rates the unit 1.2 " in guide.GUIDE


def version_of(folder: Path) -> str:
    """Return the tag, or the short hash, of the commit that is checked out in `folder`."""
    git = ["git", "-C", str(folder), "describe", "--always", "--tags"]
    return subprocess.run(git, check=True, capture_output=True, text=True).stdout.strip()


def mark(release: str) -> object:
    """Return a function that adds the release's name to each page and a style sheet of a repository."""

    def change(repository: Path) -> None:
        base = repository / "templates" / "base.html"
        base.write_text(base.read_text().replace("</body>", f"<!-- {release} --></body>"))
        (repository / "static" / "css" / "biso.css").write_text(f"/* {release} */")

    return change


def test_no_request_fails_during_an_update_or_a_rollback(server, alice, stored):
    reader = Visitor(certificate=server.certificate)
    writer = Visitor(alice, certificate=server.certificate)
    first = server.path("/srv/biso-posts/current").resolve()
    (css,) = re.findall(r'href="(/static/css/biso[^"]+)"', reader.get(f"{server.url}/").text)
    end = threading.Event()

    def read() -> int:
        for number in itertools.count(1):
            for path in ("/", "/posts/", f"/posts/?q={number}", "/en/posts/feed/"):
                assert reader.get(server.url + path).status_code == 200, path
            if end.is_set():
                break
        return number

    def write() -> list[str]:
        written = []
        while not end.is_set():
            written.append(f"written{len(written):03}")
            form = {**FORM, "post_id": written[-1]}
            assert writer.submit(f"{server.url}/posts/new/", form).status_code == 302
        return written

    server.publish(mark("release two"))
    with ThreadPoolExecutor(2) as threads:
        reading, writing = threads.submit(read), threads.submit(write)
        try:
            updated = server.run(guide.commands("Updates").splitlines()[0])
            second = server.path("/srv/biso-posts/current").resolve()
            new = Visitor(certificate=server.certificate).get(f"{server.url}/").text
            rolled_back = server.run(guide.commands("Updates").splitlines()[1])
            old = Visitor(certificate=server.certificate).get(f"{server.url}/").text
        finally:
            end.set()
        assert reading.result() > 1
        written = writing.result()
    assert len(written) > 1
    assert [stored(post_id).id for post_id in written] == written
    for output, folder in ((updated, second), (rolled_back, first)):
        assert f"The site is running {version_of(folder)}." in output
    assert "release two" in new
    assert "release two" not in old
    assert server.path("/srv/biso-posts/current").resolve() == first
    assert server.path("/srv/biso-posts/previous").resolve() == second
    assert "/* release two */" in (second / "staticfiles" / "css" / "biso.css").read_text()
    assert (second / "staticfiles" / css.removeprefix("/static/")).exists()  # used by pages opened before the update


def test_failed_update_changes_nothing_and_leaves_no_files(server):
    releases = server.path("/srv/biso-posts/releases")
    before, running = set(releases.iterdir()), server.path("/srv/biso-posts/current").resolve()
    ran = server.attempt("biso-posts update no-such-tag")
    assert ran.returncode != 0
    assert "The site is still running the old release." in ran.stdout
    assert set(releases.iterdir()) == before
    assert server.path("/srv/biso-posts/current").resolve() == running
    assert Visitor(certificate=server.certificate).get(f"{server.url}/posts/").status_code == 200


def test_release_that_does_not_start_is_replaced_with_the_previous_release(server):
    current, previous = (server.path(f"/srv/biso-posts/{name}") for name in ("current", "previous"))
    running, earlier = current.resolve(), previous.resolve()
    configuration = server.path("/repository/gunicorn.conf.py")
    text = configuration.read_text()
    server.publish(lambda _: configuration.write_text(f"{text}\ndef on_starting(_):\n    raise SystemExit(1)\n"))
    ran = server.attempt("biso-posts update")
    server.publish(lambda _: configuration.write_text(text))
    assert ran.returncode != 0
    assert "The site is running the old release again." in ran.stdout
    assert (current.resolve(), previous.resolve()) == (running, earlier)
    assert Visitor(certificate=server.certificate).get(f"{server.url}/posts/").status_code == 200


def test_update_without_the_url_of_the_repository_is_rejected(server):
    script = server.path("/usr/local/sbin/biso-posts")
    text = script.read_text()
    script.write_text(re.sub("^REPOSITORY=.*$", "REPOSITORY=ADDRESS", text, flags=re.MULTILINE))
    ran = server.attempt("biso-posts update")
    script.write_text(text)
    assert ran.returncode != 0
    assert f"REPOSITORY in {script} must be the URL of the repository, not ADDRESS." in ran.stdout


def test_old_domain_redirects_to_the_new_domain(server):
    blocks = re.findall(r"^ +```nginx\n(.*?)^ +```$", guide.GUIDE, re.MULTILINE | re.DOTALL)
    (old,) = [block for block in blocks if "new.example.org" in block]
    path = "/etc/nginx/sites-available/biso-posts-https"
    server.write(path, server.path(path).read_text().replace("server_name localhost;", "server_name new.example.org;"))
    server.write("/etc/nginx/sites-available/old", server.placed(old))
    server.run("ln -sf ../sites-available/old /etc/nginx/sites-enabled/")
    server.run("nginx -t && systemctl reload nginx")
    visitor = Visitor(certificate=server.certificate)
    page = visitor.get(f"{server.url}/posts/?q=x", allow_redirects=False)
    server.write(path)
    server.run("rm /etc/nginx/sites-enabled/old")
    server.run("nginx -t && systemctl reload nginx")
    assert (page.status_code, page.headers["Location"]) == (301, "https://new.example.org/posts/?q=x")
    assert visitor.get(f"{server.url}/posts/").status_code == 200


def test_rollback_without_an_earlier_release_changes_nothing(server):
    current, previous = (server.path(f"/srv/biso-posts/{name}") for name in ("current", "previous"))
    running, earlier = current.resolve(), previous.resolve()
    previous.unlink(missing_ok=True)
    ran = server.attempt("biso-posts rollback")
    if earlier.exists():
        previous.symlink_to(earlier)
    assert ran.returncode != 0
    assert "There is no previous release." in ran.stdout
    assert current.resolve() == running
