"""Multi-factor authentication through the official SDK, by users and by servers."""

import base64
import datetime
import hashlib
import hmac
import struct
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.services.account import Account

from tests.conftest import PASSWORD, client

TOTP = AuthenticatorType.TOTP
# The SDK spells this factor in lower case. With that spelling, a challenge can be created but never completed.
RECOVERY_CODE = "recoveryCode"
PHONE = "+4722334455"


def totp_code(emulator, secret):
    """Move the emulator's clock to the start of the next 30-second period. Return the authenticator app's code then."""
    step = int(emulator.clock.now().timestamp()) // 30 + 1
    emulator.clock.move_to(datetime.datetime.fromtimestamp(30 * step, datetime.UTC))
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture
def totp_secret(emulator, alice):
    """Verify an authenticator app for Alice and return its secret."""
    secret = alice.account.create_mfa_authenticator(TOTP).secret
    alice.account.update_mfa_authenticator(TOTP, totp_code(emulator, secret))
    return secret


@pytest.fixture
def alice_with_mfa(users, alice):
    """Return Alice, with a verified e-mail address and MFA enabled."""
    users.update_email_verification("alice", True)
    alice.account.update_mfa(True)
    return alice


@pytest.fixture
def sign_in_again(emulator, server):
    """Return a function that signs Alice in again with her password and returns the new session's Account service."""

    def sign_in():
        session = Account(server).create_email_password_session("alice@example.com", PASSWORD)
        return Account(client(emulator, session=session.secret))

    return sign_in


def complete_email_challenge(emulator, account):
    """Complete an e-mail challenge and return the session."""
    challenge = account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    return account.update_mfa_challenge(challenge.id, emulator.inbox.code("alice@example.com"))


# -- enabling MFA -----------------------------------------------------------------------------------------------------


def test_update_mfa_requires_a_second_factor_only_for_new_sessions(alice_with_mfa, sign_in_again, expect_error):
    assert alice_with_mfa.account.get().mfa is True
    assert alice_with_mfa.account.get_session("current").factors == ["token", "email"]
    again = sign_in_again()
    with expect_error("user_more_factors_required", 401):
        again.get()
    with expect_error("user_more_factors_required", 401):
        again.update_mfa(False)
    alice_with_mfa.account.update_mfa(False)
    assert again.get().mfa is False


def test_update_mfa_requires_no_second_factor_from_users_without_one(alice, sign_in_again):
    alice.account.update_mfa(True)
    alice.account.create_mfa_recovery_codes()
    assert sign_in_again().get().mfa is True


def test_session_can_sign_out_before_the_second_factor(alice_with_mfa, sign_in_again, expect_error):
    again = sign_in_again()
    with expect_error("user_more_factors_required", 401):
        again.delete_sessions()
    again.delete_session("current")
    with expect_error("general_unauthorized_scope", 401):
        again.get()


def test_list_mfa_factors_shows_the_usable_factors(users, alice, totp_secret):
    factors = alice.account.list_mfa_factors()
    assert (factors.totp, factors.email, factors.phone, factors.recoverycode) == (True, False, False, False)
    users.update_email_verification("alice", True)
    users.update_phone("alice", PHONE)
    users.update_phone_verification("alice", True)
    alice.account.create_mfa_recovery_codes()
    factors = alice.account.list_mfa_factors()
    assert (factors.totp, factors.email, factors.phone, factors.recoverycode) == (True, True, True, True)


# -- authenticator apps -----------------------------------------------------------------------------------------------


def test_create_mfa_authenticator_returns_an_otpauth_uri(alice):
    first = alice.account.create_mfa_authenticator(TOTP)
    scanned = urlsplit(first.uri)
    assert (scanned.scheme, scanned.netloc, unquote(scanned.path)) == ("otpauth", "totp", "/default:alice@example.com")
    assert parse_qs(scanned.query) == {"issuer": ["default"], "secret": [first.secret]}
    assert alice.account.create_mfa_authenticator(TOTP).secret != first.secret
    assert alice.account.list_mfa_factors().totp is False


