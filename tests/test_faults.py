"""Every page and button during each kind of Appwrite failure: no 500 error, no lost text, no false message.

A faulty server replaces Appwrite, so each fault passes through real sockets, the (shortened) time limits, the SDK and
the views.
"""

import gzip
import html
import json
import logging
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import requests
from django.core.cache import cache
from django.http import HttpResponse
from django.urls import get_resolver

from accounts import session
from accounts.repositories.invitations import Invitation
from accounts.repositories.subscriptions import unsubscribe_token
from accounts.sign_in.cookies import set_cookie
from accounts.sign_in.login_request import LoginRequest
from accounts.sign_in.pending import OAuthState, PendingCallback, PendingLogin
from core import bulkhead, circuit_breaker, errors, transport
from core.appwrite_client import create_admin_client, create_guest_client
from core.revalidation import revalidate
from core.transport import POOL
from posts import image_ids
from posts.editing import pending_covers, undo_store
from posts.preview_links import PreviewLinkRepository
from posts.repository import PostRepository
from posts.revisions import RevisionRepository
from posts.views.preview_links import COVER, IMAGE
from tests.acts import ACTS, Act, Stage
from tests.conftest import picture
from tests.faulty_server import Server, unresponsive_server
from tests.site import NOTHING
from tests.test_access import _collect
from tests.users import Person

JSON = "application/json; charset=UTF-8"
ROW = {"$id": "row", "$createdAt": "2026-01-01T00:00:00.000+00:00", "$updatedAt": "2026-01-01T00:00:00.000+00:00"}


@dataclass(frozen=True)
class Reply:
    """A response sent in place of Appwrite's."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})

    def serialise(self) -> bytes:
        """Return the bytes to send."""
        headers = {**self.headers, "Content-Length": str(len(self.body))}
        if self.status in (204, 304):
            del headers["Content-Length"]
        lines = [f"HTTP/1.1 {self.status} -", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body


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
    "a total that is a string": as_json({"total": "many", **{name: [] for name in ("rows", "users", "sessions")}}),
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
ON_EVERY_PAGE = [
    *("a list", "another object", "lists of empty objects", "rows of numbers", "an infinite total"),
    *("a row without a date", "half a character", "nothing", "a page", "a redirect", "a 502"),
]
# Endpoints that do not return a page. During an outage, readyz responds with JSON.
WITHOUT_CALLS = {"health", "healthz", "metrics", "readyz", "revalidate"}


Serve = Callable[[Server, socket.socket], None]


class FaultyAppwrite:
    """A faulty Appwrite. Before each act, `restore` resets the circuit breaker and the recorded writes."""

    def __init__(self, settings: Any, monkeypatch: pytest.MonkeyPatch, closing: ExitStack) -> None:
        self.settings = settings
        self.patch = monkeypatch
        self.closing = closing
        self.server: Server | None = None
        self.has_open_circuit = False

    def serve(self, handle: Serve) -> None:
        """Replace Appwrite with a server that handles each connection with `handle`."""
        self.server = Server(handle)
        self.closing.callback(self.server.close)
        self.settings.APPWRITE_ENDPOINT = self.server.url

    def hurry(self) -> None:
        """Shorten the site's timeout and deadline for calls."""
        self.settings.APPWRITE_TIMEOUT = (0.04, 0.04)
        self.settings.APPWRITE_DEADLINE = 0.08

    def restore(self) -> None:
        self.patch.setattr(circuit_breaker, "BREAKER", circuit_breaker.CircuitBreaker())
        while self.has_open_circuit and circuit_breaker.BREAKER.state == "closed":
            with pytest.raises(errors.UnavailableError):
                create_guest_client().client.call("get", "/locale")
        if self.server:
            self.server.writes.clear()

    def repeated_writes(self) -> list[bytes]:
        """Return the writes that the server has received more than once since the last `restore`."""
        return [write for write, times in Counter(self.server.writes if self.server else []).items() if times > 1]


@pytest.fixture
def faulty(settings, monkeypatch) -> Iterator[FaultyAppwrite]:
    with ExitStack() as closing:
        yield FaultyAppwrite(settings, monkeypatch, closing)


def replying(reply: Reply) -> Callable[[FaultyAppwrite], None]:
    """Return a fault that responds to every call with `reply`."""

    def handle(server: Server, line: socket.socket) -> None:
        while server.receive(line):
            line.sendall(reply.serialise())

    return lambda faulty: faulty.serve(handle)


def refused(faulty: FaultyAppwrite) -> None:
    faulty.settings.APPWRITE_ENDPOINT = NOTHING


