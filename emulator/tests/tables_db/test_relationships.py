"""Relationships through the official SDK: reading, writing and deleting rows from either side."""

from typing import Any

import pytest
from appwrite.permission import Permission
from appwrite.query import Query
from appwrite.role import Role
from appwrite.services.databases import Databases
from appwrite.services.tables_db import TablesDB

from appwrite_emulator.testing import Emulator
from tests.conftest import KEY, client

pytestmark = pytest.mark.usefixtures("ignore_deprecations")  # methods with the older names are tested too

NAME = [{"key": "name", "type": "string", "size": 60}]


@pytest.fixture(scope="module")
def appwrite_checkpoint(appwrite_process: Emulator) -> str:
    """Save a checkpoint with three unrelated tables. Each test in this file starts from this checkpoint."""
    appwrite_process.reset()
    tables = TablesDB(client(appwrite_process, key=KEY))
    tables.create("lib", "Library")
    for table in ("authors", "books", "tags"):
        tables.create_table("lib", table, table.title(), columns=NAME)
    appwrite_process.checkpoint("unrelated tables")
    return "unrelated tables"


@pytest.fixture
def tables(server) -> TablesDB:
    return TablesDB(server)


def create_relationship(tables: TablesDB, table: str, related: str, type: str, **fields: Any) -> None:
    tables.create_relationship_column("lib", table, related, type, **fields)


def create(tables: TablesDB, table: str, row_id: str, **data: Any) -> dict[str, Any]:
    return dict(tables.create_row("lib", table, row_id, {"name": row_id, **data}).data)


def update(tables: TablesDB, table: str, row_id: str, **data: Any) -> dict[str, Any]:
    return dict(tables.update_row("lib", table, row_id, data).data)


def read(tables: TablesDB, table: str, row_id: str, *select: str) -> dict[str, Any]:
    return dict(tables.get_row("lib", table, row_id, [Query.select(list(select))] if select else None).data)


def ids(related: list[dict[str, Any]]) -> list[str]:
    return [row["$id"] for row in related]


def find_ids(tables: TablesDB, table: str, *queries: str) -> list[str]:
    return [row.id for row in tables.list_rows("lib", table, list(queries)).rows]


@pytest.fixture
def books(tables) -> TablesDB:
    """Create relationships from books to authors (two-way) and tags (one-way)."""
    create_relationship(
        tables, "books", "authors", "manyToOne", two_way=True, key="author", two_way_key="books", on_delete="setNull"
    )
    create_relationship(tables, "books", "tags", "manyToMany", key="tags", on_delete="setNull")
    return tables


# -- columns ----------------------------------------------------------------------------------------------------------


def test_create_relationship_column(tables, expect_error):
    column = tables.create_relationship_column("lib", "books", "authors", "manyToOne", two_way=True)
    assert (column.key, column.status.value, column.relationtype, column.side) == (
        "authors",
        "processing",
        "manyToOne",
        "parent",
    )
    other_side = tables.get_column("lib", "authors", "books")
    assert (other_side.relatedtable, other_side.twowaykey, other_side.side) == ("books", "authors", "child")
    with expect_error("table_not_found", 404):
        tables.create_relationship_column("lib", "books", "nothing", "manyToOne")


def test_two_way_key_is_a_column_only_in_two_way_relationships(tables):
    create_relationship(tables, "books", "authors", "oneToMany")
    assert tables.list_columns("lib", "authors").total == 1
    assert tables.get_column("lib", "books", "authors").twowaykey == "books"


@pytest.mark.parametrize(
    "duplicate",
    [
        {"related": "authors", "key": "author"},  # the same key
        {"related": "authors", "key": "writer"},  # the same two-way key
        {"related": "tags", "key": "name"},  # the key of an existing column of `tags`
    ],
)
def test_relationship_keys_are_unique(tables, expect_error, duplicate):
    create_relationship(tables, "books", "authors", "manyToOne", key="author")
    with expect_error("column_already_exists", 409):
        create_relationship(tables, "books", duplicate["related"], "manyToOne", key=duplicate["key"])


def test_two_tables_can_have_only_one_many_to_many_relationship(tables, expect_error):
    create_relationship(tables, "books", "tags", "manyToMany", key="tags", two_way_key="books")
    with expect_error("column_already_exists", 409):
        create_relationship(tables, "books", "tags", "manyToMany", key="more", two_way_key="others")


