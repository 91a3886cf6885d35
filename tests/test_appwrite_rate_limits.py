"""Appwrite's rate limits: all visitors share the site's IP address, so no call may be rate limited by IP address."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.conf import settings

from core.appwrite_client import AppwriteClient, create_admin_client
from posts.repository import PostRepository
from tests.conftest import fields, picture
from tests.pages import TYPED

# The calls that Appwrite 1.9.6 rate limits by IP address if they have no API key (see the labels `abuse-limit` and
# `abuse-key` in its source). The limits on rows and files are per user.
LIMITED_BY_ADDRESS = [
    r"(POST|GET) /v1/account/tokens/.*",
    r"(POST|PUT|PATCH|DELETE) /v1/account/sessions.*",
    r"GET /v1/account/sessions/oauth2/.*",
    r"POST /v1/account",
    r"(POST|PUT) /v1/account/(recovery|verifications?)(/.*)?",
    r"PATCH /v1/account/password",
    r"POST /v1/account/mfa/challenges?",
    r"POST /v1/teams/[^/]+/memberships",
    r"POST /v1/graphql.*",
]


@pytest.fixture
def calls():
    """Record each call as (method and path, whether it has the API key)."""
    made: list[tuple[str, bool]] = []
    call = AppwriteClient.call

    def recorded(client: AppwriteClient, method: str, path: str = "", *more: Any, **options: Any) -> Any:
        made.append((f"{method.upper()} /v1{path}", "x-appwrite-key" in client.get_headers()))
        return call(client, method, path, *more, **options)

    with mock.patch.object(AppwriteClient, "call", recorded):
        yield made


def test_no_call_shares_one_appwrite_rate_limit_between_all_visitors(
    calls, alice, ingrid, appwrite, guest, draft, published, covered
):
    elsewhere: Callable[[], str] = lambda: create_admin_client().users.create_session(alice.id).id  # noqa: E731
    browser = alice.browser()
    guest.post("/auth/login/", {"email": "olga@example.com"})
    guest.post("/auth/callback/", guest.get(appwrite.inbox.link("olga@example.com"), follow=True).context["fields"])
    guest.post("/auth/logout/")
    guest.post("/auth/login/", {"email": "olga@example.com", "act": "code"})
    guest.post("/auth/code/", {"code": appwrite.inbox.code("olga@example.com")})
    guest.post("/auth/oauth/")
    post = covered(publish=True)
    for path in ("/", "/posts/", f"/posts/{post.id}/", f"/posts/cover/{post.cover_id}/480/", "/posts/mine/"):
        browser.get(path)
    browser.get("/auth/account/")
    browser.post("/auth/account/name/", {"name": "Alice"})
    browser.post("/auth/account/language/", {"language": "en"})
    browser.post(f"/auth/account/sessions/{elsewhere()}/end/")
    elsewhere()
    browser.post("/auth/account/sessions/end-others/")
    browser.post("/posts/new/", TYPED)
    browser.post(f"/posts/{draft.id}/publish/")
    browser.post(f"/posts/{draft.id}/unpublish/")
    browser.post(f"/posts/{draft.id}/delete/")
    PostRepository(alice.appwrite).create("another", alice.user, fields(cover=picture(), cover_alt=""), publish=True)
    admin = ingrid.browser()
    for path in ("/manage/", "/manage/featured/", "/manage/people/", f"/manage/people/{alice.id}/"):
        admin.get(path)
    admin.post(f"/manage/featured/{published.id}/add/")
    admin.post(f"/manage/people/{alice.id}/end-sessions/")
    browser.post("/auth/account/delete/", {"email": alice.email, "posts": "delete"})
    admin.post("/auth/logout/")
    without_key = [call for call, with_key in calls if not with_key]
    assert len(without_key) > 20
    assert [call for call in without_key if any(re.fullmatch(each, call) for each in LIMITED_BY_ADDRESS)] == []
    assert {call.partition(" ")[2].partition("/v1/")[2].partition("/")[0] for call, _ in calls} <= {
        # calls to other services must be added to docs/security.md
        *("account", "users", "tablesdb", "storage", "messaging"),
    }


def test_rate_limit_table_lists_every_limited_call():
    text = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text(encoding="utf-8")
    for path in ("tokens/magic-url", "tokens/email", "tokens/oauth2", "sessions/token", "DELETE /account/sessions"):
        assert path in text


def test_signing_out_often_always_ends_the_session(alice, appwrite):
    """Without an API key, Appwrite rejects the 101st session deletion per hour from one IP address."""
    appwrite.faults.add("account.deleteSession", status=429, type="general_rate_limit_exceeded")
    there = create_admin_client().users.create_session(alice.id).id
    browser = alice.browser()
    browser.post(f"/auth/account/sessions/{there}/end/")
    browser.post("/auth/logout/")
    assert create_admin_client().users.list_sessions(alice.id).sessions == []
