"""The project's policies, and their effect on users, sessions, passwords and team members."""

import re

import pytest
import requests
from appwrite.services.account import Account
from appwrite.services.project import Project
from appwrite.services.teams import Teams
from appwrite.services.users import Users

from tests.account.mock_provider import sign_in_with_mock_provider
from tests.conftest import GUEST, INVALID, PASSWORD, session_headers, sign_in


@pytest.fixture
def set_policy(call_api):
    def change(name, **fields):
        assert call_api("PATCH", f"/project/policies/{name}", json=fields)[0] == 200

    return change


def test_list_policies_and_get_policy(server, call_api):
    assert Project(server).list_policies().total == 10
    params = {"queries[0]": '{"method":"limit","values":[1]}'}
    listed = call_api("GET", "/project/policies", params=params)[2]
    assert listed == {"total": 10, "policies": [{"$id": "password-dictionary", "enabled": False}]}
    assert call_api("GET", "/project/policies/session-duration")[2] == {"$id": "session-duration", "duration": 31536000}
    assert call_api("GET", "/project/policies/nonsense")[:2] == INVALID


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_session_duration_applies_to_new_sessions_and_their_cookies(emulator, server, alice, set_policy, call_api):
    set_policy("session-duration", duration=60)
    body = {"email": alice.email, "password": PASSWORD}
    response = requests.post(f"{emulator.endpoint}/account/sessions/email", headers=GUEST, json=body, timeout=20)
    assert "Max-Age=60;" in response.headers["Set-Cookie"]
    short = sign_in(emulator, server, "alice")
    emulator.clock.advance(61)
    assert call_api("GET", "/account", session_headers(short))[0] == 401
    assert call_api("GET", "/account", session_headers(alice))[0] == 200
    alice.account.update_session("current")
    emulator.clock.advance(61)
    assert call_api("GET", "/account", session_headers(alice))[0] == 401


def test_session_alert_is_sent_to_users_who_have_another_session(emulator, server, guest, alice, set_policy):
    Account(guest).create_email_password_session(alice.email, PASSWORD)
    assert emulator.inbox.mails(alice.email) == []
    set_policy("session-alert", enabled=True)
    Account(guest).create_email_password_session(alice.email, PASSWORD)
    alert = emulator.inbox.newest(alice.email)
    assert alert["subject"] == "Security alert: new session on your default account"
    assert re.match(r"New login detected on default at \d\d:\d\d:\d\d UTC\.\n", alert["text"])
    assert "(127.0.0.1, Unknown)" in alert["text"]
    emulator.inbox.clear()
    Account(guest).create_email_token("alice", alice.email)
    Account(guest).create_session("alice", emulator.inbox.code(alice.email))
    assert [mail["code"] for mail in emulator.inbox.mails(alice.email) if not mail["code"]] == []


def test_session_alert_is_not_sent_about_a_users_first_session(emulator, guest, users, set_policy):
    set_policy("session-alert", enabled=True)
    users.create("ada", email="ada@example.com", password=PASSWORD)
    Account(guest).create_email_password_session("ada@example.com", PASSWORD)
    assert emulator.inbox.mails("ada@example.com") == []


@pytest.mark.parametrize("invalidation", [True, False])
def test_session_invalidation_determines_whether_a_new_password_deletes_sessions(
    emulator, server, users, alice, set_policy, call_api, invalidation
):
    set_policy("session-invalidation", enabled=invalidation)
    other = sign_in(emulator, server, "alice")
    alice.account.update_password("another-horse-9", PASSWORD)
    assert call_api("GET", "/account", session_headers(other))[0] == (401 if invalidation else 200)
    users.update_password("alice", "third-horse-9")
    assert call_api("GET", "/account", session_headers(alice))[0] == (401 if invalidation else 200)


# -- users ------------------------------------------------------------------------------------------------------------


def test_user_limit_applies_to_sign_ups_but_not_to_servers(emulator, server, guest, alice, set_policy, expect_error):
    set_policy("user-limit", total=1)
    account = Account(guest)
    for sign_up in (
        lambda: account.create("new", "new@example.com", PASSWORD),
        lambda: account.create_anonymous_session(),
        lambda: account.create_magic_url_token("new", "new@example.com", "http://localhost/"),
        lambda: account.create_email_token("new", "new@example.com"),
        lambda: account.create_phone_token("new", "+4722334455"),
    ):
        with expect_error("user_count_exceeded", 400):
            sign_up()
    assert "user_count_exceeded" in sign_in_with_mock_provider(emulator, end="out").headers["Location"]
    account.create_email_token("alice", alice.email)
    Users(server).create("new", email="new@example.com")
    set_policy("user-limit", total=None)
    account.create("newer", "newer@example.com", PASSWORD)