def unknown_host(faulty: FaultyAppwrite) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    faulty.patch.setattr(socket, "getaddrinfo", fail)
    faulty.settings.APPWRITE_ENDPOINT = "http://appwrite.example.org/v1"


def deaf_host(faulty: FaultyAppwrite) -> None:
    faulty.hurry()
    host, port = faulty.closing.enter_context(unresponsive_server())
    faulty.settings.APPWRITE_ENDPOINT = f"http://{host}:{port}/v1"


def silent(faulty: FaultyAppwrite) -> None:
    faulty.hurry()
    faulty.serve(lambda server, line: server.receive(line) and server.is_over.wait())


def dripping(faulty: FaultyAppwrite) -> None:
    def handle(server: Server, line: socket.socket) -> None:
        server.receive(line)
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
        server.drip(line, b" ")

    faulty.hurry()
    faulty.serve(handle)


def dropped_at_once(faulty: FaultyAppwrite) -> None:
    faulty.serve(lambda *_: None)


def dropped_without_response(faulty: FaultyAppwrite) -> None:
    faulty.serve(lambda server, line: server.receive(line))


def dropped_in_response(faulty: FaultyAppwrite) -> None:
    half = as_json({"total": 0, "rows": []}).serialise()[:-9]
    faulty.serve(lambda server, line: server.receive(line) and line.sendall(half))


def open_circuit(faulty: FaultyAppwrite) -> None:
    faulty.settings.APPWRITE_ENDPOINT = NOTHING
    faulty.has_open_circuit = True


def full_bulkhead(faulty: FaultyAppwrite) -> None:
    faulty.patch.setattr(bulkhead, "ALL", bulkhead.Bulkhead("all", 0, slow=0))


