"""What a server does with people, through the official SDK."""

import hashlib

import pytest
from appwrite.enums.messaging_provider_type import MessagingProviderType
from appwrite.enums.password_hash import PasswordHash
from appwrite.query import Query
from appwrite.services.account import Account
from appwrite.services.users import Users

from tests.conftest import PASSWORD, client


def test_create_makes_a_user_with_targets(users, refused):
    ada = users.create("ada", email="ADA@example.com", phone="+4722334455", password=PASSWORD, name="Ada")
    assert (ada.email, ada.hash, ada.status) == ("ada@example.com", "argon2", True)
    assert [target.identifier for target in ada.targets] == ["ada@example.com", "+4722334455"]
    for taken in (
        {"user_id": "ADA"},
        {"user_id": "x", "email": "ada@example.com"},
        {"user_id": "x", "phone": "+4722334455"},
    ):
        with refused("user_already_exists", 409):
            users.create(**taken)


@pytest.mark.parametrize(("password", "remaining"), [("", 2), ("another-password-1", 0)])
def test_a_new_password_ends_all_sessions_and_an_empty_one_none(users, refused, alice, password, remaining):
    users.create_session("alice")
    users.update_password("alice", password)
    assert users.list_sessions("alice").total == remaining
    if remaining:
        assert alice.account.get().id == "alice"
        with refused("user_invalid_credentials", 401):
            Account(client(alice.emulator)).create_email_password_session(alice.email, PASSWORD)


def test_create_is_not_for_members(alice, refused):
    with refused("general_unauthorized_scope", 401):
        Users(alice.client).create("ada")


@pytest.mark.parametrize(
    ("method", "password_hash"),
    [
        ("create_bcrypt_user", "$2y$10$bZRtaJ5xEdptkqE5Kkbux.LK6Fy5UpfJerGbMELmmEpYOiAUbBjGm"),
        (
            "create_argon2_user",
            "$argon2id$v=19$m=19456,t=2,p=1$RjdXZVJ0SGl0UkpmNHM5VQ$rHhvqaE7K4+x1c7d0XhMiIN06e7DHfI4t/K3S4Jde+8",
        ),
        ("create_md5_user", hashlib.md5(PASSWORD.encode()).hexdigest()),
    ],
)
def test_a_hash_from_elsewhere_signs_in_and_is_kept_as_argon2(users, guest, refused, method, password_hash):
    getattr(users, method)("ada", "ada@example.com", password_hash)
    account = Account(guest)
    with refused("user_invalid_credentials", 401):
        account.create_email_password_session("ada@example.com", "wrong-wrong")
    assert account.create_email_password_session("ada@example.com", PASSWORD).userid == "ada"
    assert users.get("ada").hash == "argon2"


def test_create_sha_user(users, guest):
    made = hashlib.sha256(PASSWORD.encode()).hexdigest()
    users.create_sha_user("ada", "ada@example.com", made, password_version=PasswordHash.SHA256)
    assert Account(guest).create_email_password_session("ada@example.com", PASSWORD).userid == "ada"


def test_create_ph_pass_user(users, guest):
    users.create_ph_pass_user("ada", "ada@example.com", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0")
    assert Account(guest).create_email_password_session("ada@example.com", "test12345").userid == "ada"


def test_create_scrypt_user(users, guest):
    made = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=16, r=8, p=1, dklen=64).hex()
    users.create_scrypt_user("ada", "ada@example.com", made, "salt", 16, 8, 1, 64)
    assert Account(guest).create_email_password_session("ada@example.com", PASSWORD).userid == "ada"


def test_create_scrypt_modified_user_takes_what_firebase_exports(users, guest, refused):
    """The example that Firebase publishes with its scrypt."""
    made = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
    signer = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
    ada = users.create_scrypt_modified_user("ada", "ada@example.com", made, "42xEC+ixf3L2lw==", "Bw==", signer)
    assert (ada.hash, ada.hashoptions.salt) == ("scryptMod", "42xEC+ixf3L2lw==")
    account = Account(guest)
    with refused("user_invalid_credentials", 401):
        account.create_email_password_session("ada@example.com", "user2password")
    assert account.create_email_password_session("ada@example.com", "user1password").userid == "ada"
    assert users.get("ada").hash == "argon2"
    with refused("general_argument_invalid", 400):
        users.create_scrypt_modified_user("bob", "bob@example.com", made, "no base64!", "Bw==", signer)


