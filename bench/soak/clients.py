"""The people who use the site during a run: guests, members, writers and admins. Each group is a separate process."""

import io
import itertools
import random
import re
import threading
import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from multiprocessing.synchronize import Event
from typing import Any

import requests
from PIL import Image

from appwrite_emulator.testing import Project
from bench.soak.model import Answer, Attempt, Outcome, Post
from tests.deploy.visitor import Visitor

HOUR = 3600  # seconds
SIGN_INS, PAGES_OF_MEMBER, GUEST_PAGES, WRITERS, ADMIN_PAGES = 300, 10, 15_000, 30, 360
"""The load in the busiest hour of a launch night; docs/performance.md gives reasons for these numbers."""
POSTS_OF_WRITER = 2
STEPS_OF_POST, STEPS_OF_SIGN_IN = 16, 5  # approximately

GUESTS_AT_ONCE, MEMBERS_AT_ONCE, WRITERS_AT_ONCE, ADMINS_AT_ONCE = 12, 10, 12, 4
SHORT_ARTICLE = (
    "\n\nLesesalen åpner klokka åtte, og **kaffen** er klar. Ta med kopp.\n\n- Plass ved vinduet\n- Ro etter tolv\n"
    * 12
)
MAY_BE_SAVED = "kan være lagret"  # the form's message contains this after a write whose response was lost
NOT_RESTORED = "/posts/mine/"
CHANCE = random.Random()  # noqa: S311 - only chooses what the clients do
WORDS = ["kaffe", "lesesal", "styret", "fest", "bedrift", "økonomi", "verv", "tur", "nasjonal", "kampus"]
STATUS_BROKEN = 0
AGAIN = 2  # seconds until a person presses the button again
LOOKING = 10  # seconds within which a change to a post must be visible


@dataclass
class Report:
    """What a group of clients has seen."""

    answers: list[Answer] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    leaks: list[tuple[float, str]] = field(default_factory=list)
    """Content that a guest could read after the site had said that they were hidden: times and descriptions."""
    stale: list[tuple[float, str]] = field(default_factory=list)
    """Content that a guest could not read after the site had said that they were published."""
    errors: list[str] = field(default_factory=list)
    """Failures of the clients themselves."""


@dataclass(frozen=True)
class Scene:
    """The data that the clients need.

    `seeded` contains ids of posts, newest first. `edited` contains the posts that admins change. `cookies` contains the
    cookies of each admin's session. `times` is the number of simultaneous launch nights. `origin`, `project` and `key`
    give access to the emulator's inbox.
    """

    url: str
    origin: str
    project: str
    key: str
    seeded: tuple[str, ...]
    edited: tuple[Post, ...]
    cookies: tuple[dict[str, str], ...]
    metrics_token: str
    times: float

    def pause(self, clients: int, an_hour: float) -> float:
        """Return the mean time in seconds between two acts of one of the `clients`.

        Together, the clients perform `an_hour` acts an hour for each simultaneous launch night.
        """
        return clients * HOUR / (self.times * an_hour)