def test_update_relationship_column(books, expect_error):
    create(books, "books", "b1", author={"$id": "a1", "name": "Ann"})
    column = books.update_relationship_column("lib", "books", "author", on_delete="restrict", new_key="writer")
    assert (column.key, column.ondelete) == ("writer", "restrict")
    other_side = books.get_column("lib", "authors", "books")
    assert (other_side.twowaykey, other_side.ondelete) == ("writer", "restrict")
    assert read(books, "books", "b1", "writer.name")["writer"]["name"] == "Ann"
    with expect_error("column_type_invalid", 400):
        books.update_relationship_column("lib", "books", "name", on_delete="restrict")
    with expect_error("column_already_exists", 409):
        books.update_relationship_column("lib", "books", "writer", new_key="tags")


@pytest.mark.parametrize(("table", "key"), [("books", "author"), ("authors", "books")])
def test_deleting_a_relationship_removes_both_sides(books, table, key):
    create(books, "books", "b1", author={"$id": "a1", "name": "Ann"})
    books.delete_column("lib", table, key)
    assert [column.key for column in books.list_columns("lib", "authors").columns] == ["name"]
    assert "author" not in read(books, "books", "b1")
    create_relationship(books, "books", "authors", "oneToOne", key="author")
    assert read(books, "books", "b1")["author"] is None


@pytest.mark.parametrize("table", ["authors", "tags"])
def test_deleting_a_table_deletes_its_relationships(books, table):
    create(books, "books", "b1", author={"$id": "a1"}, tags=[{"$id": "t1"}])
    books.delete_table("lib", table)
    left = {"authors": {"name", "tags"}, "tags": {"name", "author"}}[table]
    assert {column.key for column in books.list_columns("lib", "books").columns} == left
    assert read(books, "books", "b1")["name"] == "b1"


def test_database_with_relationships_can_be_deleted(books):
    create(books, "books", "b1", author={"$id": "a1"}, tags=[{"$id": "t1"}])
    books.delete("lib")
    assert books.list().total == 0


def test_relationship_has_the_size_of_an_id_and_cannot_be_indexed(books, expect_error):
    assert books.get_table("lib", "books").bytesused == 1067 + 241 + 2 * 1021
    with expect_error("column_type_invalid", 400):
        books.create_index("lib", "books", "by_author", "key", ["author"])


# -- reading ----------------------------------------------------------------------------------------------------------


def test_related_rows_are_returned_when_selected(books):
    create(books, "books", "b1", author={"$id": "a1", "name": "Ann"}, tags=[{"$id": "t1"}, {"$id": "t2"}])
    assert read(books, "books", "b1") == {"name": "b1", "author": "a1"}
    assert read(books, "books", "b1", "name") == {"name": "b1"}
    assert read(books, "books", "b1", "author") == {"author": "a1"}
    whole = read(books, "books", "b1", "*", "author.*", "tags.name")
    assert (whole["author"]["name"], ids(whole["tags"])) == ("Ann", ["t1", "t2"])
    assert "books" not in whole["author"]
    only_tags = read(books, "books", "b1", "tags.*")
    assert set(only_tags) == {"tags"}
    assert [row["name"] for row in read(books, "authors", "a1", "books.name")["books"]] == ["b1"]


def test_related_rows_can_be_selected_two_levels_deep(tables):
    create_relationship(tables, "books", "authors", "manyToOne", key="author")
    create_relationship(tables, "authors", "tags", "manyToOne", key="tag")
    create_relationship(tables, "tags", "authors", "oneToOne", key="patron")
    create(tables, "books", "b1", author={"$id": "a1", "name": "Ann", "tag": {"$id": "t1", "name": "sea"}})
    update(tables, "tags", "t1", patron="a1")
    row = read(tables, "books", "b1", "author.tag.name")
    assert row["author"]["tag"]["name"] == "sea"
    assert "name" not in row["author"]
    assert "patron" not in read(tables, "books", "b1", "author.tag.*", "author.tag.patron.*")["author"]["tag"]


@pytest.mark.parametrize("wrong", ["nothing.name", "author.nothing", "name.author", "tags"])
def test_invalid_selections_are_rejected(books, expect_error, wrong):
    create(books, "books", "b1", author={"$id": "a1"})
    with expect_error("general_query_invalid", 400):
        read(books, "books", "b1", wrong)


