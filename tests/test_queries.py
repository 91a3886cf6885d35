"""A real Appwrite 1.9.6 allows every query that the site sends.

`drive` opens all pages and performs every other action that requests a list. If new code builds queries that `drive`
does not send, `test_every_query_is_sent_by_a_test` fails. Then add a step to `drive`.
"""

import ast
import io
import json
import re
import runpy
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from appwrite.query import Query
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts.repositories import messages
from accounts.repositories.subscriptions import SubscriptionRepository
from biso_site import appwrite_check
from core.appwrite_client import create_admin_client
from posts import demo, due_times, models, repository, revisions, scheduling, schema, suggestions
from posts.covers import storage
from posts.mail import mailings
from posts.transfer import exporting
from tests.conftest import illustrate
from tests.count_calls import ListCall, recorded_lists
from tests.demo_data import demo_users
from tests.pages import (
    DRAFT,
    DRAFT_ID,
    IN_ENGLISH,
    PAGES,
    TYPED,
    create_private_link,
    nothing_featured,
    nothing_published,
    save_again,
)
from tests.posts.test_leaving import leave
from tests.site import ROOT
from tests.test_html import Client

# The attributes by which a real server lets clients query lists. The emulator's tests use the same table.
LIST_ATTRIBUTES = runpy.run_path(str(ROOT / "emulator" / "tests" / "list_attributes.py"))
ALLOWED, SYSTEM = LIST_ATTRIBUTES["ALLOWED"], LIST_ATTRIBUTES["SYSTEM"]

PACKAGES = ("biso_site", "posts", "accounts", "core")
# The real server's limits: queries per call, characters per query and per `search`, values per query.
MAX_QUERIES, MAX_QUERY, MAX_SEARCH, MAX_VALUES = 100, 4096, 256, 500
PAGING = {"limit", "offset", "cursorAfter", "cursorBefore"}
FULL_TEXT = {"search", "notSearch"}
NOTHING_SELECTED = {"orderRandom"}
# URLs that request lists not covered by the states in tests.pages.
ADDRESSES = [
    *(
        "/posts/feed/",
        "/posts/by/adanordlys/feed/",
        "/posts/feed/rss/",
        "/sitemap.xml",
        "/readyz",
        "/posts/?language=nb&tag=eksamen&q=kaffe+kopp",
    ),
    *("/posts/?q=don%27t", "/posts/?q=BI", "/posts/?q=100%25", "/posts/?page=500"),
]
ADDRESSES_OF_ADMIN = [
    *("/manage/?q=kaffe&status=draft&language=en&author=adanordlys&campus=oslo", "/manage/people/?q=ada%40example.com"),
    *("/manage/?status=scheduled&tag=eksamen", "/manage/?address=ada@example.com"),
    *("/manage/people/?q=Ada+Nordlys", "/manage/people/?page=2", "/manage/featured/"),
]
# How many items the site reads, sends or stores at a time.
BATCHES = [
    *((mailings, "BATCH"), (messages, "MESSAGES_AT_ONCE"), (repository, "ROWS_AT_ONCE")),
    *((revisions, "MAX_REVISIONS"), (storage, "FILES_AT_ONCE"), (exporting, "AT_ONCE")),
]


def drive(client: Client, people: dict[str, Any]) -> None:
    """Open every page, and perform every other action that requests a list."""
    for page in PAGES:
        client.start()
        page.show(client, people, "nb")
    client.start()
    for address in ADDRESSES:
        client.open(address)
    newest, *_, oldest = sorted(
        (post for post in demo.posts() if post.status == models.PUBLISHED), key=lambda post: post.days_ago
    )
    with mock.patch.object(suggestions, "MAX_NEAR_NEWEST", 5):
        client.open(f"/posts/{oldest.id}/")
    month = timezone.localtime() - timedelta(days=oldest.days_ago)
    client.open(f"/posts/archive/{month:%Y/%m}/?after={newest.id}")
    publish_due_post(client)
    client.sign_in(people["Ada"])
    client.go_where_editors_publish()
    client.send("/posts/new/", TYPED)
    with single_entries():
        send_and_leave(client, people)
    client.start()
    client.sign_in(people["Ingrid"])
    for address in ADDRESSES_OF_ADMIN:
        client.open(address)
    client.open("/manage/people/ingridmoen/")
    client.submit("/manage/people/ingridmoen/labels/", {})  # so that the site checks whether anyone else is an admin
    nothing_published(client, "")
    nothing_featured(client, "")
    # This user has never signed in, so setup cleans up the account.
    create_admin_client().users.create("late", "late@example.com")
    call_command("setup_appwrite", demo=True, admin="late@example.com", verbosity=0)


def publish_due_post(client: Client) -> None:
    """Schedule a draft for now, and open a page. This request publishes the draft."""
    client.start()
    now = timezone.now()
    create_admin_client().db.update_row("app", "posts", DRAFT_ID, {"scheduledAt": now.isoformat()})
    due_times.expect(now)
    client.open(DRAFT)
    assert client.status() == 200


