"""Every state of every page, and how to reach it, for tests that check all of them.

A Visitor opens the pages with the demo content: either Django's test client or, in `tests.browser`, a real browser.
"""

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from unittest import mock
from urllib.parse import urlencode, urlsplit

from appwrite.query import Query
from django.utils import timezone

from accounts.repositories.subscriptions import SubscriptionRepository, unsubscribe_token
from accounts.sign_in.login_request import MINUTES, LoginRequest
from appwrite_emulator.testing import Emulator
from core.appwrite_client import client_of_session, create_admin_client
from core.formats import appwrite_time, local_input
from posts import policy
from tests.users import Browser, Person

PUBLISHED = "/posts/gzt6jt5bya/"  # a featured post in Norwegian by Ada
IN_ENGLISH = "/posts/dg7kw424fw/"
DRAFT_ID = "m3h77k6fm4"
DRAFT = f"/posts/{DRAFT_ID}/"  # by Ada
OLGA = "olga@example.com"  # a person without an account
PATIENCE = 20  # seconds for work that the site does after a response, even on a busy machine
TEXT = "## Kaffe\n\nDet er **kaffe** igjen: <b>nå</b>.\n\n- [ ] kopp\n- [x] vann\n\n| Når | Hva |\n|-|-|\n| 8 | te |"
TYPED = {
    **{"title": "Kaffe på lesesalen", "content": TEXT, "excerpt": "", "language": "nb", "campus": "oslo"},
    **{"tags": "kaffe", "post_id": "abcdefgh27", "state": "new"},
}
OLDER = {**TYPED, "state": "draft", "version": "2020-01-01T00:00:00.000+00:00", "form_key": "another"}
OLD_CHOICE = {"posts": f"{DRAFT_ID} 2020-01-01T00:00:00.000+00:00"}
LAST_ADMIN = {"email": "ingrid@example.com", "posts": "delete"}
WRONG = {**TYPED, "title": "", "content": "", "tags": "en,to,tre,fire,fem,seks"}


class Visitor(ABC):
    """A visitor who opens pages as a test requests."""

    emulator: Emulator

    @abstractmethod
    def sign_in(self, person: Person) -> None:
        """Sign in as `person`."""

    @abstractmethod
    def open(self, path: str) -> None:
        """Open a URL of the site."""

    @abstractmethod
    def submit(self, path: str, form: dict[str, str]) -> None:
        """Submit a form from the open page, with that page's CSRF token unless `form` contains one."""

    @abstractmethod
    def html(self) -> str:
        """Return the HTML of the open page."""

    @abstractmethod
    def status(self) -> int:
        """Return the HTTP status of the open page."""

    @abstractmethod
    def cut_off(self) -> None:
        """From now on, use a site that cannot reach Appwrite."""

    @abstractmethod
    def go_where_editors_publish(self) -> None:
        """From now on, use a site with the same Appwrite and with POSTS_WRITERS=label:editor."""

    def send(self, path: str, form: dict[str, str]) -> None:
        """Open a page that has a CSRF token and submit the form from there."""
        self.open("/auth/login/")  # redirects to the home page if a person is signed in; both pages have a CSRF token
        self.submit(path, form)


@dataclass(frozen=True)
class PageState:
    """One page in one state: the result of submitting `form` to `path` or, without a form, of opening `path`.

    `way` runs first. Without a `path`, `way` itself opens the page.
    """

    name: str
    path: str = ""
    who: str = ""
    form: dict[str, str] | None = None
    way: Callable[[Visitor, str], None] | None = None
    status: int = 200

    def show(self, visitor: Visitor, people: dict[str, Person], language: str) -> None:
        """Open the page in this state as the visitor. Fail unless the page has the expected `status`."""
        prefix = "" if language == "nb" else f"/{language}"
        if self.who:
            visitor.sign_in(people[self.who])
        if self.way:
            self.way(visitor, prefix)
        if self.form is not None:
            visitor.send(prefix + self.path, self.form)
        elif self.path:
            visitor.open(prefix + self.path)
        assert visitor.status() == self.status, visitor.html()