def test_get_and_delete(users, alice, refused):
    assert users.get("alice").email == alice.email
    users.delete("alice")
    with refused("user_not_found", 404):
        users.get("alice")
    with refused("general_unauthorized_scope", 401):
        alice.account.get()


def test_list_finds_by_queries_and_words(users):
    for name in ("Anna Berg", "Bert Dahl", "Cleo Berg"):
        users.create(name.split()[0].lower(), name=name, email=f"{name.split()[0].lower()}@example.com")

    def names(queries=(), search=None):
        return [user.name for user in users.list(list(queries), search).users]

    assert names([Query.order_desc("name")]) == ["Cleo Berg", "Bert Dahl", "Anna Berg"]
    assert names([Query.equal("email", "bert@example.com")]) == ["Bert Dahl"]
    assert names([Query.order_asc("name"), Query.cursor_after("anna"), Query.limit(1)]) == ["Bert Dahl"]
    assert names([Query.order_asc("name")], "BERG") == ["Anna Berg", "Cleo Berg"]


def test_list_refuses_what_it_cannot_be_asked(users, refused):
    for query in (Query.equal("password", "x"), Query.equal("colour", "red"), Query.limit(0), "equal(name)"):
        with refused("general_argument_invalid", 400):
            users.list([query])


def test_update_name(users, alice):
    assert users.update_name("alice", "").name == ""


def test_update_email_is_unverified_again_and_can_be_taken_away(users, alice, bob, refused):
    users.update_email_verification("alice", True)
    changed = users.update_email("alice", "new@example.com")
    assert (changed.emailverification, [t.identifier for t in changed.targets]) == (False, ["new@example.com"])
    with refused("user_target_already_exists", 409):
        users.update_email("alice", bob.email)
    users.update_email("alice", "")
    assert (users.get("alice").email, users.get("alice").targets) == ("", [])


def test_update_phone(users, alice):
    assert users.update_phone("alice", "+4722334455").phone == "+4722334455"


def test_update_password_ends_all_sessions(users, guest, alice, refused):
    users.update_password("alice", "set-by-server")
    with refused("general_unauthorized_scope", 401):
        alice.account.get()
    assert Account(guest).create_email_password_session(alice.email, "set-by-server")


def test_update_status_blocks_and_unblocks(users, guest, alice, refused):
    users.update_status("alice", False)
    with refused("user_blocked", 403):
        alice.account.get()
    with refused("user_blocked", 403):
        Account(guest).create_email_password_session(alice.email, PASSWORD)
    users.update_status("alice", True)
    assert alice.account.get().id == "alice"


def test_update_labels_keeps_each_once(users, alice, refused):
    assert users.update_labels("alice", ["admin", "admin", "Editor2"]).labels == ["admin", "Editor2"]
    assert alice.account.get().labels == ["admin", "Editor2"]
    for wrong in (["with-hyphen"], ["a" * 37], [""]):
        with refused("general_argument_invalid", 400):
            users.update_labels("alice", wrong)


def test_update_prefs_and_get_prefs(users, alice):
    users.update_prefs("alice", {"theme": "dark"})
    assert users.get_prefs("alice").to_dict() == alice.account.get_prefs().to_dict() == {"theme": "dark"}


def test_update_email_verification_and_update_phone_verification(users, alice):
    assert users.update_email_verification("alice", True).emailverification is True
    assert users.update_phone_verification("alice", True).phoneverification is True


def test_create_session_signs_in_and_delete_session_ends_it(emulator, users, alice, refused):
    made = users.create_session("alice")
    assert (made.provider, made.current) == ("server", False)
    account = Account(client(emulator, session=made.secret))
    assert account.get().id == "alice"
    users.delete_session("alice", made.id)
    with refused("general_unauthorized_scope", 401):
        account.get()
    with refused("user_session_not_found", 404):
        users.delete_session("alice", made.id)
    assert alice.account.get().id == "alice"


def test_list_sessions_shows_those_of_one_user_and_nothing_that_signs_in(emulator, users, alice, bob, refused):
    made = users.create_session("alice")
    listed = users.list_sessions("alice").sessions
    assert [session.id for session in listed] == [alice.account.get_session("current").id, made.id]
    for session in listed:
        with refused("general_unauthorized_scope", 401):
            Account(client(emulator, session=session.secret)).get()
    with refused("user_not_found", 404):
        users.list_sessions("nobody")


