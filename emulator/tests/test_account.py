"""The account of a person, through the official SDK."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from appwrite.enums.o_auth_provider import OAuthProvider
from appwrite.query import Query
from appwrite.services.account import Account

from tests.conftest import CALLBACK, KEY, PASSWORD, client, sign_in

OLDER = "Call to deprecated function"  # the SDK warns of its older names; the server answers to both
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)


@pytest.fixture
def account(server):
    """The account service as a server calls it: to sign people in."""
    return Account(server)


def mailed(emulator, to):
    """The parameters of the link in the newest mail to this address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(emulator.inbox.link(to)).query).items()}


# -- signing in by link and code --------------------------------------------------------------------------------------


def test_create_magic_url_token_mails_a_link_that_signs_in_once(emulator, account, guest, refused):
    token = account.create_magic_url_token("ada", "ada@example.com", f"{CALLBACK}?next=%2Fposts#top", phrase=True)
    [mail] = emulator.inbox.mails("ada@example.com")
    link = urlsplit(mail["links"][0])
    query = parse_qs(link.query)
    assert list(query) == ["next", "userId", "secret", "expire", "project"]
    assert (query["secret"], query["userId"], link.fragment) == ([token.secret], ["ada"], "top")
    assert token.phrase in mail["text"]
    session = account.create_session("ada", token.secret)
    assert (session.provider, session.factors) == ("magic-url", ["email"])
    ada = Account(client(emulator, session=session.secret)).get()
    assert (ada.id, ada.emailverification) == ("ada", True)
    with refused("user_invalid_token", 401):
        account.create_session("ada", token.secret)


def test_create_magic_url_token_tells_a_guest_no_secret(guest):
    assert Account(guest).create_magic_url_token("ada", "ada@example.com", CALLBACK).secret == ""


def test_create_magic_url_token_knows_an_address_in_any_case(account):
    account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    assert account.create_magic_url_token("other", "ADA@example.com", CALLBACK).userid == "ada"


def test_create_magic_url_token_refuses_hosts_that_are_not_registered(account, refused):
    for url in ("https://evil.example/", "https://localhost.evil.example/", "javascript:alert(1)", ""):
        with refused("general_argument_invalid", 400):
            account.create_magic_url_token("ada", "ada@example.com", url)


def test_create_session_refuses_a_mailed_link_after_an_hour(emulator, account, refused):
    token = account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    emulator.clock.advance(3599)
    assert account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    emulator.clock.advance(2)
    with refused("user_invalid_token", 401):
        account.create_session("ada", token.secret)


def test_create_session_takes_two_links_side_by_side(account):
    first, second = (account.create_magic_url_token("ada", "ada@example.com", CALLBACK) for _ in range(2))
    assert account.create_session("ada", second.secret).id != account.create_session("ada", first.secret).id


def test_create_session_takes_nobody_elses_secret(account, bob, refused):
    token = account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    for user_id, secret in (("bob", token.secret), ("nobody", token.secret), ("ada", "0" * 64)):
        with refused("user_invalid_token", 401):
            account.create_session(user_id, secret)
    assert account.create_session("ada", token.secret).userid == "ada"


def test_update_magic_url_session_is_the_same_door(account):
    token = account.create_email_token("ada", "ada@example.com")
    with pytest.warns(DeprecationWarning, match=OLDER):
        assert account.update_magic_url_session("ada", token.secret).provider == "token"


def test_create_email_token_mails_six_digits_and_no_link(emulator, account):
    token = account.create_email_token("ada", "ada@example.com")
    [mail] = emulator.inbox.mails("ada@example.com")
    assert (mail["code"], mail["links"]) == (token.secret, [])
    assert token.secret in mail["text"]
    assert token.secret not in mail["subject"]
    assert account.create_session("ada", token.secret).factors == ["email"]


def test_create_phone_token_texts_a_code_for_update_phone_session(emulator, account, guest):
    account.create_phone_token("ada", "+4722334455")
    code = emulator.inbox.code("+4722334455")
    with pytest.warns(DeprecationWarning, match=OLDER):
        assert Account(guest).update_phone_session("ada", code).provider == "token"


def test_a_mail_speaks_the_language_asked_for(emulator, server):
    server.set_locale("nb")
    Account(server).create_magic_url_token("ada", "ada@example.com", CALLBACK)
    [mail] = emulator.inbox.mails("ada@example.com")
    assert mail["subject"] == "Pålogging"
    assert "Følg lenken" in mail["text"]


# How long they last is what the application's own page says.
DURATION = re.compile(r"hour|minute|\btime|kvarter|timm|[Ss]tunde|heure|\bor[ae]\b|hora|分钟|小时")