def test_rows_are_found_by_values_of_related_rows(books):
    create(books, "books", "b1", author={"$id": "a1", "name": "Ann"}, tags=[{"$id": "t1", "name": "sea"}])
    create(books, "books", "b2", author={"$id": "a2", "name": "Bea"}, tags=["t1", {"$id": "t2", "name": "land"}])
    create(books, "books", "b3")
    assert find_ids(books, "books", Query.equal("author", ["a1", "a2"])) == ["b1", "b2"]
    assert find_ids(books, "books", Query.is_null("author")) == ["b3"]
    assert find_ids(books, "books", Query.equal("author.name", ["ann"])) == ["b1"]
    assert find_ids(books, "books", Query.contains("tags.name", ["an"])) == ["b2"]
    assert find_ids(books, "authors", Query.equal("books.name", ["b2"])) == ["a2"]
    assert find_ids(books, "authors", Query.equal("books.tags.name", ["sea"])) == ["a1", "a2"]
    assert books.list_rows("lib", "books", [Query.equal("author.name", ["Bea"])]).total == 1
    update(books, "authors", "a2", name="Cleo")
    assert books.list_rows("lib", "books", [Query.equal("author.name", ["Bea"])]).total == 0


def test_two_conditions_apply_to_the_same_related_row(books):
    create(books, "books", "b1", tags=[{"$id": "t1", "name": "sea"}, {"$id": "t2", "name": "land"}])
    one, other = Query.equal("tags.name", ["sea"]), Query.equal("tags.$id", ["t2"])
    assert find_ids(books, "books", one, other) == []
    assert find_ids(books, "books", one, Query.equal("tags.$id", ["t1"])) == ["b1"]


@pytest.mark.parametrize(
    "query",
    [
        Query.equal("books", ["b1"]),
        Query.is_null("books"),
        Query.order_asc("books"),
        Query.equal("books.nothing", ["b1"]),
        Query.or_queries([Query.equal("books.name", ["b1"]), Query.equal("name", ["a1"])]),
    ],
)
def test_invalid_relationship_queries_are_rejected(books, expect_error, query):
    with expect_error("general_query_invalid", 400):
        find_ids(books, "authors", query)


# -- writing ----------------------------------------------------------------------------------------------------------


def test_create_row_with_nested_rows(books):
    row = create(books, "books", "b1", author={"name": "Ann"}, tags=[{"name": "sea"}])
    assert (row["author"]["name"], row["tags"][0]["name"]) == ("Ann", "sea")
    assert books.list_rows("lib", "authors").total == 1
    assert create(books, "books", "b2", author=row["author"]["$id"])["author"]["name"] == "Ann"
    assert "author" not in create(books, "books", "b3")


def test_one_to_many_relationship_is_written_from_the_parent_side(books):
    for book in ("b1", "b2", "b3"):
        create(books, "books", book)
    assert ids(create(books, "authors", "a1", books=["b1", "b2"])["books"]) == ["b1", "b2"]
    assert ids(update(books, "authors", "a1", books=["b2", "b3", {"$id": "b4", "name": "new"}])["books"]) == [
        "b2",
        "b3",
        "b4",
    ]
    assert read(books, "books", "b1")["author"] is None
    assert update(books, "authors", "a1", books=[])["books"] == []


def test_many_to_many_rows_are_replaced_by_update_and_added_by_upsert(books):
    create(books, "books", "b1", tags=[{"$id": "t1"}, {"$id": "t2"}])
    assert ids(update(books, "books", "b1", tags=["t2", {"$id": "t3"}])["tags"]) == ["t2", "t3"]
    assert ids(books.upsert_row("lib", "books", "b1", {"name": "b1", "tags": ["t1"]}).data["tags"]) == [
        "t2",
        "t3",
        "t1",
    ]


def test_update_row_changes_nested_rows(books):
    create(books, "books", "b1", author={"$id": "a1", "name": "Ann"})
    assert update(books, "books", "b1", author={"$id": "a1", "name": "Anne"})["author"]["name"] == "Anne"
    assert update(books, "books", "b1", author=None)["author"] is None
    assert "author" not in update(books, "books", "b1", name="new")
    assert update(books, "books", "b1", author={"$id": "a2", "name": "Bea"})["author"]["name"] == "Bea"
    assert update(books, "books", "b1", name="newer")["author"]["name"] == "Bea"


def test_upsert_row_with_nested_rows(books):
    row = books.upsert_row("lib", "books", "b1", {"name": "b1", "author": {"$id": "a1", "name": "Ann"}}).data
    assert row["author"]["name"] == "Ann"
    assert books.upsert_row("lib", "books", "b1", {"name": "again"}).data["author"]["name"] == "Ann"


