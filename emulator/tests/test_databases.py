"""The `databases` service, an older API for `tablesDB` data, through the official SDK. Each method has a test."""

from typing import Any

import pytest
from appwrite.query import Query
from appwrite.services.databases import Databases
from appwrite.services.tables_db import TablesDB

pytestmark = pytest.mark.usefixtures("ignore_deprecations")  # the SDK deprecates this service


@pytest.fixture
def databases(server) -> Databases:
    """Return the Databases service with an API key. Create the collections `all`, without attributes, and `notes`."""
    databases = Databases(server)
    databases.create("lib", "Library")
    databases.create_collection("lib", "all", "All kinds")
    title = {"key": "title", "type": "string", "size": 100, "required": True}
    pages = {"key": "pages", "type": "integer"}
    once = {"key": "once", "type": "unique", "attributes": ["title"]}
    databases.create_collection("lib", "notes", "Notes", attributes=[title, pages], indexes=[once])
    return databases


def assert_stores_and_rejects(databases: Databases, value: Any, expect_error, *, not_: Any) -> None:
    """Check that the attribute `it` stores `value` unchanged and rejects `not_`."""
    document = databases.create_document("lib", "all", "unique()", {"it": value})
    assert databases.get_document("lib", "all", document.id).data["it"] == value
    with expect_error("document_invalid_structure", 400):
        databases.update_document("lib", "all", document.id, {"it": not_})


def document_with_defaults(databases: Databases) -> dict[str, Any]:
    """Create a document that sets only the new attribute `other`. Return the document's data, including defaults."""
    databases.create_boolean_attribute("lib", "all", "other", required=False)
    document = databases.create_document("lib", "all", "unique()", {"other": True})
    return dict(databases.get_document("lib", "all", document.id).data)


def titles(databases: Databases) -> list[str]:
    return [document.data["title"] for document in databases.list_documents("lib", "notes").documents]


# -- databases and collections ----------------------------------------------------------------------------------------


def test_create(databases):
    assert databases.create("second", "Another").type.value == "legacy"


def test_list(databases):
    assert [each.id for each in databases.list().databases] == ["lib"]


def test_get(databases, server):
    assert databases.get("lib").name == "Library"
    assert TablesDB(server).get("lib").name == "Library"


def test_update(databases):
    assert databases.update("lib", "Old").name == "Old"


def test_delete(databases, expect_error):
    databases.delete("lib")
    with expect_error("database_not_found", 404):
        databases.get("lib")


def test_create_collection(databases, expect_error):
    created = databases.create_collection("lib", "more", "More", document_security=True)
    assert (created.documentsecurity, created.attributes) == (True, [])
    with expect_error("collection_already_exists", 409):
        databases.create_collection("lib", "more", "More")


def test_list_collections(databases):
    assert [each.id for each in databases.list_collections("lib").collections] == ["all", "notes"]


def test_get_collection(databases, expect_error):
    collection = databases.get_collection("lib", "notes")
    assert [attribute.key for attribute in collection.attributes] == ["title", "pages"]
    assert collection.indexes[0].attributes == ["title"]
    with expect_error("collection_not_found", 404):
        databases.get_collection("lib", "nothing")


def test_update_collection(databases):
    assert databases.update_collection("lib", "notes", "Old notes", document_security=True).documentsecurity is True


def test_delete_collection(databases, expect_error):
    databases.delete_collection("lib", "notes")
    with expect_error("collection_not_found", 404):
        databases.list_documents("lib", "notes")


# -- attributes and indexes -------------------------------------------------------------------------------------------


