"""Impersonating users through the official SDK."""

import pytest
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.conftest import GUEST, session_headers


@pytest.fixture
def helper(users, make_user):
    """Return a user who can impersonate other users."""
    helper = make_user("Hanna")
    users.update_impersonator("hanna", True)
    return helper


def events(user):
    """Return the events in the user's activity log, newest first. The SDK has no method for this log."""
    response = user.client.call("get", "/account/logs", GUEST)
    return [line["event"] for line in response["logs"]]


def test_update_impersonator_allows_listing_users(users, alice, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Users(alice.client).list()
    assert users.update_impersonator("alice", True).impersonator is True
    assert Users(alice.client).list().total == 1
    assert users.update_impersonator("alice", False).impersonator is False
    with expect_error("general_unauthorized_scope", 401):
        Users(alice.client).list()


@pytest.mark.parametrize(
    ("setter", "value"),
    [
        ("set_impersonate_user_id", "alice"),
        ("set_impersonate_user_email", "ALICE@example.com"),
        ("set_impersonate_user_phone", "+4722334455"),
    ],
)
def test_impersonator_acts_as_the_other_user(users, helper, alice, setter, value):
    users.update_phone("alice", "+4722334455")
    acting = Account(getattr(helper.client, setter)(value))
    user = acting.get()
    assert (user.id, user.impersonator, user.impersonatoruserid) == ("alice", False, "hanna")
    acting.update_name("Alice Berg")
    assert users.get("alice").name == "Alice Berg"
    assert alice.account.get().impersonatoruserid is None


@pytest.mark.parametrize("name", ["impersonateUserId", "impersonateuserid"])
def test_url_parameter_of_a_get_impersonates(call_api, helper, alice, name):
    assert call_api("GET", "/account", session_headers(helper), params={name: "alice"})[2]["$id"] == "alice"
    changed = call_api("PATCH", "/account/name", session_headers(helper), params={name: "alice"}, json={"name": "H"})
    assert changed[2]["$id"] == "hanna"


def test_header_takes_precedence_over_the_parameter(call_api, helper, alice, bob):
    headers = session_headers(helper) | {"X-Appwrite-Impersonate-User-Id": "alice"}
    for parameters in ({"impersonateUserId": "bob"}, {"impersonateEmail": bob.email}):
        assert call_api("GET", "/account", headers, params=parameters)[2]["$id"] == "alice"


def test_actions_are_logged_for_the_impersonator(helper, alice):
    Account(helper.client.set_impersonate_user_id("alice")).update_name("Alice Berg")
    assert events(helper) == ["user.update", "session.create"]
    assert events(alice) == ["session.create"]


def test_impersonation_without_permission_is_ignored(alice, bob):
    assert Account(bob.client.set_impersonate_user_id("alice")).get().id == "bob"


def test_impersonation_of_an_unknown_user_is_ignored(helper):
    assert Account(helper.client.set_impersonate_user_id("nobody")).get().id == "hanna"


def test_api_key_cannot_impersonate(server, helper, alice, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Account(server.set_impersonate_user_id("alice")).get()