def test_unknown_related_id_is_kept_by_create_and_dropped_by_update(books):
    assert create(books, "books", "b1", author="nobody")["author"] == {"$databaseId": "lib", "$tableId": "authors"}
    assert read(books, "books", "b1")["author"] == "nobody"
    assert read(books, "books", "b1", "author.*")["author"] == []
    assert update(books, "books", "b1", author="nobody-else")["author"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": ["a1"]},
        {"author": 5},
        {"author": {"$id": "-"}},
        {"author": "not an id"},
        {"tags": "t1"},
        {"tags": {"$id": "t9"}},
        {"tags": [5]},
        {"tags": [["t1"]]},
        {"author": {"$id": "a2", "$permissions": ["nonsense"]}},
    ],
)
def test_invalid_relationship_values_are_rejected(books, expect_error, wrong):
    create(books, "books", "b1", author={"$id": "a1"}, tags=[{"$id": "t1"}])
    with expect_error("relationship_value_invalid", 400):
        create(books, "books", "b2", **wrong)
    with expect_error("relationship_value_invalid", 400):
        update(books, "books", "b1", **wrong)
    assert find_ids(books, "books") == ["b1"]


def test_nested_row_is_validated_against_its_table(books, expect_error):
    with expect_error("row_invalid_structure", 400):
        create(books, "books", "b1", author={"$id": "a1", "colour": "red"})
    assert find_ids(books, "books") == find_ids(books, "authors") == []


def test_rows_nested_too_deeply_are_dropped(tables):
    create_relationship(tables, "books", "authors", "manyToOne", key="author")
    create_relationship(tables, "authors", "tags", "manyToOne", key="tag")
    create_relationship(tables, "tags", "books", "manyToOne", key="book")
    deep = {"$id": "a1", "tag": {"$id": "t1", "book": {"$id": "b9"}}}
    create(tables, "books", "b1", author=deep)
    assert read(tables, "tags", "t1")["book"] is None
    assert find_ids(tables, "books") == ["b1"]


def test_one_to_one_is_unique_on_both_sides(tables, expect_error):
    create_relationship(
        tables, "books", "authors", "oneToOne", two_way=True, key="author", two_way_key="book", on_delete="setNull"
    )
    create(tables, "books", "b1", author={"$id": "a1"})
    assert read(tables, "authors", "a1", "book.name")["book"]["name"] == "b1"
    with expect_error("row_already_exists", 409):
        create(tables, "books", "b2", author="a1")
    update(tables, "books", "b1", author=None)
    assert read(tables, "authors", "a1")["book"] is None
    assert create(tables, "books", "b2", author="a1")["author"]["$id"] == "a1"
    tables.delete_row("lib", "books", "b2")
    assert read(tables, "authors", "a1")["book"] is None


def test_one_way_relationship_is_not_visible_from_the_other_side(tables, expect_error):
    create_relationship(tables, "books", "authors", "oneToOne", key="author", two_way_key="book")
    with expect_error("relationship_value_invalid", 400):
        create(tables, "authors", "a1", book={"$id": "b1"})
    create_relationship(tables, "authors", "tags", "oneToMany", key="tags", two_way_key="author")
    assert ids(create(tables, "authors", "a1", tags=[{"$id": "t1"}])["tags"]) == ["t1"]
    assert read(tables, "tags", "t1") == {"name": None}
    assert read(tables, "authors", "a1", "tags.*")["tags"][0]["$id"] == "t1"


def test_table_can_be_related_to_itself(tables):
    create_relationship(
        tables, "tags", "tags", "manyToOne", two_way=True, key="under", two_way_key="over", on_delete="cascade"
    )
    create(tables, "tags", "sea", under={"$id": "water"})
    create(tables, "tags", "lake", under="water")
    assert ids(read(tables, "tags", "water", "over.*")["over"]) == ["sea", "lake"]
    tables.delete_row("lib", "tags", "water")
    assert find_ids(tables, "tags") == []


def test_very_deep_nesting_is_rejected(tables, expect_error):
    create_relationship(tables, "tags", "tags", "manyToOne", key="under")
    deep: dict[str, Any] = {"name": "last"}
    for _ in range(450):
        deep = {"under": deep}
    with expect_error("relationship_value_invalid", 400):
        tables.create_row("lib", "tags", "t1", deep)
    assert find_ids(tables, "tags") == []


