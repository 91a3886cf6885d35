"""Row queries that have no recording: MariaDB's string comparison, search, cursors, totals and invalid queries."""

import json

import pytest
import requests
from appwrite.query import Query

from appwrite_emulator.testing import Emulator
from tests.books import ROWS, BooksTable, create_books_table
from tests.conftest import KEY, SERVER, client
from tests.queries import query_params


@pytest.fixture(scope="module")
def appwrite_checkpoint(appwrite_process: Emulator) -> str:
    """Save a checkpoint with the books table. Each test in this file starts from this checkpoint."""
    appwrite_process.reset()
    create_books_table(client(appwrite_process, key=KEY))
    appwrite_process.checkpoint("books")
    return "books"


@pytest.fixture
def books(server) -> BooksTable:
    return BooksTable(server)


# -- comparison -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "queried"),
    [("Zoë", "zoe"), ("ÅRBOK", "arbok"), ("Straße", "STRASE"), ("café", "CAFE  "), ("ΆΛΦΑ", "αλφα"), ("Ёлка", "елка")],
)
def test_equal_ignores_case_accents_and_trailing_spaces(books, stored, queried):
    books.create("row", title=stored)
    assert books.find(Query.equal("title", queried)) == ["row"]


@pytest.mark.parametrize(
    ("stored", "queried"), [("Ann", " Ann"), ("😀", "🎉"), ("东京", "京都"), ("Øl", "Ol"), ("æ", "ae")]
)
def test_strings_that_differ_in_other_ways_are_not_equal(books, stored, queried):
    books.create("row", title=stored)
    assert books.find(Query.equal("title", queried)) == []


def test_trailing_spaces_count_in_partial_matches(books):
    books.create("row", title="Salt")
    assert books.find(Query.starts_with("title", "Salt ")) == []
    assert books.find(Query.contains("title", ["LT"])) == ["row"]


@pytest.fixture
def three_books(books: BooksTable) -> BooksTable:
    books.create("salt", pages=300, price=12.0, lent=True, tags=["sea"])
    books.create("wind", pages=48, price=9.5)
    books.create("salty_roads", title="Salty roads", pages=1300, price=12.25)
    return books


def query_rows(call_api, method, attribute, *values):
    status, type, page = call_api("GET", ROWS, params=query_params(method, attribute, *values))
    return [row["$id"] for row in page["rows"]] if status == 200 else type


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        (("startsWith", "pages", 30), ["salt"]),
        (("notStartsWith", "pages", 3), ["wind", "salty_roads"]),
        (("endsWith", "pages", 300), ["salt", "salty_roads"]),
        (("startsWith", "price", 12.0), ["salt", "salty_roads"]),
        (("endsWith", "price", 5), ["wind", "salty_roads"]),
        (("startsWith", "lent", True), ["salt"]),
        (("containsAny", "title", "wind", "road"), ["wind", "salty_roads"]),
        # For a string column, containsAll compares the whole string, and the value can contain SQL wildcards.
        (("containsAll", "title", "SALT"), ["salt"]),
        (("containsAll", "title", "alt"), []),
        (("containsAll", "title", "salt%", "w_nd"), ["salt", "wind", "salty_roads"]),
        (("isNull", "born"), ["salt", "wind", "salty_roads"]),
        (("isNotNull", "pages", 5), ["salt", "wind", "salty_roads"]),
        (("isNotNull", "pages", "five"), "general_query_invalid"),
        (("startsWith", "pages", "3"), "general_query_invalid"),
        (("startsWith", "tags", "s"), "general_query_invalid"),
        # The column's maximum is 5,000, so its values are stored in four bytes.
        (("equal", "pages", 2**31), "general_query_invalid"),
        (("equal", "pages", 2**31 - 1), []),
        (("equal", "$sequence", 2**31), []),
    ],
)
def test_columns_of_every_type_can_be_queried(call_api, three_books, query, ids):
    assert query_rows(call_api, *query) == ids


@pytest.mark.parametrize(
    "query",
    ['{"method":"limit","attribute":null,"values":[1]}', '{"method":"isNull","attribute":"born","values":null}'],
)
def test_null_in_a_query_is_ignored(call_api, three_books, query):
    assert call_api("GET", ROWS, params={"queries[0]": query})[0] == 200


