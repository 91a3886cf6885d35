"""Creating users: required fields, empty fields, and e-mail address formats."""

import pytest
from appwrite.services.users import Users

from tests.conftest import GUEST, PASSWORD


def test_create_creates_a_user_with_targets(users, expect_error):
    ada = users.create("ada", email="ADA@example.com", phone="+4722334455", password=PASSWORD, name="Ada")
    assert (ada.email, ada.hash, ada.status) == ("ada@example.com", "argon2", True)
    assert [target.identifier for target in ada.targets] == ["ada@example.com", "+4722334455"]
    for taken in (
        {"user_id": "ADA"},
        {"user_id": "x", "email": "ada@example.com"},
        {"user_id": "x", "phone": "+4722334455"},
    ):
        with expect_error("user_already_exists", 409):
            users.create(**taken)


def test_create_requires_a_key(alice, expect_error):
    with expect_error("general_unauthorized_scope", 401):
        Users(alice.client).create("ada")


@pytest.mark.parametrize("field", ["email", "phone", "password", "name"])
def test_empty_fields_are_rejected_and_null_is_accepted(call_api, field):
    assert call_api("POST", "/users", json={"userId": "new", field: ""})[:2] == (400, "general_argument_invalid")
    assert call_api("POST", "/users", json={"userId": "new", field: None})[0] == 201


def test_empty_name_is_rejected_at_sign_up_and_invitation(call_api):
    new = {"userId": "new", "email": "new@example.com", "password": PASSWORD, "name": ""}
    assert call_api("POST", "/account", GUEST, json=new)[:2] == (400, "general_argument_invalid")
    assert call_api("POST", "/users/md5", json=new)[:2] == (400, "general_argument_invalid")
    call_api("POST", "/teams", json={"teamId": "crew", "name": "Crew"})
    member = {"email": "new@example.com", "roles": [], "name": ""}
    assert call_api("POST", "/teams/crew/memberships", json=member)[:2] == (400, "general_argument_invalid")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.c",
        "a@example.c0m",
        "x" * 64 + "@example.com",
        "o'hara+list@example.com",
        '"a"@example.com',
        '"a\\ b"@example.com',
        "a@[127.0.0.1]",
        "a@[IPv6:::1]",
        "a@xn--bcher-kva.de",
        "a@a--b.com",
    ],
)
def test_addresses_that_php_accepts_are_accepted(call_api, address):
    status, _, user = call_api("POST", "/users", json={"userId": "new", "email": address})
    assert (status, user["email"]) == (201, address.lower())


@pytest.mark.parametrize(
    "address",
    [
        "x" * 65 + "@example.com",
        "a@" + "x" * 64 + ".com",
        "a@" + "example." * 40 + "com",
        "a@localhost",
        "a@bücher.de",
        "bücher@example.com",
        "a@example.123",
        "a@ex_ample.com",
        "a@x-.com",
        "a@example.com.",
        "a@example.com\n",
        '"a b"@example.com',
        "a@[127.0.0.256]",
        "a@[IPv6:1]",
        "a@b@c.com",
        7,
    ],
)
def test_addresses_that_php_rejects_are_rejected(call_api, address):
    assert call_api("POST", "/users", json={"userId": "new", "email": address})[1] == "general_argument_invalid"


@pytest.mark.parametrize(
    ("address", "canonical"),
    [
        ("A.Da+list@gmail.com", "ada@gmail.com"),
        ("a.da@googlemail.com", "ada@gmail.com"),
        ("+list@gmail.com", "+list@gmail.com"),
        ("a.da+list@hotmail.co.uk", "a.da+list@outlook.com"),
        ("ada@live.com", "ada@outlook.com"),
        ("ada@ymail.com", "ada@yahoo.com"),
        ("ada@me.com", "ada@icloud.com"),
        ("ada@pm.me", "ada@protonmail.com"),
        ("ada@fastmail.fm", "ada@fastmail.com"),
        ("a.da+list@bi.no", "a.da+list@bi.no"),
    ],
)
def test_user_has_the_canonical_form_of_their_address(call_api, address, canonical):
    _, _, user = call_api("POST", "/users", json={"userId": "new", "email": address})
    assert user["emailCanonical"] == canonical
    assert user["emailIsCanonical"] is (canonical == address)
