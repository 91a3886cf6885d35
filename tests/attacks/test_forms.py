"""Hostile values for every parameter, form field, header, cookie and path of every page.

The pages and their methods come from the access table, which lists every URL. The names of parameters come from the
forms and from the source code. No value may cause a server error, appear on a page as markup, or add a header.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django import forms as django_forms
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import accounts.forms
import posts.forms
from accounts import session
from accounts.sign_in.cookies import COOKIES
from core import rate_limits
from tests.test_access import ARGUMENTS, ONE_OF_MANY, TABLE
from tests.users import Browser, Person

pytestmark = pytest.mark.attack

EXAMPLES = 6  # requests per page and method
ROOT = Path(site_settings.BASE_DIR)
MARKUP = "<svg onload=zq>"
HOSTILE = [
    *(f"zq'\"><script>zq</script>{MARKUP}", f"</title></textarea>{MARKUP}", f"]]>{MARKUP}", f"-->{MARKUP}"),
    *("javascript:zq", "//evil.example/zq", "/\\evil.example", "https://evil.example/", "\\\\evil.example"),
    *(
        "zq\r\nX-Zq: 1\r\nSet-Cookie: zq=1",
        "zq\nX-Zq: 1",
        "zq\x00",
        "\x1b[2Jzq",
        "\u2028zq\u202e",
        "\ufeff",
        "zq\x85X-Zq: 1",
    ),
    *("{{7191|add:7191}}", "{% debug %}", "${7191*2}", "%(zq)s %s %n", "{0.__class__}", "#{zq}"),
    *("' OR '1'='1", '{"method":"limit","values":[1]}', "../../../etc/passwd", "..%2f..%2fmanage.py", "zq%00.webp"),
    *(
        "-1",
        "0",
        "9" * 400,
        "1e309",
        "NaN",
        "²",
        "٣",
        "0x10",
        "true",
        "[]",
        "{}",
        "null",
        "",
        " ",
        "zq" * 8000,
        "e\u0301" * 3000,
    ),
    *("2026-02-30T25:61", "9999-12-31T23:59", "0001-01-01T00:00", "publish", "delete", "alicespost", "zq~zq~zq:zq"),
]
VALUES = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=40))


def names() -> list[str]:
    """Return the names of all form fields, and of all parameters that the source code reads."""
    fields = {
        name
        for module in (posts.forms, accounts.forms)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, django_forms.Form)
        for name in kind.base_fields
    }
    source = "".join(
        path.read_text() for app in ("posts", "accounts", "core", "biso_site") for path in (ROOT / app).rglob("*.py")
    )
    read = set(re.findall(r'\b(?:GET|POST|parameters|data)(?:\.get(?:list)?\(|\[)"(\w+)"', source))
    return sorted(fields | read | {"csrfmiddlewaretoken", "zq"})


NAMES = names()
HEADERS = [
    "Referer",
    "User-Agent",
    "Accept-Language",
    "X-Forwarded-Host",
    "X-Forwarded-For",
    "X-Requested-With",
    "Origin",
]
HEADERS += [
    "Accept",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Sec-Fetch-Dest",
    "X-Original-URL",
    "Content-Language",
]
ON_ONE_LINE = VALUES.map(lambda value: re.sub(r"[^\x20-\x7e]", "", value)[:4000])  # headers allow no others
ROWS = sorted({(page, method) for page, method, _ in TABLE})
REQUESTS = st.fixed_dictionaries(
    {
        "fields": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12),
        "query": st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5),
        "headers": st.dictionaries(st.sampled_from(HEADERS), ON_ONE_LINE, max_size=3),
        "cookies": st.dictionaries(
            st.sampled_from(["language", "messages", "csrftoken", "browser", session.cookie_name(), *COOKIES.values()]),
            ON_ONE_LINE.map(lambda value: re.sub(r"[;,\s\"\\]", "", value)),
            max_size=2,
        ),
        "argument": st.one_of(st.none(), VALUES),
        "prefix": st.sampled_from(["", "/en"]),
        "who": st.sampled_from(["", "alice", "ingrid"]),
        "file": st.booleans(),
    }
)


def url_of(page: str, argument: str | None) -> str:
    """Return a URL of the page. A hostile `argument`, if given, replaces the usual arguments in the path."""
    others = {
        "posts:revision": ["alicespost", "version"],
        "posts:restore": ["alicespost", "version"],
        "cover": ["zq-zq", 480],
    }
    others |= {
        "draft_cover": ["zq-zq", 480],
        "draft_image": ["zq-zq", 100],
        "image": ["zq-zq-100x100", 100],
        "pending_cover": ["zq"],
    }
    usual = ["bob"] if page.partition(":")[2] in ONE_OF_MANY else ["alicespost"]
    arguments: list[Any] = others.get(page) or ARGUMENTS.get(page) or usual
    with translation.override("nb"):  # otherwise, the previous request's language stays active
        try:
            url = reverse(page, args=arguments)
        except NoReverseMatch:
            url, arguments = reverse(page), []
    for each in arguments if argument is not None else []:
        url = url.replace(f"/{each}/", f"/{quote(argument or '', safe='', errors='replace')}/", 1)
    return url


def assert_harmless(answer: HttpResponse, request: dict[str, Any]) -> None:
    assert answer.status_code < 500, request
    assert "X-Zq" not in answer.headers
    assert "zq" not in answer.cookies
    location = answer.headers.get("Location", "/")
    assert location.startswith("/"), location
    assert not location.startswith(("//", "/\\")), location
    body = b"".join(answer).decode(errors="replace")  # type: ignore[call-overload]
    kind = answer.headers.get("Content-Type", "")
    if not kind.startswith(("application/json", "text/plain")):
        assert MARKUP not in body, request
        assert "<script>zq" not in body, request
        assert "14382" not in body, request  # 7191 + 7191: the value was executed as a template
        assert not re.search(r"(?:href|action|src)=[\"']?\s*(?:javascript:|//evil|https?://evil)", body), request


@pytest.fixture
def without_limits(monkeypatch):
    monkeypatch.setattr(rate_limits.Limit, "take", lambda limit, key: 0)


@pytest.mark.parametrize(("page", "method"), ROWS)
def test_no_input_causes_a_server_error_or_is_reflected_unescaped(
    page, method, alice, ingrid, draft, published, without_limits
):
    people: dict[str, Person] = {"alice": alice, "ingrid": ingrid}

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(REQUESTS)
    def send(request: dict[str, Any]) -> None:
        options = {"raise_request_exception": False}
        who = request["who"]
        browser = people[who].browser(**options) if who else Browser(**options)
        for name, value in request["cookies"].items():
            if not (who and name == session.cookie_name()):
                browser.cookies[name] = value
        url = url_of(page, request["argument"])
        if not url.startswith("/api") and page not in ("cover", "image", "sitemap", "robots", "language"):
            url = request["prefix"] + url
        query = urlencode(request["query"], errors="replace")
        form: dict[str, Any] = {
            name: value.encode(errors="replace").decode() for name, value in request["fields"].items()
        }
        if request["file"]:
            form |= {"cover": SimpleUploadedFile("a", b"zq"), "image": SimpleUploadedFile("a.svg", b"<svg/>")}
        arguments = {} if method == "GET" else {"data": form}
        answer = getattr(browser, method.lower())(f"{url}?{query}", headers=request["headers"], **arguments)
        assert_harmless(answer, {"url": url, **request})

    send()


def test_names_of_fields_and_parameters_are_found():
    assert {"title", "content", "email", "code", "next", "key", "q", "act", "post_id", "nonce", "t"} <= set(NAMES)