def test_internal_attributes_can_be_selected(call_api, three_books):
    status, _, row = call_api("GET", f"{ROWS}/salt", params=query_params("select", "", "$collection", "$tenant"))
    assert (status, row["$id"], "title" in row) == (200, "salt", False)
    assert call_api("GET", f"{ROWS}/salt", params=query_params("select", "", "$tableId"))[:2] == (
        400,
        "general_query_invalid",
    )


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("9999-12-31T23:59:59Z", True),
        ("9999-12-31T23:59:59.000+00:00", True),
        ("9999-12-31T23:59:58.999Z", True),
        ("9999-06-01T12:00:00.123Z", True),
        ("9999-12-31T23:59:59.001Z", False),
        ("9999-12-31T23:59:59.999+00:00", False),
        ("9999-12-31T23:59:59.5+02:00", True),
        ("9999-12-31T22:59:59.5-01:00", False),
        ("9999-12-31T23:59:59-01:00", False),
        ("1000-01-01T00:00:00Z", True),
        ("1000-01-01T00:30:00+01:00", False),
    ],
)
def test_latest_datetime_is_the_end_of_9999(books, expect_error, moment, allowed):
    if allowed:
        books.create("row", born=moment)
        assert books.find(Query.equal("born", moment)) == ["row"]
        return
    with expect_error("row_invalid_structure", 400):
        books.create("row", born=moment)
    with expect_error("general_query_invalid", 400):
        books.find(Query.less_than("born", moment))


# -- search -----------------------------------------------------------------------------------------------------------


def test_search_matches_any_word_by_prefix_and_skips_stop_words(books):
    books.create("a", body="The harbour smells of salt.")
    books.create("b", body="<p>Salted fish &amp; chips</p>")
    books.create("c", body="A manual of weather")
    assert books.find(Query.search("body", "weather fish")) == ["b", "c"]
    assert books.find(Query.search("body", "salt")) == ["a", "b"]
    assert books.find(Query.search("body", "of the")) == []
    assert books.find(Query.search("body", '"smells of salt"')) == ["a"]
    assert books.find(Query.search("body", '"salt of smells"')) == []
    assert books.find(Query.search("body", '" OR 1=1 --')) == []


SEARCHED = {
    "don": "I don't know.",
    "donkey": "A donkey",
    "tea": "Tea for two",
    "teapot": "The teapot",
    "rock": "Rock'n'roll",
    "number": "Room 100",
    "thousand": "Room 1000",
    "ai": "AI",
    "aid": "First aid",
}


# The expected results are derived from Appwrite's getFulltextValue() and InnoDB's lexer for boolean mode.
@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("don't", ["don", "donkey"]),  # Appwrite appends `*` to `don`; the `t` is too short to be a word
        ("don’t", ["don", "donkey"]),
        ("rock'n'rol", ["rock"]),
        ("'tea", ["tea", "teapot"]),
        ("tea", ["tea", "teapot"]),
        ("tea!", ["tea", "teapot"]),
        ("tea -", ["tea", "teapot"]),  # Appwrite removes operators before it appends the `*`
        ("tea &", ["tea"]),  # Appwrite appends `*` to `&`, which is not a word
        ("tea ?", ["tea"]),
        ("teap &", []),
        ("tea %", ["tea", "teapot"]),  # percent signs are ignored
        ("100%", ["number", "thousand"]),
        ("% tea", ["tea", "teapot"]),
        ("ai", ["aid"]),  # two-letter words are not indexed, but a prefix can have two letters
        ("ai &", []),
        ("donk don", ["don", "donkey"]),
        ("+tea* -pot", ["tea"]),
        ('"%"', []),
        ('"', []),
        ("&", []),
        ("0", []),
        ("@-+", []),
        ("x" * 85, []),
    ],
)
def test_search_parses_punctuation_as_mariadb_does(books, search, expected):
    for id, body in SEARCHED.items():
        books.create(id, body=body)
    assert books.find(Query.search("body", search)) == expected


@pytest.mark.parametrize("search", ["%", "%%", " % ", "% %", "-%", "%+%", '(%"', "~%<"])
@pytest.mark.parametrize("method", [Query.search, Query.not_search])
def test_search_for_only_percent_signs_fails_as_on_the_real_server(books, expect_error, method, search):
    with expect_error("general_unknown", 500):
        books.find(method("body", search))


@pytest.mark.parametrize(
    ("search", "expected"),
    [("ada", ["ada", "adam"]), ("ada &", ["ada"]), ("o'hara", ["ada"]), ("li", ["adam"]), ("xy ada", ["ada", "adam"])],
)
def test_users_are_searched_by_the_same_rules(users, search, expected):
    users.create("ada", name="O'Hara Xy")
    users.create("adam", name="Lise")
    assert [user.id for user in users.list(search=search).users] == expected


