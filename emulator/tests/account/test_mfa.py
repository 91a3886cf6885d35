"""Second factors, as people set them up and as a server sees them, through the official SDK."""

import base64
import datetime
import hashlib
import hmac
import struct
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from appwrite.enums.authentication_factor import AuthenticationFactor
from appwrite.enums.authenticator_type import AuthenticatorType
from appwrite.services.account import Account

from tests.conftest import PASSWORD, client

TOTP = AuthenticatorType.TOTP
RECOVERY_CODE = "recoveryCode"  # the SDK's own spelling, all small, can be asked for and never be answered
PHONE = "+4722334455"


def shown_by_app(emulator, secret):
    """What an authenticator app shows now."""
    now = requests.get(f"{emulator.origin}/_emulator/clock", timeout=20).json()["now"]
    step = int(datetime.datetime.fromisoformat(now).timestamp()) // 30
    digest = hmac.digest(base64.b32decode(secret + "=" * (-len(secret) % 8)), struct.pack(">Q", step), hashlib.sha1)
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


@pytest.fixture
def app(emulator, alice):
    """Alice's authenticator app, confirmed: the secret it knows."""
    secret = alice.account.create_mfa_authenticator(TOTP).secret
    alice.account.update_mfa_authenticator(TOTP, shown_by_app(emulator, secret))
    return secret


@pytest.fixture
def proven(users, alice):
    """Alice, whose address is verified, with MFA on."""
    users.update_email_verification("alice", True)
    alice.account.update_mfa(True)
    return alice


@pytest.fixture
def next_time(emulator, server):
    """Alice signs in by password, once more."""

    def sign_in():
        session = Account(server).create_email_password_session("alice@example.com", PASSWORD)
        return Account(client(emulator, session=session.secret))

    return sign_in


def answered(emulator, account):
    """This session, after a code by e-mail."""
    challenge = account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    return account.update_mfa_challenge(challenge.id, emulator.inbox.code("alice@example.com"))


# -- turning it on ----------------------------------------------------------------------------------------------------


def test_update_mfa_leaves_this_session_alone_and_asks_the_next_one_for_a_second_factor(proven, next_time, refused):
    assert proven.account.get().mfa is True
    assert proven.account.get_session("current").factors == ["token", "email"]
    again = next_time()
    with refused("user_more_factors_required", 401):
        again.get()
    with refused("user_more_factors_required", 401):
        again.update_mfa(False)
    proven.account.update_mfa(False)
    assert again.get().mfa is False


def test_update_mfa_asks_for_nothing_that_nobody_could_show(alice, next_time):
    alice.account.update_mfa(True)
    alice.account.create_mfa_recovery_codes()
    assert next_time().get().mfa is True


def test_a_session_that_owes_a_factor_may_still_sign_out(proven, next_time, refused):
    again = next_time()
    with refused("user_more_factors_required", 401):
        again.delete_sessions()
    again.delete_session("current")
    with refused("general_unauthorized_scope", 401):
        again.get()


def test_list_mfa_factors_says_what_can_be_asked_for(users, alice, app):
    factors = alice.account.list_mfa_factors()
    assert (factors.totp, factors.email, factors.phone, factors.recoverycode) == (True, False, False, False)
    users.update_email_verification("alice", True)
    users.update_phone("alice", PHONE)
    users.update_phone_verification("alice", True)
    alice.account.create_mfa_recovery_codes()
    factors = alice.account.list_mfa_factors()
    assert (factors.totp, factors.email, factors.phone, factors.recoverycode) == (True, True, True, True)


# -- authenticator apps -----------------------------------------------------------------------------------------------


def test_create_mfa_authenticator_gives_something_to_scan(alice):
    first = alice.account.create_mfa_authenticator(TOTP)
    scanned = urlsplit(first.uri)
    assert (scanned.scheme, scanned.netloc, unquote(scanned.path)) == ("otpauth", "totp", "/biso:alice@example.com")
    assert parse_qs(scanned.query) == {"issuer": ["biso"], "secret": [first.secret]}
    assert alice.account.create_mfa_authenticator(TOTP).secret != first.secret
    assert alice.account.list_mfa_factors().totp is False