@pytest.mark.parametrize("language", ["en", "nb", "nn", "da", "sv", "de", "fr", "it", "es", "zh-cn"])
def test_mails_name_no_duration(emulator, server, language):
    account = Account(server.set_locale(language))
    account.create_magic_url_token("ada", "ada@example.com", CALLBACK)
    account.create_email_token("ada", "ada@example.com")
    mails = emulator.inbox.mails("ada@example.com")
    assert len(mails) == 2
    for mail in mails:
        for link in mail["links"]:
            mail["text"] = mail["text"].replace(link, "")
        assert not DURATION.search(f"{mail['subject']} {mail['text']}")


def test_a_mail_names_the_browser_that_a_server_passes_on(emulator, server):
    server.set_forwarded_user_agent(CHROME)
    Account(server).create_email_token("ada", "ada@example.com")
    assert "Chrome" in emulator.inbox.newest("ada@example.com")["text"]
    assert "Windows" in emulator.inbox.newest("ada@example.com")["text"]


# -- passwords and guests ---------------------------------------------------------------------------------------------


def test_create_signs_up_and_create_email_password_session_signs_in(guest, refused):
    account = Account(guest)
    assert account.create("ada", "ada@example.com", PASSWORD, "Ada").name == "Ada"
    assert account.create_email_password_session("ada@example.com", PASSWORD).provider == "email"
    for address, password in (("ada@example.com", "wrong-wrong"), ("nobody@example.com", PASSWORD)):
        with refused("user_invalid_credentials", 401):
            account.create_email_password_session(address, password)
    with refused("user_already_exists", 409):
        account.create("other", "ADA@example.com", PASSWORD)


def test_create_anonymous_session_makes_somebody_without_a_name(emulator, account):
    session = account.create_anonymous_session()
    nobody = Account(client(emulator, session=session.secret))
    assert (nobody.get().name, nobody.get().email) == ("", "")
    assert nobody.update_email("ada@example.com", PASSWORD).email == "ada@example.com"
    assert account.create_email_password_session("ada@example.com", PASSWORD).userid == session.userid


def test_who_is_signed_in_cannot_sign_in(alice, refused):
    with refused("user_session_already_exists", 401):
        alice.account.create_email_password_session(alice.email, PASSWORD)


# -- sessions ---------------------------------------------------------------------------------------------------------


def test_get_session_says_which_browser_it_is(server, alice):
    server.set_forwarded_user_agent(CHROME)
    made = Account(server).create_email_password_session(alice.email, PASSWORD)
    assert (made.osname, made.clientname, made.clientversion) == ("Windows", "Chrome", "126.0")
    shown = alice.account.get_session(made.id)
    assert (shown.clientname, shown.current, shown.secret) == ("Chrome", False, "")


def test_list_sessions_marks_the_one_that_asks(emulator, server, alice):
    other = sign_in(emulator, server, "alice")
    listed = other.account.list_sessions()
    assert listed.total == 2
    assert [session.current for session in listed.sessions] == [False, True]


def test_update_session_starts_a_new_year(emulator, alice):
    before = alice.account.get_session("current").expire
    emulator.clock.advance(3600)
    assert alice.account.update_session("current").expire > before.replace("T", " ")


def test_delete_session_signs_out(alice, refused):
    alice.account.delete_session("current")
    with refused("general_unauthorized_scope", 401):
        alice.account.get()


def test_delete_session_of_somebody_else_is_not_found(alice, bob, refused):
    with refused("user_session_not_found", 404):
        bob.account.delete_session(alice.account.get_session("current").id)
    assert alice.account.get().id == "alice"


def test_delete_sessions_signs_out_everywhere(emulator, server, alice, refused):
    other = sign_in(emulator, server, "alice")
    alice.account.delete_sessions()
    with refused("general_unauthorized_scope", 401):
        other.account.get()


def test_a_session_ends_after_a_year(emulator, alice, refused):
    emulator.clock.advance(31536001)
    with refused("general_unauthorized_scope", 401):
        alice.account.get()


# -- oneself ----------------------------------------------------------------------------------------------------------


def test_get_shows_the_account_without_its_password(alice):
    account = alice.account.get()
    assert (account.id, account.email, account.emailverification) == ("alice", "alice@example.com", False)
    assert account.password is None


def test_update_name(alice, refused):
    assert alice.account.update_name("Ælice 愛").name == "Ælice 愛"
    with refused("general_argument_invalid", 400):
        alice.account.update_name("n" * 129)


def test_update_email_wants_the_password_and_starts_unverified(users, alice, bob, refused):
    users.update_email_verification("alice", True)
    with refused("user_invalid_credentials", 401):
        alice.account.update_email("new@example.com", "wrong-wrong")
    with refused("user_target_already_exists", 409):
        alice.account.update_email(bob.email, PASSWORD)
    assert alice.account.update_email("new@example.com", PASSWORD).emailverification is False


