"""The access table: the response that each kind of user gets from each page.

A number is an HTTP status. `login` is a redirect to the sign-in page. `again` is a redirect to the same URL, which then
shows a guest's page with the reason. `done` is any other redirect.
"""

import contextlib
from typing import Any

import pytest
from django.urls import get_resolver, reverse
from django.utils.timezone import localdate

from posts.editing import pending_covers
from posts.models import Post
from posts.repository import PostRepository
from tests import users
from tests.conftest import fields, picture
from tests.users import Browser

GUEST, AUTHOR, MEMBER, ADMIN, BLOCKED, ENDED = PEOPLE = ("guest", "author", "member", "admin", "blocked", "ended")
ONE_OF_MANY = {
    *("remove_identity", "end_session", "person", "update_labels", "block", "unblock", "end_sessions"),
    "remove_orphan",
}
ARGUMENTS = {  # page -> the arguments of its URL
    "posts:by_author": ["alice"],
    "posts:feed_of_author": ["alice"],
    "posts:archive_year": [localdate().year],  # the tests publish their posts today
    "posts:archive_month": [localdate().year, localdate().month],
    **{page: ["kaffe"] for page in ("posts:topic", "posts:topic_feed", "posts:topic_feed_rss")},
}
WRITTEN = {"title": "T", "content": "C", "language": "nb", "post_id": "accessrow1", "act": "save"}