FAULTS: dict[str, Callable[[FaultyAppwrite], None]] = {
    "refused": refused,
    "unknown host": unknown_host,
    "connect timeout": deaf_host,
    "read timeout": silent,
    "drip": dripping,
    "dropped at once": dropped_at_once,
    "dropped without a response": dropped_without_response,
    "dropped in the response": dropped_in_response,
    "open circuit": open_circuit,
    "full bulkhead": full_bulkhead,
    "500": replying(as_json({"message": "no", "type": "general_unknown", "code": 500}, 500)),
    "429": replying(as_json({"message": "no", "type": "general_rate_limit_exceeded", "code": 429}, 429)),
    "project gone": replying(as_json({"message": "no", "type": "project_not_found", "code": 404}, 404)),
    **{name: replying(REPLIES[name]) for name in ON_EVERY_PAGE},
}
# The other faults differ from these only in how the client notices them.
IN_EVERY_RUN = ["refused", "read timeout", "open circuit", "429", "project gone", "rows of numbers", "a page", "a 502"]
every_fault = pytest.mark.parametrize(
    "fault", [pytest.param(name, marks=[] if name in IN_EVERY_RUN else pytest.mark.thorough) for name in FAULTS]
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Disable logging, because these tests would log thousands of outages."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def stage(cast, alice, ingrid, start_from, request) -> Stage:
    def create() -> None:
        for name in ("draft", "published"):
            request.getfixturevalue(name)
        request.getfixturevalue("covered")("alicecover", publish=True)
        ingrid.appwrite.db.create_row("app", "featured", "alicespost", {"position": 0, "authorId": alice.id})
        data = {"title": "x", "content": "x", "authorId": "nobody", "createdAt": "2026-01-01T00:00:00Z"}
        create_admin_client().db.create_row("app", "posts", "orphanrow", data, [])

        draft = request.getfixturevalue("draft")
        RevisionRepository(create_admin_client()).keep(draft, "alice", "Alice")
        PreviewLinkRepository(create_admin_client()).create(draft, alice.user)

    start_from("stage", create)
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
    posts = PostRepository(alice.appwrite)
    gone = replace(posts.get("alicedraft"), id="gonepost", title="Borte")
    undo_store.put(alice.user, gone, picture())
    places = {"COVER": posts.get("alicecover").cover_id, "KEPT": pending_covers.keep(picture())}
    draft = posts.get("alicedraft")
    link = PreviewLinkRepository(create_admin_client()).find(draft.id)
    revisions = RevisionRepository(create_admin_client()).of(draft)
    assert link is not None
    assert revisions
    places |= {"LINKKEY": link.key, "PICTUREKEY": COVER.sign(f"{places['COVER']}~"), "REVISION": revisions[0].id}
    places |= {"UNSUBSCRIBE": unsubscribe_token("alice", "posts")}
    places["IMAGE"] = image_ids.new("alicespost", 100, 100).id
    places["IMGKEY"] = IMAGE.sign(places["IMAGE"])
    places |= {"NONCE": login_request.nonce, "TICKET": started.to_token("microsoft")}
    return Stage({"alice": alice, "ingrid": ingrid}, places, gone, cookies)


def remember(person: Person) -> None:
    """Cache the user, so that no call reads the account."""
    cache.set(session._cache_key(person.secret), (person.user, time.time()), 3600)


def outcome(answer: HttpResponse, act: Act, statuses: tuple[int, ...]) -> str:
    """Return what is wrong with the response, or "" if nothing is wrong."""
    page = html.unescape(answer.content.decode()) if not answer.headers["Content-Type"].startswith("image/") else ""
    if answer.status_code not in statuses:
        return f"status {answer.status_code}"
    if answer.status_code in (429, 503) and "Retry-After" not in answer:
        return "no Retry-After"
    if act.keeps and answer.status_code != 302 and act.keeps not in page:
        return "the text is lost"
    if "Her er det ingen innlegg ennå" in page:
        return "no posts"
    return ""


@every_fault
def test_fault_is_reported_as_an_outage_on_every_page_and_keeps_the_typed_text(fault, stage, faulty):
    FAULTS[fault](faulty)
    wrong = {}
    for act in ACTS:
        if act.who:
            remember(stage.people[act.who])
        faulty.restore()
        limit = (429,) if fault == "429" else ()
        if problem := outcome(stage.do(act), act, act.status + limit):
            wrong[act.name, act.who] = problem
        elif repeated := faulty.repeated_writes():
            wrong[act.name, act.who] = repeated
    assert wrong == {}


COPIED = [
    act
    for act in ACTS
    if (
        act.form is None
        and act.name
        in ("posts:home", "posts:list", "posts:by_author", "posts:topic", "posts:feed", "posts:feed_rss", "sitemap")
    )
    or (act.name, act.args) == ("posts:detail", ("alicespost",))
]


@every_fault
def test_fault_shows_the_last_good_copy_and_its_age(fault, stage, faulty):
    for act in COPIED:
        assert stage.do(act).status_code == 200
    revalidate()
    FAULTS[fault](faulty)
    wrong = {}
    for act in COPIED:
        if act.who:
            remember(stage.people[act.who])
        faulty.restore()
        answer = stage.do(act)
        problem = outcome(
            answer, replace(act, keeps="Alices innlegg" if act.name != "sitemap" else "alicespost"), (200,)
        )
        if problem or "no-store" not in answer["Cache-Control"]:
            wrong[act.name, act.who] = problem or answer["Cache-Control"]
        elif answer.context and not answer.context["copied_at"]():
            wrong[act.name, act.who] = "no age"
    assert wrong == {}


@pytest.mark.parametrize("fault", ["a list", "a page", "refused"])
def test_fault_while_reading_the_account_is_reported_as_an_outage_and_keeps_the_typed_text(fault, stage, faulty):
    FAULTS[fault](faulty)
    wrong = {}
    for act in ACTS:
        faulty.restore()
        if act.who and (problem := outcome(stage.do(act), act, act.status)):
            wrong[act.name, act.who] = problem
    assert wrong == {}


@pytest.mark.parametrize("reply", sorted(set(REPLIES) - set(ON_EVERY_PAGE)))
def test_other_malformed_responses_are_treated_as_outages(reply, stage, faulty):
    replying(REPLIES[reply])(faulty)
    remember(stage.people["alice"])
    wrong = {}
    for act in ACTS:
        faulty.restore()
        if act.name in ("posts:list", "cover", "accounts:oauth", "posts:new", "accounts:name") and (
            problem := outcome(stage.do(act), act, act.status)
        ):
            wrong[act.name, act.who] = problem
    assert wrong == {}


def test_acts_include_every_page():
    names: set[str] = set()
    for pattern in get_resolver().url_patterns:
        _collect(pattern, "", names)
    assert names - WITHOUT_CALLS == {act.name for act in ACTS}


WORKING = (200, 302, 303, 400, 403, 404, 409, 410)


def test_acts_work_while_each_call_takes_200_milliseconds(stage, monkeypatch):
    """The acts run in order, so some act on a post that an earlier act has deleted."""
    late, send = [0.0], POOL.send

    def sent(request: requests.PreparedRequest, **options: Any) -> requests.Response:
        late[0] += 0.2
        return send(request, **options)

    monkeypatch.setattr(POOL, "send", sent)
    monkeypatch.setattr(transport, "clock", lambda: time.monotonic() + late[0])
    answers = {(act.name, act.who, number): stage.do(act).status_code for number, act in enumerate(ACTS)}
    assert {act: status for act, status in answers.items() if status not in WORKING} == {}
    assert late[0] > 20


def test_revoked_key_stops_only_the_acts_that_need_it(stage, faulty, settings):
    settings.APPWRITE_API_KEY = "standard_revoked"
    answers, wrong = {}, {}
    for act in ACTS:
        faulty.restore()
        answer = stage.do(act)
        answers[act.name, act.who] = answer.status_code
        if problem := outcome(answer, replace(act, keeps=act.keeps * (answer.status_code == 503)), (*WORKING, 503)):
            wrong[act.name, act.who] = problem
    assert wrong == {}
    assert {name for (name, _), status in answers.items() if status == 503} >= {"accounts:login", "accounts:code"}
    assert {answers["posts:list", ""], answers["posts:mine", "alice"], answers["posts:detail", ""]} == {200}


# -- faults after Appwrite has carried out a call ----------------------------------------------------------------------
ONLY_READING = ("posts:preview", "accounts:logout")
WRITES = [act for act in ACTS if act.who and act.form is not None and act.name not in ONLY_READING]


def contents() -> dict[str, Any]:
    """Return the data in Appwrite except file ids, dates and sessions, which differ between runs."""
    admin = create_admin_client()
    tables = {}
    for table in ("posts", "featured"):
        for row in admin.db.list_rows("app", table).rows:
            values = {name: value for name, value in row.data.items() if not name.endswith("At") and name != "coverId"}
            tables[table, row.id] = values, bool(row.data.get("coverId")), sorted(row.permissions)
    users = {
        user.id: (user.name, sorted(user.labels), user.status, user.prefs.data) for user in admin.users.list().users
    }
    return {**tables, "files": admin.storage.list_files("covers").total, "users": users}


@pytest.mark.thorough
@pytest.mark.parametrize("is_silent", [False, True], ids=["the writes", "everything after the first write"])
def test_act_repeated_after_lost_responses_takes_effect_once(is_silent, stage, appwrite, faulty, monkeypatch):
    """Appwrite carries out each write, but the response is lost. If the page reports a failure, the user retries."""
    send, wrong = POOL.send, {}

    def start(act: Act) -> None:
        appwrite.reset("stage")
        cache.clear()
        undo_store.put(stage.people["alice"].user, stage.gone, picture())
        remember(stage.people[act.who])
        faulty.restore()

    for number, act in enumerate(WRITES):
        start(act)
        first = stage.do(act)
        once = contents()
        start(act)
        writes: list[str] = []

        def sent(request: requests.PreparedRequest, writes: list[str] = writes, **options: Any) -> requests.Response:
            if writes and is_silent:
                raise requests.ConnectionError("refused")
            response = send(request, **options)
            if request.method != "GET":
                writes.append(f"{request.method} {request.path_url}")
                response.close()
                raise requests.ReadTimeout
            return response

        with monkeypatch.context() as losing:
            losing.setattr(POOL, "send", sent)
            status = stage.do(act).status_code
        faulty.restore()
        if status == 503:
            status = stage.do(act).status_code
        again = contents()
        # If the site does not know whether an upload succeeded, the file stays in the bucket.
        if any("/files" in write for write in writes):
            again["files"] = once["files"]
        if again != once or status >= 500:
            wrong[act.name, act.who, number] = first.status_code, status, writes
    assert wrong == {}


@pytest.mark.thorough
@pytest.mark.parametrize(("fault", "calls"), [("refused", 1), ("a list", 1), ("another object", 2), ("a redirect", 3)])
def test_fault_after_some_calls_causes_no_500_error(fault, calls, stage, appwrite, faulty, monkeypatch):
    """The first `calls` calls of each act reach Appwrite, and the fault affects the later ones."""
    wrong, endpoint, send = {}, appwrite.endpoint, POOL.send
    FAULTS.get(fault, replying(REPLIES.get(fault, Reply())))(faulty)
    failing = faulty.settings.APPWRITE_ENDPOINT
    for act in ACTS:
        faulty.settings.APPWRITE_ENDPOINT = endpoint
        appwrite.reset("stage")
        undo_store.put(stage.people["alice"].user, stage.gone, None)
        faulty.restore()
        left = [calls]

        def sent(request: requests.PreparedRequest, left: list[int] = left, **options: Any) -> requests.Response:
            left[0] -= 1
            if left[0] < 0:
                request.url = (request.url or "").replace(endpoint, failing)
            return send(request, **options)

        with monkeypatch.context() as half_way:
            half_way.setattr(POOL, "send", sent)
            answer = stage.do(act)
        if answer.status_code == 500:
            wrong[act.name, act.who] = answer.status_code
    assert wrong == {}