class Client(Visitor):
    """A browser that records each response. Each client appears to have its own IP address behind a proxy."""

    numbers = itertools.count(1)

    def __init__(self, scene: Scene, report: Report, group: int) -> None:
        super().__init__()
        number = next(self.numbers)
        self.scene, self.report = scene, report
        self.headers["X-Forwarded-For"] = f"10.{group}.{number // 250 % 250}.{number % 250 + 1}"
        self.headers["Accept-Encoding"] = "br, gzip"

    def open(self, kind: str, path: str, *, expects: tuple[int, ...] = (), **options: Any) -> requests.Response | None:
        """Return the page. Like a browser, repeat the GET if the connection breaks. Return None if it breaks twice."""
        for is_last in (False, True):
            started = time.time()
            try:
                response = super().request("GET", self.scene.url + path, **options)
            except requests.RequestException:
                if is_last:
                    self._note(kind, started, STATUS_BROKEN, "GET", path)
                continue
            self._note(kind, started, 200 if response.status_code in expects else response.status_code, "GET", path)
            return response
        return None

    def send_form(
        self, kind: str, path: str, data: dict[str, str], *, token: str, expects: tuple[int, ...] = (), **options: Any
    ) -> requests.Response | None:
        """Submit a form once. Return the response, or None if the connection broke."""
        started = time.time()
        headers = {"Referer": self.scene.url + path, "Origin": self.scene.url, **options.pop("headers", {})}
        try:
            response = super().request(
                "POST", self.scene.url + path, data={"csrfmiddlewaretoken": token, **data}, headers=headers, **options
            )
        except requests.RequestException:
            self._note(kind, started, STATUS_BROKEN, "POST", path)
            return None
        self._note(kind, started, 200 if response.status_code in expects else response.status_code, "POST", path)
        return response

    def _note(self, kind: str, started: float, status: int, method: str, path: str) -> None:
        now = time.time()
        self.report.answers.append(Answer(kind, now, now - started, status, method, path))

    def form(self, kind: str, path: str) -> dict[str, str]:
        """Return the hidden fields of a page and its CSRF token, or {} if the page could not be loaded."""
        page = self.open(kind, path)
        return fields_of(page.text) if page is not None and page.status_code == 200 else {}

    def sign_in(self, email: str, is_over: Event) -> bool:
        """Sign in with an e-mailed link. Repeat the whole sign-in until it works. Return False if the run is over."""
        inbox = Project(self.scene.origin, self.scene.project, self.scene.key).inbox
        while not is_over.is_set():
            if self._try_to_sign_in(email, inbox):
                return True
            is_over.wait(AGAIN)
        return False

    def _try_to_sign_in(self, email: str, inbox: Any) -> bool:
        form = self.form("sign-in page", "/auth/login/")
        if not form:
            return False
        before = {mail["id"] for mail in inbox.mails(email)}
        sent = self.send_form("ask for a link", "/auth/login/", {"email": email, "act": "link"}, token=form["csrf"])
        if sent is None or sent.status_code != 302 or not (mail := _next_mail(inbox, email, before)):
            return False
        link = mail["links"][0].removeprefix(self.scene.url)
        landing = self.open("link", link)
        while landing is not None and landing.is_redirect:
            landing = self.open("link", landing.headers["Location"].removeprefix(self.scene.url))
        form = fields_of(landing.text) if landing is not None and landing.status_code == 200 else {}
        if "nonce" not in form:
            return False
        done = self.send_form("sign in", "/auth/callback/", {"nonce": form["nonce"]}, token=form["csrf"])
        return done is not None and done.status_code == 302


