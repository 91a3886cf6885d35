"""Indexes through the official SDK, and which indexes are valid."""

import pytest
from appwrite.query import Query

from tests.books import TABLE


def test_create_index(tables, expect_error):
    index = tables.create_index("lib", "books", "by_pages", "key", ["pages"], orders=["DESC"])
    assert (index.status, index.columns, index.orders) == ("processing", ["pages"], ["DESC"])
    with expect_error("column_index_already_exists", 409):
        tables.create_index("lib", "books", "by_pages", "key", ["pages"])
    with expect_error("column_unknown", 400):
        tables.create_index("lib", "books", "by_colour", "key", ["colour"])


def test_list_indexes(tables):
    matching = tables.list_indexes("lib", "books", [Query.equal("type", "unique")])
    assert [index.key for index in matching.indexes] == ["once"]


def test_get_index(tables):
    assert tables.get_index("lib", "books", "once").status == "available"


def test_delete_index_allows_duplicate_values(tables, books, expect_error):
    books.create("salt", slug="one")
    with expect_error("row_already_exists", 409):
        books.create("pepper", slug="ONE ")
    tables.delete_index("lib", "books", "once")
    books.create("pepper", slug="ONE ")
    with expect_error("column_index_not_found", 404):
        tables.get_index("lib", "books", "once")


def test_fulltext_index_includes_existing_rows(tables, books):
    books.create("salt", body="no words")
    tables.create_index("lib", "books", "titles", "fulltext", ["title"])
    books.create("pepper")
    assert books.find(Query.search("title", "pep")) == ["pepper"]
    assert books.find(Query.search("title", "salt")) == ["salt"]
    tables.delete_index("lib", "books", "titles")
    books.update("salt", title="Sugar")


@pytest.mark.parametrize(
    ("index", "type"),
    [
        ({"type": "key", "columns": ["pages"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["born"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["$createdAt"], "lengths": [1]}, "column_index_invalid"),
        ({"type": "key", "columns": ["title"], "lengths": [1, 2]}, "column_index_invalid"),
        ({"type": "key", "columns": ["title"], "key": "Primary"}, "column_index_invalid"),
        ({"type": "KEY", "columns": ["title"]}, "column_index_invalid"),
        ({"type": "tree", "columns": ["title"]}, "general_argument_invalid"),
        ({"type": "fulltext", "columns": ["title", "pages"]}, "column_index_invalid"),
        ({"type": "spatial", "columns": ["title"]}, "column_index_invalid"),
        ({"type": "key", "columns": ["tags", "tags"]}, "index_invalid"),
        ({"type": "key", "columns": ["nothing", "tags"]}, "column_unknown"),
        ({"type": "key", "columns": ["title"], "lengths": [2**31]}, "general_argument_invalid"),
        # The index is invalid and its key already exists. The invalid index is reported.
        ({"type": "key", "columns": ["pages"], "lengths": [1], "key": "once"}, "column_index_invalid"),
        # The four columns have 255 + 400 + 100 + 14 = 769 characters, one more than the limit.
        (
            {"type": "key", "columns": ["$id", "body", "slug", "title"], "lengths": [0, 400, 0, 14]},
            "column_index_invalid",
        ),
        ({"type": "key", "columns": ["body", "price"], "lengths": [767]}, "column_index_invalid"),
    ],
)
def test_invalid_indexes_are_rejected(call_api, books, index, type):
    assert call_api("POST", f"{TABLE}/indexes", json={"key": "new", **index})[1] == type


@pytest.mark.parametrize(
    ("index", "lengths"),
    [
        ({"type": "key", "columns": ["$id", "body", "slug", "title"], "lengths": [0, 400, 0, 13]}, [0, 400, 0, 13]),
        ({"type": "key", "columns": ["body", "price"], "lengths": [766]}, [766, 0]),
        ({"type": "fulltext", "columns": ["$id"]}, [0]),
        ({"type": "fulltext", "columns": ["title"], "lengths": [500]}, [500]),
        ({"type": "unique", "columns": ["title"], "lengths": [None]}, [0]),
    ],
)
def test_valid_indexes_are_created(call_api, books, index, lengths):
    status, _, created = call_api("POST", f"{TABLE}/indexes", json={"key": "new", **index})
    assert (status, created["lengths"]) == (202, lengths)
    assert call_api("DELETE", f"{TABLE}/indexes/new")[0] == 204
