"""Creating sessions, tokens and JWTs for a user with an API key."""

import pytest
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.conftest import client


def test_create_session_signs_in_and_delete_session_signs_out(emulator, users, alice, expect_error):
    session = users.create_session("alice")
    assert (session.provider, session.current) == ("server", False)
    account = Account(client(emulator, session=session.secret))
    assert account.get().id == "alice"
    users.delete_session("alice", session.id)
    with expect_error("general_unauthorized_scope", 401):
        account.get()
    with expect_error("user_session_not_found", 404):
        users.delete_session("alice", session.id)
    assert alice.account.get().id == "alice"


def test_list_sessions_returns_no_secret_that_can_be_used_to_sign_in(emulator, users, alice, bob, expect_error):
    session = users.create_session("alice")
    listed = users.list_sessions("alice").sessions
    assert [session.id for session in listed] == [alice.account.get_session("current").id, session.id]
    for session in listed:
        with expect_error("general_unauthorized_scope", 401):
            Account(client(emulator, session=session.secret)).get()
    with expect_error("user_not_found", 404):
        users.list_sessions("nobody")


def test_delete_sessions_signs_one_user_out_everywhere(users, alice, bob, expect_error):
    users.create_session("alice")
    users.delete_sessions("alice")
    assert users.list_sessions("alice").total == 0
    with expect_error("general_unauthorized_scope", 401):
        alice.account.get()
    assert bob.account.get().id == "bob"
    with expect_error("user_not_found", 404):
        users.delete_sessions("nobody")


def test_create_session_requires_a_key(guest, alice, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Users(guest).create_session("alice")


def test_delete_session_of_another_user_is_not_found(users, alice, bob, expect_error):
    with expect_error("user_session_not_found", 404):
        users.delete_session("bob", alice.account.get_session("current").id)


@pytest.mark.parametrize("visit", ["session", "link", "first request"])
def test_sign_in_and_first_request_change_the_update_time(emulator, users, server, visit):
    for name in ("ada", "mikkel"):
        users.create(name, email=f"{name}@example.com")
    emulator.clock.advance(60)
    if visit == "session":
        users.create_session("ada")
    elif visit == "link":
        Account(server).create_session("ada", users.create_token("ada").secret)
    else:
        Account(client(emulator, jwt=users.create_jwt("ada").jwt)).get()
    ada, mikkel = users.get("ada"), users.get("mikkel")
    assert ada.updatedat > mikkel.updatedat  # Ada's update time has moved by a minute
    assert [user.id for user in users.list([Query.order_desc("$updatedAt")]).users] == ["ada", "mikkel"]


def test_create_token_has_the_requested_length_and_lifetime(emulator, users, server, alice, expect_error):
    token = users.create_token("alice", length=40, expire=60)
    assert len(token.secret) == 40
    emulator.clock.advance(61)
    with expect_error("user_invalid_token", 401):
        Account(server).create_session("alice", token.secret)


def test_create_jwt_authenticates_for_the_requested_time(emulator, users, alice, expect_error):
    account = Account(client(emulator, jwt=users.create_jwt("alice", duration=60).jwt))
    assert account.get().id == "alice"
    emulator.clock.advance(61)
    with expect_error("user_jwt_invalid", 401):
        account.get()
    with expect_error("user_not_found", 404):
        users.create_jwt("nobody")


def test_create_jwt_for_one_session_is_valid_until_that_session_is_deleted(emulator, users, alice, expect_error):
    session = users.create_session("alice")
    account = Account(client(emulator, jwt=users.create_jwt("alice", session.id).jwt))
    assert account.get().id == "alice"
    users.delete_session("alice", session.id)
    with expect_error("general_unauthorized_scope", 401):
        account.get()


def test_jwt_for_an_empty_session_id_is_rejected(call_api, alice):
    assert call_api("POST", "/users/alice/jwts", json={"sessionId": ""})[:2] == (400, "general_argument_invalid")