def _next_mail(inbox: Any, email: str, before: set[str]) -> dict[str, Any] | None:
    """Return the e-mail to `email` that is not in `before`, or None if none arrives within ten seconds."""
    for _ in range(50):
        for mail in inbox.mails(email):
            if mail["id"] not in before:
                return dict(mail)
        time.sleep(0.2)
    return None


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of a page, and its CSRF token as `csrf`."""
    fields = {}
    for field_ in re.findall(r'<input type="hidden"[^>]*>', page):
        name, value = re.search(r'name="([^"]+)"', field_), re.search(r'value="([^"]*)"', field_)
        if name:
            fields[name[1]] = value[1] if value else ""
    fields["csrf"] = fields.pop("csrfmiddlewaretoken", "")
    return fields


def run_group(role: str, scene: Scene, is_over: Event, reports: Any) -> None:
    """Run all clients of a group in threads until `is_over` is set, then put their report into the queue `reports`."""
    report = Report()
    number_of, act = GROUPS[role]
    group = list(GROUPS).index(role) + 1

    def live(number: int) -> None:
        try:
            act(scene, report, group, number, is_over)
        except Exception:  # the report lists all failures of the clients
            report.errors.append(f"{role}: {traceback.format_exc()}")

    threads = [threading.Thread(target=live, args=(number,)) for number in range(number_of)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reports.put(report)


def _think(seconds: float, is_over: Event) -> bool:
    """Wait for a random time whose mean is `seconds`. Return False if the run is over."""
    return not is_over.wait(CHANCE.expovariate(1 / seconds))


# -- guests ------------------------------------------------------------------------------------------------------------
def guest(scene: Scene, report: Report, group: int, number: int, is_over: Event) -> None:
    """Read pages as people without a session do. A quarter of the pages bypass the page cache."""
    pause = scene.pause(GUESTS_AT_ONCE, GUEST_PAGES)
    client, covers = Client(scene, report, group), list[str]()
    if number == 0:
        monitor = threading.Thread(target=_monitor, args=(scene, report, group, is_over))
        monitor.start()
    while _think(pause, is_over):
        cold = {"headers": {"Cookie": "visit=1"}} if CHANCE.random() < 0.25 else {}
        kind, path = CHANCE.choices(
            [
                ("front page", "/"),
                ("list", CHANCE.choice(["/posts/", "/en/posts/", "/posts/?campus=oslo", "/posts/?page=2"])),
                ("post", f"/posts/{_popular(scene)}/"),
                ("search", f"/posts/?q={CHANCE.choice(WORDS)}"),
                ("search, rare", f"/posts/?q={CHANCE.choice(WORDS)}+{CHANCE.randrange(10_000)}"),
                (
                    "feed",
                    CHANCE.choice(["/posts/feed/", "/posts/feed/rss/", "/posts/topics/kaffe/feed/", "/sitemap.xml"]),
                ),
                ("cover", CHANCE.choice(covers) if covers else "/"),
                ("topics", "/posts/topics/"),
            ],
            weights=[20, 15, 35, 5, 3, 8, 12, 2],
        )[0]
        page = client.open(
            "front page" if path == "/" else kind, path, expects=(404,) if kind == "cover" else (), **cold
        )
        if page is not None and kind in ("front page", "list") and page.status_code == 200:
            covers = re.findall(r"/posts/cover/[\w.-]+/480/", page.text) or covers


def _monitor(scene: Scene, report: Report, group: int, is_over: Event) -> None:
    """Check the site's health and read its metrics regularly, as a monitoring system does."""
    client = Client(scene, report, group)
    while not is_over.wait(15):
        client.open("health", "/healthz")
        client.open("metrics", "/metrics", headers={"Authorization": f"Bearer {scene.metrics_token}"})


def _popular(scene: Scene) -> str:
    """Return the id of a random post. Newer posts are more likely, because people read them more often."""
    return scene.seeded[min(int(CHANCE.expovariate(1 / 15)), len(scene.seeded) - 1)]


# -- members -----------------------------------------------------------------------------------------------------------
def member(scene: Scene, report: Report, group: int, number: int, is_over: Event) -> None:
    """Sign in, read some pages and sign out, repeatedly, each time as a different person."""
    pause = scene.pause(MEMBERS_AT_ONCE, SIGN_INS * (PAGES_OF_MEMBER + STEPS_OF_SIGN_IN))
    for visit in itertools.count():
        client = Client(scene, report, group)
        email = f"member-{number}-{visit % 30}@example.com"  # later visits are sign-ins to existing accounts
        if not client.sign_in(email, is_over):
            return
        for _ in range(PAGES_OF_MEMBER):
            path = CHANCE.choice(
                ["/", "/posts/", "/posts/mine/", "/auth/account/", *[f"/posts/{_popular(scene)}/"] * 4]
            )
            client.open(f"{'post' if path.startswith('/posts/b') else path}, signed in", path)
            if not _think(pause, is_over):
                return
        if form := client.form("/auth/account/, signed in", "/auth/account/"):
            client.send_form("sign out", "/auth/logout/", {}, token=form["csrf"])
        client.close()


# -- writers -----------------------------------------------------------------------------------------------------------
def writer(scene: Scene, report: Report, group: int, number: int, is_over: Event) -> None:
    """Write posts as one person after another: save drafts, upload covers, publish, edit, delete and restore."""
    for life in itertools.count():
        client = Client(scene, report, group)
        if not client.sign_in(f"writer-{number}-{life}@example.com", is_over):
            return
        form: dict[str, str] = {}
        while not form and not is_over.is_set():
            form = client.form("name form", "/auth/account/name/")
            answer = form and client.send_form(
                "name", "/auth/account/name/", {"name": f"Writer {number}", "next": "/"}, token=form["csrf"]
            )
            if not answer or answer.status_code != 302:
                form = {}
                is_over.wait(AGAIN)
        for _ in range(POSTS_OF_WRITER):
            Author(
                client, is_over, pause=scene.pause(WRITERS_AT_ONCE, WRITERS * POSTS_OF_WRITER * STEPS_OF_POST)
            ).write_post()
            if is_over.is_set():
                return
        client.close()


