"""GraphQL: each operation is a field, executed with the caller's permissions."""

import inspect
import json
import os
import re
import subprocess
import sys

import pytest
import requests
from appwrite.services.graphql import Graphql
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from graphql import GraphQLObjectType, build_client_schema, get_introspection_query, get_named_type

from tests.conftest import GUEST, PASSWORD, ROOT, SERVER, status_and_type
from tests.test_every_method import EMULATED

# The `graphql` service's own methods are not GraphQL fields.
INSIDE = [each for each in EMULATED if each[0] is not Graphql]

COUNT = "{ localeListContinents { total } }"
TEAM = "mutation ($id: String!) { teamsCreate(teamId: $id, name: $id) { _id name total } }"


def run_query(client, query, **variables):
    return Graphql(client).query({"query": query, "variables": variables})


def post(emulator, headers=GUEST, path="graphql", **body):
    return requests.post(f"{emulator.endpoint}/{path}", headers=headers, timeout=30, **body)


def error_message(response):
    [error] = response["errors"]
    return error["message"]


@pytest.fixture
def library(server):
    """Create the books table, which anyone can read and in which users can create rows."""
    tables = TablesDB(server)
    tables.create("library", "Library")
    tables.create_table("library", "books", "Books", ['read("any")', 'create("users")'], row_security=True)
    tables.create_varchar_column("library", "books", "title", 100, True)
    tables.create_integer_column("library", "books", "year", False)
    return tables


@pytest.fixture
def schema(guest):
    """Return the schema that an introspection query describes."""
    return build_client_schema(run_query(guest, get_introspection_query())["data"])


# -- requests ---------------------------------------------------------------------------------------------------------


def test_query(alice):
    assert run_query(alice.client, "{ accountGet { _id name prefs { data } } }") == {
        "data": {"accountGet": {"_id": "alice", "name": "Alice", "prefs": {"data": "{}"}}}
    }


def test_mutation(alice):
    graphql = Graphql(alice.client)
    response = graphql.mutation({"query": TEAM, "variables": {"id": "crew"}})
    assert response == {"data": {"teamsCreate": {"_id": "crew", "name": "crew", "total": 1}}}
    assert Teams(alice.client).get("crew").name == "crew"


def test_presence_set_over_graphql_has_the_source_graphql(alice):
    query = 'mutation { presencesUpsert(presenceId: "one", status: "online") { source } }'
    assert run_query(alice.client, query) == {"data": {"presencesUpsert": {"source": "graphql"}}}


def test_both_paths_accept_queries_and_mutations(emulator, alice):
    headers = {**GUEST, "X-Appwrite-Session": alice.secret}
    for path in ("graphql", "graphql/mutation"):
        assert post(emulator, headers, path, json={"query": "{ accountGet { name } }"}).json() == {
            "data": {"accountGet": {"name": "Alice"}}
        }


def test_query_can_be_sent_in_the_url(emulator):
    query = "query Q ($all: Boolean!) { localeListContinents { total @include(if: $all) __typename } } query R { x }"
    parameters = {"query": query.split(" query R")[0], "variables": '{"all": false}', "operationName": "Q"}
    response = requests.get(f"{emulator.endpoint}/graphql", parameters, headers=GUEST, timeout=20)
    assert response.json() == {"data": {"localeListContinents": {"__typename": "ContinentList"}}}


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({}, "general_argument_invalid"),
        ({"operationName": "Q"}, "general_argument_invalid"),
        ({"query": ""}, "graphql_no_query"),
    ],
)
def test_url_without_a_query_is_rejected(emulator, parameters, error):
    response = requests.get(f"{emulator.endpoint}/graphql", parameters, headers=GUEST, timeout=20)
    assert status_and_type(response) == (400, error)
    assert response.json()["message"] == 'Param "query" is not optional.'


def test_query_can_be_sent_as_a_form_or_plain_text(emulator):
    counted = {"data": {"localeListContinents": {"total": 7}}}
    assert post(emulator, data={"query": COUNT}).json() == counted
    assert post(emulator, {**GUEST, "Content-Type": "application/graphql"}, data=COUNT).json() == counted


