"""A project that lacks the new columns of `posts`, because `setup_appwrite` has not run since an upgrade."""

import logging

import pytest
from django.core.management import call_command

from core import errors
from core.appwrite_client import create_admin_client
from posts import new_columns, rows
from posts.repository import PostRepository
from tests.acts import FORM
from tests.conftest import fields
from tests.count_calls import recorded_lists


@pytest.fixture
def older_project(draft, published):
    """Create a draft and a published post, and then delete the new columns."""
    db = create_admin_client().db
    for index in db.list_indexes("app", "posts").to_dict()["indexes"]:
        if new_columns.NEW & {*index["columns"]}:
            db.delete_index("app", "posts", index["key"])
    for key in sorted(new_columns.NEW):
        db.delete_column("app", "posts", key)
    yield
    new_columns.forget_missing()


@pytest.fixture
def _reads_a_new_column(monkeypatch):
    """Make lists read all new columns, even those that this release does not read."""
    for name in ("DATED", "LISTED", "WHOLE"):
        columns = getattr(rows, name)
        monkeypatch.setattr(f"posts.public_posts.{name}", [*dict.fromkeys([*columns, *new_columns.NEW])])


URLS = ("/", "/posts/", "/posts/?q=kaffe", "/posts/feed/", "/sitemap.xml", "/posts/by/alice/", "/posts/alicespost/")


@pytest.mark.usefixtures("_reads_a_new_column", "older_project")
@pytest.mark.parametrize("url", URLS)
def test_public_page_opens_without_the_new_columns(url, guest):
    assert guest.get(url).status_code == 200


@pytest.mark.usefixtures("older_project")
@pytest.mark.parametrize("url", ["/posts/mine/", "/posts/alicedraft/", "/posts/alicedraft/edit/", "/posts/new/"])
def test_authors_page_opens_without_the_new_columns(url, alice):
    assert alice.browser().get(url, follow=True).status_code == 200


@pytest.mark.usefixtures("older_project")
def test_admins_list_opens_without_the_new_columns(ingrid):
    assert ingrid.browser().get("/manage/").context["page"].total == 2


@pytest.mark.usefixtures("older_project")
def test_missing_columns_are_remembered_and_logged_once(ingrid, caplog):
    browser = ingrid.browser()
    with caplog.at_level(logging.WARNING):
        browser.get("/manage/")
        with recorded_lists() as calls:
            browser.get("/manage/")
    assert 400 not in [call.status for call in calls]
    assert caplog.text.count("Run manage.py setup_appwrite.") == 1


def test_query_that_is_invalid_for_another_reason_does_not_count_as_a_missing_column(ingrid, draft, caplog):
    with pytest.raises(errors.InvalidInputError):
        new_columns.read(["title", *new_columns.NEW], lambda columns: _refused_query(ingrid, columns))
    assert not new_columns.are_missing()
    assert "setup_appwrite" not in caplog.text


def _refused_query(person, columns):
    return person.appwrite.db.list_rows("app", "posts", ['{"method":"equal","attribute":"nowhere","values":[1]}'])


@pytest.mark.usefixtures("older_project")
def test_posts_are_saved_published_deleted_and_restored_without_the_new_columns(alice, stored):
    browser = alice.browser()
    assert browser.post("/posts/new/", {**FORM, "act": "publish"})["Location"] == "/posts/abcdefgh27/"
    assert browser.post("/posts/abcdefgh27/edit/", {**FORM, "title": "Te"}, follow=True).status_code == 200
    for act in ("publish", "unpublish", "delete", "undo"):
        assert browser.post(f"/posts/alicedraft/{act}/").status_code == 302
    assert stored("alicedraft").data["title"] == "Alices kladd"


@pytest.mark.usefixtures("older_project")
def test_write_that_needs_a_missing_column_fails_with_a_message(alice):
    data = {"title": "Te", "content": "x", "authorId": alice.id, "createdAt": "2026-01-01T00:00:00Z"}
    data["scheduledAt"] = "2026-01-01T00:00:00Z"
    with pytest.raises(errors.MisconfiguredError) as failure:
        new_columns.write(data, lambda sent: alice.appwrite.db.create_row("app", "posts", "plannedpost", sent))
    assert "setup_appwrite" in failure.value.sentence


@pytest.mark.usefixtures("older_project")
def test_post_is_saved_without_a_missing_derived_column(alice, stored):
    PostRepository(alice.appwrite).create("olderpost", alice.user, fields(content="Ord " * 300), publish=True)
    assert stored("olderpost").data["content"].startswith("Ord")
    assert new_columns.are_missing()


def test_setup_adds_the_reading_time_of_older_posts(older_project, alice, guest, stored):
    new_columns.forget_missing()
    call_command("setup_appwrite", verbosity=0)
    new_columns.forget_missing()
    assert stored("alicespost").data["minutes"] == 1
    assert "1 min" in guest.get("/posts/").content.decode()


def test_columns_are_used_after_setup_has_added_them(older_project, ingrid, caplog):
    ingrid.browser().get("/manage/")
    call_command("setup_appwrite", verbosity=0)
    new_columns.forget_missing()
    with recorded_lists() as calls:
        ingrid.browser().get("/manage/")
    assert {call.status for call in calls} == {200}
