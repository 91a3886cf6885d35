"""The OpenAPI document is valid and describes what the emulator checks. Generated requests cause no server error.

With EXAMPLES=50 in the environment, schemathesis sends 50 valid and 50 invalid examples to every operation, including
`databases`, the older API for `tablesDB`. By default, it sends two examples, which are either both valid or both
invalid.
"""

import os
import zlib

import pytest
import requests
from appwrite.services.messaging import Messaging
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.teams import Teams
from appwrite.services.users import Users
from hypothesis import HealthCheck, Phase, given, seed, settings

from appwrite_emulator.common.errors import ERRORS
from tests.books import BooksTable, create_books_table
from tests.conftest import KEY, SERVER

LONG = "EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
BUG = ERRORS["general_unknown"][1]
"""Message of a 500 response caused by a bug in the emulator. Intended 500 responses have other messages."""
SIGNED = ("x-appwrite-project", "x-appwrite-key", "x-appwrite-session", "x-appwrite-jwt", "cookie")


@pytest.fixture
def document(emulator):
    return requests.get(f"{emulator.origin}/_emulator/openapi.json", timeout=20).json()


def operation(document, name):
    every = (each for path in document["paths"].values() for each in path.values())
    return next(each for each in every if each.get("operationId") == name)


def test_every_route_is_described_once(document):
    names = [each.get("operationId") for path in document["paths"].values() for each in path.values()]
    named = [name for name in names if name]
    assert len(named) == len(set(named)) > 300
    assert all(
        each.get("deprecated")
        for path in document["paths"].values()
        for each in path.values()
        if "operationId" not in each
    )


def test_deprecated_path_has_the_name_of_a_current_path(document):
    every = [each for path in document["paths"].values() for each in path.values()]
    current = {each["operationId"] for each in every if not each.get("deprecated")}
    assert {each["x-appwrite"]["names"][0] for each in every if each.get("deprecated")} - current == set()


def test_document_is_valid_for_schemathesis(document):
    import schemathesis  # imported here because every test worker imports this module

    operations = list(schemathesis.openapi.from_dict(document).get_all_operations())
    assert len(operations) == sum(len(path) for path in document["paths"].values())
    assert all(each.ok() for each in operations)


def test_document_describes_parameters_and_scopes(document):
    create = operation(document, "users.create")
    body = create["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["userId"]
    assert {"type": "string", "format": "email"} in body["properties"]["email"]["anyOf"]
    assert {"type": "string", "minLength": 8, "maxLength": 256} in body["properties"]["password"]["anyOf"]
    assert create["x-appwrite"]["scopes"] == ["users.write"]
    rows = operation(document, "tablesDB.listRows")
    assert [each["name"] for each in rows["parameters"]][:3] == ["databaseId", "tableId", "queries[]"]
    upload = operation(document, "storage.createFile")["requestBody"]["content"]
    assert upload["multipart/form-data"]["schema"]["properties"]["file"]["anyOf"][0]["format"] == "binary"


def test_document_describes_responses(document):
    assert "204" in operation(document, "users.delete")["responses"]
    assert "201" in operation(document, "teams.create")["responses"]
    assert list(operation(document, "tablesDB.createIndex")["responses"]) == ["202", "4XX", "5XX"]
    assert list(operation(document, "storage.getFileView")["responses"]) == ["200", "206", "4XX", "5XX"]
    refusal = operation(document, "teams.get")["responses"]["4XX"]["content"]["application/json"]["schema"]
    assert refusal == {"$ref": "#/components/schemas/Error"}
    assert "row_not_found" in document["components"]["schemas"]["Error"]["properties"]["type"]["enum"]


@pytest.fixture
def existing_ids(emulator, server, alice):
    """Create one object of each kind. Return their IDs by the names of the placeholders in paths."""
    create_books_table(server, permissions=['read("any")', 'create("users")'], row_security=True)
    BooksTable(server).create(
        "one", slug="one", pages=1, price=2.5, born="2026-01-01T00:00:00Z", tags=["a"], body="Words"
    )
    Users(server).create_target("alice", "target", "email", "alice@example.org")
    Teams(server).create("team", "Team")
    member = Teams(server).create_membership("team", ["owner"], user_id="alice")
    Storage(server).create_bucket("bucket", "Bucket")
    requests.post(
        f"{emulator.endpoint}/storage/buckets/bucket/files",
        headers=SERVER,
        data={"fileId": "file"},
        files={"file": ("text.txt", b"hello")},
        timeout=20,
    ).raise_for_status()
    Messaging(server).create_topic("topic", "Topic")
    Messaging(server).create_email("message", "Subject", "Content", draft=True)
    transaction = TablesDB(server).create_transaction()
    emulator.checkpoint("somewhere")
    return {
        **{"databaseId": "lib", "tableId": "books", "collectionId": "books", "key": "title", "column": "pages"},
        **{"rowId": "one", "documentId": "one", "attribute": "pages", "transactionId": transaction.id},
        **{"userId": "alice", "sessionId": "current", "targetId": "target", "type": "totp", "provider": "mock"},
        **{"teamId": "team", "membershipId": member.id, "bucketId": "bucket", "fileId": "file"},
        **{"topicId": "topic", "messageId": "message", "code": "no", "projectId": "default"},
    }


@pytest.mark.thorough
def test_generated_requests_cause_no_server_error(emulator, document, alice, existing_ids):
    import schemathesis
    from schemathesis import GenerationMode

    failures = {}
    with requests.Session() as browser:

        def send(case):
            """Send the request. In most cases, it has the IDs of existing objects and sufficient permissions."""
            chance = zlib.crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))
            for name in case.path_parameters or {}:
                if name in existing_ids and chance % 4:
                    case.path_parameters[name] = existing_ids[name]
            by_alice = case.path.startswith("/account") or chance % 10 == 0
            request = case.as_transport_kwargs(base_url=emulator.endpoint)
            headers = {name: value for name, value in request.pop("headers").items() if name.lower() not in SIGNED}
            headers |= {"X-Appwrite-Session": alice.secret} if by_alice else {"X-Appwrite-Key": KEY}
            headers["X-Appwrite-Project"] = "default"
            request.pop("cookies", None)
            response = browser.request(**request, headers=headers, allow_redirects=False, timeout=60)
            if response.status_code >= 500 and BUG in response.text:
                failures[case.operation.label] = (response.request.url, response.request.body)

        quiet = settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        modes = list(GenerationMode)
        for number, each in enumerate(schemathesis.openapi.from_dict(document).get_all_operations()):
            if each.ok().path.startswith("/databases") and not LONG:
                continue
            emulator.reset("somewhere")
            for mode in modes if LONG else [modes[number % 2]]:
                strategy = each.ok().as_strategy(generation_mode=mode)
                seed(196)(quiet(given(case=strategy)(send)))()
    assert failures == {}
