"""Older response formats, requested with `X-Appwrite-Response-Format`, in cases that have no recording."""

import json

import pytest
import requests

from tests.conftest import KEY, SERVER

HEADERS = {**SERVER, "X-Appwrite-Key": KEY}


@pytest.fixture
def call_as(emulator):
    """Return a function that calls the API as a client for a given Appwrite version. It returns status and body."""

    def call(version, method, path, **options):
        headers = {**HEADERS, "X-Appwrite-Response-Format": version}
        response = requests.request(method, emulator.endpoint + path, headers=headers, timeout=20, **options)
        return response.status_code, response.json()

    return call


@pytest.fixture
def function(call_as):
    """Create a function with a schedule and a variable. Return its path."""
    fields = {
        "functionId": "hello",
        "name": "Hello",
        "runtime": "node-22",
        "schedule": "0 4 * * *",
        "scopes": ["users.read"],
    }
    assert call_as("1.9.6", "POST", "/functions", json=fields)[0] == 201
    variable = {"variableId": "v", "key": "A", "value": "x", "secret": False}
    assert call_as("1.9.6", "POST", "/functions/hello/variables", json=variable)[0] == 201
    return "/functions/hello"


@pytest.fixture
def documents(call_as):
    """Create collections where books have an author and authors have a home town. Return the collections' path."""
    call_as("1.9.6", "POST", "/tablesdb", json={"databaseId": "library", "name": "Library"})
    for name in ("towns", "people", "books"):
        columns = [{"key": "name", "type": "varchar", "size": 20}]
        body = {"tableId": name, "name": name, "columns": columns, "permissions": ['read("any")']}
        assert call_as("1.9.6", "POST", "/tablesdb/library/tables", json=body)[0] == 201
    for child, parent, key, two_way_key in (
        ("people", "towns", "home", "people"),
        ("books", "people", "author", "books"),
    ):
        path = f"/tablesdb/library/tables/{child}/columns/relationship"
        body = {"relatedTableId": parent, "type": "manyToOne", "twoWay": True, "key": key, "twoWayKey": two_way_key}
        assert call_as("1.9.6", "POST", path, json=body)[0] == 202
    rows = {
        "towns": {"rowId": "bergen", "data": {"name": "Bergen"}},
        "people": {"rowId": "ada", "data": {"name": "Ada", "home": "bergen"}},
        "books": {"rowId": "notes", "data": {"name": "Notes", "author": "ada"}},
    }
    for name, row in rows.items():
        assert call_as("1.9.6", "POST", f"/tablesdb/library/tables/{name}/rows", json=row)[0] == 201
    return "/databases/library/collections"


def test_client_that_expects_a_newer_server_gets_a_warning(emulator):
    for version, warns in (("1.9.6", False), ("1.9", False), ("1.9.7", True), ("2.0.0", True)):
        headers = {**HEADERS, "X-Appwrite-Response-Format": version}
        response = requests.get(f"{emulator.endpoint}/users", headers=headers, timeout=20)
        assert ("X-Appwrite-Warning" in response.headers) is warns


# -- responses --------------------------------------------------------------------------------------------------------


def test_1_5_keeps_scopes_in_lists_of_functions_but_not_in_a_single_function(call_as, function):
    assert "scopes" not in call_as("1.5.0", "GET", function)[1]
    (listed,) = call_as("1.5.0", "GET", "/functions")[1]["functions"]
    assert listed["scopes"] == ["users.read"]
    assert "deployment" in listed
    assert "deploymentId" not in listed
    assert listed["vars"][0]["secret"] is False


def test_1_3_responses_contain_schedule_times_and_the_function_of_a_variable(call_as, function, emulator):
    shown = call_as("1.3.0", "GET", function)[1]
    assert shown["schedulePrevious"] < shown["scheduleNext"]
    assert "T04:00:00.000+00:00" in shown["scheduleNext"]
    variable = call_as("1.3.0", "GET", f"{function}/variables/v")[1]
    assert (variable["functionId"], "resourceId" in variable) == ("hello", False)


