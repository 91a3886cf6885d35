"""The headers of the site's responses behind a TLS proxy, and the score that MDN HTTP Observatory gives to them.

Source of the scores: `src/grader/charts.js` and `src/analyzer/tests/` of github.com/mdn/mdn-http-observatory, version
1.6.3. The baseline is 100. MODIFIERS contains the values that the site's responses can have, and every bonus. Run this
file with `-rP` to see the table of scores.
"""

import re
from http.cookies import SimpleCookie

import pytest
import requests
from django.test import override_settings
from html5lib import parse

from core.appwrite_client import create_admin_client
from posts.image_ids import Image
from tests.conftest import illustrate
from tests.demo_data import demo_users
from tests.pages import DRAFT, PUBLISHED
from tests.site import Site
from tests.users import Person

pytestmark = pytest.mark.processes

BASELINE = 100
MODIFIERS = {
    "csp": {"default-src 'none'": 10, "no unsafe": 5, "unsafe": -20, "missing": -25},
    "cookies": {"none": 0, "secure and samesite": 5, "insecure": -20},
    "cors": {"none": 0, "public": 0, "with credentials": -50},
    "referrer": {"private": 5, "missing": 0, "unsafe": -5},
    "hsts": {"preloaded": 5, "six months": 0, "shorter": -10, "missing": -20},
    "sri": {"all scripts": 5, "no scripts": 0, "not HTML": 0, "own scripts without": 0, "other": -50},
    "nosniff": {"set": 0, "missing": -5},
    "frames": {"set": 5, "missing": -20},
    "corp": {"same-origin": 10, "same-site": 10, "cross-origin": 0, "missing": 0},
    "coep": {"require-corp": 10, "credentialless": 10, "unsafe-none": 0, "missing": 0},
    "coop": {"same-origin": 10, "same-origin-allow-popups": 10, "unsafe-none": 0, "missing": 0},
}
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
# Preloading is a decision for the organisation's whole domain, not for this site. Guests get no cookies.
HIGHEST_FOR_GUESTS = BASELINE + sum(
    max(values.values()) for name, values in MODIFIERS.items() if name not in ("hsts", "cookies")
)
WITHOUT_SCRIPTS = HIGHEST_FOR_GUESTS - MODIFIERS["sri"]["all scripts"]
HTTPS = {"Host": "localhost", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}


def results(answer: requests.Response) -> dict[str, str]:
    """Return the result of each of the Observatory's tests."""
    headers = answer.headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers.get("Content-Security-Policy", "").split(";"))
    return {
        "csp": _csp(policy),
        "cookies": _cookies(answer),
        "cors": _cors(headers),
        "referrer": _one_of(headers.get("Referrer-Policy"), PRIVATE, "private", "unsafe"),
        "hsts": _hsts(headers.get("Strict-Transport-Security", "")),
        "sri": _sri(answer),
        "nosniff": "set" if headers.get("X-Content-Type-Options") == "nosniff" else "missing",
        "frames": "set" if "frame-ancestors" in policy else "missing",
        "corp": headers.get("Cross-Origin-Resource-Policy", "missing"),
        "coep": headers.get("Cross-Origin-Embedder-Policy", "missing"),
        "coop": headers.get("Cross-Origin-Opener-Policy", "missing"),
    }


def score(answer: requests.Response) -> int:
    return BASELINE + sum(MODIFIERS[test][result] for test, result in results(answer).items())


def _csp(policy: dict[str, str]) -> str:
    if not policy.get("default-src"):
        return "missing"
    sources = " ".join(policy.values()).split()
    if {"'unsafe-inline'", "'unsafe-eval'", "data:", "https:", "http:", "*"}.intersection(sources):
        return "unsafe"
    return "default-src 'none'" if policy["default-src"] == "'none'" else "no unsafe"


