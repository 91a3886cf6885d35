"""The page cache never serves one user's page to another user, and its responses always match Django's."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.urls import reverse
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from biso_site.page_cache import PageCache
from core import errors
from core.appwrite_client import create_admin_client
from posts.editing import pending_covers
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.site import unnoticed
from tests.test_access import ARGUMENTS, TABLE
from tests.test_page_cache import without_copys_headers
from tests.users import Browser, Person, create
from tests.wsgi import Answer, WsgiClient

POST_IDS = ("modelpost1", "modelpost2", "modelpost3")
PUBLIC = ["/", "/posts/", "/posts/feed/", "/posts/feed/rss/", "/posts/by/alice/", "/posts/by/bob/", "/posts/?page=1"]
PUBLIC += ["/posts/?q=kaffe", "/posts/?campus=oslo", "/posts/?page=2", *(f"/posts/{post_id}/" for post_id in POST_IDS)]
PUBLIC += ["/sitemap.xml", "/robots.txt"]
PATHS = [*PUBLIC, "/posts/mine/", "/posts/modelpost1/edit/", "/auth/login/", "/nothing/"]
FORM = {"content": "Det er **kaffe** igjen.", "excerpt": "", "language": "nb", "campus": "oslo", "tags": ""}
TOKEN = re.compile(rb'(name="(?:csrfmiddlewaretoken|form_key|post_id)" value=")[^"]*')


def cookies(browser: Browser) -> str:
    return browser.cookies.output(attrs=[], header="", sep=";").strip()


def test_pages_of_signed_in_users_are_never_cached_or_served_from_the_cache(
    alice, bob, ingrid, mallory, draft, published, covered, illustrated, settings
):
    ended = create("Eve")
    ended.end_session()
    people = {"alice": alice, "bob": bob, "ingrid": ingrid, "mallory": mallory, "eve": ended}
    cover = covered(publish=True)
    arguments: dict[str | None, list[Any]] = {
        **{"draft": [draft.id], "published": [published.id], "kept cover": [pending_covers.keep(picture())]},
        **{"published cover": [cover.cover_id, 480], "published, shared": [cover.cover_id]},
        "published image": [illustrated(publish=True).id],
    }
    urls = [
        reverse(page, args=arguments.get(post, ARGUMENTS.get(page, [])))
        for page, method, post in TABLE
        if method == "GET" and page not in ("people:person", "posts:revision") and (post is None or post in arguments)
    ]
    assert len(urls) > 50
    site = WsgiClient(PageCache(WSGIHandler()))
    pages = settings.LOCAL_DIR / "pages"
    for number, person in enumerate(people.values()):
        cookie, prefix = cookies(person.browser()), ("", "/en")[number % 2]
        for url in urls:
            site.get(prefix + url, cookie=f"language=en; {cookie}")
    assert not pages.exists()

    guests = {url: site.get(url) for url in urls + [f"/en{url}" for url in urls]}
    kept = [path.read_bytes() for path in pages.iterdir() if path.suffix != ".lock"]
    assert len(kept) >= 10
    secrets = [draft.title, "csrfmiddlewaretoken", "Set-Cookie", "Logg ut", "Sign out"]
    secrets += [secret for person in people.values() for secret in (person.email, person.secret)]
    for page in kept:
        assert not [secret for secret in secrets if secret.encode() in page]

    for person in (bob, ingrid):
        cookie = cookies(person.browser())
        for url, guests_page in guests.items():
            if guests_page.headers.get("Content-Type", "").startswith("text/html") and guests_page.status == 200:
                page = site.get(url, cookie=cookie)
                assert page.status in (200, 302), url
                assert page.status == 302 or b"/auth/logout/" in page.body, url


@dataclass(frozen=True)
class Visit:
    """A guest's GET or HEAD request for a page; `noise` contains parameters that the page does not declare."""

    path: str
    prefix: str
    noise: str
    method: str
    worker: int
    encoding: str
    headers: dict[str, str]
    is_conditional: bool

    @property
    def url(self) -> str:
        return self.path if self.path.startswith(("/sitemap", "/robots")) else self.prefix + self.path

    @property
    def noisy_url(self) -> str:
        return f"{self.url}{'&' if '?' in self.url else '?'}{self.noise}" if self.noise else self.url

    @property
    def may_have_copy(self) -> bool:
        is_guest = self.headers.get("cookie") in (None, "language=en", "language=nb")
        return self.path in PUBLIC and is_guest and self.headers.get("host") in (None, "127.0.0.1")