def test_create_string_attribute(databases, expect_error):
    created = databases.create_string_attribute("lib", "all", "it", required=False, size=20)
    assert (created.key, created.type, created.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(databases, "some text", expect_error, not_=5)


def test_update_string_attribute(databases):
    databases.create_string_attribute("lib", "all", "it", required=False, size=20)
    created = databases.update_string_attribute("lib", "all", "it", required=False, default="text", new_key="that")
    assert (created.key, created.default) == ("that", "text")
    assert document_with_defaults(databases)["that"] == "text"


def test_create_varchar_attribute(databases, expect_error):
    created = databases.create_varchar_attribute("lib", "all", "it", required=False, size=20)
    assert (created.key, created.type, created.status.value) == ("it", "varchar", "processing")
    assert_stores_and_rejects(databases, "some text", expect_error, not_=5)


def test_update_varchar_attribute(databases):
    databases.create_varchar_attribute("lib", "all", "it", required=False, size=20)
    created = databases.update_varchar_attribute("lib", "all", "it", required=False, default="text", new_key="that")
    assert (created.key, created.default) == ("that", "text")
    assert document_with_defaults(databases)["that"] == "text"


def test_create_text_attribute(databases, expect_error):
    created = databases.create_text_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "text", "processing")
    assert_stores_and_rejects(databases, "some text", expect_error, not_=5)


def test_update_text_attribute(databases):
    databases.create_text_attribute("lib", "all", "it", required=False)
    created = databases.update_text_attribute("lib", "all", "it", required=False, default="text", new_key="that")
    assert (created.key, created.default) == ("that", "text")
    assert document_with_defaults(databases)["that"] == "text"


def test_create_mediumtext_attribute(databases, expect_error):
    created = databases.create_mediumtext_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "mediumtext", "processing")
    assert_stores_and_rejects(databases, "some text", expect_error, not_=5)


def test_update_mediumtext_attribute(databases):
    databases.create_mediumtext_attribute("lib", "all", "it", required=False)
    created = databases.update_mediumtext_attribute("lib", "all", "it", required=False, default="text", new_key="that")
    assert (created.key, created.default) == ("that", "text")
    assert document_with_defaults(databases)["that"] == "text"


def test_create_longtext_attribute(databases, expect_error):
    created = databases.create_longtext_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "longtext", "processing")
    assert_stores_and_rejects(databases, "some text", expect_error, not_=5)


def test_update_longtext_attribute(databases):
    databases.create_longtext_attribute("lib", "all", "it", required=False)
    created = databases.update_longtext_attribute("lib", "all", "it", required=False, default="text", new_key="that")
    assert (created.key, created.default) == ("that", "text")
    assert document_with_defaults(databases)["that"] == "text"


def test_create_email_attribute(databases, expect_error):
    created = databases.create_email_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(databases, "ann@example.com", expect_error, not_="nobody")


def test_update_email_attribute(databases):
    databases.create_email_attribute("lib", "all", "it", required=False)
    created = databases.update_email_attribute(
        "lib", "all", "it", required=False, default="bob@example.com", new_key="that"
    )
    assert (created.key, created.default) == ("that", "bob@example.com")
    assert document_with_defaults(databases)["that"] == "bob@example.com"


def test_create_url_attribute(databases, expect_error):
    created = databases.create_url_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(databases, "https://example.com/a?b=c", expect_error, not_="javascript:alert(1)")


def test_update_url_attribute(databases):
    databases.create_url_attribute("lib", "all", "it", required=False)
    created = databases.update_url_attribute(
        "lib", "all", "it", required=False, default="ftp://example.com", new_key="that"
    )
    assert (created.key, created.default) == ("that", "ftp://example.com")
    assert document_with_defaults(databases)["that"] == "ftp://example.com"


def test_create_ip_attribute(databases, expect_error):
    created = databases.create_ip_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(databases, "2001:db8::1", expect_error, not_="192.0.2.300")


def test_update_ip_attribute(databases):
    databases.create_ip_attribute("lib", "all", "it", required=False)
    created = databases.update_ip_attribute("lib", "all", "it", required=False, default="192.0.2.7", new_key="that")
    assert (created.key, created.default) == ("that", "192.0.2.7")
    assert document_with_defaults(databases)["that"] == "192.0.2.7"


def test_create_enum_attribute(databases, expect_error):
    created = databases.create_enum_attribute("lib", "all", "it", required=False, elements=["in", "out"])
    assert (created.key, created.type, created.status.value) == ("it", "string", "processing")
    assert_stores_and_rejects(databases, "in", expect_error, not_="In")