# -- passwords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "rejected", "accepted"),
    [
        ({"min": 12}, "Short-1word", "Longer-1word"),
        ({"uppercase": True}, "no capitals 1", "One Capital 1"),
        ({"lowercase": True}, "ALL CAPITALS 1", "ONE SMALl 1"),
        ({"number": True}, "No Number", "1 Number ok"),
        ({"symbols": True}, "No symbol 1é", "A symbol-1"),
    ],
)
def test_password_strength_policy_rejects_weak_new_passwords(
    guest, users, alice, set_policy, expect_error, rule, rejected, accepted
):
    set_policy("password-strength", **rule)
    for set_password in (
        lambda password: Account(guest).create("unique()", f"{len(password)}@example.com", password),
        lambda password: users.create("unique()", password=password),
        lambda password: users.update_password("alice", password),
    ):
        with expect_error("general_argument_invalid", 400):
            set_password(rejected)
        set_password(accepted)
    users.update_password("alice", "")


def test_password_strength_policy_does_not_prevent_signing_in(guest, alice, set_policy):
    set_policy("password-strength", min=64)
    assert Account(guest).create_email_password_session(alice.email, PASSWORD).userid == "alice"


def test_password_dictionary_rejects_common_passwords(guest, users, set_policy, expect_error):
    users.create("before", password="password1")
    set_policy("password-dictionary", enabled=True)
    for password in ("password1", "12345678"):
        with expect_error("general_argument_invalid", 400):
            users.create("unique()", password=password)
    users.create("after", password="correct-horse-9")


def test_password_personal_data_rejects_name_address_number_and_id(guest, users, alice, set_policy, expect_error):
    set_policy("password-personal-data", enabled=True)
    users.update_phone("alice", "+4722334455")
    for password in ("my-ALICE-word", "alice@example.com", "is 4722334455"):
        with expect_error("password_personal_data", 400):
            users.update_password("alice", password)
        with expect_error("password_personal_data", 400):
            alice.account.update_password(password, PASSWORD)
    with expect_error("password_personal_data", 400):
        Account(guest).create("ada-lovelace", "ada@example.com", "i-am-ada-lovelace")
    alice.account.update_password("another-horse-9", PASSWORD)


def test_password_history_rejects_recent_passwords(guest, alice, users, set_policy, expect_error):
    set_policy("password-history", total=2)
    users.create("ada", email="ada@example.com", password="first-horse-9")
    for password in ("second-horse-9", "third-horse-9"):
        users.update_password("ada", password)
    for password in ("second-horse-9", "third-horse-9"):
        with expect_error("password_recently_used", 400):
            users.update_password("ada", password)
    users.update_password("ada", "first-horse-9")
    # The history contains no passwords that were set before the policy was enabled.
    alice.account.update_password(PASSWORD, PASSWORD)


# -- members ----------------------------------------------------------------------------------------------------------


def test_membership_privacy_determines_which_fields_members_see_of_each_other(server, users, alice, bob, set_policy):
    Teams(server).create("crew", "Crew", [])
    users.update_phone("bob", "+4722334455")
    for person in (alice, bob):
        Teams(server).create_membership("crew", ["crew"], user_id=person.id)

    def seen_by(person):
        memberships = Teams(person.client).list_memberships("crew").memberships
        return next(each for each in memberships if each.username == "Bob" or each.userid == "bob" or each.userphone)

    set_policy("membership-privacy", userName=True, userPhone=True)
    shown = seen_by(alice)
    assert (shown.username, shown.userphone, shown.userid, shown.useremail) == ("Bob", "+4722334455", "", "")
    set_policy("membership-privacy", userId=True, userName=False, userPhone=False, userAccessedAt=True)
    bob.account.get()
    shown = seen_by(alice)
    assert (shown.userid, shown.username, shown.userphone) == ("bob", "", "")
    assert shown.useraccessedat


def test_membership_privacy_does_not_apply_to_keys(server, alice):
    Teams(server).create("crew", "Crew", [])
    Teams(server).create_membership("crew", ["crew"], user_id="alice")
    (membership,) = Teams(server).list_memberships("crew").memberships
    assert (membership.userid, membership.useremail) == ("alice", "alice@example.com")


def test_policies_are_exported_and_imported(emulator, call_api, set_policy):
    set_policy("password-strength", min=12)
    exported = emulator.control("GET", "export")
    set_policy("password-strength", min=8)
    emulator.control("POST", "import", {"mode": "replace"}, exported)
    assert call_api("GET", "/project/policies/password-strength")[2]["min"] == 12