# page, method, post                       guest    author   member   admin    blocked  ended
TABLE = {
    ("posts:home", "GET", None):           (200,     200,     200,     200,     200,     200),
    ("posts:list", "GET", None):           (200,     200,     200,     200,     200,     200),
    ("posts:by_author", "GET", None):      (200,     200,     200,     200,     200,     200),
    ("posts:feed_of_author", "GET", None): (200,     200,     200,     200,     200,     200),
    ("posts:bio", "GET", None):            ("login", 200,     200,     200,     "login", "login"),
    ("posts:bio", "POST", None):           ("login", "done",  "done",  "done",  "login", "login"),
    ("posts:archive", "GET", None):        (200,     200,     200,     200,     200,     200),
    ("posts:archive_year", "GET", None):   (200,     200,     200,     200,     200,     200),
    ("posts:archive_month", "GET", None):  (200,     200,     200,     200,     200,     200),
    ("posts:topics", "GET", None):         (200,     200,     200,     200,     200,     200),
    ("posts:topic", "GET", None):          (200,     200,     200,     200,     200,     200),
    ("posts:topic_feed", "GET", None):     (200,     200,     200,     200,     200,     200),
    ("posts:topic_feed_rss", "GET", None): (200,     200,     200,     200,     200,     200),
    ("posts:feed", "GET", None):           (200,     200,     200,     200,     200,     200),
    ("posts:feed_rss", "GET", None):       (200,     200,     200,     200,     200,     200),
    ("sitemap", "GET", None):              (200,     200,     200,     200,     200,     200),
    ("robots", "GET", None):               (200,     200,     200,     200,     200,     200),
    ("manifest", "GET", None):             (200,     200,     200,     200,     200,     200),
    ("share_image", "GET", "published"):   (200,     200,     200,     200,     200,     200),
    ("share_image", "GET", "draft"):       (404,     404,     404,     404,     "login", "login"),
    ("posts:detail", "GET", "published"):  (200,     200,     200,     200,     200,     200),
    ("posts:detail", "GET", "draft"):      (404,     200,     404,     200,     "again", "login"),
    ("cover", "GET", "published cover"):   (200,     200,     200,     200,     200,     200),
    ("cover", "GET", "draft cover"):       (404,     200,     404,     200,     "again", "login"),
    ("cover", "GET", "published, shared"): (200,     200,     200,     200,     200,     200),
    ("cover", "GET", "draft, shared"):     (404,     200,     404,     200,     "again", "login"),
    ("image", "GET", "published image"):   (200,     200,     200,     200,     200,     200),
    ("image", "GET", "draft image"):       (404,     200,     404,     200,     "again", "login"),
    ("pending_cover", "GET", "kept cover"):   (200,     200,     200,     200,     200,     200),
    ("posts:mine", "GET", None):           ("login", 200,     200,     200,     "login", "login"),
    ("posts:new", "GET", None):            ("login", "done",  "done",  "done",  "login", "login"),
    ("posts:new", "POST", None):           (403,     "done",  "done",  "done",  403,     403),
    ("posts:preview", "POST", None):       (403,     200,     200,     200,     403,     403),
    ("posts:add_image", "GET", None):      (405,     405,     405,     405,     405,     405),
    ("posts:add_image", "POST", None):     (403,     200,     200,     200,     403,     403),
    ("posts:edit", "GET", "published"):    ("login", 200,     403,     200,     "login", "login"),
    ("posts:edit", "GET", "draft"):        ("login", 200,     404,     200,     "login", "login"),
    ("posts:edit", "POST", "published"):   (403,     "done",  403,     "done",  403,     403),
    ("posts:edit", "POST", "draft"):       (403,     "done",  404,     "done",  403,     403),
    ("posts:history", "GET", "published"): ("login", 200,     403,     200,     "login", "login"),
    ("posts:history", "GET", "draft"):     ("login", 200,     404,     200,     "login", "login"),
    ("posts:revision", "GET", "draft"):    ("login", 404,     404,     404,     "login", "login"),  # no such version
    ("posts:restore", "POST", "draft"):    ("login", 404,     404,     404,     "login", "login"),
    ("posts:share", "GET", "published"):   ("login", 200,     403,     200,     "login", "login"),
    ("posts:share", "GET", "draft"):       ("login", 200,     404,     200,     "login", "login"),
    ("posts:share", "POST", "draft"):      ("login", "done",  404,     "done",  "login", "login"),
    ("posts:shared", "GET", None):         (404,     404,     404,     404,     404,     404),  # the URL has no key
    ("draft_cover", "GET", "draft cover"): (404,    404,     404,     404,     404,     404),
    ("draft_image", "GET", "sized draft image"): (404, 404,  404,     404,     404,     404),
    ("posts:delete", "GET", "published"):  ("login", 200,     403,     200,     "login", "login"),
    ("posts:delete", "GET", "draft"):      ("login", 200,     404,     200,     "login", "login"),
    ("posts:delete", "POST", "published"): ("login", "done",  403,     "done",  "login", "login"),
    ("posts:delete", "POST", "draft"):     ("login", "done",  404,     "done",  "login", "login"),
    ("posts:undo", "GET", "draft"):        (405,     405,     405,     405,     405,     405),
    ("posts:undo", "POST", "draft"):       ("login", "done",  "done",  "done",  "login", "login"),
    ("posts:publish", "GET", "draft"):     (405,     405,     405,     405,     405,     405),
    ("posts:publish", "POST", "draft"):    ("login", "done",  404,     200,     "login", "login"),
    ("posts:review", "POST", "draft"):     ("login", 403,     404,     403,     "login", "login"),  # all may publish
    ("posts:send", "GET", "published"):    ("login", 403,     403,     200,     "login", "login"),
    ("posts:send", "GET", "draft"):        ("login", 403,     404,     409,     "login", "login"),
    ("posts:send", "POST", "published"):   ("login", 403,     403,     "done",  "login", "login"),
    ("posts:unpublish", "GET", "published"):  (405,  405,     405,     405,     405,     405),
    ("posts:unpublish", "POST", "published"): ("login", "done", 403,   "done",  "login", "login"),
    ("posts:unschedule", "GET", "draft"):     (405,  405,     405,     405,     405,     405),
    ("posts:unschedule", "POST", "draft"): ("login", "done",  404,     "done",  "login", "login"),
    ("accounts:login", "GET", None):       (200,     "done",  "done",  "done",  200,     200),
    ("accounts:login", "POST", None):      ("done",  "done",  "done",  "done",  "done",  "done"),
    ("accounts:sent", "GET", None):        ("login", "login", "login", "login", "login", "login"),
    ("accounts:callback", "GET", None):    (400,     "done",  "done",  "done",  400,     400),
    ("accounts:callback", "POST", None):   (400,     "done",  "done",  "done",  400,     400),
    ("accounts:code", "GET", None):        ("login", "login", "login", "login", "login", "login"),
    ("accounts:oauth", "GET", None):       (405,     405,     405,     405,     405,     405),
    ("accounts:oauth", "POST", None):      (200,     200,     200,     200,     200,     200),
    ("accounts:oauth_callback", "GET", None): ("done", "done", "done", "done",  "done",  "done"),
    ("accounts:invite", "GET", None):      (400,     400,     400,     400,     400,     400),
    ("accounts:invite", "POST", None):     (400,     400,     400,     400,     400,     400),
    ("accounts:account", "GET", None):     ("login", 200,     200,     200,     "login", "login"),
    ("accounts:name", "GET", None):        ("login", 200,     200,     200,     "login", "login"),
    ("accounts:name", "POST", None):       ("login", 200,     200,     200,     "login", "login"),
    ("accounts:language", "POST", None):   ("login", "done",  "done",  "done",  "login", "login"),
    ("accounts:subscribe", "POST", None):       ("login", "done",  "done",  "done",  "login", "login"),
    ("accounts:unsubscribe", "GET", None): (400,     400,     400,     400,     400,     400),
    ("accounts:unsubscribe", "POST", None): (400,    400,     400,     400,     400,     400),
    ("accounts:remove_identity", "POST", None): ("login", 404, 404,    404,     "login", "login"),
    ("accounts:end_session", "POST", None):     ("login", 404, 404,    404,     "login", "login"),
    ("accounts:end_other_sessions", "POST", None): ("login", "done", "done", "done", "login", "login"),
    ("posts:export", "GET", None):         ("login", 200,     200,     200,     "login", "login"),
    ("posts:export", "POST", None):        ("login", 200,     200,     200,     "login", "login"),
    ("posts:delete_account", "GET", None): ("login", 200,     200,     200,     "login", "login"),
    ("posts:delete_account", "POST", None): ("login", 200,    200,     200,     "login", "login"),
    ("manage:posts", "GET", None):         ("login", 403,     403,     200,     "login", "login"),
    ("manage:reviews", "GET", None):       ("login", 403,     403,     404,     "login", "login"),  # all may publish
    ("manage:send_back", "GET", "draft"):  ("login", 403,     403,     404,     "login", "login"),
    ("manage:send_back", "POST", "draft"): ("login", 403,     403,     404,     "login", "login"),
    ("manage:bulk", "GET", None):          (405,     405,     405,     405,     405,     405),
    ("manage:bulk", "POST", None):         ("login", 403,     403,     404,     "login", "login"),  # no such action
    ("manage:featured", "GET", None):      ("login", 403,     403,     200,     "login", "login"),
    ("manage:feature", "POST", "published"):   ("login", 403, 403,     "done",  "login", "login"),
    ("manage:unfeature", "POST", "published"): ("login", 403, 403,     "done",  "login", "login"),
    ("manage:move", "POST", "published"):  ("login", 403,     403,     404,     "login", "login"),
    ("manage:remove_orphan", "POST", None): ("login", 403,     403,     404,     "login", "login"),
    ("people:people", "GET", None):        ("login", 403,     403,     200,     "login", "login"),
    ("people:invite", "GET", None):        ("login", 403,     403,     200,     "login", "login"),
    ("people:invite", "POST", None):       ("login", 403,     403,     "done",  "login", "login"),
    ("people:person", "GET", None):        ("login", 403,     403,     404,     "login", "login"),
    ("people:update_labels", "POST", None):("login", 403,     403,     404,     "login", "login"),
    ("people:block", "POST", None):        ("login", 403,     403,     404,     "login", "login"),
    ("people:unblock", "POST", None):      ("login", 403,     403,     404,     "login", "login"),
    ("people:end_sessions", "POST", None): ("login", 403,     403,     404,     "login", "login"),
    ("accounts:logout", "GET", None):      (405,     405,     405,     405,     405,     405),
    ("accounts:logout", "POST", None):     ("done",  "done",  "done",  "done",  "done",  "done"),
    ("site:privacy", "GET", None):         (200,     200,     200,     200,     200,     200),
    ("site:accessibility", "GET", None):   (200,     200,     200,     200,     200,     200),
    ("site:contact", "GET", None):         (200,     200,     200,     200,     200,     200),
    ("language", "POST", None):            ("done",  "done",  "done",  "done",  "done",  "done"),
    ("auth_check", "GET", None):           (200,     200,     200,     200,     200,     200),
    ("health", "GET", None):               (200,     200,     200,     200,     200,     200),
    ("healthz", "GET", None):              (200,     200,     200,     200,     200,     200),
    ("revalidate", "POST", None):          (404,     404,     404,     404,     404,     404),  # no webhook key is set
    ("metrics", "GET", None):              (404,     404,     404,     404,     404,     404),  # no METRICS_TOKEN
    ("readyz", "GET", None):               (200,     200,     200,     200,     200,     200),
}  # fmt: skip


