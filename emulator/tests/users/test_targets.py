"""A user's messaging targets."""

import pytest
from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.query import Query

from tests.conftest import INVALID, CallApi, SignedInUser


@pytest.fixture
def second_target(users, alice):
    """Create a second e-mail target for Alice."""
    return users.create_target("alice", "second", MessagingProviderType.EMAIL, "second@example.com", name="Second")


def test_create_target_adds_a_unique_address(users, bob, second_target, expect_error):
    assert (second_target.userid, second_target.providertype, second_target.identifier) == (
        "alice",
        "email",
        "second@example.com",
    )
    with expect_error("user_target_already_exists", 409):
        users.create_target("alice", "second", MessagingProviderType.EMAIL, "third@example.com")
    with expect_error("user_target_already_exists", 409):
        users.create_target("bob", "third", MessagingProviderType.EMAIL, "second@example.com")
    with expect_error("general_invalid_email", 400):
        users.create_target("alice", "third", MessagingProviderType.EMAIL, "nonsense")


def test_list_targets_includes_the_account_address(users, alice, second_target):
    assert {target.identifier for target in users.list_targets("alice").targets} == {alice.email, "second@example.com"}
    matching = users.list_targets("alice", [Query.equal("identifier", "second@example.com")])
    assert [target.id for target in matching.targets] == ["second"]


def test_get_target_of_another_user_is_not_found(users, bob, second_target, expect_error):
    assert users.get_target("alice", "second").identifier == "second@example.com"
    with expect_error("user_target_not_found", 404):
        users.get_target("bob", "second")


def test_update_target_changes_the_address(users, second_target, expect_error):
    assert users.update_target("alice", "second", "third@example.com").identifier == "third@example.com"
    with expect_error("general_invalid_email", 400):
        users.update_target("alice", "second", "nonsense")
    assert users.get_target("alice", "second").identifier == "third@example.com"


def test_delete_target_keeps_the_account_address(users, alice, second_target, expect_error):
    users.delete_target("alice", "second")
    with expect_error("user_target_not_found", 404):
        users.get_target("alice", "second")
    assert [target.identifier for target in users.list_targets("alice").targets] == [alice.email]


# -- push targets -----------------------------------------------------------------------------------------------------


def target(**fields: str) -> dict[str, str]:
    return {"targetId": "phone", "providerType": "push", "identifier": "device", **fields}


def test_unknown_provider_of_a_new_target_is_ignored(call_api: CallApi, alice: SignedInUser) -> None:
    _, _, created = call_api("POST", "/users/alice/targets", json=target(providerId="no-such-provider"))
    assert created["providerId"] is None


def test_provider_of_an_updated_target_must_exist_and_have_its_type(call_api: CallApi, alice: SignedInUser) -> None:
    call_api("POST", "/messaging/providers/fcm", json={"providerId": "fire", "name": "Fire"})
    call_api("POST", "/messaging/providers/resend", json={"providerId": "post", "name": "Post"})
    call_api("POST", "/users/alice/targets", json=target())
    path = "/users/alice/targets/phone"
    assert call_api("PATCH", path, json={"providerId": "no-such-provider"})[:2] == (404, "provider_not_found")
    assert call_api("PATCH", path, json={"providerId": "post"})[:2] == (400, "provider_incorrect_type")
    assert call_api("PATCH", path, json={"providerId": "fire"})[2]["providerId"] == "fire"


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"providerId": ""}, {"providerId": "a b"}, {"identifier": ""}, {"identifier": "d" * 256}]
)
def test_target_fields_cannot_be_empty_or_too_long(
    call_api: CallApi, alice: SignedInUser, fields: dict[str, str]
) -> None:
    assert call_api("POST", "/users/alice/targets", json=target(**fields))[:2] == INVALID
    call_api("POST", "/users/alice/targets", json=target())
    assert call_api("PATCH", "/users/alice/targets/phone", json=fields)[:2] == INVALID


def test_provider_type_in_capitals_is_incorrect(call_api: CallApi, alice: SignedInUser) -> None:
    body = target(providerType="PUSH")
    assert call_api("POST", "/users/alice/targets", json=body)[:2] == (400, "provider_incorrect_type")
