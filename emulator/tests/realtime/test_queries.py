"""Subscription queries, which compare values as PHP does, and the numbers of subscriptions in the URL."""

import json
from urllib.parse import quote

import pytest

from appwrite_emulator.realtime import queries
from appwrite_emulator.realtime.subscriptions import convert_channels, from_query_string
from tests.realtime.conftest import ROWS, open_connection


def query(method, attribute="a", *values):
    return json.dumps({"method": method, "attribute": attribute, "values": list(values)})


def matches(text, **payload):
    return queries.all_match(queries.parse_all([text]), payload)


@pytest.mark.parametrize(
    ("method", "value", "payload", "expected"),
    [
        ("equal", "x", "x", True),
        ("equal", "x", "X", False),
        ("equal", 1, 1, True),
        ("equal", 1, "1", False),
        ("equal", 1, True, False),
        ("notEqual", "x", "y", True),
        ("notEqual", "x", None, True),
        ("lessThan", 5, 4, True),
        ("lessThan", 5, 5, False),
        ("lessThan", 5, None, True),
        ("greaterThan", 5, None, False),
        ("greaterThan", 5, "6", True),
        ("greaterThan", "b", "c", True),
        ("greaterThan", "9", "10", True),
        ("greaterThan", 5, "x", True),
        ("greaterThanEqual", 5, 5, True),
        ("lessThanEqual", False, True, False),
        ("greaterThan", 5, [], True),
    ],
)
def test_comparison_query_matches_as_on_the_real_server(method, value, payload, expected):
    assert matches(query(method, "a", value), a=payload) is expected


def test_missing_attribute_matches_only_inside_an_or():
    assert not matches(query("isNull"))
    assert not matches(query("notEqual", "a", 1))
    both = json.dumps(
        {"method": "or", "values": [json.loads(query("isNull", "b")), json.loads(query("equal", "a", 1))]}
    )
    assert matches(both, a=1)


def test_and_queries_can_contain_or_queries():
    inner = {"method": "or", "values": [json.loads(query("equal", "a", 1)), json.loads(query("equal", "a", 2))]}
    outer = json.dumps({"method": "and", "values": [inner, json.loads(query("isNotNull", "b"))]})
    assert matches(outer, a=2, b=0)
    assert not matches(outer, a=2, b=None)
    assert not matches(outer, a=3, b=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("equal", "Invalid query: Syntax error"),
        ("5", "Invalid query. Must be an array"),
        (query("search"), "Query method 'search' is not supported in Realtime queries."),
        (query("dance"), "Query method 'dance' is not supported in Realtime queries."),
        ('{"method": "or", "values": ["x"]}', "Invalid query. Must be an array"),
        ('{"method": 5}', "Invalid query method. Must be a string"),
        ('{"method": "equal", "values": "x"}', "Invalid query values. Must be an array"),
    ],
)
def test_invalid_query_is_reported(text, message):
    with pytest.raises(queries.QueryError) as caught:
        queries.parse_all([text])
    assert str(caught.value).startswith(message)


def test_deeply_nested_query_is_rejected():
    text = '{"method":"or","values":[' * 100 + "]}" * 100
    with pytest.raises(queries.QueryError):
        queries.parse_all([text])


def test_selecting_columns_is_a_server_error():
    with pytest.raises(queries.SelectError):
        queries.parse_all([json.dumps({"method": "select", "values": ["title"]})])


def test_account_channels_are_converted_to_channels_of_the_caller():
    assert convert_channels(["account", "account.ada", "rows"], "ada") == ["account", "rows"]
    assert convert_channels(["account.update", "account.other"], "ada") == ["account.ada.update"]
    assert convert_channels(["account.update", "account.other"], "") == ["account.update"]


def test_subscriptions_of_a_url_are_numbered():
    parameters = {"rows": {"1": {"0": query("equal", "a", 1)}}, "databases_d_tables_t_rows": query("isNull")}
    subscriptions = from_query_string(["rows", "files", "databases.d.tables.t.rows"], parameters)
    assert list(subscriptions) == ["1", "0"]
    assert list(subscriptions["0"].channels) == ["files", "databases.d.tables.t.rows"]
    assert subscriptions["1"].matches(["rows"], {"a": 1})
    assert not subscriptions["1"].matches(["files"], {"a": 1})


def test_subscription_keeps_the_number_from_its_url(emulator):
    connection = open_connection(emulator, "rows", query=f"&rows[3][]={quote(query('isNull'))}")
    assert list(connection.receive()["data"]["subscriptions"]) == ["3"]


def test_one_invalid_query_rejects_all_subscriptions_of_the_message(notes, live):
    connection = live()
    items = [{"channels": ["rows"]}, {"channels": ["rows"], "queries": [query("search")]}]
    assert connection.ask("subscribe", items)["data"]["code"] == 1003
    notes("POST", ROWS, json={"rowId": "n1", "data": {"title": "x"}})
    assert connection.events() == []


def test_subscribing_again_adds_channels(notes, live):
    connection = live()
    for channel, text in (("rows", query("equal", "title", "x")), ("files", query("isNull"))):
        connection.ask("subscribe", [{"subscriptionId": "mine", "channels": [channel], "queries": [text]}])
    notes("POST", ROWS, json={"rowId": "n1", "data": {"title": "x"}})
    assert [event["subscriptions"] for event in connection.events()] == [["mine"]]


def test_queries_for_a_channel_accept_dots_or_underscores_in_its_name(emulator, notes):
    """PHP converts dots in parameter names to underscores, so both spellings refer to the same channel."""
    channel = "databases.app.tables.notes.rows"
    for name in (channel, channel.replace(".", "_")):
        connection = open_connection(emulator, channel, query=f"&{name}[0][]={quote(query('equal', '$id', 'one'))}")
        assert connection.receive()["type"] == "connected"
        for row_id in ("other", "one"):
            assert notes("PUT", f"{ROWS}/{row_id}", json={"data": {"title": "Salt"}})[0] in (200, 201)
        assert [payload["$id"] for payload in connection.payloads()] == ["one"], name
        connection.socket.close()