@pytest.fixture(scope="session")
def made() -> dict[str, Any]:
    """Return a dictionary in which the `content` fixture stores the posts and the user of its checkpoint."""
    return {}


@pytest.fixture
def content(start_from, alice, made) -> dict[str, Any]:
    """Reset Appwrite to a state with a draft and a published post by Alice, and a user whose session has ended."""

    def create() -> None:
        posts = PostRepository(alice.appwrite)
        made["draft"] = posts.create("alicedraft", alice.user, fields(title="Alices kladd"))
        made["published"] = posts.create("alicespost", alice.user, fields(title="Alices innlegg"), publish=True)
        made[ENDED] = users.create("Eve")
        made[ENDED].end_session()

    start_from("posts and people of the table", create)
    return made


@pytest.fixture
def draft(content) -> Post:
    return content["draft"]


@pytest.fixture
def published(content) -> Post:
    return content["published"]


@pytest.fixture
def browser_of(content, alice, bob, ingrid, mallory):
    def browser(who: str) -> Browser:
        if who == GUEST:
            return Browser()
        people = {AUTHOR: alice, MEMBER: bob, ADMIN: ingrid, BLOCKED: mallory, ENDED: content[ENDED]}
        return people[who].browser()

    return browser


@pytest.fixture
def url_arguments(draft, published, covered, illustrated):
    """Return a function that returns the URL arguments for a table row, and creates a cover if the row needs one."""

    def arguments(page: str, post: str | None) -> list[object]:
        if page in ("posts:revision", "posts:restore"):
            return [draft.id, "nosuchversion"]
        match post:
            case "draft":
                return [draft.id]
            case "published":
                return [published.id]
            case "kept cover":
                return [pending_covers.keep(picture())]
            case "published cover" | "draft cover":
                return [covered("withcover", publish=post == "published cover").cover_id, 480]
            case "published, shared" | "draft, shared":
                return [covered("withcover", publish=post == "published, shared").cover_id]
            case "sized draft image":
                return [illustrated(publish=False).id, 480]
            case "published image" | "draft image":
                return [illustrated(publish=post == "published image").id]
        return ARGUMENTS.get(page, ["nobody"] if page.partition(":")[2] in ONE_OF_MANY else [])

    return arguments