def test_update_phone_wants_the_password(alice, refused):
    with refused("user_invalid_credentials", 401):
        alice.account.update_phone("+4722334455", "wrong-wrong")
    assert alice.account.update_phone("+4722334455", PASSWORD).phone == "+4722334455"


def test_update_password_ends_the_other_sessions(emulator, server, alice, refused):
    other = sign_in(emulator, server, "alice")
    alice.account.update_password("new-password-1", PASSWORD)
    assert alice.account.get().id == "alice"
    with refused("general_unauthorized_scope", 401):
        other.account.get()


def test_update_prefs_replaces_as_a_whole_what_get_prefs_gives(alice):
    assert alice.account.get_prefs().to_dict() == {}
    alice.account.update_prefs({"theme": "dark", "size": 12})
    alice.account.update_prefs({"theme": "light"})
    assert alice.account.get_prefs().to_dict() == {"theme": "light"}


def test_update_status_blocks_oneself(alice, users, refused):
    assert alice.account.update_status().status is False
    with refused("user_blocked", 403):
        alice.account.get()
    users.update_status("alice", True)
    assert alice.account.get().id == "alice"


# -- recovery and verification ----------------------------------------------------------------------------------------


def test_create_recovery_mails_a_link_and_update_recovery_sets_the_password(emulator, guest, alice, refused):
    account = Account(guest)
    account.create_recovery(alice.email, "http://localhost/reset")
    secret = mailed(emulator, alice.email)["secret"]
    account.update_recovery("alice", secret, "recovered-1")
    assert account.create_email_password_session(alice.email, "recovered-1").userid == "alice"
    with refused("user_invalid_token", 401):
        account.update_recovery("alice", secret, "recovered-2")
    with refused("user_not_found", 404):
        account.create_recovery("nobody@example.com", "http://localhost/reset")


def test_create_email_verification_and_update_email_verification_prove_the_address(emulator, guest, alice, refused):
    alice.account.create_email_verification("http://localhost/verify")
    with refused("user_invalid_token", 401):
        Account(guest).update_email_verification("alice", "0" * 64)
    Account(guest).update_email_verification("alice", mailed(emulator, alice.email)["secret"])
    assert alice.account.get().emailverification is True
    with refused("user_email_already_verified", 409):
        alice.account.create_email_verification("http://localhost/verify")


def test_create_verification_and_update_verification_are_the_older_names(emulator, guest, alice):
    with pytest.warns(DeprecationWarning, match=OLDER):
        alice.account.create_verification("http://localhost/verify")
    with pytest.warns(DeprecationWarning, match=OLDER):
        Account(guest).update_verification("alice", mailed(emulator, alice.email)["secret"])
    assert alice.account.get().emailverification is True


def test_create_phone_verification_and_update_phone_verification_prove_the_number(emulator, alice, refused):
    with refused("user_phone_not_found", 400):
        alice.account.create_phone_verification()
    alice.account.update_phone("+4722334455", PASSWORD)
    alice.account.create_phone_verification()
    with refused("user_invalid_token", 401):
        alice.account.update_phone_verification("alice", "x")
    alice.account.update_phone_verification("alice", emulator.inbox.code("+4722334455"))
    assert alice.account.get().phoneverification is True
    with refused("user_phone_already_verified", 409):
        alice.account.create_phone_verification()


# -- OAuth2 -----------------------------------------------------------------------------------------------------------


def test_create_o_auth2_token_leads_to_the_stand_in_for_microsoft(guest):
    url = Account(guest).create_o_auth2_token(OAuthProvider.MICROSOFT, CALLBACK, CALLBACK)
    assert urlsplit(url).path == "/_emulator/microsoft/authorize"


def test_list_identities_and_delete_identity(emulator, server, alice, refused):
    assert alice.account.list_identities().total == 0
    assert alice.account.list_identities([Query.equal("provider", "microsoft")]).identities == []
    with refused("general_argument_invalid", 400):
        alice.account.list_identities([Query.equal("colour", "red")])
    with refused("user_identity_not_found", 404):
        alice.account.delete_identity("nosuch")


# -- who may ----------------------------------------------------------------------------------------------------------


def test_an_api_key_has_no_account(emulator, refused):
    with refused("general_unauthorized_scope", 401):
        Account(client(emulator, key=KEY)).get()


def test_create_jwt_by_a_server_is_its_user(emulator, users, alice, refused):
    jwt = users.create_jwt("alice").jwt
    assert Account(client(emulator, jwt=jwt)).get().id == "alice"
    emulator.clock.advance(901)
    with refused("user_jwt_invalid", 401):
        Account(client(emulator, jwt=jwt)).get()