HEADERS = st.fixed_dictionaries(
    {"accept_language": st.sampled_from(["en", "nb", "fr", "sv, en"])},
    optional={
        "host": st.sampled_from(["127.0.0.1", "127.0.0.1", "localhost:80", "evil.example"]),
        "cookie": st.sampled_from(["language=en", "language=nb", "language=x", "a=b"]),
        "user_agent": st.just("x"),
        "x_forwarded_proto": st.just("https"),
        "x_requested_with": st.just("fetch"),
        "sec_fetch_dest": st.just("image"),
    },
)
VISITS = st.lists(
    st.builds(
        Visit,
        path=st.sampled_from([*PATHS, "/", "/posts/"]),
        prefix=st.sampled_from(["", "/en"]),
        noise=st.sampled_from(["", "utm_source=x", "x=%ff&&y"]),
        method=st.sampled_from(["GET", "GET", "HEAD"]),
        worker=st.integers(0, 1),
        encoding=st.sampled_from(["", "gzip", "br, gzip", "gzip;q=0", "identity"]),
        headers=HEADERS,
        is_conditional=st.booleans(),
    ),
    min_size=4,
    max_size=8,
)
POST_ID = st.sampled_from(POST_IDS)
AUTHORS = dict(zip(POST_IDS, ("alice", "bob", "alice"), strict=True))
WRITER = st.sampled_from(["alice", "bob", "ingrid"])