@dataclass
class Author:
    """A person who works on one post at a time, and presses the button again if something fails.

    `pause` is the mean number of seconds between two steps.
    """

    client: Client
    is_over: Event
    pause: float
    post: Post = field(default_factory=lambda: Post(""))
    version: int = 0

    def write_post(self) -> None:
        form: dict[str, str] = {}
        while not form and not self.is_over.is_set():
            form = self._new_form()
            self.is_over.wait(0 if form else AGAIN)
        if not form:
            return
        self.post = Post(form["post_id"])
        self.client.report.posts.append(self.post)
        for _ in range(4):
            form = self._save(form, "autosave")
        form = self._save(form, "save", cover=CHANCE.random() < 0.4)
        for act in CHANCE.choice([LIFE, LIFE_WITH_DELETION, LIFE_AS_DRAFT]):
            if not self._wait():
                return
            if act in BY_FORM:
                self._save(self._edit_form(), BY_FORM[act], cover=act == "cover")
            else:
                self._press(act)

    def _new_form(self) -> dict[str, str]:
        """Return the fields of the form for a new post, including the post's id, or {} if it could not be loaded."""
        page = self.client.open("new post", "/posts/new/")
        if page is not None and page.is_redirect and "post=" in page.headers["Location"]:
            return self.client.form("new post", page.headers["Location"])
        return {}

    def _wait(self) -> bool:
        return _think(self.pause, self.is_over)

    def _edit_form(self) -> dict[str, str]:
        """Return the fields of the edit form, or {} if the post may have been deleted or the run is over."""
        while not self.is_over.is_set():
            page = self.client.open(
                "edit form", f"/posts/{self.post.id}/edit/", expects=(404,) if self._may_be_gone() else ()
            )
            if page is not None and page.status_code == 200:
                return fields_of(page.text)
            if page is not None and page.status_code == 404 and self._may_be_gone():
                return {}
            self.is_over.wait(AGAIN)
        return {}

    def _may_be_gone(self) -> bool:
        return any(not state.exists for state in self.post.states())

    def _save(self, form: dict[str, str], act: str, *, cover: bool = False) -> dict[str, str]:
        """Submit the form repeatedly until it is saved. Return the form for the next save."""
        while form and not self.is_over.is_set():
            self.version += 1
            word = self.post.word(self.version)
            data = {
                **{
                    name: form.get(name, "")
                    for name in ("post_id", "state", "version", "form_key", "cover_id", "byline")
                },
                "title": f"Kaffe {word}",
                "content": f"Det er {word} igjen.{SHORT_ARTICLE}",
                "language": "nb",
                "campus": "oslo",
                "tags": "kaffe",
                "act": act,
                "cover_alt": "Et rutete mønster" if cover or form.get("cover_id") else "",
            }
            path = f"/posts/{self.post.id}/edit/" if form.get("version") else "/posts/new/"
            by_script = {"headers": {"X-Requested-With": "fetch"}} if act == "autosave" else {}
            files = {"files": {"cover": ("cover.jpg", picture("JPEG"), "image/jpeg")}} if cover else {}
            kind = "save with a cover" if cover else act
            answer = self.client.send_form(kind, path, data, token=form["csrf"], **by_script, **files)
            outcome = self._outcome(answer)
            self._note("save", outcome, version=self.version, has_cover=cover, publishes=act == "publish")
            if outcome == "done":
                if act == "autosave" and answer is not None:
                    saved = answer.json()
                    form = {**form, "version": saved["version"], "state": saved["state"]}
                    self._wait()
                return form if act == "autosave" else {"saved": "1"}
            if answer is not None and answer.status_code == 409:
                form = self._edit_form()
            self.is_over.wait(AGAIN)
        return form

    def _outcome(self, answer: requests.Response | None) -> Outcome:
        if answer is None:
            return "unknown"
        if answer.status_code in (200, 302):
            is_saved = answer.status_code == 302 or "json" in answer.headers["Content-Type"]
            return "done" if is_saved else "refused"
        return "unknown" if MAY_BE_SAVED in answer.text else "refused"

    def _press(self, act: str) -> None:
        """Press a button for the post until the act succeeds, then look at the post as a guest."""
        while not self.is_over.is_set():
            page = self.client.form("my posts", "/posts/mine/")
            outcome: Outcome = "refused"
            if page:
                is_repeated = self._may_be_gone()
                answer = self.client.send_form(
                    act, f"/posts/{self.post.id}/{act}/", {}, token=page["csrf"], expects=(404,) if is_repeated else ()
                )
                # 429 and 503: an earlier call of this request may have changed the post.
                if answer is None or answer.status_code in (429, 503):
                    outcome = "unknown"
                elif answer.status_code == 404 and act == "delete" and is_repeated:
                    outcome = "done"
                elif answer.status_code == 302:
                    lost = act == "undo" and answer.headers["Location"].endswith(NOT_RESTORED)
                    outcome = "not restored" if lost else "done"
                self._note(act, outcome)
            if outcome in ("done", "not restored"):
                break
            self.is_over.wait(AGAIN)
        else:
            return
        self._look_as_guest()

    def _look_as_guest(self) -> None:
        """Check that a guest sees the post if and only if it is published. A worker may be a second out of date."""
        states = self.post.states()
        if len(states) != 1:
            return
        (state,) = states
        is_public = state.exists and state.is_published
        guest = Client(self.client.scene, self.client.report, 9)
        for last in (False, True):
            page = guest.open("post, after a change", f"/posts/{self.post.id}/", expects=(404,))
            is_seen = page is not None and page.status_code == 200 and self.post.mark in page.text
            is_unclear = page is None or page.status_code not in (200, 404)
            if is_unclear or is_seen == is_public:
                break
            if last:
                noted = self.client.report.stale if is_public else self.client.report.leaks
                noted.append((time.time(), f"Post {self.post.id} after “{self.post.attempts[-1].act}”."))
            self.is_over.wait(AGAIN)
        guest.close()

    def _note(self, act: Any, outcome: Outcome, **more: Any) -> None:
        self.post.attempts.append(Attempt(act, outcome, time.time(), **more))


