"""Imported password hashes, Appwrite's own hashes, and the cost of hashing."""

import hashlib
import sys
from typing import Any

import pytest
from appwrite.client import Client
from appwrite.enums.password_hash import PasswordHash
from appwrite.services.account import Account
from appwrite.services.users import Users

from appwrite_emulator.auth import passwords
from appwrite_emulator.common.errors import AppwriteError
from appwrite_emulator.testing import Emulator
from tests.conftest import GUEST, KEY, PASSWORD, CallApi, client

# -- imported hashes --------------------------------------------------------------------------------------------------


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
def test_imported_hash_signs_in_and_becomes_argon2(users, guest, expect_error, method, password_hash):
    getattr(users, method)("ada", "ada@example.com", password_hash)
    account = Account(guest)
    with expect_error("user_invalid_credentials", 401):
        account.create_email_password_session("ada@example.com", "wrong-wrong")
    assert account.create_email_password_session("ada@example.com", PASSWORD).userid == "ada"
    assert users.get("ada").hash == "argon2"


def test_create_sha_user(users, guest):
    password_hash = hashlib.sha256(PASSWORD.encode()).hexdigest()
    users.create_sha_user("ada", "ada@example.com", password_hash, password_version=PasswordHash.SHA256)
    assert Account(guest).create_email_password_session("ada@example.com", PASSWORD).userid == "ada"


def test_create_ph_pass_user(users, guest):
    users.create_ph_pass_user("ada", "ada@example.com", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0")
    assert Account(guest).create_email_password_session("ada@example.com", "test12345").userid == "ada"


def test_create_scrypt_user(users, guest):
    password_hash = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=16, r=8, p=1, dklen=64).hex()
    users.create_scrypt_user("ada", "ada@example.com", password_hash, "salt", 16, 8, 1, 64)
    assert Account(guest).create_email_password_session("ada@example.com", PASSWORD).userid == "ada"


def test_create_scrypt_modified_user_accepts_a_firebase_export(users, guest, expect_error):
    """The hash is Firebase's published example of its modified scrypt."""
    password_hash = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
    signer = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
    ada = users.create_scrypt_modified_user("ada", "ada@example.com", password_hash, "42xEC+ixf3L2lw==", "Bw==", signer)
    assert (ada.hash, ada.hashoptions.salt) == ("scryptMod", "42xEC+ixf3L2lw==")
    account = Account(guest)
    with expect_error("user_invalid_credentials", 401):
        account.create_email_password_session("ada@example.com", "user2password")
    assert account.create_email_password_session("ada@example.com", "user1password").userid == "ada"
    assert users.get("ada").hash == "argon2"
    with expect_error("general_argument_invalid", 400):
        users.create_scrypt_modified_user("bob", "bob@example.com", password_hash, "no base64!", "Bw==", signer)


def test_modified_scrypt_without_cryptography_says_which_package_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers", None)  # makes `import cryptography` fail
    with pytest.raises(AppwriteError, match=r"general_not_implemented.*appwrite-emulator\[scrypt-modified\]"):
        passwords.verify(PASSWORD, "hash", "scryptMod", {"salt": "", "saltSeparator": "", "signerKey": ""})


SCRYPT = {
    "userId": "ada",
    "email": "ada@example.com",
    "password": "a-hash-made-elsewhere",
    "passwordSalt": "salt",
    "passwordCpu": 8,
    "passwordMemory": 14,
    "passwordParallel": 1,
    "passwordLength": 64,
}


@pytest.mark.parametrize("wrong", [{"passwordSalt": ""}, {"passwordSalt": None}, {"passwordCpu": "8"}])
def test_scrypt_requires_a_salt_and_numbers(call_api, wrong):
    assert call_api("POST", "/users/scrypt", json={**SCRYPT, **wrong})[:2] == (400, "general_argument_invalid")
    assert call_api("POST", "/users/scrypt", json=SCRYPT)[0] == 201


