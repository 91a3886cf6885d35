"""Creating, updating, renaming and deleting columns of every type through the official SDK."""

from typing import Any

import pytest
from appwrite.query import Query
from appwrite.services.tables_db import TablesDB

pytestmark = pytest.mark.usefixtures("ignore_deprecations")  # the SDK deprecates some types that 1.9.6 supports


@pytest.fixture
def tables(server) -> TablesDB:
    """Create the table `all` without columns. Return a TablesDB service that uses an API key."""
    tables = TablesDB(server)
    tables.create("lib", "Library")
    tables.create_table("lib", "all", "All kinds")
    return tables


def assert_stores_and_rejects(tables: TablesDB, value: Any, expect_error, *, not_: Any) -> None:
    """Check that the column `it` stores `value` unchanged and rejects `not_`."""
    row = tables.create_row("lib", "all", "unique()", {"it": value})
    assert tables.get_row("lib", "all", row.id).data["it"] == value
    with expect_error("row_invalid_structure", 400):
        tables.update_row("lib", "all", row.id, {"it": not_})


def row_with_defaults(tables: TablesDB) -> dict[str, Any]:
    """Add the column `other`, create a row with a value only in `other`, and return the row with its defaults."""
    tables.create_boolean_column("lib", "all", "other", required=False)
    row = tables.create_row("lib", "all", "unique()", {"other": True})
    return dict(tables.get_row("lib", "all", row.id).data)


def test_create_string_column(tables, expect_error):
    column = tables.create_string_column("lib", "all", "it", required=False, size=20)
    assert (column.key, column.type, column.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(tables, "some text", expect_error, not_=5)


def test_update_string_column(tables):
    tables.create_string_column("lib", "all", "it", required=False, size=20)
    column = tables.update_string_column("lib", "all", "it", required=False, default="text", new_key="that")
    assert (column.key, column.default) == ("that", "text")
    assert row_with_defaults(tables)["that"] == "text"


def test_create_varchar_column(tables, expect_error):
    column = tables.create_varchar_column("lib", "all", "it", required=False, size=20)
    assert (column.key, column.type, column.status.value) == ("it", "varchar", "processing")
    assert_stores_and_rejects(tables, "some text", expect_error, not_=5)


def test_update_varchar_column(tables):
    tables.create_varchar_column("lib", "all", "it", required=False, size=20)
    column = tables.update_varchar_column("lib", "all", "it", required=False, default="text", new_key="that")
    assert (column.key, column.default) == ("that", "text")
    assert row_with_defaults(tables)["that"] == "text"


def test_create_text_column(tables, expect_error):
    column = tables.create_text_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "text", "processing")
    assert_stores_and_rejects(tables, "some text", expect_error, not_=5)


def test_update_text_column(tables):
    tables.create_text_column("lib", "all", "it", required=False)
    column = tables.update_text_column("lib", "all", "it", required=False, default="text", new_key="that")
    assert (column.key, column.default) == ("that", "text")
    assert row_with_defaults(tables)["that"] == "text"


def test_create_mediumtext_column(tables, expect_error):
    column = tables.create_mediumtext_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "mediumtext", "processing")
    assert_stores_and_rejects(tables, "some text", expect_error, not_=5)


def test_update_mediumtext_column(tables):
    tables.create_mediumtext_column("lib", "all", "it", required=False)
    column = tables.update_mediumtext_column("lib", "all", "it", required=False, default="text", new_key="that")
    assert (column.key, column.default) == ("that", "text")
    assert row_with_defaults(tables)["that"] == "text"


def test_create_longtext_column(tables, expect_error):
    column = tables.create_longtext_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "longtext", "processing")
    assert_stores_and_rejects(tables, "some text", expect_error, not_=5)


def test_update_longtext_column(tables):
    tables.create_longtext_column("lib", "all", "it", required=False)
    column = tables.update_longtext_column("lib", "all", "it", required=False, default="text", new_key="that")
    assert (column.key, column.default) == ("that", "text")
    assert row_with_defaults(tables)["that"] == "text"