def test_bulk_changes_are_rejected_in_tables_with_relationships(books, expect_error):
    create(books, "books", "b1")
    for change in (
        lambda: books.create_rows("lib", "books", [{"name": "x"}]),
        lambda: books.upsert_rows("lib", "books", [{"name": "x"}]),
        lambda: books.update_rows("lib", "books", {"name": "x"}),
        lambda: books.delete_rows("lib", "books"),
    ):
        with expect_error("general_bad_request", 400):
            change()
    assert find_ids(books, "books") == ["b1"]


def test_nested_rows_are_stored_at_commit(books):
    waiting = books.create_transaction().id
    books.create_row(
        "lib", "books", "b1", {"name": "b1", "author": {"$id": "a1", "name": "Ann"}}, transaction_id=waiting
    )
    assert find_ids(books, "authors") == []
    books.update_transaction(waiting, commit=True)
    assert read(books, "books", "b1", "author.*")["author"]["name"] == "Ann"
    removing = books.create_transaction().id
    books.delete_row("lib", "authors", "a1", transaction_id=removing)
    books.update_transaction(removing, commit=True)
    assert read(books, "books", "b1")["author"] is None


# -- deleting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["oneToOne", "oneToMany", "manyToMany"])
def test_restrict_prevents_deleting_the_parent(tables, expect_error, type):
    create_relationship(tables, "books", "tags", type, key="held")
    create(tables, "books", "b1", held={"$id": "t1"} if type == "oneToOne" else [{"$id": "t1"}])
    with expect_error("row_delete_restricted", 403):
        tables.delete_row("lib", "books", "b1")
    tables.delete_row("lib", "tags", "t1")
    tables.delete_row("lib", "books", "b1")


def test_restrict_prevents_deleting_a_many_to_one_target(tables, expect_error):
    create_relationship(tables, "books", "authors", "manyToOne", key="author", on_delete="restrict")
    create(tables, "books", "b1", author={"$id": "a1"})
    with expect_error("row_delete_restricted", 403):
        tables.delete_row("lib", "authors", "a1")
    tables.delete_row("lib", "books", "b1")
    tables.delete_row("lib", "authors", "a1")


@pytest.mark.parametrize("type", ["oneToOne", "oneToMany", "manyToMany"])
def test_cascade_deletes_related_rows(tables, type):
    create_relationship(
        tables, "books", "tags", type, two_way=True, key="held", two_way_key="holder", on_delete="cascade"
    )
    create(tables, "books", "b1", held={"$id": "t1"} if type == "oneToOne" else [{"$id": "t1"}, {"$id": "t2"}])
    tables.delete_row("lib", "books", "b1")
    assert find_ids(tables, "tags") == []


def test_cascade_continues_through_tables(tables):
    create_relationship(
        tables, "authors", "books", "oneToMany", two_way=True, key="books", two_way_key="author", on_delete="cascade"
    )
    create_relationship(
        tables, "books", "tags", "oneToMany", two_way=True, key="tags", two_way_key="book", on_delete="cascade"
    )
    create(tables, "authors", "a1", books=[{"$id": "b1", "tags": [{"$id": "t1"}]}, {"$id": "b2"}])
    tables.delete_row("lib", "authors", "a1")
    assert find_ids(tables, "books") == find_ids(tables, "tags") == []


@pytest.mark.parametrize("type", ["oneToOne", "oneToMany", "manyToOne", "manyToMany"])
def test_set_null_unlinks_related_rows(tables, type):
    many = type in ("oneToMany", "manyToMany")
    create_relationship(
        tables, "books", "tags", type, two_way=True, key="held", two_way_key="holder", on_delete="setNull"
    )
    create(tables, "books", "b1", held=[{"$id": "t1"}] if many else {"$id": "t1"})
    create(tables, "books", "b2")
    tables.delete_row("lib", "tags", "t1")
    assert read(tables, "books", "b1", "held.*")["held"] == ([] if many else None)
    create(tables, "books", "b3", held=[{"$id": "t3"}] if many else {"$id": "t3"})
    tables.delete_row("lib", "books", "b3")
    assert find_ids(tables, "tags") == ["t3"]


# -- permissions ------------------------------------------------------------------------------------------------------


ANYBODY = [Permission.read(Role.any()), Permission.create(Role.users()), Permission.update(Role.users())]