def test_user_search_for_only_percent_signs_fails(users, expect_error):
    with expect_error("general_unknown", 500):
        users.list(search="%")


def test_search_finds_updated_values(books):
    books.create("a", body="harbour")
    books.update("a", body="weather")
    assert (books.find(Query.search("body", "harbour")), books.find(Query.search("body", "weather"))) == ([], ["a"])
    books.update("a", title="Nothing about the body")
    assert books.find(Query.search("body", "weather")) == ["a"]


# -- pages and totals -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("column", ["pages", "title", "born", "$createdAt", "$id"])
def test_cursor_pages_show_every_row_once(books, down, column):
    """Page in both directions. Some rows have equal sort keys."""
    rows = [
        {"$id": f"p{n:02}", "title": f"T {n % 3}", "pages": n % 4, "born": f"2024-01-{n % 5 + 1:02}"} for n in range(23)
    ]
    books.tables.create_rows("lib", "books", rows)
    order = Query.order_desc(column) if down else Query.order_asc(column)
    whole = books.find(order, Query.limit(100))
    seen: list[str] = []
    while page := books.find(order, Query.limit(5), *([Query.cursor_after(seen[-1])] if seen else [])):
        seen += page
    assert seen == whole
    assert books.find(order, Query.cursor_before(whole[10]), Query.limit(4)) == whole[6:10]


@pytest.mark.parametrize("indexed", [True, False])
def test_index_does_not_change_query_results(books, indexed):
    if not indexed:
        books.tables.delete_index("lib", "books", "newest")
        books.tables.create_index("lib", "books", "by_state", "key", ["state"])
    rows = [
        {"title": f"T {n}", "$id": f"p{n}", "state": "out" if n % 3 else "draft", "born": f"2024-01-01T{n % 24:02}:00Z"}
        for n in range(1600)
    ]
    for start in range(0, 1600, 100):
        books.tables.create_rows("lib", "books", rows[start : start + 100])
    expected = sorted((n for n in range(1600) if n % 3), key=lambda n: (-(n % 24), n))
    queries = (Query.equal("state", "out"), Query.order_desc("born"))
    assert books.find(*queries, Query.limit(30)) == [f"p{n}" for n in expected[:30]]
    assert books.find(*queries, Query.limit(5), Query.offset(1000)) == [f"p{n}" for n in expected[1000:1005]]
    assert books.total(*queries) == len(expected)


def test_totals_are_correct_after_every_change(books):
    for n in range(3):
        books.create(f"p{n}", pages=n)
        assert books.total(Query.less_than("pages", 5)) == n + 1
    books.update("p1", pages=9)
    assert books.total(Query.less_than("pages", 5)) == 2
    books.delete("p0")
    assert books.total(Query.less_than("pages", 5)) == 1


# -- invalid queries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "",
        "[" * 4000,
        '{"method":"equal","attribute":"title","values":["x"],"extra":' + "[" * 3000 + "]" * 3000 + "}",
        '{"method":"constructor","attribute":"title","values":["x"]}',
        json.dumps({"method": "equal", "attribute": 'title" OR 1=1 --', "values": ["x"]}),
        json.dumps({"method": "equal", "attribute": "_permissions", "values": ["x"]}),
        json.dumps({"method": "equal", "attribute": "$sequence", "values": [2**63]}),
        json.dumps({"method": "limit", "values": [2**63]}),
        json.dumps({"method": "select", "values": ["title", "_id"]}),
        json.dumps({"method": "cursorAfter", "values": [{"$id": "x"}]}),
        Query.regex("title", "(a+)+$"),
        Query.or_queries([Query.equal("title", "x"), Query.limit(1)]),
    ],
)
def test_hostile_queries_are_rejected(books, query):
    response = requests.get(
        f"{books.tables.client._endpoint}/tablesdb/lib/tables/books/rows",
        params={"queries[0]": query},
        headers=SERVER,
        timeout=20,
    )
    assert response.status_code == 400
    assert response.json()["type"] in ("general_query_invalid", "general_argument_invalid")


def test_deeply_nested_query_succeeds(books):
    books.create("salt", pages=1)
    query = Query.equal("pages", 1)
    while len(nested := Query.or_queries([query, Query.is_null("pages")])) <= 4096:
        query = nested
    assert books.find(query) == ["salt"]