def test_1_3_responses_contain_no_times_for_a_schedule_that_is_never_due(call_as, function):
    call_as("1.9.6", "PUT", function, json={"name": "Hello", "runtime": "node-22", "schedule": "0 0 30 2 *"})
    assert call_as("1.3.0", "GET", function)[1]["scheduleNext"] == ""


def test_deployments_have_a_single_size_field_before_1_7(call_as, function, emulator):
    code = {"code": ("code.tar.gz", b"x" * 40, "application/gzip")}
    created = requests.post(
        f"{emulator.endpoint}{function}/deployments",
        headers=HEADERS,
        data={"activate": "false", "entrypoint": "main.py"},
        files=code,
        timeout=20,
    ).json()
    path = f"{function}/deployments/{created['$id']}"
    current = requests.get(f"{emulator.endpoint}{path}", headers=HEADERS, timeout=20).json()
    shown = call_as("1.6.0", "GET", path)[1]
    assert (shown["size"], shown["buildTime"]) == (current["sourceSize"], current["buildDuration"])
    assert shown.keys().isdisjoint({"sourceSize", "buildDuration", "totalSize", "screenshotLight", "screenshotDark"})
    shown = call_as("1.3.0", "GET", path)[1]
    assert (shown["size"], shown["buildStderr"]) == (created["sourceSize"] + created["buildSize"], "")
    assert "buildLogs" not in shown


@pytest.mark.parametrize(("version", "kind"), [("1.8.0", int), ("1.9.0", str)])
def test_sequences_are_numbers_before_1_9(call_as, documents, version, kind):
    path = "/tablesdb/library/tables/books/rows"
    queries = {"queries[]": json.dumps({"method": "select", "values": ["*", "author.*"]})}
    (row,) = call_as(version, "GET", path, params=queries)[1]["rows"]
    assert isinstance(row["$sequence"], kind)
    assert isinstance(row["author"]["$sequence"], kind)
    assert isinstance(call_as(version, "GET", f"{documents}/books/documents/notes")[1]["$sequence"], kind)


def test_lists_of_platforms_and_keys_are_converted_item_by_item(call_as, emulator):
    body = {"platformId": "p", "name": "P", "hostname": "example.org"}
    created = call_as("1.9.0", "POST", "/project/platforms/web", json=body)[1]
    assert "store" not in created
    del body["platformId"]
    older = call_as("1.8.0", "POST", "/project/platforms/web", json={**body, "store": "x"})
    assert (older[0], older[1]["key"], older[1]["store"], older[1]["hostname"]) == (201, "", "", "example.org")
    listed = call_as("1.8.0", "GET", "/project/platforms")[1]["platforms"]
    assert all("store" in platform for platform in listed)


def test_project_contains_its_settings_before_1_9_5(call_as):
    call_as("1.9.6", "PATCH", "/project/policies/session-limit", json={"total": 3})
    assert "authSessionsLimit" not in call_as("1.9.5", "GET", "/project")[1]
    project = call_as("1.9.4", "GET", "/project")[1]
    assert (project["authSessionsLimit"], project["authEmailPassword"], project["serviceStatusForTeams"]) == (
        3,
        True,
        True,
    )
    assert project["platforms"][0]["hostname"]
    assert project["keys"][0]["secret"] == KEY
    assert "services" not in project
    older = call_as("1.3.0", "GET", "/project")[1]
    assert {each["key"] for each in older["providers"]} >= {"github", "microsoft"}
    assert (older["domains"], older["platforms"][0]["store"]) == ([], "")
    assert older.keys().isdisjoint({"oAuthProviders", "devKeys", "authSessionAlerts", "smtpReplyToEmail"})


# -- related documents ------------------------------------------------------------------------------------------------


def test_documents_contain_related_documents_three_levels_deep_before_1_8(call_as, documents):
    document = call_as("1.7.0", "GET", f"{documents}/books/documents/notes")[1]
    assert document["author"]["home"]["name"] == "Bergen"
    assert call_as("1.8.0", "GET", f"{documents}/books/documents/notes")[1]["author"] == "ada"
    (town,) = call_as("1.7.0", "GET", f"{documents}/towns/documents")[1]["documents"]
    assert town["people"][0]["books"][0]["name"] == "Notes"