def test_create_email_column(tables, expect_error):
    column = tables.create_email_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(tables, "ann@example.com", expect_error, not_="nobody")


def test_update_email_column(tables):
    tables.create_email_column("lib", "all", "it", required=False)
    column = tables.update_email_column("lib", "all", "it", required=False, default="bob@example.com", new_key="that")
    assert (column.key, column.default) == ("that", "bob@example.com")
    assert row_with_defaults(tables)["that"] == "bob@example.com"


def test_create_url_column(tables, expect_error):
    column = tables.create_url_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(tables, "https://example.com/a?b=c", expect_error, not_="javascript:alert(1)")


def test_update_url_column(tables):
    tables.create_url_column("lib", "all", "it", required=False)
    column = tables.update_url_column("lib", "all", "it", required=False, default="ftp://example.com", new_key="that")
    assert (column.key, column.default) == ("that", "ftp://example.com")
    assert row_with_defaults(tables)["that"] == "ftp://example.com"


def test_create_ip_column(tables, expect_error):
    column = tables.create_ip_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(tables, "2001:db8::1", expect_error, not_="192.0.2.300")


def test_update_ip_column(tables):
    tables.create_ip_column("lib", "all", "it", required=False)
    column = tables.update_ip_column("lib", "all", "it", required=False, default="192.0.2.7", new_key="that")
    assert (column.key, column.default) == ("that", "192.0.2.7")
    assert row_with_defaults(tables)["that"] == "192.0.2.7"


def test_create_enum_column(tables, expect_error):
    column = tables.create_enum_column("lib", "all", "it", required=False, elements=["in", "out"])
    assert (column.key, column.type, column.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(tables, "in", expect_error, not_="In")


def test_update_enum_column(tables):
    tables.create_enum_column("lib", "all", "it", required=False, elements=["in", "out"])
    column = tables.update_enum_column(
        "lib", "all", "it", required=False, default="out", elements=["in", "out"], new_key="that"
    )
    assert (column.key, column.default) == ("that", "out")
    assert row_with_defaults(tables)["that"] == "out"


def test_create_integer_column(tables, expect_error):
    column = tables.create_integer_column("lib", "all", "it", required=False, min=1, max=9)
    assert (column.key, column.type, column.status.value) == ("it", "integer", "processing")
    assert_stores_and_rejects(tables, 5, expect_error, not_=10)


def test_update_integer_column(tables):
    tables.create_integer_column("lib", "all", "it", required=False, min=1, max=9)
    column = tables.update_integer_column("lib", "all", "it", required=False, default=2, new_key="that")
    assert (column.key, column.default) == ("that", 2)
    assert row_with_defaults(tables)["that"] == 2


def test_create_big_int_column(tables, expect_error):
    column = tables.create_big_int_column("lib", "all", "it", required=False, min=1, max=1099511627776)
    assert (column.key, column.type, column.status.value) == ("it", "bigint", "processing")
    assert_stores_and_rejects(tables, 2**40, expect_error, not_=1.5)


def test_update_big_int_column(tables):
    tables.create_big_int_column("lib", "all", "it", required=False, min=1, max=1099511627776)
    column = tables.update_big_int_column("lib", "all", "it", required=False, default=2, new_key="that")
    assert (column.key, column.default) == ("that", 2)
    assert row_with_defaults(tables)["that"] == 2


def test_create_float_column(tables, expect_error):
    column = tables.create_float_column("lib", "all", "it", required=False, min=0, max=9.5)
    assert (column.key, column.type, column.status.value) == ("it", "double", "processing")
    assert_stores_and_rejects(tables, 9.5, expect_error, not_=9.6)


def test_update_float_column(tables):
    tables.create_float_column("lib", "all", "it", required=False, min=0, max=9.5)
    column = tables.update_float_column("lib", "all", "it", required=False, default=2.5, new_key="that")
    assert (column.key, column.default) == ("that", 2.5)
    assert row_with_defaults(tables)["that"] == 2.5


def test_create_boolean_column(tables, expect_error):
    column = tables.create_boolean_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "boolean", "processing")
    assert_stores_and_rejects(tables, True, expect_error, not_=1)