# What a writer does with a draft: how the form is submitted, or the name of the button on “My posts”.
BY_FORM = {"save": "save", "autosave": "autosave", "publish by form": "publish", "cover": "save"}
LIFE = ["save", "publish by form", "save", "cover", "unpublish", "autosave", "save", "publish", "save"]
LIFE_WITH_DELETION = [*LIFE, "delete", "undo", "save", "delete"]
LIFE_AS_DRAFT = ["autosave", "autosave", "save", "cover", "publish", "unpublish", "delete", "undo", "autosave", "save"]


@cache
def picture(kind: str) -> bytes:
    written = io.BytesIO()
    noise = Image.effect_noise((400, 250), 20).resize((1600, 1000))  # as hard to compress as a photo
    noise.convert("RGB").save(written, kind, quality=80)
    return written.getvalue()


# -- admins ------------------------------------------------------------------------------------------------------------
def admin(scene: Scene, report: Report, group: int, number: int, is_over: Event) -> None:
    """Look through the lists of posts and people, and edit posts of other people."""
    pause = scene.pause(ADMINS_AT_ONCE, ADMIN_PAGES)
    client = Client(scene, report, group)
    for name, value in scene.cookies[number].items():
        client.cookies.set(name, value, domain="localhost.local", path="/")
    own = [Author(client, is_over, pause, post) for post in scene.edited[number::ADMINS_AT_ONCE]]
    report.posts += [author.post for author in own]
    paths = [
        "/manage/",
        "/manage/?status=draft",
        "/manage/?campus=oslo&q=kaffe",
        "/manage/featured/",
        "/manage/people/",
    ]
    while _think(pause, is_over):
        if CHANCE.random() < 0.25:
            author = CHANCE.choice(own)
            if form := author._edit_form():
                author._save(form, "save")
                author._look_as_guest()
        else:
            client.open("admin lists", CHANCE.choice(paths))


GROUPS = {
    "guests": (GUESTS_AT_ONCE, guest),
    "members": (MEMBERS_AT_ONCE, member),
    "writers": (WRITERS_AT_ONCE, writer),
    "admins": (ADMINS_AT_ONCE, admin),
}