@pytest.mark.parametrize(("page", "method", "post"), TABLE, ids=lambda value: str(value))
def test_each_role_gets_the_status_in_the_access_table(
    page, method, post, browser_of, alice, draft, published, url_arguments
):
    url = reverse(page, args=url_arguments(page, post))
    posts = PostRepository(alice.appwrite)
    got = []
    for who in PEOPLE:
        data = {**WRITTEN, "email": "new@example.com", "language": "nb"} if method == "POST" else None
        got.append(outcome(getattr(browser_of(who), method.lower())(url, data), url))
        if method == "POST" and post:  # the request may have changed the content
            _restore(posts, alice, {"draft": draft, "published": published}[post])
    assert dict(zip(PEOPLE, got, strict=True)) == dict(zip(PEOPLE, TABLE[page, method, post], strict=True))


def _restore(posts: PostRepository, alice, post) -> None:
    from core import errors

    with contextlib.suppress(errors.NotFoundError):
        posts.delete(posts.get(post.id))
    posts.create(post.id, alice.user, fields(title=post.title), publish=post.is_published)


def outcome(response, url: str) -> int | str:
    if response.status_code not in (301, 302):
        return response.status_code
    if response["Location"].partition("?")[0] == reverse("accounts:login"):
        return "login"
    return "again" if response["Location"] == url and response.wsgi_request.method == "GET" else "done"


def test_every_page_has_a_row_in_the_access_table():
    """This test fails for a new page until the table states who can open the page."""
    names = set()
    for pattern in get_resolver().url_patterns:
        _collect(pattern, "", names)
    assert names == {page for page, _method, _post in TABLE}


def _collect(pattern, namespace: str, names: set[str]) -> None:
    for inner in getattr(pattern, "url_patterns", []):
        _collect(inner, getattr(pattern, "namespace", None) or namespace, names)
    if getattr(pattern, "name", None):
        names.add(f"{namespace}:{pattern.name}" if namespace else pattern.name)


# Appwrite's REST API must reject the same actions as the pages.
@pytest.mark.parametrize("act", ["get", "update", "delete", "publish", "unpublish"])
@pytest.mark.parametrize("state", ["draft", "published"])
def test_appwrite_rejects_the_same_actions_of_members_as_the_site(act, state, bob, alice, draft, published, stored):
    from core import errors

    post = {"draft": draft, "published": published}[state]
    posts = PostRepository(bob.appwrite)
    before = stored(post.id).to_dict()
    acts = {
        "get": lambda: posts.get(post.id),
        "update": lambda: posts.update(post, fields(title="Bobs")),
        "delete": lambda: posts.delete(post),
        "publish": lambda: posts.publish(post),
        "unpublish": lambda: posts.unpublish(post),
    }
    if act == "get" and state == "published":
        assert acts[act]().title == post.title
    else:
        with pytest.raises((errors.NotFoundError, errors.NotAllowedError)):
            acts[act]()
    assert stored(post.id).to_dict() == before


def test_draft_is_not_in_lists_or_counts_of_other_users(guest, alice, bob, draft, published):
    for browser in (guest, bob.browser(), alice.browser()):
        page = browser.get(reverse("posts:list")).context["page"]
        assert [post.id for post in page.items] == [published.id]
        assert page.total == 1
    assert [row.id for row in bob.appwrite.db.list_rows("app", "posts").rows] == [published.id]