def test_update_enum_attribute(databases):
    databases.create_enum_attribute("lib", "all", "it", required=False, elements=["in", "out"])
    created = databases.update_enum_attribute(
        "lib", "all", "it", required=False, default="out", elements=["in", "out"], new_key="that"
    )
    assert (created.key, created.default) == ("that", "out")
    assert document_with_defaults(databases)["that"] == "out"


def test_create_integer_attribute(databases, expect_error):
    created = databases.create_integer_attribute("lib", "all", "it", required=False, min=1, max=9)
    assert (created.key, created.type, created.status.value) == ("it", "integer", "processing")
    assert_stores_and_rejects(databases, 5, expect_error, not_=10)


def test_update_integer_attribute(databases):
    databases.create_integer_attribute("lib", "all", "it", required=False, min=1, max=9)
    created = databases.update_integer_attribute("lib", "all", "it", required=False, default=2, new_key="that")
    assert (created.key, created.default) == ("that", 2)
    assert document_with_defaults(databases)["that"] == 2


def test_create_big_int_attribute(databases, expect_error):
    created = databases.create_big_int_attribute("lib", "all", "it", required=False, min=1, max=1099511627776)
    assert (created.key, created.type, created.status.value) == ("it", "bigint", "processing")
    assert_stores_and_rejects(databases, 2**40, expect_error, not_=1.5)


def test_update_big_int_attribute(databases):
    databases.create_big_int_attribute("lib", "all", "it", required=False, min=1, max=1099511627776)
    created = databases.update_big_int_attribute("lib", "all", "it", required=False, default=2, new_key="that")
    assert (created.key, created.default) == ("that", 2)
    assert document_with_defaults(databases)["that"] == 2


def test_create_float_attribute(databases, expect_error):
    created = databases.create_float_attribute("lib", "all", "it", required=False, min=0, max=9.5)
    assert (created.key, created.type, created.status.value) == ("it", "double", "processing")
    assert_stores_and_rejects(databases, 9.5, expect_error, not_=9.6)


def test_update_float_attribute(databases):
    databases.create_float_attribute("lib", "all", "it", required=False, min=0, max=9.5)
    created = databases.update_float_attribute("lib", "all", "it", required=False, default=2.5, new_key="that")
    assert (created.key, created.default) == ("that", 2.5)
    assert document_with_defaults(databases)["that"] == 2.5


def test_create_boolean_attribute(databases, expect_error):
    created = databases.create_boolean_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "boolean", "processing")
    assert_stores_and_rejects(databases, True, expect_error, not_=1)


def test_update_boolean_attribute(databases):
    databases.create_boolean_attribute("lib", "all", "it", required=False)
    created = databases.update_boolean_attribute("lib", "all", "it", required=False, default=False, new_key="that")
    assert (created.key, created.default) == ("that", False)
    assert document_with_defaults(databases)["that"] is False


def test_create_datetime_attribute(databases, expect_error):
    created = databases.create_datetime_attribute("lib", "all", "it", required=False)
    assert (created.key, created.type, created.status.value) == ("it", "datetime", "processing")
    assert_stores_and_rejects(databases, "2024-01-02T03:04:05.678+00:00", expect_error, not_="soon")


def test_update_datetime_attribute(databases):
    databases.create_datetime_attribute("lib", "all", "it", required=False)
    created = databases.update_datetime_attribute(
        "lib", "all", "it", required=False, default="2024-01-02T00:00:00.000+00:00", new_key="that"
    )
    assert (created.key, created.default) == ("that", "2024-01-02T00:00:00.000+00:00")
    assert document_with_defaults(databases)["that"] == "2024-01-02T00:00:00.000+00:00"


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("create_point_attribute", [1, 2]),
        ("create_line_attribute", [[1, 2], [3, 4]]),
        ("create_polygon_attribute", [[[0, 0], [0, 1], [1, 1], [0, 0]]]),
    ],
)
def test_create_a_geometric_attribute(databases, expect_error, method, value):
    getattr(databases, method)("lib", "all", "it", required=False)
    assert databases.create_document("lib", "all", "d", {"it": value}).data["it"] == value
    with expect_error("document_invalid_structure", 400):
        databases.update_document("lib", "all", "d", {"it": [5]})