def test_one_request_can_contain_ten_queries(guest, emulator):
    queries = [{"query": COUNT}, {"query": "{ nothing }"}]
    good, bad = Graphql(guest).query(queries)
    assert good == {"data": {"localeListContinents": {"total": 7}}}
    assert set(bad) == {"errors"}
    assert len(post(emulator, json=[{"query": COUNT}] * 10).json()) == 10
    assert status_and_type(post(emulator, json=[{"query": COUNT}] * 11)) == (400, "graphql_too_many_queries")


def test_only_registered_platforms_get_cors_headers(emulator):
    response = post(emulator, {**GUEST, "Origin": "http://localhost"}, json={"query": COUNT})
    assert response.headers["Access-Control-Allow-Origin"] == "http://localhost"
    other = post(emulator, {**GUEST, "Origin": "https://elsewhere.example"}, json={"query": COUNT})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert other.json()["data"] == {"localeListContinents": None}


# -- permissions ------------------------------------------------------------------------------------------------------


def test_failed_field_does_not_affect_the_other_fields(guest):
    response = run_query(guest, "{ accountGet { name } localeListContinents { total } }")
    assert response["data"] == {"accountGet": None, "localeListContinents": {"total": 7}}
    [error] = response["errors"]
    assert error == {"message": error["message"], "locations": [{"line": 1, "column": 3}], "path": ["accountGet"]}


def test_rows_are_read_and_written_with_the_permissions_of_the_caller(library, alice, bob):
    create = """mutation ($data: Json!) {
        tablesDBCreateRow(databaseId: "library", tableId: "books", rowId: "pan", data: $data) { _permissions data } }"""
    row = run_query(alice.client, create, data=json.dumps({"title": "Pan", "year": 1894}))["data"]["tablesDBCreateRow"]
    assert row["_permissions"] == ['read("user:alice")', 'update("user:alice")', 'delete("user:alice")']
    assert json.loads(row["data"])["year"] == 1894
    change = """mutation ($data: Json) {
        tablesDBUpdateRow(databaseId: "library", tableId: "books", rowId: "pan", data: $data) { data } }"""
    assert run_query(bob.client, change, data={"year": 1})["data"] == {"tablesDBUpdateRow": None}
    assert (
        json.loads(run_query(alice.client, change, data={"year": 1895})["data"]["tablesDBUpdateRow"]["data"])["year"]
        == 1895
    )
    assert library.get_row("library", "books", "pan").data["year"] == 1895


def test_failed_mutation_stores_nothing_and_later_mutations_run(server, users):
    response = run_query(
        server,
        """mutation {
            one: teamsCreate(teamId: "one", name: "One") { _id }
            again: teamsCreate(teamId: "one", name: "Again") { _id }
            two: teamsCreate(teamId: "two", name: "Two") { _id }
        }""",
    )
    assert response["data"] == {"one": {"_id": "one"}, "again": None, "two": {"_id": "two"}}
    assert {team.id: team.name for team in Teams(server).list().teams} == {"one": "One", "two": "Two"}


def test_mutations_are_in_the_account_log(alice):
    run_query(alice.client, 'mutation { accountUpdateName(name: "Alice Liddell") { name } }')
    [line, *_] = run_query(alice.client, "{ accountListLogs { logs { event userName } } }")["data"]["accountListLogs"][
        "logs"
    ]
    assert line == {"event": "user.update", "userName": "Alice Liddell"}


def test_each_field_is_authorised_separately(emulator):
    """An unknown project, an unknown key or a missing scope is reported as a field's error. The request succeeds."""
    for headers in ({"X-Appwrite-Project": "nowhere"}, {}, {**GUEST, "X-Appwrite-Key": "nonsense"}, GUEST):
        response = post(emulator, headers, json={"query": "{ usersList { total } }"})
        assert response.status_code == 200
        assert response.json()["data"] == {"usersList": None}


