"""Malformed responses of Appwrite: every page and form reports an outage and keeps typed text."""

import gzip
import html
import io
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import get_resolver, reverse
from urllib3 import HTTPResponse

from accounts import session
from accounts.repositories.invitations import Invitation
from accounts.sign_in.cookies import set_cookie
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin
from core.appwrite_client import POOL, create_admin_client
from posts.editing import pending_covers, undo_store
from posts.models import Post
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.test_access import _collect
from tests.users import Browser, Person

JSON = "application/json; charset=UTF-8"
ROW = {"$id": "row", "$createdAt": "2026-01-01T00:00:00.000+00:00", "$updatedAt": "2026-01-01T00:00:00.000+00:00"}
TEXT = "Det er **kaffe** igjen, helt uten sukker."
FORM = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "tags": "kaffe", "post_id": "abcdefgh27"}


@dataclass(frozen=True)
class Reply:
    """A response in place of Appwrite's own."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})


def as_json(value: Any, status: int = 200) -> Reply:
    return Reply(status, json.dumps(value).encode())


REPLIES = {
    "a list": as_json([]),
    "null": as_json(None),
    "a string": as_json("ok"),
    "a number": as_json(7),
    "an empty object": as_json({}),
    "another object": as_json({"hello": 1}),
    "an error under 200": as_json({"message": "no", "code": 404, "type": "row_not_found"}),
    "a total alone": as_json({"total": 3}),
    "a total that is a text": as_json({"total": "many", **{name: [] for name in ("rows", "users", "sessions")}}),
    "an infinite total": Reply(body=b'{"total": 1e999, "rows": [], "users": [], "sessions": [], "identities": []}'),
    "no number": Reply(body=b'{"total": NaN, "rows": [], "users": [], "sessions": [], "identities": []}'),
    "lists of null": as_json({"total": 1, **{name: [None] for name in ("rows", "users", "sessions", "identities")}}),
    "lists of empty objects": as_json({"total": 1, **{name: [{}] for name in ("rows", "users", "sessions")}}),
    "a row without a date": as_json({**ROW, "$updatedAt": "yesterday", "$permissions": [], "$tableId": "posts"}),
    "a row without permissions": as_json({**ROW, "$permissions": None}),
    "rows of numbers": as_json({"total": 1, "rows": [{**ROW, "$permissions": [1], "$tableId": "posts"}]}),
    "half of it": Reply(body=b'{"total": 1, "rows": [{"$id": "'),
    "nothing": Reply(),
    "204": Reply(204, b"", {}),
    "a page": Reply(body=b"<html>Room number?</html>", headers={"Content-Type": "text/html"}),
    "JSON that says it is text": Reply(body=b'{"total": 0, "rows": []}', headers={"Content-Type": "text/plain"}),
    "half a gzip": Reply(
        body=gzip.compress(b"{}" * 99)[:20], headers={"Content-Type": JSON, "Content-Encoding": "gzip"}
    ),
    "no gzip": Reply(body=b"{}", headers={"Content-Type": JSON, "Content-Encoding": "gzip"}),
    "no UTF-8": Reply(body=b'{"$id": "\xe5\xff"}'),
    "half a character": Reply(body=b'{"$id": "x", "total": 1, "name": "\\ud800", "rows": []}'),
    "too deep": Reply(body=b'{"a":' * 100_000),
    "a redirect": Reply(302, b"", {"Location": "http://127.0.0.1:9/elsewhere", "Content-Type": "text/html"}),
    "a permanent redirect": Reply(308, b"", {"Location": "/v1/account", "Content-Type": JSON}),
    "not modified": Reply(304, b"", {}),
    "an unnamed 404": as_json({"message": "no Route matched"}, 404),
    "a 502": Reply(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
    "an unnamed 500": as_json([], 500),
}


@pytest.fixture
def instead(monkeypatch) -> Iterator[Callable[..., None]]:
    """Return a function that answers every call with `reply`, after n of them have reached Appwrite."""
    send = POOL.send

    def start(reply: Reply, after: int = 0) -> None:
        left = [after]

        def sent(request: requests.PreparedRequest, **options: Any) -> requests.Response:
            if left[0]:
                left[0] -= 1
                return send(request, **options)
            made = requests.Response()
            made.status_code = reply.status
            made.headers.update(reply.headers)
            made.request, made.url = request, request.url or ""
            made.raw = HTTPResponse(io.BytesIO(reply.body), reply.headers, reply.status, preload_content=False)
            return made

        monkeypatch.setattr(POOL, "send", sent)

    yield start
    monkeypatch.setattr(POOL, "send", send)


@dataclass(frozen=True)
class Act:
    """A page or a button: GET the URL with this name, or POST `form` to it."""

    name: str
    args: tuple[object, ...] = ()
    form: dict[str, str] | None = None
    who: str = ""
    keeps: str = ""  # what the page must still say
    query: str = ""
    status: tuple[int, ...] = (503,)  # the statuses allowed while every response is malformed


POST, DRAFT, COVERED, GONE = ("alicespost",), ("alicedraft",), ("alicecover",), ("gonepost",)
MAIL = 'value="olga@example.com"'
PUBLISHING = {**FORM, "act": "publish"}
ACTS = [
    Act("posts:home"),
    Act("posts:list"),
    Act("posts:list", query="?q=kaffe&campus=oslo"),
    Act("posts:by_author", ("alice",)),
    Act("posts:feed"),
    Act("posts:feed_rss"),
    Act("sitemap"),
    Act("robots", status=(200,)),
    Act("language", form={"language": "en"}, status=(302,)),
    Act("posts:detail", POST),
    Act("cover", ("COVER", 480)),
    Act("pending_cover", ("KEPT",), status=(200,)),
    Act("accounts:login", status=(200,)),
    Act("accounts:login", form={"email": "olga@example.com"}, keeps=MAIL),
    Act("accounts:login", form={"email": "kari@example.com", "act": "code"}, keeps="kari@example.com"),
    Act("accounts:sent", status=(200,)),
    Act("accounts:code", form={"code": "123456"}, keeps='value="123456"'),
    Act("accounts:callback", form={"nonce": "NONCE"}),
    Act("accounts:oauth", form={}),
    Act("accounts:oauth_callback", query="?userId=olga&secret=s&ticket=TICKET", status=(302,)),
    Act("accounts:invite", form={"membership": "m"}),
    *(
        replace(act, who="alice")
        for act in (
            Act("posts:home"),
            Act("posts:detail", DRAFT),
            Act("posts:mine"),
            Act("posts:new", query="?post=x", status=(302, 503)),
            Act("posts:new", form=FORM, keeps=TEXT),
            Act("posts:new", form=PUBLISHING, keeps=TEXT),
            Act("posts:preview", form=FORM, keeps=TEXT, status=(200, 503)),
            Act("posts:edit", DRAFT),
            Act("posts:edit", DRAFT, form=FORM, keeps=TEXT),
            Act("posts:edit", POST, form=PUBLISHING, keeps=TEXT),
            Act("posts:edit", DRAFT, form={**FORM, "act": "merge"}, keeps=TEXT),
            Act("posts:delete", DRAFT),
            Act("posts:delete", COVERED, form={}),
            Act("posts:undo", GONE, form={}),
            Act("posts:publish", DRAFT, form={}),
            Act("posts:unpublish", COVERED, form={}),
            Act("cover", ("COVER", 480)),
            Act("accounts:account"),
            Act("accounts:name", status=(200, 503)),
            Act("accounts:name", form={"name": "Alice Aas"}, keeps='value="Alice Aas"'),
            Act("accounts:language", form={"language": "en"}),
            Act("accounts:remove_identity", ("x",), form={}),
            Act("accounts:end_session", ("x",), form={}),
            Act("accounts:end_other_sessions", form={}),
            Act("accounts:close", form={"email": "alice@example.com"}),
            Act("accounts:logout", form={}, status=(302,)),
            Act("auth_check", status=(200, 503)),
        )
    ),
    *(
        replace(act, who="ingrid")
        for act in (
            Act("posts:edit", POST, form=PUBLISHING, keeps=TEXT),
            Act("posts:publish", DRAFT, form={}),
            Act("posts:delete", COVERED, form={}),
            Act("manage:posts"),
            Act("manage:posts", query="?status=draft&q=kaffe"),
            Act("manage:featured"),
            Act("manage:feature", POST, form={}),
            Act("manage:unfeature", POST, form={}),
            Act("manage:move", POST, form={"act": "down"}),
            Act("manage:remove_orphan", ("orphanrow",), form={}),
            Act("people:people"),
            Act("people:person", ("bob",)),
            Act("people:update_labels", ("bob",), form={"labels": "editor"}),
            Act("people:block", ("bob",), form={}),
            Act("people:unblock", ("bob",), form={}),
            Act("people:end_sessions", ("bob",), form={}),
            Act("accounts:close", form={"email": "ingrid@example.com"}),
        )
    ),
]
WITHOUT_CALLS = {"health", "healthz", "readyz"}  # for machines; readyz says so in JSON


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Do not log the thousands of outages."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@dataclass
class Stage:
    """Create everything that the acts need, and the browsers that do them."""

    people: dict[str, Person]
    places: dict[str, str]
    gone: Post
    cookies: HttpResponse

    def do(self, act: Act) -> Any:
        browser = self.people[act.who].browser() if act.who else Browser()
        browser.raise_request_exception = False
        browser.cookies.update(self.cookies.cookies)
        url = reverse(act.name, args=[self.places.get(str(arg), arg) for arg in act.args])
        url += act.query.replace("TICKET", self.places["TICKET"])
        if act.form is None:
            return browser.get(url)
        return browser.post(url, {name: self.places.get(value, value) for name, value in act.form.items()})


@pytest.fixture
def stage(cast, alice, ingrid, draft, published, covered) -> Stage:
    login_request, code = LoginRequest.of("olga@example.com", "/"), LoginRequest.of("olga@example.com", "/")
    started = LoginRequest.of("", "/")
    cookies = HttpResponse()
    for what in (
        PendingLogin("code", code.to_token("browser"), "Calm Birch"),
        PendingCallback("olga", "secret", login_request.to_token("link")),
        Invitation("olga", "secret", "m", "t"),
        OAuthState(started.nonce),
    ):
        set_cookie(cookies, what)
    cover = covered("alicecover", publish=True).cover_id
    gone = PostRepository(alice.appwrite).create("gonepost", alice.user, fields(title="Borte"))
    PostRepository(alice.appwrite).delete(gone)
    undo_store.put(alice.user, gone, picture())
    ingrid.appwrite.db.create_row("app", "featured", published.id, {"position": 0, "authorId": alice.id})
    data = {"title": "x", "content": "x", "authorId": "nobody", "createdAt": "2026-01-01T00:00:00Z"}
    create_admin_client().db.create_row("app", "posts", "orphanrow", data, [])
    places = {"COVER": cover, "KEPT": pending_covers.keep(picture()), "NONCE": login_request.nonce}
    places["TICKET"] = started.to_token("microsoft")
    return Stage({"alice": alice, "ingrid": ingrid}, places, gone, cookies)


def outcome(answer: HttpResponse, act: Act) -> str:
    """Return what is wrong with the answer; "" if it is correct."""
    page = html.unescape(answer.content.decode()) if not answer.headers["Content-Type"].startswith("image/") else ""
    if answer.status_code not in act.status:
        return f"status {answer.status_code}"
    if act.keeps and act.keeps not in page:
        return "the text is lost"
    if "Her er det ingen innlegg ennå" in page:
        return "no posts"
    return ""


EVERYWHERE = [
    *("a list", "another object", "lists of empty objects", "rows of numbers", "an infinite total"),
    *("a row without a date", "half a character", "nothing", "a page", "a redirect", "a 502"),
]


@pytest.mark.parametrize("reply", EVERYWHERE)
def test_malformed_response_is_an_outage_on_every_page_and_keeps_what_was_typed(reply, stage, instead):
    instead(REPLIES[reply])
    wrong = {}
    for act in ACTS:
        if act.who:
            remember(stage.people[act.who])
        if fault := outcome(stage.do(act), act):
            wrong[act.name, act.who] = fault
    assert wrong == {}


@pytest.mark.parametrize("reply", ["a list", "a page"])
def test_malformed_response_to_who_is_asking_is_an_outage_and_keeps_what_was_typed(reply, stage, instead):
    instead(REPLIES[reply])
    acts = [act for act in ACTS if act.who]
    wrong = {(act.name, act.who): fault for act in acts if (fault := outcome(stage.do(act), act))}
    assert wrong == {}


@pytest.mark.parametrize("reply", sorted(set(REPLIES) - set(EVERYWHERE)))
def test_other_malformed_responses_are_outages_too(reply, stage, instead):
    instead(REPLIES[reply])
    remember(stage.people["alice"])
    names = ("posts:list", "cover", "accounts:oauth", "posts:new", "accounts:name")
    some = [act for act in ACTS if act.name in names]
    wrong = {(act.name, act.who): fault for act in some if (fault := outcome(stage.do(act), act))}
    assert wrong == {}


def remember(person: Person) -> None:
    """Put the person into the cache."""
    cache.set(session._cache_key(person.secret), (person.user, time.time()), 3600)


def test_every_page_is_among_the_acts():
    names: set[str] = set()
    for pattern in get_resolver().url_patterns:
        _collect(pattern, "", names)
    assert names - WITHOUT_CALLS == {act.name for act in ACTS}


@pytest.mark.parametrize(("reply", "after"), [("a list", 1), ("another object", 1), ("a list", 2), ("a redirect", 3)])
def test_malformed_response_half_way_is_no_error_500(reply, after, stage, instead, appwrite):
    """The calls before it have reached Appwrite."""
    wrong = {}
    appwrite.checkpoint("stage")
    for act in ACTS:
        appwrite.reset("stage")
        undo_store.put(stage.people["alice"].user, stage.gone, None)
        instead(REPLIES[reply], after)
        answer = stage.do(act)
        if answer.status_code == 500:
            wrong[act.name, act.who] = answer.status_code
    assert wrong == {}
