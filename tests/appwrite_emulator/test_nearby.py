"""Cases near the recorded ones, as the real server's source decides them: other callers, orders, names, second calls."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.appwrite_emulator.conftest import KEY, PASSWORD, Person, client
from tests.emulator import Emulator

SERVER = {"X-Appwrite-Project": "biso", "X-Appwrite-Key": KEY}
MOCK_ADDRESS = "useroauth@localhost.test"
"""What the stand-in provider `mock` says of its one person."""

Ask = Callable[..., tuple[int, str, Any]]


@pytest.fixture
def ask(emulator: Emulator) -> Ask:
    """`ask("GET", "/users", ...)` as a server: status, the error's type, and the body."""

    def asked(method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> tuple[int, str, Any]:
        answer = requests.request(
            method, emulator.endpoint + path, headers=SERVER if headers is None else headers, timeout=20, **options
        )
        body = answer.json() if answer.headers["Content-Type"].startswith("application/json") else None
        return answer.status_code, body.get("type", "") if isinstance(body, dict) else "", body

    return asked


def as_person(person: Person) -> dict[str, str]:
    return {"X-Appwrite-Project": "biso", "X-Appwrite-Session": person.secret}


# -- addresses and numbers --------------------------------------------------------------------------------------------


def come_by_mock(emulator: Emulator) -> None:
    """The stand-in person signs in, so that a provider has given their address."""
    where = {"project": "biso", "success": "http://localhost/in", "failure": "http://localhost/out"}
    browser = requests.Session()
    url = f"{emulator.endpoint}/account/sessions/oauth2/mock"
    answer = browser.get(url, params=where, allow_redirects=False, timeout=20)
    while (url := answer.headers["Location"]).startswith(emulator.origin):
        answer = browser.get(url, allow_redirects=False, timeout=20)
    assert url == "http://localhost/in"


@pytest.fixture
def given_address(emulator: Emulator, users: Users) -> str:
    """An address that a provider gave for somebody who has another one by now."""
    come_by_mock(emulator)
    (person,) = users.list([Query.equal("email", MOCK_ADDRESS)]).users
    users.update_email(person.id, "other@example.com")
    return MOCK_ADDRESS


def test_an_address_that_a_provider_gave_is_not_free(emulator, given_address, users, guest, alice, refused):
    with refused("user_email_already_exists", 409):
        users.create("new", email=given_address)
    with refused("user_email_already_exists", 409):
        users.update_email("alice", given_address)
    with refused("general_bad_request", 400):
        Account(guest).create("new", given_address, PASSWORD)
    with refused("user_email_already_exists", 409):
        Account(guest).create_magic_url_token("new", given_address, url="http://localhost/")
    with refused("general_bad_request", 400):
        Account(guest).create_email_token("new", given_address)
    with refused("general_bad_request", 400):
        alice.account.update_email(given_address, PASSWORD)


def test_the_one_whom_it_was_given_for_may_take_it_back(given_address, users):
    (person,) = users.list([Query.equal("email", "other@example.com")]).users
    assert users.update_email(person.id, given_address).email == given_address


def test_a_server_changes_an_address_or_number_to_another_one_only(users, refused):
    users.create("ada", email="ada@example.com", phone="+4740000001")
    with refused("user_target_already_exists", 409):
        users.update_email("ada", "ada@example.com")
    with refused("user_target_already_exists", 409):
        users.update_phone("ada", "+4740000001")


def test_a_number_is_taken_as_target_or_as_number(users, alice, person, refused):
    users.create("ada", phone="+4740000001")
    with refused("user_target_already_exists", 409):
        alice.account.update_phone("+4740000001", PASSWORD)
    alice.account.update_phone("+4740000002", PASSWORD)  # makes no target
    with refused("user_phone_already_exists", 409):
        person("Bea", password=PASSWORD).account.update_phone("+4740000002", PASSWORD)


def test_two_targets_by_mail_and_only_the_address_follows(users, alice):
    users.create_target("alice", "second", "email", "second@example.com")
    assert alice.account.update_email("new@example.com", PASSWORD).email == "new@example.com"
    kept = {target.identifier for target in users.list_targets("alice").targets}
    assert kept == {"new@example.com", "second@example.com"}
    users.update_email("alice", "")
    assert [target.identifier for target in users.list_targets("alice").targets] == ["second@example.com"]


def test_somebody_who_came_by_a_link_may_confirm_their_own_address_with_a_password(emulator, guest, users):
    Account(guest).create_magic_url_token("mia", "mia@example.com", url="http://localhost/")
    session = users.create_session("mia")
    mia = Account(client(emulator, session=session.secret))
    assert mia.update_email("mia@example.com", PASSWORD).email == "mia@example.com"