def test_user_signs_in_and_out_through_graphql(emulator, alice):
    sign_in = """mutation ($email: String!, $word: String!) {
        accountCreateEmailPasswordSession(email: $email, password: $word) { userId } }"""
    browser = requests.Session()
    body = {"query": sign_in, "variables": {"email": alice.email, "word": PASSWORD}}
    response = browser.post(f"{emulator.endpoint}/graphql", json=body, headers=GUEST, timeout=20)
    assert response.json()["data"]["accountCreateEmailPasswordSession"] == {"userId": "alice"}
    secret = json.loads(response.headers["X-Fallback-Cookies"])["a_session_default"]
    headers = {**GUEST, "X-Appwrite-Session": secret}
    assert post(emulator, headers, json={"query": "{ accountGet { name } }"}).json()["data"]["accountGet"]
    out = post(emulator, headers, json={"query": 'mutation { accountDeleteSession(sessionId: "current") { status } }'})
    assert (out.status_code, out.content) == (204, b"")
    assert post(emulator, headers, json={"query": "{ accountGet { name } }"}).json()["data"] == {"accountGet": None}


# -- files, and responses that are not JSON ---------------------------------------------------------------------------


def upload(emulator, headers, operations, file_map, **files):
    parts = {name: (f"{name}.txt", content, "text/plain") for name, content in files.items()}
    return post(emulator, headers, data={"operations": operations, "map": file_map}, files=parts)


CREATE_FILE = """mutation ($file: InputFile!) {
    storageCreateFile(bucketId: "papers", fileId: "note", file: $file, permissions: ["read(\\"any\\")"]) {
        _id name sizeOriginal
    }
}"""


def test_file_is_uploaded_and_downloaded(emulator, server, guest):
    Storage(server).create_bucket("papers", "Papers", file_security=True)
    operations = json.dumps({"query": CREATE_FILE, "variables": {"file": None}})
    response = upload(emulator, SERVER, operations, '{"part": ["variables.file"]}', part=b"read me")
    assert response.json() == {"data": {"storageCreateFile": {"_id": "note", "name": "part.txt", "sizeOriginal": 7}}}
    view = {"query": '{ storageGetFileView(bucketId: "papers", fileId: "note") { status } }'}
    shown = post(emulator, json=view)
    assert (shown.status_code, shown.content) == (200, b"read me")
    assert shown.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "file_map",
    [
        '{"part": ["variables.file"]}',
        '[["variables.file"]]',
        '{"7": ["variables.file"]}',
        '{"0": ["variables.file.x"]}',
    ],
)
def test_map_does_not_require_a_matching_part_name(emulator, server, file_map):
    Storage(server).create_bucket("papers", "Papers")
    operations = json.dumps({"query": CREATE_FILE, "variables": {"file": None}})
    response = upload(emulator, SERVER, operations, file_map, part=b"read me")
    assert response.json() == {"data": {"storageCreateFile": {"_id": "note", "name": "part.txt", "sizeOriginal": 7}}}


@pytest.mark.parametrize("file_map", ["", "{}", "nonsense", "5", '{"part": 5}', '{"part": ["variables.other"]}'])
def test_file_that_the_map_does_not_mention_is_missing(emulator, server, file_map):
    Storage(server).create_bucket("papers", "Papers")
    operations = json.dumps({"query": CREATE_FILE, "variables": {"file": None}})
    response = upload(emulator, SERVER, operations, file_map, part=b"read me")
    assert (response.status_code, set(response.json())) == (200, {"errors"})


def test_two_files_are_assigned_to_two_variables(emulator, server):
    Storage(server).create_bucket("papers", "Papers")
    query = """mutation ($a: InputFile!, $b: InputFile!) {
        one: storageCreateFile(bucketId: "papers", fileId: "one", file: $a) { name }
        two: storageCreateFile(bucketId: "papers", fileId: "two", file: $b) { name }
    }"""
    file_map = '{"first": ["variables.a"], "second": ["variables.b"]}'
    response = upload(emulator, SERVER, json.dumps({"query": query}), file_map, first=b"1", second=b"22")
    assert response.json() == {"data": {"one": {"name": "first.txt"}, "two": {"name": "second.txt"}}}


