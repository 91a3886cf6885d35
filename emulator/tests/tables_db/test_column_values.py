"""Values and defaults that columns accept."""

import pytest

from tests.books import ROWS, TABLE

# -- defaults ---------------------------------------------------------------------------------------------------------


TOO_LONG = {"key": "new", "size": 3, "default": "four"}


def test_default_is_validated_before_the_table_is_looked_up(call_api, books):
    for more in ({"required": True}, {"required": False, "array": True}):
        response = call_api("POST", f"{TABLE}/columns/string", json={**TOO_LONG, **more})
        assert response[:2] == (400, "column_value_invalid")
    nowhere = TABLE.replace("books", "nothing")
    assert (
        call_api("POST", f"{nowhere}/columns/string", json={**TOO_LONG, "required": False})[1] == "column_value_invalid"
    )
    small = {"key": "new", "size": 9, "required": False, "encrypt": True}
    assert call_api("POST", f"{nowhere}/columns/string", json=small)[:2] == (400, "general_bad_request")


def test_updated_default_may_exceed_the_size(call_api, books):
    change = {"required": False, "default": "x" * 101}
    status, _, column = call_api("PATCH", f"{TABLE}/columns/string/slug", json=change)
    assert (status, column["default"]) == (200, "x" * 101)
    assert call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A"}})[:2] == (400, "row_invalid_structure")


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("enum/state", {"required": False, "default": "lost", "elements": ["draft", "out"]}),
        ("integer/pages", {"required": False, "default": 6000}),
    ],
)
def test_updated_enum_and_integer_defaults_must_fit(call_api, books, kind, change):
    assert call_api("PATCH", f"{TABLE}/columns/{kind}", json=change)[:2] == (400, "column_value_invalid")


# -- formats ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("mailto:ann@example.com", True),
        ("file:///etc/hosts", True),
        ("ftp://a_b.example.com", True),
        ("HTTPS://EXAMPLE.COM:8080", True),
        ("https://example.com.", True),
        ("javascript:alert(1)", False),
        ("https://a_b.example.com", False),
        ("https://a..example.com", False),
        ("https://a-.example.com", False),
        ("https://-a.example.com", False),
        (f"https://{'a' * 64}.com", False),
        ("https:///path", False),
        ("https://æ.no", False),
    ],
)
def test_url_values(call_api, books, url, is_one):
    assert call_api("POST", f"{TABLE}/columns/url", json={"key": "site", "required": False})[0] == 202
    response = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "site": url}})
    assert response[:2] == ((201, "") if is_one else (400, "row_invalid_structure"))


@pytest.mark.parametrize(
    ("address", "is_one"),
    [("a@b.co", True), ('"a"@b.co', True), ("a@[127.0.0.1]", True), ("a@localhost", False), ("a@b.c_d", False)],
)
def test_email_values(call_api, books, address, is_one):
    assert call_api("POST", f"{TABLE}/columns/email", json={"key": "mail", "required": False})[0] == 202
    response = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "mail": address}})
    assert response[:2] == ((201, "") if is_one else (400, "row_invalid_structure"))


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("Sat, 01 Feb 2020 10:00:00 GMT", "2020-02-01T10:00:00.000+00:00"),
        ("1 Feb 2020 10:00 +0200", "2020-02-01T08:00:00.000+00:00"),
        ("20200201T100000Z", "2020-02-01T10:00:00.000+00:00"),
        ("2020/02/01 10:00", "2020-02-01T10:00:00.000+00:00"),
        ("2020-02", "2020-02-01T00:00:00.000+00:00"),
        ("2020-13", None),
        ("2020-02/01", None),
        ("Sat, 41 Feb 2020 10:00:00 GMT", None),
    ],
)
def test_datetime_formats(call_api, books, value, stored):
    status, type, row = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "born": value}})
    assert (row["born"] if status == 201 else type) == (stored or "row_invalid_structure")


# -- keys -------------------------------------------------------------------------------------------------------------


def test_required_geometry_column_requires_an_empty_table_first(call_api, books):
    books.create("salt")
    response = call_api("POST", f"{TABLE}/columns/point", json={"key": "title", "required": True})
    assert response[:2] == (400, "row_invalid_structure")


def test_key_is_taken_by_a_hidden_two_way_key(call_api, books):
    call_api("POST", "/tablesdb/lib/tables", json={"tableId": "authors", "name": "Authors"})
    there = {"relatedTableId": "authors", "type": "manyToOne", "key": "author", "twoWayKey": "works"}
    assert call_api("POST", f"{TABLE}/columns/relationship", json=there)[0] == 202
    back = {"relatedTableId": "books", "type": "oneToMany", "key": "Works", "twoWayKey": "writer"}
    response = call_api("POST", "/tablesdb/lib/tables/authors/columns/relationship", json=back)
    assert response[:2] == (409, "column_already_exists")
