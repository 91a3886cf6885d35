"""Every page and button of the site, for tests that check all of them."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from core.formats import local_input
from posts.models import Post
from tests.users import Browser, Person

TEXT = "Det er **kaffe** igjen, helt uten sukker."
FORM = {"title": "Kaffe på lesesalen", "content": TEXT, "language": "nb", "tags": "kaffe", "post_id": "abcdefgh27"}


@dataclass(frozen=True)
class Act:
    """A request to the URL pattern `name`: a GET for a page, or a POST of `form` for a button."""

    name: str
    args: tuple[object, ...] = ()
    form: dict[str, str] | None = None
    who: str = ""
    keeps: str = ""  # text that the page must contain after a failure
    query: str = ""
    status: tuple[int, ...] = (503,)  # statuses allowed while every call to Appwrite fails


POST, DRAFT, COVERED, GONE = ("alicespost",), ("alicedraft",), ("alicecover",), ("gonepost",)
MAIL = 'value="olga@example.com"'
PUBLISHING = {**FORM, "act": "publish"}
SCHEDULING = {**FORM, "act": "schedule", "publish_at": local_input(timezone.now() + timedelta(days=1))}
ACTS = [
    Act("posts:home"),
    Act("posts:list"),
    Act("posts:list", query="?q=kaffe&campus=oslo"),
    Act("posts:by_author", ("alice",)),
    Act("posts:feed_of_author", ("alice",)),
    Act("posts:archive"),
    Act("posts:archive_year", (2025,)),
    Act("posts:archive_month", (2025, 12)),
    Act("posts:topics"),
    Act("posts:topic", ("kaffe",)),
    Act("posts:topic_feed", ("kaffe",)),
    Act("posts:topic_feed_rss", ("kaffe",)),
    Act("posts:feed"),
    Act("posts:feed_rss"),
    Act("sitemap"),
    Act("robots", status=(200,)),
    Act("manifest", status=(200,)),
    Act("site:privacy", status=(200,)),
    Act("site:accessibility", status=(200,)),
    Act("site:contact", status=(200,)),
    Act("language", form={"language": "en"}, status=(302,)),
    Act("posts:detail", POST),
    Act("share_image", POST),
    Act("cover", ("COVER", 480)),
    Act("pending_cover", ("KEPT",), status=(200,)),
    Act("image", ("IMAGE",)),
    Act("draft_image", ("IMAGE", 100), status=(404,)),
    Act("posts:shared", query="?key=LINKKEY"),
    Act("draft_cover", ("COVER", 480), query="?key=PICTUREKEY"),
    Act("draft_image", ("IMAGE", 100), query="?key=IMGKEY"),
    Act("accounts:login", status=(200,)),
    Act("accounts:login", form={"email": "olga@example.com"}, keeps=MAIL),
    Act("accounts:login", form={"email": "kari@example.com", "act": "code"}, keeps="kari@example.com"),
    Act("accounts:sent", status=(200,)),
    Act("accounts:code", form={"code": "123456"}, keeps='value="123456"'),
    Act("accounts:callback", form={"nonce": "NONCE"}),
    Act("accounts:oauth", form={}),
    Act("accounts:oauth_callback", query="?userId=olga&secret=s&ticket=TICKET", status=(302,)),
    Act("accounts:invite", form={"membership": "m"}),
    Act("accounts:unsubscribe", form={"t": "UNSUBSCRIBE"}),
    *(
        replace(act, who="alice")
        for act in (
            Act("posts:home"),
            Act("posts:list"),
            Act("posts:detail", POST),
            Act("posts:detail", DRAFT),
            Act("posts:mine"),
            Act("posts:new", query="?post=x", status=(302, 503)),
            Act("posts:new", form=FORM, keeps=TEXT),
            Act("posts:new", form=PUBLISHING, keeps=TEXT),
            Act("posts:new", form={**FORM, "act": "autosave"}, keeps=TEXT),
            Act("posts:preview", form=FORM, keeps=TEXT, status=(200, 503)),
            Act("posts:add_image", form=FORM, keeps=TEXT, status=(200, 503)),
            Act("posts:edit", DRAFT),
            Act("posts:edit", DRAFT, form=FORM, keeps=TEXT),
            Act("posts:edit", POST, form=PUBLISHING, keeps=TEXT),
            Act("posts:edit", DRAFT, form=SCHEDULING, keeps=TEXT),
            Act("posts:edit", POST, form={**FORM, "act": "unpublish"}, keeps=TEXT),
            Act("posts:edit", DRAFT, form={**FORM, "act": "merge"}, keeps=TEXT),
            Act("posts:history", DRAFT),
            Act("posts:revision", (*DRAFT, "REVISION")),
            Act("posts:restore", (*DRAFT, "REVISION"), form={}),
            Act("posts:share", DRAFT),
            Act("posts:share", DRAFT, form={"act": "create"}),
            Act("posts:share", DRAFT, form={"act": "revoke"}),
            Act("posts:review", DRAFT, form={"act": "ask"}),
            Act("posts:delete", DRAFT),
            Act("posts:delete", COVERED, form={}),
            Act("posts:undo", GONE, form={}),
            Act("posts:publish", DRAFT, form={}),
            Act("posts:unpublish", COVERED, form={}),
            Act("posts:unschedule", DRAFT, form={}),
            Act("cover", ("COVER", 480)),
            Act("image", ("IMAGE", 100)),
            Act("accounts:account"),
            Act("accounts:name", status=(200, 503)),
            Act("accounts:name", form={"name": "Alice Aas"}, keeps='value="Alice Aas"'),
            Act("accounts:language", form={"language": "en"}),
            Act("posts:bio"),
            Act("posts:bio", form={"bio": "Skriver om kaffe."}, keeps="Skriver om kaffe."),
            Act("accounts:subscribe", form={"topic": "posts"}),
            Act("accounts:remove_identity", ("x",), form={}),
            Act("accounts:end_session", ("x",), form={}),
            Act("accounts:end_other_sessions", form={}),
            Act("posts:export"),
            Act("posts:export", form={}),
            Act("posts:delete_account"),
            Act("posts:delete_account", form={"email": "alice@example.com", "posts": "delete"}),
            Act("accounts:logout", form={}, status=(302,)),
            Act("auth_check", status=(200, 503)),
        )
    ),
    *(
        replace(act, who="ingrid")
        for act in (
            Act("posts:edit", POST, form=PUBLISHING, keeps=TEXT),
            Act("posts:publish", DRAFT, form={"confirmed": "alice"}),
            Act("posts:delete", COVERED, form={}),
            Act("posts:send", POST),
            Act("posts:send", POST, form={"act": "start"}),
            Act("manage:posts"),
            Act("manage:posts", query="?status=draft&q=kaffe"),
            Act("manage:posts", query="?address=bob@example.com"),
            Act("manage:reviews", status=(404, 503)),
            Act("manage:send_back", DRAFT, form={"note": "Skriv mer."}),
            Act("manage:bulk", form={"act": "delete", "posts": "alicedraft 2026-01-01T00:00:00+00:00"}),
            Act("manage:featured"),
            Act("manage:feature", POST, form={}),
            Act("manage:unfeature", POST, form={}),
            Act("manage:move", POST, form={"act": "down"}),
            Act("manage:remove_orphan", ("orphanrow",), form={}),
            Act("people:people"),
            Act("people:invite", status=(503,)),
            Act("people:invite", form={"email": "olga@example.com", "role": "editor"}),
            Act("people:person", ("bob",)),
            Act("people:update_labels", ("bob",), form={"labels": "editor"}),
            Act("people:block", ("bob",), form={}),
            Act("people:unblock", ("bob",), form={}),
            Act("people:end_sessions", ("bob",), form={}),
            Act("posts:delete_account", form={"email": "ingrid@example.com"}),
        )
    ),
]


@dataclass
class Stage:
    """Performs the acts, each in a new browser of the act's user.

    `places` maps the acts' placeholders to real values.
    """

    people: dict[str, Person]
    places: dict[str, str]
    gone: Post
    cookies: HttpResponse

    def do(self, act: Act) -> Any:
        browser = self.people[act.who].browser() if act.who else Browser()
        browser.raise_request_exception = False
        browser.cookies.update(self.cookies.cookies)
        url = reverse(act.name, args=[self.places.get(str(arg), arg) for arg in act.args])
        query = act.query
        for name, value in self.places.items():
            query = query.replace(name, quote(value))
        url += query
        if act.form is None:
            return browser.get(url)
        return browser.post(url, {name: self.places.get(value, value) for name, value in act.form.items()})