# -- steps that lead to a page ----------------------------------------------------------------------------------------
def nothing_published(visitor: Visitor, prefix: str) -> None:
    db = create_admin_client().db
    for row in db.list_rows("app", "posts", [Query.limit(100)]).rows:
        db.delete_row("app", "posts", row.id)


def newest_year(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}/posts/archive/")
    (*_, year) = re.findall(r'href="([^"]*/archive/\d{4}/)"', visitor.html())
    visitor.open(year)


def newest_month(visitor: Visitor, prefix: str) -> None:
    newest_year(visitor, prefix)
    month, *_ = re.findall(r'href="([^"]*/archive/\d{4}/\d\d/)"', visitor.html())
    visitor.open(month)


def first_topic(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}/posts/topics/")
    topic, *_ = re.findall(rf'href="({prefix}/posts/topics/[^"/]+/)"', visitor.html())
    visitor.open(topic)


def no_topics(visitor: Visitor, prefix: str) -> None:
    db = create_admin_client().db
    for row in db.list_rows("app", "topics", [Query.limit(100)]).rows:
        db.delete_row("app", "topics", row.id)


def nothing_featured(visitor: Visitor, prefix: str) -> None:
    db = create_admin_client().db
    for row in db.list_rows("app", "featured").rows:
        db.delete_row("app", "featured", row.id)


def orphan_row(visitor: Visitor, prefix: str) -> None:
    data = {"title": "En rad uten eier", "content": "x", "authorId": "nobody", "createdAt": "2026-01-01T00:00:00Z"}
    create_admin_client().db.create_row("app", "posts", "orphanrow", data, [])


def chosen_posts(visitor: Visitor, prefix: str) -> None:
    _choose(visitor, prefix, "publish")


def chosen_posts_to_delete(visitor: Visitor, prefix: str) -> None:
    _choose(visitor, prefix, "delete")


def _choose(visitor: Visitor, prefix: str, act: str) -> None:
    visitor.open(f"{prefix}/manage/")
    box = re.search(rf'name="posts" value="({DRAFT_ID} [^"]+)"', visitor.html())
    assert box is not None
    visitor.submit(f"{prefix}/manage/bulk/", {"act": act, "posts": box[1]})


def without_appwrite(visitor: Visitor, prefix: str) -> None:
    visitor.cut_off()


def with_busy_appwrite(visitor: Visitor, prefix: str) -> None:
    visitor.emulator.faults.add("tablesDB.getRow", status=429, type="general_rate_limit_exceeded", first=1)


def cover_undescribed(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}{PUBLISHED}edit/")
    cover = re.search(r'name="cover_id" value="([^"]+)"', visitor.html())
    assert cover is not None
    visitor.submit(f"{prefix}{PUBLISHED}edit/", {**TYPED, "cover_id": cover[1], "state": "published"})


def save_again(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}{DRAFT}edit/")
    visitor.submit(f"{prefix}{DRAFT}edit/", {**TYPED, "state": "draft"})
    visitor.open(f"{prefix}{DRAFT}history/")


def two_versions(visitor: Visitor, prefix: str) -> None:
    save_again(visitor, prefix)
    latest = time.monotonic() + PATIENCE
    while len(versions(visitor, prefix)) < 2:  # the site stores versions after sending the response
        assert time.monotonic() < latest, visitor.html()
        time.sleep(0.1)
        visitor.open(f"{prefix}{DRAFT}history/")


def versions(visitor: Visitor, prefix: str) -> list[str]:
    """Return the links to the versions on the open page, newest first."""
    return re.findall(rf'href="({prefix}{DRAFT}history/[^"]+)"', visitor.html())