def test_string_is_not_accepted_as_a_file(emulator, server):
    Storage(server).create_bucket("papers", "Papers")
    response = post(emulator, SERVER, json={"query": CREATE_FILE, "variables": {"file": "read me"}})
    assert response.json()["data"] == {"storageCreateFile": None}
    written = CREATE_FILE.replace("$file })", "})").replace("file: $file", 'file: "read me"')
    assert "data" not in post(emulator, SERVER, json={"query": written}).json()


@pytest.mark.parametrize(
    ("operations", "file_map"),
    [
        ("", ""),
        ("{", "{}"),
        ("[]", "{}"),
        ("{}", "[]"),
        ("{}", '{"part": ["variables.file"]}'),
        ('{"query": ""}', '{"part": "variables.file"}'),
        ('{"query": [1]}', '{"part": ["query.7", "query.x", "query.0.1", ""]}'),
    ],
)
def test_malformed_uploads_are_rejected(emulator, operations, file_map):
    assert upload(emulator, GUEST, operations, file_map, part=b"x").status_code == 400


def test_response_without_content_is_204(emulator, server):
    Teams(server).create("crew", "Crew")
    delete = 'mutation { teamsDelete(teamId: "crew") { status } }'
    response = post(emulator, SERVER, json={"query": delete})
    assert (response.status_code, response.content, response.headers["Content-Type"]) == (204, b"", "null")
    assert error_message(post(emulator, SERVER, json={"query": delete}).json())
    assert Teams(server).list().total == 0


# -- invalid queries --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        [{}],
        [1],
        ["{ x }"],
        [{"query": COUNT}, {"query": None}],
        {"query": ""},
        {"query": None},
        {"variables": {}},
    ],
)
def test_missing_query_is_rejected(emulator, body):
    assert status_and_type(post(emulator, json=body)) == (400, "graphql_no_query")


@pytest.mark.parametrize(
    "body",
    [
        {"query": 5},
        {"query": ["{ x }"]},
        {"query": {"query": COUNT}},
        {"query": COUNT, "variables": "all"},
        {"query": COUNT, "variables": [1]},
        {"query": COUNT, "operationName": ["A"]},
    ],
)
def test_query_of_the_wrong_type_is_rejected(emulator, body):
    assert status_and_type(post(emulator, json=body)) == (400, "general_argument_invalid")


@pytest.mark.parametrize("query", ["{ x }", 42, True])
def test_query_of_an_sdk_must_be_an_object(emulator, query):
    response = post(emulator, {**GUEST, "X-SDK-GraphQL": "true"}, json={"query": query})
    assert status_and_type(response) == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "\ud7ff",
        "subscription { x }",
        "query A { accountGet { name } } query A { accountGet { name } }",
        "{ accountGet { ...a } } fragment a on User { ...b } fragment b on User { ...a }",
        "{ accountGet { name: _id name } }",
        "{ teamsGet(teamId: 5) { _id } }",
        "{ teamsGet(teamId: null) { _id } }",
        "mutation { accountUpdatePrefs(prefs: {a: 1}) { _id } }",
        'mutation { accountUpdatePrefs(prefs: "{") { _id } }',
        "query ($a: Assoc!, $b: Nothing) { accountGet { name } }",
    ],
)
def test_invalid_query_returns_errors(emulator, query):
    response = post(emulator, json={"query": query})
    assert response.status_code == 200
    assert set(response.json()) == {"errors"}
    assert all(error["message"] for error in response.json()["errors"])


@pytest.mark.parametrize("query", ["{ a" * 3000, "{ accountGet(x: " + "[" * 3000, "{ " + "...on Query { " * 500])
def test_excessively_nested_query_returns_errors(emulator, query):
    response = post(emulator, json={"query": query})
    assert response.status_code == 200
    assert set(response.json()) == {"errors"}


def test_deep_query_succeeds(server):
    """The depth of a query is not limited, as on a real server whose abuse protection is disabled."""
    Teams(server).create("crew", "Crew", ["owner"])
    deep = "{ teamsList { teams { " + "... on Team { " * 30 + "prefs { data } " + "} " * 33
    assert run_query(server, deep)["data"]["teamsList"]["teams"] == [{"prefs": {"data": "{}"}}]