@pytest.mark.parametrize("kind", ["update_point_attribute", "update_line_attribute", "update_polygon_attribute"])
def test_update_a_geometric_attribute(databases, expect_error, kind):
    getattr(databases, kind.replace("update", "create"))("lib", "all", "it", required=False)
    assert getattr(databases, kind)("lib", "all", "it", required=True, new_key="that").key == "that"
    with expect_error("attribute_not_found", 404):
        getattr(databases, kind)("lib", "all", "it", required=True)


def test_create_relationship_attribute(databases, expect_error):
    created = databases.create_relationship_attribute("lib", "notes", "all", "oneToMany", key="parts", two_way=True)
    assert (created.relatedcollection, created.twowaykey, created.side) == ("all", "notes", "parent")
    assert databases.get_attribute("lib", "all", "notes").relatedcollection == "notes"
    with expect_error("collection_not_found", 404):
        databases.create_relationship_attribute("lib", "notes", "nothing", "oneToMany")
    with expect_error("attribute_already_exists", 409):
        databases.create_relationship_attribute("lib", "notes", "all", "oneToMany", key="parts")


def test_update_relationship_attribute(databases, expect_error):
    databases.create_relationship_attribute("lib", "notes", "all", "oneToMany", key="parts")
    created = databases.update_relationship_attribute("lib", "notes", "parts", on_delete="cascade", new_key="pieces")
    assert (created.key, created.ondelete) == ("pieces", "cascade")
    with expect_error("attribute_type_invalid", 400):
        databases.update_relationship_attribute("lib", "notes", "title", on_delete="cascade")


def test_list_attributes(databases):
    assert [each.key for each in databases.list_attributes("lib", "notes").attributes] == ["title", "pages"]


def test_get_attribute(databases, expect_error):
    assert databases.get_attribute("lib", "notes", "pages").type == "integer"
    with expect_error("attribute_not_found", 404):
        databases.get_attribute("lib", "notes", "nothing")


def test_delete_attribute(databases):
    databases.delete_attribute("lib", "notes", "pages")
    assert databases.list_attributes("lib", "notes").total == 1


def test_create_index(databases, expect_error):
    assert databases.create_index("lib", "notes", "by_pages", "key", ["pages"]).attributes == ["pages"]
    with expect_error("attribute_unknown", 400):
        databases.create_index("lib", "notes", "by_colour", "key", ["colour"])


def test_list_indexes(databases):
    assert [index.attributes for index in databases.list_indexes("lib", "notes").indexes] == [["title"]]


def test_get_index(databases):
    assert databases.get_index("lib", "notes", "once").attributes == ["title"]


def test_delete_index(databases, expect_error):
    databases.delete_index("lib", "notes", "once")
    with expect_error("index_not_found", 404):
        databases.get_index("lib", "notes", "once")


# -- documents --------------------------------------------------------------------------------------------------------


def test_create_document(databases, expect_error):
    created = databases.create_document("lib", "notes", "one", {"title": "One"})
    assert (created.id, created.collectionid, created.data["pages"]) == ("one", "notes", None)
    with expect_error("document_already_exists", 409):
        databases.create_document("lib", "notes", "two", {"title": "ONE"})


def test_list_documents(databases, server):
    databases.create_document("lib", "notes", "one", {"title": "One", "pages": 3})
    TablesDB(server).create_row("lib", "notes", "two", {"title": "Two"})
    assert databases.list_documents("lib", "notes").total == 2
    matching = databases.list_documents("lib", "notes", [Query.greater_than("pages", 2)])
    assert [document.id for document in matching.documents] == ["one"]


def test_get_document(databases, expect_error):
    with expect_error("document_not_found", 404):
        databases.get_document("lib", "notes", "one")


def test_update_document(databases, expect_error):
    databases.create_document("lib", "notes", "one", {"title": "One"})
    assert databases.update_document("lib", "notes", "one", {"pages": 3}).data["pages"] == 3
    with expect_error("document_invalid_structure", 400):
        databases.update_document("lib", "notes", "one", {"rows": 3})