def scheduled(visitor: Visitor, prefix: str) -> None:
    planned = {"scheduledAt": appwrite_time(timezone.now() + timedelta(days=30))}
    create_admin_client().db.update_row("app", "posts", DRAFT_ID, planned)


def editors_publish(visitor: Visitor, prefix: str) -> None:
    visitor.go_where_editors_publish()


def in_review(visitor: Visitor, prefix: str) -> None:
    _review(visitor, reviewAskedAt=appwrite_time(timezone.now()))


def sent_back(visitor: Visitor, prefix: str) -> None:
    _review(visitor, reviewNote="Skriv litt mer om prisene, og rett datoen i det andre avsnittet.")


def _review(visitor: Visitor, **columns: str) -> None:
    visitor.go_where_editors_publish()
    restricted = policy.row_permissions("adanordlys", published=False, restricted=True)
    create_admin_client().db.update_row("app", "posts", DRAFT_ID, columns, restricted)


def earlier_version(visitor: Visitor, prefix: str) -> None:
    two_versions(visitor, prefix)
    visitor.open(versions(visitor, prefix)[-1])


def shared_draft(visitor: Visitor, prefix: str) -> None:
    create_private_link(visitor, prefix)
    visitor.open(prefix + private_link(visitor))


def ended_link(visitor: Visitor, prefix: str) -> None:
    create_private_link(visitor, prefix)
    link = private_link(visitor)
    visitor.submit(f"{prefix}{DRAFT}share/", {"act": "revoke"})
    visitor.open(prefix + link)


def create_private_link(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}{DRAFT}share/")
    visitor.submit(f"{prefix}{DRAFT}share/", {"act": "create"})


def private_link(visitor: Visitor) -> str:
    match = re.search(r'value="[^"]*(/posts/shared/\?key=[^"]+)"', visitor.html())
    assert match is not None
    return match[1]


def link_from_here(visitor: Visitor, prefix: str) -> None:
    visitor.send(f"{prefix}/auth/login/", {"email": OLGA})
    visitor.open(mailed(visitor.emulator))


def link_from_elsewhere(visitor: Visitor, prefix: str) -> None:
    Browser().post(f"{prefix}/auth/login/", {"email": OLGA})
    visitor.open(mailed(visitor.emulator))


def link_used_already(visitor: Visitor, prefix: str) -> None:
    link_from_elsewhere(visitor, prefix)
    token = dict(pair.split("=") for pair in urlsplit(mailed(visitor.emulator)).query.split("&"))
    create_admin_client().account.create_session(token["userId"], token["secret"])
    nonce = re.search(r'name="nonce" value="([^"]+)"', visitor.html())
    assert nonce is not None
    visitor.submit(f"{prefix}/auth/callback/", {"nonce": nonce[1]})


def link_too_old(visitor: Visitor, prefix: str) -> None:
    with mock.patch("django.core.signing.time.time", return_value=time.time() - 60 * (MINUTES + 1)):
        ticket = LoginRequest.of(OLGA, "/").to_token("link")
    visitor.open(f"{prefix}/auth/callback/?ticket={ticket}&userId=olga&secret=s")


def invited(visitor: Visitor, prefix: str) -> None:
    _invite(visitor, prefix, OLGA)


def invited_and_signed_in(visitor: Visitor, prefix: str) -> None:
    _invite(visitor, prefix, create_admin_client().users.get("adanordlys").email)


def _invite(visitor: Visitor, prefix: str, email: str) -> None:
    secret = create_admin_client().users.create_session("mikkelfjaere").secret
    teams = client_of_session(secret).teams
    team = teams.create("unique()", "Revyen")
    teams.create_membership(team.id, ["member"], email=email, url=f"http://localhost{prefix}/auth/invite/")
    visitor.open(mailed(visitor.emulator))


def subscribed(visitor: Visitor, prefix: str) -> None:
    SubscriptionRepository(create_admin_client()).subscribe("mikkelfjaere", "posts")


def without_mail(visitor: Visitor, prefix: str) -> None:
    create_admin_client().messaging.delete_topic("posts")