def test_update_mfa_authenticator_wants_the_code_of_this_half_minute(emulator, alice, refused):
    with refused("user_authenticator_not_found", 404):
        alice.account.update_mfa_authenticator(TOTP, "123456")
    secret = alice.account.create_mfa_authenticator(TOTP).secret
    code = shown_by_app(emulator, secret)
    emulator.clock.advance(60)
    with refused("user_invalid_token", 401):
        alice.account.update_mfa_authenticator(TOTP, code)
    alice.account.update_mfa_authenticator(TOTP, shown_by_app(emulator, secret))
    assert alice.account.get_session("current").factors == ["token", "totp"]
    with refused("user_authenticator_already_verified", 409):
        alice.account.create_mfa_authenticator(TOTP)


def test_delete_mfa_authenticator_wants_a_challenge_answered_lately(emulator, alice, app, refused):
    with refused("user_challenge_required", 401):
        alice.account.delete_mfa_authenticator(TOTP)
    challenge = alice.account.create_mfa_challenge(AuthenticationFactor.TOTP)
    alice.account.update_mfa_challenge(challenge.id, shown_by_app(emulator, app))
    alice.account.delete_mfa_authenticator(TOTP)
    with refused("user_authenticator_not_found", 404):
        alice.account.delete_mfa_authenticator(TOTP)
    assert alice.account.list_mfa_factors().totp is False


# -- challenges -------------------------------------------------------------------------------------------------------


def test_create_mfa_challenge_mails_six_digits_that_open_the_account_once(emulator, proven, next_time, refused):
    again = next_time()
    challenge = again.create_mfa_challenge(AuthenticationFactor.EMAIL)
    [mail] = emulator.inbox.mails(proven.email)
    assert (mail["subject"], mail["links"], len(mail["code"])) == ("Verification Code for biso", [], 6)
    with refused("user_invalid_token", 401):
        again.update_mfa_challenge(challenge.id, "x")
    session = again.update_mfa_challenge(challenge.id, mail["code"])
    assert session.factors == ["password", "email"]
    assert again.get().id == "alice"
    with refused("user_invalid_token", 401):
        again.update_mfa_challenge(challenge.id, mail["code"])


