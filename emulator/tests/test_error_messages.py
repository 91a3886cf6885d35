"""Error messages are Appwrite's, because clients show and compare them."""

import json

import pytest

from tests.conftest import GUEST, session_headers

TABLE = "/tablesdb/d/tables/t"
COLUMNS = [
    ("string", {"key": "title", "size": 10}),
    ("email", {"key": "email"}),
    ("enum", {"key": "kind", "elements": ["a", "b"]}),
    ("integer", {"key": "pages", "min": 1, "max": 1000}),
    ("float", {"key": "share", "min": 1.1, "max": 1.4}),
    ("integer", {"key": "low", "min": 5}),
    ("datetime", {"key": "born"}),
    ("boolean", {"key": "free"}),
    ("string", {"key": "tags", "size": 4, "array": True}),
]


@pytest.fixture
def table(call_api):
    """Create a table with a column of each common type."""
    call_api("POST", "/tablesdb", json={"databaseId": "d", "name": "D"})
    call_api("POST", "/tablesdb/d/tables", json={"tableId": "t", "name": "T"})
    for kind, column in COLUMNS:
        status, _, body = call_api("POST", f"{TABLE}/columns/{kind}", json={"required": False, **column})
        assert status == 202, body


@pytest.fixture
def message_of(call_api):
    """Return a function that sends a request and returns the message of the error."""

    def send(method, path, body=None, headers=None, **options):
        status, _, response = call_api(method, path, headers, json=body, **options)
        assert status >= 400
        return response["message"]

    return send


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, 'Param "userId" is not optional.'),
        ({"userId": None}, "Invalid `userId` param: Parameter must contain at most 36 chars. Valid chars are"),
        ({"userId": "a", "email": "a"}, "Invalid `email` param: Value must be a valid email address"),
        (
            {"userId": "a", "password": "a"},
            "Invalid `password` param: Password must be between 8 and 256 characters long.",
        ),
        (
            {"userId": "a", "name": "a" * 129},
            "Invalid `name` param: Value must be a valid string and at least 1 chars and no longer than 128 chars",
        ),
    ],
)
def test_message_about_a_parameter_says_what_is_allowed(message_of, body, message):
    assert message_of("POST", "/users", body).startswith(message)


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        (
            "POST",
            f"{TABLE}/columns/enum",
            {"key": "k", "required": False, "elements": ["a", ""]},
            "Invalid `elements` param: Value must a valid array no longer than 100 items and "
            "Value must be a valid string and at least 1 chars and no longer than 255 chars",
        ),
        (
            "POST",
            f"{TABLE}/columns/integer",
            {"key": "k", "required": False, "min": 2, "max": 1},
            "Minimum value must be lesser than maximum value",
        ),
        (
            "POST",
            f"{TABLE}/columns/integer",
            {"key": "k", "required": True, "default": 1},
            "Cannot set default value for required column",
        ),
        (
            "POST",
            "/databases/d/collections/t/attributes/integer",
            {"key": "k", "required": False, "array": True, "default": 1},
            "Cannot set default value for array attributes",
        ),
        (
            "POST",
            "/functions",
            {"functionId": "f", "name": "F", "runtime": "node-22", "buildSpecification": "huge"},
            "Invalid `buildSpecification` param: Specification must be one of: s-0.5vcpu-512mb,",
        ),
        (
            "PUT",
            "/project/services/none",
            {"enabled": True},
            "Invalid `serviceId` param: Value must be one of (account, avatars,",
        ),
        ("GET", "/avatars/flags/nowhere", None, "Invalid `code` param: Value must be one of (ad, ae, "),
        (
            "GET",
            "/avatars/initials?width=-1",
            None,
            "Invalid `width` param: Value must be a valid range between 0 and 2,000",
        ),
    ],
)
def test_message_about_a_list_range_or_choice(table, message_of, method, path, body, message):
    method = "PATCH" if path.startswith("/project/") else method
    assert message_of(method, path, body).startswith(message)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (
            {"title": "a" * 11},
            'Attribute "title" has invalid type. Value must be a valid string and no longer than 10 chars',
        ),
        ({"email": "x"}, 'Attribute "email" has invalid format. Value must be a valid email address'),
        ({"kind": "x"}, 'Attribute "kind" has invalid format. Value must be one of (a, b)'),
        ({"pages": 0}, 'Attribute "pages" has invalid format. Value must be a valid range between 1 and 1,000'),
        ({"share": 2}, 'Attribute "share" has invalid format. Value must be a valid range between 1 and 1'),
        (
            {"low": 1},
            'Attribute "low" has invalid format. Value must be a valid range between 5 and 9,223,372,036,854,775,807',
        ),
        ({"free": 1}, 'Attribute "free" has invalid type. Value must be a valid boolean'),
        (
            {"born": "never"},
            'Attribute "born" has invalid type. Value must be valid date '
            "between 1000-01-01 00:00:00 and 9999-12-31 23:59:59.",
        ),
        ({"tags": "x"}, 'Attribute "tags" must be an array'),
        (
            {"tags": ["a", "12345"]},
            "Attribute \"tags['1']\" has invalid type. Value must be a valid string and no longer than 4 chars",
        ),
        ({"nothing": 1}, 'Unknown attribute: "nothing"'),
    ],
)
def test_message_about_a_row_names_the_column_and_what_it_accepts(table, message_of, data, reason):
    body = {"rowId": "r", "data": data}
    assert message_of("POST", f"{TABLE}/rows", body) == f"Invalid document structure: {reason}"


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({"columns": []}, "No attributes provided for index"),
        ({"columns": ["title", "title"]}, "Duplicate attributes provided"),
        ({"columns": ["tags"]}, "Creating indexes on array attributes is not currently supported."),
        ({"columns": ["pages"], "lengths": [1]}, 'Cannot set a length on "integer" attributes'),
        ({"columns": ["title"], "lengths": [11]}, 'Index length 11 is larger than the size for title: 10"'),
        (
            {"columns": ["pages"], "type": "fulltext"},
            'Attribute "pages" cannot be part of a fulltext index, must be of type string',
        ),
        (
            {"columns": ["none"]},
            "The column 'none' required for the index could not be found. "
            "Please confirm all your columns are in the available state.",
        ),
    ],
)
def test_message_about_an_index(table, message_of, index, message):
    assert message_of("POST", f"{TABLE}/indexes", {"key": "i", "type": "key", **index}) == message


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("nonsense", "Invalid query: Syntax error"),
        ({"method": "nonsense"}, "Invalid query method: nonsense"),
        ({"method": "equal", "attribute": "none", "values": [1]}, "Invalid query: Attribute not found in schema: none"),
        (
            {"method": "equal", "attribute": "born", "values": ["16/01/2024 12:00:00AM"]},
            'Invalid query: Query value is invalid for attribute "born"',
        ),
        (
            {"method": "equal", "attribute": "pages", "values": [1] * 501},
            "Invalid query: Query on attribute has greater than 500 values: pages",
        ),
        (
            {"method": "between", "attribute": "pages", "values": [1]},
            "Invalid query: Between queries require exactly two values.",
        ),
        (
            {"method": "search", "attribute": "title", "values": ["a"]},
            'Searching by attribute "title" requires a fulltext index.',
        ),
    ],
)
def test_message_about_a_query_on_rows(table, message_of, query, message):
    text = query if isinstance(query, str) else json.dumps(query)
    assert message_of("GET", f"{TABLE}/rows", params={"queries[]": text}) == message


