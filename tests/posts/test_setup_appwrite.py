"""manage.py setup_appwrite sets up an empty project, can be repeated and deletes nothing."""

from io import StringIO

import pytest
from appwrite.query import Query
from django.core.management import CommandError, call_command

from core import transport
from core.appwrite_client import create_admin_client
from posts import demo, schema
from tests.site import NOTHING
from tests.users import roles


def setup(**options) -> str:
    out = StringIO()
    call_command("setup_appwrite", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def new_database(appwrite, settings):
    """Configure the site with a database that does not exist yet."""
    settings.APPWRITE_DATABASE = "fresh"


def test_setup_creates_the_whole_schema_in_an_empty_project(new_database):
    said = setup()
    db = create_admin_client().db
    for table in schema.tables():
        there = db.get_table("fresh", table.id)
        assert (set(there.permissions), there.rowsecurity) == (set(table.permissions), table.row_security)
        columns = db.list_columns("fresh", table.id).to_dict()["columns"]
        assert {column["key"]: column["status"] for column in columns} == {c.key: "available" for c in table.columns}
        indexes = db.list_indexes("fresh", table.id).to_dict()["indexes"]
        assert {index["key"] for index in indexes} == {index.key for index in table.indexes}
        assert f"Created table {table.id}." in said


def test_running_setup_twice_changes_nothing(new_database):
    setup()
    assert setup() == "Appwrite is ready.\n"


def test_setup_creates_what_is_missing(new_database):
    setup()
    db = create_admin_client().db
    db.delete_index("fresh", "posts", "search_title")
    db.delete_column("fresh", "posts", "coverAlt")
    assert setup() == "Created column posts.coverAlt.\nCreated index posts.search_title.\nAppwrite is ready.\n"


def test_permissions_follow_the_settings_and_row_security_stays_enabled(new_database, settings):
    setup()
    settings.POSTS_WRITERS = "label:editor"
    assert "Set the permissions of table posts." in setup()
    table = create_admin_client().db.get_table("fresh", "posts")
    assert 'create("users")' not in table.permissions
    assert 'create("label:editor")' in table.permissions
    assert table.rowsecurity


def test_setup_deletes_nothing(new_database, alice):
    setup()
    db = create_admin_client().db
    db.create_varchar_column("fresh", "posts", "theirOwn", 10, required=False)
    setup()
    assert "theirOwn" in {column["key"] for column in db.list_columns("fresh", "posts").to_dict()["columns"]}


def test_demo_fills_an_empty_site_once(appwrite, guest, settings):
    assert f"Added {len(demo.people())} people and {len(demo.posts())} posts." in setup(demo=True)
    page = guest.get("/posts/").context["page"]
    assert page.total == sum(post.status == "published" for post in demo.posts())
    assert guest.get("/").context["lead"] is not None
    assert "there are already posts" in setup(demo=True)


def test_demo_does_not_change_a_site_with_posts(published):
    assert "there are already posts" in setup(demo=True)


def test_setup_makes_the_person_with_the_given_address_an_admin(appwrite):
    assert "new@example.com is now an admin." in setup(admin="new@example.com")
    assert "new@example.com is already an admin." in setup(admin="New@example.com".lower())


def test_admin_address_may_contain_invisible_characters(appwrite):
    setup(admin="\ufeffNew@exam\u00adple.com\u200b ")
    (user,) = create_admin_client().users.list([Query.equal("email", ["new@example.com"])]).users
    assert user.labels == ["admin"]


def test_setup_keeps_the_labels_of_an_existing_user(alice):
    users = create_admin_client().users
    users.update_labels(alice.id, ["editor"])
    setup(admin=alice.email)
    assert roles(alice.id) == {"editor", "admin"}


def test_refused_connection_raises_a_command_error(appwrite, settings):
    settings.APPWRITE_ENDPOINT = NOTHING
    with pytest.raises(CommandError, match="cannot be reached"):
        setup()


def test_api_key_without_scopes_raises_a_command_error(appwrite, settings):
    settings.APPWRITE_API_KEY = "wrong"
    with pytest.raises(CommandError, match="API key"):
        setup()


def test_unknown_project_raises_a_command_error(appwrite, settings):
    settings.APPWRITE_PROJECT = "nowhere"
    with pytest.raises(CommandError, match="the project or the API key"):
        setup()


def test_admin_option_requires_a_valid_address(appwrite):
    with pytest.raises(CommandError, match="you is not a valid e-mail address"):
        setup(admin="you")


def test_repository_works_immediately_after_setup(new_database, alice):
    setup()
    assert alice.appwrite.db.list_rows("app", "posts").total == 0


@pytest.fixture
def sent_methods(monkeypatch):
    """Record the HTTP method of each request to Appwrite."""
    methods = []
    send = transport.send

    def recorded(request, **options):
        methods.append(request.method)
        return send(request, **options)

    monkeypatch.setattr(transport, "send", recorded)
    return methods


def test_dry_run_in_an_empty_project_prints_the_plan_and_sends_only_reads(new_database, sent_methods):
    said = setup(dry_run=True, demo=True, admin="new@example.com")
    assert "Would create database fresh.\nWould create table posts.\nWould create column posts.title.\n" in said
    assert "Would create index posts.by_status_published." in said
    assert "Would make new@example.com an admin." in said
    assert said.endswith("Nothing was changed.\n")
    assert set(sent_methods) == {"GET"}


def test_dry_run_after_setup_prints_only_what_differs(appwrite, alice, published, sent_methods, settings):
    db = create_admin_client().db
    db.delete_index("app", "posts", "search_title")
    db.delete_rows("app", "topics", [])
    settings.POSTS_WRITERS = "label:editor"
    sent_methods.clear()
    assert setup(dry_run=True).splitlines() == [
        "Would set the permissions of table posts.",
        "Would create index posts.search_title.",
        "Would set the permissions and limits of bucket covers.",
        "Would set the permissions and limits of bucket images.",
        "Would correct the permissions of posts.",
        "Would correct the numbers of posts about topics.",
        "Nothing was changed.",
    ]
    assert set(sent_methods) == {"GET"}
    setup()
    assert setup(dry_run=True) == "Nothing was changed.\n"


def test_column_of_another_type_raises_a_command_error_with_a_remedy(appwrite):
    db = create_admin_client().db
    db.delete_column("app", "posts", "title")
    db.create_integer_column("app", "posts", "title", required=False)
    with pytest.raises(CommandError, match=r"Run manage\.py check_appwrite"):
        setup()


def test_dry_run_does_not_say_that_it_removed_sign_in_methods(appwrite):
    create_admin_client().users.create("newcomer", "new@example.com")
    said = setup(dry_run=True, admin="new@example.com")
    assert "Would make new@example.com an admin." in said
    assert "removed" not in said