def test_delete_sessions_signs_one_user_out_everywhere(users, alice, bob, refused):
    users.create_session("alice")
    users.delete_sessions("alice")
    assert users.list_sessions("alice").total == 0
    with refused("general_unauthorized_scope", 401):
        alice.account.get()
    assert bob.account.get().id == "bob"
    with refused("user_not_found", 404):
        users.delete_sessions("nobody")


def test_create_session_is_not_for_guests(guest, alice, refused):
    with refused("general_unauthorized_scope", 401):
        Users(guest).create_session("alice")


def test_delete_session_is_only_of_this_user(users, alice, bob, refused):
    with refused("user_session_not_found", 404):
        users.delete_session("bob", alice.account.get_session("current").id)


def test_create_token_has_the_length_and_life_asked_for(emulator, users, server, alice, refused):
    token = users.create_token("alice", length=40, expire=60)
    assert len(token.secret) == 40
    emulator.clock.advance(61)
    with refused("user_invalid_token", 401):
        Account(server).create_session("alice", token.secret)


def test_create_jwt_speaks_for_a_user_as_long_as_was_asked_for(emulator, users, alice, refused):
    account = Account(client(emulator, jwt=users.create_jwt("alice", duration=60).jwt))
    assert account.get().id == "alice"
    emulator.clock.advance(61)
    with refused("user_jwt_invalid", 401):
        account.get()
    with refused("user_not_found", 404):
        users.create_jwt("nobody")


def test_create_jwt_of_one_session_ends_with_it(emulator, users, alice, refused):
    made = users.create_session("alice")
    account = Account(client(emulator, jwt=users.create_jwt("alice", made.id).jwt))
    assert account.get().id == "alice"
    users.delete_session("alice", made.id)
    with refused("general_unauthorized_scope", 401):
        account.get()


@pytest.fixture
def second(users, alice):
    """One more address to reach Alice at."""
    return users.create_target("alice", "second", MessagingProviderType.EMAIL, "second@example.com", name="Second")


def test_create_target_gives_one_more_address_and_none_twice(users, bob, second, refused):
    assert (second.userid, second.providertype, second.identifier) == ("alice", "email", "second@example.com")
    with refused("user_target_already_exists", 409):
        users.create_target("alice", "second", MessagingProviderType.EMAIL, "third@example.com")
    with refused("user_target_already_exists", 409):
        users.create_target("bob", "third", MessagingProviderType.EMAIL, "second@example.com")
    with refused("general_invalid_email", 400):
        users.create_target("alice", "third", MessagingProviderType.EMAIL, "nonsense")


def test_list_targets_shows_the_address_of_the_account_and_the_others(users, alice, second):
    assert {target.identifier for target in users.list_targets("alice").targets} == {alice.email, "second@example.com"}
    found = users.list_targets("alice", [Query.equal("identifier", "second@example.com")])
    assert [target.id for target in found.targets] == ["second"]


def test_get_target_finds_those_of_this_user_only(users, bob, second, refused):
    assert users.get_target("alice", "second").identifier == "second@example.com"
    with refused("user_target_not_found", 404):
        users.get_target("bob", "second")


def test_update_target_moves_the_address(users, second, refused):
    assert users.update_target("alice", "second", "third@example.com").identifier == "third@example.com"
    with refused("general_invalid_email", 400):
        users.update_target("alice", "second", "nonsense")
    assert users.get_target("alice", "second").identifier == "third@example.com"


def test_delete_target_leaves_the_address_of_the_account(users, alice, second, refused):
    users.delete_target("alice", "second")
    with refused("user_target_not_found", 404):
        users.get_target("alice", "second")
    assert [target.identifier for target in users.list_targets("alice").targets] == [alice.email]


def test_list_identities_and_delete_identity(users, alice, refused):
    assert users.list_identities([Query.equal("userId", "alice")]).identities == []
    with refused("user_identity_not_found", 404):
        users.delete_identity("nosuch")


def test_list_memberships_of_a_user_without_teams(users, alice, refused):
    assert users.list_memberships("alice").total == 0
    with refused("user_not_found", 404):
        users.list_memberships("nobody")