def test_message_about_a_query_on_another_list_names_the_parameter(message_of, users):
    users.create("ada")
    query = json.dumps({"method": "equal", "attribute": "roles", "values": ["a"]})
    assert message_of("GET", "/users/ada/memberships", params={"queries[]": query}) == (
        'Invalid `queries` param: Invalid query: Cannot query equal on attribute "roles" because it is an array.'
    )
    assert message_of("GET", "/users", params={"queries[]": json.dumps({"method": "select", "values": ["a"]})}) == (
        "Invalid `queries` param: Invalid query method: select"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/users/none", "User with the requested ID could not be found."),
        ("/tablesdb/none", "Database with the requested ID 'none' could not be found."),
        (f"{TABLE}x", "Table with the requested ID 'tx' could not be found."),
        ("/databases/d/collections/tx", "Collection with the requested ID 'tx' could not be found."),
        (f"{TABLE}/rows/none", "Row with the requested ID 'none' could not be found."),
        ("/databases/d/collections/t/documents/none", "Document with the requested ID 'none' could not be found."),
        (f"{TABLE}/columns/none", "Column with the requested key 'none' could not be found."),
        ("/databases/d/collections/t/attributes/none", "Attribute with the requested key 'none' could not be found."),
        (f"{TABLE}/indexes/none", "Index with the requested key 'none' could not be found."),
    ],
)
def test_message_names_what_was_not_found(table, message_of, path, message):
    assert message_of("GET", path) == message