def unsubscribe_link(visitor: Visitor, prefix: str) -> None:
    visitor.open(f"{prefix}/auth/unsubscribe/?{urlencode({'t': unsubscribe_token('adanordlys', 'posts')})}")


def wrong_code(visitor: Visitor, prefix: str) -> None:
    visitor.send(f"{prefix}/auth/login/", {"email": OLGA, "act": "code"})
    visitor.submit(f"{prefix}/auth/code/", {"code": "000000"})


def mailed(emulator: Emulator) -> str:
    """Return the link in the newest e-mail, as a path."""
    parts = urlsplit(emulator.inbox.link())
    return f"{parts.path}?{parts.query}"


# -- pages ------------------------------------------------------------------------------------------------------------
PAGES = [
    PageState("home", "/"),
    PageState("home, signed in", "/", "Ada"),
    PageState("home, nothing published", "/", way=nothing_published),
    PageState("list", "/posts/"),
    PageState("list, second page", "/posts/?page=2"),
    PageState("list, filtered", "/posts/?campus=oslo&q=lesesal"),
    PageState("list, no hits", "/posts/?campus=stavanger&q=hyttetur"),
    PageState("list, no hits for filters", "/posts/?campus=stavanger&language=en"),
    PageState("list, too long a search", f"/posts/?q={'x' * 101}", status=400),
    PageState("list, nothing published", "/posts/", way=nothing_published),
    PageState("detail", PUBLISHED),
    PageState("detail, in the other language", IN_ENGLISH),
    PageState("detail, one's own", PUBLISHED, "Ada"),
    PageState("draft", DRAFT, "Ada"),
    PageState("draft, somebody else's", DRAFT, "Ingrid"),
    PageState("archive", "/posts/archive/"),
    PageState("archive, nothing published", "/posts/archive/", way=nothing_published),
    PageState("archive_year", way=newest_year),
    PageState("archive_month", way=newest_month),
    PageState("topics", "/posts/topics/"),
    PageState("topics, nothing published", "/posts/topics/", way=no_topics),
    PageState("list, a topic", way=first_topic),
    PageState("list, a topic without posts", "/posts/topics/hyttetur/", status=404),
    PageState("by_author", "/posts/by/adanordlys/"),
    PageState("new", "/posts/new/", "Ada"),
    PageState("new, with errors", "/posts/new/", "Ada", WRONG),
    PageState("new, sent by nobody", "/posts/new/", "", TYPED, status=403),
    PageState("edit", f"{PUBLISHED}edit/", "Ada"),
    PageState("edit, a draft", f"{DRAFT}edit/", "Ada"),
    PageState("edit, scheduled", f"{DRAFT}edit/", "Ada", way=scheduled),
    PageState(
        "edit, with a wrong time",
        f"{DRAFT}edit/",
        "Ada",
        {**TYPED, "state": "draft", "act": "schedule"},
    ),
    PageState("edit, with errors", f"{DRAFT}edit/", "Ada", {**WRONG, "state": "draft"}),
    PageState("edit, a cover nobody described", who="Ada", way=cover_undescribed),
    PageState("preview", "/posts/preview/", "Ada", TYPED),
    PageState("add_image, without an image", "/posts/image/", "Ada", TYPED),
    PageState("not allowed", f"{DRAFT}publish/", "Ada", status=405),
    PageState("conflict", f"{DRAFT}edit/", "Ada", OLDER, status=409),
    PageState("conflict, publishing", f"{PUBLISHED}edit/", "Ada", {**OLDER, "act": "publish"}, status=409),
    PageState("conflict, merging", f"{DRAFT}edit/", "Ada", {**OLDER, "act": "merge"}),
    PageState("history", who="Ada", way=two_versions),
    PageState("history, nothing saved", f"{DRAFT}history/", "Ada"),
    PageState("revision", who="Ada", way=earlier_version),
    PageState("share", f"{DRAFT}share/", "Ada"),
    PageState("share, with a link", who="Ada", way=create_private_link),
    PageState("share, published", f"{PUBLISHED}share/", "Ada"),
    PageState("shared", who="Ada", way=shared_draft),
    PageState("shared, ended", who="Ada", way=ended_link, status=410),
    PageState("publish", f"{DRAFT}publish/", "Ingrid", {}),
    PageState("publish, from the editor", f"{DRAFT}edit/", "Ingrid", {**TYPED, "state": "draft", "act": "publish"}),
    PageState(
        "publish, scheduling from the editor",
        f"{DRAFT}edit/",
        "Ingrid",
        {**TYPED, "state": "draft", "act": "schedule", "publish_at": local_input(timezone.now() + timedelta(days=2))},
    ),
    PageState("publish, scheduled", f"{DRAFT}publish/", "Ingrid", {}, way=scheduled),
    PageState("mine", "/posts/mine/", "Ada"),
    PageState("mine, scheduled", "/posts/mine/", "Ada", way=scheduled),
    PageState("mine, nothing written", "/posts/mine/", "Ada", way=nothing_published),
    PageState("mine, just deleted", f"{PUBLISHED}delete/", "Ada", {}),
    PageState("mine, too late to undo", f"{PUBLISHED}undo/", "Ada", {}),
    PageState("delete", f"{PUBLISHED}delete/", "Ada"),
    PageState("delete, scheduled", f"{DRAFT}delete/", "Ada", way=scheduled),
    PageState("delete, a draft", f"{DRAFT}delete/", "Ada"),
    PageState("send", f"{PUBLISHED}send/", "Ingrid", way=subscribed),
    PageState("send, nobody subscribes", f"{PUBLISHED}send/", "Ingrid"),
    PageState("send, sent", f"{PUBLISHED}send/", "Ingrid", {"act": "start"}, way=subscribed),
    PageState("login", "/auth/login/"),
    PageState("login, with an error", "/auth/login/", form={"email": "olga"}),
    PageState("login, without Appwrite", "/auth/login/", form={"email": OLGA}, way=without_appwrite, status=503),
    PageState("sent", "/auth/login/", form={"email": OLGA}),
    PageState("callback, same browser", way=link_from_here),
    PageState("callback, other browser", way=link_from_elsewhere),
    PageState("callback_failed, used", way=link_used_already, status=410),
    PageState("callback_failed, too old", way=link_too_old, status=410),
    PageState("callback_failed, incomplete", "/auth/callback/", status=400),
    PageState("code", "/auth/login/", form={"email": OLGA, "act": "code"}),
    PageState("code, with an error", way=wrong_code),
    PageState("oauth_failed", "/auth/oauth/callback/", status=400),
    PageState("invite", way=invited),
    PageState("invite, signed in", who="Ada", way=invited_and_signed_in),
    PageState("invite_failed, incomplete", "/auth/invite/", status=400),
    PageState(
        "invite_failed, somebody else's",
        "/auth/invite/?userId=olga&secret=s&membershipId=m&teamId=t",
        "Ada",
        status=409,
    ),
    PageState("account", "/auth/account/", "Ada"),
    PageState("account, without mail", "/auth/account/", "Ada", way=without_mail),
    PageState("unsubscribe", way=unsubscribe_link),
    PageState("unsubscribe, incomplete", "/auth/unsubscribe/", status=400),
    PageState("bio", "/auth/account/bio/", "Ada"),
    PageState("bio, with an error", "/auth/account/bio/", "Ada", {"bio": "x" * 201}),
    PageState("name", "/auth/account/name/", "Ada"),
    PageState("name, with an error", "/auth/account/name/", "Ada", {"name": ""}),
    PageState("export", "/auth/account/export/", "Ada"),
    PageState("delete_account", "/auth/account/delete/", "Ada"),
    PageState("delete_account, with an error", "/auth/account/delete/", "Ada", {"email": OLGA}),
    PageState("delete_account, nothing written", "/auth/account/delete/", "Ada", way=nothing_published),
    PageState("deleting_account, last admin", "/auth/account/delete/", "Ingrid", LAST_ADMIN, status=409),
    PageState("manage", "/manage/", "Ingrid"),
    PageState("manage, filtered", "/manage/?status=draft&campus=oslo", "Ingrid"),
    PageState("manage, one author's", "/manage/?author=adanordlys", "Ingrid"),
    PageState("manage, unknown address", "/manage/?address=olga@example.com&tag=eksamen", "Ingrid"),
    PageState("manage, no hits", "/manage/?q=hyttetur&campus=stavanger", "Ingrid"),
    PageState("manage, nothing written", "/manage/", "Ingrid", way=nothing_published),
    PageState("manage, an orphan row", "/manage/", "Ingrid", way=orphan_row),
    PageState("bulk", who="Ingrid", way=chosen_posts),
    PageState("bulk, deleting", who="Ingrid", way=chosen_posts_to_delete),
    PageState("bulk, nothing to do", "/manage/bulk/", "Ingrid", {**OLD_CHOICE, "act": "publish"}),
    PageState("bulk_result", "/manage/bulk/", "Ingrid", {**OLD_CHOICE, "act": "publish", "confirmed": "yes"}),
    PageState("featured", "/manage/featured/", "Ingrid"),
    PageState("featured, none", "/manage/featured/", "Ingrid", way=nothing_featured),
    PageState("manage, in review", "/manage/?status=review", "Ingrid", way=in_review),
    PageState("reviews", "/manage/reviews/", "Ingrid", way=in_review),
    PageState("reviews, none", "/manage/reviews/", "Ingrid", way=editors_publish),
    PageState("send_back", f"/manage/reviews/{DRAFT_ID}/", "Ingrid", way=in_review),
    PageState("send_back, with an error", f"/manage/reviews/{DRAFT_ID}/", "Ingrid", {"note": ""}, way=in_review),
    PageState("draft, somebody else's in review", DRAFT, "Ingrid", way=in_review),
    PageState("edit, somebody else's in review", f"{DRAFT}edit/", "Ingrid", way=in_review),
    PageState("draft, in review", DRAFT, "Ada", way=in_review),
    PageState("draft, sent back", DRAFT, "Ada", way=sent_back),
    PageState("edit, in review", f"{DRAFT}edit/", "Ada", way=in_review),
    PageState("edit, sent back", f"{DRAFT}edit/", "Ada", way=sent_back),
    PageState("edit, published after a review", f"{PUBLISHED}edit/", "Ada", way=editors_publish),
    PageState("new, needs a review", "/posts/new/", "Ada", way=editors_publish),
    PageState("mine, in review", "/posts/mine/", "Ada", way=in_review),
    PageState("mine, sent back", "/posts/mine/", "Ada", way=sent_back),
    PageState("people", "/manage/people/", "Ingrid"),
    PageState("people, nobody found", "/manage/people/?q=nobody", "Ingrid"),
    PageState("invite a person", "/manage/people/invite/", "Ingrid"),
    PageState("invite a person, with an error", "/manage/people/invite/", "Ingrid", {"email": "olga"}),
    PageState("person", "/manage/people/adanordlys/", "Ingrid"),
    PageState("privacy", "/privacy/"),
    PageState("accessibility", "/accessibility/"),
    PageState("contact", "/contact/", "Ada"),
    PageState("403", f"{PUBLISHED}edit/", "Mikkel", status=403),
    PageState("403_csrf", "/posts/new/", "Ada", {**TYPED, "csrfmiddlewaretoken": "none"}, status=403),
    PageState("404", "/nothing/", status=404),
    PageState("429", f"{DRAFT}edit/", "Ada", way=with_busy_appwrite, status=429),
    PageState("503", "/posts/", way=without_appwrite, status=503),
]