@pytest.mark.parametrize("costs", [{"passwordCpu": -8}, {"passwordLength": 2**62}, {"passwordMemory": 2**62}])
def test_no_password_matches_a_hash_with_invalid_scrypt_parameters(call_api, costs):
    assert call_api("POST", "/users/scrypt", json={**SCRYPT, **costs})[0] == 201
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert call_api("POST", "/account/sessions/email", GUEST, json=body)[:2] == (401, "user_invalid_credentials")


# -- Appwrite's own hashes --------------------------------------------------------------------------------------------


LIGHT = {"type": "argon2", "memory_cost": 7168, "time_cost": 5, "threads": 1}


HEAVY = {"type": "argon2", "memory_cost": 65536, "time_cost": 4, "threads": 3}


def hash_options(call_api: CallApi, user_id: str) -> dict[str, Any]:
    _, _, user = call_api("GET", f"/users/{user_id}")
    assert user["hash"] == "argon2"
    return user["hashOptions"]


def test_password_set_by_the_user_is_hashed_with_less_memory(call_api, emulator, alice, users):
    assert hash_options(call_api, "alice") == HEAVY
    alice.account.update_password("new-password-1", PASSWORD)
    assert hash_options(call_api, "alice") == LIGHT
    users.update_password("alice", "new-password-2")
    assert hash_options(call_api, "alice") == HEAVY
    recovery = call_api("POST", "/account/recovery", json={"email": alice.email, "url": "http://localhost/"})[2]
    body = {"userId": "alice", "secret": recovery["secret"], "password": "new-password-3"}
    assert call_api("PUT", "/account/recovery", GUEST, json=body)[0] == 200
    assert hash_options(call_api, "alice") == LIGHT
    body = {"email": alice.email, "password": "new-password-3"}
    assert call_api("POST", "/account/sessions/email", GUEST, json=body)[0] == 201


def test_anonymous_user_reports_the_light_hash_options(call_api):
    _, _, session = call_api("POST", "/account/sessions/anonymous", GUEST)
    assert hash_options(call_api, session["userId"]) == LIGHT


def test_invited_user_gets_a_random_password(call_api, emulator: Emulator, server: Client):
    call_api("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    body = {"email": "new@example.com", "roles": []}
    _, _, member = call_api("POST", "/teams/crew/memberships", json=body)
    _, _, user = call_api("GET", f"/users/{member['userId']}")
    assert user["password"].startswith("$argon2id$")
    assert (user["hashOptions"], user["passwordUpdate"]) == (LIGHT, "")
    secret = call_api("POST", f"/users/{user['$id']}/sessions")[2]["secret"]
    assert Account(client(emulator, session=secret)).update_password(PASSWORD).id == user["$id"]


# -- changes by a server ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("password", "remaining"), [("", 2), ("another-password-1", 0)])
def test_new_password_deletes_all_sessions_but_an_empty_password_deletes_none(
    users, expect_error, alice, password, remaining
):
    users.create_session("alice")
    users.update_password("alice", password)
    assert users.list_sessions("alice").total == remaining
    if remaining:
        assert alice.account.get().id == "alice"
        with expect_error("user_invalid_credentials", 401):
            Account(client(alice.emulator)).create_email_password_session(alice.email, PASSWORD)


def test_update_password_deletes_all_sessions(users, guest, alice, expect_error):
    users.update_password("alice", "set-by-server")
    with expect_error("general_unauthorized_scope", 401):
        alice.account.get()
    assert Account(guest).create_email_password_session(alice.email, "set-by-server")


@pytest.mark.processes
@pytest.mark.parametrize(("fast", "cost"), [(False, "m=65536,t=4,p=3"), (True, "m=8,t=1,p=1")])
def test_fast_hashes_option_lowers_the_hashing_cost(fast, cost):
    with Emulator(key=KEY, fast_hashes=fast) as emulator:
        server = client(emulator, key=KEY)
        user = Users(server).create("ada", "ada@example.com", password=PASSWORD)
        assert user.password.startswith(f"$argon2id$v=19${cost}$")
        session = Account(client(emulator)).create_email_password_session("ada@example.com", PASSWORD)
        assert session.userid == "ada"