@contextmanager
def single_entries() -> Iterator[None]:
    """Limit each of the site's batches to one entry, so that two entries require the queries for a second batch."""
    with ExitStack() as stack:
        for module, name in BATCHES:
            stack.enter_context(mock.patch.object(module, name, 1))
        yield


def send_and_leave(client: Client, people: dict[str, Any]) -> None:
    """Send a post to two subscribers. Then delete an account that has data in every table and bucket."""
    client.start()
    for name in ("Ada", "Mikkel"):
        SubscriptionRepository(create_admin_client()).subscribe(people[name].id, "posts")
    client.sign_in(people["Ingrid"])
    for form in ({"act": "start"}, {}):
        client.send(f"{IN_ENGLISH}send/", form)  # this post is not by Ada, so the e-mail to Mikkel does not name her
    client.sign_in(people["Ada"])
    save_again(client, "")
    create_private_link(client, "")
    illustrate(people["Ada"], "adaspicture", publish=True)
    call_command("setup_appwrite", verbosity=0)  # so that setup reads all posts
    client.send("/auth/account/export/", {})
    call_command("remove_unused_images", stdout=io.StringIO())
    with TemporaryDirectory() as folder:
        for command in ("export_posts", "import_posts"):
            call_command(command, f"{folder}/all.zip", stdout=io.StringIO())
    list(appwrite_check.findings())
    leave(people["Ada"].browser(), people["Ada"], "hand_over")


@contextmanager
def building_functions() -> Iterator[set[str]]:
    """Yield the set of functions that build a query in the block, such as `posts/rows.py:RowReader.page`."""
    functions: set[str] = set()
    create = Query.__init__

    def noted(query: Query, *arguments: Any, **named: Any) -> None:
        frame = sys._getframe(1)
        while frame and "appwrite/query.py" in frame.f_code.co_filename:
            frame = frame.f_back
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            functions.add(f"{path.relative_to(ROOT)}:{frame.f_code.co_qualname.replace('.<locals>', '')}")
        create(query, *arguments, **named)

    with mock.patch.object(Query, "__init__", noted):
        yield functions


@pytest.fixture(scope="module")
def driven(appwrite_process) -> tuple[list[ListCall], set[str]]:
    with pytest.MonkeyPatch.context() as patch:
        # A read in another thread would hold the lock while a page is to publish the due post.
        patch.setattr(scheduling, "read_in_background", lambda: None)
        people = demo_users(appwrite_process)

        class Settings:
            def __setattr__(self, name: str, value: Any) -> None:
                patch.setattr(settings, name, value)

        with recorded_lists() as calls, building_functions() as functions:
            drive(Client(appwrite_process, Settings()), people)
    return calls, functions


def attributes_of(path: str) -> tuple[set[str], set[str]]:
    """Return the attributes that can be used to query the list, and those that have their own full-text index."""
    for table in schema.tables():
        if path == f"/tablesdb/app/tables/{table.id}/rows":
            indexed = {
                index.columns[0] for index in table.indexes if index.type == "fulltext" and len(index.columns) == 1
            }
            return {*SYSTEM, *(column.key for column in table.columns)}, indexed
    [pattern] = [each for each in ALLOWED if re.fullmatch(re.sub(r"/x\b", "/[^/]+", each), path)]
    return {*SYSTEM, *ALLOWED[pattern].split()}, set()


def flattened(query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if query["method"] in ("and", "or"):
        for inner in query["values"]:
            yield from flattened(inner)
    else:
        yield query


@pytest.mark.thorough
def test_every_query_is_allowed_by_the_real_server(driven):
    calls, _ = driven
    assert {"/users", "/users/identities", "/tablesdb/app/tables/posts/rows"} <= {call.path for call in calls}
    for call in calls:
        assert call.status < 400, call
        assert len(call.queries) <= MAX_QUERIES
        assert len(call.search) <= MAX_SEARCH
        allowed, full_text = attributes_of(call.path)
        is_rows = call.path.endswith("/rows")
        for text in call.queries:
            assert len(text) <= MAX_QUERY
            for query in flattened(json.loads(text)):
                method, attribute = query["method"], query.get("attribute", "")
                assert len(query.get("values", [])) <= MAX_VALUES
                if method == "select":
                    assert is_rows, call
                    assert set(query["values"]) <= allowed | {"*", "$permissions"}, call
                elif method not in PAGING | NOTHING_SELECTED:
                    assert attribute in allowed, (call.path, query)
                if method in FULL_TEXT:
                    assert attribute in full_text, (call.path, query)


@pytest.mark.thorough
def test_every_query_is_sent_by_a_test(driven):
    _, functions = driven
    assert set(functions_with_queries()) - functions == set()


def functions_with_queries() -> Iterator[str]:
    """Yield the site's functions whose code builds a query."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield from _building(ast.parse(path.read_text()), f"{path.relative_to(ROOT)}:", "")


def _building(node: ast.AST, file: str, name: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            yield from _building(child, file, f"{name}.{child.name}".lstrip("."))
            continue
        match child:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="Query"), attr=method)) if not method.startswith("_"):
                yield f"{file}{name}"
        yield from _building(child, file, name)