def _cookies(answer: requests.Response) -> str:
    lines = answer.raw.headers.getlist("Set-Cookie")
    cookies = [cookie for line in lines for cookie in SimpleCookie(line).values()]
    if not cookies:
        return "none"
    safe = all(each["secure"] and each["httponly"] and each["samesite"] == "Lax" for each in cookies)
    return "secure and samesite" if safe else "insecure"


def _cors(headers) -> str:
    if "Access-Control-Allow-Origin" not in headers:
        return "none"
    return "with credentials" if "Access-Control-Allow-Credentials" in headers else "public"


def _one_of(value: str | None, good: set[str], name: str, otherwise: str) -> str:
    return "missing" if value is None else name if value in good else otherwise


def _hsts(header: str) -> str:
    age = re.match(r"max-age=(\d+)", header)
    return "missing" if age is None else "six months" if int(age[1]) >= 15_552_000 else "shorter"


def _sri(answer: requests.Response) -> str:
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return "not HTML"
    page = parse(answer.content, namespaceHTMLElements=False, transport_encoding="utf-8")
    scripts = [element for element in page.iter("script") if element.get("src")]
    if not scripts:
        return "no scripts"
    if not all(element.get("src").startswith("/static/") for element in scripts):
        return "other"
    return "all scripts" if all(element.get("integrity") for element in scripts) else "own scripts without"


@pytest.fixture(scope="module")
def people(appwrite_process) -> dict[str, Person]:
    return demo_users(appwrite_process)


@pytest.fixture(scope="module")
def site(appwrite_process, people):
    """Start the site as behind a proxy that terminates TLS."""
    with Site(appwrite_process.endpoint, SITE_URL="https://localhost", TRUSTED_PROXIES="1") as site:
        yield site


@pytest.fixture(scope="module")
def image(appwrite_process, people) -> Image:
    with override_settings(APPWRITE_ENDPOINT=appwrite_process.endpoint):
        return illustrate(people["Ada"], "illustrated", publish=True)


@pytest.fixture(scope="module")
def get(site):
    """Return a function that sends a request as the proxy would."""

    def answer(path: str, method: str = "GET", **options) -> requests.Response:
        headers = {**HTTPS, **options.pop("headers", {})}
        return requests.request(method, site.url + path, headers=headers, timeout=30, allow_redirects=False, **options)

    return answer


@pytest.fixture
def cover(appwrite_process, people, settings) -> str:
    settings.APPWRITE_ENDPOINT = appwrite_process.endpoint
    row = create_admin_client().db.get_row("app", "posts", PUBLISHED.split("/")[2])
    return f"/posts/cover/{row.data['coverId']}/480/"


GUESTS_PAGES = [
    *("/", "/posts/", "/posts/?q=kaffe", PUBLISHED, "/posts/archive/", "/posts/topics/", "/posts/by/adanordlys/"),
    *("/privacy/", "/accessibility/", "/contact/", "/nothing/", DRAFT, "/posts/?page=0", "/posts/image/", "/en/"),
    "/auth/callback/",
]
OTHERS = ["/posts/feed/", "/posts/feed/rss/", "/sitemap.xml", "/robots.txt", "/manifest.webmanifest", "/healthz"]
OTHERS += ["/readyz", "/api/auth/check", "/auth/logout/", "/posts/mine/", f"{PUBLISHED}share.jpg"]