def test_assoc_values_can_be_strings_variables_and_literals(alice):
    change = "mutation ($prefs: Assoc!) { accountUpdatePrefs(prefs: $prefs) { prefs { data } } }"
    for prefs in ({"a": ["x/y", "ø"]}, '{"a": ["x/y", "ø"]}'):
        shown = run_query(alice.client, change, prefs=prefs)["data"]["accountUpdatePrefs"]["prefs"]["data"]
        assert shown == '{"a":{"0":"x\\/y","1":"\\u00f8"}}'  # PHP's encoding, in which lists become objects
    written = r'mutation { accountUpdatePrefs(prefs: "{\"b\": 1}") { prefs { data } } }'
    assert run_query(alice.client, written)["data"]["accountUpdatePrefs"]["prefs"]["data"] == '{"b":1}'
    assert error_message(run_query(alice.client, change, prefs=5))


def test_json_values_can_be_literals(server, library):
    create = """mutation {
        tablesDBCreateRow(databaseId: "library", tableId: "books", rowId: "pan", data: {title: "Pan"}) { data } }"""
    assert json.loads(run_query(server, create)["data"]["tablesDBCreateRow"]["data"])["title"] == "Pan"
    listed = (
        '{ tablesDBListRows(databaseId: "library", tableId: "books", queries: []) { total rows { _id _sequence } } }'
    )
    assert run_query(server, listed)["data"]["tablesDBListRows"]["total"] == 1


# -- the schema -------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_field(schema, operations):
    """Exceptions: OAuth2 redirects (as in Appwrite), GraphQL itself and the console user's operations."""
    for (method, path), names in operations.items():
        root = schema.query_type if method == "GET" else schema.mutation_type
        for name in names:
            field = re.sub(r"\.(.)", lambda letter: letter[1].upper(), name)
            left_out = path.startswith(("/mock/", "/graphql", "/account/sessions/oauth2"))
            left_out = left_out or name.startswith(("projects.", "console."))
            assert (field in root.fields) is not left_out, field


def test_renamed_operations_keep_their_legacy_fields(schema):
    """The schema has both spellings: `createMFAChallenge` and, as in older SDKs, `createMfaChallenge`."""
    mutations, queries = schema.mutation_type.fields, schema.query_type.fields
    for current, earlier in [
        ("accountCreateMFAChallenge", "accountCreateMfaChallenge"),
        ("usersUpdateMFA", "usersUpdateMfa"),
        ("messagingCreateSMTPProvider", "messagingCreateSmtpProvider"),
        ("messagingUpdateSMS", "messagingUpdateSms"),
    ]:
        assert mutations[current].type == mutations[earlier].type
        assert mutations[current].args.keys() == mutations[earlier].args.keys()
    assert {"usersGetMFARecoveryCodes", "usersGetMfaRecoveryCodes"} <= queries.keys()
    assert not {"accountUpdateMfa", "accountCreateJwt", "usersCreateMd5User"} & mutations.keys()


def test_operations_of_one_route_have_their_own_arguments(schema):
    def arguments(field):
        return {name: str(argument.type) for name, argument in schema.mutation_type.fields[field].args.items()}

    path = {"databaseId": "String!", "tableId": "String!"}
    assert arguments("tablesDBCreateRows") == path | {"rows": "[Json!]!", "transactionId": "String"}
    assert arguments("tablesDBCreateRow") == path | {
        "rowId": "String!",
        "data": "Json!",
        "permissions": "[String]",
        "transactionId": "String",
    }