def test_message_about_missing_scopes_names_the_caller_and_the_scopes(message_of, alice):
    scopes = '["users.read"]'
    assert message_of("GET", "/users", headers=GUEST) == f"User (role: guests) missing scopes ({scopes})"
    assert message_of("GET", "/users", headers=session_headers(alice)) == (
        f"{alice.email} (role: users) missing scopes ({scopes})"
    )


def test_message_about_missing_permissions(table, message_of, alice, call_api):
    call_api("POST", "/storage/buckets", json={"bucketId": "b", "name": "B"})
    assert message_of("GET", "/storage/buckets/b/files", headers=GUEST) == "No permissions provided for action 'read'"
    allowed = ['create("users")']
    call_api("PUT", TABLE, json={"name": "T", "permissions": allowed})
    body = {"rowId": "r", "data": {"title": "a"}}
    assert message_of("POST", f"{TABLE}/rows", body, headers=GUEST) == (
        'Missing "create" permission for role "users". '
        'Only "["any","guests"]" scopes are allowed and "["users"]" was given.'
    )
    body["permissions"] = ['read("user:bob")']
    assert message_of("POST", f"{TABLE}/rows", body, headers=session_headers(alice)).startswith(
        "Permissions must be one of: (any, user:alice,"
    )


def test_message_about_a_disabled_sign_in_method_names_the_method(message_of, call_api):
    assert call_api("PATCH", "/project/auth-methods/phone", json={"enabled": False})[0] == 200
    body = {"userId": "a", "phone": "+4712345678"}
    assert message_of("POST", "/account/tokens/phone", body, headers=GUEST) == (
        "Phone authentication is disabled for this project"
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("POST", f"{TABLE}/rows", {"data": {"title": "a"}}, "Row ID is required when creating a single row."),
        (
            "POST",
            "/databases/d/collections/t/documents",
            {"data": {"title": "a"}},
            "Document ID is required when creating a single document.",
        ),
        (
            "POST",
            f"{TABLE}/rows",
            {"data": {"title": "a"}, "rows": [{"title": "a"}]},
            "You can only send one of the following parameters: data, rows",
        ),
        ("PATCH", f"{TABLE}/rows/r/pages/increment", {"value": 0}, "Value must be numeric and greater than 0"),
        ("PATCH", f"{TABLE}/rows/r/title/increment", {}, 'tablesDB "title" is not a number'),
        ("PATCH", f"{TABLE}/rows/r/pages/increment", {"max": 0}, 'tablesDB "pages" has reached the maximum value of 0'),
        (
            "PATCH",
            "/databases/d/collections/t/documents/r/pages/decrement",
            {"min": 5},
            'databases "pages" has reached the minimum value of 5',
        ),
        (
            "POST",
            f"{TABLE}/columns/string",
            {"key": "k", "required": False, "size": 10, "encrypt": True},
            "Size too small. Encrypted strings require a minimum size of 150 characters.",
        ),
        (
            "PATCH",
            "/tablesdb/transactions/none",
            {"commit": True, "rollback": True},
            "Cannot commit and rollback at the same time",
        ),
        ("PATCH", "/tablesdb/transactions/none", {}, "Either commit or rollback must be true"),
        (
            "PATCH",
            "/tablesdb/transactions/none",
            {"commit": True},
            "Transaction with the requested ID 'none' could not be found.",
        ),
        (
            "POST",
            "/tablesdb/d/tables",
            {"tableId": "u", "name": "U", "columns": [{"key": "a", "type": "boolean"}] * 2},
            "Duplicate attribute key: a",
        ),
        (
            "POST",
            "/tablesdb/d/tables",
            {"tableId": "t", "name": "T"},
            "A table with the requested ID 't' already exists. "
            "Try again with a different ID or use ID.unique() to generate a unique ID.",
        ),
    ],
)
def test_message_about_a_write(table, message_of, call_api, method, path, body, message):
    call_api("POST", f"{TABLE}/rows", json={"rowId": "r", "data": {"pages": 5}})
    assert message_of(method, path, body) == message