def test_update_boolean_column(tables):
    tables.create_boolean_column("lib", "all", "it", required=False)
    column = tables.update_boolean_column("lib", "all", "it", required=False, default=False, new_key="that")
    assert (column.key, column.default) == ("that", False)
    assert row_with_defaults(tables)["that"] is False


def test_create_datetime_column(tables, expect_error):
    column = tables.create_datetime_column("lib", "all", "it", required=False)
    assert (column.key, column.type, column.status.value) == ("it", "datetime", "processing")
    assert_stores_and_rejects(tables, "2024-01-02T03:04:05.678+00:00", expect_error, not_="soon")


def test_update_datetime_column(tables):
    tables.create_datetime_column("lib", "all", "it", required=False)
    column = tables.update_datetime_column(
        "lib", "all", "it", required=False, default="2024-01-02T00:00:00.000+00:00", new_key="that"
    )
    assert (column.key, column.default) == ("that", "2024-01-02T00:00:00.000+00:00")
    assert row_with_defaults(tables)["that"] == "2024-01-02T00:00:00.000+00:00"


def test_list_columns(tables):
    tables.create_integer_column("lib", "all", "pages", required=False)
    tables.create_boolean_column("lib", "all", "lent", required=True)
    assert [column.key for column in tables.list_columns("lib", "all").columns] == ["pages", "lent"]
    matching = tables.list_columns("lib", "all", [Query.equal("required", True)])
    assert [column.key for column in matching.columns] == ["lent"]


def test_get_column(tables, expect_error):
    tables.create_datetime_column("lib", "all", "born", required=False)
    assert tables.get_column("lib", "all", "born").type == "datetime"
    with expect_error("column_not_found", 404):
        tables.get_column("lib", "all", "died")


def test_delete_column_removes_its_values_and_shortens_indexes(tables, expect_error):
    for key in ("a", "b"):
        tables.create_varchar_column("lib", "all", key, 20, required=False)
    tables.create_index("lib", "all", "both", "unique", ["a", "b"])
    tables.create_index("lib", "all", "words", "fulltext", ["a"])
    tables.create_row("lib", "all", "r", {"a": "x", "b": "y"})
    tables.delete_column("lib", "all", "a")
    assert tables.get_row("lib", "all", "r").data == {"b": "y"}
    assert [(index.key, index.columns) for index in tables.list_indexes("lib", "all").indexes] == [("both", ["b"])]
    with expect_error("row_already_exists", 409):
        tables.create_row("lib", "all", "s", {"b": "Y"})


def test_size_cannot_shrink_below_the_longest_value(tables, expect_error):
    tables.create_varchar_column("lib", "all", "it", 20, required=False)
    tables.create_row("lib", "all", "r", {"it": "12345"})
    assert tables.update_varchar_column("lib", "all", "it", required=False, default=None, size=5).size == 5
    with expect_error("column_invalid_resize", 400):
        tables.update_varchar_column("lib", "all", "it", required=False, default=None, size=4)


def test_indexes_keep_a_renamed_column(tables, expect_error):
    tables.create_varchar_column("lib", "all", "it", 20, required=False)
    tables.create_index("lib", "all", "once", "unique", ["it"])
    tables.create_index("lib", "all", "words", "fulltext", ["it"])
    tables.update_varchar_column("lib", "all", "it", required=False, default=None, new_key="that")
    tables.create_row("lib", "all", "r", {"that": "harbour"})
    assert tables.list_rows("lib", "all", [Query.search("that", "harb")]).total == 1
    with expect_error("row_already_exists", 409):
        tables.create_row("lib", "all", "s", {"that": "HARBOUR"})


