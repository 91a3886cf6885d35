"""Row permissions and table permissions."""

import pytest
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.users import Users

from tests.books import BooksTable, create_books_table


def private_permissions(user) -> list[str]:
    """Return read, update and delete permissions for one user."""
    role = Role.user(user.id)
    return [Permission.read(role), Permission.update(role), Permission.delete(role)]


@pytest.fixture
def books(server) -> BooksTable:
    """Create a table with row security. Users can create rows, and staff can update all rows."""
    permissions = [Permission.create(Role.users()), Permission.update(Role.label("staff"))]
    create_books_table(server, permissions=permissions, row_security=True)
    return BooksTable(server)


@pytest.fixture
def alices_books(books, alice) -> BooksTable:
    """Create the row `draft` as Alice, and return the table as she accesses it."""
    mine = BooksTable(alice.client)
    mine.create("draft")
    return mine


def test_new_row_is_private_to_its_creator(books, alices_books, alice, bob, guest, expect_error):
    assert books.get("draft").permissions == private_permissions(alice)
    assert alices_books.find() == ["draft"]
    for other in (BooksTable(bob.client), BooksTable(guest)):
        assert (other.find(), other.total()) == ([], 0)
        with expect_error("row_not_found", 404):
            other.get("draft")


def test_hidden_row_rejects_changes_but_reveals_its_existence(alices_books, bob, expect_error):
    others = BooksTable(bob.client)
    with expect_error("user_unauthorized", 401):
        others.update("draft", title="Stolen")
    with expect_error("user_unauthorized", 401):
        others.delete("draft")
    with expect_error("row_already_exists", 409):
        others.create("draft")
    with expect_error("row_not_found", 404):
        others.update("nothing", title="x")


def test_author_publishes_and_withdraws_with_their_own_session(alices_books, alice, guest):
    alices_books.update("draft", [Permission.read(Role.any()), *private_permissions(alice)[1:]])
    assert BooksTable(guest).find() == ["draft"]
    alices_books.update("draft", private_permissions(alice))
    assert BooksTable(guest).find() == []


def test_user_cannot_grant_a_role_they_lack(alices_books, alice, bob, expect_error):
    for role in (Role.user(bob.id), Role.label("staff"), Role.guests(), Role.users("verified"), Role.team("x")):
        with expect_error("user_unauthorized", 401):
            alices_books.update("draft", [Permission.read(role), *private_permissions(alice)])


def test_removing_all_permissions_locks_the_author_out(alices_books, expect_error):
    alices_books.update("draft", [])
    with expect_error("row_not_found", 404):
        alices_books.get("draft")


def test_staff_update_every_row_but_read_only_permitted_rows(books, alices_books, bob, server, expect_error):
    Users(server).update_labels(bob.id, ["staff"])
    staff = BooksTable(bob.client)
    assert staff.update("draft", pages=5).data["pages"] == 5
    with expect_error("row_not_found", 404):
        staff.get("draft")
    with expect_error("user_unauthorized", 401):  # an upsert also sets permissions, and staff cannot grant Alice's role
        staff.upsert("draft", title="Upsert")


def test_update_without_changes_requires_only_read_permission(alices_books, alice, bob, expect_error):
    alices_books.update("draft", [Permission.read(Role.any()), *private_permissions(alice)[1:]])
    others = BooksTable(bob.client)
    assert others.update("draft", title="Draft").id == "draft"
    with expect_error("user_unauthorized", 401):
        others.update("draft", title="Another")


def test_row_permissions_are_ignored_without_row_security(server, alice, guest, expect_error):
    create_books_table(server, permissions=[Permission.create(Role.users())])
    mine = BooksTable(alice.client)
    mine.create("draft")
    with expect_error("row_not_found", 404):
        mine.get("draft")
    with expect_error("user_unauthorized", 401):
        mine.find()


def test_searching_and_sorting_do_not_reveal_hidden_rows_to_guests(books, alices_books, guest):
    alices_books.update("draft", body="the secret harbour", pages=7)
    stranger = BooksTable(guest)
    for query in (Query.search("body", "harbour"), Query.equal("pages", 7), Query.order_desc("pages")):
        assert (stranger.find(query), stranger.total(query)) == ([], 0)


def test_blocked_user_cannot_read_public_rows(books, alice, server, expect_error):
    books.create("open", [Permission.read(Role.any())])
    Users(server).update_status(alice.id, False)
    with expect_error("user_blocked", 403):
        BooksTable(alice.client).get("open")


def test_row_permissions_apply_whether_a_caller_can_read_few_rows_or_many(books, alice, bob):
    """The emulator chooses its SQL query by how many rows the caller can read. The results must be the same."""
    rows = [
        {"$id": f"p{n}", "title": f"P {n}", "$permissions": [Permission.read(Role.users() if n % 2 else Role.any())]}
        for n in range(1200)
    ]
    for start in range(0, 1200, 100):
        books.tables.create_rows("lib", "books", rows[start : start + 100])
    books.create("hers", private_permissions(alice))
    newest = Query.order_desc("$sequence")
    assert BooksTable(alice.client).find(newest, Query.limit(2)) == ["hers", "p1199"]
    assert BooksTable(alice.client).total() == 1201
    assert BooksTable(bob.client).find(newest, Query.limit(2)) == ["p1199", "p1198"]
