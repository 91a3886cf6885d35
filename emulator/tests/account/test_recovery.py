"""Recovering passwords and verifying e-mail addresses and phone numbers."""

from urllib.parse import parse_qs, urlsplit

import pytest
from appwrite.services.account import Account

from tests.account.conftest import DEPRECATED
from tests.conftest import PASSWORD


def link_parameters(emulator, to):
    """Return the query parameters of the link in the newest e-mail to `to`."""
    return {name: values[0] for name, values in parse_qs(urlsplit(emulator.inbox.link(to)).query).items()}


def test_create_recovery_sends_a_link_and_update_recovery_sets_the_password(emulator, guest, alice, expect_error):
    account = Account(guest)
    account.create_recovery(alice.email, "http://localhost/reset")
    secret = link_parameters(emulator, alice.email)["secret"]
    account.update_recovery("alice", secret, "recovered-1")
    assert account.create_email_password_session(alice.email, "recovered-1").userid == "alice"
    with expect_error("user_invalid_token", 401):
        account.update_recovery("alice", secret, "recovered-2")
    with expect_error("user_not_found", 404):
        account.create_recovery("nobody@example.com", "http://localhost/reset")


def test_create_email_verification_and_update_email_verification_verify_the_address(
    emulator, guest, alice, expect_error
):
    alice.account.create_email_verification("http://localhost/verify")
    with expect_error("user_invalid_token", 401):
        Account(guest).update_email_verification("alice", "0" * 64)
    Account(guest).update_email_verification("alice", link_parameters(emulator, alice.email)["secret"])
    assert alice.account.get().emailverification is True
    with expect_error("user_email_already_verified", 409):
        alice.account.create_email_verification("http://localhost/verify")


def test_create_verification_and_update_verification_are_the_older_names(emulator, guest, alice):
    with pytest.warns(DeprecationWarning, match=DEPRECATED):
        alice.account.create_verification("http://localhost/verify")
    with pytest.warns(DeprecationWarning, match=DEPRECATED):
        Account(guest).update_verification("alice", link_parameters(emulator, alice.email)["secret"])
    assert alice.account.get().emailverification is True


def test_create_phone_verification_and_update_phone_verification_verify_the_number(emulator, alice, expect_error):
    with expect_error("user_phone_not_found", 400):
        alice.account.create_phone_verification()
    alice.account.update_phone("+4722334455", PASSWORD)
    alice.account.create_phone_verification()
    with expect_error("user_invalid_token", 401):
        alice.account.update_phone_verification("alice", "x")
    alice.account.update_phone_verification("alice", emulator.inbox.code("+4722334455"))
    assert alice.account.get().phoneverification is True
    with expect_error("user_phone_already_verified", 409):
        alice.account.create_phone_verification()
