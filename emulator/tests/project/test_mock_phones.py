"""Mock phone numbers. With one, a tester signs in with a fixed code instead of a text message."""

import pytest
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.project import Project

from tests.conftest import INVALID, PASSWORD, SERVER

NUMBER, CODE = "+4722334455", "123456"


def test_mock_phone_can_be_created_read_changed_and_deleted(server, call_api, expect_error):
    created = Project(server).create_mock_phone(NUMBER, CODE)
    assert (created.number, created.otp, created.createdat) == (NUMBER, CODE, created.updatedat)
    with expect_error("mock_number_already_exists", 409):
        Project(server).create_mock_phone(NUMBER, "654321")
    assert Project(server).get_mock_phone(NUMBER) == created
    changed = Project(server).update_mock_phone(NUMBER, "654321")
    assert (changed.otp, changed.createdat) == ("654321", created.createdat)
    Project(server).create_mock_phone("+4799887766", CODE)
    listed = Project(server).list_mock_phones([Query.limit(1), Query.offset(1)])
    assert (listed.total, [each.number for each in listed.mocknumbers]) == (2, ["+4799887766"])
    older = {**SERVER, "X-Appwrite-Response-Format": "1.9.1"}
    assert call_api("GET", f"/project/mock-phones/{NUMBER}", older)[2] == {"phone": NUMBER, "otp": "654321"}
    Project(server).delete_mock_phone(NUMBER)
    for call in (Project(server).get_mock_phone, Project(server).delete_mock_phone):
        with expect_error("mock_number_not_found", 404):
            call(NUMBER)
    for body in ({"number": "22334455", "otp": CODE}, {"number": NUMBER, "otp": "12345"}, {"number": NUMBER}):
        assert call_api("POST", "/project/mock-phones", json=body)[:2] == INVALID


def test_code_of_a_mock_phone_signs_in_and_verifies_the_number(server, guest, emulator, make_user):
    Project(server).create_mock_phone(NUMBER, CODE)
    token = Account(guest).create_phone_token("tester", NUMBER)
    assert Account(guest).create_session(token.userid, CODE).userid == "tester"
    Project(server).create_mock_phone("+4799887766", "654321")
    eve = make_user("Eve", password=PASSWORD)
    eve.account.update_phone("+4799887766", PASSWORD)
    eve.account.create_phone_verification()
    eve.account.update_phone_verification("eve", "654321")
    assert eve.account.get().phoneverification
    assert emulator.control("GET", "inbox.json")["total"] == 0


@pytest.mark.parametrize("scope", ["mocks.read", "mocks.write"])
def test_mock_phones_require_their_scopes(call_api, scope):
    key = call_api("POST", "/project/keys", json={"keyId": "k", "name": "K", "scopes": [scope]})[2]["secret"]
    headers = {**SERVER, "X-Appwrite-Key": key}
    may_read = call_api("GET", "/project/mock-phones", headers)[0] == 200
    may_write = call_api("POST", "/project/mock-phones", headers, json={"number": NUMBER, "otp": CODE})[0] == 201
    assert (may_read, may_write) == (scope == "mocks.read", scope == "mocks.write")
