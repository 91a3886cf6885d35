"""Increment, decrement and operators, in cases that have no recording. The results follow MariaDB's arithmetic."""

import json
from typing import Any

import pytest
from appwrite.client import Client

from appwrite_emulator.testing import Emulator
from tests.books import ROWS, BooksTable, create_books_table
from tests.conftest import KEY, client

STRUCTURE = (400, "row_invalid_structure")


@pytest.fixture(scope="module")
def appwrite_checkpoint(appwrite_process: Emulator) -> str:
    """Save a checkpoint with one book and several number columns. Each test starts from this checkpoint."""
    appwrite_process.reset()
    server = client(appwrite_process, key=KEY)
    tables = create_books_table(server)
    tables.create_integer_column("lib", "books", "stars", False)
    tables.create_big_int_column("lib", "books", "views", False, default=7)
    tables.create_integer_column("lib", "books", "marks", False, array=True)
    numbers = {"pages": 10, "price": 1.5, "stars": 3, "tags": ["a", "b"], "marks": [3, 1, 3]}
    BooksTable(server).create("salt", title="Salt", **numbers)
    appwrite_process.checkpoint("books with numbers")
    return "books with numbers"


@pytest.fixture
def books(server: Client) -> BooksTable:
    return BooksTable(server)


@pytest.fixture
def count(call_api):
    def counted(row_id: str, column: str, way: str = "increment", **body: Any) -> Any:
        status, type, row = call_api("PATCH", f"{ROWS}/{row_id}/{column}/{way}", json=body)
        return row[column] if status == 200 else (status, type)

    return counted


@pytest.fixture
def operate(call_api):
    """Return a function that applies an operator to a column of `salt` and returns the new value or the error."""

    def operated(column: str, method: str, *values: Any) -> Any:
        text = json.dumps({"method": method, "values": list(values)})
        status, type, row = call_api("PATCH", f"{ROWS}/salt", json={"data": {column: text}})
        return row[column] if status == 200 else (status, type)

    return operated


# -- increment and decrement ------------------------------------------------------------------------------------------


def test_fractional_increment_returns_the_fraction_but_stores_an_integer(books, count):
    assert count("salt", "pages", value=2.25) == 12.25
    assert books.get("salt").data["pages"] == 12
    assert count("salt", "pages", "decrement", value=0.5) == 11.5
    assert books.get("salt").data["pages"] == 12


def test_increment_of_null_returns_a_number_but_stores_nothing(books, count):
    books.create("wind")
    assert count("wind", "pages", value=3) == 3
    assert count("wind", "price", "decrement", value=0.5) == -0.5
    wind = books.get("wind").data
    assert (wind["pages"], wind["price"]) == (None, None)
    assert count("wind", "pages", value=9, max=5) == (400, "column_limit_exceeded")


def test_increment_beyond_the_size_of_the_column_is_rejected(books, count):
    assert count("salt", "pages", value=2**31) == (400, "column_limit_exceeded")
    assert count("salt", "stars", value=2**31) == 2**31 + 3
    assert count("salt", "stars", value=1e19) == (400, "column_limit_exceeded")


# -- operators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "values", "pages"),
    [
        ("increment", ["2"], 12),
        ("increment", [2.5], 12),
        ("increment", [3.5], 14),
        ("increment", [5, 12], 12),
        ("increment", [5, 4], 4),
        ("increment", [1, None], 11),
        ("increment", [1, None, "x"], 11),
        ("decrement", [9, 4], 4),
        ("multiply", [2, 5], 5),
        ("multiply", [-2], -20),
        ("divide", [4], 3),
        ("divide", [4.0], 2),
        ("divide", [2, 7], 7),
        ("modulo", [4], 2),
        ("power", [2], 100),
        ("power", [2, 50], 50),
        ("increment", [], STRUCTURE),
        ("increment", ["two"], STRUCTURE),
        ("increment", [True], STRUCTURE),
        ("increment", [1, "many"], STRUCTURE),
        ("divide", [0], STRUCTURE),
        ("modulo", ["0"], STRUCTURE),
        ("toggle", [], STRUCTURE),
        # If the operator has no limit, the result must fit in four bytes, even in a column of eight bytes.
        ("increment", [2**31], STRUCTURE),
        ("power", [10], STRUCTURE),
    ],
)
def test_operators_change_integers(books, operate, method, values, pages):
    assert operate("pages", method, *values) == pages


def test_increment_operator_rejects_64_bit_integers(books, operate):
    assert operate("views", "increment", 1) == STRUCTURE
    assert operate("stars", "increment", 2**31) == STRUCTURE
    assert operate("price", "increment", 2**31) == 2**31 + 1.5