def test_update_mfa_authenticator_requires_the_current_code(emulator, alice, expect_error):
    with expect_error("user_authenticator_not_found", 404):
        alice.account.update_mfa_authenticator(TOTP, "123456")
    secret = alice.account.create_mfa_authenticator(TOTP).secret
    code = totp_code(emulator, secret)
    emulator.clock.advance(60)
    with expect_error("user_invalid_token", 401):
        alice.account.update_mfa_authenticator(TOTP, code)
    alice.account.update_mfa_authenticator(TOTP, totp_code(emulator, secret))
    assert alice.account.get_session("current").factors == ["token", "totp"]
    with expect_error("user_authenticator_already_verified", 409):
        alice.account.create_mfa_authenticator(TOTP)


def test_delete_mfa_authenticator_requires_a_recent_challenge(emulator, alice, totp_secret, expect_error):
    with expect_error("user_challenge_required", 401):
        alice.account.delete_mfa_authenticator(TOTP)
    challenge = alice.account.create_mfa_challenge(AuthenticationFactor.TOTP)
    alice.account.update_mfa_challenge(challenge.id, totp_code(emulator, totp_secret))
    alice.account.delete_mfa_authenticator(TOTP)
    with expect_error("user_authenticator_not_found", 404):
        alice.account.delete_mfa_authenticator(TOTP)
    assert alice.account.list_mfa_factors().totp is False


# -- challenges -------------------------------------------------------------------------------------------------------


def test_create_mfa_challenge_sends_a_code_that_works_once(emulator, alice_with_mfa, sign_in_again, expect_error):
    again = sign_in_again()
    challenge = again.create_mfa_challenge(AuthenticationFactor.EMAIL)
    [mail] = emulator.inbox.mails(alice_with_mfa.email)
    assert (mail["subject"], mail["links"], len(mail["code"])) == ("Verification Code for default", [], 6)
    with expect_error("user_invalid_token", 401):
        again.update_mfa_challenge(challenge.id, "x")
    session = again.update_mfa_challenge(challenge.id, mail["code"])
    assert session.factors == ["password", "email"]
    assert again.get().id == "alice"
    with expect_error("user_invalid_token", 401):
        again.update_mfa_challenge(challenge.id, mail["code"])