def test_row_size_is_limited(tables, expect_error):
    for n in range(2):
        tables.create_varchar_column("lib", "all", f"long{n}", 8000, required=False)
    with expect_error("column_limit_exceeded", 400):
        tables.create_varchar_column("lib", "all", "more", 8000, required=False)
    tables.create_mediumtext_column("lib", "all", "outside", required=False)


# -- changes of every kind --------------------------------------------------------------------------------------------


def test_resizing_is_limited_by_indexes_and_stored_values(tables, expect_error):
    for key in ("one", "two"):
        tables.create_string_column("lib", "all", key, size=300, required=False)
    tables.create_index("lib", "all", "both", "key", ["one", "two"])
    assert tables.update_string_column("lib", "all", "one", required=False, default=None, size=468).size == 468
    with expect_error("column_index_invalid", 400):
        tables.update_string_column("lib", "all", "one", required=False, default=None, size=469)
    tables.create_row("lib", "all", "a", {"one": "four"})
    with expect_error("column_invalid_resize", 400):
        tables.update_string_column("lib", "all", "one", required=False, default=None, size=3)
    tables.delete_index("lib", "all", "both")
    tables.create_index("lib", "all", "words", "fulltext", ["one"])
    assert tables.update_string_column("lib", "all", "one", required=False, default=None, size=2000).size == 2000


def test_column_can_shrink_as_far_as_the_database_can_store_its_values(tables, expect_error):
    tables.create_string_column("lib", "all", "many", size=30, required=False, array=True)
    tables.create_string_column("lib", "all", "long", size=20000, required=False)
    tables.create_row("lib", "all", "a", {"many": ["four"] * 5, "long": "x" * 18000})
    assert tables.update_string_column("lib", "all", "many", required=False, default=None, size=4).size == 4
    assert tables.update_string_column("lib", "all", "long", required=False, default=None, size=17000).size == 17000
    with expect_error("column_invalid_resize", 400):
        tables.update_string_column("lib", "all", "long", required=False, default=None, size=16000)


def test_encrypted_column_can_shrink_below_the_minimum_size_for_creation(tables):
    tables.create_string_column("lib", "all", "secret", size=200, required=False, encrypt=True)
    assert tables.update_string_column("lib", "all", "secret", required=False, default=None, size=100).size == 100


def test_update_route_of_another_type_changes_the_settings_that_both_types_have(call_api, tables):
    tables.create_string_column("lib", "all", "text", size=30, required=False)
    tables.create_integer_column("lib", "all", "number", required=False, min=1, max=5)
    columns = "/tablesdb/lib/tables/all/columns"
    response = call_api("PATCH", f"{columns}/text/text", json={"required": False, "default": "changed"})
    assert (response[0], response[2]["default"], response[2].get("size")) == (200, "changed", None)
    response = call_api("PATCH", f"{columns}/string/number", json={"required": True, "default": None, "size": 3})
    assert (response[0], response[2]["required"], response[2]["max"]) == (200, True, 5)
    for kind, key, default in (("integer", "text", 5), ("string", "number", "five")):
        response = call_api("PATCH", f"{columns}/{kind}/{key}", json={"required": False, "default": default})
        assert response[:2] == (400, "column_value_invalid")


def test_encrypt_is_null_in_responses_to_updates(call_api, tables):
    columns = "/tablesdb/lib/tables/all/columns"
    for kind, size in (("string", {"size": 200}), ("text", {})):
        made = call_api("POST", f"{columns}/{kind}", json={"key": kind, "required": False, "encrypt": True, **size})
        assert made[2]["encrypt"] is True
        assert call_api("GET", f"{columns}/{kind}")[2]["encrypt"] is True
        changed = call_api("PATCH", f"{columns}/{kind}/{kind}", json={"required": False, "default": None})
        assert changed[2]["encrypt"] is None
    assert [column["encrypt"] for column in call_api("GET", columns)[2]["columns"]] == [True, None]