@pytest.mark.parametrize(
    ("column", "method", "values", "outcome"),
    [
        ("title", "stringConcat", ["!", "?"], "Salt!"),
        ("title", "stringConcat", [], STRUCTURE),
        ("title", "stringConcat", [5], STRUCTURE),
        # The operator's limit counts bytes, not characters.
        ("title", "stringConcat", ["x" * 96], "Salt" + "x" * 96),
        ("title", "stringConcat", ["å" * 49], STRUCTURE),
        ("state", "stringConcat", ["!"], "draft!"),
        ("slug", "stringConcat", ["new"], "new"),
        ("slug", "stringReplace", ["a", "b"], None),
        ("title", "stringReplace", ["s", "b"], "Salt"),
        ("title", "stringReplace", ["a"], STRUCTURE),
        ("born", "dateAddDays", [1], None),
        ("born", "dateAddDays", [1.5], STRUCTURE),
        ("tags", "stringConcat", ["c"], STRUCTURE),
        ("lent", "toggle", [], True),
    ],
)
def test_operators_change_strings_datetimes_and_booleans(books, operate, column, method, values, outcome):
    assert operate(column, method, *values) == outcome


def test_date_operator_beyond_the_range_of_datetimes_is_rejected(books, operate):
    books.update("salt", born="1001-01-01")
    assert operate("born", "dateSubDays", 366) == STRUCTURE
    assert operate("born", "dateSubDays", 365) == "1000-01-01T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("column", "method", "values", "outcome"),
    [
        ("tags", "arrayAppend", [], ["a", "b"]),
        ("tags", "arrayAppend", [5, "long" * 20], ["a", "b", 5, "long" * 20]),
        ("marks", "arrayAppend", [2**31], STRUCTURE),
        ("tags", "arrayInsert", [2, "c"], ["a", "b", "c"]),
        ("tags", "arrayInsert", [3, "c"], STRUCTURE),
        ("tags", "arrayInsert", [-1, "c"], STRUCTURE),
        ("tags", "arrayInsert", ["0", "c"], STRUCTURE),
        ("tags", "arrayInsert", [0], STRUCTURE),
        ("tags", "arrayRemove", [], STRUCTURE),
        ("tags", "arrayRemove", ["c"], ["a", "b"]),
        ("marks", "arrayRemove", ["3"], [1]),
        ("marks", "arrayUnique", [], [3, 1]),
        ("tags", "arrayIntersect", [], STRUCTURE),
        ("tags", "arrayIntersect", ["b", "c"], ["b"]),
        ("tags", "arrayDiff", [], ["a", "b"]),
        ("marks", "arrayFilter", ["greaterThan", 2], [3, 3]),
        ("marks", "arrayFilter", ["notEqual", "3"], [1]),
        ("tags", "arrayFilter", ["greaterThan", 1], []),
        ("tags", "arrayFilter", ["isNotNull"], ["a", "b"]),
        ("tags", "arrayFilter", ["like", "a"], STRUCTURE),
        ("tags", "arrayFilter", [], STRUCTURE),
        ("title", "arrayAppend", ["c"], STRUCTURE),
    ],
)
def test_operators_change_arrays(books, operate, column, method, values, outcome):
    assert operate(column, method, *values) == outcome


def test_array_insert_into_null_stores_nothing(books, call_api):
    books.create("wind")
    insert = json.dumps({"method": "arrayInsert", "values": [0, "c"]})
    assert call_api("PATCH", f"{ROWS}/wind", json={"data": {"tags": insert}})[2]["tags"] == []
    append = json.dumps({"method": "arrayAppend", "values": ["c"]})
    assert call_api("PATCH", f"{ROWS}/wind", json={"data": {"tags": append}})[2]["tags"] == ["c"]


@pytest.mark.parametrize("more", [{"values": 5}, {"values": "x"}, {"attribute": 5}])
def test_malformed_operator_is_rejected(books, call_api, more):
    for column in ("pages", "title"):
        text = json.dumps({"method": "increment", "values": [1], **more})
        assert call_api("PATCH", f"{ROWS}/salt", json={"data": {column: text}})[:2] == (400, "general_bad_request")


def test_operator_in_a_new_row_applies_to_the_default(books, call_api):
    text = json.dumps({"method": "stringConcat", "values": ["!"]})
    status, _, row = call_api("PUT", f"{ROWS}/wind", json={"data": {"title": "Wind", "state": text, "slug": text}})
    assert (status, row["state"], row["slug"]) == (200, "draft!", "!")
    # POST stores the operator as a plain string.
    assert call_api("POST", ROWS, json={"rowId": "sea", "data": {"title": text}})[2]["title"] == text
