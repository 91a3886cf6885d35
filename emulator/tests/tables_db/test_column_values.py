"""The values and defaults that columns accept."""

import datetime
import json

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


def test_updated_default_can_exceed_the_size(call_api, books):
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
def test_url_column_stores_only_valid_urls(call_api, books, url, is_one):
    assert call_api("POST", f"{TABLE}/columns/url", json={"key": "site", "required": False})[0] == 202
    response = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "site": url}})
    assert response[:2] == ((201, "") if is_one else (400, "row_invalid_structure"))


@pytest.mark.parametrize(
    ("address", "is_one"),
    [("a@b.co", True), ('"a"@b.co', True), ("a@[127.0.0.1]", True), ("a@localhost", False), ("a@b.c_d", False)],
)
def test_email_column_stores_only_valid_addresses(call_api, books, address, is_one):
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
        ("2020-02-01 10:00 Europe/Oslo", "2020-02-01T09:00:00.000+00:00"),
        ("2020-07-01 10:00 US/Eastern", "2020-07-01T14:00:00.000+00:00"),
        ("1988-03-27 02:30 Europe/Berlin", "1988-03-27T01:30:00.000+00:00"),  # a time that the clocks skip
        ("2020-07-01 10:00 EDT", "2020-07-01T14:00:00.000+00:00"),
        ("2020-07-01 10:00 (CEST)", "2020-07-01T08:00:00.000+00:00"),
        ("2020-07-01 10:00 UTC+2", "2020-07-01T10:00:00.000+00:00"),  # UTC is used, because it comes first
        ("2020-07-01 10:00 GMT-05:30", "2020-07-01T15:30:00.000+00:00"),
        ("2020-07-01 10:00 +530", "2020-07-01T04:30:00.000+00:00"),
        ("1st February 2020, 10.30 pm", "2020-02-01T22:30:00.000+00:00"),
        ("Feb 1, 2020 12:05am", "2020-02-01T00:05:00.000+00:00"),
        ("Saturday 1-Feb-70", "1970-02-07T00:00:00.000+00:00"),  # the Saturday after Sunday 1 February
        ("1/2/2020", "2020-01-02T00:00:00.000+00:00"),
        ("1.2.69", "2069-02-01T00:00:00.000+00:00"),
        ("2020-02-01 08:00:60", "2020-02-01T08:01:00.000+00:00"),
        ("2020-02-30 24:00", "2020-03-02T00:00:00.000+00:00"),
        ("2020W05", "2020-01-27T00:00:00.000+00:00"),
        ("2020.032", "2020-02-01T00:00:00.000+00:00"),
        ("@1580551200.5", "2020-02-01T10:00:00.500+00:00"),
        ("last day of February 2020", "2020-02-29T00:00:00.000+00:00"),
        ("2020-01-31 last day of next month noon", "2020-02-29T12:00:00.000+00:00"),
        ("second friday of february 2020", "2020-02-14T00:00:00.000+00:00"),
        ("last friday of february 2020", "2020-02-28T00:00:00.000+00:00"),
        ("2020-02-03 monday", "2020-02-03T00:00:00.000+00:00"),
        ("2020-02-03 next monday", "2020-02-10T00:00:00.000+00:00"),
        ("2020-02-03 last monday", "2020-01-27T00:00:00.000+00:00"),
        ("2020-02-02 monday this week", "2020-01-27T00:00:00.000+00:00"),
        ("2020-02-05 sunday next week", "2020-02-16T00:00:00.000+00:00"),
        ("2020-01-31 +1 month", "2020-03-02T00:00:00.000+00:00"),
        ("2020-02-01 10:00 1 fortnight 2 hours ago", "2020-01-18T08:00:00.000+00:00"),
        ("2020-02-01 10:00 Europe/Atlantis", None),
        ("2020-02-01 10:00 11:00", None),
        ("2020-02-01 3 Feb 2020", None),
        ("2020-02-01 10:00 UTC CET EST", None),
        ("13/2/2020", None),
        ("2020-02-01 08:60", None),
        ("Juin 1 2020", None),
        ("9999-12-31 +1 year", None),
        ("2020-02-01 +9999999999 years", None),
        ("\n", None),
        ("2020-13", None),
        ("2020-02/01", None),
        ("Sat, 41 Feb 2020 10:00:00 GMT", None),
    ],
)
def test_datetime_column_accepts_the_formats_that_php_accepts(call_api, books, value, stored):
    status, type, row = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "born": value}})
    assert (row["born"] if status == 201 else type) == (stored or "row_invalid_structure")


# -- keys -------------------------------------------------------------------------------------------------------------


def test_existing_rows_are_reported_before_the_duplicate_key_of_a_required_geometry_column(call_api, books):
    books.create("salt")
    response = call_api("POST", f"{TABLE}/columns/point", json={"key": "title", "required": True})
    assert response[:2] == (400, "row_invalid_structure")


def test_column_key_conflicts_with_a_hidden_two_way_key(call_api, books):
    call_api("POST", "/tablesdb/lib/tables", json={"tableId": "authors", "name": "Authors"})
    there = {"relatedTableId": "authors", "type": "manyToOne", "key": "author", "twoWayKey": "works"}
    assert call_api("POST", f"{TABLE}/columns/relationship", json=there)[0] == 202
    back = {"relatedTableId": "books", "type": "oneToMany", "key": "Works", "twoWayKey": "writer"}
    response = call_api("POST", "/tablesdb/lib/tables/authors/columns/relationship", json=back)
    assert response[:2] == (409, "column_already_exists")


@pytest.mark.parametrize(
    ("value", "distance"),
    [
        ("tomorrow", datetime.timedelta(days=1)),
        ("yesterday noon", datetime.timedelta(hours=-12)),
        ("midnight", datetime.timedelta()),
        ("14:12", datetime.timedelta(hours=14, minutes=12)),
    ],
)
def test_relative_datetimes_are_resolved_against_the_current_day(call_api, books, value, distance, emulator):
    emulator.clock.move_to(datetime.datetime(2030, 6, 12, 9, 30, tzinfo=datetime.UTC))
    row = call_api("POST", ROWS, json={"rowId": "a", "data": {"title": "A", "born": value}})[2]
    assert row["born"] == (datetime.datetime(2030, 6, 12, tzinfo=datetime.UTC) + distance).isoformat(
        timespec="milliseconds"
    )


@pytest.mark.parametrize(
    ("value", "is_valid"),
    [
        ("June 12 1975", True),
        ("1975-06-12 14:12:55 America/New_York", True),
        ("tomorrow", False),  # accepted as a row's value
        ("@1700000000", False),
        ("12 June", False),
        ("", False),
    ],
)
def test_queries_and_defaults_require_a_date_with_a_year(call_api, books, value, is_valid):
    query = json.dumps({"method": "lessThan", "attribute": "born", "values": [value]})
    status, type, _ = call_api("GET", ROWS, params={"queries[0]": query})
    assert (status, type) == ((200, "") if is_valid else (400, "general_query_invalid"))
    column = {"key": "at", "required": False, "default": value}
    status, type, body = call_api("POST", f"{TABLE}/columns/datetime", json=column)
    assert (status, body.get("default") if is_valid else type) == (
        (202, value) if is_valid else (400, "general_argument_invalid")
    )
