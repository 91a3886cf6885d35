"""With `--as`, the emulator behaves like other Appwrite versions."""

import re
from pathlib import Path

import pytest
import requests
from appwrite.client import Client
from appwrite.exception import AppwriteException
from appwrite.id import ID
from appwrite.services.storage import Storage
from appwrite.services.tables_db import TablesDB
from appwrite.services.users import Users

from appwrite_emulator.command_line import options
from appwrite_emulator.testing import Emulator
from tests.conftest import KEY

pytestmark = pytest.mark.processes
DIFFERENCES = Path(__file__).parent.parent / "docs" / "differences.md"


@pytest.fixture(scope="module")
def old():
    with Emulator("--as", "1.8.1", key=KEY, fast_hashes=True) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def new():
    with Emulator("--as", "2.7.1", key=KEY, fast_hashes=True) as emulator:
        yield emulator


def client(emulator: Emulator, key: str = KEY) -> Client:
    return Client().set_endpoint(emulator.endpoint).set_project(emulator.project).set_key(key)


def get(emulator: Emulator, path: str, key: str = KEY) -> requests.Response:
    headers = {"X-Appwrite-Project": emulator.project, "X-Appwrite-Key": key}
    return requests.get(f"{emulator.endpoint}/{path}", headers=headers, timeout=20)


@pytest.mark.parametrize(("fixture", "version"), [("old", "1.8.1"), ("new", "2.7.1")])
def test_version_is_reported_in_health_errors_and_warnings(fixture, version, request):
    emulator = request.getfixturevalue(fixture)
    assert get(emulator, "users/missing").json()["version"] == version
    headers = {"X-Appwrite-Project": emulator.project, "X-Appwrite-Response-Format": "2.5.0"}
    response = requests.get(f"{emulator.endpoint}/health/version", headers=headers, timeout=20)
    assert response.json() == {"version": version}
    assert ("X-Appwrite-Warning" in response.headers) == (version == "1.8.1")


def test_1_8_has_only_string_columns_and_numbers_as_sequence(old):
    db = TablesDB(client(old))
    db.create("main", "Main")
    db.create_table("main", "books", "Books")
    with pytest.raises(AppwriteException) as caught:
        db.create_varchar_column("main", "books", "title", 100, True)
    assert caught.value.code == 404
    with pytest.deprecated_call():  # by the SDK, which is for later versions
        db.create_string_column("main", "books", "title", 100, True)
    body = {"rowId": "one", "data": {"title": "Brand"}}
    headers = {"X-Appwrite-Project": old.project, "X-Appwrite-Key": KEY}
    row = requests.post(f"{old.endpoint}/tablesdb/main/tables/books/rows", json=body, headers=headers, timeout=20)
    assert isinstance(row.json()["$sequence"], int)
    assert "bytesMax" not in get(old, "tablesdb/main/tables/books").json()


def test_1_8_responds_with_401_to_blocked_users(old):
    users = Users(client(old))
    person = users.create(ID.unique(), "ada@example.com")
    session = users.create_session(person.id)
    users.update_status(person.id, False)
    headers = {"X-Appwrite-Project": old.project, "X-Appwrite-Session": session.secret}
    response = requests.get(f"{old.endpoint}/account", headers=headers, timeout=20)
    assert (response.status_code, response.json()["code"], response.json()["type"]) == (401, 401, "user_blocked")


def test_1_8_lacks_the_fields_of_later_versions(old):
    Users(client(old)).create("eve", "eve@example.com")
    assert "emailCanonical" not in get(old, "users/eve").json()
    assert all("emailCanonical" not in user for user in get(old, "users").json()["users"])


def test_2_x_adds_fields(new):
    Storage(client(new)).create_bucket("pictures", "Pictures")
    Users(client(new)).create("ada", "ada@example.com")
    assert get(new, "storage/buckets/pictures").json()["stripMetadata"] is False
    assert get(new, "storage/buckets").json()["buckets"][0]["description"] == ""
    assert get(new, "users/ada").json()["passwordPwned"] is None


def test_2_x_rejects_an_unknown_api_key(new):
    response = get(new, "locale/codes", key="standard_unknown")  # guests may read this list
    assert response.status_code == 401


def test_differences_have_a_row_for_each_version():
    section = DIFFERENCES.read_text().partition("## Other versions")[2].partition("\n## ")[0]
    assert set(re.findall(r"`--as (\S+)`", section)) == set(options.OTHER_VERSIONS)
    assert "differences have not been tested" in " ".join(section.split())
