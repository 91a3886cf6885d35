"""Managing users with an API key: lists, profiles, statuses, labels and preferences."""

from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.conftest import INVALID, PASSWORD, CallApi, SignedInUser
from tests.queries import json_query


def test_get_and_delete(users, alice, expect_error):
    assert users.get("alice").email == alice.email
    users.delete("alice")
    with expect_error("user_not_found", 404):
        users.get("alice")
    with expect_error("general_unauthorized_scope", 401):
        alice.account.get()


def test_list_supports_queries_and_search(users):
    for name in ("Anna Berg", "Bert Dahl", "Cleo Berg"):
        users.create(name.split()[0].lower(), name=name, email=f"{name.split()[0].lower()}@example.com")

    def names(queries=(), search=None):
        return [user.name for user in users.list(list(queries), search).users]

    assert names([Query.order_desc("name")]) == ["Cleo Berg", "Bert Dahl", "Anna Berg"]
    assert names([Query.equal("email", "bert@example.com")]) == ["Bert Dahl"]
    assert names([Query.order_asc("name"), Query.cursor_after("anna"), Query.limit(1)]) == ["Bert Dahl"]
    assert names([Query.order_asc("name")], "BERG") == ["Anna Berg", "Cleo Berg"]


def test_list_rejects_invalid_queries(users, expect_error):
    for query in (Query.equal("password", "x"), Query.equal("colour", "red"), Query.limit(0), "equal(name)"):
        with expect_error("general_argument_invalid", 400):
            users.list([query])


def test_search_finds_users_by_label(users: Users) -> None:
    users.create("ada", name="Ada")
    users.create("bea", name="Bea")
    users.update_labels("ada", ["editor"])
    assert [user.id for user in users.list(search="editor").users] == ["ada"]


def test_update_name(users, alice):
    assert users.update_name("alice", "").name == ""


def test_update_email_resets_verification_and_removes_the_address(users, alice, bob, expect_error):
    users.update_email_verification("alice", True)
    changed = users.update_email("alice", "new@example.com")
    assert (changed.emailverification, [t.identifier for t in changed.targets]) == (False, ["new@example.com"])
    with expect_error("user_target_already_exists", 409):
        users.update_email("alice", bob.email)
    users.update_email("alice", "")
    assert (users.get("alice").email, users.get("alice").targets) == ("", [])


def test_update_phone(users, alice):
    assert users.update_phone("alice", "+4722334455").phone == "+4722334455"


def test_updating_to_the_same_address_or_number_is_a_conflict(users, expect_error):
    users.create("ada", email="ada@example.com", phone="+4740000001")
    with expect_error("user_target_already_exists", 409):
        users.update_email("ada", "ada@example.com")
    with expect_error("user_target_already_exists", 409):
        users.update_phone("ada", "+4740000001")


def test_update_status_blocks_and_unblocks(users, guest, alice, expect_error):
    users.update_status("alice", False)
    with expect_error("user_blocked", 403):
        alice.account.get()
    with expect_error("user_blocked", 403):
        Account(guest).create_email_password_session(alice.email, PASSWORD)
    users.update_status("alice", True)
    assert alice.account.get().id == "alice"


def test_update_labels_removes_duplicates(users, alice, expect_error):
    assert users.update_labels("alice", ["admin", "admin", "Editor2"]).labels == ["admin", "Editor2"]
    assert alice.account.get().labels == ["admin", "Editor2"]
    for wrong in (["with-hyphen"], ["a" * 37], [""]):
        with expect_error("general_argument_invalid", 400):
            users.update_labels("alice", wrong)


def test_update_prefs_and_get_prefs(users, alice):
    users.update_prefs("alice", {"theme": "dark"})
    assert users.get_prefs("alice").to_dict() == alice.account.get_prefs().to_dict() == {"theme": "dark"}


def test_preferences_with_consecutive_numeric_keys_are_rejected(call_api, alice):
    for prefs, status in (({"0": "a", "1": "b"}, 400), ({"1": "a"}, 200), ({"0": "a", "b": "c"}, 200)):
        assert call_api("PATCH", "/users/alice/prefs", json={"prefs": prefs})[0] == status


def test_update_email_verification_and_update_phone_verification(users, alice):
    assert users.update_email_verification("alice", True).emailverification is True
    assert users.update_phone_verification("alice", True).phoneverification is True


def test_verification_must_be_a_boolean(call_api: CallApi, alice: SignedInUser) -> None:
    for path, name in (("verification", "emailVerification"), ("verification/phone", "phoneVerification")):
        assert call_api("PATCH", f"/users/alice/{path}", json={name: "true"})[:2] == INVALID
    assert call_api("PATCH", "/users/alice/status", json={"status": "true"})[0] == 200


# -- identities and memberships ---------------------------------------------------------------------------------------


def test_list_identities_and_delete_identity(users, alice, expect_error):
    assert users.list_identities([Query.equal("userId", "alice")]).identities == []
    with expect_error("user_identity_not_found", 404):
        users.delete_identity("nosuch")


def test_identities_cannot_be_searched(call_api):
    assert call_api("GET", "/users/identities", params={"search": "ada"})[:2] == (400, "general_query_invalid")
    assert call_api("GET", "/users/identities", params={"search": ""})[:2] == (400, "general_argument_invalid")


def test_list_memberships_is_empty_for_a_user_without_teams(users, alice, expect_error):
    assert users.list_memberships("alice").total == 0
    with expect_error("user_not_found", 404):
        users.list_memberships("nobody")


def test_total_of_memberships_counts_only_the_returned_memberships(call_api: CallApi, users: Users) -> None:
    users.create("ada", name="Ada")
    for team in ("one", "two", "three"):
        call_api("POST", "/teams", json={"teamId": team, "name": team})
        call_api("POST", f"/teams/{team}/memberships", json={"userId": "ada", "roles": []})
    _, _, page = call_api("GET", "/users/ada/memberships", params={"queries[0]": json_query("limit", "", 2)})
    assert (page["total"], len(page["memberships"])) == (2, 2)


def test_impersonators_and_memberships_can_be_queried(call_api, users, alice, bob):
    users.update_impersonator("alice", True)
    matching = users.list([Query.equal("impersonator", True)])
    assert [user.id for user in matching.users] == ["alice"]
    call_api("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    call_api("POST", "/teams/crew/memberships", json={"userId": "bob", "roles": []})
    assert call_api("GET", "/users/bob/memberships", params={"search": "bob"})[2]["total"] == 1