def test_message_about_a_bulk_write_to_a_table_with_a_relationship(table, message_of, call_api):
    relation = {"relatedTableId": "t", "type": "oneToOne", "key": "next"}
    assert call_api("POST", f"{TABLE}/columns/relationship", json=relation)[0] == 202
    assert message_of("POST", f"{TABLE}/rows", {"rows": [{"title": "a"}]}) == (
        "Bulk create is not supported for tablesDB with relationship columns"
    )
    assert message_of("DELETE", "/databases/d/collections/t/documents") == (
        "Bulk delete is not supported for databases with relationship attributes"
    )


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        (
            "POST",
            "/databases/d/collections",
            {"collectionId": "u", "name": "U", "attributes": [{"key": "row", "type": "boolean"}] * 2},
            "Duplicate attribute key: row",
        ),
        (
            "POST",
            "/databases/d/collections",
            {
                "collectionId": "u",
                "name": "U",
                "attributes": [{"key": "a", "type": "boolean"}],
                "indexes": [{"key": "table", "type": "key", "attributes": ["a"]}] * 2,
            },
            "Duplicate index key: table",
        ),
        (
            "GET",
            '/databases/d/collections?queries[]={"method":"equal","attribute":"table","values":[1]}',
            None,
            "Invalid `queries` param: Invalid query: Attribute not found in schema: table",
        ),
        (
            "POST",
            "/databases/d/collections/t/documents",
            {"documentId": "a", "data": {"column": "c"}},
            'Invalid document structure: Attribute "column" has invalid format. Value must be one of (row, table)',
        ),
        (
            "POST",
            "/databases/d/collections/t/indexes",
            {"key": "k", "type": "key", "attributes": ["row"], "lengths": [11]},
            'Index length 11 is larger than the size for row: 10"',
        ),
        (
            "POST",
            "/databases/d/collections/t/indexes",
            {"key": "k", "type": "key", "attributes": ["table"]},
            "Cannot create an index for a relationship attribute: table",
        ),
    ],
)
def test_message_of_the_legacy_api_does_not_rename_data(table, message_of, call_api, method, path, body, message):
    call_api("POST", f"{TABLE}/columns/enum", json={"key": "column", "elements": ["row", "table"], "required": False})
    call_api("POST", f"{TABLE}/columns/string", json={"key": "row", "size": 10, "required": False})
    relationship = {"relatedTableId": "t", "type": "oneToOne", "key": "table"}
    call_api("POST", f"{TABLE}/columns/relationship", json=relationship)
    assert message_of(method, path, body) == message


def test_message_of_the_legacy_api_does_not_rename_labels(table, alice, users, call_api, message_of):
    users.update_labels("alice", ["row"])
    call_api("PUT", TABLE, json={"name": "T", "permissions": ['create("users")']})
    body = {"documentId": "a", "data": {"pages": 5}, "permissions": ['read("label:other")']}
    message = message_of("POST", "/databases/d/collections/t/documents", body, session_headers(alice))
    assert message.startswith("Permissions must be one of: (any, label:row, ")
