"""wapiti, a vulnerability scanner, attacks the site in gunicorn, as a guest and as a member.

wapiti runs in its own environment (`requirements/attack.txt`), because it needs old versions of packages that the site
also uses. It first finds the pages, then tries each kind of attack for at most SCAN_SECONDS.
"""

import http.server
import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string

from posts.repository import PostRepository
from tests.attacks import traces
from tests.attacks.conftest import SCAN_SECONDS
from tests.conftest import fields
from tests.programs import programs_required
from tests.site import ROOT, Site, bare_environment

pytestmark = [pytest.mark.attack, pytest.mark.processes]

PYTHON = ROOT / ".tools" / "attack" / "bin" / "python"
APPLICATION = "tests.attacks.scanned_site"
MODULES = ["backup", "cookieflags", "crlf", "csp", "csrf", "exec", "file", "htaccess", "http_headers", "methods"]
MODULES += ["permanentxss", "redirect", "sql", "ssrf", "upload", "xss", "xxe"]
# English pages run the same code as Norwegian ones. These forms would end the session or delete the account.
EXCLUDED = ["en/*", "static/*", "auth/logout/*", "auth/account/delete/*", "auth/account/sessions/*"]
# The guest's scan attacks these pages, which are the same for members.
PUBLIC = ["language/*", "posts/?*", "posts/feed/*", "posts/topics/*", "posts/archive/*", "posts/by/*"]
ACCEPTED = {
    ("Cross Site Request Forgery", "/language/"): "pages for all visitors contain this form, so it has no token; it"
    " changes nothing but the language",
    ("Clickjacking Protection", "/"): "the Content-Security-Policy forbids frames with frame-ancestors",
    ("Secure Flag cookie", "/"): "this site has no TLS; tests/deploy checks that all cookies are secure with TLS",
}
SECRET = "zqbobssecretdraft"
TYPED = "mailinator.com"  # wapiti fills in e-mail addresses at this host
# Some pages that each scan must reach. Otherwise, a scan that found no pages would pass.
REACHED = {
    "guest": {"posts:home", "posts:list", "posts:detail", "posts:feed", "accounts:login", "language"},
    "member": {
        "posts:new",
        "posts:edit",
        "posts:mine",
        "posts:share",
        "posts:history",
        "accounts:account",
        "posts:bio",
    },
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = self.respond()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        pass


class Endpoint(Handler):
    """A server whose URLs wapiti sends to the site.

    The site must never call this server. wapiti asks the server which calls it has received.
    """

    calls: list[str]

    def respond(self) -> tuple[str, str]:
        if not self.path.startswith(("/get_ssrf.php", "/get_xxe.php")) and self.path != "/":
            self.calls.append(self.path)
        return "application/json", "{}"


class Vulnerable(Handler):
    """A site that shows the parameter `q` unescaped. If the value is a URL, the site also requests this URL."""

    def respond(self) -> tuple[str, str]:
        q = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        if q.startswith("http://127.0.0.1"):
            requests.get(q, timeout=60)
        return "text/html", f"<!doctype html><title>Q</title><a href='/?q=a'>a</a><p>{q}</p>"


@contextmanager
def served(handler: type[Handler]) -> Iterator[str]:
    """Run a server with `handler`, and yield its URL."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """Run the endpoint, and yield its URL and the list of calls that it has received."""
    calls: list[str] = []
    with served(type("Handler", (Endpoint,), {"calls": calls})) as url:
        yield url, calls


def scan(
    url: str, folder: Path, endpoint: str, cookies: dict[str, str], excluded: list[str], modules=MODULES
) -> dict[str, Any]:
    """Scan the site, and return wapiti's report. wapiti stores its files in `folder`."""
    programs_required(str(PYTHON))
    options = {
        **{"-u": f"{url}/", "-m": ",".join(modules), "--scope": "domain", "-d": "4", "-S": "paranoid", "-t": "120"},
        **{"-f": "json", "-o": str(folder / "report.json"), "--max-attack-time": str(SCAN_SECONDS)},
        **{"--store-session": str(folder / "session"), "--store-config": str(folder / "config")},
        **{"--endpoint": f"{endpoint}/", "-H": "Accept-Language: nb"},
        "-C": "; ".join(f"{name}={value}" for name, value in cookies.items()),
    }
    # The scanner may publish the draft before it follows its links, so the page for private links is named here.
    paths = ("posts/new/", "posts/alicedraft/share/", "posts/mine/")
    starts = [word for path in paths for word in ("-s", f"{url}/{path}")]
    skipped = [word for path in excluded for word in ("-x", f"{url}/{path}")]
    ran = subprocess.run(
        [
            *(PYTHON, "tests/attacks/wapiti_on_loopback.py", "--no-bugreport"),
            *(word for option in options.items() for word in option),
            *(*starts, *skipped),
        ],
        cwd=ROOT,
        env={**bare_environment(), "HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    return json.loads((folder / "report.json").read_text())


def findings(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the kind, path and description of each finding that ACCEPTED does not contain."""
    found = [
        (kind, finding["path"], f"{finding['info']} ({finding['method']} {finding['parameter']})")
        for part in ("vulnerabilities", "anomalies")
        for kind, each in report[part].items()
        for finding in each
    ]
    return [finding for finding in found if finding[:2] not in ACCEPTED]


@pytest.mark.parametrize("who", ["guest", "member"])
def test_scanner_finds_no_vulnerability_in_the_site(who, appwrite, alice, bob, tmp_path):
    """The site does not fail, request a URL that the scanner sends, or leave a secret in its caches or logs."""
    posts = PostRepository(alice.appwrite)
    posts.create("alicespost", alice.user, fields(title="Alices innlegg"), publish=True)
    posts.create("alicedraft", alice.user, fields(title="Alices kladd"))
    PostRepository(bob.appwrite).create("bobsdraft1", bob.user, fields(title=SECRET, content=SECRET))
    # One CSRF secret for the whole scan. Otherwise, each loaded page would invalidate the forms of the pages before it.
    cookies = {settings.CSRF_COOKIE_NAME: _get_new_csrf_string()}
    excluded = [*EXCLUDED, "posts/alicedraft/delete/*"]
    if who == "member":
        cookies |= {name: cookie.value for name, cookie in alice.browser().cookies.items()}
        excluded += PUBLIC
    with Site(appwrite.endpoint, application=APPLICATION) as site, endpoint() as (called, calls):
        report = scan(site.url, tmp_path, called, cookies, excluded)
        log, cached = site.log(), list(traces.files(site.local_dir))
    assert findings(report) == []
    methods = " ".join(finding["info"] for finding in report["additionals"]["HTTP Methods"])
    assert not re.findall(r"PUT|DELETE|PATCH|TRACE|CONNECT", methods)
    assert calls == []
    answered = [json.loads(line) for line in log.splitlines() if '"logger": "access"' in line]
    assert REACHED[who] <= {request["page"] for request in answered if request["status"] < 400}
    assert [request for request in answered if request["status"] >= 500] == []
    assert "Traceback" not in log
    assert '"level": "ERROR"' not in log
    secrets = [alice.secret, bob.secret, settings.APPWRITE_API_KEY, settings.SECRET_KEY, *cookies.values()]
    for value in (*secrets, alice.email, bob.email, TYPED, SECRET):
        assert value not in log
    assert not traces.leaks(cached, secrets=secrets, addresses=[alice.email, bob.email, TYPED], drafts=[SECRET])


def test_scanner_finds_the_vulnerabilities_of_a_test_server(tmp_path):
    with served(Vulnerable) as url, endpoint() as (called, calls):
        report = scan(url, tmp_path, called, {"zq": "1"}, [], ["ssrf", "xss"])
    assert "Reflected Cross Site Scripting" in {kind for kind, *_ in findings(report)}
    assert calls