def test_upsert_document(databases):
    assert databases.upsert_document("lib", "notes", "one", {"title": "One"}).id == "one"
    assert databases.upsert_document("lib", "notes", "one", {"title": "Two"}).data["title"] == "Two"


def test_delete_document(databases):
    databases.create_document("lib", "notes", "one", {"title": "One"})
    databases.delete_document("lib", "notes", "one")
    assert titles(databases) == []


def test_create_documents(databases):
    created = databases.create_documents("lib", "notes", [{"$id": "a", "title": "A"}, {"title": "B"}])
    assert [document.data["title"] for document in created.documents] == ["A", "B"]


def test_upsert_documents(databases):
    databases.create_document("lib", "notes", "a", {"title": "A"})
    databases.upsert_documents("lib", "notes", [{"$id": "a", "title": "A2"}, {"$id": "b", "title": "B"}])
    assert titles(databases) == ["A2", "B"]


def test_update_documents(databases):
    databases.create_documents("lib", "notes", [{"title": "A"}, {"title": "B"}])
    assert databases.update_documents("lib", "notes", {"pages": 1}, [Query.equal("title", "b")]).total == 1


def test_delete_documents(databases):
    databases.create_documents("lib", "notes", [{"title": "A"}, {"title": "B"}])
    databases.delete_documents("lib", "notes", [Query.equal("title", "b")])
    assert titles(databases) == ["A"]


def test_increment_document_attribute(databases, expect_error):
    databases.create_document("lib", "notes", "one", {"title": "One", "pages": 1})
    assert databases.increment_document_attribute("lib", "notes", "one", "pages", 2).data["pages"] == 3
    with expect_error("attribute_limit_exceeded", 400):
        databases.increment_document_attribute("lib", "notes", "one", "pages", 2, 4)


def test_decrement_document_attribute(databases):
    databases.create_document("lib", "notes", "one", {"title": "One", "pages": 1})
    assert databases.decrement_document_attribute("lib", "notes", "one", "pages").data["pages"] == 0


# -- transactions -----------------------------------------------------------------------------------------------------


@pytest.fixture
def transaction(databases: Databases) -> str:
    return str(databases.create_transaction().id)


def test_create_transaction(databases, expect_error):
    assert databases.create_transaction(ttl=60).status == "pending"
    with expect_error("general_argument_invalid", 400):
        databases.create_transaction(ttl=59)


def test_create_operations_then_update_transaction_commits_them(databases, transaction):
    operation = {"databaseId": "lib", "collectionId": "notes", "documentId": "one"}
    staged = databases.create_operations(
        transaction,
        [
            {**operation, "action": "create", "data": {"title": "One", "pages": 1}},
            {**operation, "action": "increment", "data": {"attribute": "pages", "value": 2}},
        ],
    )
    assert staged.operations == 2
    assert titles(databases) == []
    assert databases.update_transaction(transaction, commit=True).status == "committed"
    assert databases.get_document("lib", "notes", "one").data["pages"] == 3


def test_create_operations_rejects_unknown_collections(databases, transaction, expect_error):
    operation = {"action": "create", "databaseId": "lib", "documentId": "one", "data": {"title": "One"}}
    with expect_error("collection_not_found", 404):
        databases.create_operations(transaction, [{**operation, "collectionId": "nothing"}])
    assert databases.get_transaction(transaction).operations == 0


def test_list_transactions(databases, transaction):
    assert [each.id for each in databases.list_transactions().transactions] == [transaction]


def test_get_transaction(databases, transaction, alice, expect_error):
    assert databases.get_transaction(transaction).status == "pending"
    with expect_error("transaction_not_found", 404):
        Databases(alice.client).get_transaction(transaction)


def test_delete_transaction(databases, transaction, expect_error):
    databases.create_document("lib", "notes", "one", {"title": "One"}, transaction_id=transaction)
    databases.delete_transaction(transaction)
    with expect_error("transaction_not_found", 404):
        databases.update_transaction(transaction, commit=True)
    assert titles(databases) == []