def test_create_mfa_challenge_texts_six_digits_to_a_verified_number(emulator, users, alice, next_time, refused):
    with refused("user_phone_not_found", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    users.update_phone("alice", PHONE)
    with refused("user_phone_not_verified", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    users.update_phone_verification("alice", True)
    challenge = alice.account.create_mfa_challenge(AuthenticationFactor.PHONE)
    session = alice.account.update_mfa_challenge(challenge.id, emulator.inbox.code(PHONE))
    assert session.factors == ["token", "phone"]


def test_create_mfa_challenge_wants_a_verified_address(emulator, alice, refused):
    with refused("user_email_not_verified", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    with refused("general_argument_invalid", 400):
        alice.account.create_mfa_challenge(AuthenticationFactor.CUSTOM)
    assert emulator.inbox.mails(alice.email) == []


def test_update_mfa_challenge_takes_what_the_app_shows(emulator, users, alice, app, next_time, refused):
    users.update_mfa("alice", True)
    again = next_time()
    challenge = again.create_mfa_challenge(AuthenticationFactor.TOTP)
    with refused("user_invalid_token", 401):
        again.update_mfa_challenge("nosuch", shown_by_app(emulator, app))
    again.update_mfa_challenge(challenge.id, shown_by_app(emulator, app))
    assert again.get().id == "alice"


def test_update_mfa_challenge_is_not_for_others_and_not_for_ever(emulator, users, proven, bob, refused):
    challenge = proven.account.create_mfa_challenge(AuthenticationFactor.EMAIL)
    code = emulator.inbox.code(proven.email)
    with refused("user_invalid_token", 401):
        bob.account.update_mfa_challenge(challenge.id, code)
    emulator.clock.advance(3601)
    with refused("user_invalid_token", 401):
        proven.account.update_mfa_challenge(challenge.id, code)


def test_a_challenge_speaks_the_language_asked_for(emulator, proven):
    Account(proven.client.set_locale("nb")).create_mfa_challenge(AuthenticationFactor.EMAIL)
    assert emulator.inbox.newest(proven.email)["subject"] == "Bekreftelseskode for biso"


# -- recovery codes ---------------------------------------------------------------------------------------------------


def test_create_mfa_recovery_codes_makes_six_and_only_once(alice, refused):
    codes = alice.account.create_mfa_recovery_codes().recoverycodes
    assert [len(code) for code in codes] == [10] * 6
    with refused("user_recovery_codes_already_exists", 409):
        alice.account.create_mfa_recovery_codes()


def test_update_mfa_challenge_takes_a_recovery_code_that_stands_in_for_a_lost_phone_once(proven, next_time, refused):
    code, *others = proven.account.create_mfa_recovery_codes().recoverycodes
    again = next_time()
    challenge = again.create_mfa_challenge(RECOVERY_CODE)
    assert again.update_mfa_challenge(challenge.id, code).factors == ["password", RECOVERY_CODE]
    assert again.get_mfa_recovery_codes().recoverycodes == others
    with refused("user_invalid_token", 401):
        again.update_mfa_challenge(again.create_mfa_challenge(RECOVERY_CODE).id, code)


def test_the_sdks_own_spelling_of_a_recovery_code_is_never_answered(proven, refused):
    code = proven.account.create_mfa_recovery_codes().recoverycodes[0]
    challenge = proven.account.create_mfa_challenge(AuthenticationFactor.RECOVERYCODE)
    with refused("user_invalid_token", 401):
        proven.account.update_mfa_challenge(challenge.id, code)


def test_get_mfa_recovery_codes_wants_a_challenge_of_the_last_half_hour(emulator, proven, refused):
    codes = proven.account.create_mfa_recovery_codes().recoverycodes
    with refused("user_challenge_required", 401):
        proven.account.get_mfa_recovery_codes()
    answered(emulator, proven.account)
    assert proven.account.get_mfa_recovery_codes().recoverycodes == codes
    emulator.clock.advance(1801)
    with refused("user_challenge_required", 401):
        proven.account.get_mfa_recovery_codes()


def test_update_mfa_recovery_codes_ends_the_others(emulator, proven, refused):
    answered(emulator, proven.account)
    with refused("user_recovery_codes_not_found", 404):
        proven.account.update_mfa_recovery_codes()
    first = proven.account.create_mfa_recovery_codes().recoverycodes
    assert set(proven.account.update_mfa_recovery_codes().recoverycodes).isdisjoint(first)


# -- what a server may do ---------------------------------------------------------------------------------------------


def test_update_mfa_by_a_server_turns_it_on_and_off(users, alice, app, next_time, refused):
    assert users.update_mfa("alice", True).mfa is True
    with refused("user_more_factors_required", 401):
        next_time().get()
    assert users.update_mfa("alice", False).mfa is False
    assert next_time().get().id == "alice"


def test_list_mfa_factors_and_delete_mfa_authenticator_by_a_server(users, alice, app, refused):
    assert users.list_mfa_factors("alice").totp is True
    users.delete_mfa_authenticator("alice", TOTP)
    assert users.list_mfa_factors("alice").totp is False
    with refused("user_authenticator_not_found", 404):
        users.delete_mfa_authenticator("alice", TOTP)
    with refused("user_not_found", 404):
        users.list_mfa_factors("nobody")


def test_create_mfa_recovery_codes_by_a_server_makes_them_only_once(users, alice, refused):
    assert len(users.create_mfa_recovery_codes("alice").recoverycodes) == 6
    with refused("user_recovery_codes_already_exists", 409):
        users.create_mfa_recovery_codes("alice")


def test_get_mfa_recovery_codes_by_a_server_needs_no_challenge(users, alice, refused):
    with refused("user_recovery_codes_not_found", 404):
        users.get_mfa_recovery_codes("alice")
    made = users.create_mfa_recovery_codes("alice").recoverycodes
    assert users.get_mfa_recovery_codes("alice").recoverycodes == made


def test_update_mfa_recovery_codes_by_a_server_ends_the_others(users, alice, refused):
    with refused("user_recovery_codes_not_found", 404):
        users.update_mfa_recovery_codes("alice")
    made = users.create_mfa_recovery_codes("alice").recoverycodes
    assert set(users.update_mfa_recovery_codes("alice").recoverycodes).isdisjoint(made)