@pytest.mark.usefixtures("ignore_deprecations")
def test_each_field_has_the_model_of_its_sdk_method(fields):
    for service, method in INSIDE:
        annotation = str(inspect.signature(getattr(service, method)).return_annotation)
        model = re.sub(r".*\.(\w+?)(Model)?(\[.*)?('>)?$", r"\1", annotation)
        field = fields[f"{service.__name__}{method}".replace("_", "").lower()]
        name = get_named_type(field.type).name
        if "Union" in annotation:  # Appwrite's schema contains the union's last model
            assert name in annotation, (service, method)
        elif annotation in ("<class 'str'>", "<class 'bytes'>", "typing.Dict[str, typing.Any]"):
            assert name in ("None", "Any"), (service, method)
        else:
            assert name == model, (service, method)


def test_field_without_a_model_has_type_any(fields):
    assert get_named_type(fields["healthgetstats"].type).name == "Any"


@pytest.fixture(scope="module")
def fields(appwrite_process):
    response = post(appwrite_process, json={"query": get_introspection_query()})
    schema = build_client_schema(response.json()["data"])
    roots = {**schema.query_type.fields, **schema.mutation_type.fields}
    return {name.lower(): field for name, field in roots.items()}


def test_types_have_the_fields_of_responses(emulator, server, library, alice, schema):
    """Compare a REST response of each kind with its GraphQL type's fields."""
    Teams(alice.client).create("crew", "Crew")
    Storage(server).create_bucket("papers", "Papers")
    library.create_row("library", "books", "pan", {"title": "Pan"})
    mine = {**GUEST, "X-Appwrite-Session": alice.secret}
    responses = [
        ("User", SERVER, "users/alice"),
        ("UserList", SERVER, "users"),
        ("Session", mine, "account/sessions/current"),
        ("SessionList", mine, "account/sessions"),
        ("MfaFactors", mine, "account/mfa/factors"),
        ("LogList", mine, "account/logs"),
        ("Team", mine, "teams/crew"),
        ("TeamList", mine, "teams"),
        ("MembershipList", mine, "teams/crew/memberships"),
        ("Bucket", SERVER, "storage/buckets/papers"),
        ("Database", SERVER, "tablesdb/library"),
        ("Table", SERVER, "tablesdb/library/tables/books"),
        ("TableList", SERVER, "tablesdb/library/tables"),
        ("ColumnVarchar", SERVER, "tablesdb/library/tables/books/columns/title"),
        ("ColumnInteger", SERVER, "tablesdb/library/tables/books/columns/year"),
        ("ColumnList", SERVER, "tablesdb/library/tables/books/columns"),
        ("Collection", SERVER, "databases/library/collections/books"),
        ("RowList", SERVER, "tablesdb/library/tables/books/rows"),
        ("Locale", GUEST, "locale"),
        ("CountryList", GUEST, "locale/countries"),
        ("CurrencyList", GUEST, "locale/currencies"),
        ("PhoneList", GUEST, "locale/countries/phones"),
        ("LanguageList", GUEST, "locale/languages"),
        ("KeyList", SERVER, "project/keys"),
    ]
    for name, headers, path in responses:
        response = requests.get(f"{emulator.endpoint}/{path}", headers=headers, timeout=20).json()
        assert_described(schema, schema.type_map[name], response)


def assert_described(schema, kind, value):
    """Check at every level that this value has the fields of the GraphQL type `kind`."""
    assert isinstance(kind, GraphQLObjectType)
    known = {name for name in kind.fields if name != "data"}
    shown = {name.replace("$", "_") for name in value}
    assert known <= shown if "data" in kind.fields else shown <= known, (kind.name, known ^ shown)
    for name, item in value.items():
        inside = kind.fields.get(name.replace("$", "_"))
        inner = inside and get_named_type(inside.type)
        for each in item if isinstance(item, list) else [item]:
            if isinstance(inner, GraphQLObjectType) and isinstance(each, dict):
                assert_described(schema, inner, each)


def test_column_object_has_the_graphql_type_of_its_column_type(server, library):
    query = """{ tablesDBGetTable(databaseId: "library", tableId: "books") { columns {
        __typename ... on ColumnVarchar { key size } ... on ColumnInteger { key required } } indexes { _id } } }"""
    assert run_query(server, query)["data"]["tablesDBGetTable"]["columns"] == [
        {"__typename": "ColumnVarchar", "key": "title", "size": 100},
        {"__typename": "ColumnInteger", "key": "year", "required": False},
    ]


