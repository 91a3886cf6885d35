"""The signed-in user's account: name, addresses, password, preferences and status."""

import pytest
from appwrite.services.account import Account

from tests.conftest import GUEST, PASSWORD, client, session_headers, sign_in


@pytest.mark.parametrize(("password", "status"), [("ååååx", 201), ("ååå", 400), ("å" * 128, 201), ("å" * 129, 400)])
def test_password_length_is_measured_in_bytes(call_api, password, status):
    body = {"userId": "new", "email": "new@example.com", "password": password}
    assert call_api("POST", "/account", GUEST, json=body)[0] == status


def test_get_shows_the_account_without_its_password(alice):
    account = alice.account.get()
    assert (account.id, account.email, account.emailverification) == ("alice", "alice@example.com", False)
    assert account.password is None


def test_update_name(alice, expect_error):
    assert alice.account.update_name("Ælice 愛").name == "Ælice 愛"
    with expect_error("general_argument_invalid", 400):
        alice.account.update_name("n" * 129)


def test_update_email_requires_the_password_and_resets_verification(users, alice, bob, expect_error):
    users.update_email_verification("alice", True)
    with expect_error("user_invalid_credentials", 401):
        alice.account.update_email("new@example.com", "wrong-wrong")
    with expect_error("user_target_already_exists", 409):
        alice.account.update_email(bob.email, PASSWORD)
    assert alice.account.update_email("new@example.com", PASSWORD).emailverification is False


def test_changing_the_address_changes_only_the_target_of_that_address(users, alice):
    users.create_target("alice", "second", "email", "second@example.com")
    assert alice.account.update_email("new@example.com", PASSWORD).email == "new@example.com"
    kept = {target.identifier for target in users.list_targets("alice").targets}
    assert kept == {"new@example.com", "second@example.com"}
    users.update_email("alice", "")
    assert [target.identifier for target in users.list_targets("alice").targets] == ["second@example.com"]


def test_user_without_a_password_sets_one_by_resubmitting_their_address(emulator, guest, users):
    Account(guest).create_magic_url_token("mia", "mia@example.com", url="http://localhost/")
    session = users.create_session("mia")
    mia = Account(client(emulator, session=session.secret))
    assert mia.update_email("mia@example.com", PASSWORD).email == "mia@example.com"


def test_update_phone_requires_the_password(alice, expect_error):
    with expect_error("user_invalid_credentials", 401):
        alice.account.update_phone("+4722334455", "wrong-wrong")
    assert alice.account.update_phone("+4722334455", PASSWORD).phone == "+4722334455"


def test_phone_number_is_unique_among_targets_and_accounts(users, alice, make_user, expect_error):
    users.create("ada", phone="+4740000001")
    with expect_error("user_target_already_exists", 409):
        alice.account.update_phone("+4740000001", PASSWORD)
    alice.account.update_phone("+4740000002", PASSWORD)  # changes the account without creating a target
    with expect_error("user_phone_already_exists", 409):
        make_user("Bea", password=PASSWORD).account.update_phone("+4740000002", PASSWORD)


def test_update_password_deletes_the_other_sessions(emulator, server, alice, expect_error):
    other = sign_in(emulator, server, "alice")
    alice.account.update_password("new-password-1", PASSWORD)
    assert alice.account.get().id == "alice"
    with expect_error("general_unauthorized_scope", 401):
        other.account.get()


def test_update_prefs_replaces_what_get_prefs_returns(alice):
    assert alice.account.get_prefs().to_dict() == {}
    alice.account.update_prefs({"theme": "dark", "size": 12})
    alice.account.update_prefs({"theme": "light"})
    assert alice.account.get_prefs().to_dict() == {"theme": "light"}


def test_update_status_blocks_the_user(alice, users, expect_error):
    assert alice.account.update_status().status is False
    with expect_error("user_blocked", 403):
        alice.account.get()
    users.update_status("alice", True)
    assert alice.account.get().id == "alice"


def test_user_deletes_their_own_account(call_api, alice, bob, users, expect_error):
    assert call_api("DELETE", "/account", session_headers(alice))[0] == 204
    with expect_error("user_not_found", 404):
        users.get("alice")
    assert call_api("GET", "/account", session_headers(alice))[:2] == (401, "general_unauthorized_scope")
    assert call_api("DELETE", "/account")[:2] == (401, "general_unauthorized_scope")
    assert users.get("bob").id == "bob"