@pytest.fixture
def shared(books) -> TablesDB:
    """Let anyone read books and users write them. Authors have row security. Create two books with an author each."""
    books.update_table("lib", "books", "Books", ANYBODY)
    books.update_table("lib", "authors", "Authors", [Permission.create(Role.users())], row_security=True)
    books.update_table("lib", "tags", "Tags", [Permission.read(Role.any())])
    open_, hidden = [Permission.read(Role.any())], []
    books.create_row("lib", "authors", "a1", {"name": "Ann"}, open_)
    books.create_row("lib", "authors", "a2", {"name": "Bea"}, hidden)
    create(books, "books", "b1", author="a1")
    create(books, "books", "b2", author="a2")
    return books


def test_related_rows_require_read_permission(shared, guest):
    rows = TablesDB(guest).list_rows("lib", "books", [Query.select(["author.name"])]).rows
    assert [row.data["author"] and row.data["author"]["name"] for row in rows] == ["Ann", []]
    assert find_ids(TablesDB(guest), "books", Query.equal("author.name", ["Ann", "Bea"])) == ["b1"]


def test_unreadable_table_cannot_be_read_through_a_relationship(shared, guest, expect_error):
    shared.update_table("lib", "authors", "Authors", [])
    with expect_error("user_unauthorized", 401):
        read(TablesDB(guest), "books", "b1", "author.name")
    assert find_ids(TablesDB(guest), "books", Query.equal("author.name", ["Ann"])) == []
    assert read(TablesDB(guest), "books", "b1")["author"] == "a1"


def test_nested_rows_require_and_inherit_permissions(shared, alice, guest, expect_error):
    mine = TablesDB(alice.client)
    row = mine.create_row("lib", "books", "b3", {"name": "b3", "author": {"$id": "a3", "name": "Cleo"}}).data
    assert row["author"]["$permissions"] == [f'{action}("user:alice")' for action in ("read", "update", "delete")]
    with expect_error("user_unauthorized", 401):
        mine.create_row("lib", "books", "b4", {"name": "b4", "tags": [{"$id": "t1", "name": "sea"}]})
    with expect_error("user_unauthorized", 401):
        granted = {"$id": "a4", "name": "Dora", "$permissions": ['read("user:bob")']}
        mine.create_row("lib", "books", "b4", {"name": "b4", "author": granted})
    with expect_error("user_unauthorized", 401):
        mine.update_row("lib", "books", "b1", {"author": {"$id": "a1", "name": "Mine"}})
    assert find_ids(shared, "books") == ["b1", "b2", "b3"]


def test_nested_row_that_exists_is_updated_only_with_row_security(books, expect_error):
    create(books, "authors", "a1")
    with expect_error("user_unauthorized", 401):
        create(books, "books", "b1", author={"$id": "a1", "name": "Ann"})
    books.update_table("lib", "authors", "Authors", row_security=True)
    assert create(books, "books", "b1", author={"$id": "a1", "name": "Ann"})["author"]["name"] == "Ann"


def test_cascade_requires_delete_permission(shared, alice, expect_error):
    shared.update_relationship_column("lib", "books", "author", on_delete="cascade")
    shared.update_table("lib", "authors", "Authors", [Permission.delete(Role.users())], row_security=True)
    with expect_error("user_unauthorized", 401):
        TablesDB(alice.client).delete_row("lib", "authors", "a1")
    assert find_ids(shared, "authors") == ["a1", "a2"]


# -- older names ------------------------------------------------------------------------------------------------------


def test_relationships_work_under_the_older_names(books, server, expect_error):
    older = Databases(server)
    document = older.create_document("lib", "books", "b1", {"name": "b1", "author": {"$id": "a1", "name": "Ann"}})
    assert document.data["author"]["$collectionId"] == "authors"
    assert older.get_attribute("lib", "books", "author").relatedcollection == "authors"
    assert older.get_collection("lib", "books").attributes[1].relatedcollection == "authors"
    assert older.list_attributes("lib", "authors").attributes[1].twowaykey == "author"
    tags = older.get_document("lib", "books", "b1", [Query.select(["tags.*"])]).data["tags"]
    assert tags == []
    older.update_relationship_attribute("lib", "books", "author", on_delete="restrict")
    with expect_error("document_delete_restricted", 403):
        older.delete_document("lib", "authors", "a1")
    with expect_error("relationship_value_invalid", 400):
        older.update_document("lib", "books", "b1", {"author": ["a1"]})