def test_enum_column_is_a_string_column(server, library):
    library.create_enum_column("library", "books", "state", ["draft", "out"], False)
    query = """{ tablesDBGetTable(databaseId: "library", tableId: "books") { columns { __typename } } }"""
    names = [column["__typename"] for column in run_query(server, query)["data"]["tablesDBGetTable"]["columns"]]
    assert names == ["ColumnVarchar", "ColumnInteger", "ColumnString"]


def test_numeric_arguments_have_the_type_int(server, library):
    library.create_row("library", "books", "salt", {"title": "Salt", "year": 1890})
    count = """mutation (%s) { tablesDBIncrementRowColumn(
        databaseId: "library", tableId: "books", rowId: "salt", column: "year", value: $by) { data } }"""
    response = run_query(server, count % "$by: Int", by=3)
    assert json.loads(response["data"]["tablesDBIncrementRowColumn"]["data"])["year"] == 1893
    assert "data" not in run_query(server, count % "$by: Float", by=3)


def test_required_list_has_non_null_items(server, library):
    index = """mutation ($columns: %s) { tablesDBCreateIndex(
        databaseId: "library", tableId: "books", key: "one", type: "key", columns: $columns) { key columns } }"""
    assert "data" not in run_query(server, index % "[String]!", columns=["title"])
    response = run_query(server, index % "[String!]!", columns=["title"])
    assert response["data"]["tablesDBCreateIndex"] == {"key": "one", "columns": ["title"]}


def test_bulk_rows_can_be_literals(server, library):
    query = """mutation { tablesDBCreateRows(
        databaseId: "library", tableId: "books", rows: [{title: "A"}, {title: "B"}]) { total } }"""
    assert run_query(server, query) == {"data": {"tablesDBCreateRows": {"total": 2}}}


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        ("usersCreateArgon2User", "AlgoArgon2"),
        ("usersCreateBcryptUser", "AlgoBcrypt"),
        ("usersCreateMD5User", "AlgoMd5"),
        ("usersCreateSHAUser", "AlgoSha"),
        ("usersCreatePHPassUser", "AlgoPhpass"),
    ],
)
def test_hash_options_have_the_type_of_their_algorithm(server, make, kind):
    hashes = {
        "AlgoArgon2": "$argon2id$v=19$m=65536,t=4,p=3$c29tZXNhbHQ$aGFzaA",
        "AlgoBcrypt": "$2y$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234",
        "AlgoMd5": "5f4dcc3b5aa765d61d8327deb882cf99",
        "AlgoSha": "5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
        "AlgoPhpass": "$P$Br387rwferoKN7uwHZqNMu98q3U8RO.",
    }
    query = f"""mutation ($hash: String!) {{ made: {make}(userId: "ada", email: "ada@example.com", password: $hash) {{
        hashOptions {{ __typename }} }} }}"""
    assert run_query(server, query, hash=hashes[kind]) == {"data": {"made": {"hashOptions": {"__typename": kind}}}}


# -- log, faults, imports ---------------------------------------------------------------------------------------------


def test_request_log_shows_the_fields(emulator, guest):
    run_query(guest, "{ accountGet { name } }")
    lines = requests.get(f"{emulator.origin}/_emulator/requests.json", timeout=20).json()["requests"]
    assert [(line["operation"], line["status"]) for line in lines] == [("graphql.query", 200), ("account.get", 401)]


def test_faults_apply_to_fields(emulator, guest):
    fault = {"operation": "locale.listContinents", "status": 503, "first": 1}
    requests.post(f"{emulator.origin}/_emulator/faults.json", json=fault, timeout=20).raise_for_status()
    assert run_query(guest, COUNT)["data"] == {"localeListContinents": None}
    assert run_query(guest, COUNT)["data"] == {"localeListContinents": {"total": 7}}


def test_graphql_library_is_imported_on_first_use():
    loads = "import django, sys; django.setup(); import appwrite_emulator.urls; print('graphql' in sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "appwrite_emulator.settings"}
    process = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout.strip() == "False"