@pytest.mark.parametrize(
    ("select", "author"),
    [(["name"], None), (["*"], "Ada"), (["name", "author.$id"], None), (["*", "author.$id"], "Ada")],
)
def test_select_queries_determine_the_attributes_shown_to_older_clients(call_as, documents, select, author):
    queries = {"queries[]": json.dumps({"method": "select", "values": select})}
    document = call_as("1.7.0", "GET", f"{documents}/books/documents/notes", params=queries)[1]
    assert (document.get("author") or {}).get("name") == author


def test_invalid_query_of_an_older_client_is_reported(call_as, documents):
    status, error = call_as("1.7.0", "GET", f"{documents}/books/documents", params={"queries[]": "{"})
    assert (status, error["type"]) == (400, "general_query_invalid")


# -- queries in the method call syntax --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("equal('name', 'one, (two)')", ["one, (two)"]),
        ('equal("name", ["it\\"s", "x"])', ['it"s']),
        ("equal(name, plain)", ["plain"]),
        ('equal("name", [ "plain" , "one, (two)" ])', ["plain", "one, (two)"]),
        ('notEqual("name", ["plain"])', ['it"s', "one, (two)"]),
        ("limit(1)", ["plain"]),
        ("isNotNull('name')", ["plain", 'it"s', "one, (two)"]),
        ("limit", None),
        ("team.equal('name', 'x')", None),
        ("between('name', 'a')", None),
        ("select('name')", None),
        ("equal(5, 'x')", None),
    ],
)
def test_1_4_clients_send_queries_in_the_method_call_syntax(call_as, query, names):
    for id, name in (("a", "plain"), ("b", 'it"s'), ("c", "one, (two)")):
        call_as("1.9.6", "POST", "/teams", json={"teamId": id, "name": name})
    status, body = call_as("1.4.0", "GET", "/teams", params={"queries[]": query})
    if names is None:
        assert (status, body["type"]) == (400, "general_query_invalid")
    else:
        assert [team["name"] for team in body["teams"]] == names


def test_lists_added_after_1_4_expect_json_queries_from_every_client(call_as, function):
    queries = {"queries[]": json.dumps({"method": "limit", "values": [1]})}
    assert call_as("1.4.0", "GET", "/messaging/topics", params=queries)[0] == 200
    assert call_as("1.4.0", "GET", "/functions", params=queries)[0] == 400


# -- other parameters -------------------------------------------------------------------------------------------------


def test_older_clients_can_use_the_old_parameter_names_and_defaults(call_as, function):
    fields = {"name": "Hello", "runtime": "python-3.12", "specification": "s-1vcpu-512mb", "commands": "make"}
    shown = call_as("1.8.0", "PUT", function, json=fields)
    assert (shown[0], shown[1]["specification"], shown[1]["commands"]) == (200, "s-1vcpu-512mb", "make")
    shown = call_as("1.3.0", "PUT", function, json=fields)[1]
    assert shown["commands"].startswith("pip install")
    variable = {"key": "B", "value": "x", "secret": True}
    assert call_as("1.6.0", "POST", f"{function}/variables", json=variable)[0] == 201
    listed = call_as("1.9.6", "GET", f"{function}/variables")[1]["variables"]
    assert [each["secret"] for each in listed] == [False, False]


def test_functions_are_found_by_the_old_name_of_their_deployment(call_as, function):
    queries = {"queries[]": json.dumps({"method": "equal", "attribute": "deployment", "values": [""]})}
    assert call_as("1.6.0", "GET", "/functions", params=queries)[0] == 200
    assert call_as("1.7.0", "GET", "/functions", params=queries)[0] == 400


def test_older_clients_create_keys_without_id_and_scopes(call_as):
    status, key = call_as("1.8.0", "POST", "/project/keys", json={"name": "K", "scopes": None})
    assert (status, key["scopes"]) == (201, [])
    assert call_as("1.9.1", "POST", "/project/keys", json={"keyId": "k", "name": "K", "scopes": None})[0] == 400


def test_session_limit_of_zero_is_accepted_before_1_9_2(call_as):
    path = "/project/policies/session-limit"
    assert call_as("1.9.1", "PATCH", path, json={"limit": 0})[0] == 200
    assert call_as("1.9.2", "PATCH", path, json={"limit": 0})[0] == 400