class Walk(RuleBasedStateMachine):
    """Random writes and visits. On every visit, the page cache must return the same response as Django."""

    people: dict[str, Person]
    start: Callable[[], None]
    passed: list[float]

    def __init__(self) -> None:
        super().__init__()
        self.start()
        handler = WSGIHandler()
        self.cached = [WsgiClient(PageCache(handler)) for _ in range(2)]
        self.django = WsgiClient(handler)
        self.browsers = {name: person.browser() for name, person in self.people.items()}
        self.etags: dict[tuple[str, str], tuple[str, bytes]] = {}

    @rule(post_id=POST_ID, who=WRITER, number=st.integers(0, 99), visits=VISITS)
    def edit(self, post_id: str, who: str, number: int, visits: list[Visit]) -> None:
        page = self.browsers[who].get(f"/posts/{post_id}/edit/")
        if page.status_code == 200:
            hidden = dict(re.findall(r'name="(version|form_key|post_id|state)" value="([^"]*)"', page.content.decode()))
            self.browsers[who].post(f"/posts/{post_id}/edit/", {**FORM, **hidden, "title": f"Kaffe {number}"})
        self.visit(visits)

    @rule(post_id=POST_ID, who=WRITER, act=st.sampled_from(["publish", "unpublish", "delete", "undo"]), visits=VISITS)
    def act(self, post_id: str, who: str, act: str, visits: list[Visit]) -> None:
        self.browsers[who].post(f"/posts/{post_id}/{act}/", {"confirmed": AUTHORS[post_id]})
        self.visit(visits)

    @rule(post_id=POST_ID, act=st.sampled_from(["", "remove/"]), visits=VISITS)
    def feature(self, post_id: str, act: str, visits: list[Visit]) -> None:
        self.browsers["ingrid"].post(f"/manage/featured/{post_id}/{act}")
        self.visit(visits)

    @rule(post_id=POST_ID, number=st.integers(0, 99), visits=VISITS)
    def write_elsewhere(self, post_id: str, number: int, visits: list[Visit]) -> None:
        """Write directly to Appwrite, then wait 61 seconds, because pages show such a write up to a minute later."""
        with unnoticed(), suppress(errors.NotFoundError):
            create_admin_client().db.update_row("app", "posts", post_id, {"title": f"Utenom {number}"})
        self.passed[0] += 61
        self.visit(visits)

    @rule(seconds=st.integers(1, 70), visits=VISITS)
    def wait(self, seconds: int, visits: list[Visit]) -> None:
        self.passed[0] += seconds
        self.visit(visits)

    @rule(paths=st.lists(st.sampled_from(PATHS), min_size=3, max_size=6), who=WRITER, worker=st.integers(0, 1))
    def visit_as_person(self, paths: list[str], who: str, worker: int) -> None:
        cookie = cookies(self.browsers[who])
        for path in paths:
            answer, expected = (site.get(path, cookie=cookie) for site in (self.cached[worker], self.django))
            assert (answer.status, place(answer)) == (expected.status, place(expected))
            assert comparable(answer.body) == comparable(expected.body)

    def visit(self, visits: list[Visit]) -> None:
        for visit in visits:
            page = (visit.url, repr(sorted(visit.headers.items())))
            etag, body = self.etags.get(page, ("", b""))
            condition = {"if_none_match": etag} if visit.is_conditional and etag else {}
            site = self.cached[visit.worker]
            answer = site.get(
                visit.noisy_url, visit.method, accept_encoding=visit.encoding, **visit.headers, **condition
            )
            known = {
                name: visit.headers[name] for name in ("host", "cookie", "accept_language") if name in visit.headers
            }
            known["accept_encoding"] = "gzip" if visit.encoding.endswith("gzip") else ""
            expected = self.django.get(visit.url if visit.may_have_copy else visit.noisy_url, **known)
            if answer.status == 304:
                assert condition
                assert comparable(body) == comparable(expected.body)
                continue
            assert (answer.status, place(answer)) == (expected.status, place(expected)), visit
            if answer.status == 200:
                assert visit.method == "HEAD" or comparable(answer.body) == comparable(expected.body), visit
                assert headers_of(answer) == headers_of(expected), visit
                if visit.method == "GET" and "ETag" in answer.headers:
                    self.etags[page] = (answer.headers["ETag"], answer.body)


def place(answer: Answer) -> str:
    """Return a redirect's target without the query, which contains the previous page."""
    return answer.headers.get("Location", "").partition("?")[0]


def comparable(body: bytes) -> bytes:
    """Remove the parts that differ between responses: tokens, and the time in a feed without posts."""
    is_empty_feed = body.startswith(b"<?xml") and b"<entry" not in body and b"<item>" not in body
    return re.sub(rb"<(updated|lastBuildDate)>[^<]*", b"", body) if is_empty_feed else TOKEN.sub(rb"\1", body)


def headers_of(answer: Answer) -> dict[str, str]:
    """Return the headers without those that only copies have, the expiry time and the cookies' values."""
    headers = without_copys_headers(answer)
    headers.pop("Expires", None)
    return {name: value.partition("=")[0] if name == "Set-Cookie" else value for name, value in headers.items()}


@pytest.fixture
def walk(cast, alice, bob, start_from, monkeypatch) -> type[Walk]:
    """Return the state machine of the random walk, which starts with two published posts and a draft."""

    def create_posts() -> None:
        for post_id, author, publish in zip(POST_IDS, (alice, bob, alice), (True, True, False), strict=True):
            values = fields(title=f"Innlegg {post_id}")
            PostRepository(author.appwrite).create(post_id, author.user, values, publish=publish)

    clock, passed = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: clock() + passed[0])
    Walk.people, Walk.passed = {person.id: person for person in cast.values()}, passed
    Walk.start = staticmethod(lambda: start_from("random walk", create_posts))
    return Walk


def test_random_requests_get_the_same_response_with_and_without_the_cache(walk):
    run_state_machine_as_test(
        walk,
        settings=hypothesis_settings(
            max_examples=hypothesis_settings.default.max_examples // 25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking a failing example would take minutes
            print_blob=True,
        ),
    )