def test_create_mfa_challenge_texts_a_code_to_a_verified_number(emulator, users, alice, sign_in_again, expect_error):
    with expect_error("user_phone_not_found", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    users.update_phone("alice", PHONE)
    with expect_error("user_phone_not_verified", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    users.update_phone_verification("alice", True)
    challenge = alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    session = alice.account.update_mfa_challenge(challenge.id, emulator.inbox.code(PHONE))
    assert session.factors == ["token", "phone"]


def test_create_mfa_challenge_requires_a_verified_address(emulator, alice, expect_error):
    with expect_error("user_email_not_verified", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    with expect_error("general_argument_invalid", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.CUSTOM)
    assert emulator.inbox.mails(alice.email) == []


def test_update_mfa_challenge_accepts_a_totp_code(emulator, users, alice, totp_secret, sign_in_again, expect_error):
    users.update_mfa("alice", True)
    again = sign_in_again()
    challenge = again.create_mfa_challenge(AuthenticationFactor.TOTP)
    with expect_error("user_invalid_token", 401):
        again.update_mfa_challenge("nosuch", totp_code(emulator, totp_secret))
    again.update_mfa_challenge(challenge.id, totp_code(emulator, totp_secret))
    assert again.get().id == "alice"


def test_update_mfa_challenge_rejects_other_users_and_expired_challenges(
    emulator, users, alice_with_mfa, bob, expect_error
):
    challenge = alice_with_mfa.account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    code = emulator.inbox.code(alice_with_mfa.email)
    with expect_error("user_invalid_token", 401):
        bob.account.update_mfa_challenge(challenge.id, code)
    emulator.clock.advance(3601)
    with expect_error("user_invalid_token", 401):
        alice_with_mfa.account.update_mfa_challenge(challenge.id, code)


def test_challenge_email_uses_the_requested_language(emulator, alice_with_mfa):
    Account(alice_with_mfa.client.set_locale("nb")).create_mfa_challenge(AuthenticationFactor.EMAIL)
    assert emulator.inbox.newest(alice_with_mfa.email)["subject"] == "Bekreftelseskode for default"


# -- recovery codes ---------------------------------------------------------------------------------------------------


def test_create_mfa_recovery_codes_creates_six_codes_once(alice, expect_error):
    codes = alice.account.create_mfa_recovery_codes().recoverycodes
    assert [len(code) for code in codes] == [10] * 6
    with expect_error("user_recovery_codes_already_exists", 409):
        alice.account.create_mfa_recovery_codes()


def test_update_mfa_challenge_accepts_a_recovery_code_once(alice_with_mfa, sign_in_again, expect_error):
    code, *others = alice_with_mfa.account.create_mfa_recovery_codes().recoverycodes
    again = sign_in_again()
    challenge = again.create_mfa_challenge(RECOVERY_CODE)
    assert again.update_mfa_challenge(challenge.id, code).factors == ["password", RECOVERY_CODE]
    assert again.get_mfa_recovery_codes().recoverycodes == others
    with expect_error("user_invalid_token", 401):
        again.update_mfa_challenge(again.create_mfa_challenge(RECOVERY_CODE).id, code)


def test_challenge_with_the_sdk_spelling_of_recovery_code_cannot_be_completed(alice_with_mfa, expect_error):
    code = alice_with_mfa.account.create_mfa_recovery_codes().recoverycodes[0]
    challenge = alice_with_mfa.account.create_mfa_challenge(AuthenticationFactor.RECOVERYCODE)
    with expect_error("user_invalid_token", 401):
        alice_with_mfa.account.update_mfa_challenge(challenge.id, code)


def test_get_mfa_recovery_codes_requires_a_challenge_within_half_an_hour(emulator, alice_with_mfa, expect_error):
    codes = alice_with_mfa.account.create_mfa_recovery_codes().recoverycodes
    with expect_error("user_challenge_required", 401):
        alice_with_mfa.account.get_mfa_recovery_codes()
    complete_email_challenge(emulator, alice_with_mfa.account)
    assert alice_with_mfa.account.get_mfa_recovery_codes().recoverycodes == codes
    emulator.clock.advance(1801)
    with expect_error("user_challenge_required", 401):
        alice_with_mfa.account.get_mfa_recovery_codes()


def test_update_mfa_recovery_codes_replaces_the_old_codes(emulator, alice_with_mfa, expect_error):
    complete_email_challenge(emulator, alice_with_mfa.account)
    with expect_error("user_recovery_codes_not_found", 404):
        alice_with_mfa.account.update_mfa_recovery_codes()
    first = alice_with_mfa.account.create_mfa_recovery_codes().recoverycodes
    assert set(alice_with_mfa.account.update_mfa_recovery_codes().recoverycodes).isdisjoint(first)


# -- as a server ------------------------------------------------------------------------------------------------------


def test_update_mfa_by_a_server_enables_and_disables_mfa(users, alice, totp_secret, sign_in_again, expect_error):
    assert users.update_mfa("alice", True).mfa is True
    with expect_error("user_more_factors_required", 401):
        sign_in_again().get()
    assert users.update_mfa("alice", False).mfa is False
    assert sign_in_again().get().id == "alice"


def test_list_mfa_factors_and_delete_mfa_authenticator_by_a_server(users, alice, totp_secret, expect_error):
    assert users.list_mfa_factors("alice").totp is True
    users.delete_mfa_authenticator("alice", TOTP)
    assert users.list_mfa_factors("alice").totp is False
    with expect_error("user_authenticator_not_found", 404):
        users.delete_mfa_authenticator("alice", TOTP)
    with expect_error("user_not_found", 404):
        users.list_mfa_factors("nobody")


def test_create_mfa_recovery_codes_by_a_server_creates_them_once(users, alice, expect_error):
    assert len(users.create_mfa_recovery_codes("alice").recoverycodes) == 6
    with expect_error("user_recovery_codes_already_exists", 409):
        users.create_mfa_recovery_codes("alice")


def test_get_mfa_recovery_codes_by_a_server_needs_no_challenge(users, alice, expect_error):
    with expect_error("user_recovery_codes_not_found", 404):
        users.get_mfa_recovery_codes("alice")
    codes = users.create_mfa_recovery_codes("alice").recoverycodes
    assert users.get_mfa_recovery_codes("alice").recoverycodes == codes


def test_update_mfa_recovery_codes_by_a_server_replaces_the_old_codes(users, alice, expect_error):
    with expect_error("user_recovery_codes_not_found", 404):
        users.update_mfa_recovery_codes("alice")
    codes = users.create_mfa_recovery_codes("alice").recoverycodes
    assert set(users.update_mfa_recovery_codes("alice").recoverycodes).isdisjoint(codes)