def test_every_response_gets_every_bonus_that_applies(get, people, cover, image):
    """Guests' HTML gets 155 points: every bonus except those for preloaded domains and for cookies."""
    assert HIGHEST_FOR_GUESTS == 155
    pages = {path: get(path) for path in GUESTS_PAGES}
    pages |= {f"{path} from the cache": get(path) for path in GUESTS_PAGES[:4]}
    others = {path: get(path) for path in OTHERS}
    scripts = re.findall(r'(?:src|href)="(/static/[^"]+)"', pages["/"].text)
    others |= {path: get(path) for path in scripts}
    others |= {"POST without a token": get("/posts/preview/", "POST", data={"title": "x"})}
    others |= {"unknown host": get("/", headers={"Host": "evil.example"})}
    others |= {
        "not UTF-8": get("/auth/login/", "POST", data=b"a=\xff", headers={"Content-Type": "text/plain; charset=hex"})
    }
    with_cookies = {"/auth/login/": get("/auth/login/")}
    pictures = {cover: get(cover), f"{cover} again": get(cover), image.url: get(image.url)}
    for path, answer in (pages | others | with_cookies | pictures).items():
        print(f"{score(answer):4} {answer.status_code} {path}")
    highest = dict.fromkeys(pages, HIGHEST_FOR_GUESTS)
    highest |= {path: WITHOUT_SCRIPTS if _sri(answer) != "all scripts" else 155 for path, answer in others.items()}
    scores = {path: score(answer) for path, answer in (pages | others).items()}
    assert scores == highest
    assert {score(answer) for answer in with_cookies.values()} == {160}
    # Other sites may show published pictures, for instance in feed readers.
    assert {score(answer) for answer in pictures.values()} == {WITHOUT_SCRIPTS - 10}


def test_every_cookie_over_https_is_bound_to_this_host(get, people):
    """With the prefix `__Host-`, browsers reject a cookie from a different host or over HTTP (ASVS 3.3.1, 3.3.3)."""
    page = get("/auth/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token is not None
    jar = page.cookies.get_dict()
    form = {"csrfmiddlewaretoken": token[1], "email": "olga@example.com", "language": "en"}
    headers = {"Origin": "https://localhost"}
    answers = [
        page,
        get("/language/", "POST", data=form, cookies=jar, headers=headers),
        get("/auth/login/", "POST", data=form, cookies=jar, headers=headers),
        get("/auth/oauth/", "POST", data=form, cookies=jar, headers=headers),
        get("/auth/logout/", "POST", data=form, cookies=jar | {"__Host-a_session_biso": "x:y"}, headers=headers),
        get("/posts/mine/", cookies={"__Host-a_session_biso": "forged"}),
    ]
    lines = [line for answer in answers for line in answer.raw.headers.getlist("Set-Cookie")]
    cookies = [cookie for line in lines for cookie in SimpleCookie(line).values()]
    names = {cookie.key for cookie in cookies}
    assert {"__Host-language", "__Host-csrftoken", "__Host-pending_login", "__Host-messages"} <= names
    for cookie in cookies:
        assert cookie.key.startswith("__Host-"), cookie.key
        assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True), cookie.key
        assert cookie["httponly"] or cookie["max-age"] in ("0", 0), cookie.key  # a deleted cookie has no value
        assert cookie["samesite"] == "Lax", cookie.key


def test_every_response_states_its_type_and_charset(get):
    """JSON is always UTF-8 and has no charset (ASVS 4.1.1)."""
    for path in [*GUESTS_PAGES, *OTHERS, "/static/nothing"]:
        answer = get(path)
        if answer.content:
            kind = answer.headers["Content-Type"]
            assert kind.endswith("charset=utf-8") or kind.startswith(("image/", "application/")), (path, kind)
            assert "xml" not in kind or "charset=utf-8" in kind, (path, kind)
            if kind.startswith("application/json"):
                answer.json()


HIDDEN = [
    "/.git/config",
    "/.env",
    "/manage.py",
    "/requirements/site.txt",
    "/docs/deploy.md",
    "/staticfiles/",
    "/static/",
]
HIDDEN += ["/static/js/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/..%2fmanage.py", "/emulator/"]


@pytest.mark.parametrize("path", HIDDEN)
def test_files_of_the_repository_are_not_served(get, path):
    answer = get(path)
    assert answer.status_code == 404
    assert "Index of" not in answer.text


@pytest.mark.parametrize("path", ["/", "/posts/", "/auth/login/", "/healthz", "/static/js/theme.js", "/nothing/"])
def test_trace_is_rejected(get, path):
    answer = get(path, "TRACE", headers={"Cookie": "language=en; a=secret"})
    assert answer.status_code in (404, 405)
    assert "secret" not in answer.text
